"""Whatever the course and the reader do, in any order: no cell that the reader wrote is lost."""

import json
import shutil
import tempfile
from pathlib import Path

import nbformat
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from little_course import prepare

from coursebook import workspace
from coursebook.workspace import RECORD

NAME = "scratch/05-dropout"
CHECKED = ("dropout-backward", "conv-forward")
PARAGRAPHS = st.lists(
    st.sampled_from(["one", "two", "three", *CHECKED]), min_size=1, max_size=6, unique=True
)


def exercise(name: str) -> list[nbformat.NotebookNode]:
    """A coding exercise as chapters have it: task, solution in code."""
    markdown = nbformat.v4.new_markdown_cell
    return [
        markdown(
            f"```{{exercise-start}} ★ Do it\n:label: ex-05-{name}\n```\n\n"
            "Do it.\n\n```{exercise-end}\n```"
        ),
        markdown(f"```{{solution-start}} ex-05-{name}\n:class: dropdown\n```"),
        nbformat.v4.new_code_cell(f"def f(): ...\n\ncheck({name!r}, f)"),
        markdown("```{solution-end}\n```"),
    ]


def put(root: Path, paragraphs: list[str], version: int = 0, name: str = NAME) -> None:
    """The course's chapter, of these paragraphs and exercises."""
    path = root / "chapters" / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = [nbformat.v4.new_markdown_cell(f"# Chapter, version {version}")]
    for paragraph in paragraphs:
        code = nbformat.v4.new_code_cell(f"{paragraph} = {version // 2}")
        cells += (
            exercise(paragraph)
            if paragraph in CHECKED
            else [nbformat.v4.new_markdown_cell(paragraph), code]
        )
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), path)
    (root / "references.bib").touch()


def sources(path: Path) -> list[str]:
    return [cell.source for cell in nbformat.read(path, 4).cells]


class Updates(RuleBasedStateMachine):
    """A reader at work in any of the notebooks, and a course that changes."""

    @initialize(paragraphs=PARAGRAPHS)
    def begin(self, paragraphs):
        self.folder = Path(tempfile.mkdtemp())
        self.root, self.mine = self.folder / "course", self.folder / "mine"
        self.version, self.written, self.made = 0, {}, 0
        put(self.root, paragraphs)
        prepare(self.mine, self.root)

    def notebooks(self) -> list[Path]:
        return sorted(self.mine.rglob("*.ipynb"))

    @rule(paragraphs=PARAGRAPHS)
    def the_course_changes(self, paragraphs):
        self.version += 1
        put(self.root, paragraphs, self.version)

    @rule()
    def the_copies_are_renewed(self):
        copy = self.mine / f"{NAME}.ipynb"
        before = {source for source in sources(copy) if source in self.written}
        prepare(self.mine, self.root)
        assert before <= set(sources(copy)), "what was in the copy is in its new version"

    @rule(data=st.data(), new=st.booleans())
    def the_reader_writes(self, data, new):
        """Over a cell of the course or of their own, or into a cell of their own."""
        path = data.draw(st.sampled_from(self.notebooks()))
        notebook = nbformat.read(path, 4)
        i = data.draw(st.integers(0, len(notebook.cells) - 1))
        self.made += 1
        text = f"# written by the reader, {self.made}"
        if new:
            notebook.cells.insert(i, nbformat.v4.new_code_cell(text))
        else:  # what was there may go, in this file
            was = notebook.cells[i].source
            notebook.cells[i].source = text
            self.forget(was, path)
        nbformat.write(notebook, path)
        self.written[text] = path

    @rule(data=st.data())
    def the_reader_deletes_a_cell(self, data):
        path = data.draw(st.sampled_from(self.notebooks()))
        notebook = nbformat.read(path, 4)
        if len(notebook.cells) > 1:
            i = data.draw(st.integers(0, len(notebook.cells) - 1))
            self.forget(notebook.cells.pop(i).source, path)
            nbformat.write(notebook, path)

    def forget(self, text, path):
        others = [other for other in self.notebooks() if other != path and text in sources(other)]
        if text in self.written and not others:
            del self.written[text]

    @rule()
    def the_list_is_lost(self):
        (self.mine / RECORD).unlink(missing_ok=True)

    @invariant()
    def nothing_is_lost(self):
        everything = {source for path in self.notebooks() for source in sources(path)}
        assert set(self.written) <= everything
        assert not list(self.mine.rglob(".*.ipynb*")), "nothing is left beside"

    def teardown(self):
        shutil.rmtree(self.folder)


Updates.TestCase.settings = settings(max_examples=30, stateful_step_count=12, deadline=None)
test_any_sequence_of_updates_and_edits_loses_no_cell_of_the_reader = Updates.TestCase


@pytest.fixture
def place(tmp_path):
    put(tmp_path / "course", ["one", "dropout-backward", "two"])
    prepare(tmp_path / "mine", tmp_path / "course")
    return tmp_path


def update(place: Path, paragraphs: list[str], version: int = 1) -> list[str]:
    put(place / "course", paragraphs, version)
    return prepare(place / "mine", place / "course")


def edit(place: Path, change) -> Path:
    path = place / "mine" / f"{NAME}.ipynb"
    notebook = nbformat.read(path, 4)
    change(notebook.cells)
    nbformat.write(notebook, path)
    return path


def answered(cells) -> None:
    (stub,) = (cell for cell in cells if "exercises.check('dropout-backward'" in cell.source)
    stub.source = "my answer"
    stub.outputs = [nbformat.v4.new_output("stream", text="✓")]


def test_an_answer_takes_the_place_of_its_stub_wherever_the_exercise_has_gone(place):
    path = edit(place, answered)
    report = update(place, ["two", "conv-forward", "dropout-backward", "three"])
    assert sources(path).count("my answer") == 1
    assert not any(
        "check('dropout-backward'" in source
        for source in sources(path)
        if "<details>" not in source
    )
    assert any("exercises.check('conv-forward'" in source for source in sources(path)), (
        "the new exercise is there"
    )
    (cell,) = (cell for cell in nbformat.read(path, 4).cells if cell.source == "my answer")
    assert cell.outputs, "with what it showed"
    said = (
        f"{NAME}.ipynb has a new version, with your 1 answer in it; "
        f"your file as it was is kept/{NAME}.1.ipynb."
    )
    assert report[0] == said


def test_a_cell_of_the_readers_own_stays_behind_the_one_that_it_followed(place):
    path = edit(place, lambda cells: cells.insert(3, nbformat.v4.new_code_cell("my own")))
    before = sources(path)
    update(place, ["three", "one", "dropout-backward"], version=1)
    after = sources(path)
    assert after[after.index("my own") - 1] == before[before.index("my own") - 1] == "one = 0"


def test_a_cell_of_the_course_that_the_reader_changed_is_put_back_in_its_place(place):
    path = edit(place, lambda cells: cells[2].update(source="one = 100"))
    update(place, ["three", "one", "dropout-backward"], version=1)
    assert "one = 100" in sources(path) and "one = 0" not in sources(path), (
        "the course left this cell alone"
    )
    update(place, ["one"], version=2)
    assert {"one = 100", "one = 1"} <= set(sources(path)), "now it has changed, too: both are there"


def test_the_file_as_it_was_is_kept_and_not_touched_again(place):
    path = edit(place, answered)
    first = path.read_bytes()
    update(place, ["one", "dropout-backward"])
    edit(place, lambda cells: cells[0].update(source="my own title"))
    second = path.read_bytes()
    update(place, ["dropout-backward"], version=2)
    kept = sorted((place / "mine" / "kept").rglob("*.ipynb"))
    assert [file.read_bytes() for file in kept] == [first, second]
    edit(place, lambda cells: cells.append(nbformat.v4.new_code_cell("more")))
    update(place, ["one"], version=3)
    assert [file.read_bytes() for file in kept] == [first, second]


def test_an_answer_to_an_exercise_that_is_no_more_stays_and_a_changed_task_is_said(
    place, monkeypatch
):
    path = edit(place, answered)
    report = update(place, ["one"])
    assert "my answer" in sources(path) and "asks no more for dropout-backward" in report[0]
    update(place, ["one", "dropout-backward"], version=2)
    assert "my answer" in sources(path), "and takes its place again"
    monkeypatch.setattr("dropnorm.exercises.stub", lambda name: "def another(): ...")
    assert (
        "The task has changed since you began dropout-backward"
        in update(place, ["dropout-backward"], version=3)[0]
    )
    assert "The task has changed" not in update(place, ["one", "dropout-backward"], version=4)[0], (
        "said once"
    )


def test_an_update_of_an_updated_copy_changes_nothing_and_says_nothing(place):
    path = edit(place, answered)
    update(place, ["one", "dropout-backward"])
    before = {file: file.read_bytes() for file in (place / "mine").rglob("*") if file.is_file()}
    assert len(prepare(place / "mine", place / "course")) == 1
    (place / "mine" / RECORD).unlink()
    assert len(prepare(place / "mine", place / "course")) == 1
    after = {
        file: file.read_bytes()
        for file in (place / "mine").rglob("*")
        if file.is_file() and file.name != RECORD
    }
    assert after == {file: content for file, content in before.items() if file.name != RECORD}
    assert path in after


def test_a_copy_without_marks_gives_its_answers_and_is_kept_whole(place):
    path = edit(place, answered)
    edit(place, lambda cells: [cell.metadata.pop("coursebook", None) for cell in cells])
    edit(
        place,
        lambda cells: cells.append(nbformat.v4.new_code_cell("check('dropout-backward', mine)")),
    )
    edit(place, lambda cells: cells.append(nbformat.v4.new_code_cell("a note")))
    update(place, ["two", "dropout-backward"])
    assert "check('dropout-backward', mine)" in sources(path)
    (kept,) = (place / "mine" / "kept").rglob("*.ipynb")
    assert {"my answer", "a note"} <= set(sources(kept))


def test_marks_under_their_former_name_are_understood(place):
    def under_the_former_name(cells):
        for cell in cells:
            cell.metadata["dropnorm"] = cell.metadata.pop("coursebook")
        cells.append(nbformat.v4.new_code_cell("a note"))

    edit(place, answered)
    path = edit(place, under_the_former_name)
    update(place, ["two", "dropout-backward"])
    assert {"my answer", "a note"} <= set(sources(path))


@pytest.mark.parametrize("moment", range(6))
def test_cut_off_at_any_moment_the_next_update_still_has_every_cell(place, monkeypatch, moment):
    path = edit(place, answered)
    edit(place, lambda cells: cells.insert(0, nbformat.v4.new_code_cell("my own")))
    put(place / "course", ["dropout-backward"], 1)
    calls, replace, write = [], workspace.os.replace, workspace.os.fsync

    def until(function):
        def stop(*arguments):
            calls.append(function)
            if len(calls) > moment:
                raise OSError(28, "No space left on device")
            return function(*arguments)

        return stop

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(workspace.os, "replace", until(replace))
        patch.setattr(workspace.os, "fsync", until(write))
        prepare(place / "mine", place / "course")
    assert {"my answer", "my own"} <= set(sources(path))
    assert not list((place / "mine").rglob(".*.ipynb.*"))
    json.loads((place / "mine" / RECORD).read_text(encoding="utf-8"))
    prepare(place / "mine", place / "course")
    assert {"my answer", "my own"} <= set(sources(path)) and "# Chapter, version 1" in sources(path)
