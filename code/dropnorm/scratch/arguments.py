"""Checks of arguments: a wrong one gets a ValueError with what was given and what is allowed."""

import math
from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import TypeGuard

import numpy as np
from numpy.typing import DTypeLike

Seed = np.random.Generator | int | Sequence[int] | None
FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


def refusal(name: str, value: object, allowed: str) -> ValueError:
    """The error for an argument that is not what is allowed."""
    return ValueError(f"{name}={value!r}: expected {allowed}")


def is_whole(value: object, least: int) -> TypeGuard[int]:
    """Whether ``value`` is a whole number >= ``least``; True and False are no numbers here."""
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least


def whole(name: str, value: object, least: int = 1) -> int:
    """The value, if it is a whole number >= ``least``."""
    if not is_whole(value, least):
        raise refusal(name, value, f"a whole number >= {least}")
    return int(value)


def pair(name: str, value: object, least: int = 1) -> tuple[int, int]:
    """(value, value) for a whole number >= ``least``, the value itself for a pair of them."""
    first, second = value if isinstance(value, tuple) and len(value) == 2 else (value, value)
    if not is_whole(first, least) or not is_whole(second, least):
        raise refusal(name, value, f"a whole number >= {least}, or a pair of them")
    return int(first), int(second)


def number(name: str, value: object, inside: Callable[[float], bool], allowed: str) -> float:
    """The value, if it is a finite number and ``inside``; ``allowed`` is the same in words."""
    if not isinstance(value, Real) or isinstance(value, bool | np.bool_):
        raise refusal(name, value, allowed)
    try:
        result = float(value)
    except OverflowError as error:  # a whole number larger than any float
        raise refusal(name, value, allowed) from error
    if not math.isfinite(result) or not inside(result):
        raise refusal(name, value, allowed)
    return result


def flag(name: str, value: object) -> bool:
    """The value, if it is True or False."""
    if not isinstance(value, bool | np.bool_):
        raise refusal(name, value, "True or False")
    return bool(value)


def float_type(dtype: DTypeLike) -> np.dtype:
    """The type, if it is float32 or float64."""
    try:
        result = np.dtype(dtype)
    except (TypeError, ValueError, SyntaxError) as error:  # NumPy reads "," as a list of types
        raise refusal("dtype", dtype, "float32 or float64") from error
    if dtype is None or result not in FLOATS:  # for NumPy None is float64
        raise refusal("dtype", dtype, "float32 or float64")
    return result


def generator(rng: Seed) -> np.random.Generator:
    """The generator itself, one with this seed, or for None one that the operating system seeds."""
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        allowed = "a numpy.random.Generator, a seed (a whole number >= 0) or None"
        raise refusal("rng", rng, allowed) from error
