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

import torch
from torch import Tensor, nn
from torch.jit import ScriptModule
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd
from torch.nn.parameter import UninitializedTensorMixin
from torch.utils._pytree import tree_map

STATISTICS = re.compile(
    r"(running|moving)_?(mean|var|avg|std)"
)  # names of buffers, also of home-made norms


def kind(module: nn.Module) -> str:
    """The name of a layer's class, also of a scripted or traced layer."""
    return getattr(module, "original_name", type(module).__name__)


def is_norm(module: nn.Module | None) -> bool:
    """Whether this is a batch norm of PyTorch, scripted or not."""
    return isinstance(module, _BatchNorm) or (
        isinstance(module, ScriptModule) and "BatchNorm" in kind(module)
    )


def is_dropout(module: nn.Module | None) -> bool:
    """Whether this is a dropout layer of PyTorch, scripted or not."""
    return isinstance(module, _DropoutNd) or (
        isinstance(module, ScriptModule) and "Dropout" in kind(module)
    )


def bare(model: nn.Module) -> nn.Module:
    """The model inside ``torch.compile``, ``DataParallel`` and ``DistributedDataParallel``."""
    model = getattr(model, "_orig_mod", model)
    parallel = (nn.DataParallel, nn.parallel.DistributedDataParallel)
    return model.module if isinstance(model, parallel) else model


def set_mode(model: nn.Module, training: bool) -> nn.Module:
    """``model.train(training)``; flag by flag where the model refuses, as exported ones do."""
    try:
        model.train(training)
    except Exception:
        for module in model.modules():
            module.training = training
    return model


def tensors(value, depth: int = 0) -> list[Tensor]:
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
    """The largest difference of two answers, relative to the largest value; infinite if the shapes differ."""
    if [t.shape for t in ours] != [t.shape for t in theirs]:
        return float("inf")
    largest = 0.0
    for a, b in zip(ours, theirs, strict=True):
        if a.numel() and not a.is_quantized and not a.is_sparse and a.dtype != torch.bool:
            a, b = (
                t.detach().to(torch.complex128 if t.is_complex() else torch.float64) for t in (a, b)
            )
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


@contextlib.contextmanager
def untouched() -> Iterator[None]:
    """Leave everything of the process as it was: generators, threads, modes of torch, warnings, standard output."""
    numpy, cuda, mps = (
        sys.modules.get("numpy"),
        torch.cuda.is_initialized(),
        torch.backends.mps.is_available(),
    )
    states = [(random.setstate, random.getstate()), (torch.set_rng_state, torch.get_rng_state())]
    states += [(numpy.random.set_state, numpy.random.get_state())] if numpy else []
    states += [(torch.cuda.set_rng_state_all, torch.cuda.get_rng_state_all())] if cuda else []
    states += [(torch.mps.set_rng_state, torch.mps.get_rng_state())] if mps else []
    states += [(torch.set_num_threads, torch.get_num_threads())]
    states += [(torch.set_default_dtype, torch.get_default_dtype())]
    states += [(torch.set_grad_enabled, torch.is_grad_enabled())]
    silent = io.StringIO()
    try:
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(silent),
            contextlib.redirect_stderr(silent),
        ):
            warnings.simplefilter("ignore")
            with torch.inference_mode(False), _eager():
                yield
    finally:
        for put_back, state in states:
            put_back(state)


def _eager():
    """No compilation on the way, if anything could compile."""
    ready = "torch._dynamo" in sys.modules
    return torch.compiler.set_stance("force_eager") if ready else contextlib.nullcontext()


class Patient:
    """A model that is only read; passes run on copies of it.

    Parameters
    ----------
    model, images
        ``images`` is what the model is called with: a tuple holds several inputs, a mapping names them.
    call
        ``call(model, images)``, where ``model(images)`` is not enough.
    """

    def __init__(self, model: nn.Module, images, call: Callable | None = None):
        self.model, self.images, self.call, self.passes = model, images, call or self._call, 0
        self.spare: list[nn.Module] = []
        self.saved = None if self._can_copy() else self._state()
        given = [t for t in tensors(images) if t.ndim]
        sizes = {len(t) for t in given}
        self.size = (
            sizes.pop() if len(sizes) == 1 else 1
        )  # examples in the batch, where this is clear

    @staticmethod
    def _call(model: nn.Module, images):
        if isinstance(images, Mapping):
            return model(**images)
        return model(*images) if isinstance(images, tuple) else model(images)

    def copy(self, training: bool | None = None) -> nn.Module:
        """A fresh copy, in the given mode; the model itself, as it was at first, where it cannot be copied."""
        if self.saved is not None:
            self.restore()
            fresh = self.model
        else:
            fresh = self.spare.pop() if self.spare else copy.deepcopy(self.model, self._memo())
        return fresh if training is None else set_mode(fresh, training)

    def ask(
        self, model: nn.Module, images=None, *, seed: int = 1, grad: bool = False, record=None
    ) -> list[Tensor]:
        """The tensors that the model answers, on copies of the images; every generator starts at ``seed``."""
        images = self.images if images is None else images
        images = tree_map(
            lambda x: x.detach().clone() if isinstance(x, Tensor) else copy.deepcopy(x), images
        )
        torch.manual_seed(seed)
        random.seed(seed)
        if numpy := sys.modules.get("numpy"):
            numpy.random.seed(seed)
        self.passes += 1
        with torch.set_grad_enabled(grad), record or contextlib.nullcontext():
            if record:
                record.start(model, images)
            output = tensors(self.call(model, images))
        if record:
            record.finish(output)
        return [t.detach() for t in output]

    def part(self, chosen: Tensor):
        """The chosen examples of the images."""
        return tree_map(
            lambda x: x[chosen] if isinstance(x, Tensor) and x.ndim and len(x) == self.size else x,
            self.images,
        )

    def _memo(self) -> dict:
        """Computed tensors kept in attributes (old weight norm, stored features) refuse to be copied: copied here."""
        kept = [vars(module).values() for module in self.model.modules()]
        computed = {id(t): t for value in kept for t in tensors(list(value)) if not t.is_leaf}
        memo = {key: t.detach().clone() for key, t in computed.items()}
        lazy = [
            b for b in self.model.buffers() if nn.parameter.is_lazy(b)
        ]  # buffers without a shape refuse, too
        return memo | {id(b): type(b)(device=b.device, dtype=b.dtype) for b in lazy}

    def _can_copy(self) -> bool:
        """Whether a deep copy succeeds and shares no memory with the model."""
        try:
            twin = copy.deepcopy(self.model, self._memo())
        except Exception:
            return False
        self.spare = [twin]
        return not (_addresses(twin) & _addresses(self.model))

    def _state(self) -> list:
        held = [
            (m, {k: copy.copy(v) if isinstance(v, dict) else v for k, v in vars(m).items()})
            for m in self.model.modules()
        ]
        inside = [t for _, values in held for t in tensors(list(values.values())) if not _empty(t)]
        return held, [(t, t.detach().clone()) for t in inside], [type(m) for m, _ in held]

    def restore(self) -> None:
        """Put back the state of a model that could not be copied; does nothing for one that could."""
        if self.saved is None:
            return
        for (module, values), own in zip(self.saved[0], self.saved[2], strict=True):
            module.__class__ = own  # lazy layers change theirs
            for name in [name for name in vars(module) if name not in values]:
                del vars(module)[name]
            for name, value in values.items():
                now = vars(module).get(name)
                if isinstance(value, dict) and isinstance(now, dict):
                    now.clear()
                    now.update(value)
                else:
                    vars(module)[name] = value
        with torch.no_grad():
            for tensor, before in self.saved[1]:
                if not torch.equal(tensor, before):
                    tensor.copy_(before)


def _empty(tensor: Tensor) -> bool:
    return isinstance(tensor, UninitializedTensorMixin) or tensor.is_meta


def _addresses(model: nn.Module) -> set[int]:
    held = [t for t in [*model.parameters(), *model.buffers()] if not _empty(t) and t.numel()]
    return {t.untyped_storage().data_ptr() for t in held if t.layout == torch.strided}
