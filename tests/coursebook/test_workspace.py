"""The reader's copies: made, renewed, and never lost."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from little_course import course, prepare

from coursebook.workspace import RECORD, where_left_off

CHAPTERS = ("intuition/01-first", "scratch/02-second")


def put(root: Path, name: str, source: str) -> None:
    path = root / "chapters" / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell(f"# {name}"), nbformat.v4.new_code_cell(source)],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    nbformat.write(notebook, path)


def sources(path: Path) -> list[str]:
    return [cell.source for cell in nbformat.read(path, 4).cells]


def work(path: Path, source: str = "mine = 1") -> None:
    notebook = nbformat.read(path, 4)
    notebook.cells[1].source = source
    nbformat.write(notebook, path)


@pytest.fixture
def root(tmp_path):
    for name in CHAPTERS:
        put(tmp_path / "course", name, "course = 1")
    (tmp_path / "course" / "references.bib").touch()
    return tmp_path / "course"


@pytest.fixture
def mine(tmp_path, root):
    prepare(tmp_path / "mine", root)
    return tmp_path / "mine"


def test_every_chapter_is_copied_once(mine, root):
    assert {path.relative_to(mine).as_posix() for path in mine.rglob("*.ipynb")} == {
        f"{name}.ipynb" for name in CHAPTERS
    }
    before = {path: path.stat().st_mtime_ns for path in mine.rglob("*")}
    assert prepare(mine, root) == [f"0 chapters copied to {mine}, 2 there in all."]
    assert before == {path: path.stat().st_mtime_ns for path in mine.rglob("*")}


def test_the_readers_work_is_in_the_new_version_and_the_file_as_it_was_beside_it(mine, root):
    work(mine / "intuition/01-first.ipynb")
    put(root, CHAPTERS[0], "course = 2")
    report = prepare(mine, root)
    assert set(sources(mine / "intuition/01-first.ipynb")[1:]) == {"mine = 1", "course = 2"}
    assert sources(mine / "kept/intuition/01-first.1.ipynb")[1] == "mine = 1"
    assert "your file as it was" in report[0] and len(prepare(mine, root)) == 1, "told once"


def test_a_copy_that_was_only_run_takes_the_new_version(mine, root):
    path = mine / "intuition/01-first.ipynb"
    notebook = nbformat.read(path, 4)
    notebook.cells[1].execution_count = 3
    nbformat.write(notebook, path)
    put(root, CHAPTERS[0], "course = 2")
    prepare(mine, root)
    assert sources(path)[1] == "course = 2" and not (mine / "kept").exists()


def test_a_deleted_copy_comes_back(mine, root):
    (mine / "scratch/02-second.ipynb").unlink()
    prepare(mine, root)
    assert sources(mine / "scratch/02-second.ipynb")[1] == "course = 1"


def test_without_the_list_nothing_of_the_reader_is_lost(mine, root):
    work(mine / "intuition/01-first.ipynb")
    (mine / RECORD).unlink()
    prepare(mine, root)
    assert "mine = 1" in sources(mine / "intuition/01-first.ipynb")


@pytest.mark.parametrize("damaged", [RECORD, "intuition/01-first.ipynb"])
def test_a_damaged_file_is_named_and_nothing_is_changed(damaged, mine, root):
    for name in CHAPTERS:
        put(root, name, "course = 2")
    (mine / damaged).write_text('{"cut o', encoding="utf-8")
    before = {path: path.read_bytes() for path in mine.rglob("*") if path.is_file()}
    with pytest.raises(ValueError, match=Path(damaged).name):
        prepare(mine, root)
    assert before == {path: path.read_bytes() for path in mine.rglob("*") if path.is_file()}


def test_the_reader_left_off_at_the_notebook_touched_last(mine, root):
    assert where_left_off(course(root, mine)).name == "01-first.ipynb", (
        "at the first, to begin with"
    )
    written = json.loads((mine / RECORD).read_text(encoding="utf-8"))["scratch/02-second.ipynb"][
        "written"
    ]
    os.utime(mine / "scratch/02-second.ipynb", (written + 60, written + 60))
    assert where_left_off(course(root, mine)).name == "02-second.ipynb"


def test_without_copies_there_is_no_place_to_go_on(tmp_path):
    with pytest.raises(ValueError, match="has no chapters yet"):
        where_left_off(course(tmp_path))


def test_jupyterlab_is_opened_there_with_a_file_for_the_progress(tmp_path):
    fake = tmp_path / "jupyterlab"
    fake.mkdir()
    (fake / "__init__.py").touch()
    (fake / "__main__.py").write_text(
        "import os, sys; print(sys.argv[1:], os.environ['DROPNORM_PROGRESS'])", encoding="utf-8"
    )
    repository = Path(__file__).parents[2]
    folder = tmp_path / "course"
    for part in ("code", "chapters", "references.bib", "pyproject.toml"):
        copy = shutil.copytree if (repository / part).is_dir() else shutil.copy
        folder.mkdir(exist_ok=True)
        copy(repository / part, folder / part)
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(tmp_path), str(folder / "code")])
    }
    environment.pop("DROPNORM_PROGRESS", None)
    command = [sys.executable, "-m", "dropnorm", "lab", "--no-browser"]
    shown = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=True
    ).stdout
    mine = folder / "my-course"
    assert (
        f"--ServerApp.root_dir={mine}" in shown
        and "--no-browser" in shown
        and str(mine / "progress.json") in shown
    )
    assert "intuition/01-" in shown and (mine / "scratch/05-dropout-from-scratch.ipynb").exists()
