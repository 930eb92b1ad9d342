"""What ``check`` notes in the reader's file of progress."""

import inspect
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from IPython.core.interactiveshell import InteractiveShell

from dropnorm.exercises import check, progress

NAME = "dropout-backward"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


def right(dy, mask, p):
    return dy * mask / (1 - p)


def wrong(dy, mask, p):
    return dy * mask


@pytest.fixture
def path(tmp_path, monkeypatch):
    path = tmp_path / "my-course" / "progress.json"
    monkeypatch.setenv(progress.PROGRESS_ENV, str(path))
    return path


def noted(path) -> list[str]:
    return list(json.loads(path.read_text(encoding="utf-8"))["checks"])


def test_what_is_right_is_noted_with_its_time_and_what_is_wrong_is_not(path):
    check(NAME, wrong)
    assert not path.exists()
    message = check(NAME, right).message
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["format"] == "dropnorm-progress" and content["version"] == 1
    assert list(content["checks"]) == [NAME] and re.fullmatch(TIME, content["checks"][NAME])
    assert "progress" not in message, "nothing is said of it"
    assert [file.name for file in path.parent.iterdir()] == ["progress.json"], (
        "nothing is left beside it"
    )


def test_without_the_variable_nothing_is_noted(path, monkeypatch, tmp_path):
    for value in (None, ""):
        monkeypatch.delenv(progress.PROGRESS_ENV) if value is None else monkeypatch.setenv(
            progress.PROGRESS_ENV, value
        )
        check(NAME, right)
    assert list(tmp_path.iterdir()) == []


def test_the_time_of_the_first_success_stays_and_so_does_all_else_in_the_file(path):
    path.parent.mkdir()
    content = {
        "format": "dropnorm-progress",
        "version": 1,
        "read": {"05-x": "2026-01-02T03:04:05Z"},
        "answers": {"a1": 2},
    }
    content |= {
        "exercises": {"ex-05-hand": "2026-01-02T03:04:05Z"},
        "checks": {NAME: "2026-01-02T03:04:05Z"},
        "ours": 1,
    }
    path.write_text(json.dumps(content), encoding="utf-8")
    check(NAME, right)
    assert json.loads(path.read_text(encoding="utf-8")) == content
    progress.record("conv-forward")
    after = json.loads(path.read_text(encoding="utf-8"))
    assert re.fullmatch(TIME, after["checks"].pop("conv-forward")) and after == content


DAMAGED = [
    "",
    "{",
    "[]",
    "null",
    "5",
    "{}",
    '{"format": "dropnorm-progress", "version": 1, "checks": []}',
    "[" * 100_000,
]


@pytest.mark.parametrize("damaged", [*DAMAGED, b"\xff\xfe\x00"])
def test_a_damaged_file_is_kept_aside_and_the_reader_is_told(path, damaged):
    damaged = damaged.encode() if isinstance(damaged, str) else damaged
    path.parent.mkdir()
    for number in (1, 2):
        path.write_bytes(damaged)
        verdict = check(NAME, right)
        assert (
            verdict.passed
            and verdict.message.startswith("✓ ")
            and f"{path} was damaged: " in verdict.message
        )
        assert f"It is now progress.damaged-{number}.json; a new one was begun." in verdict.message
        assert (path.parent / f"progress.damaged-{number}.json").read_bytes() == damaged
        assert noted(path) == [NAME]


def test_a_file_of_another_version_is_left_alone_and_the_reader_is_told(path):
    path.parent.mkdir()
    path.write_text(text := '{"format": "dropnorm-progress", "version": 2}', encoding="utf-8")
    verdict = check(NAME, right)
    assert verdict.passed and verdict.message.endswith(
        f"(Not noted in {path}: it has version 2, expected 1.)"
    )
    assert path.read_text(encoding="utf-8") == text and len(list(path.parent.iterdir())) == 1


@pytest.mark.parametrize("what", ["a folder", "below a file", "nul"])
def test_a_file_that_cannot_be_written_is_no_exception(path, tmp_path, monkeypatch, what):
    if what == "a folder":
        path.mkdir(parents=True)
    elif what == "below a file":
        (tmp_path / "my-course").touch()
    else:
        monkeypatch.setattr(progress.os, "environ", {progress.PROGRESS_ENV: "a\0b"})
    verdict = check(NAME, right)
    assert verdict.passed and "(Not noted in " in verdict.message
    assert verdict.message.endswith("Your answer is right all the same.)")


def test_cut_off_at_any_point_the_file_is_the_old_or_the_new_one(path, monkeypatch):
    progress.record("conv-forward")
    old = path.read_bytes()

    def cut_off(*_, **__):
        raise KeyboardInterrupt

    for owner, name in ((os, "replace"), (json, "dumps")):
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(owner, name, cut_off)
            progress.record(NAME)
        assert path.read_bytes() == old and len(list(path.parent.iterdir())) == 1
    progress.record(NAME)
    assert noted(path) == ["conv-forward", NAME]


def test_checks_at_the_same_time_are_all_noted(path):
    names = [f"exercise-{i}" for i in range(40)]
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(progress.record, names)) == {""}
    assert set(noted(path)) == set(names) and [file.name for file in path.parent.iterdir()] == [
        path.name
    ]


def test_two_kernels_lose_nothing_of_each_other(path):
    code = "import sys; from dropnorm.exercises import progress\n"
    code += "for i in range(50): assert progress.record(f'{sys.argv[1]}-{i}') == ''"
    kernels = [subprocess.Popen([sys.executable, "-c", code, name]) for name in "ab"]
    assert [kernel.wait(60) for kernel in kernels] == [0, 0]
    assert set(noted(path)) == {f"{name}-{i}" for name in "ab" for i in range(50)}


def test_a_kernel_that_was_killed_holds_nobody_up_for_long(path, monkeypatch):
    path.parent.mkdir()
    lock = path.with_name(f".{path.name}.lock")
    lock.touch()
    monkeypatch.setattr(progress, "LOCK_SECONDS", 0.05)
    verdict = check(NAME, right)
    assert verdict.passed and "another kernel holds" in verdict.message and not path.exists()
    os.utime(lock, (0, 0))
    assert "Not noted" not in check(NAME, right).message
    assert noted(path) == [NAME] and [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_is_said_and_leaves_the_file_as_it_was(path, monkeypatch, call):
    progress.record("conv-forward")
    old = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(progress.os, call, full)
        verdict = check(NAME, right)
    assert verdict.passed and "No space left on device" in verdict.message
    assert path.read_bytes() == old and [file.name for file in path.parent.iterdir()] == [path.name]


# --- whatever the check stands in


def test_a_check_in_an_assert_is_noted_and_a_failed_one_fails(path):
    with pytest.raises(AssertionError):
        assert check(NAME, wrong)
    assert not path.exists() and not check(NAME, wrong)
    assert check(NAME, right)
    assert noted(path) == [NAME]


def test_in_a_notebook_too(path, capsys):
    shell = InteractiveShell()
    shell.run_cell(
        f"from dropnorm.exercises import check\n\n{inspect.getsource(right)}", store_history=True
    ).raise_error()
    shell.run_cell(f"check({NAME!r}, right)", store_history=True).raise_error()
    assert noted(path) == [NAME] and "✓ dropout-backward" in capsys.readouterr().out
    shell.run_cell(
        "assert check('relu-backward', lambda dy, x: dy * (x > 0))", store_history=True
    ).raise_error()
    assert noted(path) == [NAME, "relu-backward"]


def test_where_the_source_is_unknown_a_check_is_the_readers(path):
    answer = "lambda dy, mask, p: dy * mask / (1 - p)"
    code = f"from dropnorm.exercises import check; check('{NAME}', {answer})"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert noted(path) == [NAME]
