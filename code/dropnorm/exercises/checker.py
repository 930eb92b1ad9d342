"""``check``: runs the reader's function and says what is right, or what is wrong."""

import copy
import inspect
import linecache
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dropnorm.exercises.compare import Unusable, alike, as_arrays, difference, same_inside
from dropnorm.exercises.diagnose import (
    Answers,
    Finding,
    Result,
    exchanged,
    general,
    known_mistakes,
    results,
)
from dropnorm.exercises.sandbox import Asks, Patched, TimeUp, guarded, import_for, restore_numpy
from dropnorm.exercises.spec import Exercise, available

REFEREE = 1e-6  # largest error allowed against a referee: central differences round
RIGHT = "right"
VAGUE = ("unknown", "some-cases", "some-outputs")
SMALL = 24  # numbers in the arguments of a case that is shown in full


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


class _Stop(Exception):
    """Ends a check with a finding."""

    def __init__(self, diagnosis: str, words: str, printed: str = "") -> None:
        super().__init__(words)
        self.diagnosis, self.words, self.printed = diagnosis, words, printed


def judge(exercise: Exercise, function: Any, seconds: float, seed: int) -> Verdict:
    """The verdict on ``function``; raises nothing but KeyboardInterrupt."""
    patched = restore_numpy()
    cases = exercise.cases(np.random.default_rng(seed))
    try:
        if patched:
            raise _Stop("patched-numpy", _patched(patched))
        import_for(function)
        _callable_with(exercise, function, next(iter(cases.values())), seconds)
        came, printed, words = {}, "", ""
        for case, arguments in cases.items():
            came[case], line, text = _call(exercise, function, case, arguments, seconds)
            printed, words = printed or text, words or line
        expected = {
            case: as_arrays(exercise.solution(*arguments), exercise.returns)
            for case, arguments in cases.items()
        }
        answers = Answers(exercise, cases, came, expected)
        if answers.wrong:
            return _rejected(answers, function, seconds, words, printed)
        return _accepted(answers)
    except _Stop as stop:
        return _verdict(exercise, [(stop.diagnosis, stop.words)], [], stop.printed)


def _callable_with(exercise: Exercise, function: Any, arguments: tuple, seconds: float) -> None:
    """Stop unless ``function`` can be called with these arguments."""
    name = exercise.solution.__name__
    if not callable(function):
        words = f"A {type(function).__name__} is not a function. Hand over the function itself: check(…, {name}), "
        raise _Stop("not-callable", words + f"without calling it: not check(…, {name}(…)).")
    signature = guarded(lambda: inspect.signature(function), seconds)
    if signature.error is not None:
        return  # some functions written in C have none
    bound = guarded(lambda: signature.value.bind(*arguments), seconds)
    if isinstance(bound.error, TypeError):
        expected = f"({', '.join(exercise.parameters)})"
        words = f"Your function takes {guarded(lambda: str(signature.value), seconds).value}"
        raise _Stop(
            "wrong-arguments", f"{words}; it is called with {len(arguments)} arguments: {expected}."
        )


def _call(
    exercise: Exercise, function: Callable, case: str, arguments: tuple, seconds: float
) -> tuple[Result, str, str]:
    """What comes of one case: arrays or an exception, words about the exception, and what was printed."""
    given = copy.deepcopy(arguments)
    at = f"In the case “{case}”"

    def call() -> list[np.ndarray]:
        value = function(*given)
        return as_arrays(value, exercise.returns)

    outcome = guarded(call, seconds)
    error, printed = outcome.error, outcome.printed
    if isinstance(error, TimeUp):
        words = f"{at} your function did not come to an end in time. Is there a loop whose condition never changes?"
        raise _Stop("time", words, printed)
    if isinstance(error, Patched):
        raise _Stop("patched-numpy", _patched(str(error)), printed)
    if isinstance(error, Asks):
        words = f"{at} your function asks the keyboard (`input`, or a debugger). Use its arguments only. To step through "
        raise _Stop(
            "asks",
            f"{words}it, call it yourself: `your_function(*{_case(exercise, case)})`.",
            printed,
        )
    changed = [
        name
        for name, was, now in zip(exercise.parameters, arguments, given, strict=True)
        if not same_inside(was, now)
    ]
    if changed:
        words = f"{at} your function changes {' and '.join(changed)}, which belongs to the caller. Work on a copy: "
        raise _Stop(
            "changed-input",
            words + "`a = a * b` instead of `a *= b`, or `a = a.copy()` first.",
            printed,
        )
    if isinstance(error, Unusable):
        return error, "", printed
    if isinstance(error, RecursionError):
        raise _Stop("recursion", f"{at} your function calls itself without end.", printed)
    if isinstance(error, NotImplementedError):
        raise _Stop(
            "not-written",
            "Your function raises NotImplementedError: it still waits to be written.",
            printed,
        )
    if error is not None and not isinstance(error, Exception):
        raise _Stop(
            "exit",
            f"{at} your function ends the program ({type(error).__name__}). Return the result.",
            printed,
        )
    if error is not None:
        return error, f"{at} your code stopped: {_told(error, function)}", printed
    return outcome.value, "", printed


def _patched(names: str) -> str:
    return f"Something was assigned to {names}, which belongs to NumPy. It is put back: choose another name."


def _case(exercise: Exercise, label: str) -> str:
    """What a reader calls to get a case's arguments."""
    return f'exercises.case("{exercise.name}", "{label}")'


def _told(error: Exception, function: Callable) -> str:
    """An exception in words, with the reader's line where it happened."""
    text = guarded(lambda: str(error)[:200], 1.0).value
    told = f"{type(error).__name__}: {text}" if text else type(error).__name__
    code = getattr(
        inspect.unwrap(function) if inspect.isfunction(function) else None, "__code__", None
    )
    trace, line = error.__traceback__, ""
    while trace is not None and code is not None:
        if trace.tb_frame.f_code.co_filename == code.co_filename:
            line = linecache.getline(code.co_filename, trace.tb_lineno).strip()
        trace = trace.tb_next
    return f"{told}\n  at the line: {line}" if line else told


def _rejected(
    answers: Answers, function: Callable, seconds: float, error: str, printed: str
) -> Verdict:
    exercise = answers.exercise
    findings = known_mistakes(answers) or exchanged(answers)
    if not findings and _draws(answers, function, seconds):
        words = "Two calls with the same arguments give two results. Use the arguments only: no random numbers of your own, "
        findings = [("not-repeatable", words + "nothing kept from one call to the next.")]
    sure = bool(findings)
    findings = findings or [general(answers)]
    if findings[0][0] in VAGUE and (ignored := _ignored(answers, function, seconds)):
        sure, findings = True, ignored
    case, i = min(
        answers.wrong, key=lambda pair: _size(answers.cases[pair[0]])
    )  # the first of the smallest
    came, expected = answers.came[case], answers.expected[case]
    details = [error] if error else []
    if not isinstance(came, Exception):
        name = f"{exercise.returns[i]}: " if len(exercise.returns) > 1 else ""
        details.append(f"In the case “{case}”: {name}{difference(came[i], expected[i])}.")
        if not sure and _size(answers.cases[case]) <= SMALL:
            given = zip(exercise.parameters, answers.cases[case], strict=True)
            details.append(
                "It was given "
                + "; ".join(f"{name} = {_written(value)}" for name, value in given)
                + "."
            )
        elif not sure:
            details.append(f"Its arguments: `{_case(exercise, case)}`.")
        witnesses = _witnesses(exercise, case, answers, i)
        details += (
            [f"({' and '.join(witnesses)} found the expected numbers, too.)"] if witnesses else []
        )
    wrong_cases = {case for case, _ in answers.wrong}
    details.append(
        f"Right in {len(answers.cases) - len(wrong_cases)} of {len(answers.cases)} cases."
    )
    details += [] if sure else [f'A nudge: `exercises.hint("{exercise.name}")`.']
    return _verdict(exercise, findings, details, printed)


def _ignored(answers: Answers, function: Callable, seconds: float) -> list[Finding]:
    """An argument on which the wrong results do not depend, though they should."""
    exercise = answers.exercise
    wrong = list(dict.fromkeys(case for case, i in answers.wrong if answers.is_finite(case, i)))
    for j, name in enumerate(exercise.parameters):
        if not wrong or any(type(answers.cases[case][j]) is not float for case in wrong):
            continue
        unmoved = []
        for case in wrong:
            arguments = list(answers.cases[case])
            arguments[j] = 0.7 * arguments[j] + 0.05  # still a probability, if it was one
            try:
                came, _, _ = _call(exercise, function, case, tuple(arguments), seconds)
            except _Stop:
                return []
            asked = results(exercise.solution, exercise, {case: tuple(arguments)})[case]
            if isinstance(came, Exception) or isinstance(asked, Exception):
                return []
            moves = [i for i, was in enumerate(answers.expected[case]) if not alike(asked[i], was)]
            unmoved.append(
                bool(moves) and all(alike(came[i], answers.came[case][i]) for i in moves)
            )
        if all(unmoved):
            words = f"Your result does not depend on {name}. Is it left out, or another number written in its place?"
            return [(f"ignores-{name.replace('_', '-')}", words)]
    return []


def _size(arguments: tuple) -> int:
    """Of how many numbers a case consists."""
    return sum(
        _size(tuple(one)) if isinstance(one, list | tuple) else np.size(one) for one in arguments
    )


def _written(value: Any) -> str:
    """An argument as a reader would type it."""
    if isinstance(value, np.ndarray):
        return np.array2string(value, separator=", ", precision=4).replace("\n", "")
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_written, value))}]"
    return getattr(value, "__name__", None) or repr(value)


def _draws(answers: Answers, function: Callable, seconds: float) -> bool:
    """Whether any wrong case has another result when it is run again; a small one can be the same by chance."""
    for case in dict.fromkeys(case for case, _ in answers.wrong):
        try:
            again, _, _ = _call(answers.exercise, function, case, answers.cases[case], seconds)
        except _Stop:
            return False
        first = answers.came[case]
        if isinstance(first, Exception) or isinstance(again, Exception):
            differs = type(first) is not type(again)
        else:
            differs = not all(map(alike, again, first))
        if differs:
            return True
    return False


def _witnesses(exercise: Exercise, case: str, answers: Answers, i: int) -> list[str]:
    """The referees that agree with the expected output."""
    arguments = {case: answers.cases[case]}
    found = {
        name: results(ask, exercise, arguments)[case]
        for name, ask in available(exercise.referees).items()
    }
    expected = answers.expected[case][i]
    return [
        name
        for name, one in found.items()
        if not isinstance(one, Exception) and alike(one[i], expected, REFEREE)
    ]


def _accepted(answers: Answers) -> Verdict:
    """Right, if the referees agree; one that stops with an error (another version of PyTorch?) is not heard."""
    exercise, agree = answers.exercise, []
    for name, referee in available(exercise.referees).items():
        theirs = results(referee, exercise, answers.cases)
        if any(isinstance(one, Exception) for one in theirs.values()):
            continue
        for case, came in answers.came.items():
            if not all(alike(a, b, REFEREE) for a, b in zip(came, theirs[case], strict=True)):
                raise _Stop(
                    "referees",
                    f"You agree with our solution, but not with {name} in “{case}”. Please tell us.",
                )
        agree.append(name)
    agrees = ", agrees with " + " and ".join(agree) if agree else ""
    message = f"✓ {exercise.name}: right in all {len(answers.cases)} cases{agrees}."
    return Verdict(exercise.name, True, RIGHT, message)


def _verdict(
    exercise: Exercise, findings: list[Finding], details: list[str], printed: str
) -> Verdict:
    (diagnosis, _), *others = findings
    lines = [f"✗ {exercise.name}: not yet ({', '.join(name for name, _ in findings)})"]
    lines += [words for _, words in findings] + details
    if printed.strip():
        lines.append(
            "Your function printed:\n"
            + "\n".join(f"  {line}" for line in printed.strip().splitlines()[:5])
        )
    return Verdict(
        exercise.name, False, diagnosis, "\n".join(lines), tuple(name for name, _ in others)
    )
