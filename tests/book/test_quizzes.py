"""Quizzes and progress on the pages of the built book."""

import json
import re

import pytest
from built_book import ROOT
from lxml import html
from playwright.sync_api import expect
from test_interactive import contrast

from coursebook import quiz

pytestmark = pytest.mark.book

FOLDER = ROOT / "chapters" / "quizzes"
QUIZZES = {path.stem: quiz.read(path) for path in sorted(FOLDER.glob("*.yml"))}
NORM_CHAPTER = "06-batch-norm-from-scratch"

# what is written in a quiz, from the verdict on a choice to the legend
INKS = (
    ".dn-feedback > strong",
    ".dn-feedback",
    ".dn-answers summary",
    ".dn-button",
    ".dn-tick",
    "legend",
)

# a browser may need a moment to hand one page's storage on to the next; in milliseconds
SOON = 20_000

# the colour of a node, and the backgrounds behind it, the nearest first
COLOURS = """(node) => {
  const behind = [];
  for (let element = node; element; element = element.parentElement)
    behind.push(getComputedStyle(element).backgroundColor);
  return [getComputedStyle(node).color, behind];
}"""


@pytest.fixture
def address(book):
    """Where a page of the built book is."""

    def find(name):
        (path,) = book.glob(f"chapters/*/{name}.html")
        return path

    return find


@pytest.fixture
def served(book, address, server):
    """The same on a server, for what a reader does from page to page.

    From a disk, Chromium gives each page a process of its own, which on a busy machine begins now
    and then with an empty storage; a reload shows all of it.
    """
    return lambda name: f"{server}{address(name).relative_to(book).as_posix()}"


def check(question, choice) -> str:
    """Check a choice of the question; returns the verdict and its reason."""
    question.get_by_role("radio").nth(choice).check()
    question.get_by_role("button", name="Check").click()
    return question.locator("[aria-live=polite]").inner_text()


def blended(layers: list[str]) -> str:
    """The colour that one sees, from rgb(…) and rgba(…), the nearest first."""
    result = [255.0, 255.0, 255.0]
    for layer in reversed(layers):
        *colour, alpha = [*map(float, re.findall(r"[\d.]+", layer)), 1.0][:4]
        result = [alpha * new + (1 - alpha) * old for new, old in zip(colour, result, strict=True)]
    return f"rgb({', '.join(map(str, result))})"


def check_all_choices(question, content: dict) -> None:
    """Every choice has its reason; the right one is checked last, and stays."""
    assert question.get_by_role("radio").count() == len(content["choices"])
    right = quiz.right(content)
    wrong = [choice for choice in range(len(content["choices"])) if choice != right]
    for choice in wrong:
        verdict = check(question, choice)
        assert verdict.startswith("Not this one. ") and len(verdict) > 20
    verdict = check(question, right)
    assert verdict.startswith("Right. ") and len(verdict) > 20


def test_every_choice_of_the_book_is_explained_and_all_right_ones_make_a_full_page_of_progress(
    visit, served
):
    page = visit(served("progress"))
    given = 0
    for name, contents in QUIZZES.items():
        # without waiting for figures and formulas
        page.goto(served(name), wait_until="domcontentloaded")
        page.wait_for_function(
            "(given) => Object.keys(courseProgress.load().answers).length >= given",
            arg=given,
            timeout=SOON,
        )
        questions = page.locator(".dn-question").all()
        assert len(questions) == len(contents), name
        given += len(questions)
        for question, content in zip(questions, contents, strict=True):
            check_all_choices(question, content)
    page.goto(served("progress"))
    rows = page.locator("tr[data-chapter]").all()
    rows = {row.get_attribute("data-chapter"): row for row in rows}
    assert set(QUIZZES) <= set(rows)
    for name, row in rows.items():
        answered = "3 of 3 3 right, 0 wrong" if name in QUIZZES else "–"
        cell = expect(row.locator("td").nth(1), name)
        cell.to_have_text(answered, use_inner_text=True, timeout=SOON)
    total = 3 * len(QUIZZES)
    expect(page.locator(".dn-bar").nth(1)).to_contain_text(f"{total} of {total}")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("choice", ["right", "wrong"])
def test_a_quiz_is_readable_and_fits(visit, address, theme, width, choice):
    size = {"width": width, "height": 900}
    page = visit(address(NORM_CHAPTER).as_uri(), color_scheme=theme, viewport=size)
    right, question = quiz.right(QUIZZES[NORM_CHAPTER][0]), page.locator(".dn-question").first
    check(question, right if choice == "right" else (right + 1) % 3)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert question.bounding_box()["width"] <= width
    for ink in INKS:
        colour, backgrounds = page.locator(ink).first.evaluate(COLOURS)
        assert contrast(colour, blended(backgrounds)) >= 4.5, ink
    for target in page.locator(".dn-choices label, .dn-button, .dn-tick").all():
        assert target.bounding_box()["height"] >= 44


def test_on_paper_all_answers_are_there(visit, address):
    page = visit(address(NORM_CHAPTER).as_uri())
    check(page.locator(".dn-question").first, 0)
    page.emulate_media(media="print")
    answers = page.locator(".dn-answers li").all()
    assert len(answers) == sum(len(content["choices"]) for content in QUIZZES[NORM_CHAPTER])
    assert min(answer.bounding_box()["height"] for answer in answers) > 10
    assert not page.locator(".dn-question > .dn-button").first.is_visible()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_of_progress_is_readable_and_fits(visit, address, theme, width):
    path, size = address("progress"), {"width": width, "height": 900}
    page = visit(path.as_uri(), color_scheme=theme, viewport=size)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    table = page.locator(".dn-progress table").bounding_box()["width"]
    assert table <= page.locator(".dn-wide").bounding_box()["width"] + 1, "no need to scroll it"
    for link in page.locator("tr[data-chapter] a").all():
        assert (path.parent / link.get_attribute("href")).resolve().is_file()


def test_exercises_and_the_end_of_a_chapter_have_their_boxes(visit, served):
    page = visit(served("05-dropout-from-scratch"))
    exercises = page.locator(".exercise.admonition").count()
    assert page.get_by_role("checkbox", name="Done with").count() == exercises > 2
    for box in page.locator(".dn-tick input").all():
        box.check()
    page.get_by_role("link", name="Your progress").last.click()
    page.wait_for_selector(".dn-bars")
    row = page.locator('[data-chapter="05-dropout-from-scratch"] td')
    expect(row.nth(0)).to_have_text(re.compile("^✓"), use_inner_text=True, timeout=SOON)
    expect(row.nth(2)).to_have_text(
        f"{exercises} of {exercises}", use_inner_text=True, timeout=SOON
    )


def test_every_checker_in_a_chapter_belongs_to_one_of_its_exercises(address):
    page = html.fromstring(address("progress").read_text(encoding="utf-8"))
    checkers = {}
    for row in page.xpath("//*[@data-exercises]"):
        exercises = json.loads(row.get("data-exercises"))
        checkers[row.get("data-chapter")] = {name for _, names in exercises for name in names}
    for path in ROOT.glob("chapters/*/*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = "".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
        used = set(re.findall(r"\bcheck\(\"([\w-]+)\"", code))
        assert used <= checkers.get(path.stem, set()), path.stem


def test_pages_without_anything_to_do_load_none_of_it(book):
    pages = {path.stem: path.read_text(encoding="utf-8") for path in book.rglob("*.html")}
    loading = {name for name, page in pages.items() if "_static/coursebook/store.js" in page}
    assert loading >= {"progress", *QUIZZES}
    assert not loading & {"index", "search", "genindex", "bibliography", "conventions"}
