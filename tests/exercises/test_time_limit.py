"""Endless code is stopped in time, and nobody else's alarm or Ctrl-C is lost."""

import os
import signal
import sys
import threading
import time

import pytest
from reader_code import NAME, raising, right

from dropnorm.exercises import check
from dropnorm.exercises.sandbox import guarded
from dropnorm.exercises.time_limit import TimeUp

ALARM = getattr(signal, "SIGALRM", None)  # Windows has none
needs_alarm = pytest.mark.skipif(ALARM is None, reason="needs POSIX signals")


def alarm():
    """Who is called at an alarm, and when the next one is."""
    return ALARM and (signal.getsignal(ALARM), signal.getitimer(signal.ITIMER_REAL))


def for_ever(dy, mask, p):
    while True:
        pass


def for_ever_and_catching_all(dy, mask, p):
    n = 0
    while True:
        try:
            n += 1
        except:  # noqa: E722
            n -= 1


def asleep(dy, mask, p):
    while True:
        time.sleep(0.01)


@pytest.mark.parametrize("function", [for_ever, for_ever_and_catching_all, asleep])
def test_an_endless_loop_is_stopped_in_time(function, limit):
    start, before = time.monotonic(), alarm()
    verdict = check(NAME, function, seconds=0.15)
    assert verdict.diagnosis == "time" and "end in time" in verdict.message
    assert time.monotonic() - start < 15
    assert alarm() == before
    assert check(NAME, right).passed


def test_control_c_is_passed_on_and_leaves_everything_as_it_was(limit):
    before, screen = alarm(), sys.stdout
    with pytest.raises(KeyboardInterrupt):
        check(NAME, raising(KeyboardInterrupt()))
    assert alarm() == before and sys.stdout is screen


@needs_alarm  # where os.kill sends signals; on Windows it ends the process
def test_a_real_control_c_stops_an_endless_loop(limit):
    # a shell starts background jobs without it
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    start = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            check(NAME, asleep, seconds=20)
    finally:
        signal.signal(signal.SIGINT, before)
    assert time.monotonic() - start < 15


@needs_alarm
def test_somebody_elses_alarm_goes_on():
    rung = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(1))
    try:
        signal.setitimer(signal.ITIMER_REAL, 30)
        assert check(NAME, right).passed
        left, _ = signal.getitimer(signal.ITIMER_REAL)
        assert 0 < left <= 30
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_outside_the_main_thread_the_limit_holds_as_well():
    verdicts = []
    thread = threading.Thread(target=lambda: verdicts.append(check(NAME, for_ever, seconds=0.1)))
    thread.start()
    thread.join(10)
    assert verdicts[0].diagnosis == "time"


def test_an_import_that_nobody_foresees_is_not_cut_off(tmp_path, monkeypatch, limit):
    (tmp_path / "slow_to_import.py").write_text(
        "import time\nend = time.process_time() + 0.5\nwhile time.process_time() < end: pass\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert guarded(lambda: __import__("slow_to_import").__name__, 0.1).value == "slow_to_import"


def test_time_counts_only_while_the_processor_works_for_the_reader(limit):
    assert guarded(lambda: time.sleep(0.25) or "slow, but there", 0.1).value == "slow, but there"
    assert isinstance(guarded(lambda: time.sleep(20), 0.1).error, TimeUp)


@needs_alarm
def test_sleep_in_a_bare_except_ends():
    def sleeper(dy, mask, p):
        while True:
            try:  # noqa: SIM105
                time.sleep(0.1)
            except:  # noqa: E722
                pass

    start, tracer = time.monotonic(), sys.gettrace()
    assert check(NAME, sleeper, seconds=0.1).diagnosis == "time"
    assert time.monotonic() - start < 20 and sys.gettrace() is tracer
    assert check(NAME, right).passed
