"""A Sphinx extension: the notebooks that readers download are plain, and run alone.

In a built site the notebooks beside the pages become what ``plain_notebook`` makes of them, and
begin with a cell that says what is missing and installs it, as the course's settings have it.
"""

import os
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.util import logging

from coursebook import settings
from coursebook.merge import MARK
from coursebook.plain_notebook import plain
from coursebook.settings import Course
from coursebook.setup_cell import setup_cell

SOURCES = "_sources"  # where Sphinx copies the sources of pages to
LOGGER = logging.getLogger(__name__)


def download(notebook: NotebookNode, course: Course, repository: str = "") -> NotebookNode:
    """A chapter as a reader downloads it: plain, after a cell that installs what is missing."""
    made = plain(notebook, course)
    for cell in made.cells:
        del cell.metadata[MARK]
    made.cells.insert(0, setup_cell(made, course, repository))
    return made


def _write(app: Sphinx, error: Exception | None) -> None:
    """Put the plain notebooks into the built site."""
    if error is not None or app.builder.name != "html":
        return
    course = settings.read(Path(app.confdir))
    repository = app.config.html_theme_options.get("repository_url", "")
    for page in sorted(app.env.found_docs):
        source = Path(app.env.doc2path(page))
        target = Path(app.outdir, SOURCES, os.path.relpath(source, app.srcdir))
        if source.suffix == ".ipynb" and target.exists():
            try:
                made = download(nbformat.read(source, 4), course, repository)
            except ValueError as problem:
                LOGGER.warning("%s: no plain notebook: %s", page, problem)
                continue
            target.write_text(nbformat.writes(made), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("build-finished", _write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
