"""A Sphinx extension that mends what theme and extensions leave in the way of readers with a keyboard or a screen reader.

Only HTML that is not ours is touched, and each change is one function with its reason. How things look is in ``style.css``.
"""

import re

from lxml.html import HtmlElement
from sphinx.application import Sphinx

from sealedbook import pages
from sealedbook.pages import Page, of_class

DOUBLED = ("exercise-content", "solution-content")
"""Ids that sphinx-exercise gives to every exercise and every solution."""


PUNCTUATION = re.compile(r"[^\w\s(\[–—−-]+")
"""What stays with the word before it."""


def mend(app: Sphinx, site: list[Page]) -> None:
    """All of it."""
    for page in site:
        for change in (
            name_sidebar,
            name_buttons,
            name_summaries,
            name_tables,
            keep_together,
            list_citations,
            number_once,
        ):
            change(page)


def name_sidebar(page: Page) -> None:
    """The sidebar with logo and search belongs to no landmark: who goes from one to the next would miss it."""
    for sidebar in page.tree.xpath("//div[@id='pst-primary-sidebar']"):
        sidebar.set("role", "complementary")
        sidebar.set("aria-label", "This book")
    for image in page.tree.xpath(
        f"{of_class('logo__image')}[substring(@alt, string-length(@alt) - 6) = ' - Home']"
    ):
        image.set("alt", f"{image.get('alt').removesuffix(' - Home')}: first page")


def name_buttons(page: Page) -> None:
    """The search button's label says less than the button shows, and others have their name only in a tooltip."""
    for button in page.tree.xpath(of_class("search-button-field")):
        button.attrib.pop("aria-label", None)
        button.attrib.pop("title", None)
    for button in page.tree.xpath("//button[@title and not(@aria-label)]"):
        if not button.text_content().strip():
            button.set("aria-label", button.get("title"))
    for icon in page.tree.xpath("//i[contains(@class, 'fa-')]"):
        icon.attrib.pop("title", None)
        icon.set("aria-hidden", "true")


def name_summaries(page: Page) -> None:
    """MyST-NB calls all that it folds "Toggle hidden content", whatever stands there to be read."""
    for summary in page.tree.xpath("//summary[@aria-label]"):
        if summary.text_content().strip():
            del summary.attrib["aria-label"]


def name_tables(page: Page) -> None:
    """An empty corner is no header; every other header says what it heads."""
    for cell in page.tree.xpath("//article//th"):
        if not has_content(cell):
            cell.tag = "td"
            cell.attrib.pop("scope", None)
        elif not cell.get("scope"):
            cell.set("scope", "col" if cell.xpath("ancestor::thead") else "row")


def has_content(element: HtmlElement) -> bool:
    """Is there a word or a picture in it?"""
    return bool(element.text_content().strip() or element.xpath(".//img | .//svg"))


def keep_together(page: Page) -> None:
    """A line may end behind a formula, which is a box to the browser, but not before the comma that follows it."""
    for formula in page.tree.xpath("//span[contains(concat(' ', @class, ' '), ' math ')]"):
        mark = PUNCTUATION.match(formula.tail or "")
        if mark and formula.getparent().get("class") != "unbroken":
            both = formula.makeelement("span", {"class": "unbroken"})
            formula.addprevious(both)
            both.tail = formula.tail[mark.end() :]
            formula.tail = None
            both.append(formula)
            formula.tail = mark[0]


def list_citations(page: Page) -> None:
    """Docutils makes a list of citations whose entries are, by their role, no items of a list."""
    for entry in page.tree.xpath("//*[@role='doc-biblioentry']"):
        entry.set("role", "listitem")


def number_once(page: Page) -> None:
    """An id stands for one element."""
    for name in DOUBLED:
        for element in page.tree.xpath(f"//*[@id='{name}']"):
            del element.attrib["id"]
            element.set("class", f"{element.get('class', '')} {name}".strip())


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    pages.finish(app, mend, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
