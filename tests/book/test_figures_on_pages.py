"""The interactive figures on the pages of the book as `make book` left it."""

import pytest
from test_interactive import assert_readable, used

from coursebook import moving_figures

pytestmark = pytest.mark.book

LIVE = sorted({notebook for notebook, *_ in used()})


@pytest.fixture
def chapter(visit, book):
    """Opens a chapter of the built book."""

    def open_chapter(name, **options):
        (path,) = book.glob(f"chapters/*/{name}.html")
        return visit(path.as_uri(), **options)

    return open_chapter


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", LIVE)
def test_figures_come_alive_offline_and_are_readable(chapter, name, theme, width):
    page = chapter(name, color_scheme=theme, viewport={"width": width, "height": 900})
    assert page.locator("html").get_attribute("data-theme") == theme
    assert page.locator("figure.interactive").count() == page.locator(".if-live").count() > 0
    assert not page.locator("figure.interactive > img").first.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert_readable(page)


def test_the_themes_button_reaches_the_figures(chapter):
    page = chapter("02-dropout", color_scheme="light")
    before = assert_readable(page)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    after = assert_readable(page)
    assert before["--if-paper"] != after["--if-paper"]


def test_the_figures_answer_in_the_book(chapter):
    page = chapter("02-dropout")
    page.get_by_role("button", name="Run 200 passes").click()
    assert "The mean of 201 passes" in page.locator("figure.interactive output").inner_text()
    page = chapter("06-batch-norm-from-scratch")
    page.locator(".if-keys").press("End")
    assert "the same" in page.locator("figure.interactive output").inner_text()


def test_pages_without_a_figure_load_none_of_it(book):
    loading = {
        path.stem
        for path in book.rglob("*.html")
        if moving_figures.FRAME in path.read_text(encoding="utf-8")
    }
    assert loading == {*LIVE, "explorer"}  # which shares the figures' controls
