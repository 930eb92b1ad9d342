"""The reader's code has no number for the text and no check of the book in it, and still runs."""

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from little_course import COURSE, ROOT

from coursebook.plain_notebook import plain
from coursebook.scaffolding import Code, without_scaffolding

NOTEBOOKS = [path for part in COURSE.chapters for path in sorted((ROOT / part).glob("*.ipynb"))]


OPEN = {
    "01": {"history"},
    "07": {"order", "optimiser"},
    "08": {"product"},
    "09": {"conv", "images", "nn"},
    "12": {"y"},
}


def cleaned(*cells: str | Code, also: list[str] | None = None) -> list[str]:
    code = [cell if isinstance(cell, Code) else Code(cell) for cell in cells]
    return without_scaffolding(code, ["glue", "quote"], also or [])


def test_notes_and_assertions_are_gone_and_what_they_needed():
    code = (
        "from web import glue, np\nimport os\n\nx = np.ones(3)\nassert x.sum() == 3\nglue('x', x)\n"
    )
    assert cleaned(code) == ["from web import np\n\nx = np.ones(3)"]


def test_a_loop_that_only_checks_is_gone_and_another_keeps_its_body():
    checks = "for k in range(3):\n    assert k < 3\n    quote('k', k)"
    does = "for k in range(3):\n    print(k)\n    assert k < 3"
    assert cleaned(checks, does) == ["", "for k in range(3):\n    print(k)"]


def test_what_a_function_checks_is_its_own_business():
    code = "def f(x):\n    assert x > 0\n    return x\n\n\nprint(f(1))"
    assert cleaned(code) == [code]


def test_an_unused_value_goes_where_nobody_sees_the_cell_and_stays_where_somebody_does():
    code = "a = 1\nb = 2\n\n\ndef f():\n    return g()\n\n\ndef g():\n    return a"
    assert cleaned(Code(code, is_hidden=True), "print(b)") == ["b = 2", "print(b)"]
    assert cleaned(code, "print(b)") == [code, "print(b)"]
    assert cleaned(Code(code, is_hidden=True), also=["f()"]) == [code.replace("b = 2\n", "")]


def test_a_value_that_is_changed_in_a_place_stays():
    code = "table = {}\ntable['a'] = 1"
    assert cleaned(Code(code, is_hidden=True), "print(table)") == [code, "print(table)"]


def test_code_that_is_not_plain_python_stays_and_its_names_count():
    assert cleaned("import time\nimport os", "%timeit time.time()") == [
        "import time",
        "%timeit time.time()",
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_chapters_copy_has_neither_and_lacks_no_name(path: Path, tmp_path: Path):
    cells = plain(nbformat.read(path, 4), COURSE).cells
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    assert all(code)
    assert "{glue" not in str(cells) and "note(" not in str(cells)
    joined = "\n\n".join(code) + "\n"
    for word in ("myst_nb", "glue(", "quote(", "note("):
        assert word not in joined
    assert not [line for line in joined.splitlines() if line.startswith("assert ")]
    file = tmp_path / "chapter.py"
    file.write_text(joined, encoding="utf-8")
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F821,E9"]
    options = ["--output-format", "json", str(file)]
    found = subprocess.run([*command, *options], capture_output=True, encoding="utf-8", check=False)
    messages = [fault["message"] for fault in json.loads(found.stdout)]
    missing = {message.split("`")[1] for message in messages if "`" in message}
    assert len(missing) == len({*messages}), messages
    # what an exercise's beginning leaves open is the reader's to fill in
    assert missing <= OPEN.get(path.stem[:2], set()), messages
