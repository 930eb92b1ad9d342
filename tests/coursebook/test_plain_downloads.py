"""What readers download is plain, and begins with a cell that installs what is missing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from little_course import COURSE, ROOT
from little_site import build

from coursebook.plain_downloads import download
from coursebook.setup_cell import needs_optional, setup_cell

ADDRESS = "https://github.com/somebody/course"


def notebook(*code: str) -> nbformat.NotebookNode:
    cells = [nbformat.v4.new_markdown_cell("# One"), *map(nbformat.v4.new_code_cell, code)]
    kernel = {"name": "python3", "display_name": "Python 3"}
    language = {"name": "python", "pygments_lexer": "ipython3"}
    metadata = {"kernelspec": kernel, "language_info": language}
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


@pytest.mark.parametrize(
    ("code", "needed"),
    [
        ("import torch", True),
        ("import torch.nn.functional as F", True),
        ("from torch import nn", True),
        ("from dropnorm.experiments import model", True),
        ("import dropnorm.experiments.training", True),
        ("from dropnorm import scratch", False),
        ("from dropnorm.experiments import statistics", False),
        ("def f():\n    import torch", False),
    ],
)
def test_the_optional_module_is_found_through_the_courses_packages(code, needed):
    assert needs_optional(notebook(code), COURSE) == needed


def test_a_download_is_plain_and_valid_and_begins_with_its_setup():
    path = ROOT / "chapters/scratch/05-dropout-from-scratch.ipynb"
    made = download(nbformat.read(path, 4), COURSE, ADDRESS)
    nbformat.validate(made)
    assert ADDRESS in made.cells[0].source
    assert not any(cell.metadata for cell in made.cells)
    assert not any("glue" in cell.source for cell in made.cells)
    assert len({cell.id for cell in made.cells}) == len(made.cells)


def test_the_site_offers_the_plain_notebooks(tmp_path):
    table = ("chapters = ['.']", "notes = ['glue']", "setup = 'import {optional!r}'")
    files = {
        "pyproject.toml": "\n".join(("[tool.coursebook]", *table)),
        "references.bib": "",
        "index.md": "# Book\n\n```{toctree}\none\n```",
        "one.ipynb": json.dumps(notebook("print(1)\nglue('a', 1)")),
    }
    settings = {"nb_execution_mode": "off", "html_sourcelink_suffix": ""}
    app = build(tmp_path, files, ["myst_nb", "coursebook.plain_downloads"], **settings)
    offered = nbformat.read(Path(app.outdir, "_sources/one.ipynb"), 4)
    assert [cell.source for cell in offered.cells] == ["import ''", "# One", "print(1)"]
    assert "print" in Path(app.outdir, "one.html").read_text(encoding="utf-8")


@pytest.fixture
def elsewhere(tmp_path):
    """A folder, and a Python that knows neither the course nor anything else."""

    def run(source: str) -> subprocess.CompletedProcess:
        command = [sys.executable, "-I", "-S", "-c", source]
        environment = {**os.environ, "PATH": str(tmp_path)}
        return subprocess.run(
            command,
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    return run


def test_without_the_course_the_setup_says_what_to_do(elsewhere):
    done = elsewhere(setup_cell(notebook("import numpy"), COURSE).source)
    assert "Missing: dropnorm\n" in done.stdout
    assert "put the course's folder beside this notebook" in done.stderr


def test_with_an_address_the_setup_clones_it(elsewhere, tmp_path):
    git = tmp_path / "git"
    git.write_text('#!/bin/sh\necho "$@" > asked\nexit 3\n', encoding="utf-8")
    git.chmod(0o755)
    done = elsewhere(setup_cell(notebook("import torch"), COURSE, ADDRESS).source)
    assert "Missing: dropnorm torch\n" in done.stdout
    asked = (tmp_path / "asked").read_text(encoding="utf-8")
    assert asked == f"clone --depth=1 {ADDRESS} course\n"


def test_where_all_is_there_the_setup_says_nothing():
    done = subprocess.run(
        [sys.executable, "-c", setup_cell(notebook("import numpy"), COURSE).source],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert (done.stdout, done.stderr) == ("", "")
