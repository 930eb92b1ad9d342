"""Turns what came back into arrays, and compares arrays."""

from typing import Any

import numpy as np

TOLERANCE = 1e-8  # largest error allowed, relative to the largest number of the array
SMALLEST = 1e-6  # … or to this: where terms near 1 cancel, their rounding is left, and it is the processor's
LARGEST = 10**6  # numbers in an output; the exercises ask for some hundred at most
WHOLE, NUMBERS = "iu", "iufb"


class Unusable(Exception):
    """What was returned is not what an exercise asks for; carries the diagnosis and the words."""

    def __init__(self, diagnosis: str, words: str) -> None:
        super().__init__(words)
        self.diagnosis, self.words = diagnosis, words


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
    wanted = (
        f"{len(names)} values ({', '.join(names)})" if len(names) > 1 else f"one value, {names[0]}"
    )
    if len(names) == 1:
        if isinstance(value, tuple):
            raise Unusable(
                "wrong-count",
                f"Your function returns a tuple of {len(value)}; expected is {wanted}.",
            )
        value = (value,)
    elif not isinstance(value, tuple | list):
        raise Unusable(
            "wrong-count",
            f"Your function returns one {type(value).__name__}; expected are {wanted}.",
        )
    if len(value) != len(names):
        raise Unusable(
            "wrong-count", f"Your function returns {len(value)} values; expected are {wanted}."
        )
    return [_as_array(one, name) for one, name in zip(value, names, strict=True)]


def _as_array(value: Any, name: str) -> np.ndarray:
    try:
        array = np.asarray(value)
    except Exception as error:
        raise Unusable(
            "wrong-type", f"{name}: a {type(value).__name__} that NumPy cannot read as an array."
        ) from error
    if array.dtype.kind not in NUMBERS:
        words = f"{name}: expected real numbers, came a {type(value).__name__} with dtype {array.dtype}."
        raise Unusable("wrong-type", words)
    if array.size > LARGEST:
        raise Unusable(
            "wrong-shape",
            f"{name}: came an array of shape {array.shape}, far larger than what is asked for.",
        )
    return np.array(array, subok=False)


def alike(got: np.ndarray, wanted: np.ndarray, tolerance: float = TOLERANCE) -> bool:
    """Whether shapes agree, NaN and infinities stand at the same places, and the rest differs by rounding at most.

    The error is relative to the largest finite number of either array. Where ``wanted`` is whole, ``got`` must be, too.
    """
    if got.shape != wanted.shape or (wanted.dtype.kind in WHOLE and got.dtype.kind not in WHOLE):
        return False
    got, wanted = got.astype(float), wanted.astype(float)
    finite = np.isfinite(wanted)
    if not np.array_equal(got[~finite], wanted[~finite], equal_nan=True):
        return False
    got, wanted = got[finite], wanted[finite]
    if not np.isfinite(got).all():
        return False
    scale = max(np.abs(got).max(initial=0), np.abs(wanted).max(initial=0), SMALLEST)
    return bool(np.abs(got - wanted).max(initial=0) <= tolerance * scale)


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


def shown(array: np.ndarray, digits: int = 4) -> str:
    """A short text: the whole array if it is small, else its shape."""
    if array.size > 8:
        return f"an array of shape {array.shape}"
    with np.printoptions(precision=digits, suppress=True, threshold=8):
        text = np.array2string(array + 0, separator=", ")  # + 0 turns −0 into 0
    return text.replace("\n", "")


def difference(got: np.ndarray, wanted: np.ndarray) -> str:
    """In words, where two arrays differ most."""
    if got.shape != wanted.shape:
        return f"expected shape {wanted.shape}, came {got.shape}"
    if wanted.size <= 8:
        for digits in (4, 8, 12, 17):  # enough to see the difference
            if shown(wanted, digits) != shown(got, digits):
                break
        return f"expected {shown(wanted, digits)}, came {shown(got, digits)}"
    with np.errstate(all="ignore"):
        error = np.abs(got.astype(float) - wanted.astype(float))
    worst = np.unravel_index(
        np.argmax(np.nan_to_num(error, nan=np.inf, posinf=np.inf)), wanted.shape
    )
    place = "[" + ", ".join(map(str, worst)) + "]"
    digits = next((n for n in (5, 9, 13) if f"{wanted[worst]:.{n}g}" != f"{got[worst]:.{n}g}"), 17)
    return f"expected {wanted[worst]:.{digits}g} at {place}, came {got[worst]:.{digits}g}"
