"""Copies of the chapters for the reader's own work, renewed when the course changes, never at the cost of that work."""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from dropnorm import repository
from dropnorm.lab.plain import plain

ROOT = repository.needed_by("dropnorm.lab")
MINE = ROOT / "my-course"
PARTS = ("intuition", "scratch", "experiments")

BOOK = ".copies.json"
"""In the folder of copies: for each notebook the digest of what was last put there, and when."""


def prepare(mine: Path = MINE, root: Path = ROOT) -> list[str]:
    """Make or renew the copies of all chapters.

    A copy whose text and code the reader left alone is replaced where the course has changed; running it is no change. A
    copy with the reader's work stays, and the course's new version is put beside it as ``NAME.new.ipynb``.

    Parameters
    ----------
    mine
        The folder of copies; made if it is not there.
    root
        The course's repository.

    Returns
    -------
    report
        A sentence for each chapter whose copy was kept against a new version, and one that sums up the others.

    Raises
    ------
    ValueError
        A copy or the folder's list is damaged; the message says which file, and what to do. Nothing is changed then.
    """
    known, report, made = _read(mine / BOOK), [], 0
    todo = list(_changes(mine, root, known))
    for name, new, digest, own_work in todo:
        target = mine / name
        if own_work:
            target = target.with_suffix(".new.ipynb")
            report.append(f"{name} has a new version: yours is kept, the new one is {target.name} beside it.")
        target.parent.mkdir(parents=True, exist_ok=True)
        _write(target, nbformat.writes(new))
        written = known.get(name, {"written": 0.0})["written"] if own_work else target.stat().st_mtime
        known[name] = {"digest": digest, "written": written}
        made += not own_work
        _write(mine / BOOK, json.dumps(known, indent=1))
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
    return mine / (max(worked_on, key=touched.get) if worked_on else min(known, key=lambda name: Path(name).name))


def _changes(mine: Path, root: Path, known: dict) -> Iterator[tuple[str, NotebookNode, str, bool]]:
    """Name, new content, its digest, and whether the copy has the reader's own work."""
    for part in PARTS:
        for path in sorted((root / "chapters" / part).glob("*.ipynb")):
            name = f"{part}/{path.name}"
            new = plain(nbformat.read(path, 4), root / "references.bib", root / "chapters" / "quizzes")
            digest, there = _digest(new), mine / name
            if not there.exists():
                yield name, new, digest, False
            elif name not in known or digest != known[name]["digest"]:
                now = _digest(_notebook(there))
                if now != digest:
                    yield name, new, digest, now != known.get(name, {}).get("digest")


def _digest(notebook: NotebookNode) -> str:
    sources = [(cell.cell_type, cell.source) for cell in notebook.cells]
    return hashlib.sha256(json.dumps(sources).encode()).hexdigest()


def _notebook(path: Path) -> NotebookNode:
    try:
        return nbformat.read(path, 4)
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
            f"{path} is damaged: delete it; your notebooks stay, new versions are then put beside them"
        ) from None


def _write(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, path)
