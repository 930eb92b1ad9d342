"""Our own functions, called with other arguments than they were given: a slip made everywhere."""

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

import numpy as np

from dropnorm.exercises.slip_kinds import HARD_CODED
from dropnorm.exercises.spec import Cases, Mistake

Change = Callable[[Any], Any]

OF_NUMBERS: tuple[tuple[str, Change], ...] = (
    ("1 − {0} stands where {0} belongs.", lambda a: 1 - a),
    ("The square of {0} stands where {0} belongs.", lambda a: a * a),
    ("The root of {0} stands where {0} belongs.", np.sqrt),
    ("{0} is twice too large.", lambda a: 2 * a),
    ("{0} is half of what it should be.", lambda a: a / 2),
    ("1/{0} stands where {0} belongs.", lambda a: 1 / a),
    *(
        (
            f"{number:g}, or a number near it, stands where {{0}} belongs.",
            lambda _, number=number: number,
        )
        for number in HARD_CODED
    ),
)

OF_ARRAYS: tuple[tuple[str, Change], ...] = (
    ("{0} has the wrong sign.", np.negative),
    ("{0} is squared.", np.square),
    ("There is a root too many, of {0}.", np.sqrt),
    ("You take the absolute value of {0}.", np.abs),
    ("The numbers of {0} below 0 are lost.", lambda a: np.maximum(a, 0)),
    ("{0} is left out: 0 in its place.", np.zeros_like),
    ("{0} is left out: 1 in its place.", np.ones_like),
    ("{0} is twice too large.", lambda a: 2 * a),
    ("{0} is used with its mean subtracted.", lambda a: a - a.mean(axis=0)),
    ("{0} is sorted.", lambda a: np.sort(a, axis=0)),
    ("The logarithm of {0} stands where {0} belongs.", np.log),
    ("`exp` of {0} stands where {0} belongs.", np.exp),
    ("One mean over the rows stands for all rows of {0}.", lambda a: a * 0 + a.mean(axis=0)),
)

OF_INDICES: tuple[tuple[str, Change], ...] = (
    ("{0} counts from 0: yours is one too small.", lambda a: a - 1),
    ("{0} counts from 0: yours is one too large.", lambda a: a + 1),
)


def _without_last(a: np.ndarray, axis: int) -> np.ndarray:
    """Zeros in the last place."""
    b = np.swapaxes(a.copy(), 0, axis)
    b[-1] = 0
    return np.swapaxes(b, 0, axis)


def _first_for_all(a: np.ndarray, axis: int) -> np.ndarray:
    """The first place, repeated."""
    return np.repeat(np.take(a, [0], axis), a.shape[axis], axis)


ALONG: tuple[tuple[str, Callable[[np.ndarray, int], np.ndarray]], ...] = (
    ("{0} runs backwards along axis {1}.", np.flip),
    ("The last place of {0} along axis {1} is left out: does a loop end too early?", _without_last),
    ("The first place of {0} along axis {1} serves all places there.", _first_for_all),
)

OF_COUNTS: tuple[tuple[str, Change], ...] = (
    ("{0} is one too small.", lambda a: a - 1),
    ("{0} is one too large.", lambda a: a + 1),
    ("{0} is twice too large.", lambda a: 2 * a),
    ("1 stands where {0} belongs.", lambda _: 1),
    ("2 stands where {0} belongs.", lambda _: 2),
    ("3 stands where {0} belongs.", lambda _: 3),
)

OF_LISTS: tuple[tuple[str, Change], ...] = (
    ("The last of {0} is left out.", lambda a: a[:-1]),
    ("The first of {0} is left out.", lambda a: a[1:]),
    ("Only the first of {0} is used.", lambda a: a[:1]),
)

TURNED = "{0} is turned round: what belongs where it is True stands where it is False."

OF_TRUTH: tuple[tuple[str, Change], ...] = (
    (TURNED, lambda a: not a),
    ("{0} is taken for True always.", lambda _: True),
    ("{0} is taken for False always.", lambda _: False),
)

OF_MASKS: tuple[tuple[str, Change], ...] = (
    (TURNED, np.logical_not),
    ("{0} is taken for True everywhere.", np.ones_like),
)


def with_other_arguments(
    function: Callable[..., Any], names: tuple[str, ...], cases: Cases
) -> Iterator[Mistake]:
    """The function with one argument changed, or two exchanged; in words, and as a function."""
    given = list(cases.values())
    for j, name in enumerate(names):
        for words, change in _changes([arguments[j] for arguments in given]):
            yield Mistake(words.format(name), _changing(function, j, change))
    for j, k in combinations(range(len(names)), 2):
        if all(_are_alike(arguments[j], arguments[k]) for arguments in given):
            words = f"{names[j]} and {names[k]} are exchanged."
            yield Mistake(words, _exchanging(function, j, k))
            for one, other in ((j, k), (k, j)):
                words = f"{names[one]} stands where {names[other]} belongs."
                yield Mistake(words, _twice(function, one, other))


def _changes(values: list[Any]) -> Iterator[tuple[str, Change]]:
    """What may be done with an argument that has these values in the cases."""
    if all(type(value) is float for value in values):
        yield from OF_NUMBERS
    elif all(type(value) is bool for value in values):
        yield from OF_TRUTH
    elif all(type(value) is int for value in values):
        yield from OF_COUNTS
    elif all(isinstance(value, list) for value in values):
        yield from OF_LISTS
    elif all(isinstance(value, np.ndarray) for value in values):
        kind = values[0].dtype.kind
        yield from {"f": OF_ARRAYS, "i": OF_INDICES, "b": OF_MASKS}.get(kind, ())
        if kind in "fb":
            for axis in range(max(value.ndim for value in values)):
                for words, along in ALONG:
                    yield words.format("{0}", axis), _along(along, axis)


def _along(change: Callable[[np.ndarray, int], np.ndarray], axis: int) -> Change:
    return lambda a: change(a, axis)


def _are_alike(one: Any, other: Any) -> bool:
    if type(one) is not type(other) or callable(one):
        return False
    if isinstance(one, list):
        return len(one) == len(other)
    return np.shape(one) == np.shape(other)


def _changing(function: Callable[..., Any], j: int, change: Change) -> Callable[..., Any]:
    return lambda *a: function(*a[:j], change(a[j]), *a[j + 1 :])


def _exchanging(function: Callable[..., Any], j: int, k: int) -> Callable[..., Any]:
    return lambda *a: function(*a[:j], a[k], *a[j + 1 : k], a[j], *a[k + 1 :])


def _twice(function: Callable[..., Any], one: int, other: int) -> Callable[..., Any]:
    """The function with argument ``one`` in the place of ``other``, too."""
    return lambda *a: function(*a[:other], a[one], *a[other + 1 :])
