"""Turns what came back into arrays, and compares arrays."""

from collections.abc import Sequence
from typing import Any

import numpy as np

TOLERANCE = 1e-8  # largest error allowed, relative to the largest number of the array
# … or to this: where terms near 1 cancel, their rounding is left, and it is the processor's
SMALLEST_SCALE = 1e-6
MAX_SIZE = 10**6  # numbers in an output; the exercises ask for some hundred at most
SHORT = 8  # numbers of an array that is written out
WHOLE, REAL = "iu", "iufb"  # kinds of NumPy's types


class Unusable(Exception):
    """What was returned is not what an exercise asks for; carries diagnosis and message."""

    def __init__(self, diagnosis: str, message: str) -> None:
        super().__init__(message)
        self.diagnosis, self.message = diagnosis, message


def as_arrays(value: Any, names: tuple[str, ...]) -> list[np.ndarray]:
    """Copies of the returned values as plain arrays, one for each name.

    Raises
    ------
    Unusable
        None, another number of values, or something that is not made of real numbers.
    """
    if value is None or value is Ellipsis:
        raise Unusable(
            "nothing-returned", "Your function returns nothing (None). Is the `return` missing?"
        )
    count = None
    if len(names) == 1:
        expected = f"expected is one value, {names[0]}"
        if isinstance(value, tuple):
            count = f"a tuple of {len(value)}"
        value = (value,)
    else:
        if isinstance(value, np.ndarray) and value.shape == (len(names),):
            value = tuple(value)  # it unpacks as a tuple does
        expected = f"expected are {len(names)} values ({', '.join(names)})"
        if not isinstance(value, tuple | list):
            count = f"one {type(value).__name__}"
        elif len(value) != len(names):
            count = f"{len(value)} values"
    if count is not None:
        raise Unusable("wrong-count", f"Your function returns {count}; {expected}.")
    return [_as_array(one, name) for one, name in zip(value, names, strict=True)]


def _as_array(value: Any, name: str) -> np.ndarray:
    try:
        array = np.asarray(value)
    except Exception as error:
        raise Unusable(
            "wrong-type", f"{name}: a {type(value).__name__} that NumPy cannot read as an array."
        ) from error
    kind = type(value).__name__
    if array.dtype.kind not in REAL:
        raise Unusable(
            "wrong-type",
            f"{name}: expected real numbers, came a {kind} with dtype {array.dtype}.",
        )
    if array.size > MAX_SIZE:
        raise Unusable(
            "wrong-shape",
            f"{name}: came an array of shape {array.shape}, far larger than what is asked for.",
        )
    return np.array(array, subok=False)


def alike(actual: np.ndarray, expected: np.ndarray, tolerance: float = TOLERANCE) -> bool:
    """Whether two arrays are the same up to rounding.

    Shapes agree, and NaN and infinities stand at the same places. The error is relative to the
    largest finite number of either array. Where ``expected`` is whole, ``actual`` must be, too.
    """
    if actual.shape != expected.shape or (
        expected.dtype.kind in WHOLE and actual.dtype.kind not in WHOLE
    ):
        return False
    actual, expected = actual.astype(float), expected.astype(float)
    finite = np.isfinite(expected)
    if not np.array_equal(actual[~finite], expected[~finite], equal_nan=True):
        return False
    actual, expected = actual[finite], expected[finite]
    if not np.isfinite(actual).all():
        return False
    scale = max(np.abs(actual).max(initial=0), np.abs(expected).max(initial=0), SMALLEST_SCALE)
    return bool(np.abs(actual - expected).max(initial=0) <= tolerance * scale)


def same_inside(before: Any, after: Any) -> bool:
    """Whether arguments are what they were; looks into arrays, lists and tuples."""
    if isinstance(before, np.ndarray):
        return (
            isinstance(after, np.ndarray)
            and after.shape == before.shape
            and _identical(before, after)
        )
    if isinstance(before, list | tuple):
        return len(before) == len(after) and all(map(same_inside, before, after))
    return True


def _identical(a: np.ndarray, b: np.ndarray) -> bool:
    return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")


def _text(array: np.ndarray, digits: int = 4) -> str:
    """A short text: the whole array if it is small, else its shape."""
    if array.size > SHORT:
        return f"an array of shape {array.shape}"
    with np.printoptions(precision=digits, suppress=True, threshold=SHORT):
        text = np.array2string(array + 0, separator=", ")  # + 0 turns −0 into 0
    return text.replace("\n", "")


def difference(actual: np.ndarray, expected: np.ndarray) -> str:
    """In words, where two arrays differ most."""
    if actual.shape != expected.shape:
        return f"expected shape {expected.shape}, came {actual.shape}"
    if expected.size <= SHORT:
        for digits in (4, 8, 12, 17):  # enough to see the difference
            if _text(expected, digits) != _text(actual, digits):
                break
        return f"expected {_text(expected, digits)}, came {_text(actual, digits)}"
    with np.errstate(all="ignore"):
        error = np.abs(actual.astype(float) - expected.astype(float))
    worst = np.unravel_index(
        np.argmax(np.nan_to_num(error, nan=np.inf, posinf=np.inf)), expected.shape
    )
    place = "[" + ", ".join(map(str, worst)) + "]"
    digits = next(
        (n for n in (5, 9, 13) if f"{expected[worst]:.{n}g}" != f"{actual[worst]:.{n}g}"), 17
    )
    return f"expected {expected[worst]:.{digits}g} at {place}, came {actual[worst]:.{digits}g}"


def size(arguments: Sequence[Any]) -> int:
    """Of how many numbers a case consists."""
    return sum(size(one) if isinstance(one, list | tuple) else np.size(one) for one in arguments)
