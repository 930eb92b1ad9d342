"""What a chapter asks of its reader: minutes that are counted, and a prediction before a result."""

import re
from pathlib import Path

import pytest
from test_notebooks import read, shown_lines

ROOT = Path(__file__).parents[1]
CHAPTERS = [path for path in sorted(ROOT.glob("chapters/*/*.ipynb")) if path.stem[:2].isdigit()]

# how fast a text with formulas is read, how long a figure or table is looked at, a line of code
WORDS_A_MINUTE = 150
MINUTES_A_FIGURE = 0.5
LINES_A_MINUTE = 20

# what is stated may be off by half of five minutes, and by what a few more sentences take
STATED_TO = 4


def text_of(notebook: dict) -> str:
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    return "\n\n".join("".join(cell["source"]) for cell in cells)


def words(text: str) -> int:
    """Words of the text before the exercises; a formula, a number or a reference is one."""
    text = text.split("\n## Exercises")[0]
    text = re.sub(r"\$\$.*?\$\$|\$[^$]*\$|\{[\w:]+\}`[^`]*`", "formula", text, flags=re.DOTALL)
    text = re.sub(r"\]\([^)]*\)|^[:`]{3,}.*$|^:\w+:.*$", "", text, flags=re.MULTILINE)
    return len(re.findall(r"[^\W\d_][\w’'-]*", text))


def minutes(notebook: dict) -> float:
    """How long the chapter takes to read, without its exercises."""
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    figures = sum(
        bool({"image/png", "text/html"} & set(output.get("data", {}))) for output in outputs
    )
    return (
        words(text_of(notebook)) / WORDS_A_MINUTE
        + figures * MINUTES_A_FIGURE
        + shown_lines(notebook) / LINES_A_MINUTE
    )


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_the_minutes_that_a_chapter_states_are_those_that_are_counted(path):
    notebook = read(path)
    (stated,) = re.findall(r"\*\*Time\*\*: about (\d+) minutes", text_of(notebook))
    assert int(stated) % 5 == 0
    assert abs(int(stated) - minutes(notebook)) < STATED_TO, f"{minutes(notebook):.0f} minutes"


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_asks_for_a_prediction_and_then_says_what_came_out(path):
    text = text_of(read(path))
    asked = re.findall(r"^`{3,}\{predict\} (\S+)$", text, re.MULTILINE)
    told = re.findall(r"^`{3,}\{outcome\} (\S+)$", text, re.MULTILINE)
    assert asked and len(set(asked)) == len(asked) and sorted(asked) == sorted(told)
    for name in asked:
        assert name.startswith(f"ch{path.stem[:2]}-")
        assert text.index(f"{{predict}} {name}") < text.index(f"{{outcome}} {name}")


def test_words_are_counted_without_exercises_addresses_and_directives():
    text = """# Two words

:::{admonition} A title
:class: note
See [chapter two](../a/long-address.ipynb): $a + b$ is {glue:text}`ch02-sum` of it.
:::

## Exercises
Many more words."""
    # two, "See chapter two", "formula is formula of it"
    assert words(text) == 2 + 3 + 5
