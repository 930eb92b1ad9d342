"""Finds out which mistake a wrong answer looks like."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import permutations

import numpy as np

from dropnorm.exercises.compare import WHOLE, Unusable, alike, as_arrays
from dropnorm.exercises.spec import Exercise

Result = list[np.ndarray] | Exception
Finding = tuple[str, str]


@dataclass(frozen=True)
class Answers:
    """What came and what was expected, by case; ``wrong`` lists the (case, output) pairs that differ."""

    exercise: Exercise
    cases: dict[str, tuple]
    came: dict[str, Result]
    expected: dict[str, list[np.ndarray]]
    only: frozenset[tuple[str, int]] = frozenset()

    @cached_property
    def wrong(self) -> list[tuple[str, int]]:
        """All pairs of a case and the index of an output that are not as expected; of ``only`` these, if there are any."""
        asked = [pair for pair in self.pairs if not self.only or pair in self.only]
        return [
            pair
            for pair in asked
            if not matches(self.came[pair[0]], self.expected[pair[0]], pair[1])
        ]

    def is_finite(self, case: str, i: int) -> bool:
        """Whether numbers came, and no NaN or infinity among them."""
        came = self.came[case]
        return not isinstance(came, Exception) and bool(np.isfinite(came[i]).all())

    @property
    def pairs(self) -> list[tuple[str, int]]:
        """All pairs of a case and the index of an output."""
        return [(case, i) for case in self.cases for i in range(len(self.exercise.returns))]


def matches(came: Result, other: Result, i: int) -> bool:
    """Whether output ``i`` is the same in both; two exceptions are the same."""
    if isinstance(came, Exception) or isinstance(other, Exception):
        return type(came) is type(other) and not isinstance(came, Unusable)
    return alike(came[i], other[i])


def results(function: Callable, exercise: Exercise, cases: dict[str, tuple]) -> dict[str, Result]:
    """What one of our own functions returns, or raises, for each case."""
    found = {}
    with np.errstate(all="ignore"):
        for case, arguments in cases.items():
            try:
                found[case] = as_arrays(function(*arguments), exercise.returns)
            except Exception as error:
                found[case] = error
    return found


def known_mistakes(answers: Answers) -> list[Finding]:
    """The fewest known mistakes that explain what is wrong, or an empty list.

    The mistake that explains most comes first. Several are accepted only as far as there could be one for each output,
    or two: more would be chance. An error alone is no evidence, there must be a number that is explained; and a mistake
    that would have made wrong what is right in an output explains nothing there. Errors, NaN and outputs that stay
    unexplained are told besides, where another output, or all that is finite, is explained in full.
    """
    exercise, unexplained, chosen = answers.exercise, set(answers.wrong), []
    numbers = {
        (case, i) for case, i in unexplained if not isinstance(answers.came[case], Exception)
    }
    explained = {}
    for name, (_, function) in exercise.mistakes.items():
        theirs = results(function, exercise, answers.cases)
        same = {
            (case, i) for case, i in answers.pairs if matches(answers.came[case], theirs[case], i)
        }
        right = [pair for pair in answers.pairs if pair not in unexplained]
        innocent = {i for case, i in right if not _same(theirs[case], answers.expected[case], i)}
        same = {(case, i) for case, i in same if i not in innocent}
        explained[name] = same if same & numbers else set()
    while unexplained and len(chosen) < max(2, len(exercise.returns)):
        best = max(
            explained, key=lambda name: (len(explained[name] & unexplained), len(explained[name]))
        )
        if not explained[best] & unexplained:
            break
        unexplained -= explained[best]
        chosen.append((best, exercise.mistakes[best][0]))
    if not unexplained or not chosen:
        return chosen
    names, finite = exercise.returns, {pair for pair in answers.wrong if answers.is_finite(*pair)}
    if finite and not unexplained & finite:
        return [*chosen, general(replace(answers, only=frozenset(unexplained)))]
    bad = {i for _, i in unexplained}
    part = [
        (name, words)
        for name, words in chosen
        if any(i not in bad and (case, i) in answers.wrong for case, i in explained[name])
    ]
    if not part:
        return []
    return [
        *part,
        ("some-outputs", f"Besides, {_listed([names[i] for i in sorted(bad)])} is wrong."),
    ]


def _same(one: Result, other: Result, i: int) -> bool:
    if isinstance(one, Exception) or isinstance(other, Exception):
        return False
    return alike(one[i], other[i])


def exchanged(answers: Answers) -> list[Finding]:
    """Whether the right outputs come in another order."""
    names = answers.exercise.returns
    if any(isinstance(came, Exception) for came in answers.came.values()):
        return []
    for order in permutations(range(len(names))):
        if order != tuple(sorted(order)) and all(
            alike(came[j], wanted)
            for case, came in answers.came.items()
            for j, wanted in zip(order, answers.expected[case], strict=True)
        ):
            words = f"All is right, but in another order. Return {', '.join(names)}."
            return [("outputs-exchanged", words)]
    return []


def general(answers: Answers) -> Finding:
    """A name and words for a wrong answer that looks like none of the known mistakes."""
    exercise, wrong = answers.exercise, answers.wrong
    wrong_cases = list(dict.fromkeys(case for case, _ in wrong))
    if len(wrong_cases) == 1 < len(answers.cases) and wrong_cases[0] in exercise.telltale:
        return exercise.telltale[wrong_cases[0]]
    for case, _ in wrong:
        came = answers.came[case]
        if isinstance(came, Unusable):
            return came.diagnosis, came.words
        if isinstance(came, Exception):
            return "exception", "Your code stops with an error."
    finite = [pair for pair in wrong if answers.is_finite(*pair)]
    if not finite:
        name = exercise.returns[wrong[0][1]]
        return (
            "not-finite",
            f"{name} holds NaN or infinity. Look for a division by 0, log(0) or exp of a large number.",
        )
    triples = [
        (answers.came[case][i], answers.expected[case][i], answers.cases[case])
        for case, i in finite
    ]
    for diagnosis, words, holds in PATTERNS:
        if all(holds(came, wanted) for came, wanted, _ in triples):
            return diagnosis, words
    if factor := _factor(exercise, triples):
        return (
            "factor",
            f"Your result is the right one times {factor}. A factor too many, or one forgotten?",
        )
    if any(came.shape != wanted.shape for came, wanted, _ in triples):
        return (
            "wrong-shape",
            "The shape is not the expected one. Over which axes do you sum or average?",
        )
    right_cases = [case for case in answers.cases if case not in wrong_cases]
    if right_cases:
        words = f"Right in {_listed(right_cases)}; wrong in {_listed(wrong_cases)}. What is special there?"
        return "some-cases", words
    names, bad = exercise.returns, {i for _, i in wrong}
    if len(bad) < len(names):
        good = [name for i, name in enumerate(names) if i not in bad]
        return "some-outputs", f"Right: {_listed(good)}. Wrong: {_listed([names[i] for i in bad])}."
    return (
        "unknown",
        "We do not recognise the mistake. Work through the smallest case by hand: it is below.",
    )


def _listed(items: list[str]) -> str:
    return "; ".join(f"“{item}”" for item in items)


def _transposed(came: np.ndarray, wanted: np.ndarray) -> bool:
    return came.ndim > 1 and alike(came.T, wanted)


def _reshaped(came: np.ndarray, wanted: np.ndarray) -> bool:
    return (
        came.shape != wanted.shape
        and came.size == wanted.size
        and alike(came.reshape(wanted.shape), wanted)
    )


def _floats(came: np.ndarray, wanted: np.ndarray) -> bool:
    return wanted.dtype.kind in WHOLE and alike(came, wanted.astype(float))


def _zeros(came: np.ndarray, wanted: np.ndarray) -> bool:
    return came.shape == wanted.shape and not came.any()


def _shifted(came: np.ndarray, wanted: np.ndarray) -> bool:
    return (
        came.shape == wanted.shape
        and came.size > 1
        and np.ptp(came - wanted.astype(float)) <= 1e-9 * np.ptp(wanted)
    )


def _moved(came: np.ndarray, wanted: np.ndarray) -> bool:
    return (
        came.size > 1
        and came.shape == wanted.shape
        and alike(np.sort(came, axis=None), np.sort(wanted, axis=None))
    )


# diagnosis, words, and whether it holds for what came and what was wanted
PATTERNS = (
    ("transposed", "The right numbers, transposed.", _transposed),
    (
        "reshaped",
        "The right numbers in another shape: an axis too many, too few, or `keepdims`.",
        _reshaped,
    ),
    (
        "float-for-whole",
        "Right, but a float. A whole number is asked for: `//` instead of `/`.",
        _floats,
    ),
    (
        "sign",
        "The right numbers with the wrong sign.",
        lambda came, wanted: alike(-came.astype(float), wanted),
    ),
    (
        "zeros",
        "All zeros came back. Is the result that you compute the one that you return?",
        _zeros,
    ),
    (
        "precision",
        "Right to about four digits only. Do you round, convert to float32, or add a small number?",
        lambda came, wanted: alike(came, wanted, 1e-4),
    ),
    ("offset", "Your numbers are all too large, or too small, by the same amount.", _shifted),
    ("order", "The right numbers at the wrong places.", _moved),
)


def _factor(exercise: Exercise, triples: list[tuple]) -> str | None:
    """The symbol, such as 1/N, by which all wrong outputs differ from the right ones."""
    symbols = [_symbols(exercise.parameters, arguments) for _, _, arguments in triples]
    for symbol in symbols[0]:
        if all(
            symbol in known and alike(came, wanted * known[symbol])
            for known, (came, wanted, _) in zip(symbols, triples, strict=True)
        ):
            return symbol
    return None


def _symbols(names: tuple[str, ...], arguments: tuple) -> dict[str, float]:
    """Factors to look for in a case: from the largest array's shape, and from each argument that is a number."""
    basic = {"2": 2.0, "4": 4.0}
    arrays = [
        argument for argument in arguments if isinstance(argument, np.ndarray) and argument.ndim
    ]
    if arrays:
        largest = max(arrays, key=np.ndim)
        basic["N"] = len(largest)
        if largest.ndim > 1:
            basic |= {"C": largest.shape[1], "N·H·W": largest.size // largest.shape[1]}
    for name, number in zip(names, arguments, strict=True):
        if isinstance(number, int | float) and not isinstance(number, bool):
            basic |= {
                name: number,
                f"(1 − {name})": 1 - number,
                f"(1 − {name})²": (1 - number) ** 2,
            }
    return basic | {f"1/{symbol}": 1 / number for symbol, number in basic.items() if number}
