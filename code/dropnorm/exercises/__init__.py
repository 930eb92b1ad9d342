"""The coding exercises of the course, and a checker that names the mistake.

``exercises()`` lists them. ``print(stub("dropout-backward"))`` shows what to write,
``hint("dropout-backward")`` helps, and ``check("dropout-backward", my_function)`` says whether it
is right and, if not, which mistake it looks like.
"""

import difflib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from dropnorm.exercises import files, progress
from dropnorm.exercises.catalogue import CATALOGUE
from dropnorm.exercises.checker import Verdict, judge
from dropnorm.exercises.spec import Exercise

__all__ = ["Entry", "Listing", "Verdict", "case", "check", "exercises", "hint", "stub"]


class Entry(NamedTuple):
    """One line of the list of exercises."""

    name: str
    chapter: int
    stars: int
    title: str
    is_solved: bool


class Listing(tuple[Entry, ...]):
    """Entries that show themselves as a table."""

    __slots__ = ()

    def __repr__(self) -> str:
        width = max(len(entry.name) for entry in self)
        return "\n".join(
            f"{'✓' if e.is_solved else ' '} {e.chapter:02}  {'★' * e.stars:3}  "
            f"{e.name:{width}}  {e.title}"
            for e in self
        )


def exercises() -> Listing:
    """All coding exercises, in the order of the chapters; stars are 1 to 3.

    Those that are done have a ✓, where ``DROPNORM_PROGRESS`` names a file.
    """
    done: set[str] = set()
    with suppress(ValueError, OSError):
        done = files.solved()
    return Listing(
        Entry(e.name, e.chapter, e.stars, e.title, e.name in done) for e in CATALOGUE.values()
    )


def check(
    name: str, function: Callable[..., Any], *, seconds: float = 3.0, seed: int = 0
) -> Verdict:
    """Run a reader's function on chosen and random inputs, and say what is right or wrong.

    Its results are compared with our verified solution and with the referees that an exercise has:
    central differences in float64, PyTorch (where it has been imported), the course's own layer, an
    enumeration of all masks. A wrong result is compared with what typical mistakes would give.

    Where the environment variable ``DROPNORM_PROGRESS`` names a file, what is right is noted there,
    for the website's page *Your progress*.

    Parameters
    ----------
    name
        The exercise, such as ``"dropout-backward"``; ``exercises()`` lists all.
    function
        Takes the arguments of ``stub(name)`` in the same order.
    seconds
        Processor time allowed for each case.
    seed
        Of the random inputs.

    Returns
    -------
    Verdict
        With ``passed``, ``diagnosis`` and ``message``; it shows itself as its message, and is true
        if all is right, so that ``assert check(…)`` and ``if check(…):`` do what they say. Whatever
        the function does, errors, endless loops and ``exit`` included, is answered here; Ctrl-C
        alone is passed on.

    Raises
    ------
    ValueError
        There is no such exercise.
    """
    verdict = judge(_find(name), function, seconds, seed)
    if verdict.passed and (trouble := progress.record(name)):
        return replace(verdict, message=f"{verdict.message}\n{trouble}")
    return verdict


def hint(name: str) -> str:
    """A nudge for an exercise; ValueError if there is none of this name."""
    return _find(name).hint


def stub(name: str) -> str:
    """Source text to start from, the function's head and docstring; ValueError as for ``hint``."""
    return _find(name).stub


def case(name: str, label: str, *, seed: int = 0) -> tuple[Any, ...]:
    """The arguments of one of an exercise's cases: ``your_function(*case(name, label))``.

    A verdict names the label.

    Raises
    ------
    ValueError
        There is no such exercise, or no such case.
    """
    cases = _find(name).cases(np.random.default_rng(seed))
    if label not in cases:
        known = ", ".join(map(repr, cases))
        raise ValueError(f"label={label!r:.60}: {name} has no such case. There are {known}.")
    return cases[label]


def _find(name: str) -> Exercise:
    if isinstance(name, str) and name in CATALOGUE:
        return CATALOGUE[name]
    given = repr(name)[:60]
    close = difflib.get_close_matches(given.strip("'\"").lower(), CATALOGUE, 1)
    suggestion = f" Did you mean {close[0]!r}?" if close else ""
    raise ValueError(
        f"name={given}: no such exercise.{suggestion} There are {', '.join(CATALOGUE)}."
    )
