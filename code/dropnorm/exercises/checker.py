"""``check``: runs the reader's function and says what is right, or what is wrong."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dropnorm.exercises.call import (
    CheckEnded,
    call_case,
    case_call,
    check_callable,
    patched_message,
)
from dropnorm.exercises.compare import alike, as_arrays, difference, size
from dropnorm.exercises.diagnose import (
    Answers,
    Finding,
    Result,
    exchanged,
    general,
    known_mistakes,
    results,
)
from dropnorm.exercises.sandbox import import_for, restore_numpy
from dropnorm.exercises.search import search
from dropnorm.exercises.spec import Exercise, available

REFEREE_TOLERANCE = 1e-6  # of what a referee found: central differences round
RIGHT = "right"
# diagnoses that name no mistake, or a symptom
VAGUE = ("unknown", "some-cases", "some-outputs", "wrong-shape", "not-finite", "offset", "order")
SMALL_CASE = 24  # numbers in the arguments of a case that is shown in full
MAX_OUTPUT_LINES = 5  # of what the reader's function printed


@dataclass(frozen=True, repr=False)
class Verdict:
    """What ``check`` found.

    Attributes
    ----------
    exercise
        Its name.
    passed
        Whether all is right.
    diagnosis
        ``"right"``, or a short name of what is wrong, such as ``"mask-left-out"``.
    message
        The answer in words.
    also
        Names of further mistakes, where more than one was found.
    """

    exercise: str
    passed: bool
    diagnosis: str
    message: str
    also: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return self.message

    def __bool__(self) -> bool:
        return self.passed


def judge(exercise: Exercise, function: Any, seconds: float, seed: int) -> Verdict:
    """The verdict on ``function``; raises nothing but KeyboardInterrupt."""
    patched = restore_numpy()
    cases = exercise.cases(np.random.default_rng(seed))
    try:
        if patched:
            raise CheckEnded("patched-numpy", patched_message(patched))
        import_for(function)
        check_callable(exercise, function, next(iter(cases.values())), seconds)
        calls = {
            case: call_case(exercise, function, case, arguments, seconds)
            for case, arguments in cases.items()
        }
        expected = {
            case: as_arrays(exercise.solution(*arguments), exercise.returns)
            for case, arguments in cases.items()
        }
        actual = {case: call.result for case, call in calls.items()}
        answers = Answers(exercise, cases, actual, expected)
        if not answers.wrong:
            return _accepted(answers)
        error = _first(call.message for call in calls.values())
        printed = _first(call.printed for call in calls.values())
        return _rejected(answers, function, seconds, error, printed)
    except CheckEnded as end:
        return _verdict(exercise, [(end.diagnosis, end.message)], [], end.printed)


def _first(texts: Iterable[str]) -> str:
    """The first text that is not empty."""
    return next(filter(None, texts), "")


def _accepted(answers: Answers) -> Verdict:
    """Right, if the referees agree; one that stops with an error is not asked further.

    It may want another version of PyTorch.
    """
    exercise, agreeing = answers.exercise, []
    for name, referee in available(exercise.referees).items():
        theirs = results(referee, exercise, answers.cases)
        if any(isinstance(one, Exception) for one in theirs.values()):
            continue
        for case, i in answers.pairs:
            if not _agree(answers.actual[case], theirs[case], i):
                raise CheckEnded(
                    "referees",
                    f"You agree with our solution, but not with {name} in “{case}”. "
                    f"Please tell us.",
                )
        agreeing.append(name)
    agrees = ", agrees with " + " and ".join(agreeing) if agreeing else ""
    message = f"✓ {exercise.name}: right in all {len(answers.cases)} cases{agrees}."
    return Verdict(exercise.name, True, RIGHT, message)


def _agree(one: Result, other: Result, i: int) -> bool:
    """Whether output ``i`` is the same in both, as far as a referee can tell."""
    if isinstance(one, Exception) or isinstance(other, Exception):
        return False
    return alike(one[i], other[i], REFEREE_TOLERANCE)


def _rejected(
    answers: Answers, function: Callable[..., Any], seconds: float, error: str, printed: str
) -> Verdict:
    """What is wrong, by the most certain of the diagnoses, and one case in numbers."""
    exercise = answers.exercise
    findings = known_mistakes(answers, search) or exchanged(answers)
    if not findings and _is_random(answers, function, seconds):
        message = (
            "Two calls with the same arguments give two results. Use the arguments only: no random "
            "numbers of your own, nothing kept from one call to the next."
        )
        findings = [("not-repeatable", message)]
    certain = bool(findings)
    if not certain:
        findings = [general(answers)]
    if not certain and findings[0][0] in VAGUE and (found := search(answers)):
        certain, findings = True, found
    if findings[0][0] in VAGUE and (ignored := _ignored_argument(answers, function, seconds)):
        certain, findings = True, [ignored]
    findings = _with_cases(answers, findings)
    # the first of the smallest cases
    case, i = min(answers.wrong, key=lambda pair: size(answers.cases[pair[0]]))
    details = [error] if error else []
    details += _numbers(answers, case, i, certain)
    wrong_cases = {case for case, _ in answers.wrong}
    right = len(answers.cases) - len(wrong_cases)
    details.append(f"Right in {right} of {len(answers.cases)} cases.")
    if not certain:
        details.append(f'A nudge: `exercises.hint("{exercise.name}")`.')
    return _verdict(exercise, findings, details, printed)


def _with_cases(answers: Answers, findings: list[Finding]) -> list[Finding]:
    """The findings; one that nobody planted says in which cases it holds, if they are few."""
    (name, message), *others = findings
    wrong = list(dict.fromkeys(case for case, _ in answers.wrong))
    planted = name in answers.exercise.mistakes or name in ("some-cases", "exception")
    if planted or len(wrong) > 2 or len(wrong) == len(answers.cases):
        return findings
    cases = " and ".join(f"“{case}”" for case in wrong)
    return [(name, f"In {cases} alone: {message}"), *others]


def _numbers(answers: Answers, case: str, i: int, certain: bool) -> list[str]:
    """What was expected in a case and what was returned; its arguments, if no mistake was found."""
    exercise, actual, arguments = answers.exercise, answers.actual[case], answers.cases[case]
    if isinstance(actual, Exception):
        return []
    name = f"{exercise.returns[i]}: " if len(exercise.returns) > 1 else ""
    expected = answers.expected[case][i]
    lines = [f"In the case “{case}”: {name}{difference(actual[i], expected)}."]
    if not certain and size(arguments) <= SMALL_CASE:
        pairs = zip(exercise.parameters, arguments, strict=True)
        given = "; ".join(f"{name} = {_source(value)}" for name, value in pairs)
        lines.append(f"It was given {given}.")
    elif not certain:
        lines.append(f"Its arguments: `{case_call(exercise, case)}`.")
    if witnesses := _witnesses(answers, case, i):
        lines.append(f"({' and '.join(witnesses)} found the expected numbers, too.)")
    return lines


def _ignored_argument(
    answers: Answers, function: Callable[..., Any], seconds: float
) -> Finding | None:
    """An argument on which the wrong results do not depend, though they should."""
    exercise = answers.exercise
    finite = [(case, i) for case, i in answers.wrong if answers.is_finite(case, i)]
    for case, i in finite:
        actual, expected = answers.actual[case], answers.expected[case]
        if not isinstance(actual, Exception) and actual[i].shape != expected[i].shape:
            return None
    wrong = list(dict.fromkeys(case for case, _ in finite))
    for j, name in enumerate(exercise.parameters):
        if not wrong or any(type(answers.cases[case][j]) is not float for case in wrong):
            continue
        try:
            ignored = all([_ignores(answers, function, case, j, seconds) for case in wrong])
        except CheckEnded:
            return None
        if ignored:
            message = (
                f"Your result does not depend on {name}. Is it left out, or another number written "
                f"in its place?"
            )
            return f"ignores-{name.replace('_', '-')}", message
    return None


def _ignores(
    answers: Answers, function: Callable[..., Any], case: str, j: int, seconds: float
) -> bool:
    """Whether the reader's result stays where a change of argument ``j`` moves the right one.

    Raises
    ------
    CheckEnded
        A call with the changed argument says nothing.
    """
    changed = list(answers.cases[case])
    changed[j] = 0.7 * changed[j] + 0.05  # still a probability, if it was one
    arguments = tuple(changed)
    after = call_case(answers.exercise, function, case, arguments, seconds).result
    before = answers.actual[case]
    right = results(answers.exercise.solution, answers.exercise, {case: arguments})[case]
    if (
        isinstance(after, Exception)
        or isinstance(right, Exception)
        or isinstance(before, Exception)
    ):
        raise CheckEnded("unknown", "")
    moving = [i for i, was in enumerate(answers.expected[case]) if not alike(right[i], was)]
    return bool(moving) and all(alike(after[i], before[i]) for i in moving)


def _is_random(answers: Answers, function: Callable[..., Any], seconds: float) -> bool:
    """Whether any wrong case gives another result when it is run again.

    All are run: a small one can be the same by chance.
    """
    for case in dict.fromkeys(case for case, _ in answers.wrong):
        try:
            again = call_case(answers.exercise, function, case, answers.cases[case], seconds).result
        except CheckEnded:
            return False
        first = answers.actual[case]
        if isinstance(first, Exception) or isinstance(again, Exception):
            differs = type(first) is not type(again)
        else:
            differs = not all(map(alike, again, first))
        if differs:
            return True
    return False


def _witnesses(answers: Answers, case: str, i: int) -> list[str]:
    """The referees that agree with the expected output."""
    exercise, arguments = answers.exercise, {case: answers.cases[case]}
    return [
        name
        for name, referee in available(exercise.referees).items()
        if _agree(results(referee, exercise, arguments)[case], answers.expected[case], i)
    ]


def _source(value: Any) -> str:
    """An argument as a reader would type it."""
    if isinstance(value, np.ndarray):
        return np.array2string(value, separator=", ", precision=4).replace("\n", "")
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_source, value))}]"
    return getattr(value, "__name__", None) or repr(value)


def _verdict(
    exercise: Exercise, findings: list[Finding], details: list[str], printed: str
) -> Verdict:
    (diagnosis, _), *others = findings
    lines = [f"✗ {exercise.name}: not yet ({', '.join(name for name, _ in findings)})"]
    lines += [message for _, message in findings] + details
    if printed.strip():
        lines.append("Your function printed:")
        lines += [f"  {line}" for line in printed.strip().splitlines()[:MAX_OUTPUT_LINES]]
    also = tuple(name for name, _ in others)
    return Verdict(exercise.name, False, diagnosis, "\n".join(lines), also)
