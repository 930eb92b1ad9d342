"""Finds out which mistake a wrong answer looks like."""

import copy
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import permutations
from typing import Any, NamedTuple

import numpy as np

from dropnorm.exercises.compare import Unusable, alike, as_arrays
from dropnorm.exercises.patterns import PATTERNS, Comparison, factor_between, number_between
from dropnorm.exercises.spec import Exercise

Result = list[np.ndarray] | Exception
Finding = tuple[str, str]  # a diagnosis and its message
Output = tuple[str, int]  # a case, and the index of what is returned for it


@dataclass(frozen=True)
class Answers:
    """What the reader's function gave and what was expected, by case.

    With ``only``, all other outputs are left out.
    """

    exercise: Exercise
    cases: dict[str, tuple[Any, ...]]
    actual: dict[str, Result]
    expected: dict[str, list[np.ndarray]]
    only: frozenset[Output] = frozenset()

    @cached_property
    def wrong(self) -> list[Output]:
        """All outputs that are not as expected."""
        return [
            (case, i)
            for case, i in self.pairs
            if (not self.only or (case, i) in self.only)
            and not matches(self.actual[case], self.expected[case], i)
        ]

    def is_finite(self, case: str, i: int) -> bool:
        """Whether numbers were returned, and no NaN or infinity among them."""
        actual = self.actual[case]
        return not isinstance(actual, Exception) and bool(np.isfinite(actual[i]).all())

    @property
    def pairs(self) -> list[Output]:
        """All outputs of all cases."""
        return [(case, i) for case in self.cases for i in range(len(self.exercise.returns))]


def matches(actual: Result, other: Result, i: int) -> bool:
    """Whether output ``i`` is the same in both; two exceptions of one type are the same."""
    if isinstance(actual, Exception) or isinstance(other, Exception):
        return type(actual) is type(other) and not isinstance(actual, Unusable)
    return alike(actual[i], other[i])


def results(
    function: Callable[..., Any], exercise: Exercise, cases: dict[str, tuple[Any, ...]]
) -> dict[str, Result]:
    """What one of our own functions returns, or raises, for each case."""
    given: dict[str, Result] = {}
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for case, arguments in cases.items():
            try:
                given[case] = as_arrays(function(*copy.deepcopy(arguments)), exercise.returns)
            except Exception as error:
                given[case] = error
    return given


def known_mistakes(
    answers: Answers, otherwise: Callable[[Answers], list[Finding]]
) -> list[Finding]:
    """The fewest known mistakes that explain what is wrong, or an empty list.

    The mistake that explains most comes first. Several are accepted only as far as there could be
    one for each output, or two: more would be chance. Errors, NaN and outputs that stay unexplained
    are named besides, where another output, or all that is finite, is explained in full; for the
    latter ``otherwise`` is asked first.
    """
    exercise, unexplained = answers.exercise, set(answers.wrong)
    claims = {name: _claim(name, answers) for name in exercise.mistakes}
    explained = {name: claim.explained for name, claim in claims.items()}
    chosen: list[str] = []
    while unexplained and len(chosen) < max(2, len(exercise.returns)):
        others = [claims[name] for name in chosen]
        possible = [name for name, claim in claims.items() if claim.goes_with(others, unexplained)]
        if not possible:
            break
        best = max(possible, key=lambda n: (len(explained[n] & unexplained), len(explained[n])))
        if not explained[best] & unexplained:
            break
        unexplained -= explained[best]
        chosen.append(best)
    findings = [(name, exercise.mistakes[name].message) for name in chosen]
    if not unexplained or not chosen:
        return findings
    finite = {(case, i) for case, i in answers.wrong if answers.is_finite(case, i)}
    if finite and not unexplained & finite:
        return [*findings, general(replace(answers, only=frozenset(unexplained)))]
    # outputs that are explained in full
    bad = {i for _, i in unexplained}
    wrong = set(answers.wrong)
    sound = [
        (name, f"{_named(exercise, explained[name] & wrong)}: {message}")
        for name, message in findings
        if any(i not in bad for _, i in explained[name] & wrong)
    ]
    if not sound:
        return _mostly(answers, chosen[0], explained[chosen[0]], otherwise)
    rest = frozenset((case, i) for case, i in answers.wrong if i in bad)
    names = _listed([exercise.returns[i] for i in sorted(bad)])
    besides = otherwise(replace(answers, only=rest))
    return [*sound, *(besides or [("some-outputs", f"Besides, {names} is wrong.")])]


def _named(exercise: Exercise, outputs: set[Output]) -> str:
    return " and ".join(exercise.returns[i] for i in sorted({i for _, i in outputs}))


def _mostly(
    answers: Answers,
    name: str,
    explained: set[Output],
    otherwise: Callable[[Answers], list[Finding]],
) -> list[Finding]:
    """A mistake that explains most of what is wrong, unless something explains all of it."""
    wrong = {(case, i) for case, i in answers.wrong if answers.is_finite(case, i)}
    here = explained & wrong
    if len(here) < 2 or 2 * len(here) <= len(wrong) or len({i for _, i in wrong}) > 1:
        return []
    if general(answers)[0] not in ("some-cases", "unknown"):
        return []
    if found := otherwise(answers):
        return found
    left = _listed(list(dict.fromkeys(case for case, i in answers.wrong if (case, i) not in here)))
    besides = ("some-cases", f"Besides, something else is wrong in {left}.")
    return [(name, answers.exercise.mistakes[name].message), besides]


class _Claim(NamedTuple):
    """What a mistake says of an answer: outputs that it explains, and that it would change."""

    explained: set[Output]
    changed: set[Output]

    def goes_with(self, others: list["_Claim"], unexplained: set[Output]) -> bool:
        """Whether this mistake may be made beside the others.

        In one output two mistakes show only in different cases, if each leaves alone what the
        other explains.
        """
        mine = self.explained & unexplained
        return not any(
            {i for _, i in mine} & {i for _, i in other.explained}
            and (mine & other.changed or self.changed & (other.explained - self.explained))
            for other in others
        )


def _claim(name: str, answers: Answers) -> _Claim:
    """What a mistake says of an answer.

    An error alone is no evidence, there must be a number that is explained. A mistake that would
    have made wrong what is right in an output explains nothing there, and nothing at all if the
    output is right in all cases.
    """
    exercise, wrong = answers.exercise, set(answers.wrong)
    theirs = results(exercise.mistakes[name].function, exercise, answers.cases)
    changed = {
        (case, i)
        for case, i in answers.pairs
        if not _equal(theirs[case], answers.expected[case], i)
    }
    innocent = {i for case, i in changed - wrong}
    same = {
        (case, i)
        for case, i in answers.pairs
        if i not in innocent and matches(answers.actual[case], theirs[case], i)
    }
    numbers = any(not isinstance(answers.actual[case], Exception) for case, _ in same & wrong)
    spoils = innocent - {i for _, i in wrong}  # outputs that are right in all cases
    return _Claim(same if numbers and not spoils else set(), changed & wrong)


def _equal(one: Result, other: Result, i: int) -> bool:
    if isinstance(one, Exception) or isinstance(other, Exception):
        return False
    return alike(one[i], other[i])


def exchanged(answers: Answers) -> list[Finding]:
    """Whether the right outputs come in another order."""
    names = answers.exercise.returns
    for order in permutations(range(len(names))):
        if order == tuple(sorted(order)):
            continue
        if all(_equal_reordered(answers, case, order) for case in answers.cases):
            message = f"All is right, but in another order. Return {', '.join(names)}."
            return [("outputs-exchanged", message)]
    return []


def _equal_reordered(answers: Answers, case: str, order: tuple[int, ...]) -> bool:
    actual, expected = answers.actual[case], answers.expected[case]
    if isinstance(actual, Exception):
        return False
    return all(alike(actual[j], right) for j, right in zip(order, expected, strict=True))


def general(answers: Answers) -> Finding:
    """A diagnosis for a wrong answer that looks like none of the known mistakes."""
    exercise, wrong = answers.exercise, answers.wrong
    wrong_cases = list(dict.fromkeys(case for case, _ in wrong))
    if len(wrong_cases) == 1 < len(answers.cases) and wrong_cases[0] in exercise.telltale:
        return exercise.telltale[wrong_cases[0]]
    for case in wrong_cases:
        actual = answers.actual[case]
        if isinstance(actual, Unusable):
            return actual.diagnosis, actual.message
        if isinstance(actual, Exception):
            return "exception", "Your code stops with an error."
    finite = [(case, i) for case, i in wrong if answers.is_finite(case, i)]
    if not finite:
        name = exercise.returns[wrong[0][1]]
        return (
            "not-finite",
            f"{name} holds NaN or infinity. Look for a division by 0, log(0) or exp of a large "
            f"number.",
        )
    comparisons = [comparison(answers, case, i) for case, i in finite]
    return _pattern(exercise, comparisons) or _place(answers, wrong_cases)


def comparison(answers: Answers, case: str, i: int) -> Comparison:
    """A finite wrong output beside the right one."""
    actual = answers.actual[case]
    assert not isinstance(actual, Exception)  # it is finite
    return Comparison(actual[i], answers.expected[case][i], answers.cases[case])


def _pattern(exercise: Exercise, comparisons: list[Comparison]) -> Finding | None:
    """What all wrong outputs have in common, beside the right ones."""
    for diagnosis, message, holds in PATTERNS:
        if all(holds(one.actual, one.expected) for one in comparisons):
            return diagnosis, message
    if factor := factor_between(exercise.parameters, comparisons):
        return (
            "factor",
            f"Your result is the right one times {factor}. A factor too many, or one forgotten?",
        )
    if number := number_between(comparisons):
        return "factor", f"Your result is the right one times {number}."
    if any(one.actual.shape != one.expected.shape for one in comparisons):
        return (
            "wrong-shape",
            "The shape is not the expected one. Over which axes do you sum or average?",
        )
    return None


def _place(answers: Answers, wrong_cases: list[str]) -> Finding:
    """Which cases, or else which outputs, are wrong."""
    right_cases = [case for case in answers.cases if case not in wrong_cases]
    if right_cases:
        right, wrong = _listed(right_cases), _listed(wrong_cases)
        return "some-cases", f"Right in {right}; wrong in {wrong}. What is special there?"
    names, bad = answers.exercise.returns, {i for _, i in answers.wrong}
    if len(bad) < len(names):
        right = _listed([name for i, name in enumerate(names) if i not in bad])
        wrong = _listed([names[i] for i in bad])
        return "some-outputs", f"Right: {right}. Wrong: {wrong}."
    return (
        "unknown",
        "We do not recognise the mistake. Work through the smallest case by hand: it is below.",
    )


def _listed(items: list[str]) -> str:
    return "; ".join(f"“{item}”" for item in items)
