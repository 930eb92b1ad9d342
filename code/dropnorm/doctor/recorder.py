"""What happens in one pass: every call of dropout, batch norm and chance, and what flows into them.

PyTorch offers every function it is asked for to a ``TorchFunctionMode`` first. So it does not
matter who calls ``F.dropout``: a layer, a layer made inside ``forward``, a function, or an exported
graph.
"""

import contextlib
import inspect
import re
import sys
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils.weak import WeakIdKeyDictionary

from dropnorm.doctor.bytecode import is_discarded
from dropnorm.doctor.patient import is_norm, kind, tensors

TORCH, HERE = str(Path(torch.__file__).parent), str(Path(__file__).parent)

# names of PyTorch's functions
DROPOUT = re.compile(r"(feature_)?(alpha_)?dropout([123]d)?")
ATTENTION = re.compile(r"scaled_dot_product_attention|multi_head_attention_forward")
RECURRENT = re.compile(r"lstm|gru|rnn_(tanh|relu)")
NORM = re.compile(r"batch_norm|native_batch_norm|cudnn_batch_norm")
WEIGHTED = re.compile(r"linear|conv(_transpose)?[123]d")
CHANCE = re.compile(
    r"rand(n|int|perm)?|rand(n|int)?_like|bernoulli|normal|multinomial|gumbel_softmax"
    r"|fractional_max_pool[23]d_with_indices|uniform|exponential|geometric"
)
CHANCE_IN_PLACE = re.compile(r"(uniform|exponential|geometric)")  # only as `tensor.uniform_()`
COMPARISON = re.compile(r"(__)?[lg][te](__)?|less|greater|floor|bernoulli")
REDUCTION = re.compile(r"mean|var|std|var_mean|std_mean")

# arguments of functions that are not written in Python, and so have no signature to ask
NORM_ARGUMENTS = ("input", "weight", "bias", "running_mean", "running_var", "training", "momentum")
ATTENTION_ARGUMENTS = ("query", "key", "value", "attn_mask", "dropout_p")
DROPOUT_ARGUMENTS = ("input", "p", "training")


@dataclass(eq=False)
class Node:
    """A tensor's origin: which function made it, of what, and what is upstream."""

    op: str
    parents: list["Node"] = field(default_factory=list)
    images: bool = False  # depends on the input
    weight: int = 0  # identity of the last parameter on the way here
    chance: bool = False  # random numbers, as yet only shifted and scaled
    biased: bool = False
    drops: frozenset["Call"] = frozenset()  # active dropouts upstream
    used: int = 0


@dataclass(eq=False)
class Call:
    """A call of dropout, batch norm, chance, or of a mean over the batch."""

    op: str
    module: nn.Module | None = None
    place: str = ""
    checkpointed: bool = False
    shape: tuple[int, ...] = ()
    active: bool = False  # dropout drops, batch norm looks at the batch
    p: float = 0.0
    inplace: bool = False
    spoils: bool = False  # an in-place dropout that overwrites what the backward pass needs
    momentum: float | None = None
    running_mean: Tensor | None = None
    values: int = 0  # that a norm normalises together
    moments: tuple[Tensor, Tensor] | None = None  # mean and variance of each channel
    layer: str = ""  # its name; its class where the model does not hold it
    registered: bool = True
    parent: Node | None = None
    node: Node | None = None
    result: weakref.ref[Tensor] | None = None
    # code and instruction of the model's line, if it called the layer itself
    caller: tuple[CodeType, int] | None = None
    unused: bool = False


class Recorder(TorchFunctionMode):
    """Records one pass."""

    def __init__(self) -> None:
        super().__init__()
        self.model: nn.Module | None = None
        self.nodes: Any = WeakIdKeyDictionary()
        self.dropouts: list[Call] = []
        self.norms: list[Call] = []
        self.draws: list[Call] = []
        self.reductions: list[Call] = []
        self.output: list[Node] = []

    def start(self, model: nn.Module, images: Any) -> None:
        """The pass of a model begins with these inputs."""
        self.model = model
        for tensor in tensors(images):
            self.nodes[tensor] = Node("input", images=True)

    def finish(self, output: list[Tensor]) -> None:
        """The pass has given this output: find what is unused, and whose the calls are."""
        self.output = [self.nodes[t] for t in output if t in self.nodes]
        for call in self.dropouts + self.norms:
            kept = call.result is None or call.result() is not None  # by somebody, for later
            used = kept or call.inplace or (call.node is not None and call.node.used)
            if call.active and not used and call.caller is not None:
                call.unused = is_discarded(*call.caller)
        layers = list(self.model.named_modules()) if self.model else []
        names = {id(layer): name or kind(layer) for name, layer in layers}
        holders = {id(getattr(layer, "running_mean", None)): layer for _, layer in layers}
        for call in [*self.dropouts, *self.norms, *self.draws, *self.reductions]:
            if call.running_mean is not None and not is_norm(call.module):
                # a function was called: the layer whose buffers it used
                call.module = holders.get(id(call.running_mean), call.module)
            call.registered = call.module is None or id(call.module) in names
            own = call.op if call.module is None else kind(call.module)
            call.layer = names.get(id(call.module), own)

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "").split(".")[0]
        call, history = None, None
        # an unusual signature is not recorded
        with contextlib.suppress(TypeError, IndexError, AttributeError, ValueError, KeyError):
            call = self._call(func, name, args, kwargs)
        if call and call.active and call.values == 1:
            return args[0].clone()  # PyTorch would raise: the rest of the pass is worth seeing
        if call and call.inplace and isinstance(args[0], Tensor):
            history = args[0].grad_fn
        output = func(*args, **kwargs)
        with contextlib.suppress(Exception):  # whatever a model passes around must not break it
            self._link(name, args, kwargs, output, call)
        # looking there would run a checkpointed part again
        if call and history is not None and not call.checkpointed:
            call.spoils = _is_spoilt(history)
        return output

    def _call(
        self, func: Callable[..., Any], name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Call | None:
        """The call, if it is one to record."""
        stem = _stem(name)
        if any(names.fullmatch(stem) for names in (DROPOUT, ATTENTION, RECURRENT)):
            shape = tuple(args[0].shape) if isinstance(args[0], Tensor) else ()
            p, active, inplace = _rate(func, stem, args, kwargs)
            call = self._record(stem, self.dropouts, shape)
            call.p, call.active = float(p), bool(active) and p > 0
            call.inplace = inplace or name == stem + "_"
            return call
        if NORM.fullmatch(stem):
            given = _arguments(func, NORM_ARGUMENTS, args, kwargs)
            x = given["input"]
            call = self._record("batch_norm", self.norms, tuple(x.shape))
            call.active, call.running_mean = bool(given["training"]), given["running_mean"]
            call.momentum, call.parent = given["momentum"], self.nodes.get(x)
            call.values = x.numel() // max(x.shape[1], 1)
            if call.active and call.values > 1:
                axes = [axis for axis in range(x.ndim) if axis != 1]
                variance, mean = torch.var_mean(x.detach().float(), axes)
                call.moments = mean, variance
            return call
        if CHANCE.fullmatch(stem):
            in_place = name == stem + "_"
            if in_place or not CHANCE_IN_PLACE.fullmatch(stem):
                return self._record(stem, self.draws)
        if REDUCTION.fullmatch(stem) and self._is_over_batch(args, kwargs):
            return self._record(stem, self.reductions, tuple(args[0].shape))
        return None

    def _is_over_batch(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        """Whether a reduction leaves the channels alone, as batch statistics do."""
        x = args[0]
        axes: Any = kwargs.get("dim", kwargs.get("axis", args[1] if args[1:] else None))
        if not isinstance(x, Tensor) or x.ndim not in (2, 3, 4, 5) or len(x) < 2:
            return False
        axes = axes or () if not isinstance(axes, int) or isinstance(axes, bool) else (axes,)
        others = set(range(x.ndim)) - {1}
        return {a % x.ndim for a in axes} == others and x in self.nodes and self.nodes[x].images

    def _record(self, op: str, calls: list[Call], shape: tuple[int, ...] = ()) -> Call:
        """Add a call, with the layer and the line of the model's code that it comes from."""
        call, nested = Call(op, shape=shape), False
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            path, owner = frame.f_code.co_filename, frame.f_locals.get("self")
            call.checkpointed |= path.endswith("checkpoint.py") and "torch" in path
            nested |= path.endswith("container.py")
            if path.startswith(HERE):
                if frame.f_code.co_name == "ask":
                    break
            else:
                if call.module is None and isinstance(owner, nn.Module):
                    call.module = owner
                if not call.place and not path.startswith((TORCH, "<")):
                    call.place = f"{Path(path).name}:{frame.f_lineno}"
                    call.caller = None if nested else (frame.f_code, frame.f_lasti)
            frame = frame.f_back
        calls.append(call)
        return call

    def _link(
        self,
        name: str,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        output: Any,
        call: Call | None,
    ) -> None:
        """Note what an output was made of."""
        made = [args[0]] if name == "__setitem__" else tensors(output)
        if not made:
            return
        stem = _stem(name)
        node = Node(stem)
        for given in tensors([*args, *kwargs.values()]):
            parent, weight = self.nodes.get(given), isinstance(given, nn.Parameter)
            if parent is None:
                node.weight = node.weight or (id(given) if weight else 0)
                node.images |= given.grad_fn is not None and not weight
                continue
            parent.used += 1
            node.parents.append(parent)
            node.images |= parent.images
            node.weight = node.weight or (0 if parent.images else parent.weight)
            node.drops |= parent.drops
            node.chance |= parent.chance
        upstream = [parent.weight for parent in node.parents if parent.images]
        node.weight = node.weight or next(iter(upstream), 0)
        if WEIGHTED.fullmatch(stem) or RECURRENT.fullmatch(stem):
            node.weight = node.weight or 1
            node.biased = isinstance(kwargs.get("bias", args[2] if args[2:] else None), Tensor)
        if CHANCE.fullmatch(stem):
            node.chance, node.images = True, False
        else:
            node.chance &= not node.images
        if COMPARISON.fullmatch(stem) and any(parent.chance for parent in node.parents):
            self._record("mask", self.draws)
        if call is not None:
            node.drops |= {call} if call.p and call.active else set()
            call.node, call.result = node, weakref.ref(made[0])
        for tensor in made:
            self.nodes[tensor] = node


def _stem(name: str) -> str:
    """A function's name, whether it works in place or not."""
    return name if name.startswith("__") else name.rstrip("_")


def _arguments(
    func: Callable[..., Any], names: tuple[str, ...], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[str, Any]:
    """The arguments of a call by name, with their defaults."""
    if not isinstance(func, FunctionType):
        return dict(zip(names, args, strict=False)) | kwargs
    bound = inspect.signature(func).bind(*args, **kwargs)
    bound.apply_defaults()
    return bound.arguments


def _rate(
    func: Callable[..., Any], stem: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[float, bool, bool]:
    """Probability, whether it drops, whether in place; of attention and recurrent layers, too."""
    if RECURRENT.fullmatch(stem):
        # (…, weights, has biases, layers, dropout, training, …), packed sequences or not
        at = next(i for i, given in enumerate(args) if isinstance(given, list))
        layers, p, training = args[at + 2 : at + 5]
        return p, training and layers > 1, False
    names = ATTENTION_ARGUMENTS if ATTENTION.fullmatch(stem) else DROPOUT_ARGUMENTS
    given = _arguments(func, names, args, kwargs)
    p = given.get("p", given.get("dropout_p", 0.0))
    return p, given.get("training", given.get("train", True)), given.get("inplace", False)


def _is_spoilt(step: Any, depth: int = 3) -> bool:
    """Whether what the backward pass needs was overwritten: PyTorch says so when it is looked
    at."""
    try:
        for name in dir(step):
            if name.startswith("_saved_"):
                getattr(step, name)
    except RuntimeError as error:
        return "inplace" in str(error)
    earlier = [before for before, _ in step.next_functions[:1] if before is not None]
    view = depth > 0 and "View" in step.name()
    return view and any(_is_spoilt(before, depth - 1) for before in earlier)
