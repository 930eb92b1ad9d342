"""What a page offers for download runs in an environment that knows nothing of the course."""

import shutil
import subprocess
from pathlib import Path

import nbformat
import pytest
from built_book import BOOK
from fresh_environment import copy_of_the_course, fresh_environment, variables

pytestmark = pytest.mark.book

SECONDS = 250

# one of each part, and a reference page
OFFERED = (
    "intuition/02-dropout",
    "scratch/06-batch-norm-from-scratch",
    "experiments/15-choosing",
    "reference/scorecard",
)


@pytest.mark.parametrize("name", OFFERED)
def test_a_download_installs_the_course_that_lies_beside_it_and_runs(name, tmp_path):
    python, _ = fresh_environment(tmp_path / "python")
    copy_of_the_course(tmp_path / "course", "code", "results", "chapters")
    notebook = tmp_path / f"{Path(name).name}.ipynb"
    shutil.copy(BOOK / "_sources/chapters" / f"{name}.ipynb", notebook)
    # pip finds the other packages in place, and needs no network
    offline = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "no"}
    command = [python, "-m", "nbconvert", "--to", "notebook", "--execute", "--inplace", notebook]
    command += [f"--ExecutePreprocessor.timeout={SECONDS}"]  # of one cell, which is then named
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=variables(tmp_path) | offline,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=2 * SECONDS,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    setup, *_ = (cell for cell in nbformat.read(notebook, 4).cells if cell.cell_type == "code")
    printed = "".join(output.get("text", "") for output in setup.outputs)
    assert "Missing: dropnorm" in printed, printed
