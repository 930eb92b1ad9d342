"""Exercises in files: each save is checked, the next one begins by itself, nothing is lost."""

import os
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from dropnorm.exercises import exercises, files, stub
from dropnorm.exercises.catalogue import CATALOGUE
from dropnorm.exercises.progress import PROGRESS_ENV

FIRST, SECOND = list(CATALOGUE)[:2]
RIGHT = {
    "conv-output-size": (
        "def conv_output_size(size, kernel, stride, padding):\n"
        "    return (size + 2 * padding - kernel) // stride + 1\n"
    )
}
NAME, FILE = "conv-output-size", "04-conv-output-size.py"


def command(*arguments: str, folder: Path) -> list[str]:
    return [sys.executable, "-u", "-m", "dropnorm", "exercises", *arguments]


def environment(folder: Path) -> dict[str, str]:
    return os.environ | {PROGRESS_ENV: str(folder / "progress.json"), "PYTHONUTF8": "1"}


def run(*arguments: str, folder: Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        command(*arguments, folder=folder),
        env=environment(folder),
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=600,
    )


@pytest.fixture
def watch(tmp_path):
    """A watch, as a function that waits for a line with certain words; it ends with the test."""
    process = subprocess.Popen(
        command("watch", NAME, "--folder", str(tmp_path / "mine"), folder=tmp_path),
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    lines: queue.Queue[str] = queue.Queue()
    threading.Thread(target=lambda: [lines.put(line) for line in process.stdout]).start()

    def wait_for(words: str, seconds: float = 600) -> str:
        seen, end = [], time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                seen.append(lines.get(timeout=1))
            except queue.Empty:
                continue
            if words in seen[-1]:
                return seen[-1]
        raise AssertionError(f"{words!r} did not come, but {seen}")

    yield wait_for
    process.kill()
    process.wait()


def save(path: Path, text: str) -> None:
    """Write a file as editors do that put the new one in the place of the old."""
    beside = path.with_suffix(".tmp")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, path)


def test_each_save_is_checked_until_it_is_right_and_then_the_next_one_begins(watch, tmp_path):
    watch("Edit")
    file = tmp_path / "mine" / FILE
    time.sleep(3)  # the watch looks at the folder first
    save(file, RIGHT[NAME].replace("+ 1", ""))
    watch("not yet (one-forgotten)")
    save(file, "import os\nos._exit(5)\n")
    watch(FILE)
    save(file, "def conv_output_size(:\n")
    watch("SyntaxError")
    save(file, RIGHT[NAME])
    watch("✓ conv-output-size")
    following = files.following(NAME, {NAME})
    assert str(files.path_of(following, tmp_path / "mine")) in watch("Edit")
    assert stub(following.name) in files.path_of(following, tmp_path / "mine").read_text("utf-8")


def test_a_file_is_checked_by_itself_and_its_exit_code_says_whether_it_is_right(tmp_path):
    file = tmp_path / FILE
    for text, code, words in (
        (RIGHT[NAME], 0, "✓"),
        (RIGHT[NAME].replace("2 *", ""), 1, "padding-once"),
        ("x = 1", 2, "has no function conv_output_size"),
        ("1 / 0", 2, "ZeroDivisionError"),
    ):
        file.write_text(text, encoding="utf-8")
        done = run("check", str(file), folder=tmp_path)
        assert (done.returncode, words in done.stdout + done.stderr) == (code, True), done
    (tmp_path / "99-nothing.py").touch()
    assert run("check", "99-nothing.py", folder=tmp_path).returncode == 2


def test_the_list_shows_what_is_done_and_what_is_next(tmp_path):
    (tmp_path / FILE).write_text(RIGHT[NAME], encoding="utf-8")
    assert run("check", FILE, folder=tmp_path).returncode == 0
    listed = run(folder=tmp_path).stdout
    (line,) = [line for line in listed.splitlines() if "✓" in line]
    assert NAME in line and f"Next: {FIRST}." in listed


def test_a_listing_has_the_same_marks(tmp_path, monkeypatch):
    monkeypatch.setenv(PROGRESS_ENV, str(tmp_path / "progress.json"))
    assert not any(entry.is_solved for entry in exercises())
    (tmp_path / "progress.json").write_text("damaged", encoding="utf-8")
    assert not any(entry.is_solved for entry in exercises())


def test_begun_anew_the_former_file_is_kept_each_time(tmp_path):
    exercise = CATALOGUE[NAME]
    path = files.begin(exercise, tmp_path)
    for number, text in enumerate(("mine", "mine, again"), 1):
        path.write_text(text, encoding="utf-8")
        assert files.begin(exercise, tmp_path) == path and path.read_text("utf-8") == text
        done = run("reset", NAME, "--folder", str(tmp_path), folder=tmp_path)
        assert done.returncode == 0 and stub(NAME) in path.read_text("utf-8")
        assert (tmp_path / "kept" / f"04-{NAME}.{number}.py").read_text("utf-8") == text


def test_what_is_next_goes_round_and_ends():
    assert files.following(None, set()).name == FIRST
    assert files.following(FIRST, {FIRST}).name == SECOND
    last = list(CATALOGUE)[-1]
    assert files.following(last, {last}).name == FIRST
    assert files.following(last, set(CATALOGUE)) is None


def test_an_exercise_that_does_not_exist_is_named(tmp_path):
    done = run("show", "conv-output-sise", folder=tmp_path)
    assert done.returncode == 2 and "conv-output-size" in done.stderr
    assert "def conv_output_size" in run("show", NAME, folder=tmp_path).stdout
