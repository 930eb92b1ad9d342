"""The pages of the built site as trees, read and written in one way by all that finish them."""

from collections.abc import Callable
from pathlib import Path
from posixpath import normpath

from lxml import html
from lxml.html import HtmlElement
from sphinx.application import Sphinx


class Page:
    """A page of the site.

    Parameters
    ----------
    path
        The file.
    site
        The folder of the site, in which the file is.
    """

    def __init__(self, path: Path, site: Path) -> None:
        self.path, self.site = path, site
        self.name = path.relative_to(site).with_suffix("").as_posix()
        self.tree: HtmlElement = html.document_fromstring(path.read_text(encoding="utf-8"))
        self.head: HtmlElement = self.tree.find("head")

    def static(self, address: str) -> str | None:
        """The file in ``_static`` that a relative address on this page means, or None."""
        there = normpath(f"{self.name.rpartition('/')[0]}/{address.partition('?')[0]}").lstrip("/")
        return there.removeprefix("_static/") if there.startswith("_static/") else None

    def address(self, file: str) -> str:
        """A file of the site as this page refers to it."""
        return "../" * self.name.count("/") + file

    def has(self, selector: str) -> bool:
        """Is there an element that an XPath finds?"""
        return bool(self.tree.xpath(selector))

    def add(
        self, tag: str, before: HtmlElement | None = None, text: str = "", **attributes: str
    ) -> HtmlElement:
        """Put an element into the head: before another one, or at the end."""
        element = self.tree.makeelement(tag, attributes)
        element.text, element.tail = text or None, "\n"
        if before is None:
            self.head.append(element)
        else:
            before.addprevious(element)
        return element

    def write(self) -> None:
        """Write the page to its file."""
        text = html.tostring(self.tree, encoding="unicode", doctype="<!DOCTYPE html>")
        self.path.write_text(f"{text.rstrip()}\n", encoding="utf-8")


def of_class(name: str) -> str:
    """XPath of all elements with a class."""
    return f"//*[contains(concat(' ', normalize-space(@class), ' '), ' {name} ')]"


def remove(element: HtmlElement) -> None:
    """Take an element out, but not the text behind it."""
    element.drop_tree()


def read(site: Path) -> list[Page]:
    """All pages, in the order of their names."""
    return [
        Page(path, site)
        for path in sorted(site.rglob("*.html"))
        if "_static" not in path.relative_to(site).parts
    ]


LAST = 900
"""When the pages are finished: after all that sees their files as templates wrote them."""


def finish(app: Sphinx, change: Callable[[Sphinx, list[Page]], None], priority: int) -> None:
    """Have the pages changed when all of them are written; a lower priority comes first. They are read and written once."""
    if not hasattr(app, "page_changes"):
        app.page_changes = []
        app.connect("build-finished", _finish, priority=LAST)
        # what the pages share is made of all of them as they come from the templates: so all are written each time
        app.connect("env-updated", lambda app, env: sorted(env.found_docs))
    app.page_changes.append((priority, change))


def _finish(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.name == "html":
        pages = read(Path(app.outdir))
        for _, change in sorted(app.page_changes, key=lambda entry: entry[0]):
            change(app, pages)
        for page in pages:
            page.write()
