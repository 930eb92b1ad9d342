"""Patterns of wrong arrays: what they have in common with the right ones, whatever the exercise."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from dropnorm.exercises.compare import WHOLE, alike


class Comparison(NamedTuple):
    """A wrong output beside the right one, and the arguments of its case."""

    actual: np.ndarray
    expected: np.ndarray
    arguments: tuple[Any, ...]


def _transposed(actual: np.ndarray, expected: np.ndarray) -> bool:
    return actual.ndim > 1 and alike(actual.T, expected)


def _reshaped(actual: np.ndarray, expected: np.ndarray) -> bool:
    if actual.shape == expected.shape or actual.size != expected.size:
        return False
    return alike(actual.reshape(expected.shape), expected)


def _float_for_whole(actual: np.ndarray, expected: np.ndarray) -> bool:
    return expected.dtype.kind in WHOLE and alike(actual, expected.astype(float))


def _negated(actual: np.ndarray, expected: np.ndarray) -> bool:
    return alike(-actual.astype(float), expected)


def _zeros(actual: np.ndarray, expected: np.ndarray) -> bool:
    return actual.shape == expected.shape and not actual.any()


def _imprecise(actual: np.ndarray, expected: np.ndarray) -> bool:
    return alike(actual, expected, 1e-4)


def _with_more(actual: np.ndarray, expected: np.ndarray) -> bool:
    """Whether the right numbers are the middle, or the beginning, of a larger array."""
    if actual.ndim != expected.ndim or actual.shape == expected.shape or not actual.ndim:
        return False
    more = [a - e for a, e in zip(actual.shape, expected.shape, strict=True)]
    if min(more) < 0:
        return False
    middle = tuple(slice(n // 2, n // 2 + e) for n, e in zip(more, expected.shape, strict=True))
    return alike(actual[middle], expected) or alike(
        actual[tuple(map(slice, expected.shape))], expected
    )


def _shifted(actual: np.ndarray, expected: np.ndarray) -> bool:
    if actual.shape != expected.shape or actual.size < 2:
        return False
    expected = expected.astype(float)  # of truth values there is no difference
    return bool(np.ptp(actual - expected) <= 1e-9 * np.ptp(expected))


def _reordered(actual: np.ndarray, expected: np.ndarray) -> bool:
    if actual.shape != expected.shape or actual.size < 2:
        return False
    return alike(np.sort(actual, axis=None), np.sort(expected, axis=None))


# diagnosis, message, and whether it holds for an output and the right one
PATTERNS: tuple[tuple[str, str, Callable[[np.ndarray, np.ndarray], bool]], ...] = (
    ("transposed", "The right numbers, transposed.", _transposed),
    (
        "reshaped",
        "The right numbers in another shape: an axis too many, too few, or `keepdims`.",
        _reshaped,
    ),
    (
        "too-many-places",
        "The right numbers are there, and more around them or behind: zeros around the input "
        "(padding), or a loop that ends too late?",
        _with_more,
    ),
    (
        "float-for-whole",
        "Right, but a float. A whole number is asked for: `//` instead of `/`.",
        _float_for_whole,
    ),
    ("sign", "The right numbers with the wrong sign.", _negated),
    (
        "zeros",
        "All zeros came back. Is the result that you compute the one that you return?",
        _zeros,
    ),
    (
        "precision",
        "Right to the first digits only. Do you round, convert to float32, or add a small number?",
        _imprecise,
    ),
    ("offset", "Your numbers are all too large, or too small, by the same amount.", _shifted),
    ("order", "The right numbers at the wrong places.", _reordered),
)


def factor_between(names: tuple[str, ...], comparisons: list[Comparison]) -> str | None:
    """The symbol, such as 1/N, by which all wrong outputs differ from the right ones."""
    factors = [_factors(names, one.arguments) for one in comparisons]
    pairs = list(zip(factors, comparisons, strict=True))
    for symbol in factors[0]:
        if all(
            symbol in known and alike(one.actual, one.expected * known[symbol])
            for known, one in pairs
        ):
            return symbol
    return None


NUMBERS = {
    1 / np.log(10): "1/ln 10: `log10` gives it, asked for is the natural logarithm",
    np.log(10): "ln 10",
    1 / np.log(2): "1/ln 2: `log2` gives it, asked for is the natural logarithm",
    np.log(2): "ln 2",
    np.pi: "π",
    np.sqrt(2): "√2",
    1 / np.sqrt(2): "1/√2",
}


def number_between(comparisons: list[Comparison]) -> str | None:
    """The number, the same everywhere, by which wrong outputs in several cases differ."""
    ratios = []
    for one in comparisons:
        place = np.unravel_index(np.abs(one.expected).argmax(), one.expected.shape)
        if one.actual.shape != one.expected.shape or not one.expected[place]:
            return None
        ratios.append(float(one.actual[place] / one.expected[place]))
    ratio = ratios[0]
    if len(ratios) < 2 or not all(alike(c.actual, c.expected * ratio) for c in comparisons):
        return None
    known = [words for number, words in NUMBERS.items() if abs(number - ratio) < 1e-7]
    return known[0] if known else f"{ratio:.4g}"


def _factors(names: tuple[str, ...], arguments: tuple[Any, ...]) -> dict[str, float]:
    """Factors to look for: from the largest array's shape, and from arguments that are numbers."""
    factors = {"2": 2.0, "4": 4.0}
    arrays = [array for array in arguments if isinstance(array, np.ndarray) and array.ndim]
    if arrays:
        largest = max(arrays, key=np.ndim)
        factors["N"] = len(largest)
        if largest.ndim > 1:
            factors["C"] = largest.shape[1]
            factors["N·H·W"] = largest.size // largest.shape[1]
    for name, number in zip(names, arguments, strict=True):
        if isinstance(number, int | float) and not isinstance(number, bool):
            factors[name] = number
            factors[f"(1 − {name})"] = 1 - number
            factors[f"(1 − {name})²"] = (1 - number) ** 2
    return factors | {f"1/{symbol}": 1 / factor for symbol, factor in factors.items() if factor}
