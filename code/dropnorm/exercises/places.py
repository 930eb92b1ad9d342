"""Where an output is wrong, if there is a rule to it, and what stands there."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from dropnorm.exercises.compare import TOLERANCE
from dropnorm.exercises.patterns import Comparison

Places = np.ndarray  # of truth values, of the shape of an output


def place(names: tuple[str, ...], comparisons: list[Comparison]) -> tuple[str, str] | None:
    """A rule that says where all wrong outputs are wrong: the place, and what stands there.

    Both in words; None if no rule fits in all of them, or if an output is wrong everywhere.
    """
    if not comparisons or any(one.actual.shape != one.expected.shape for one in comparisons):
        return None
    wrong = [_wrong(one) for one in comparisons]
    if all(places.all() for places in wrong) or not all(places.any() for places in wrong):
        return None
    rules = [dict(_rules(names, one)) for one in comparisons]
    for words in rules[0]:
        if all(_fits(known.get(words), places) for known, places in zip(rules, wrong, strict=True)):
            contents = [
                set(_contents(names, one, places))
                for one, places in zip(comparisons, wrong, strict=True)
            ]
            first = _contents(names, comparisons[0], wrong[0])
            content = next((text for text in first if all(text in c for c in contents)), "")
            if content or "axis" in words or "row" in words:
                return words, content
    return None


def _wrong(one: Comparison) -> Places:
    expected = one.expected.astype(float)
    scale = max(float(np.abs(expected).max(initial=0)), float(np.abs(one.actual).max(initial=0)))
    return ~(np.abs(one.actual.astype(float) - expected) <= TOLERANCE * scale)


def _fits(rule: Places | None, wrong: Places) -> bool:
    """Whether all that is wrong obeys the rule, and nearly all that obeys it is wrong.

    What is right there may be so by chance, as 0 is.
    """
    if rule is None or rule.shape != wrong.shape or (wrong & ~rule).any():
        return False
    return bool(wrong.sum() >= 0.5 * rule.sum())


def _rules(names: tuple[str, ...], one: Comparison) -> Iterator[tuple[str, Places]]:
    """Places that may have something special, in words."""
    shape = one.expected.shape
    pairs = list(zip(names, one.arguments, strict=True))
    numbers = [(name, value) for name, value in pairs if type(value) is float]
    for name, value in pairs:
        if not isinstance(value, np.ndarray):
            continue
        array = value
        if array.ndim == 2 and len(shape) == 4 and array.shape == shape[:2]:
            array = np.broadcast_to(array[:, :, None, None], shape)
        if array.shape == shape:
            if array.dtype == bool:
                yield f"where {name} is False (dropped)", ~array
                yield f"where {name} is True (kept)", array
                continue
            for number_name, number in numbers:
                yield f"where {name} < {number_name} (dropped)", array < number
                yield f"where {name} >= {number_name} (kept)", array >= number
            yield f"where {name} is negative", array < 0
            yield f"where {name} is positive", array > 0
            yield f"where {name} is exactly 0", array == 0
            yield f"where {name} is not positive", array <= 0
            yield f"where {name} is not negative", array >= 0
        elif array.dtype.kind == "i" and array.ndim == 1 and len(shape) == 2:
            yield f"at the places of {name}", np.eye(shape[1], dtype=bool)[array]
            yield f"but at the places of {name}", ~np.eye(shape[1], dtype=bool)[array]
    yield "where the right result is negative", one.expected < 0
    yield "where the right result is positive", one.expected > 0
    yield "where the right result is 0", one.expected == 0
    index = np.indices(shape)
    for axis, length in enumerate(shape):
        if length > 1:
            yield f"in the last place of axis {axis}", index[axis] == length - 1
            yield f"in the first place of axis {axis}", index[axis] == 0
            yield f"but in the first place of axis {axis}", index[axis] > 0
            yield f"but in the last place of axis {axis}", index[axis] < length - 1
    if len(shape) >= 2:
        last = (index[-1] == shape[-1] - 1) | (index[-2] == shape[-2] - 1)
        yield "in the last row and the last column: does a loop end too early?", last
        i, j = index[-2:]
        inside = (i > 0) & (i < shape[-2] - 1) & (j > 0) & (j < shape[-1] - 1)
        yield "at the border", ~inside
        yield "away from the border", inside


def _contents(names: tuple[str, ...], one: Comparison, wrong: Places) -> Iterator[str]:
    """What may stand at these places, in words."""
    shape, actual = one.expected.shape, one.actual[wrong].astype(float)
    expected = one.expected[wrong].astype(float)

    def same(values: Any) -> bool:
        return bool(np.allclose(actual, values, rtol=1e-8, atol=1e-12))

    if same(0.0):
        yield "0"
    if same(1.0):
        yield "1"
    for name, value in zip(names, one.arguments, strict=True):
        if isinstance(value, np.ndarray) and value.shape == shape and value.dtype.kind == "f":
            if same(value[wrong]):
                yield f"{name} itself, unchanged"
            if same(-value[wrong]):
                yield f"−{name}"
            with np.errstate(all="ignore"):
                ratios = actual / value[wrong]
            if np.isfinite(ratios).all() and np.ptp(ratios) <= 1e-8 * abs(ratios[0]):
                yield f"{ratios[0]:.4g} times {name}"
    if same(-expected):
        yield "the right number with the wrong sign"
    if not np.isfinite(actual).any():
        yield "no finite number"
    with np.errstate(all="ignore"):
        ratios = actual / expected
    if ratios.size and np.isfinite(ratios).all() and np.ptp(ratios) <= 1e-8 * abs(ratios[0]):
        yield f"{ratios[0]:.4g} times the right number"
