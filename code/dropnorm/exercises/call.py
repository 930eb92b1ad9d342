"""One call of a reader's function with the arguments of a case; what ends a check at once."""

import copy
import inspect
import linecache
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from dropnorm.exercises.compare import Unusable, as_arrays, same_inside
from dropnorm.exercises.diagnose import Result
from dropnorm.exercises.sandbox import InputRequested, NumpyPatched, guarded
from dropnorm.exercises.spec import Exercise
from dropnorm.exercises.time_limit import TimeUp


class CheckEnded(Exception):
    """Ends a check with a diagnosis; further cases would say nothing more."""

    def __init__(self, diagnosis: str, message: str, printed: str = "") -> None:
        super().__init__(message)
        self.diagnosis, self.message, self.printed = diagnosis, message, printed


class Call(NamedTuple):
    """What one call gave.

    Attributes
    ----------
    result
        Arrays, or the exception.
    message
        The exception in words, empty if there was none.
    printed
        The beginning of what was printed.
    """

    result: Result
    message: str
    printed: str


def check_callable(
    exercise: Exercise, function: Any, arguments: tuple[Any, ...], seconds: float
) -> None:
    """CheckEnded unless ``function`` can be called with these arguments."""
    name = exercise.solution.__name__
    if not callable(function):
        raise CheckEnded(
            "not-callable",
            f"A {type(function).__name__} is not a function. Hand over the function itself: "
            f"check(…, {name}), without calling it: not check(…, {name}(…)).",
        )
    signature = guarded(lambda: inspect.signature(function), seconds)
    if signature.error is not None:
        return  # some functions written in C have none
    bound = guarded(lambda: signature.value.bind(*arguments), seconds)
    if isinstance(bound.error, TypeError):
        own = guarded(lambda: str(signature.value), seconds).value
        raise CheckEnded(
            "wrong-arguments",
            f"Your function takes {own}; it is called with {len(arguments)} arguments: "
            f"({', '.join(exercise.parameters)}).",
        )


def call_case(
    exercise: Exercise,
    function: Callable[..., Any],
    case: str,
    arguments: tuple[Any, ...],
    seconds: float,
) -> Call:
    """Call ``function`` on copies of the arguments.

    Raises
    ------
    CheckEnded
        The call ran too long, asked the keyboard, ended the program, changed an argument or NumPy,
        or the function is not written yet.
    """
    given = copy.deepcopy(arguments)

    def call() -> list[np.ndarray]:
        return as_arrays(function(*given), exercise.returns)

    outcome = guarded(call, seconds)
    error, printed = outcome.error, outcome.printed
    changed = [
        name
        for name, before, after in zip(exercise.parameters, arguments, given, strict=True)
        if not same_inside(before, after)
    ]
    if ending := _ending(exercise, case, error, changed):
        raise CheckEnded(*ending, printed)
    if error is None:
        return Call(outcome.value, "", printed)
    assert isinstance(error, Exception)  # what is none has ended the check
    if isinstance(error, Unusable):
        return Call(error, "", printed)
    message = f"In the case “{case}” your code stopped: {_description(error, function)}"
    return Call(error, message, printed)


def _ending(
    exercise: Exercise, case: str, error: BaseException | None, changed: list[str]
) -> tuple[str, str] | None:
    """Diagnosis and message of what ends the whole check, None if nothing does."""
    place = f"In the case “{case}” your function"
    if isinstance(error, TimeUp):
        return (
            "time",
            f"{place} did not come to an end in time. Is there a loop whose condition never "
            f"changes?",
        )
    if isinstance(error, NumpyPatched):
        return "patched-numpy", patched_message(str(error))
    if isinstance(error, InputRequested):
        return (
            "asks",
            f"{place} asks the keyboard (`input`, or a debugger). Use its arguments only. To step "
            f"through it, call it yourself: `your_function(*{case_call(exercise, case)})`.",
        )
    if changed:
        return (
            "changed-input",
            f"{place} changes {' and '.join(changed)}, which belongs to the caller. Work on a "
            f"copy: `a = a * b` instead of `a *= b`, or `a = a.copy()` first.",
        )
    if isinstance(error, RecursionError):
        return "recursion", f"{place} calls itself without end."
    if isinstance(error, NotImplementedError):
        return (
            "not-written",
            "Your function raises NotImplementedError: it still waits to be written.",
        )
    if error is not None and not isinstance(error, Exception):
        return "exit", f"{place} ends the program ({type(error).__name__}). Return the result."
    return None


def patched_message(names: str) -> str:
    """What a reader is told who has replaced functions of NumPy."""
    return (
        f"Something was assigned to {names}, which belongs to NumPy. It is put back: "
        f"choose another name."
    )


def case_call(exercise: Exercise, case: str) -> str:
    """What a reader calls to get a case's arguments."""
    return f'exercises.case("{exercise.name}", "{case}")'


def _description(error: Exception, function: Callable[..., Any]) -> str:
    """An exception in words, with the reader's line where it happened."""
    text = guarded(lambda: str(error)[:200], 1.0).value
    description = f"{type(error).__name__}: {text}" if text else type(error).__name__
    inner = inspect.unwrap(function) if inspect.isfunction(function) else None
    code = getattr(inner, "__code__", None)
    trace, line = error.__traceback__, ""
    while trace is not None and code is not None:
        if trace.tb_frame.f_code.co_filename == code.co_filename:
            line = linecache.getline(code.co_filename, trace.tb_lineno).strip()
        trace = trace.tb_next
    return f"{description}\n  at the line: {line}" if line else description
