"""Copies of the chapters for the reader's own work, renewed when the course changes, never at the cost of that work."""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from coursebook.merge import Merge, merge
from coursebook.plain_notebook import plain
from dropnorm import repository

ROOT = repository.needed_by("dropnorm.lab")
MINE = ROOT / "my-course"
PARTS = ("intuition", "scratch", "experiments")

BOOK = ".copies.json"
"""In the folder of copies: for each notebook the digest of the course's text that is in it, and when it was put there."""

KEPT = "kept"
"""The folder, in that of copies, with the reader's files as they were before an update."""


@dataclass(frozen=True)
class Change:
    """One chapter's update: its copy, what the reader has there now, and what comes in its place."""

    name: str
    course: str
    content: NotebookNode
    was: bytes | None = None
    merged: Merge | None = None


def prepare(mine: Path = MINE, root: Path = ROOT) -> list[str]:
    """Make or renew the copies of all chapters.

    A copy whose text and code the reader left alone is replaced where the course has changed;
    running it is no change. Into the new version of any other the reader's cells are carried over,
    answers by the name of their exercise; the file as it was is kept in ``kept/``, and never
    touched again.

    Parameters
    ----------
    mine
        The folder of copies; made if it is not there.
    root
        The course's repository.

    Returns
    -------
    report
        Sentences for each chapter with the reader's work that was renewed, and one that sums up the
        others.

    Raises
    ------
    ValueError
        A copy or the folder's list is damaged; the message says which file, and what to do. Nothing
        is changed then.
    OSError
        A file cannot be written, as on a full disk. What was there is as it was, or in ``kept/``.
    """
    known, report, made = _read(mine / BOOK), [], 0
    for change in list(_changes(mine, root, known)):
        target = mine / change.name
        target.parent.mkdir(parents=True, exist_ok=True)
        written = known.get(change.name, {"written": 0.0})["written"]
        if change.merged is None:
            _write(target, nbformat.writes(change.content).encode())
            written, made = target.stat().st_mtime, made + 1
        elif change.was is not None:  # else there is nothing to do but to note it
            kept, touched = _keep(mine, change.name, change.was), target.stat()
            if target.read_bytes() != change.was:
                report.append(
                    f"{change.name} was saved just now: it stays as it is until next time."
                )
                continue
            _write(target, nbformat.writes(change.content).encode())
            os.utime(
                target, ns=(touched.st_atime_ns, touched.st_mtime_ns)
            )  # the reader was there then
            report.append(_told(change, kept.relative_to(mine)))
        elif change.name not in known:
            written = target.stat().st_mtime
        known[change.name] = {"digest": change.course, "written": written}
        _write(mine / BOOK, json.dumps(known, indent=1).encode())
    return [*report, f"{made} chapters copied to {mine}, {len(known)} there in all."]


def where_left_off(mine: Path = MINE) -> Path:
    """The chapter that the reader changed or ran last; the first one if there is none.

    Raises
    ------
    ValueError
        There are no copies yet, or their list is damaged.
    """
    known = {name: entry for name, entry in _read(mine / BOOK).items() if (mine / name).exists()}
    if not known:
        raise ValueError(f"{mine} has no chapters yet: `python -m dropnorm lab` puts them there")
    touched = {name: (mine / name).stat().st_mtime for name in known}
    worked_on = [name for name, entry in known.items() if touched[name] > entry["written"] + 1]
    return mine / (
        max(worked_on, key=touched.get)
        if worked_on
        else min(known, key=lambda name: Path(name).name)
    )


def _changes(mine: Path, root: Path, known: dict) -> Iterator[Change]:
    """Of each chapter whose copy is missing, or is not of the course's present version."""
    for part in PARTS:
        for path in sorted((root / "chapters" / part).glob("*.ipynb")):
            name = f"{part}/{path.name}"
            new = plain(
                nbformat.read(path, 4), root / "references.bib", root / "chapters" / "quizzes"
            )
            course, there, entry = _digest(new), mine / name, known.get(name)
            if not there.exists():
                yield Change(name, course, new)
            elif entry is None or course != entry["digest"]:
                was = there.read_bytes()
                now = _notebook(there, was)
                digest_of_now = _digest(now)
                if entry is not None and digest_of_now == entry["digest"]:
                    yield Change(name, course, new)
                    continue
                merged = merge(now, new)
                same = _digest(merged.notebook) == digest_of_now
                yield Change(name, course, merged.notebook, None if same else was, merged)


def _told(change: Change, kept: Path) -> str:
    """What was done with a chapter in which the reader has worked."""
    merged = change.merged
    found = {"answer": len(merged.answers), "other cell": merged.others}
    counts = [f"{count} {what}{'s' * (count != 1)}" for what, count in found.items() if count]
    carried = f"with your {' and '.join(counts)} in it" if counts else "no cell was yours"
    words = f"{change.name} has a new version, {carried}; your file as it was is {kept.as_posix()}."
    if merged.changed:
        names = " and ".join(merged.changed)
        words += f" The task has changed since you began {names}: read it anew."
    if merged.gone:
        words += (
            f" The course asks no more for {' and '.join(merged.gone)}; your answer is still there."
        )
    return words


def _keep(mine: Path, name: str, content: bytes) -> Path:
    """Put the reader's file under a name that is not taken yet."""
    place, number = mine / KEPT / name, 1
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
            f"{path} is no notebook any more ({type(error).__name__}): move it away, and a new copy is made"
        ) from None


def _read(path: Path) -> dict:
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
