"""Copies of the chapters for the reader's own work.

They are renewed when the course changes, and never at the cost of that work.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import nbformat
from nbformat import NotebookNode

from coursebook.merge import Merge, mark, merge
from coursebook.plain_notebook import plain
from coursebook.settings import Course
from coursebook.setup_cell import needs_optional, setup_cell

# In the folder of copies: for each notebook the digest of the course's text that is in it, and when
# it was put there.
RECORD = ".copies.json"

# the folder, in that of copies, with the reader's files as they were before an update
KEPT = "kept"


class Entry(TypedDict):
    """What the record has of a notebook."""

    digest: str
    written: float


@dataclass(frozen=True)
class Change:
    """One chapter's update.

    Attributes
    ----------
    name
        Of the chapter's copy, in the folder of copies.
    digest
        Of the course's present text.
    content
        The notebook to be written.
    before
        The reader's file as it is, if it has to be kept.
    merged
        What was carried over, if the reader has worked in the copy.
    """

    name: str
    digest: str
    content: NotebookNode
    before: bytes | None = None
    merged: Merge | None = None


def prepare(course: Course) -> list[str]:
    """Make or renew the copies of all chapters.

    A copy whose text and code the reader left alone is replaced where the course has changed;
    running it is no change. Into the new version of any other the reader's cells are carried over,
    answers by the name of their exercise; the file as it was is kept in ``kept/``, and never
    touched again.

    Returns
    -------
    report
        Sentences for each chapter with the reader's work that was renewed, and one that sums up the
        others.

    Raises
    ------
    ValueError
        A copy or the record is damaged; the message says which file, and what to do. Nothing is
        changed then.
    OSError
        A file cannot be written, as on a full disk. What was there is as it was, or in ``kept/``.
    """
    folder = course.workspace
    record, report, made = _read(folder / RECORD), [], 0
    for change in list(_changes(course, record)):
        target = folder / change.name
        target.parent.mkdir(parents=True, exist_ok=True)
        written = record[change.name]["written"] if change.name in record else 0.0
        if change.merged is None:
            _write(target, nbformat.writes(change.content).encode())
            written, made = target.stat().st_mtime, made + 1
        elif change.before is not None:
            kept = _keep(folder, change.name, change.before)
            times = target.stat()
            if target.read_bytes() != change.before:
                report.append(
                    f"{change.name} was saved just now: it stays as it is until next time."
                )
                continue
            _write(target, nbformat.writes(change.content).encode())
            # it is as recent as the reader's own work in it
            os.utime(target, ns=(times.st_atime_ns, times.st_mtime_ns))
            report.append(_summary(change, change.merged, kept.relative_to(folder)))
        elif change.name not in record:
            # the reader's copy is right as it is: there is nothing to do but to note it
            written = target.stat().st_mtime
        record[change.name] = {"digest": change.digest, "written": written}
        _write(folder / RECORD, json.dumps(record, indent=1).encode())
    return [*report, f"{made} chapters copied to {folder}, {len(record)} there in all."]


def where_left_off(course: Course) -> Path:
    """The chapter that the reader changed or ran last; the first one if there is none.

    Raises
    ------
    ValueError
        There are no copies yet, or their record is damaged.
    """
    folder = course.workspace
    record = _read(folder / RECORD)
    times = {name: (folder / name).stat().st_mtime for name in record if (folder / name).exists()}
    if not times:
        raise ValueError(f"{folder} has no chapters yet")
    # a second is the resolution of some file systems
    worked_on = [name for name in times if times[name] > record[name]["written"] + 1]
    if worked_on:
        return folder / max(worked_on, key=lambda name: times[name])
    return folder / min(times, key=lambda name: Path(name).name)


def _changes(course: Course, record: dict[str, Entry]) -> Iterator[Change]:
    """Of each chapter whose copy is missing, or is not of the course's present version."""
    for part in course.chapters:
        for path in sorted((course.root / part).glob("*.ipynb")):
            new = plain(nbformat.read(path, 4), course)
            if course.optional and needs_optional(new, course):
                new.cells.insert(0, mark(setup_cell(new, course)))
            if change := _change(course.workspace, f"{path.parent.name}/{path.name}", new, record):
                yield change


def _change(folder: Path, name: str, new: NotebookNode, record: dict[str, Entry]) -> Change | None:
    digest, copy, entry = _digest(new), folder / name, record.get(name)
    if not copy.exists():
        return Change(name, digest, new)
    if entry is not None and entry["digest"] == digest:
        return None
    content = copy.read_bytes()
    mine = _notebook(copy, content)
    present = _digest(mine)
    if entry is not None and entry["digest"] == present:
        return Change(name, digest, new)
    merged = merge(mine, new)
    is_same = _digest(merged.notebook) == present
    return Change(name, digest, merged.notebook, None if is_same else content, merged)


def _summary(change: Change, merged: Merge, kept: Path) -> str:
    """What was done with a chapter in which the reader has worked."""
    carried = {"answer": len(merged.answers), "other cell": merged.others}
    counts = [f"{count} {what}{'s' * (count != 1)}" for what, count in carried.items() if count]
    cells = f"with your {' and '.join(counts)} in it" if counts else "no cell was yours"
    text = f"{change.name} has a new version, {cells}; your file as it was is {kept.as_posix()}."
    if merged.changed:
        names = " and ".join(merged.changed)
        text += f" The task has changed since you began {names}: read it anew."
    if merged.gone:
        names = " and ".join(merged.gone)
        text += f" The course asks no more for {names}; your answer is still there."
    return text


def _keep(folder: Path, name: str, content: bytes) -> Path:
    """Put the reader's file under a name that is not taken yet."""
    place, number = folder / KEPT / name, 1
    place.parent.mkdir(parents=True, exist_ok=True)
    while (kept := place.with_name(f"{place.stem}.{number}.ipynb")).exists():
        if kept.read_bytes() == content:
            return kept
        number += 1
    _write(kept, content)
    return kept


def _digest(notebook: NotebookNode) -> str:
    sources = [(cell.cell_type, cell.source) for cell in notebook.cells]
    return hashlib.sha256(json.dumps(sources).encode()).hexdigest()


def _notebook(path: Path, content: bytes) -> NotebookNode:
    try:
        return nbformat.reads(content.decode(), 4)
    except Exception as error:  # nbformat raises many kinds
        raise ValueError(
            f"{path} is no notebook any more ({type(error).__name__}): move it away, and a new "
            "copy is made"
        ) from None


def _read(path: Path) -> dict[str, Entry]:
    if not path.exists():
        return {}
    try:
        return {
            name: {"digest": entry["digest"], "written": entry["written"]}
            for name, entry in json.loads(path.read_text(encoding="utf-8")).items()
        }
    except (ValueError, TypeError, KeyError, AttributeError):
        raise ValueError(
            f"{path} is damaged: delete it; your notebooks stay, and your cells are carried over"
        ) from None


def _write(path: Path, content: bytes) -> None:
    """Write a file; cut off at any point, it is the old or the new one."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(beside, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
