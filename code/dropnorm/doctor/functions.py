"""PyTorch's functions, told apart by their names, and their arguments."""

import inspect
import re
from collections.abc import Callable
from types import FunctionType
from typing import Any

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
ONLY_IN_PLACE = re.compile(r"uniform|exponential|geometric")  # only as `tensor.uniform_()`
COMPARISON = re.compile(r"(__)?[lg][te](__)?|less|greater|floor|bernoulli")
REDUCTION = re.compile(r"mean|var|std|var_mean|std_mean|sum")

# arguments of functions that are not written in Python, and so have no signature to ask
NORM_ARGUMENTS = ("input", "weight", "bias", "running_mean", "running_var", "training", "momentum")
ATTENTION_ARGUMENTS = ("query", "key", "value", "attn_mask", "dropout_p")
DROPOUT_ARGUMENTS = ("input", "p", "training")


class Function:
    """A function that a model asks for, with its arguments."""

    def __init__(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        self.function, self.args, self.kwargs = function, args, kwargs
        self.name = getattr(function, "__name__", "").split(".")[0]
        # the same for `relu` and for `relu_`, which works in place
        self.stem = self.name if self.name.startswith("__") else self.name.rstrip("_")
        self.in_place = self.name == self.stem + "_"

    def matches(self, *names: re.Pattern[str]) -> bool:
        """Whether its name is one of these."""
        return any(pattern.fullmatch(self.stem) for pattern in names)

    def argument(self, place: int, *names: str) -> Any:
        """The argument of one of these names, or at this place; None if it is not given."""
        given = [self.kwargs[name] for name in names if name in self.kwargs]
        return next(iter([*given, *self.args[place : place + 1]]), None)

    def arguments(self, names: tuple[str, ...]) -> dict[str, Any]:
        """The arguments by name, with their defaults where it is written in Python."""
        if not isinstance(self.function, FunctionType):
            return dict(zip(names, self.args, strict=False)) | self.kwargs
        bound = inspect.signature(self.function).bind(*self.args, **self.kwargs)
        bound.apply_defaults()
        return bound.arguments

    def rate(self) -> tuple[float, bool, bool]:
        """Of dropout, attention and recurrent layers: p, whether it drops, whether in place."""
        if self.matches(RECURRENT):
            # (…, weights, has biases, layers, dropout, training, …), packed sequences or not
            at = next(i for i, given in enumerate(self.args) if isinstance(given, list))
            layers, p, training = self.args[at + 2 : at + 5]
            return p, training and layers > 1, False
        given = self.arguments(
            ATTENTION_ARGUMENTS if self.matches(ATTENTION) else DROPOUT_ARGUMENTS
        )
        p = given.get("p", given.get("dropout_p", 0.0))
        return p, given.get("training", given.get("train", True)), given.get("inplace", False)
