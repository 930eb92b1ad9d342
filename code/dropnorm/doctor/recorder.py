"""What happens in one pass: every call of dropout, batch norm and chance, and what flows into them.

PyTorch offers every function it is asked for to a ``TorchFunctionMode`` first. So it does not
matter who calls ``F.dropout``: a layer, a layer made inside ``forward``, a function, or an exported
graph.
"""

import contextlib
import sys
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils.weak import WeakIdKeyDictionary

from dropnorm.doctor.bytecode import is_discarded
from dropnorm.doctor.functions import (
    ATTENTION,
    CHANCE,
    COMPARISON,
    DROPOUT,
    NORM,
    NORM_ARGUMENTS,
    ONLY_IN_PLACE,
    RECURRENT,
    REDUCTION,
    WEIGHTED,
    Function,
)
from dropnorm.doctor.patient import is_norm, kind, tensors

TORCH, HERE = str(Path(torch.__file__).parent), str(Path(__file__).parent)


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
    graded: bool = True  # gradients were wanted
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
        self.graded = False  # whether the output can be learned from

    def start(self, model: nn.Module, images: Any) -> None:
        """The pass of a model begins with these inputs."""
        self.model = model
        for tensor in tensors(images):
            self.nodes[tensor] = Node("input", images=True)

    def finish(self, output: list[Tensor]) -> None:
        """The pass has given this output: find what is unused, and whose the calls are."""
        self.output = [self.nodes[t] for t in output if t in self.nodes]
        self.graded = any(tensor.requires_grad for tensor in output)
        used = self.upstream()
        self.reductions = [call for call in self.reductions if call.node in used]
        for call in self.dropouts + self.norms:
            kept = call.result is None or call.result() is not None  # by somebody, for later
            needed = kept or call.inplace or (call.node is not None and call.node.used)
            if call.active and not needed and call.caller is not None:
                call.unused = is_discarded(*call.caller)
        layers = list(self.model.named_modules()) if self.model is not None else []
        names = {id(layer): name or kind(layer) for name, layer in layers}
        holders = {id(getattr(layer, "running_mean", None)): layer for _, layer in layers}
        for call in [*self.dropouts, *self.norms, *self.draws, *self.reductions]:
            if call.running_mean is not None and not is_norm(call.module):
                # a function was called: the layer whose buffers it used
                call.module = holders.get(id(call.running_mean), call.module)
            call.registered = call.module is None or id(call.module) in names
            own = call.op if call.module is None else kind(call.module)
            call.layer = names.get(id(call.module), own)

    def upstream(self, learning: bool = False) -> set[Node]:
        """What the output was made of; with ``learning``, what gradients of the output reach."""
        found: set[Node] = set()
        waiting = list(self.output)
        while waiting:
            node = waiting.pop()
            if node not in found and not (learning and node.op == "detach"):
                found.add(node)
                waiting += node.parents
        return found

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        function, call, history = Function(func, args, kwargs or {}), None, None
        # an unusual signature is not recorded
        with contextlib.suppress(TypeError, IndexError, AttributeError, ValueError, KeyError):
            call = self._call(function)
        if call and call.active and call.values == 1:
            return args[0].clone()  # PyTorch would raise: the rest of the pass is worth seeing
        if call and call.inplace and isinstance(args[0], Tensor):
            history = args[0].grad_fn
        output = func(*args, **function.kwargs)
        with contextlib.suppress(Exception):  # whatever a model passes around must not break it
            self._link(function, output, call)
        # looking there would run a checkpointed part again
        if call and history is not None and not call.checkpointed:
            call.spoils = _is_spoilt(history)
        return output

    def _call(self, function: Function) -> Call | None:
        """The call, if it is one to record."""
        x = function.args[0] if function.args else None
        shape = tuple(x.shape) if isinstance(x, Tensor) else ()
        if function.matches(DROPOUT, ATTENTION, RECURRENT):
            p, active, inplace = function.rate()
            call = self._record(function.stem, self.dropouts, shape)
            call.p, call.active = float(p), bool(active) and p > 0
            call.inplace = inplace or function.in_place
            return call
        if function.matches(NORM):
            given = function.arguments(NORM_ARGUMENTS)
            call = self._record("batch_norm", self.norms, tuple(given["input"].shape))
            call.active, call.running_mean = bool(given["training"]), given["running_mean"]
            call.momentum, call.parent = given["momentum"], self.nodes.get(given["input"])
            call.values = given["input"].numel() // max(call.shape[1], 1)
            if call.active and call.values > 1:
                axes = [axis for axis in range(len(call.shape)) if axis != 1]
                variance, mean = torch.var_mean(given["input"].detach().float(), axes)
                call.moments = mean, variance
            return call
        if function.matches(CHANCE) and (function.in_place or not function.matches(ONLY_IN_PLACE)):
            return self._record(function.stem, self.draws)
        if function.matches(REDUCTION) and len(shape) in (2, 3, 4, 5) and shape[0] > 1:
            axes = function.argument(1, "dim", "axis")
            axes = [axes] if type(axes) is int else list(axes or [])
            # batch statistics leave the channels alone, or are of everything
            reduced = {axis % len(shape) for axis in axes}
            over_batch = reduced in (set(), set(range(len(shape))) - {1})
            if over_batch and x in self.nodes and self.nodes[x].images:
                return self._record(function.stem, self.reductions, shape)
        return None

    def _record(self, op: str, calls: list[Call], shape: tuple[int, ...] = ()) -> Call:
        """Add a call, with the layer and the line of the model's code that it comes from."""
        call, nested = Call(op, shape=shape, graded=torch.is_grad_enabled()), False
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            path, owner = frame.f_code.co_filename, frame.f_locals.get("self")
            call.graded |= path.endswith("function.py") and "autograd" in path  # its own backward
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

    def _link(self, function: Function, output: Any, call: Call | None) -> None:
        """Note what an output was made of."""
        made = [function.args[0]] if function.name == "__setitem__" else tensors(output)
        if not made:
            return
        node = Node(function.stem)
        for given in tensors([*function.args, *function.kwargs.values()]):
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
        if function.matches(WEIGHTED, RECURRENT):
            node.weight = node.weight or 1
            node.biased = isinstance(function.argument(2, "bias"), Tensor)
        if function.matches(CHANCE):
            node.chance, node.images = True, False
        else:
            node.chance &= not node.images
        if function.matches(COMPARISON) and any(parent.chance for parent in node.parents):
            self._record("mask", self.draws)
        if call is not None:
            node.drops |= {call} if call.p and call.active else set()
            call.node, call.result = node, weakref.ref(made[0])
        for tensor in made:
            self.nodes[tensor] = node


def _is_spoilt(step: Any, depth: int = 3) -> bool:
    """Whether what the backward pass needs was overwritten: PyTorch says so when one looks."""
    try:
        for name in dir(step):
            if name.startswith("_saved_"):
                getattr(step, name)
    except RuntimeError as error:
        return "inplace" in str(error)
    earlier = [before for before, _ in step.next_functions[:1] if before is not None]
    view = depth > 0 and "View" in step.name()
    return view and any(_is_spoilt(before, depth - 1) for before in earlier)
