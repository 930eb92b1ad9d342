"""What a course says of itself in the table ``tool.coursebook`` of its ``pyproject.toml``."""

import pkgutil
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Course:
    """Where the parts of a course are, as paths in its folder ``root``.

    Attributes
    ----------
    root
        The course's folder.
    chapters
        The folders of notebooks that a reader works with.
    references
        The BibTeX file.
    quizzes
        The folder of the chapters' questions.
    copies
        The folder for the reader's copies.
    progress
        The environment variable that names the file of the reader's progress.
    stub
        A function, as in ``"package.module:function"``, that gives the stub of a checked exercise
        by its name.
    start
        What the cell of a checked exercise starts from: a template of ``stub``, ``name`` and
        ``function``.
    notes
        Functions that keep something for a page's text: readers do not see their calls.
    code
        The folder of the course's own packages.
    optional
        A large module that not every chapter needs.
    setup
        The first cell of a notebook that is to run alone: a template of ``repository``, the
        course's address, and ``optional``, the optional module if the notebook needs it.
    """

    root: Path
    chapters: tuple[str, ...]
    references: str = "references.bib"
    quizzes: str = "quizzes"
    copies: str = "my-course"
    progress: str = "COURSE_PROGRESS"
    stub: str = ""
    start: str = "{stub}"
    notes: tuple[str, ...] = ()
    code: str = "code"
    optional: str = ""
    setup: str = ""

    @property
    def workspace(self) -> Path:
        """The folder of the reader's copies."""
        return self.root / self.copies

    def starting_code(self, name: str, function: str) -> str:
        """What the cell of a checked exercise starts from."""
        stub = pkgutil.resolve_name(self.stub)(name) if self.stub else ""
        return self.start.format(stub=stub.strip(), name=name, function=function).strip()


def read(root: Path) -> Course:
    """The settings of the course in a folder.

    Raises
    ------
    ValueError
        It has none, or one that is not known.
    """
    path = root / "pyproject.toml"
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))["tool"][
            "coursebook"
        ]
    except (OSError, KeyError):
        raise ValueError(f"{path} has no table [tool.coursebook]: no course is here") from None
    known = {field.name for field in fields(Course)} - {"root"}
    if unknown := table.keys() - known:
        raise ValueError(
            f"{path}: tool.coursebook has {', '.join(sorted(unknown))}; known are "
            f"{', '.join(sorted(known))}"
        )
    if not table.get("chapters"):
        raise ValueError(f"{path}: tool.coursebook names no folder in chapters")
    lists = {name: tuple(value) for name, value in table.items() if isinstance(value, list)}
    return Course(root=root, **(table | lists))
