"""Whatever the reader's function does, ``check`` answers; Ctrl-C alone is passed on."""

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from IPython.core import autocall
from IPython.core.interactiveshell import InteractiveShell

from dropnorm.exercises import case, check, hint, sandbox, stub
from dropnorm.exercises.sandbox import guarded

NAME = "dropout-backward"
ALARM = getattr(signal, "SIGALRM", None)  # Windows has none
needs_alarm = pytest.mark.skipif(ALARM is None, reason="needs POSIX signals")


def alarm():
    """Who is called at an alarm, and when the next one is."""
    return ALARM and (signal.getsignal(ALARM), signal.getitimer(signal.ITIMER_REAL))


@pytest.fixture(params=[pytest.param("alarm", marks=needs_alarm), "thread"])
def limit(request, monkeypatch):
    if request.param == "thread":
        monkeypatch.setattr(sandbox, "_alarm_is_free", lambda: False)


def right(dy, mask, p):
    return dy * mask / (1 - p)


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


def without_bottom(dy, mask, p):
    return without_bottom(dy, mask, p)


def raising(error):
    def function(dy, mask, p):
        raise error

    return function


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError("not even this")


class Hostile:
    def __array__(self, *args, **kwargs):
        raise RuntimeError("not an array")


class Wicked:
    __name__ = "wicked"

    @property
    def __signature__(self):
        raise RuntimeError("no signature")

    def __call__(self, *args):
        return None


def changes_its_list(batches):
    batches.pop()
    return batches[0].mean(axis=0), batches[0].var(axis=0)


@pytest.mark.parametrize("function", [for_ever, for_ever_and_catching_all, asleep])
def test_an_endless_loop_is_stopped_in_time(function, limit):
    start, before = time.monotonic(), alarm()
    verdict = check(NAME, function, seconds=0.15)
    assert verdict.diagnosis == "time" and "end in time" in verdict.message
    assert time.monotonic() - start < 15
    assert alarm() == before
    assert check(NAME, right).passed


@pytest.mark.parametrize(
    ("function", "diagnosis", "words"),
    [
        (raising(ValueError("the reason")), "exception", "ValueError: the reason"),
        (raising(Unprintable()), "exception", "Unprintable"),
        (raising(AssertionError()), "exception", "AssertionError"),
        (raising(MemoryError()), "exception", "MemoryError"),
        (raising(BaseException("odd")), "exit", "BaseException"),
        (raising(NotImplementedError()), "not-written", "still waits"),
        (lambda dy, mask, p: sys.exit(), "exit", "SystemExit"),
        (lambda dy, mask, p: sys.exit("over"), "exit", "SystemExit"),
        (without_bottom, "recursion", "calls itself"),
        (lambda dy, mask, p: None, "nothing-returned", "`return`"),
        (lambda dy, mask, p: ..., "nothing-returned", "`return`"),
        (lambda dy, mask, p: "a text", "wrong-type", "real numbers"),
        (lambda dy, mask, p: dy + 1j, "wrong-type", "complex128"),
        (lambda dy, mask, p: Hostile(), "wrong-type", "Hostile"),
        (lambda dy, mask, p: [[1, 2], [3]], "wrong-type", "list"),
        (lambda dy, mask, p: (value for value in dy), "wrong-type", "generator"),
        (lambda dy, mask, p: right, "wrong-type", "function"),
        (lambda dy, mask, p: (dy, mask), "wrong-count", "tuple of 2"),
        (lambda dy, mask, p: np.nan * dy, "not-finite", "NaN"),
        (lambda dy, mask, p: dy / 0, "not-finite", "NaN"),
        (lambda dy, mask, p: np.broadcast_to(0.0, (10**6, 10**6)), "wrong-shape", "far larger"),
        (lambda dy, mask, p: dy[0, 0], "wrong-shape", "came ()"),
        (lambda dy, mask, p: [], "wrong-shape", "came (0,)"),
        (lambda dy, mask, p: dy.resize((1, 1), refcheck=False), "changed-input", "dy"),
        (lambda dy, mask: dy, "wrong-arguments", "(dy, mask); it is called with 3"),
        (lambda dy, mask, p, q: dy, "wrong-arguments", "(dy, mask, p)"),
        (lambda: 0, "wrong-arguments", "()"),
        (np.zeros(3), "not-callable", "ndarray"),
        (None, "not-callable", "NoneType"),
        ("dropout_backward", "not-callable", "str"),
        (Wicked(), "nothing-returned", "`return`"),
        (print, "nothing-returned", "`return`"),
        (int, "exception", "TypeError"),
    ],
)
def test_every_kind_of_trouble_gets_its_own_answer(function, diagnosis, words, limit):
    verdict = check(NAME, function)
    assert not verdict.passed
    assert verdict.diagnosis == diagnosis, verdict.message
    assert words in verdict.message
    assert repr(verdict) == str(verdict) == verdict.message
    assert len(verdict.message) < 2000


def test_the_readers_line_is_shown_where_it_failed():
    def faulty(dy, mask, p):
        scale = 1 / (1 - p)
        return dy @ np.ones(7) * scale

    message = check(NAME, faulty).message
    assert "at the line: return dy @ np.ones(7) * scale" in message
    assert "In the case “p = 0.5, 2 × 3”" in message


def test_a_list_that_was_given_may_not_be_changed():
    assert check("recalibrate", changes_its_list).diagnosis == "changed-input"


def test_what_is_printed_is_kept_short_and_does_not_reach_the_screen(capsys, limit):
    def talkative(dy, mask, p):
        for _ in range(10_000):
            print("look here", file=sys.stdout)
            print("and here", file=sys.stderr)
        return dy

    verdict = check(NAME, talkative)
    assert verdict.diagnosis == "passed-through" and "look here" in verdict.message
    assert len(verdict.message) < 1500
    assert capsys.readouterr() == ("", "")


def test_warnings_and_settings_of_numpy_are_the_readers_own(recwarn, limit):
    with np.errstate(all="raise"):
        assert check(NAME, lambda dy, mask, p: dy / 0).diagnosis == "not-finite"
        assert check("monte-carlo-mean", lambda z: (np.exp(z), z)).diagnosis != "right"
        assert np.geterr()["over"] == "raise"
    assert len(recwarn) == 0


@pytest.mark.parametrize("kind", ["int", "float", "bool"])
def test_python_numbers_and_lists_are_as_good_as_arrays(kind):
    if kind == "int":
        assert check("conv-output-size", lambda n, k, s, p: int((n + 2 * p - k) // s + 1)).passed
    elif kind == "float":
        assert check("interaction", lambda p, d, n, b: float(((b - n) - (d - p)).mean())).passed
    else:
        assert check(NAME, lambda dy, mask, p: right(dy, mask, p).tolist()).passed


def test_control_c_is_passed_on_and_leaves_everything_as_it_was(limit):
    before, screen = alarm(), sys.stdout
    with pytest.raises(KeyboardInterrupt):
        check(NAME, raising(KeyboardInterrupt()))
    assert alarm() == before and sys.stdout is screen


@needs_alarm  # where os.kill sends signals; on Windows it ends the process
def test_a_real_control_c_stops_an_endless_loop(limit):
    before = signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # a shell starts background jobs without it
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


def test_a_check_within_a_check_is_allowed():
    def curious(dy, mask, p):
        assert check(NAME, right).passed
        return right(dy, mask, p)

    assert check(NAME, curious).passed


def test_the_outcome_of_a_guarded_call_says_what_came():
    assert guarded(lambda: 7, 1.0).value == 7
    assert isinstance(guarded(lambda: 1 / 0, 1.0).error, ZeroDivisionError)
    assert guarded(lambda: print("x" * 1000), 1.0).printed == "x" * sandbox.KEPT


@pytest.mark.parametrize("ask", [lambda name: check(name, right), hint, stub])
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("dropout-bakward", "Did you mean 'dropout-backward'"),
        ("Dropout-Backward", "Did you mean 'dropout-backward'"),
        ("quiche", "There are dropout-forward, "),
        (None, "name=None"),
        (right, "There are"),
    ],
)
def test_an_unknown_exercise_is_an_error_that_lists_the_names(ask, name, message):
    with pytest.raises(ValueError, match="no such exercise") as error:
        ask(name)
    assert message in str(error.value)


def test_without_torch_the_other_referees_judge():
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from dropnorm.exercises import check\n"
        "verdict = check('dropout-backward', lambda dy, mask, p: dy * mask / (1 - p))\n"
        "assert verdict.passed and 'central differences' in verdict.message and 'PyTorch' not in verdict.message\n"
        "assert check('dropout-backward', lambda dy, mask, p: dy).diagnosis == 'passed-through'\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_check_waits_for_no_import_of_torch_and_an_answer_that_imports_it_has_its_time():
    code = (
        "import sys, time; from dropnorm.exercises import check\n"
        "assert check('dropout-backward', lambda dy, mask, p: dy * mask / (1 - p)) and 'torch' not in sys.modules\n"
        "def f(dy, mask, p):\n    import torch\n    return torch.tensor(dy * mask / (1 - p)).numpy()\n"
        "assert 'PyTorch' in check('dropout-backward', f, seconds=0.2).message\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_import_that_nobody_foresees_is_not_cut_off(tmp_path, monkeypatch, limit):
    (tmp_path / "slow_to_import.py").write_text(
        "import time\nend = time.process_time() + 0.5\nwhile time.process_time() < end: pass\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert guarded(lambda: __import__("slow_to_import").__name__, 0.1).value == "slow_to_import"


def test_importing_the_exercises_does_not_import_torch():
    code = "import sys, dropnorm.exercises; assert 'torch' not in sys.modules and 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_time_counts_only_while_the_processor_works_for_the_reader(limit):
    assert guarded(lambda: time.sleep(0.25) or "slow, but there", 0.1).value == "slow, but there"
    assert isinstance(guarded(lambda: time.sleep(20), 0.1).error, sandbox.TimeUp)


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


def asking(dy, mask, p):
    return input()


def debugging(dy, mask, p):
    breakpoint()


def debugging_by_hand(dy, mask, p):
    import pdb

    pdb.set_trace()


@pytest.mark.parametrize("function", [asking, debugging, debugging_by_hand])
def test_what_asks_the_keyboard_is_told_how_to_step_through_a_case(function, limit):
    verdict = check(NAME, function)
    assert (
        verdict.diagnosis == "asks"
        and 'case("dropout-backward", "p = 0.5, 2 × 3")' in verdict.message
    )
    assert np.array_equal(right(*case(NAME, "p = 0.5, 2 × 3")), [[2, 0, 6], [0, -4, -6]])


def test_a_case_that_there_is_not_is_an_error_that_lists_them():
    with pytest.raises(ValueError, match=r"no such case. There are 'p = 0.5, 2 × 3'"):
        case(NAME, "p = 7")


@pytest.mark.parametrize("kind", ["exit", "quit"])
def test_exit_in_a_shell_does_not_end_it_later(kind, limit):
    shell = InteractiveShell.instance()
    try:
        leave = autocall.ExitAutocall(shell)
        leave.rewritten = False
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                InteractiveShell,
                "ask_exit",
                lambda self: pytest.fail("the shell would end"),
                raising=False,
            )
            assert check(NAME, lambda dy, mask, p: leave()).diagnosis == "exit"
    finally:
        InteractiveShell.clear_instance()


def test_numpy_is_put_back_whoever_replaced_a_function(limit):
    array, where = np.array, np.where

    def patches(dy, mask, p):
        np.array = None
        return dy

    verdict = check(NAME, patches)
    assert (
        verdict.diagnosis == "patched-numpy" and "np.array" in verdict.message and np.array is array
    )
    np.where = 3
    assert "np.where" in check(NAME, right).message and np.where is where
    assert check(NAME, right).passed


def test_a_recursion_limit_that_the_code_lifts_is_put_back(limit):
    def deep(dy, mask, p):
        sys.setrecursionlimit(10**8)
        return deep(dy, mask, p)

    before = sys.getrecursionlimit()
    assert check(NAME, deep).diagnosis == "recursion" and sys.getrecursionlimit() == before


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is limited on Linux only")
def test_memory_is_limited_and_the_limit_lifted_again(limit):
    import resource

    before = resource.getrlimit(resource.RLIMIT_AS)
    verdict = check(NAME, lambda dy, mask, p: np.zeros(2 * sandbox.MEMORY, np.uint8))
    assert verdict.diagnosis == "exception" and "Unable to allocate" in verdict.message
    assert resource.getrlimit(resource.RLIMIT_AS) == before
