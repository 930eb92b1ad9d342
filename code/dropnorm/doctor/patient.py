"""Copies of a model to run passes on, and everything that must be afterwards as it was before."""

import contextlib
import copy
import dataclasses
import io
import random
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeGuard

import torch
from torch import Tensor, nn
from torch.jit import ScriptModule
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd
from torch.nn.parameter import is_lazy
from torch.utils._pytree import tree_map

# names of buffers that hold running statistics, also of home-made norms
STATISTICS = re.compile(r"(running|moving)_?(mean|var|avg|std)")


def kind(module: nn.Module) -> str:
    """The name of a layer's class, also of a scripted or traced layer."""
    return str(getattr(module, "original_name", type(module).__name__))


def is_norm(module: object) -> TypeGuard[_BatchNorm]:
    """Whether this is a batch norm of PyTorch, or a scripted one, which has the same attributes."""
    scripted = isinstance(module, ScriptModule) and "BatchNorm" in kind(module)
    return scripted or isinstance(module, _BatchNorm)


def is_dropout(module: object) -> TypeGuard[_DropoutNd]:
    """Whether this is a dropout of PyTorch, or a scripted one, which has the same attributes."""
    scripted = isinstance(module, ScriptModule) and "Dropout" in kind(module)
    return scripted or isinstance(module, _DropoutNd)


def bare(model: nn.Module) -> nn.Module:
    """The model inside ``torch.compile``, ``DataParallel`` and ``DistributedDataParallel``."""
    model = getattr(model, "_orig_mod", model)
    parallel = (nn.DataParallel, nn.parallel.DistributedDataParallel)
    return model.module if isinstance(model, parallel) else model


def set_mode(model: nn.Module, training: bool) -> nn.Module:
    """``train()`` or ``eval()``; flag by flag where the model refuses, as exported ones do."""
    try:
        model.train() if training else model.eval()
    except Exception:
        for module in model.modules():
            module.training = training
    return model


def tensors(value: Any, depth: int = 0) -> list[Tensor]:
    """All tensors in an output, whatever it is packed in."""
    if isinstance(value, Tensor):
        return [value]
    if depth > 6 or value is None or isinstance(value, str | bytes | int | float | nn.Module):
        return []
    if isinstance(value, Mapping):
        value = value.values()
    elif dataclasses.is_dataclass(value) or not isinstance(value, list | tuple | set):
        value = vars(value).values() if hasattr(value, "__dict__") and depth < 3 else ()
    return [tensor for part in list(value) for tensor in tensors(part, depth + 1)]


def far(ours: list[Tensor], theirs: list[Tensor]) -> float:
    """The largest difference, relative to the largest value; inf if the shapes differ."""
    if [t.shape for t in ours] != [t.shape for t in theirs]:
        return float("inf")
    largest = 0.0
    for a, b in zip(ours, theirs, strict=True):
        if not a.numel() or a.is_quantized or a.is_sparse or a.dtype == torch.bool:
            continue
        dtype = torch.complex128 if a.is_complex() else torch.float64
        a, b = a.detach().to(dtype), b.detach().to(dtype)
        if not torch.equal(a.isfinite(), b.isfinite()):
            return float("inf")
        a, b = (torch.nan_to_num(t, 0.0, 0.0, 0.0) for t in (a, b))
        largest = max(largest, float((a - b).abs().max() / (a.abs().max() + 1e-12)))
    return largest


def changed(ours: list[Tensor], theirs: list[Tensor]) -> str:
    """How many predictions differ, in words; empty where the output has no classes."""
    for a, b in zip(ours, theirs, strict=False):
        if a.ndim >= 2 and a.shape[1] >= 2 and a.shape == b.shape and a.is_floating_point():
            share = float((a.argmax(1) != b.argmax(1)).float().mean())
            return f"{share:.0%} of the predictions differ" if share >= 0.005 else ""
    return ""


def failure(error: Exception, length: int) -> str:
    """An error of the reader's model in one line."""
    return f"{type(error).__name__}: {error}".splitlines()[0][:length]


@contextlib.contextmanager
def untouched() -> Iterator[None]:
    """Leave the process as it was: generators, threads, torch's modes, warnings, printing."""
    states: list[tuple[Callable[[Any], object], object]] = [
        (random.setstate, random.getstate()),
        (torch.set_rng_state, torch.get_rng_state()),
        (torch.set_num_threads, torch.get_num_threads()),
        (torch.set_default_dtype, torch.get_default_dtype()),
        (torch.set_grad_enabled, torch.is_grad_enabled()),
    ]
    if numpy := sys.modules.get("numpy"):
        states.append((numpy.random.set_state, numpy.random.get_state()))
    if torch.cuda.is_initialized():
        states.append((torch.cuda.set_rng_state_all, torch.cuda.get_rng_state_all()))
    if torch.backends.mps.is_available():
        states.append((torch.mps.set_rng_state, torch.mps.get_rng_state()))
    silent = io.StringIO()
    try:
        with contextlib.ExitStack() as stack:
            stack.enter_context(warnings.catch_warnings())
            stack.enter_context(contextlib.redirect_stdout(silent))
            stack.enter_context(contextlib.redirect_stderr(silent))
            warnings.simplefilter("ignore")
            stack.enter_context(torch.inference_mode(False))
            if "torch._dynamo" in sys.modules:  # nothing is compiled on the way
                stack.enter_context(torch.compiler.set_stance("force_eager"))
            yield
    finally:
        for put_back, state in states:
            put_back(state)


class Patient:
    """A model that is only read; passes run on copies of it.

    Parameters
    ----------
    model, images
        ``images`` is what the model is called with: a tuple holds several inputs, a mapping names
        them.
    call
        ``call(model, images)``, where ``model(images)`` is not enough.
    """

    def __init__(
        self, model: nn.Module, images: Any, call: Callable[[nn.Module, Any], Any] | None = None
    ) -> None:
        self.model, self.images, self.call, self.passes = model, images, call or _call, 0
        self.spare: list[nn.Module] = []
        self.saved = None if self._can_copy() else _Saved(model)
        sizes = {len(t) for t in tensors(images) if t.ndim}
        self.size = sizes.pop() if len(sizes) == 1 else 1  # examples in the batch, if this is clear

    def copy(self, training: bool | None = None) -> nn.Module:
        """A fresh copy in the given mode; the model itself, put back, if it cannot be copied."""
        if self.saved is not None:
            self.restore()
            fresh = self.model
        else:
            fresh = self.spare.pop() if self.spare else copy.deepcopy(self.model, self._memo())
        return fresh if training is None else set_mode(fresh, training)

    def ask(
        self,
        model: nn.Module,
        images: Any = None,
        *,
        seed: int = 1,
        grad: bool = False,
        record: AbstractContextManager[Any] | None = None,
    ) -> list[Tensor]:
        """The tensors that the model answers on copies of the images, from a given seed."""
        images = tree_map(_copied, self.images if images is None else images)
        torch.manual_seed(seed)
        random.seed(seed)
        if numpy := sys.modules.get("numpy"):
            numpy.random.seed(seed)
        self.passes += 1
        with torch.set_grad_enabled(grad), record or nullcontext() as recorder:
            if recorder:
                recorder.start(model, images)
            output = tensors(self.call(model, images))
        if recorder:
            recorder.finish(output)
        return [t.detach() for t in output]

    def part(self, chosen: Tensor) -> Any:
        """The chosen examples of the images."""

        def examples(value: Any) -> Any:
            batch = isinstance(value, Tensor) and value.ndim and len(value) == self.size
            return value[chosen] if batch else value

        return tree_map(examples, self.images)

    def restore(self) -> None:
        """Put back the state of a model that could not be copied."""
        if self.saved is not None:
            self.saved.restore()

    def _can_copy(self) -> bool:
        """Whether a deep copy succeeds and shares no memory with the model."""
        try:
            twin = copy.deepcopy(self.model, self._memo())
        except Exception:
            return False
        self.spare = [twin]
        return not (_addresses(twin) & _addresses(self.model))

    def _memo(self) -> dict[int, Any]:
        """Copies of what refuses to be copied.

        Computed tensors kept in attributes (old weight norm, stored features), and buffers without
        a shape.
        """
        attributes = [value for module in self.model.modules() for value in vars(module).values()]
        memo = {id(t): t.detach().clone() for t in tensors(attributes) if not t.is_leaf}
        lazy: list[Any] = [b for b in self.model.buffers() if is_lazy(b)]
        return memo | {id(b): type(b)(device=b.device, dtype=b.dtype) for b in lazy}


class _Saved:
    """The state of a model that cannot be copied: attributes, classes, and tensors' values."""

    def __init__(self, model: nn.Module) -> None:
        self.modules = [(module, type(module), _attributes(module)) for module in model.modules()]
        attributes = [list(values.values()) for _, _, values in self.modules]
        inside = [t for values in attributes for t in tensors(values) if not _is_empty(t)]
        self.tensors = [(t, t.detach().clone()) for t in inside]

    def restore(self) -> None:
        for module, own, attributes in self.modules:
            module.__class__ = own  # lazy layers change theirs
            for name in vars(module).keys() - attributes.keys():
                del vars(module)[name]
            for name, value in attributes.items():
                present = vars(module).get(name)
                if isinstance(value, dict) and isinstance(present, dict):
                    present.clear()
                    present.update(value)
                else:
                    vars(module)[name] = value
        with torch.no_grad():
            for tensor, before in self.tensors:
                if not torch.equal(tensor, before):
                    tensor.copy_(before)


def _attributes(module: nn.Module) -> dict[str, Any]:
    return {k: copy.copy(v) if isinstance(v, dict) else v for k, v in vars(module).items()}


def _copied(value: Any) -> Any:
    return value.detach().clone() if isinstance(value, Tensor) else copy.deepcopy(value)


def _call(model: nn.Module, images: Any) -> Any:
    if isinstance(images, Mapping):
        return model(**images)
    return model(*images) if isinstance(images, tuple) else model(images)


def _is_empty(tensor: Tensor) -> bool:
    return is_lazy(tensor) or tensor.is_meta


def _addresses(model: nn.Module) -> set[int]:
    kept = [t for t in [*model.parameters(), *model.buffers()] if not _is_empty(t) and t.numel()]
    return {t.untyped_storage().data_ptr() for t in kept if t.layout == torch.strided}
