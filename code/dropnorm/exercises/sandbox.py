"""Runs code that somebody else wrote: whatever it does, an outcome comes back, and in time."""

import ctypes
import io
import signal
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

import numpy as np

AGAIN = 0.05  # seconds between one reminder and the next, for code that catches everything
PATIENCE = 4  # times the limit, where the machine is busy with other things, or the code sleeps
KEPT = 300  # characters of what was printed


class TimeUp(BaseException):
    """Raised inside code that runs too long; no ``except Exception`` catches it."""


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

    Where it can (main thread, Linux and macOS) the time limit is an alarm; elsewhere the call runs in a thread, which is
    interrupted. Both need Python code to interrupt: one long call into C is waited for.

    Parameters
    ----------
    call
        Any function without arguments.
    seconds
        Time allowed: of the processor, so that a busy machine does no harm; and ``PATIENCE`` times as much by the clock.
    """
    printed = _Beginning()
    limited = _with_alarm if _alarm_is_free() else _in_thread
    with redirect_stdout(printed), redirect_stderr(printed), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            value, error = limited(lambda: _caught(call), seconds)
        except TimeUp as up:
            value, error = None, up
    return Outcome(value, error, printed.kept)


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


def _limit(seconds: float) -> Callable[[], bool]:
    """A function that says whether the time is up, from now on."""
    clock, processor = time.monotonic(), time.process_time()

    def is_up() -> bool:
        passed = time.monotonic() - clock
        return passed >= PATIENCE * seconds or min(passed, time.process_time() - processor) >= seconds

    return is_up


def _with_alarm(call: Callable, seconds: float) -> Any:
    armed, start, is_up = True, time.monotonic(), _limit(seconds)

    def ring(signum, frame) -> None:
        if armed and is_up():
            raise TimeUp

    before = signal.signal(signal.SIGALRM, ring)
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        try:
            return call()
        finally:
            armed = False
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if left:  # somebody else's alarm goes on
            signal.setitimer(signal.ITIMER_REAL, max(left - (time.monotonic() - start), 1e-3), interval)


def _in_thread(call: Callable, seconds: float) -> Any:
    results: list = []

    def work() -> None:
        try:
            results.append(call())
        except (TimeUp, KeyboardInterrupt) as error:
            results.append((None, error))

    thread, is_up = threading.Thread(target=work, daemon=True), _limit(seconds)
    thread.start()
    try:
        while thread.is_alive() and not is_up():
            thread.join(AGAIN)
    finally:
        for _ in range(20):  # until it listens; what sits in C for ever is left behind
            if not thread.is_alive():
                break
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(TimeUp))
            thread.join(AGAIN)
    if not results:
        raise TimeUp
    value, error = results[0]
    if isinstance(error, KeyboardInterrupt):
        raise error
    return value, error
