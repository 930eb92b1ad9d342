"""Runs code that somebody else wrote: whatever it does, an outcome comes back, and in time."""

import builtins
import dis
import importlib
import inspect
import io
import pdb
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from types import CodeType
from typing import Any
from unittest import mock

import numpy as np

from dropnorm.exercises.time_limit import TimeUp, limited

MAX_OUTPUT_CHARS = 300  # of what was printed
MAX_EXTRA_BYTES = 4 * 2**30  # that a call may take, where the system can limit it (Linux)
MAX_RECURSION = 10_000  # calls within calls: more would end Python itself


class InputRequested(BaseException):
    """Raised where code waits for the keyboard, as ``input`` and a debugger do."""


class NumpyPatched(Exception):
    """The code has replaced functions of NumPy; they are back. Its text names them."""


@dataclass(frozen=True)
class Outcome:
    """What came of a call.

    Attributes
    ----------
    value
        What was returned, if ``error`` is None.
    error
        What was raised; ``TimeUp`` if the time was up.
    printed
        The beginning of what was printed.
    """

    value: Any = None
    error: BaseException | None = None
    printed: str = ""


class _Beginning(io.TextIOBase):
    """A text file that keeps the beginning only."""

    def __init__(self) -> None:
        self.kept = ""

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, text: str) -> int:
        """Keep what fits."""
        self.kept += text[: MAX_OUTPUT_CHARS - len(self.kept)]
        return len(text)


def guarded(call: Callable[[], Any], seconds: float) -> Outcome:
    """Run ``call()``. Only KeyboardInterrupt is passed on: Ctrl-C stops what it always stops.

    Where it can (main thread, Linux and macOS) the time limit is an alarm; elsewhere, so on
    Windows, the call runs in a thread, which is interrupted, and left behind if it does not listen.
    Both need Python code to interrupt: one long call into C is waited for, and so is an import.
    Memory is limited on Linux only. ``os._exit`` and a crash in C are not prevented: it is the
    reader's own process. What the code prints, asks for or ends is dealt with; the names of NumPy
    that it replaced are put back.

    Parameters
    ----------
    call
        Any function without arguments.
    seconds
        Time allowed: of the processor, so that a busy machine does no harm; and by the clock
        ``time_limit.WALL_CLOCK_FACTOR`` times as much.
    """
    output = _Beginning()
    value: Any = None
    error: BaseException | None = None
    with redirect_stdout(output), redirect_stderr(output), warnings.catch_warnings(), _harmless():
        warnings.simplefilter("ignore")
        try:
            with _limited_memory():
                value, error = limited(lambda: _value_or_error(call), seconds)
        except TimeUp as time_up:
            error = time_up
    if patched := restore_numpy():
        value, error = None, NumpyPatched(patched)
    return Outcome(value, error, output.kept)


def _request_input(*_: Any, **__: Any) -> None:
    raise InputRequested


def _exit(*_: Any, **__: Any) -> None:
    raise SystemExit


@contextmanager
def _harmless() -> Iterator[None]:
    """Meanwhile nothing waits for the keyboard, ends the session, or nests calls without end."""
    depth, set_limit = sys.getrecursionlimit(), sys.setrecursionlimit

    def set_bounded_limit(limit: int) -> None:
        set_limit(min(limit, MAX_RECURSION))

    replacements: list[tuple[Any, str, Callable[..., None]]] = [
        (builtins, "input", _request_input),
        (sys, "breakpointhook", _request_input),
        (pdb.Pdb, "set_trace", _request_input),
        (sys, "setrecursionlimit", set_bounded_limit),
    ]
    if quitter := getattr(builtins, "exit", None):  # a Python without `site` has none
        replacements.append((type(quitter), "__call__", _exit))
    # in IPython `exit` only asks the shell to end, a moment later
    if autocall := sys.modules.get("IPython.core.autocall"):
        replacements.append((autocall.ExitAutocall, "__call__", _exit))
        replacements.append((autocall.ZMQExitAutocall, "__call__", _exit))
    with ExitStack() as stack:
        for owner, name, replacement in replacements:
            stack.enter_context(mock.patch.object(owner, name, replacement))
        try:
            yield
        finally:
            set_limit(depth)


@contextmanager
def _limited_memory() -> Iterator[None]:
    """Meanwhile arrays and lists that would fill the machine are a MemoryError; on Linux only."""
    try:
        import resource

        with open("/proc/self/statm", "rb") as file:
            used = int(file.read().split()[0]) * resource.getpagesize()
        before = resource.getrlimit(resource.RLIMIT_AS)
        limits = [n for n in (*before, used + MAX_EXTRA_BYTES) if n != resource.RLIM_INFINITY]
        resource.setrlimit(resource.RLIMIT_AS, (min(limits), before[1]))
    except (ImportError, OSError, ValueError):
        yield
        return
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


# what NumPy's functions were when this module was imported
_NUMPY = [
    (module, {name: value for name, value in vars(module).items() if callable(value)})
    for module in (np, np.linalg, np.random, np.lib.stride_tricks)
]


def restore_numpy() -> str:
    """Put back what was replaced in NumPy since this module was imported; returns the names."""
    names = []
    for module, functions in _NUMPY:
        for name, function in functions.items():
            if vars(module).get(name) is not function:
                names.append(f"{module.__name__.replace('numpy', 'np')}.{name}")
                setattr(module, name, function)
    return ", ".join(names)


def import_for(function: Callable) -> None:
    """Import what a function, and those it calls by name, will import: before a clock starts."""
    if not inspect.isfunction(function):
        return
    function = inspect.unwrap(function)
    names = function.__globals__
    seen: set[CodeType] = set()
    waiting: list[Any] = [function.__code__]
    while waiting:
        code = waiting.pop()
        if not isinstance(code, CodeType) or code in seen:
            continue
        seen.add(code)
        called = [names.get(name) for name in code.co_names]
        waiting += code.co_consts  # functions within this one are among its constants
        waiting += [inner.__code__ for inner in called if inspect.isfunction(inner)]
        module = ""
        for step in dis.get_instructions(code):
            if step.opname == "IMPORT_NAME":
                module = name = step.argval
            elif step.opname == "IMPORT_FROM":  # what is imported from it may be a module
                name = f"{module}.{step.argval}"
            else:
                continue
            # where it fails the function itself will meet the error, and the reader is told
            with suppress(Exception, SystemExit):
                importlib.import_module(name)


def _value_or_error(call: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    try:
        with np.errstate(all="ignore"):
            return call(), None
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return None, error
