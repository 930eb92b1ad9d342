"""What the reader has done, in a file, and how ``check`` adds to it.

The file and the entry in the browser's storage of the book's website have one format, described here and nowhere else. It is
JSON, an object with

- ``"format"``: ``"dropnorm-progress"``, and ``"version"``: 1;
- ``"read"``: chapters read, such as ``"05-dropout-from-scratch"``, with the time;
- ``"answers"``: quiz questions, named by a hash of their words and choices, with the choice last checked, counted from 0;
- ``"exercises"``: exercises ticked, such as ``"ex-05-hand"``, with the time;
- ``"checks"``: coding exercises that ``check`` found right, such as ``"dropout-backward"``, with the time of the first.

All four objects may be missing. Names consist of letters, digits, ``_``, ``.`` and ``-``, 80 at most. Times are in UTC, to
the second: ``"2026-11-22T10:30:00Z"``.
"""

import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

FORMAT, VERSION = "dropnorm-progress", 1

VARIABLE = "DROPNORM_PROGRESS"
"""The environment variable that names the file; without it nothing is kept."""

WAIT, STALE = 5.0, 30.0
"""Seconds to wait for another kernel, and after which it is taken for dead."""

SECTIONS = ("read", "answers", "exercises", "checks")


class Foreign(ValueError):
    """The file was written by another version of the course."""


def read(path: Path) -> dict:
    """The content of a progress file; an empty one if there is none.

    Raises
    ------
    Foreign
        It has another version.
    ValueError
        It is damaged, or something else.
    OSError
        It cannot be read.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        content = {"format": FORMAT, "version": VERSION}
    except RecursionError:
        raise ValueError("it is nested without end") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(f"expected an object with format {FORMAT!r}")
    if content.get("version") != VERSION:
        raise Foreign(f"it has version {content.get('version')!r}, expected {VERSION}")
    for section in SECTIONS:
        if not isinstance(content.setdefault(section, {}), dict):
            raise ValueError(f"{section!r} is no object")
    return content


def write(path: Path, content: dict) -> None:
    """Write a progress file; cut off at any point, it is the old or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with open(handle, "w", encoding="utf-8") as file:
            file.write(json.dumps(content, indent=2) + "\n")
            file.flush()
            os.fsync(file.fileno())  # or a power cut leaves an empty file under the new name
        os.replace(beside, path)
    except BaseException:
        os.unlink(beside)
        raise


def record(name: str) -> str:
    """Note in the file that an exercise was solved, unless it is there already; whatever happens, nothing is raised.

    Returns
    -------
    str
        What went wrong, for the reader; empty if nothing did, or if no file is wanted.
    """
    if not (place := os.environ.get(VARIABLE)):
        return ""
    path, trouble = Path(place), ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(path):
            try:
                content = read(path)
            except Foreign as error:
                return f"(Not noted in {path}: {error}.)"
            except ValueError as error:
                aside = _set_aside(path)
                trouble = (
                    f"({path} was damaged: {error}. It is now {aside.name}; a new one was begun.)"
                )
                content = read(path)
            if name not in content["checks"]:
                content["checks"][name] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
                write(path, content)
    except (OSError, ValueError) as error:
        return f"(Not noted in {path}: {error}. Your answer is right all the same.)"
    return trouble


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other kernels out meanwhile, by a file beside it that only one can make; NumPy alone is needed, on any system.

    Raises
    ------
    TimeoutError
        Somebody else has it for ``WAIT`` seconds, and was there less than ``STALE`` seconds ago.
    """
    lock, since = path.with_name(f".{path.name}.lock"), time.monotonic()
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
            break
        except (FileExistsError, PermissionError):  # Windows: while it is being deleted
            try:
                abandoned = time.time() - lock.stat().st_mtime > STALE
            except FileNotFoundError:
                abandoned = False
            if abandoned:  # its kernel was killed; a rename succeeds for one of those who wait only
                _take_away(lock)
            elif time.monotonic() - since > WAIT:
                raise TimeoutError(f"another kernel holds {lock.name}") from None
            time.sleep(0.01)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _take_away(lock: Path) -> None:
    aside = lock.with_name(f"{lock.name}.{os.getpid()}")
    try:
        os.replace(lock, aside)
        aside.unlink()
    except OSError:
        pass


def _set_aside(path: Path) -> Path:
    number = 1
    while (aside := path.with_name(f"{path.stem}.damaged-{number}{path.suffix}")).exists():
        number += 1
    return path.rename(aside)
