"""Types of the fields of a trial: words, and numbers with a range."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args, get_origin


@dataclass(frozen=True)
class Range:
    """What a number may be: a condition, and the same in words."""

    holds: Callable[[float], bool]
    words: str


Count = Annotated[int, Range(lambda v: v >= 1, "a whole number from 1")]
Natural = Annotated[int, Range(lambda v: v >= 0, "a whole number from 0")]
Flag = Annotated[bool, Range(lambda v: True, "True or False")]
Probability = Annotated[
    float, Range(lambda v: 0 <= v < 1, "the probability of dropping, 0 <= p < 1")
]
Momentum = Annotated[float, Range(lambda v: 0 <= v < 1, "a number, 0 <= momentum < 1")]
NotNegative = Annotated[float, Range(lambda v: 0 <= v < float("inf"), "a finite number >= 0")]
Positive = Annotated[float, Range(lambda v: 0 < v < float("inf"), "a finite number above 0")]

# From a field's name and value to the value as the trial keeps it.
Check = Callable[[str, Any], Any]


def check_of(field_type: Any) -> Check:
    """The check of a field of this type: it gives the value back, or raises a ``ValueError``.

    A whole number becomes a float where the field is one, so that 0 and 0.0 are the same trial.
    """
    if get_origin(field_type) is Literal:
        words = get_args(field_type)

        def check_word(name: str, value: Any) -> Any:
            if value not in words:
                raise ValueError(f"{name}={value!r}: expected one of {', '.join(map(repr, words))}")
            return value

        return check_word
    kind, allowed = get_args(field_type)

    def check_number(name: str, value: Any) -> Any:
        number = float(value) if kind is float and type(value) is int else value
        if type(number) is not kind or not allowed.holds(number):
            raise ValueError(f"{name}={value!r}: expected {allowed.words}")
        return number

    return check_number
