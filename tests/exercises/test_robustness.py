"""Whatever the reader's function does, ``check`` answers; Ctrl-C alone is passed on."""

import subprocess
import sys

import numpy as np
import pytest
from IPython.core import autocall
from IPython.core.interactiveshell import InteractiveShell
from reader_code import NAME, raising, right

from dropnorm.exercises import case, check, hint, sandbox, stub
from dropnorm.exercises.sandbox import guarded


def without_bottom(dy, mask, p):
    return without_bottom(dy, mask, p)


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


@pytest.mark.parametrize(
    ("function", "diagnosis", "part"),
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
def test_every_kind_of_trouble_gets_its_own_answer(function, diagnosis, part, limit):
    verdict = check(NAME, function)
    assert not verdict.passed
    assert verdict.diagnosis == diagnosis, verdict.message
    assert part in verdict.message
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


def test_a_check_within_a_check_is_allowed():
    def curious(dy, mask, p):
        assert check(NAME, right).passed
        return right(dy, mask, p)

    assert check(NAME, curious).passed


def test_the_outcome_of_a_guarded_call_says_what_came():
    assert guarded(lambda: 7, 1.0).value == 7
    assert isinstance(guarded(lambda: 1 / 0, 1.0).error, ZeroDivisionError)
    assert guarded(lambda: print("x" * 1000), 1.0).printed == "x" * sandbox.MAX_OUTPUT_CHARS


@pytest.mark.parametrize("ask", [lambda name: check(name, right), hint, stub])
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("dropout-bakward", "Did you mean 'dropout-backward'"),
        ("Dropout-Backward", "Did you mean 'dropout-backward'"),
        ("quiche", "There are early-stopping, "),
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
        "assert verdict.passed and 'central differences' in verdict.message\n"
        "assert 'PyTorch' not in verdict.message\n"
        "assert check('dropout-backward', lambda dy, mask, p: dy).diagnosis == 'passed-through'\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_check_waits_for_no_import_of_torch_and_an_answer_that_imports_it_has_its_time():
    code = (
        "import sys, time; from dropnorm.exercises import check\n"
        "assert check('dropout-backward', lambda dy, mask, p: dy * mask / (1 - p))\n"
        "assert 'torch' not in sys.modules\n"
        "def f(dy, mask, p):\n"
        "    import torch\n"
        "    return torch.tensor(dy * mask / (1 - p)).numpy()\n"
        "assert 'PyTorch' in check('dropout-backward', f, seconds=0.2).message\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_importing_the_exercises_does_not_import_torch():
    code = "import sys, dropnorm.exercises\nassert not {'torch', 'matplotlib'} & {*sys.modules}\n"
    subprocess.run([sys.executable, "-c", code], check=True)


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
    assert verdict.diagnosis == "asks"
    assert 'case("dropout-backward", "p = 0.5, 2 × 3")' in verdict.message
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
    assert verdict.diagnosis == "patched-numpy" and "np.array" in verdict.message
    assert np.array is array
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
    verdict = check(NAME, lambda dy, mask, p: np.zeros(2 * sandbox.MAX_EXTRA_BYTES, np.uint8))
    assert verdict.diagnosis == "exception" and "Unable to allocate" in verdict.message
    assert resource.getrlimit(resource.RLIMIT_AS) == before
