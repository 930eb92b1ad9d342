"""The reference pages: what they say about chapters, code and runtimes is so."""

import re
from pathlib import Path

import nbformat
import numpy as np
import pytest

from dropnorm import scratch as nn
from tools import runtimes

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "chapters" / "reference"
AXES = (0, 2, 3)


# notation


def tokens(maths: str) -> list[str]:
    """The symbols of a formula: commands and letters, with what an accent stands on."""
    maths = re.sub(r"\\math(rm|bf|bb)\{?(\w)\}?", r"\\math\1 \2", maths)
    return re.findall(r"\\[a-zA-Z]+|[^\s{}\\]", maths)


def maths_of(chapter: Path) -> list[list[str]]:
    """All formulas in a chapter's prose; the letter of *p* = 0.5 is one, too."""
    cells = nbformat.read(chapter, as_version=4).cells
    prose = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    prose = re.sub(r"```.*?```", "", prose, flags=re.DOTALL)
    found = re.findall(r"\$\$(.*?)\$\$|\$([^$]+)\$|(?<![*\w])\*(\w)\*(?!\*)", prose, re.DOTALL)
    return [tokens("".join(groups)) for groups in found]


def contains(formula: list[str], symbol: list[str]) -> bool:
    return any(formula[i : i + len(symbol)] == symbol for i in range(len(formula)))


def rows() -> list[tuple[str, str]]:
    """Each symbol of the page with each chapter that is said to use it."""
    page = (REFERENCE / "notation.md").read_text(encoding="utf-8")
    lines = [line.strip("|").split(" | ") for line in page.splitlines() if line.startswith("| ")]
    return [
        (symbol, chapter)
        for first, *_, last in lines
        for symbol in re.findall(r"\$([^$]+)\$", first)
        for chapter in re.findall(r"\(\.\./([\w/.-]+)\)", last)
    ]


@pytest.mark.parametrize(("symbol", "chapter"), rows())
def test_every_symbol_stands_in_the_chapters_that_are_named(symbol, chapter):
    assert any(
        contains(formula, tokens(symbol)) for formula in maths_of(ROOT / "chapters" / chapter)
    )


def test_the_search_for_symbols_sees_what_it_should():
    assert contains(tokens(r"\hat{x}_i = 1"), tokens(r"\hat x"))
    assert contains(tokens(r"\mathrm{d}x + 1"), tokens(r"\mathrm dx"))
    assert not contains(tokens(r"x + \hat y"), tokens(r"\hat x"))
    assert len(rows()) > 50


# cheat sheet


@pytest.fixture(scope="module")
def sheet() -> dict:
    """What the code that stands on the cheat sheet defines."""
    names = {"np": np}
    for cell in nbformat.read(REFERENCE / "cheat-sheet.ipynb", as_version=4).cells:
        if cell.cell_type == "code" and "remove-cell" not in cell.metadata.get("tags", []):
            exec(cell.source, names)
    return names


def numeric(f, x: np.ndarray, dy: np.ndarray, h: float = 1e-5) -> np.ndarray:
    """Central differences of Σ dy · f(x)."""
    slopes = np.empty_like(x)
    for index in np.ndindex(x.shape):
        nudge = np.zeros_like(x)
        nudge[index] = h
        slopes[index] = (dy * (f(x + nudge) - f(x - nudge))).sum() / (2 * h)
    return slopes


@pytest.fixture
def arrays():
    rng = np.random.default_rng(0)
    x, dy = rng.normal(1, 2, (4, 3, 2, 5)), rng.normal(size=(4, 3, 2, 5))
    gamma, beta = rng.normal(size=(2, 1, 3, 1, 1))
    return x, dy, gamma, beta


@pytest.mark.parametrize("p", [0.0, 0.2, 0.5, 0.9])
def test_dropout_on_the_sheet_drops_with_probability_p_and_keeps_the_mean(sheet, p):
    y, noise = sheet["dropout"](np.ones(200_000), p, np.random.default_rng(0))
    assert abs((noise == 0).mean() - p) < 0.006
    assert set(np.unique(y).round(12)) <= {0.0, round(1 / (1 - p), 12)}
    assert abs(y.mean() - 1) < 0.05


def test_dropout_on_the_sheet_sends_the_gradient_through_the_same_mask(sheet, arrays):
    x, dy, *_ = arrays
    noise = sheet["dropout"](x, 0.3, np.random.default_rng(1))[1]
    slopes = numeric(lambda x: sheet["dropout"](x, 0.3, np.random.default_rng(1))[0], x, dy)
    np.testing.assert_allclose(sheet["dropout_backward"](dy, noise), slopes, atol=1e-8)


def test_batch_norm_on_the_sheet_is_the_packages(sheet, arrays):
    x, dy, gamma, beta = arrays
    layer = nn.BatchNorm2d(3, dtype=np.float64)
    layer.params["weight"][...], layer.params["bias"][...] = gamma.ravel(), beta.ravel()
    y, x_hat, r = sheet["batch_norm"](x, gamma, beta)
    np.testing.assert_allclose(y, layer(x), atol=1e-12)
    dx, dgamma, dbeta = sheet["batch_norm_backward"](dy, x_hat, r, gamma)
    np.testing.assert_allclose(dx, layer.backward(dy), atol=1e-12)
    np.testing.assert_allclose(dgamma.ravel(), layer.grads["weight"], atol=1e-12)
    np.testing.assert_allclose(dbeta.ravel(), layer.grads["bias"], atol=1e-12)
    mean, var = sheet["track"](np.zeros((1, 3, 1, 1)), np.ones((1, 3, 1, 1)), x)
    np.testing.assert_allclose(mean.ravel(), layer.buffers["running_mean"], atol=1e-12)
    np.testing.assert_allclose(var.ravel(), layer.buffers["running_var"], atol=1e-12)
    layer.eval()
    np.testing.assert_allclose(
        sheet["batch_norm_eval"](x, gamma, beta, mean, var), layer(x), atol=1e-12
    )


def test_batch_norm_on_the_sheet_agrees_with_finite_differences(sheet, arrays):
    x, dy, gamma, beta = arrays
    _, x_hat, r = sheet["batch_norm"](x, gamma, beta)
    dx, dgamma, dbeta = sheet["batch_norm_backward"](dy, x_hat, r, gamma)
    np.testing.assert_allclose(
        dx, numeric(lambda x: sheet["batch_norm"](x, gamma, beta)[0], x, dy), atol=1e-7
    )
    np.testing.assert_allclose(
        dgamma, numeric(lambda g: sheet["batch_norm"](x, g, beta)[0], gamma, dy), atol=1e-7
    )
    np.testing.assert_allclose(
        dbeta, numeric(lambda b: sheet["batch_norm"](x, gamma, b)[0], beta, dy), atol=1e-7
    )


def glued(page: str) -> dict[str, str]:
    """What a notebook gives to its prose, without the page's prefix."""
    found = {}
    for cell in nbformat.read(ROOT / "chapters" / page, as_version=4).cells:
        for output in cell.get("outputs", []):
            if name := output.get("metadata", {}).get("scrapbook", {}).get("name"):
                found[name.split("-", 1)[1]] = output.data[
                    "application/papermill.record/text/plain"
                ]
    return found


def test_the_figures_on_the_sheet_are_those_of_chapter_15():
    sheet, chapter = glued("reference/cheat-sheet.ipynb"), glued("experiments/15-choosing.ipynb")
    assert len(sheet) >= 9
    assert sheet == {name: chapter.get(name) for name in sheet}, "run both anew: make notebooks"


# runtimes


def test_every_notebook_was_timed_and_takes_less_than_a_minute():
    seconds = runtimes.read(runtimes.TABLE.read_text(encoding="utf-8"))
    assert set(seconds) == set(runtimes.notebooks()), "run: make runtimes"
    assert all(0 < float(measured) < 60 for measured in seconds.values())


def test_the_table_of_runtimes_counts_the_cells_as_they_are():
    table = runtimes.TABLE.read_text(encoding="utf-8")
    renewed = runtimes.write(runtimes.read(table), runtimes.notebooks())
    assert table.startswith(renewed), "run: python -m tools.runtimes --count"


def test_cells_that_are_compared_have_an_output_and_no_tag_against_it(tmp_path):
    outputs = [nbformat.v4.new_output("stream", text="1")]
    tagged = {"tags": [runtimes.NOT_COMPARED]}
    cells = [
        nbformat.v4.new_markdown_cell("words"),
        nbformat.v4.new_code_cell("x = 1"),
        nbformat.v4.new_code_cell("print(1)", outputs=outputs),
        nbformat.v4.new_code_cell("print(1)", outputs=outputs, metadata=tagged),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "x.ipynb")
    assert runtimes.count_cells(tmp_path / "x.ipynb") == (3, 1)
    table = runtimes.write({"a": "12.5"}, dict.fromkeys("ab", tmp_path / "x.ipynb"))
    assert table.splitlines()[2:] == ["| [](a) | 12.5 | 3 | 1 |", "| [](b) | – | 3 | 1 |"]
    assert runtimes.read(table) == {"a": "12.5", "b": "–"}
