"""What the chapters show of code: each helper once, little of it, and none wider than the page."""

import ast
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted(ROOT.glob("chapters/*/*.ipynb"))
CHAPTERS = [path for path in NOTEBOOKS if path.stem[:2].isdigit()]
BLOCK = re.MULTILINE | re.DOTALL

FOLDED = {"hide-input", "hide-cell", "remove-input", "remove-cell"}

# The same name in two notebooks because both teach what it names, or an exercise asks for it.
TAUGHT = {
    "batch_norm_backward": "an exercise of 06, and on the cheat sheet",
    "batch_norm_eval": "an exercise of 06, and on the cheat sheet",
    "dropout": "the layer of 02, and on the cheat sheet",
    "dropout_backward": "05, and on the cheat sheet",
    "dropout_forward": "an exercise of 02, and the layer of 05",
    "forward": "04 through a chain of layers, 06 its batch norm",
    "normalise": "03 over any axes, 06 with what the backward pass needs",
}

LINE = 88
CELL = 16  # lines
STRETCH = 25  # lines without a word or a picture
SHOWN = {"intuition": 40, "scratch": 160, "experiments": 180, "reference": 275}  # a chapter


class Code(NamedTuple):
    """A code cell that is shown, and whether it stands in the closed solution of an exercise."""

    number: int
    lines: list[str]
    solution: bool


def cells_of(notebook: dict) -> Iterator[Code | None]:
    """Shown code cells in order; None where a text or a picture stands between them."""
    solution = False
    for number, cell in enumerate(notebook["cells"]):
        source = "".join(cell["source"])
        if cell["cell_type"] != "code":
            for gate in re.finditer(r"\{solution-(start|end)\}", source):
                solution = gate[1] == "start"
            yield None
            continue
        if not FOLDED & set(cell["metadata"].get("tags", [])):
            lines = [line for line in source.splitlines() if line.strip()]
            yield Code(number, lines, solution)
        if any("image/png" in output.get("data", {}) for output in cell["outputs"]):
            yield None


def shown_lines(notebook: dict) -> int:
    """Lines of code that a reader sees without opening anything."""
    return sum(len(cell.lines) for cell in cells_of(notebook) if cell and not cell.solution)


def longest_stretch(notebook: dict) -> int:
    """Most lines of shown code without a word or a picture between them."""
    longest = stretch = 0
    for cell in cells_of(notebook):
        stretch = stretch + len(cell.lines) if cell else 0
        longest = max(longest, stretch)
    return longest


def functions_of(notebook: dict) -> set[str]:
    """Names of the functions that a notebook defines outside classes and other functions."""
    sources = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
    statements = [node for source in sources for node in ast.parse(source).body]
    return {node.name for node in statements if isinstance(node, ast.FunctionDef)}


def defined_twice(notebooks: dict[str, dict]) -> dict[str, list[str]]:
    """Functions with the notebooks that define them, where these are two or more."""
    homes = defaultdict(list)
    for name, notebook in notebooks.items():
        for function in functions_of(notebook):
            homes[function].append(name)
    return {function: names for function, names in homes.items() if len(names) > 1}


def read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def test_a_helper_of_two_notebooks_is_in_the_package():
    assert set(defined_twice({path.stem: read(path) for path in NOTEBOOKS})) == set(TAUGHT)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_code_that_a_reader_sees_fits_the_page(path):
    notebook = read(path)
    code = [cell for cell in cells_of(notebook) if cell]
    wide = [(c.number, line) for c in code for line in c.lines if len(line) > LINE]
    long = {cell.number: len(cell.lines) for cell in code if len(cell.lines) > CELL}
    assert not wide and not long
    assert longest_stretch(notebook) <= STRETCH


def lines_beside_code(notebook: dict) -> Iterator[str]:
    """Lines in boxes that no formatter looks at: what cells print, and code in texts."""
    for cell in notebook["cells"]:
        if "remove-cell" in cell["metadata"].get("tags", []):
            continue
        for output in cell.get("outputs", []):
            yield from "".join(output.get("text", "")).splitlines()
        if cell["cell_type"] == "markdown":
            for block in re.findall(r"^```python\n(.*?)^```", "".join(cell["source"]), BLOCK):
                yield from block.splitlines()


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_what_is_printed_and_code_in_texts_fit_the_page(path):
    assert [line for line in lines_beside_code(read(path)) if len(line) > LINE] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_chapter_shows_little_code(path):
    assert shown_lines(read(path)) < SHOWN[path.parent.name]


def markdown(text: str) -> dict:
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def code(source: str, *tags: str, picture: bool = False) -> dict:
    outputs = [{"data": {"image/png": ""}}] if picture else []
    return {
        "cell_type": "code",
        "source": source,
        "metadata": {"tags": list(tags)},
        "outputs": outputs,
    }


def test_what_is_folded_or_in_a_solution_is_not_counted_as_shown():
    cells = [
        code("a = 1\n\nb = 2"),
        code("c = 3", "hide-input"),
        code("d = 4", "remove-cell"),
        markdown("```{solution-start} ex\n```"),
        code("e = 5"),
        markdown("```{solution-end}\n```"),
        code("f = 6", "nbval-ignore-output"),
    ]
    assert shown_lines({"cells": cells}) == 3


def test_lines_beside_code_are_those_that_a_reader_sees():
    printed, removed = code("print(1)"), code("print(2)", "remove-cell")
    printed["outputs"] = removed["outputs"] = [{"text": ["1\n", "2"]}]
    text = markdown("Try\n```python\nx = 1\ny = 2\n```\nand `z`.\n```{note}\nno code\n```")
    cells = [printed, removed, text]
    assert list(lines_beside_code({"cells": cells})) == ["1", "2", "x = 1", "y = 2"]


def test_words_and_pictures_end_a_stretch_and_folded_code_does_not():
    two = code("a = 1\nb = 2")
    folded = code("c = 3", "hide-input")
    assert longest_stretch({"cells": [two, folded, two]}) == 4
    assert longest_stretch({"cells": [two, markdown("So far."), two]}) == 2
    assert longest_stretch({"cells": [two, code("d = 4", picture=True), two]}) == 3


def test_a_function_of_two_notebooks_is_found_and_a_method_is_not():
    helper, method = code("def note():\n    pass"), code("class A:\n    def f(self):\n        pass")
    notebooks = {"01": {"cells": [helper, method]}, "02": {"cells": [method, helper]}}
    assert defined_twice(notebooks) == {"note": ["01", "02"]}
