"""Carries the reader's cells over into a new version of a chapter."""

import hashlib
import json
import re
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from nbformat import NotebookNode

# In a cell's metadata: what was ``put`` there by the course, as a digest, and the name of its
# ``exercise``. Copies from before this package had its name have the other one.
MARK, FORMER_MARK = "coursebook", "dropnorm"

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
    """The cell, marked as the course's text.

    One that the reader changes no longer has the digest that is in its mark.
    """
    cell.metadata[MARK] = {"put": digest(cell)} | ({"exercise": exercise} if exercise else {})
    return cell


def merge(mine: NotebookNode, course: NotebookNode) -> Merge:
    """The course's new text with every cell that the reader wrote, apart from blank ones.

    An answer takes the place of its exercise's stub. Another cell of the course that the reader
    changed takes its place back where the course left it alone. All else follows the cell that it
    followed.

    In a copy from before cells were marked nothing says who wrote a cell: answers alone are carried
    over from it.
    """
    result = Merge(course)
    is_marked = any(_mark(cell) for cell in mine.cells)
    exercises = {
        _mark(cell)["exercise"]: i
        for i, cell in enumerate(course.cells)
        if "exercise" in _mark(cell)
    }
    places = defaultdict(list)  # of the cells of the new text, by digest
    for i, cell in enumerate(course.cells):
        places[digest(cell)].append(i)
    present = {digest(cell) for cell in mine.cells}
    taken: set[int] = set()  # places of the new text that are dealt with
    instead: dict[int, NotebookNode] = {}  # the reader's cell that comes in place of the course's
    after = defaultdict(list)  # the reader's cells that follow one of the course
    last = -1  # the place after which the reader's next cell belongs

    def free_place(wanted: str) -> int | None:
        return next((i for i in places[wanted] if i not in taken), None)

    for cell in mine.cells:
        put, name = _mark(cell).get("put"), _exercise(cell)
        if not cell.source.strip():
            continue
        if (same := free_place(digest(cell))) is not None:
            taken.add(same)
            last = same
        elif put == digest(cell):  # the course's former text
            successor = exercises.get(name, last + 1)
            if successor < len(course.cells) and digest(course.cells[successor]) not in present:
                last = successor
        elif name in exercises and exercises[name] not in taken:  # an answer
            last = exercises[name]
            taken.add(last)
            result.answers.append(name)
            if put is not None and put != digest(course.cells[last]):
                result.changed.append(name)
            instead[last] = cell
            cell.metadata[MARK] = dict(_mark(course.cells[last]))
        elif put is not None and (origin := free_place(put)) is not None:  # another changed cell
            taken.add(origin)
            last = origin
            instead[last] = cell
            result.others += 1
        elif is_marked or name:  # a cell of the reader's own
            after[last].append(cell)
            result.others += 1
            if name and name not in exercises:
                result.gone.append(name)
    cells = list(after[-1])
    for i, cell in enumerate(course.cells):
        cells += [instead.get(i, cell), *after[i]]
    course.cells = _with_own_ids(cells)
    return result


def _mark(cell: NotebookNode) -> dict[str, Any]:
    for name in (MARK, FORMER_MARK):
        if isinstance(cell.metadata.get(name), dict):
            return cell.metadata[name]
    return {}


def _exercise(cell: NotebookNode) -> str | None:
    """The name of the exercise that a cell answers."""
    if cell.cell_type != "code":
        return None
    check = CHECKED.search(cell.source)
    return _mark(cell).get("exercise") or (check[1] if check else None)


def _with_own_ids(cells: list[NotebookNode]) -> list[NotebookNode]:
    ids = {None}
    for cell in cells:
        if cell.get("id") in ids:
            cell["id"] = uuid.uuid4().hex[:12]
        ids.add(cell["id"])
    return cells
