"""Quizzes and progress on the pages of the book as `make book` left it."""

import json
import re
from pathlib import Path

import pytest
from lxml import html
from test_interactive import contrast

from coursebook import quiz

pytestmark = pytest.mark.book

ROOT = Path(__file__).parents[2]
QUIZZES = {
    path.stem: quiz.read(path) for path in sorted((ROOT / "chapters" / "quizzes").glob("*.yml"))
}
INKS = (
    ".dn-feedback > strong",
    ".dn-feedback",
    ".dn-answers summary",
    ".dn-button",
    ".dn-tick",
    "legend",
)


@pytest.fixture
def address(book):
    """Where a page of the built book is."""

    def find(name):
        (path,) = book.glob(f"chapters/*/{name}.html")
        return path

    return find


def check(question, choice) -> str:
    question.get_by_role("radio").nth(choice).check()
    question.get_by_role("button", name="Check").click()
    return question.locator("[aria-live=polite]").inner_text()


def blended(layers: list[str]) -> str:
    """The colour that one sees, from rgb(…) and rgba(…), the nearest first."""
    seen = [255.0, 255.0, 255.0]
    for layer in reversed(layers):
        *colour, alpha = [*map(float, re.findall(r"[\d.]+", layer)), 1.0][:4]
        seen = [alpha * new + (1 - alpha) * old for new, old in zip(colour, seen, strict=True)]
    return f"rgb({', '.join(map(str, seen))})"


def test_every_choice_of_the_book_is_explained_and_all_right_ones_make_a_full_page_of_progress(
    visit, address
):
    page = visit(address("progress").as_uri())
    for name, questions in QUIZZES.items():
        page.goto(
            address(name).as_uri(), wait_until="domcontentloaded"
        )  # not for figures and formulas
        shown = page.locator(".dn-question").all()
        assert len(shown) == len(questions), name
        for question, asked in zip(shown, questions, strict=True):
            assert question.get_by_role("radio").count() == len(asked["choices"])
            order = sorted(
                range(len(asked["choices"])), key=quiz.right(asked).__eq__
            )  # the right one last
            *wrong, right = [check(question, choice) for choice in order]
            assert right.startswith("Right. ") and all(
                words.startswith("Not this one. ") for words in wrong
            ), name
            assert all(len(words) > 20 for words in (right, *wrong)), name
    page.goto(address("progress").as_uri())
    rows = {
        row.get_attribute("data-chapter"): row for row in page.locator("tr[data-chapter]").all()
    }
    assert set(QUIZZES) <= set(rows)
    for name, row in rows.items():
        of_three = re.sub(r"\s+", " ", row.locator("td").nth(1).inner_text())
        assert of_three == ("3 of 3 3 right, 0 wrong" if name in QUIZZES else "–"), name
    assert (
        f"{3 * len(QUIZZES)} of {3 * len(QUIZZES)}" in page.locator(".dn-bar").nth(1).inner_text()
    )


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("choice", ["right", "wrong"])
def test_a_quiz_is_readable_and_fits(visit, address, theme, width, choice):
    name, size = "06-batch-norm-from-scratch", {"width": width, "height": 900}
    page = visit(address(name).as_uri(), color_scheme=theme, viewport=size)
    asked, question = QUIZZES[name][0], page.locator(".dn-question").first
    check(question, quiz.right(asked) if choice == "right" else (quiz.right(asked) + 1) % 3)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert question.bounding_box()["width"] <= width
    for ink in INKS:
        colours = page.locator(ink).first.evaluate(
            """(node) => {
              const behind = [];
              for (let element = node; element; element = element.parentElement)
                behind.push(getComputedStyle(element).backgroundColor);
              return [getComputedStyle(node).color, behind];
            }"""
        )
        assert contrast(colours[0], blended(colours[1])) >= 4.5, ink
    for target in page.locator(".dn-choices label, .dn-button, .dn-tick").all():
        assert target.bounding_box()["height"] >= 44


def test_on_paper_all_answers_are_there(visit, address):
    page = visit(address("06-batch-norm-from-scratch").as_uri())
    check(page.locator(".dn-question").first, 0)
    page.emulate_media(media="print")
    answers = page.locator(".dn-answers li").all()
    assert len(answers) == sum(
        len(asked["choices"]) for asked in QUIZZES["06-batch-norm-from-scratch"]
    )
    assert min(answer.bounding_box()["height"] for answer in answers) > 10
    assert not page.locator(".dn-question > .dn-button").first.is_visible()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_of_progress_is_readable_and_fits(visit, address, theme, width):
    page = visit(
        address("progress").as_uri(), color_scheme=theme, viewport={"width": width, "height": 900}
    )
    assert page.evaluate("document.documentElement.scrollWidth") == width
    table = page.locator(".dn-progress table")
    assert table.bounding_box()["width"] <= page.locator(".dn-wide").bounding_box()["width"] + 1, (
        "no need to scroll it"
    )
    for row in page.locator("tr[data-chapter]").all():
        assert (
            (address("progress").parent / row.locator("a").get_attribute("href"))
            .resolve()
            .is_file()
        )


def test_exercises_and_the_end_of_a_chapter_have_their_boxes(visit, address):
    page = visit(address("05-dropout-from-scratch").as_uri())
    exercises = page.locator(".exercise.admonition").count()
    assert page.get_by_role("checkbox", name="Done with").count() == exercises > 2
    for box in page.locator(".dn-tick input").all():
        box.check()
    page.get_by_role("link", name="Your progress").last.click()
    page.wait_for_selector(".dn-bars")
    row = page.locator('[data-chapter="05-dropout-from-scratch"] td')
    assert (
        row.nth(0).inner_text().startswith("✓")
        and row.nth(2).inner_text() == f"{exercises} of {exercises}"
    )


def test_every_checker_in_a_chapter_belongs_to_one_of_its_exercises(address):
    page = html.fromstring(address("progress").read_text(encoding="utf-8"))
    known = {
        row.get("data-chapter"): {
            check for _, checks in json.loads(row.get("data-exercises")) for check in checks
        }
        for row in page.xpath("//*[@data-exercises]")
    }
    for path in ROOT.glob("chapters/*/*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = "".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
        assert set(re.findall(r"\bcheck\(\"([\w-]+)\"", code)) <= known.get(path.stem, set()), (
            path.stem
        )


def test_pages_without_anything_to_do_load_none_of_it(book):
    loading = {
        path.stem
        for path in book.rglob("*.html")
        if "_static/coursebook/store.js" in path.read_text(encoding="utf-8")
    }
    assert loading >= {"progress", *QUIZZES} and not loading & {
        "index",
        "search",
        "genindex",
        "bibliography",
        "conventions",
    }
