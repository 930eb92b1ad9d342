"""Time limits for code that somebody else wrote: an alarm where there is one, else a thread."""

import ctypes
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")

RETRY_SECONDS = 0.05  # from one interruption to the next, for code that catches everything
WALL_CLOCK_FACTOR = 4  # times the limit, where the machine is busy, or the code sleeps
RETRIES_BEFORE_TRACING = 10  # after these every line of the code is interrupted
THREAD_RETRIES = 20  # after these a thread that does not listen is left behind
IMPORT_SECONDS = 60  # for an import: a library that was imported by half is of no use


class TimeUp(BaseException):
    """Raised inside code that runs too long; no ``except Exception`` catches it."""


class _Clock:
    """Knows whether the time is up; it starts anew after an import."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.begun = seconds, time.monotonic()
        self._start()

    def _start(self) -> None:
        self.wall, self.processor = time.monotonic(), time.process_time()

    def is_up(self, frame: FrameType | None) -> bool:
        """Whether it is, for code that is at this frame."""
        if _is_importing(frame) and time.monotonic() - self.begun < IMPORT_SECONDS:
            self._start()
        wall = time.monotonic() - self.wall
        processor = time.process_time() - self.processor
        return wall >= WALL_CLOCK_FACTOR * self.seconds or min(wall, processor) >= self.seconds


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def limited(call: Callable[[], T], seconds: float) -> T:
    """Run ``call()``; TimeUp if it runs longer than ``seconds`` of processor time."""
    return _with_alarm(call, seconds) if alarm_is_free() else _in_thread(call, seconds)


def alarm_is_free() -> bool:
    """Whether this thread may set an alarm, and there are alarms (not on Windows)."""
    in_main = threading.current_thread() is threading.main_thread()
    return in_main and hasattr(signal, "setitimer") and signal.getsignal(signal.SIGALRM) is not None


# Raises an exception in a thread, between two of its lines: PyThreadState_SetAsyncExc(thread,
# type).
_interrupt = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_ulong, ctypes.py_object)(
    ("PyThreadState_SetAsyncExc", ctypes.pythonapi)
)


def _with_alarm(call: Callable[[], T], seconds: float) -> T:
    armed, start, clock, retries = True, time.monotonic(), _Clock(seconds), 0
    here, thread, tracer = sys._getframe(), threading.get_ident(), sys.gettrace()

    def at_every_line(frame: FrameType, event: str, arg: Any) -> Any:
        if armed and event == "line":
            # In the line, not in this function: Python stops tracing where a tracer raises. It
            # would at the end of a call, too; here the assignment runs the iterator, and nothing is
            # checked between that and the return.
            (_,) = map(_interrupt, [thread], [TimeUp])
        return at_every_line

    def ring(signum: int, frame: FrameType | None) -> None:
        nonlocal retries
        if not armed or not clock.is_up(frame):
            return
        retries += 1
        if retries == RETRIES_BEFORE_TRACING:
            # it sleeps within a bare `except`: the lines that catch are interrupted, too
            sys.settrace(at_every_line)
            while frame is not None and frame is not here:
                frame.f_trace = at_every_line
                frame = frame.f_back
        raise TimeUp

    before = signal.signal(signal.SIGALRM, ring)
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds, RETRY_SECONDS)
    # twice, for the alarm may ring within the first `finally`
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
            remaining = max(left - (time.monotonic() - start), 1e-3)
            signal.setitimer(signal.ITIMER_REAL, remaining, interval)


def _in_thread(call: Callable[[], T], seconds: float) -> T:
    values: list[T] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            values.append(call())
        except (TimeUp, KeyboardInterrupt) as error:
            errors.append(error)

    thread, clock = threading.Thread(target=work, daemon=True), _Clock(seconds)
    thread.start()
    identity = thread.ident
    assert identity is not None  # it has been started
    try:
        while thread.is_alive() and not clock.is_up(sys._current_frames().get(identity)):
            thread.join(RETRY_SECONDS)
    finally:
        # until it listens; what does not, or sits in C for ever, is left behind
        for _ in range(THREAD_RETRIES):
            if not thread.is_alive():
                break
            _interrupt(identity, TimeUp)
            thread.join(RETRY_SECONDS)
    if values:
        return values[0]
    raise errors[0] if errors else TimeUp
