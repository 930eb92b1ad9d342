"""A word of the trade is in italics or bold, and explained, where a reader first meets it."""

import json
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]

# Each word with the chapter that says what it means.
DEFINED = {
    "momentum": "01",
    "nat": "01",
    "95 % interval": "01",
    "generalisation gap": "01",
    "seed": "01",
    "logit": "02",
    "mask": "02",
    "thinned network": "02",
    "He initialisation": "03",
    "kernel": "03",
    "padding": "03",
    "running statistics": "03",
    "Wasserstein distance": "03",
    "stride": "04",
    "velocity": "04",
    "binomial": "05",
    "biased": "06",
}

# what is no running text: code, formulas, roles, targets of links, options of directives, headings
NO_PROSE = re.compile(
    r"```python.*?```|\$\$.*?\$\$|\$[^$\n]+\$|\{[\w:]+\}`[^`]*`|`[^`\n]*`|\]\([^)]*\)|^(?::\w+:|#)[^\n]*",
    re.DOTALL | re.MULTILINE,
)
OBJECTIVES = re.compile(r":::\{admonition\} In this chapter\n.*?\n:::", re.DOTALL)


def chapters() -> list[Path]:
    """The notebooks of the chapters, in the order of the book."""
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))["parts"]
    files = [chapter["file"] for part in parts[:3] for chapter in part["chapters"]]
    return [ROOT / f"{file}.ipynb" for file in files]


def prose(notebook: dict) -> str:
    """What a reader reads, in order: texts and the captions of figures."""
    texts = []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            text = OBJECTIVES.sub(" ", "".join(cell["source"]))
            texts.append(NO_PROSE.sub(" ", text))
        else:
            texts.append(cell["metadata"].get("mystnb", {}).get("figure", {}).get("caption", ""))
    return "\n\n".join(texts)


def first_use(word: str, texts: dict[str, str]) -> tuple[str, bool]:
    """The first text that has the word, and whether it stands in italics or bold there."""
    anywhere = re.compile(rf"(?<![\w-]){re.escape(word)}s?(?!\w)", re.IGNORECASE)
    stressed = re.compile(rf"\*(?:[\w ]+ )?{re.escape(word)}s?\*", re.IGNORECASE)
    for name, text in texts.items():
        if found := anywhere.search(text):
            stress = stressed.search(text)
            return name, stress is not None and stress.start() < found.end() <= stress.end()
    raise LookupError(f"{word!r} stands in no chapter")


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    read = {path: json.loads(path.read_text(encoding="utf-8")) for path in chapters()}
    return {path.stem.partition("-")[0]: prose(notebook) for path, notebook in read.items()}


@pytest.mark.parametrize("word", DEFINED)
def test_a_word_is_defined_where_a_reader_first_meets_it(texts, word):
    assert first_use(word, texts) == (DEFINED[word], True)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("We use a *kernel* here, a kernel of three.", True),
        ("We use a kernel here, a *kernel* of three.", False),
        ("Its **weight kernel** has nine numbers.", True),
        ("*Not* a kernel, *yet*.", False),
        ("The code has `kernel`, then a *kernel*.", True),
        ("$kernel$ and {glue:text}`kernel`, *kernels*.", True),
    ],
)
def test_the_search_sees_where_a_word_is_first_used_and_how(text, found):
    cells = [{"cell_type": "markdown", "source": text}]
    assert first_use("kernel", {"00": "Nothing.", "01": prose({"cells": cells})}) == ("01", found)
