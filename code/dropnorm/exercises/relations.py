"""What a wrong output may be made from: the right one, changed, or joined to an argument.

Each relation is a function with the solution's arguments, so that it is compared with an answer as
a typical mistake is.
"""

from collections.abc import Callable, Iterator
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np

from dropnorm.exercises.compare import as_arrays
from dropnorm.exercises.spec import Exercise, Mistake

MAX_AXES = 4
Change = Callable[[np.ndarray], np.ndarray]
Join = Callable[[np.ndarray, np.ndarray], np.ndarray]

# of an output as a whole: what the reader returns, and how it is made
WHOLE: tuple[tuple[str, Change], ...] = (
    ("the square", np.square),
    ("the root", lambda y: np.sqrt(y)),
    ("the absolute value", np.abs),
    ("the reciprocal, 1 divided by it", lambda y: 1 / y),
    ("1 minus it", lambda y: 1 - y),
    ("1 plus it", lambda y: 1 + y),
    ("its logarithm", lambda y: np.log(y)),
    ("its exponential", np.exp),
    ("it with negative numbers set to 0", lambda y: np.maximum(y, 0)),
    ("it rounded to whole numbers", np.rint),
    ("it cut off to whole numbers: an array of integers holds no fractions", np.trunc),
    ("whether it is above 0, True or False", lambda y: y > 0),
    ("whether it is not 0, True or False", lambda y: y != 0),
    ("it divided by its sum", lambda y: y / y.sum()),
    ("it with its mean subtracted", lambda y: y - y.mean()),
    ("its running sum", lambda y: np.cumsum(y).reshape(y.shape)),
)

ALONG: tuple[tuple[str, Callable[[np.ndarray, int], np.ndarray]], ...] = (
    ("backwards along axis {}", lambda y, k: np.flip(y, k)),
    ("shifted by one along axis {}", lambda y, k: np.roll(y, 1, k)),
    ("shifted by one, back, along axis {}", lambda y, k: np.roll(y, -1, k)),
    ("without the last place of axis {}: does a loop end too early?", lambda y, k: _cut(y, k, 1)),
    ("without the first place of axis {}", lambda y, k: np.delete(y, 0, k)),
    ("its running sum along axis {}", lambda y, k: np.cumsum(y, k)),
    ("divided by its sum along axis {}", lambda y, k: y / y.sum(axis=k, keepdims=True)),
)

REDUCED: tuple[tuple[str, Callable[..., np.ndarray]], ...] = (
    ("summed", np.sum),
    ("averaged", np.mean),
)

JOINED: tuple[tuple[str, Join], ...] = (
    ("the right {0} plus {1}", np.add),
    ("the right {0} minus {1}", np.subtract),
    ("{1} minus the right {0}", lambda y, a: a - y),
    ("the right {0} times {1}", np.multiply),
    ("the right {0} divided by {1}", np.divide),
    ("the right {0} times the root of {1}", lambda y, a: y * np.sqrt(a)),
    ("the right {0} divided by the root of {1}", lambda y, a: y / np.sqrt(a)),
)


def _cut(y: np.ndarray, axis: int, places: int) -> np.ndarray:
    return np.take(y, range(y.shape[axis] - places), axis)


@cache
def _changes() -> tuple[tuple[str, Change], ...]:
    """Each change of a whole output, in words."""
    found = [(f"the right {{}}, but {words}", change) for words, change in WHOLE]
    for axis in range(MAX_AXES):
        for words, along in ALONG:
            found.append((f"the right {{}} {words.format(axis)}", _along(along, axis)))
    found.append(
        (
            "the right {} without the last place of its last two axes: do loops end too early?",
            lambda y: y[..., :-1, :-1],
        )
    )
    for n in range(1, MAX_AXES + 1):
        for axes in combinations(range(MAX_AXES), n):
            where = f"axis {axes[0]}" if n == 1 else f"axes {axes}"
            for words, reduce in REDUCED:
                found.append((f"the right {{}}, but {words} over {where}", _over(reduce, axes)))
    for one, other in combinations(range(MAX_AXES), 2):
        words = f"the right {{}} with axes {one} and {other} exchanged (transposed)"
        found.append((words, _swap(one, other)))
    for axis in range(MAX_AXES):
        words = f"the right {{}} with axis {axis} moved to the end"
        found.append((words, _move(axis)))
    return tuple(found)


def _along(change: Callable[[np.ndarray, int], np.ndarray], axis: int) -> Change:
    return lambda y: change(y, axis)


def _over(reduce: Callable[..., np.ndarray], axes: tuple[int, ...]) -> Change:
    return lambda y: reduce(y, axis=axes)


def _swap(one: int, other: int) -> Change:
    return lambda y: np.swapaxes(y, one, other)


def _move(axis: int) -> Change:
    return lambda y: np.moveaxis(y, axis, -1)


def changed(exercise: Exercise) -> Iterator[Mistake]:
    """An output changed as a whole: what to tell the reader, and the function."""
    for words, change in _changes():
        for i, name in enumerate(exercise.returns):
            yield Mistake(
                f"You return {words.format(_shown(exercise, name))}.",
                _with(exercise, i, _alone(change)),
            )


def joined(exercise: Exercise) -> Iterator[Mistake]:
    """An output added to, or multiplied by, an argument or another output."""
    for i, name in enumerate(exercise.returns):
        for words, join in JOINED:
            for j, argument in enumerate(exercise.parameters):
                message = f"You return {words.format(_shown(exercise, name), argument)}."
                yield Mistake(message, _with(exercise, i, _to_argument(join, j)))
            for j, other in enumerate(exercise.returns):
                if j != i:
                    message = f"You return {words.format(name, other)}."
                    yield Mistake(message, _with(exercise, i, _to_output(join, j)))


def _shown(exercise: Exercise, name: str) -> str:
    return name if len(exercise.returns) > 1 else "result"


# from an output, all outputs and the arguments, what is returned in the output's place
Replacement = Callable[[np.ndarray, list[np.ndarray], tuple[Any, ...]], np.ndarray]


def _alone(change: Change) -> Replacement:
    return lambda output, *_: change(output)


def _to_argument(join: Join, j: int) -> Replacement:
    return lambda output, _, arguments: join(output, beside(arguments[j], output))


def _to_output(join: Join, j: int) -> Replacement:
    return lambda output, outputs, _: join(output, beside(outputs[j], output))


def _with(exercise: Exercise, i: int, replacement: Replacement) -> Callable[..., Any]:
    """The solution with another output in the place of output ``i``."""

    def function(*arguments: Any) -> Any:
        outputs = as_arrays(exercise.solution(*arguments), exercise.returns)
        outputs[i] = replacement(outputs[i], outputs, arguments)
        return outputs[0] if len(outputs) == 1 else outputs

    return function


def beside(value: Any, output: np.ndarray) -> np.ndarray:
    """A value shaped to meet an output: a vector lies along the channels of images."""
    array = np.asarray(value, float)
    if array.ndim == 1 and output.ndim == 4 and len(array) == output.shape[1]:
        array = array[:, None, None]
    elif array.ndim == 1 and output.ndim == 4 and len(array) == len(output):
        array = array[:, None, None, None]
    return array
