"""The reader's copies show no directives, start from stubs and lose no content."""

import re
from pathlib import Path

import nbformat
import pytest
from little_course import COURSE, ROOT

from coursebook.plain_notebook import plain
from dropnorm.exercises import check

NOTEBOOKS = [
    path
    for part in ("intuition", "scratch", "experiments")
    for path in sorted(ROOT.glob(f"chapters/{part}/*.ipynb"))
]


def converted(path: Path) -> nbformat.NotebookNode:
    return plain(nbformat.read(path, 4), COURSE)


def text_of(*cells: nbformat.NotebookNode) -> str:
    notebook = nbformat.v4.new_notebook(
        cells=list(cells), metadata={"kernelspec": {"name": "python3", "display_name": ""}}
    )
    return plain(notebook, COURSE).cells


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_chapter_is_plain_markdown_valid_and_has_its_solutions_folded(path):
    notebook = converted(path)
    nbformat.validate(notebook)
    markdown = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert not re.findall(r"^:{3,}.*$|^`{3,}\{.*$|\{[a-z]+(?::[a-z]+)?\}`", markdown, re.MULTILINE)
    assert markdown.count("**Exercise ") == markdown.count("<summary>Solution</summary>") >= 3
    assert markdown.count("<summary>Answer</summary>") == 3
    assert markdown.count("<details>") == markdown.count("</details>")
    assert not any(cell.get("outputs") for cell in notebook.cells)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_checked_exercise_starts_from_a_stub_that_is_not_yet_right(path):
    original = "\n".join(
        cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"
    )
    wanted = set(re.findall(r"""check\(\s*["']([\w-]+)["']""", original))
    code = [cell.source for cell in converted(path).cells if cell.cell_type == "code"]
    started = {
        name: source
        for source in code
        for name in re.findall(r"^exercises.check\('([\w-]+)'", source, re.MULTILINE)
    }
    assert set(started) == wanted
    for name, source in started.items():
        function = re.search(rf"^exercises.check\('{name}', (\w+)\)", source, re.MULTILINE)[1]
        space = {}
        exec(source.rpartition("exercises.check(")[0], space)
        assert not check(name, space[function]).passed


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_exercises_are_a_click_from_the_top(path):
    cells = converted(path).cells
    assert cells[0].cell_type == "markdown" and "](#Exercises)" in cells[0].source
    assert any(re.search(r"^## Exercises$", cell.source, re.MULTILINE) for cell in cells)


def test_the_first_check_passes_without_another_cell():
    (chapter,) = (path for path in NOTEBOOKS if path.stem.startswith("01-"))
    cells = [cell.source for cell in converted(chapter).cells if cell.cell_type == "code"]
    (start,) = (source for source in cells if "exercises.check('early-stopping'" in source)
    answer = """
    best = 0
    for look in np.arange(len(losses)):
        if losses[look] < losses[best]:
            best = look
        elif look - best > patience:
            break
    return best"""
    code = re.sub(r"\n    \.\.\.$", answer, start, flags=re.MULTILINE)
    code = code.replace("exercises.check(", "verdict = exercises.check(")
    space: dict[str, object] = {}
    exec(code, space)
    assert space["verdict"], space["verdict"]


def test_what_directives_and_roles_say_is_kept():
    glued = nbformat.v4.new_output(
        "display_data",
        {"application/papermill.record/text/plain": "0.12345"},
        metadata={"scrapbook": {"name": "gain", "mime_prefix": "application/papermill.record/"}},
    )
    code = nbformat.v4.new_code_cell("glue(...)", outputs=[glued])
    key = "srivastava2014dropout"
    words = f"It gains {{glue:text}}`gain:.2f` {{cite:p}}`{key}`, says {{cite:t}}`{key}`.\n"
    box = ":::{admonition} Predict first\n:class: predict\nWhat *comes*?\n:::\n"
    box += "\n```python\n:::{admonition} no\n```"
    (text,) = text_of(code, nbformat.v4.new_markdown_cell(words + "\n" + box))
    shown = text.source
    assert "It gains 0.12 (Srivastava et al., 2014), says Srivastava et al. (2014)." in shown
    assert "> **Predict first**\n>\n> What *comes*?" in shown
    assert "```python\n:::{admonition} no\n```" in shown, "code is left as it is"


def test_a_solution_in_code_becomes_a_stub_and_a_fold():
    task = nbformat.v4.new_markdown_cell(
        "::::{exercise} ★ Double\n:label: ex-1\nDo it.\n\n```python\ndef f(x): ...\n```\n::::"
    )
    start = nbformat.v4.new_markdown_cell(
        "```{solution-start} ex-1\n:class: dropdown\n```\n\nBefore."
    )
    code = nbformat.v4.new_code_cell("def f(x):\n    return 2 * x")
    end = nbformat.v4.new_markdown_cell("After.\n\n```{solution-end}\n```\n\nNext.")
    cells = text_of(task, start, code, end)
    assert [cell.cell_type for cell in cells] == ["markdown", "code", "markdown", "markdown"]
    assert cells[1].source == "def f(x): ..."
    assert re.fullmatch(
        r"<details>.*Before\..*return 2 \* x\n```\n\nAfter\..*</details>",
        cells[2].source,
        re.DOTALL,
    )
    assert cells[3].source == "Next."


@pytest.mark.parametrize(
    ("markdown", "named"),
    [
        ("{glue:text}`nothing`", "no cell glues it"),
        ("{cite:p}`nobody2001`", "nobody2001"),
        (":::{carousel}\n:::", "carousel"),
    ],
)
def test_what_is_not_known_is_named(markdown, named):
    with pytest.raises(ValueError, match=named):
        text_of(nbformat.v4.new_markdown_cell(markdown))
