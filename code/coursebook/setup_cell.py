"""The first cell of a notebook that runs alone: it looks for what is missing, and installs it."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from coursebook.scaffolding import parsed
from coursebook.settings import Course


def setup_cell(notebook: NotebookNode, course: Course, repository: str = "") -> NotebookNode:
    """The cell for a notebook, as the course's settings have it.

    Parameters
    ----------
    notebook
        Its code decides whether the optional module is needed.
    course
        The course.
    repository
        Its address, empty if it has none: then its folder has to be beside the notebook.
    """
    optional = course.optional if needs_optional(notebook, course) else ""
    source = course.setup.format(repository=repository, optional=optional)
    return nbformat.v4.new_code_cell(source.strip(), id="setup")


def needs_optional(notebook: NotebookNode, course: Course) -> bool:
    """Whether its code imports the optional module, by itself or through the course's packages."""
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    waiting = [name for source in sources for name in _imports(source)]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name.partition(".")[0] == course.optional:
            return True
        if name not in seen:
            seen.add(name)
            if path := _file(course.root / course.code, name):
                waiting += _imports_of(path)
    return False


@cache
def _imports_of(path: Path) -> tuple[str, ...]:
    """Those of a module of the course; all its notebooks ask for the same ones."""
    return tuple(_imports(path.read_text(encoding="utf-8")))


def _imports(source: str) -> Iterator[str]:
    """Modules that are imported when the code is run, and what may be modules in them."""
    for statement in parsed(source):
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom) and statement.module:
            yield statement.module
            yield from (f"{statement.module}.{alias.name}" for alias in statement.names)


def _file(folder: Path, name: str) -> Path | None:
    """The file of a module of the course, None if it is none."""
    path = folder.joinpath(*name.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None
