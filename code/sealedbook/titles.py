"""A Sphinx extension by which a page says which book it is of, and which chapter it is.

The sidebar calls a chapter by its number; its own heading does not, and on a phone no page had the
name of the book. Both are on the page of the first chapter that a search engine leads to.
"""

from lxml import html
from sphinx.application import Sphinx

from sealedbook import pages
from sealedbook.pages import Page, Step

# the page in the sidebar, by its title in the table of contents
HERE = "//nav[contains(@class, 'bd-links')]//a[@href='#']"
HEADING = "//article//h1"
NUMBER = " · "


def add_number(page: Page) -> None:
    """Put a chapter's number, as the table of contents has it, before its heading."""
    for link, heading in zip(page.tree.xpath(HERE), page.tree.xpath(HEADING), strict=False):
        number, dot, _ = link.text_content().strip().partition(NUMBER)
        if dot and number[:1].isdigit():
            heading.insert(0, html.Element("span", {"class": "chapter-number"}))
            heading[0].text, heading[0].tail = f"{number}{NUMBER}", heading.text
            heading.text = None


def add_book(page: Page, book: str, first: str) -> None:
    """Name the book above the heading, as a link to its first page."""
    if page.name == first:
        return
    for heading in page.tree.xpath(HEADING):
        line = html.Element("p", {"class": "book-name"})
        link = html.Element("a", {"href": page.address(f"{first}.html")})
        link.text = book
        line.append(link)
        heading.addprevious(line)


def _add_titles(app: Sphinx, site: list[Page]) -> None:
    for page in site:
        add_number(page)
        add_book(page, app.config.html_title, app.config.root_doc)


def setup(app: Sphinx) -> dict[str, bool]:
    """Have the pages changed; called by Sphinx."""
    pages.finish(app, Step.TITLES, _add_titles)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
