"""Checks of arguments: a wrong one gets a ValueError that names it, says what came and what is allowed."""

import sys
from collections.abc import Callable
from numbers import Integral, Real

import numpy as np

FLOATS = (np.dtype(np.float32), np.dtype(np.float64))
LARGEST = sys.float_info.max


def refuse(name: str, value, allowed: str) -> ValueError:
    """The error for an argument that is not what is allowed."""
    return ValueError(f"{name}={value!r}: expected {allowed}")


def is_whole(value, least: int) -> bool:
    """Whether ``value`` is a whole number >= ``least``; True and False are no numbers here."""
    return isinstance(value, Integral) and not isinstance(value, bool) and value >= least


def whole(name: str, value, least: int = 1) -> int:
    """The value, if it is a whole number >= ``least``."""
    if not is_whole(value, least):
        raise refuse(name, value, f"a whole number >= {least}")
    return int(value)


def pair(name: str, value, least: int = 1) -> tuple[int, int]:
    """(value, value) for a whole number >= ``least``, the value itself for a pair of them."""
    values = value if isinstance(value, tuple) and len(value) == 2 else (value, value)
    if not all(is_whole(v, least) for v in values):
        raise refuse(name, value, f"a whole number >= {least}, or a pair of them")
    return int(values[0]), int(values[1])


def number(name: str, value, inside: Callable[[float], bool], allowed: str) -> float:
    """The value, if it is a finite number that lies ``inside``; ``allowed`` says the same in words."""
    is_number = isinstance(value, Real) and not isinstance(value, bool | np.bool_)
    # NaN lies inside no interval
    if not is_number or not -LARGEST <= value <= LARGEST or not inside(value):
        raise refuse(name, value, allowed)
    return float(value)


def flag(name: str, value) -> bool:
    """The value, if it is True or False."""
    if not isinstance(value, bool | np.bool_):
        raise refuse(name, value, "True or False")
    return bool(value)


def float_type(dtype) -> np.dtype:
    """The type, if it is float32 or float64."""
    try:
        found = np.dtype(dtype)
    except (TypeError, ValueError, SyntaxError) as error:  # NumPy reads "," as a list of types
        raise refuse("dtype", dtype, "float32 or float64") from error
    if dtype is None or found not in FLOATS:  # for NumPy None is float64
        raise refuse("dtype", dtype, "float32 or float64")
    return found


def generator(rng) -> np.random.Generator:
    """The generator itself, one with this seed, or one with a seed from the operating system for None."""
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        raise refuse(
            "rng", rng, "a numpy.random.Generator, a seed (a whole number >= 0) or None"
        ) from error
