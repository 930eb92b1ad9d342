"""Looks for a mistake that nobody planted: one slip, a relation to what is right, a place."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

import numpy as np

from dropnorm.exercises import relations
from dropnorm.exercises.arguments import with_other_arguments
from dropnorm.exercises.compare import alike, size
from dropnorm.exercises.diagnose import Answers, Finding, Result, comparison, matches, results
from dropnorm.exercises.patterns import Comparison, factor_between
from dropnorm.exercises.places import place
from dropnorm.exercises.slips import pairs_of_slips, slips
from dropnorm.exercises.spec import Mistake


def search(answers: Answers) -> list[Finding]:
    """One slip or one relation for each wrong output, else two mistakes in one, else a place."""
    if not any(answers.is_finite(case, i) for case, i in answers.wrong):
        return []
    exercise = answers.exercise
    kinds: tuple[tuple[str, Callable[[], Iterable[Mistake]]], ...] = (
        ("changed-result", lambda: relations.changed(exercise)),
        ("slip", lambda: slips(exercise.solution)),
        ("slip", lambda: chain.from_iterable(map(slips, exercise.other_ways))),
        ("other-argument", lambda: _with_other_arguments(answers, exercise.solution)),
        ("joined-result", lambda: relations.joined(exercise)),
    )
    candidates = ((name, mistake) for name, mistakes in kinds for mistake in mistakes())
    return (
        _explained(answers, candidates)
        or _two_mistakes(answers)
        or _place(answers)
        or _multiple(answers)
    )


def _with_other_arguments(answers: Answers, function: Callable[..., Any]) -> Iterator[Mistake]:
    return with_other_arguments(function, answers.exercise.parameters, answers.cases)


def _explained(answers: Answers, candidates: Iterable[tuple[str, Mistake]]) -> list[Finding]:
    """The fewest of the candidates that explain all that is wrong, at most one for each output."""
    indices = {i for _, i in answers.wrong}
    found: list[tuple[Finding, set[int]]] = []
    for name, (message, function) in candidates:
        fitting = _fitting(answers, function, indices)
        if fitting == indices:
            return [(name, message)]
        if fitting:
            found.append(((name, message), fitting))
    chosen: list[Finding] = []
    left = set(indices)
    for (name, message), fitting in sorted(found, key=lambda one: -len(one[1])):
        if fitting & left:
            outputs = " and ".join(answers.exercise.returns[i] for i in sorted(fitting & left))
            chosen.append((name, f"{outputs}: {message}"))
            left -= fitting
    return [] if left else chosen


def _fitting(answers: Answers, function: Callable[..., Any], indices: set[int]) -> set[int]:
    """The outputs that come out as the reader's do in all cases, the right ones included."""
    wrong = list(dict.fromkeys(case for case, i in answers.wrong if answers.is_finite(case, i)))
    wrong.sort(key=lambda case: size(answers.cases[case]))
    others = [case for case in answers.cases if case not in wrong]
    for case in wrong + others:
        theirs = results(function, answers.exercise, {case: answers.cases[case]})[case]
        indices = {i for i in indices if _is_same(answers, case, theirs, i)}
        if not indices:
            break
    return indices


def _is_same(answers: Answers, case: str, theirs: Result, i: int) -> bool:
    """Whether an output is as the reader's, or both are no numbers at all."""
    if matches(answers.actual[case], theirs, i):
        return True
    if isinstance(theirs, Exception):
        return False
    return not np.isfinite(theirs[i]).all() and not answers.is_finite(case, i)


def _two_mistakes(answers: Answers) -> list[Finding]:
    """A typical mistake and a factor, or one made with another argument; in several cases."""
    if len({case for case, _ in answers.wrong}) < 2:
        return []
    indices = {i for _, i in answers.wrong}
    for name, mistake in answers.exercise.mistakes.items():
        if factor := _factor_besides(answers, mistake):
            message = f"Besides, your result is that times {factor}."
            return [(name, mistake.message), ("factor", message)]
    for name, mistake in answers.exercise.mistakes.items():
        for words, function in _with_other_arguments(answers, mistake.function):
            if _fitting(answers, function, indices) == indices:
                return [(name, mistake.message), ("other-argument", f"Besides, {words}")]
    for words, function in pairs_of_slips(answers.exercise.solution):
        if _fitting(answers, function, indices) == indices:
            return [("two-slips", words)]
    return []


def _multiple(answers: Answers) -> list[Finding]:
    """Whether what is wrong differs from what is right by a multiple of one argument."""
    finite = [(case, i) for case, i in answers.wrong if answers.is_finite(case, i)]
    if len({case for case, _ in finite}) < 2 or len(finite) < len(answers.wrong):
        return []
    comparisons = [comparison(answers, case, i) for case, i in finite]
    for j, name in enumerate(answers.exercise.parameters):
        if all(_differs_by_multiple(one, j) for one in comparisons):
            message = f"All is right but for a multiple of {name}: look where {name} comes in."
            return [("multiple", message)]
    return []


def _differs_by_multiple(one: Comparison, j: int) -> bool:
    argument = one.arguments[j]
    if not isinstance(argument, np.ndarray) or argument.dtype.kind != "f":
        return False
    if one.actual.shape != one.expected.shape:
        return False
    try:
        beside = np.broadcast_to(relations.beside(argument, one.expected), one.expected.shape)
    except ValueError:
        return False
    gap = one.actual - one.expected
    return np.unique(beside).size > 1 and _is_multiple(gap, beside)


def _factor_besides(answers: Answers, mistake: Mistake) -> str | None:
    """The symbol by which all wrong outputs differ from those of a mistake."""
    comparisons = []
    for case, i in answers.wrong:
        theirs = results(mistake.function, answers.exercise, {case: answers.cases[case]})[case]
        actual = answers.actual[case]
        if isinstance(theirs, Exception) or isinstance(actual, Exception):
            return None
        one = comparison(answers, case, i)._replace(expected=theirs[i])
        if one.actual.shape != one.expected.shape or not _is_multiple(one.actual, one.expected):
            return None
        comparisons.append(one)
    factor = factor_between(answers.exercise.parameters, comparisons)
    # one of an argument would be a mistake of its own, and an easier one to tell
    if factor is None or any(name in factor for name in answers.exercise.parameters):
        return None
    return factor


def _is_multiple(one: np.ndarray, other: np.ndarray) -> bool:
    a, b = one.astype(float).ravel(), other.astype(float).ravel()
    if not b.size or not np.isfinite(b).all() or not b.any():
        return False
    k = int(np.abs(b).argmax())
    return alike(a, b * (a[k] / b[k])) and not alike(a, b)


def _place(answers: Answers) -> list[Finding]:
    """Where the wrong outputs are wrong, if there is a rule to it."""
    finite = [(case, i) for case, i in answers.wrong if answers.is_finite(case, i)]
    if len({i for _, i in answers.wrong}) > 1 or not finite:
        return []
    found = place(answers.exercise.parameters, [comparison(answers, case, i) for case, i in finite])
    if found is None:
        return []
    where, content = found
    place_only = f"All is right but {where}.".replace("but but", "only")
    if content:
        return [("instead", f"{place_only} There {content} comes back.")]
    return [("place", place_only)]
