"""What the reader has done, in a file, and how ``check`` adds to it.

The file and the entry in the browser's storage of the book's website have one format, described
here and nowhere else. It is JSON, an object with

- ``"format"``: ``"dropnorm-progress"``, and ``"version"``: 1;
- ``"read"``: chapters read, such as ``"05-dropout-from-scratch"``, with the time;
- ``"answers"``: quiz questions, named by a hash of their words and choices, with the choice last
  checked, counted from 0;
- ``"exercises"``: exercises ticked, such as ``"ex-05-hand"``, with the time; - ``"checks"``: coding
exercises that ``check`` found right, such as ``"dropout-backward"``, with the
  time of the first.

All four objects may be missing. Names consist of letters, digits, ``_``, ``.`` and ``-``, 80 at
most. Times are in UTC, to the second: ``"2026-11-22T10:30:00Z"``.
"""

import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FORMAT, VERSION = "dropnorm-progress", 1

SECTIONS = ("read", "answers", "exercises", "checks")
# the environment variable that names the file; without it nothing is kept
PROGRESS_ENV = "DROPNORM_PROGRESS"
LOCK_SECONDS = 5.0  # to wait for another kernel
STALE_SECONDS = 30.0  # after which another kernel is taken for dead


class UnsupportedVersionError(ValueError):
    """The file was written by another version of the course."""


def read(path: Path) -> dict[str, Any]:
    """The content of a progress file; an empty one if there is none.

    Raises
    ------
    UnsupportedVersionError
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
        version = content.get("version")
        raise UnsupportedVersionError(f"it has version {version!r}, expected {VERSION}")
    for section in SECTIONS:
        if not isinstance(content.setdefault(section, {}), dict):
            raise ValueError(f"{section!r} is no object")
    return content


def write(path: Path, content: dict[str, Any]) -> None:
    """Write a progress file; cut off at any point, it is the old or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with open(handle, "w", encoding="utf-8") as file:
            file.write(json.dumps(content, indent=2) + "\n")
            file.flush()
            os.fsync(file.fileno())  # or a power cut leaves an empty file under the new name
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def record(name: str) -> str:
    """Note in the file that an exercise was solved, if it is not noted yet; raises nothing.

    Returns
    -------
    str
        What went wrong, for the reader; empty if nothing did, or if there is to be no file.
    """
    if not (name_of_file := os.environ.get(PROGRESS_ENV)):
        return ""
    path, warning = Path(name_of_file), ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path):
            try:
                content = read(path)
            except UnsupportedVersionError as error:
                return f"(Not noted in {path}: {error}.)"
            except ValueError as error:
                copy = _set_aside(path)
                warning = (
                    f"({path} was damaged: {error}. It is now {copy.name}; a new one was begun.)"
                )
                content = read(path)
            if name not in content["checks"]:
                content["checks"][name] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
                write(path, content)
    except (OSError, ValueError) as error:
        return f"(Not noted in {path}: {error}. Your answer is right all the same.)"
    return warning


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep other kernels out meanwhile, by a file beside it that only one of them can make.

    Raises
    ------
    TimeoutError
        Another kernel has it for ``LOCK_SECONDS``, and made it less than ``STALE_SECONDS`` ago.
    """
    lock, start = path.with_name(f".{path.name}.lock"), time.monotonic()
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
            break
        except (FileExistsError, PermissionError):  # Windows: while it is being deleted
            try:
                abandoned = time.time() - lock.stat().st_mtime > STALE_SECONDS
            except FileNotFoundError:
                abandoned = False
            if abandoned:  # its kernel was killed
                _remove(lock)
            elif time.monotonic() - start > LOCK_SECONDS:
                raise TimeoutError(f"another kernel holds {lock.name}") from None
            time.sleep(0.01)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _remove(lock: Path) -> None:
    """Remove a lock, unless another of those who wait has; only one of them can rename it."""
    own = lock.with_name(f"{lock.name}.{os.getpid()}")
    with suppress(OSError):
        os.replace(lock, own)
        own.unlink()


def _set_aside(path: Path) -> Path:
    """Rename a damaged file; its new path."""
    number = 1
    while (new := path.with_name(f"{path.stem}.damaged-{number}{path.suffix}")).exists():
        number += 1
    return path.rename(new)
