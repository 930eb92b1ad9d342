"""What ``check`` notes in the reader's file of progress."""

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
    monkeypatch.setenv(progress.VARIABLE, str(path))
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
    assert [file.name for file in path.parent.iterdir()] == ["progress.json"], "nothing is left beside it"


def test_without_the_variable_nothing_is_noted(path, monkeypatch, tmp_path):
    for value in (None, ""):
        monkeypatch.delenv(progress.VARIABLE) if value is None else monkeypatch.setenv(progress.VARIABLE, value)
        check(NAME, right)
    assert list(tmp_path.iterdir()) == []


def test_the_time_of_the_first_success_stays_and_so_does_all_else_in_the_file(path):
    path.parent.mkdir()
    content = {"format": "dropnorm-progress", "version": 1, "read": {"05-x": "2026-01-02T03:04:05Z"}, "answers": {"a1": 2}}
    content |= {"exercises": {"ex-05-hand": "2026-01-02T03:04:05Z"}, "checks": {NAME: "2026-01-02T03:04:05Z"}, "ours": 1}
    path.write_text(json.dumps(content), encoding="utf-8")
    check(NAME, right)
    assert json.loads(path.read_text(encoding="utf-8")) == content
    progress.record("conv-forward")
    after = json.loads(path.read_text(encoding="utf-8"))
    assert re.fullmatch(TIME, after["checks"].pop("conv-forward")) and after == content


DAMAGED = ["", "{", "[]", "null", "5", "{}", '{"format": "dropnorm-progress", "version": 1, "checks": []}', "[" * 100_000]


@pytest.mark.parametrize("damaged", [*DAMAGED, b"\xff\xfe\x00"])
def test_a_damaged_file_is_kept_aside_and_the_reader_is_told(path, damaged):
    damaged = damaged.encode() if isinstance(damaged, str) else damaged
    path.parent.mkdir()
    for number in (1, 2):
        path.write_bytes(damaged)
        verdict = check(NAME, right)
        assert verdict.passed and verdict.message.startswith("✓ ") and f"{path} was damaged: " in verdict.message
        assert f"It is now progress.damaged-{number}.json; a new one was begun." in verdict.message
        assert (path.parent / f"progress.damaged-{number}.json").read_bytes() == damaged
        assert noted(path) == [NAME]


def test_a_file_of_another_version_is_left_alone_and_the_reader_is_told(path):
    path.parent.mkdir()
    path.write_text(text := '{"format": "dropnorm-progress", "version": 2}', encoding="utf-8")
    verdict = check(NAME, right)
    assert verdict.passed and verdict.message.endswith(f"(Not noted in {path}: it has version 2, expected 1.)")
    assert path.read_text(encoding="utf-8") == text and len(list(path.parent.iterdir())) == 1


@pytest.mark.parametrize("what", ["a folder", "below a file", "nul"])
def test_a_file_that_cannot_be_written_is_no_exception(path, tmp_path, monkeypatch, what):
    if what == "a folder":
        path.mkdir(parents=True)
    elif what == "below a file":
        (tmp_path / "my-course").touch()
    else:
        monkeypatch.setattr(progress.os, "environ", {progress.VARIABLE: "a\0b"})
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


def test_checks_at_the_same_time_leave_a_sound_file(path):
    names = [f"exercise-{i}" for i in range(40)]
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(progress.record, names)) == {""}
    assert set(noted(path)) <= set(names) and not list(path.parent.glob("*damaged*"))


# --- the book's own solutions


def test_a_check_in_an_assert_is_the_books_own_and_is_not_noted(path):
    assert check(NAME, right).passed
    assert all(
        check(NAME, function).passed
        for function in (right,)
    )  # fmt: skip
    assert not path.exists()
    verdict = check(NAME, right)
    assert verdict.passed and noted(path) == [NAME]


CELLS = [
    "from dropnorm.exercises import check\n\ndef right(dy, mask, p):\n    return dy * mask / (1 - p)",
    f"assert check('{NAME}', right).passed",
    f"%time\nfor f in [right]:\n    assert check(\n        '{NAME}', f\n    ).passed",
    f"assert 1 + 1 == 2\ncheck('{NAME}', right)",
]


def test_in_a_notebook_too(path, capsys):
    shell = InteractiveShell()
    for cell in CELLS[:-1]:
        shell.run_cell(cell, store_history=True).raise_error()
        assert not path.exists()
    shell.run_cell(CELLS[-1], store_history=True).raise_error()
    assert noted(path) == [NAME] and "✓ dropout-backward" in capsys.readouterr().out


def test_where_the_source_is_unknown_a_check_is_the_readers(path):
    code = f"from dropnorm.exercises import check; check('{NAME}', lambda dy, mask, p: dy * mask / (1 - p))"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert noted(path) == [NAME]
