"""The results explorer on its page of the book as `make book` left it."""

import re
from pathlib import Path

import pytest
from test_explorer import assert_shown, choice, redrawn, said, see_drawing

from dropnorm.registry import STUDIES
from explorer import data, directive
from explorer.layout import Layout

pytestmark = pytest.mark.book

PAGE = "chapters/reference/explorer.html"
LINK = re.compile(r'href="(?:[^"]*explorer\.html)?#(study=[^"]*)"')


@pytest.fixture
def opened(visit, book):
    """Opens the explorer's page of the built book at a view, without network."""

    def open_page(view="", **options):
        page = visit((book / PAGE).as_uri() + view, **options)
        see_drawing(page)
        return page

    return open_page


def test_the_book_has_the_stored_runs(book):
    for name, script in zip(
        (directive.DATA, directive.LOSSES), data.scripts(data.collect()), strict=True
    ):
        assert (book / "_static" / name).read_text(encoding="utf-8") == script, "`make book` again"


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_works_offline_in_every_theme_and_width(opened, theme, width):
    page = opened(
        "#study=together&view=paired", color_scheme=theme, viewport={"width": width, "height": 900}
    )
    assert page.locator("html").get_attribute("data-theme") == theme
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert (
        page.locator(".ex-chart svg").bounding_box()["width"]
        <= page.locator(".ex-chart").bounding_box()["width"]
    )
    assert not page.locator("figure.interactive-explorer > img").is_visible()
    assert_shown(page)
    redrawn(page, lambda: page.get_by_label("Study", exact=True).select_option("learning-rate"))
    redrawn(page, lambda: page.get_by_label("Metric", exact=True).select_option("test loss"))
    assert_shown(page, digits=3)


def test_a_link_brings_the_explorer_into_sight(opened):
    page = opened("#study=seeds")
    page.wait_for_function("scrollY > 0")
    top = page.locator("figure.interactive-explorer").bounding_box()["y"]
    assert 0 <= top < 300
    page.locator(".explorer-studies").get_by_role("link", name="schedule").click()
    page.wait_for_function("document.querySelector('figure').explorer.choice.study === 'schedule'")
    assert 0 <= page.locator("figure.interactive-explorer").bounding_box()["y"] < 300


def test_every_link_to_a_view_in_the_book_leads_to_what_there_is(opened, book):
    links = {
        match[1]
        for path in book.rglob("*.html")
        for match in LINK.finditer(path.read_text(encoding="utf-8"))
    }
    assert links
    for link in links:
        page = opened("#" + link.replace("&amp;", "&"))
        assert not page.locator("output em").count(), (link, said(page))
        assert choice(page)["study"] in link


def test_no_other_page_loads_it(book):
    loading = {
        path.name
        for path in book.rglob("*.html")
        if "explorer/data.js" in path.read_text(encoding="utf-8")
    }
    assert loading == {Path(PAGE).name}


def test_the_documented_parts_of_a_link_are_those_there_are(opened):
    page = opened()
    text = page.locator("main").text_content()
    view = page.evaluate("[Object.keys(dropnormMetrics.METRICS), Object.keys(dropnormViews.VIEWS)]")
    factors = {factor for study in STUDIES.values() for factor in Layout(study).factors}
    for word in (*view[0], *view[1], *factors, "closeup", "best"):
        assert re.search(rf"\b{word}\b", text), word
