"""What happens in one pass: every call of dropout, batch norm and chance, and what flows into them.

PyTorch offers every function it is asked for to a ``TorchFunctionMode`` first. So it does not matter who calls
``F.dropout``: a layer, a layer made inside ``forward``, a function, or an exported graph.
"""

import contextlib
import dis
import inspect
import sys
import weakref
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FunctionType

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils.weak import WeakIdKeyDictionary

from dropnorm.doctor.patient import is_norm, kind, tensors

TORCH, HERE = str(Path(torch.__file__).parent), str(Path(__file__).parent)
DROPOUTS = {
    "dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "alpha_dropout",
    "feature_alpha_dropout",
    "feature_dropout",
}
ATTENTION = {
    "scaled_dot_product_attention": 4,
    "multi_head_attention_forward": 10,
}  # place of dropout_p
RECURRENT = {"lstm", "gru", "rnn_tanh", "rnn_relu"}
WEIGHTED = {
    "linear",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
}
CHANCE = {
    "rand",
    "rand_like",
    "uniform",
    "bernoulli",
    "randn",
    "randn_like",
    "normal",
    "multinomial",
    "exponential",
}
CHANCE |= {"randint", "randperm", "randint_like", "geometric", "gumbel_softmax"}
CHANCE |= {"fractional_max_pool2d_with_indices", "fractional_max_pool3d_with_indices"}
COMPARED = {
    "lt",
    "gt",
    "le",
    "ge",
    "__lt__",
    "__gt__",
    "__le__",
    "__ge__",
    "floor",
    "less",
    "greater",
    "bernoulli",
}
REDUCTIONS = {"mean", "var", "std", "var_mean", "std_mean"}


@dataclass(eq=False)
class Node:
    """A tensor's origin: which function made it, of what, and what is upstream."""

    op: str
    parents: list = field(default_factory=list)
    images: bool = False  # depends on the input
    weight: int = 0  # identity of the last parameter on the way here
    chance: bool = False  # random numbers, as yet only shifted and scaled
    biased: bool = False
    drops: frozenset = frozenset()  # active dropouts upstream
    used: int = 0


@dataclass(eq=False)
class Call:
    """A call of dropout, batch norm, chance, or of a mean over the batch."""

    op: str
    module: nn.Module | None
    place: str
    checkpointed: bool
    shape: tuple = ()
    active: bool = False  # dropout drops, batch norm looks at the batch
    p: float = 0.0
    inplace: bool = False
    spoils: bool = False  # an in-place dropout that overwrites what the backward pass needs
    momentum: float | None = None
    statistics: tuple = (None, None)
    layer: str = ""  # its name; its class where the model does not hold it
    registered: bool = True
    seen: tuple | None = None  # mean and variance of each channel, number of values
    parent: Node | None = None
    node: Node | None = None
    result: weakref.ref | None = None
    caller: tuple | None = (
        None  # code and instruction of the model's line, if it called the layer itself
    )
    unused: bool = False


class Recorder(TorchFunctionMode):
    """Records one pass."""

    def __init__(self):
        super().__init__()
        self.nodes = WeakIdKeyDictionary()
        self.dropouts, self.norms, self.draws, self.reductions, self.output = [], [], [], [], []

    def start(self, model: nn.Module, images) -> None:
        """The pass of a model begins with these inputs."""
        self.model = model
        for tensor in tensors(images):
            self.nodes[tensor] = Node("input", images=True)

    def finish(self, output: list[Tensor]) -> None:
        """The pass has given this output."""
        self.output = [self.nodes[t] for t in output if t in self.nodes]
        for call in self.dropouts + self.norms:
            alive = call.result is None or call.result() is not None  # kept by somebody, for later
            unused = call.active and not alive and not call.inplace and not call.node.used
            call.unused = unused and call.caller is not None and _discarded(*call.caller)
        names = {id(layer): name or kind(layer) for name, layer in self.model.named_modules()}
        held = {id(getattr(layer, "running_mean", None)): layer for layer in self.model.modules()}
        for call in [*self.dropouts, *self.norms, *self.draws, *self.reductions]:
            if call.statistics[0] is not None and not is_norm(
                call.module
            ):  # the layer whose buffers were used
                call.module = held.get(id(call.statistics[0]), call.module)
            call.registered = call.module is None or id(call.module) in names
            call.layer = names.get(
                id(call.module), call.op if call.module is None else kind(call.module)
            )

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "").split(".")[0]
        stem = name.rstrip("_") if not name.startswith("__") else name
        try:
            call = self._call(func, name, stem, args, kwargs)
        except (
            TypeError,
            IndexError,
            AttributeError,
            ValueError,
            KeyError,
        ):  # an unusual signature
            call = None
        if call is not None and call.op == "batch_norm" and call.active and call.seen[2] == 1:
            return args[0].clone()  # PyTorch would raise: the rest of the pass is worth seeing
        before = (
            args[0].grad_fn
            if call is not None and call.inplace and isinstance(args[0], Tensor)
            else None
        )
        output = func(*args, **kwargs)
        if name not in ("size", "dim", "numel"):
            with contextlib.suppress(
                Exception
            ):  # whatever a model passes around must not break its pass
                self._link(stem, name, args, kwargs, output, call)
        if (
            before is not None and not call.checkpointed
        ):  # looking there would run a checkpointed part again
            call.spoils = _spoilt(before)
        return output

    def _call(self, func, name: str, stem: str, args: tuple, kwargs: dict) -> Call | None:
        if stem in DROPOUTS or name in ATTENTION or name in RECURRENT:
            p, active, inplace = _rate(func, name, args, kwargs)
            call = self._located(
                stem, self.dropouts, tuple(args[0].shape) if isinstance(args[0], Tensor) else ()
            )
            call.p, call.active, call.inplace = (
                float(p),
                bool(active) and p > 0,
                inplace or name == stem + "_",
            )
            return call
        if stem == "batch_norm" or name in ("native_batch_norm", "cudnn_batch_norm"):
            x, statistics, active, momentum = _normed(func, args, kwargs)
            call = self._located("batch_norm", self.norms, tuple(x.shape))
            call.active, call.momentum, call.statistics = bool(active), momentum, statistics
            call.parent = self.nodes.get(x)
            call.seen = _moments(x, call.active)
            return call
        if stem in CHANCE and (
            name == stem + "_" or stem not in ("uniform", "exponential", "geometric")
        ):
            return self._located(stem, self.draws, ())
        if (
            stem in REDUCTIONS
            and isinstance(args[0], Tensor)
            and args[0].ndim in (2, 3, 4, 5)
            and len(args[0]) > 1
        ):
            x, axes = (
                args[0],
                kwargs.get("dim", kwargs.get("axis", args[1] if len(args) > 1 else None)),
            )
            axes = (
                {axes} if isinstance(axes, int) and not isinstance(axes, bool) else set(axes or ())
            )
            if (
                {a % x.ndim for a in axes} == set(range(x.ndim)) - {1}
                and x in self.nodes
                and self.nodes[x].images
            ):
                return self._located(stem, self.reductions, tuple(x.shape))
        return None

    def _located(self, op: str, calls: list, shape: tuple) -> Call:
        """A new call, with the layer and the line of the model's code that it comes from."""
        frame, module, place, checkpointed, caller, nested = (
            sys._getframe(2),
            None,
            "",
            False,
            None,
            False,
        )
        while frame is not None:
            path, owner = frame.f_code.co_filename, frame.f_locals.get("self")
            checkpointed |= path.endswith("checkpoint.py") and "torch" in path
            nested |= path.endswith("container.py")
            if path.startswith(HERE) and frame.f_code.co_name == "ask":
                break
            if not path.startswith(HERE):
                if module is None and isinstance(owner, nn.Module):
                    module = owner
                if not place and not path.startswith((TORCH, "<")):
                    place = f"{Path(path).name}:{frame.f_lineno}"
                    caller = None if nested else (frame.f_code, frame.f_lasti)
            frame = frame.f_back
        calls.append(Call(op, module, place, checkpointed, shape, caller=caller))
        return calls[-1]

    def _link(
        self, stem: str, name: str, args: tuple, kwargs: dict, output, call: Call | None
    ) -> None:
        made = tensors(output) if not isinstance(output, int | float | bool) else []
        if name == "__setitem__":
            made = [args[0]]
        if not made:
            return
        node, drops = Node(stem), set()
        for given in tensors([*args, *kwargs.values()]):
            parent = self.nodes.get(given)
            if parent is None:
                node.weight = node.weight or (id(given) if isinstance(given, nn.Parameter) else 0)
                node.images |= given.grad_fn is not None and not isinstance(given, nn.Parameter)
                continue
            parent.used += 1
            node.parents.append(parent)
            node.images |= parent.images
            node.weight = node.weight or (parent.weight if not parent.images else 0)
            drops |= parent.drops
            node.chance |= parent.chance
        node.weight = node.weight or next(
            (parent.weight for parent in node.parents if parent.images), 0
        )
        if stem in WEIGHTED | RECURRENT:
            node.weight = node.weight or 1
            bias = kwargs.get("bias", args[2] if len(args) > 2 else None)
            node.biased = isinstance(bias, Tensor)
        node.chance, node.images = (
            stem in CHANCE or (node.chance and not node.images),
            node.images and stem not in CHANCE,
        )
        if stem in COMPARED and any(parent.chance for parent in node.parents):
            self._located("mask", self.draws, ())
        node.drops = frozenset(drops)
        if call is not None and call in self.dropouts[-1:]:
            node.drops |= {len(self.dropouts) - 1} if call.active else set()
        if call is not None:
            call.node, call.result = node, weakref.ref(made[0])
        for tensor in made:
            self.nodes[tensor] = node


def _discarded(code: CodeType, at: int) -> bool:
    """Whether what a line of the model got is dropped at once, or kept under a name that nothing reads."""
    steps = list(dis.get_instructions(code))
    place = max(i for i, step in enumerate(steps) if step.offset <= at)
    place += steps[place].opname == "PRECALL"  # Python 3.11: the call is the next one
    after = steps[place + 1]
    if after.opname != "STORE_FAST":
        return after.opname == "POP_TOP"
    for step in steps[place + 2 :]:
        if "FAST" in step.opname and after.argval in _names(step):
            return step.opname == "STORE_FAST" and step.argval == after.argval
    again = any(step.opname.startswith("JUMP_BACKWARD") for step in steps[place:])
    read = [
        step
        for step in steps
        if step.opname.startswith("LOAD_FAST") and after.argval in _names(step)
    ]
    return not (again and read)


def _names(step: dis.Instruction) -> tuple:
    return step.argval if isinstance(step.argval, tuple) else (step.argval,)


def _bound(func, args: tuple, kwargs: dict) -> dict:
    bound = inspect.signature(func).bind(*args, **kwargs)
    bound.apply_defaults()
    return bound.arguments


def _rate(func, name: str, args: tuple, kwargs: dict) -> tuple[float, bool, bool]:
    """Probability, whether it drops, whether in place; of attention and recurrent layers, too."""
    if (
        name in RECURRENT
    ):  # (..., flat weights, has biases, layers, dropout, train, ...), packed or not
        at = next(i for i, given in enumerate(args) if isinstance(given, list))
        return args[at + 3], args[at + 4] and args[at + 2] > 1, False
    if isinstance(func, FunctionType):
        given = _bound(func, args, kwargs)
        return (
            given.get("p", given.get("dropout_p", 0.0)),
            given.get("training", True),
            given.get("inplace", False),
        )
    if name in ATTENTION:
        p = kwargs.get("dropout_p", args[ATTENTION[name]] if len(args) > ATTENTION[name] else 0.0)
        return p, True, False
    p, train = (
        kwargs.get(key, args[at] if len(args) > at else None)
        for at, key in ((1, "p"), (2, "train"))
    )
    return p, train, False


def _normed(func, args: tuple, kwargs: dict) -> tuple[Tensor, tuple, bool, float]:
    """Input, running statistics, whether it looks at the batch, momentum."""
    if isinstance(func, FunctionType):
        given = _bound(func, args, kwargs)
        statistics = given["running_mean"], given["running_var"]
        return given["input"], statistics, given["training"], given["momentum"]
    names = (
        "input",
        "weight",
        "bias",
        "running_mean",
        "running_var",
        "training",
        "momentum",
        "eps",
    )
    given = {**dict(zip(names, args, strict=False)), **kwargs}
    return (
        given["input"],
        (given["running_mean"], given["running_var"]),
        given["training"],
        given["momentum"],
    )


def _moments(x: Tensor, active: bool) -> tuple:
    n = x.numel() // max(x.shape[1], 1)
    if not active or n < 2:
        return None, None, n
    variance, mean = torch.var_mean(
        x.detach().float(), [axis for axis in range(x.ndim) if axis != 1]
    )
    return mean, variance, n


def _spoilt(step, depth: int = 3) -> bool:
    """Whether a tensor that the backward pass needs was overwritten: PyTorch says so when it is looked at."""
    try:
        for name in dir(step):
            if name.startswith("_saved_"):
                getattr(step, name)
    except RuntimeError as error:
        return "inplace" in str(error)
    follow = [
        before
        for before, _ in step.next_functions[:1]
        if before is not None and "View" in step.name()
    ]
    return depth > 0 and any(_spoilt(before, depth - 1) for before in follow)
