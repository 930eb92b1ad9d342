"""Runs code that somebody else wrote: whatever it does, an outcome comes back, and in time."""

import builtins
import ctypes
import dis
import importlib
import inspect
import io
import pdb
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any
from unittest import mock

import numpy as np

AGAIN = 0.05  # seconds between one reminder and the next, for code that catches everything
PATIENCE = 4  # times the limit, where the machine is busy with other things, or the code sleeps
STUBBORN = 10  # reminders after which every line of the code is interrupted
LOADING = 60  # seconds allowed for an import, which must not be cut off: a library imported by half is of no use
KEPT = 300  # characters of what was printed
MEMORY = 4 * 2**30  # bytes that a call may take in addition, where the system can limit it (Linux)
DEPTH = 10_000  # calls within calls: more would end Python itself


class TimeUp(BaseException):
    """Raised inside code that runs too long; no ``except Exception`` catches it."""


class Asks(BaseException):
    """Raised where code waits for the keyboard, as ``input`` and a debugger do."""


class Patched(Exception):
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
        self.kept += text[: KEPT - len(self.kept)]
        return len(text)


def guarded(call: Callable[[], Any], seconds: float) -> Outcome:
    """Run ``call()``. Only KeyboardInterrupt is passed on, so that Ctrl-C stops what it always stops.

    Where it can (main thread, Linux and macOS) the time limit is an alarm; elsewhere, so on Windows, the call runs in a
    thread, which is interrupted, and left behind if it does not listen. Both need Python code to interrupt: one long call
    into C is waited for, and so is an import. Memory is limited on Linux only. ``os._exit`` and a crash in C are not
    prevented: it is the reader's own process. What the code prints, asks for or ends is dealt with; the names of NumPy that
    it replaced are put back.

    Parameters
    ----------
    call
        Any function without arguments.
    seconds
        Time allowed: of the processor, so that a busy machine does no harm; and ``PATIENCE`` times as much by the clock.
    """
    printed = _Beginning()
    limited = _with_alarm if _alarm_is_free() else _in_thread
    with redirect_stdout(printed), redirect_stderr(printed), warnings.catch_warnings(), _harmless():
        warnings.simplefilter("ignore")
        try:
            with _limited_memory():
                value, error = limited(lambda: _caught(call), seconds)
        except TimeUp as up:
            value, error = None, up
    if patched := restore_numpy():
        value, error = None, Patched(patched)
    return Outcome(value, error, printed.kept)


def _refuse(*_, **__) -> None:
    raise Asks


def _leave(*_, **__) -> None:
    raise SystemExit


@contextmanager
def _harmless() -> Iterator[None]:
    """Meanwhile nothing waits for the keyboard, ends the session, or lets calls nest without end."""
    depth, allowed = sys.getrecursionlimit(), sys.setrecursionlimit
    tame = [
        (builtins, "input", _refuse),
        (sys, "breakpointhook", _refuse),
        (pdb.Pdb, "set_trace", _refuse),
    ]
    tame += [(sys, "setrecursionlimit", lambda limit: allowed(min(limit, DEPTH)))]
    if leave := getattr(builtins, "exit", None):  # a Python without `site` has none
        tame.append((type(leave), "__call__", _leave))
    if autocall := sys.modules.get(
        "IPython.core.autocall"
    ):  # there `exit` only asks the shell to end, a moment later
        tame += [
            (autocall.ExitAutocall, "__call__", _leave),
            (autocall.ZMQExitAutocall, "__call__", _leave),
        ]
    with ExitStack() as stack:
        for owner, name, instead in tame:
            stack.enter_context(mock.patch.object(owner, name, instead))
        try:
            yield
        finally:
            allowed(depth)


@contextmanager
def _limited_memory() -> Iterator[None]:
    """Meanwhile arrays and lists that would fill the machine are a MemoryError; on Linux only."""
    try:
        import resource

        with open("/proc/self/statm", "rb") as file:
            used = int(file.read().split()[0]) * resource.getpagesize()
        before = resource.getrlimit(resource.RLIMIT_AS)
        limits = [limit for limit in (*before, used + MEMORY) if limit != resource.RLIM_INFINITY]
        resource.setrlimit(resource.RLIMIT_AS, (min(limits), before[1]))
    except (ImportError, OSError, ValueError):
        yield
        return
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


_NUMPY = [
    (module, {name: value for name, value in vars(module).items() if callable(value)})
    for module in (np, np.linalg, np.random, np.lib.stride_tricks)
]


def restore_numpy() -> str:
    """Put back what was replaced in NumPy since this module was imported; returns the names."""
    names = []
    for module, functions in _NUMPY:
        there = vars(module)
        for name, function in functions.items():
            if there.get(name) is not function:
                names.append(f"{module.__name__.replace('numpy', 'np')}.{name}")
                setattr(module, name, function)
    return ", ".join(names)


def import_for(function: Callable) -> None:
    """Import what a function, and those that it calls by name, will import: before any clock starts."""
    if not inspect.isfunction(function):
        return
    function = inspect.unwrap(function)
    seen, todo, names = set(), [function.__code__], function.__globals__
    while todo:
        code = todo.pop()
        if not isinstance(code, CodeType) or code in seen:
            continue
        seen.add(code)
        todo += code.co_consts
        todo += [
            names[name].__code__ for name in code.co_names if inspect.isfunction(names.get(name))
        ]
        for step in dis.get_instructions(code):
            if step.opname == "IMPORT_NAME":
                try:
                    importlib.import_module(step.argval)
                except (
                    Exception,
                    SystemExit,
                ):  # the function itself will meet it, and the reader is told
                    continue


def _caught(call: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    try:
        with np.errstate(all="ignore"):
            return call(), None
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return None, error


def _alarm_is_free() -> bool:
    in_main = threading.current_thread() is threading.main_thread()
    return in_main and hasattr(signal, "setitimer") and signal.getsignal(signal.SIGALRM) is not None


def _imports(frame: FrameType | None) -> bool:
    """Whether an import is under way."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


class _Limit:
    """Says whether the time is up; it begins anew after an import."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.begun = seconds, time.monotonic()
        self._start()

    def _start(self) -> None:
        self.clock, self.processor = time.monotonic(), time.process_time()

    def is_up(self, frame: FrameType | None) -> bool:
        """Whether it is, for code that is at this frame."""
        if _imports(frame) and time.monotonic() - self.begun < LOADING:
            self._start()
        passed = time.monotonic() - self.clock
        return (
            passed >= PATIENCE * self.seconds
            or min(passed, time.process_time() - self.processor) >= self.seconds
        )


_interrupt = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_ulong, ctypes.py_object)(
    ("PyThreadState_SetAsyncExc", ctypes.pythonapi)
)


def _with_alarm(call: Callable, seconds: float) -> Any:
    armed, start, limit, reminders = True, time.monotonic(), _Limit(seconds), 0
    here, me, tracer = sys._getframe(), threading.get_ident(), sys.gettrace()

    def at_every_line(frame, event, arg):
        if armed and event == "line":
            # for the line, not for this function: Python stops tracing if it raises. It would, at the end of a call; the
            # iterator is run by the assignment instead, and nothing is checked between that and the return
            (_,) = map(_interrupt, [me], [TimeUp])
        return at_every_line

    def ring(signum, frame) -> None:
        nonlocal reminders
        if not armed or not limit.is_up(frame):
            return
        reminders += 1
        if (
            reminders == STUBBORN
        ):  # it sleeps within a bare `except`: the lines that catch are interrupted, too
            sys.settrace(at_every_line)
            while frame is not None and frame is not here:
                frame.f_trace = at_every_line
                frame = frame.f_back
        raise TimeUp

    before = signal.signal(signal.SIGALRM, ring)
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        try:
            return call()
        finally:
            armed = False
            sys.settrace(tracer)
    finally:
        armed = False
        sys.settrace(tracer)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if left:  # somebody else's alarm goes on
            signal.setitimer(
                signal.ITIMER_REAL, max(left - (time.monotonic() - start), 1e-3), interval
            )


def _in_thread(call: Callable, seconds: float) -> Any:
    results: list = []

    def work() -> None:
        try:
            results.append(call())
        except (TimeUp, KeyboardInterrupt) as error:
            results.append((None, error))

    thread, limit = threading.Thread(target=work, daemon=True), _Limit(seconds)
    thread.start()
    try:
        while thread.is_alive() and not limit.is_up(sys._current_frames().get(thread.ident)):
            thread.join(AGAIN)
    finally:
        for _ in range(
            20
        ):  # until it listens; what does not, or sits in C for ever, is left behind
            if not thread.is_alive():
                break
            _interrupt(thread.ident, TimeUp)
            thread.join(AGAIN)
    if not results:
        raise TimeUp
    value, error = results[0]
    if isinstance(error, KeyboardInterrupt):
        raise error
    return value, error
