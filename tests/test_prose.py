"""Numbers in the chapters' prose come from cells: glued, or cited, or part of the setting."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted(ROOT.glob("chapters/*/*.ipynb"))

NOT_PROSE = re.compile(
    r"```.*?```"  # code
    r"|\$\$.*?\$\$|\$[^$]+\$"  # maths
    r"|\{[a-z:]+\}`[^`]*`"  # roles: glue, cite, numref
    r"|`[^`]*`"
    r"|\]\([^)]*\)|<[^>]+>"  # targets of links, HTML
    r"|^:{3,}.*$|^:[a-z]+:.*$",  # directives and their options
    re.DOTALL | re.MULTILINE,
)
NUMBER = re.compile(r"(?<![\w.])\d[\d,]*\.\d+(?:\s?%)?|(?<![\w.])\d[\d,]*\s?%")

# Numbers of a chapter that define or explain and are no results.
ALLOWED = {
    # what sure means
    "01-when-training-goes-too-well": {"99 %"},
    # rates and learning rates tried
    "02-dropout": {"0.9", "0.01", "0.02", "0.03"},
    # threshold of the check, 1 − 1/5, a learning rate
    "04-layers-and-gradients": {"0.1", "0.8", "0.2"},
    # a rate
    "05-dropout-from-scratch": {"0.2"},
    # float32's steps, momenta
    "06-batch-norm-from-scratch": {"0.06", "0.1", "0.9", "0.99", "0.01", "10 %", "80 %"},
    # one of ten classes, noise added
    "07-a-cnn-in-numpy": {"0.1", "0.02"},
    # what a confidence means
    "13-after-training": {"80 %"},
    # a probability of keeping
    "14-replications": {"0.2"},
    # a momentum carried over from Keras
    "16-your-own-network": {"0.99"},
    # Keras' default momentum
    "conventions": {"0.99"},
}

# Levels and definitions, not results.
SETTING = {"95 %", "2.5 %", "97.5 %", "50 %", "100 %", "0 %", "0.5", "1.5", "1.2", "1.0", "0.0"}


def bare_numbers(markdown: str) -> list[str]:
    """Decimals and percentages that stand in prose without a citation in their paragraph."""
    found = []
    for paragraph in re.split(r"\n\s*\n", re.sub(r"```.*?```", "", markdown, flags=re.DOTALL)):
        if "{cite" not in paragraph:
            found += [
                number
                for number in NUMBER.findall(NOT_PROSE.sub(" ", paragraph))
                if number not in SETTING
            ]
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_figure_is_typed_into_the_prose(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    prose = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    if (quiz := ROOT / "chapters" / "quizzes" / f"{path.stem}.yml").is_file():
        prose.append(quiz.read_text(encoding="utf-8"))
    found = {number for text in prose for number in bare_numbers(text)}
    assert found == ALLOWED.get(path.stem, set())


@pytest.mark.parametrize(
    ("markdown", "found"),
    [
        ("Dropout brings 0.94 points.", ["0.94"]),
        ("Accuracy falls to 46 %, or 46%.", ["46 %", "46%"]),
        ("It took 1,234.5 steps.", ["1,234.5"]),
        ("It brings {glue:text}`ch11-gain:.2f` points at $p = 0.25$ with `lr=0.03`.", []),
        ("They report 71.3 % {cite:p}`ioffe2015`.", []),
        ("They report 71.3 % {cite:p}`ioffe2015`.\n\nWe find 70.1 %.", ["70.1 %"]),
        ("```python\nx = 0.123\n```", []),
        ("A 95 % interval.", []),
    ],
)
def test_the_search_sees_what_it_should(markdown, found):
    assert bare_numbers(markdown) == found
