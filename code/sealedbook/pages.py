"""The pages of the built site as trees: read once, changed by each part in turn, written once."""

from collections.abc import Callable
from enum import IntEnum
from pathlib import Path
from posixpath import normpath
from weakref import WeakKeyDictionary

from lxml import html
from lxml.html import HtmlElement
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

# The order in which a site is finished. Sphinx calls the handlers of an event by rising priority;
# themes and extensions are at 500 and write their last files there.

# of html-page-context: the theme and all extensions have said what a template gets
CONTEXT_COMPLETE = 600

# of build-finished: every page is a file; the changes of `finish` are made here
PAGES_WRITTEN = 900

# of build-finished: nobody looks for the page's own files any more
PAGES_FINISHED = 950


class Step(IntEnum):
    """What is done to the pages, in this order."""

    FIXES = 1  # faults of the theme: what follows may rely on sound pages
    TITLES = 2  # which book, which chapter
    FOLDS = 3  # what opens without a script needs none
    SEARCH = 4  # the text of the pages as they are read now
    JOINTS = 5  # where names may break: the search has read them whole
    ASSETS = 6  # one style sheet and one bundle of scripts for what is on the pages now
    POLICY = 7  # counts the scripts that stand in a page: nothing may change afterwards


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
        folder = self.name.rpartition("/")[0]
        file = normpath(f"{folder}/{address.partition('?')[0]}").lstrip("/")
        return file.removeprefix("_static/") if file.startswith("_static/") else None

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

    def html(self) -> str:
        """The page as it is now."""
        text: str = html.tostring(self.tree, encoding="unicode", doctype="<!DOCTYPE html>")
        return f"{text.rstrip()}\n"

    def write(self) -> None:
        """Write the page to its file."""
        self.path.write_text(self.html(), encoding="utf-8")


def of_class(name: str) -> str:
    """XPath of all elements with a class."""
    return f"//*[contains(concat(' ', normalize-space(@class), ' '), ' {name} ')]"


def add_class(element: HtmlElement, name: str) -> None:
    """Give an element one more class."""
    element.set("class", f"{element.get('class', '')} {name}".strip())


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


Change = Callable[[Sphinx, list[Page]], None]

_changes: WeakKeyDictionary[Sphinx, dict[Step, Change]] = WeakKeyDictionary()


def finish(app: Sphinx, step: Step, change: Change) -> None:
    """Have all pages changed when they are written; a step is one extension's."""
    if app not in _changes:
        _changes[app] = {}
        app.connect("build-finished", _finish, priority=PAGES_WRITTEN)
        app.connect("env-updated", _all_pages)
    if _changes[app].setdefault(step, change) is not change:
        raise ValueError(f"two extensions change pages in the step {step.name}: add one")


def each(change: Callable[[Page], None]) -> Change:
    """The change of all pages that makes the same one in each of them."""

    def change_all(app: Sphinx, site: list[Page]) -> None:
        for page in site:
            change(page)

    return change_all


def _all_pages(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Have every page written each time: the files that they share are made from all of them."""
    return sorted(env.found_docs)


def _finish(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.name != "html":
        return
    site = read(Path(app.outdir))
    for _, change in sorted(_changes[app].items()):
        change(app, site)
    for page in site:
        page.write()
