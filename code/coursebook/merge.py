"""Carries the reader's cells over into a new version of a chapter."""

import hashlib
import json
import re
import uuid
from collections import defaultdict
from dataclasses import dataclass, field

from nbformat import NotebookNode

MARK = "dropnorm"
"""In a cell's metadata: what was ``put`` there by the course, as a digest, and the name of its ``exercise``."""

CHECKED = re.compile(r"""\bcheck\(\s*["']([\w-]+)["'],\s*([\w.]+)""")


@dataclass
class Merge:
    """A new version with the reader's cells in it.

    Attributes
    ----------
    notebook
        The course's text with the reader's cells.
    answers
        Exercises whose answers were carried over.
    others
        How many more cells of the reader are in it.
    changed, gone
        Of the exercises: those whose stub has changed since the reader began, and those that the
        course asks no more.
    """

    notebook: NotebookNode
    answers: list[str] = field(default_factory=list)
    others: int = 0
    changed: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)


def digest(cell: NotebookNode) -> str:
    """A short digest of what a cell says."""
    return hashlib.sha256(json.dumps([cell.cell_type, cell.source]).encode()).hexdigest()[:16]


def mark(cell: NotebookNode, exercise: str | None = None) -> NotebookNode:
    """The cell, marked as the course's text: one that the reader changes no longer has the digest that is in its mark."""
    cell.metadata[MARK] = {"put": digest(cell)} | ({"exercise": exercise} if exercise else {})
    return cell


def merge(mine: NotebookNode, course: NotebookNode) -> Merge:
    """The course's new text with every cell that the reader wrote, apart from blank ones.

    An answer takes the place of its exercise's stub. Another cell of the course that the reader
    changed takes its place back where the course left it alone. All else follows the cell that it
    followed.

    A copy of before cells were marked tells nothing about who wrote a cell: answers alone are
    carried over from it.
    """
    result = Merge(course)
    marked = any(_mark(cell) for cell in mine.cells)
    taken, instead, after = set(), {}, defaultdict(list)
    exercises = {
        _mark(cell)["exercise"]: i
        for i, cell in enumerate(course.cells)
        if "exercise" in _mark(cell)
    }
    places = defaultdict(list)
    for i, cell in enumerate(course.cells):
        places[digest(cell)].append(i)
    there = {digest(cell) for cell in mine.cells}
    last = -1  # the place in the new text after which the reader's next cell belongs

    def place(of: str) -> int | None:
        return next((i for i in places[of] if i not in taken), None)

    for cell in mine.cells:
        put, name = _mark(cell).get("put"), _exercise(cell)
        if not cell.source.strip():
            continue
        if (same := place(digest(cell))) is not None:
            taken.add(same)
            last = same
        elif put == digest(cell):  # the course's text of before
            successor = exercises.get(name, last + 1)
            if successor < len(course.cells) and digest(course.cells[successor]) not in there:
                last = successor
        elif name in exercises and exercises[name] not in taken:
            last = exercises[name]
            taken.add(last)
            result.answers.append(name)
            if put is not None and put != digest(course.cells[last]):
                result.changed.append(name)
            instead[last] = cell
            cell.metadata[MARK] = dict(course.cells[last].metadata[MARK])
        elif put is not None and (origin := place(put)) is not None:
            taken.add(origin)
            last = origin
            instead[last] = cell
            result.others += 1
        elif marked or name:
            after[last].append(cell)
            result.others += 1
            if name and name not in exercises:
                result.gone.append(name)
    cells = list(after[-1])
    for i, cell in enumerate(course.cells):
        cells += [instead.get(i, cell), *after[i]]
    course.cells = _with_own_ids(cells)
    return result


def _mark(cell: NotebookNode) -> dict:
    found = cell.metadata.get(MARK)
    return found if isinstance(found, dict) else {}


def _exercise(cell: NotebookNode) -> str | None:
    """The name of the exercise that a cell answers."""
    if cell.cell_type != "code":
        return None
    found = CHECKED.search(cell.source)
    return _mark(cell).get("exercise") or (found and found[1])


def _with_own_ids(cells: list[NotebookNode]) -> list[NotebookNode]:
    seen = set()
    for cell in cells:
        if cell.get("id") in seen | {None}:
            cell["id"] = uuid.uuid4().hex[:12]
        seen.add(cell["id"])
    return cells
