"""A Sphinx extension for a search that leads to sections, and shows their prose.

Sphinx's own search finds pages, in which a name in a cell counts as much as a word of the text, and
loads each of them whole for two lines of excerpt; from a disk it shows none. Here the text of all
sections is one script that only the page of the search loads. ``search_page.js`` ranks by BM25 with
Sphinx's stemmer and its list of words that say nothing.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from lxml.html import HtmlElement
from sphinx.application import Sphinx

from sealedbook import pages
from sealedbook.pages import Page, Step

# below ``_static``
FILE = "search_text.js"

# what Sphinx's own search loads
NOT_USED = "//script[contains(@src, 'searchtools.js') or contains(@src, 'searchindex.js')]"

SECTIONS = "//article//section[@id][h1 or h2 or h3 or h4]"

# elements that begin a line of their own
BLOCKS = {"p", "li", "dd", "dt", "td", "th", "figcaption", "div", "summary", "legend", "section"}

# what is no prose: signs of the page, and a second way in which a formula is written
NOT_READ = {"script", "style", "annotation", "button", "mjx-math", "svg", "nav"}
SIGNS = {"headerlink", "book-name", "dn-answers", "take-away", "collapsed", "expanded"}

# a name in a program; a number there says nothing
NAME = re.compile(r"[A-Za-z_]\w{2,}")


def sections(page: Page) -> Iterator[dict[str, str]]:
    """Address, title, prose and code of each section of a page, without those inside it."""
    for section in page.tree.xpath(SECTIONS):
        heading = next(one for one in section if one.tag in ("h1", "h2", "h3", "h4"))
        prose, code = [], []
        for child in section:
            if child is not heading and child.tag != "section":
                _read(child, prose, code)
        yield {
            "at": "" if heading.tag == "h1" else section.get("id"),
            "title": _text(heading),
            "prose": " ".join("".join(prose).split()),
            "code": " ".join(sorted(set(NAME.findall("".join(code))))),
        }


def _text(element: HtmlElement) -> str:
    words: list[str] = []
    _read(element, words, words)
    return " ".join("".join(words).split())


def _read(element: HtmlElement, prose: list[str], code: list[str]) -> None:
    """Add the words of an element to the prose, those of programs to the code."""
    if not isinstance(element.tag, str) or element.tag in NOT_READ:
        return
    if SIGNS & set(element.get("class", "").split()):
        return
    words = code if element.tag == "pre" else prose
    between = " " if element.tag in BLOCKS else ""
    words.append(between + (element.text or ""))
    for child in element:
        _read(child, words, code)
        words.append(child.tail or "")
    words.append(between)


def script(site: list[Page], listed: set[str]) -> str:
    """All sections of the pages that are listed, as a script: from a disk no JSON may be read."""
    found = [
        {"page": f"{page.name}.html", **section}
        for page in site
        if page.name in listed
        for section in sections(page)
    ]
    text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    return f"globalThis.bookText={text};\n"


def _write(app: Sphinx, site: list[Page]) -> None:
    static = Path(app.outdir) / "_static"
    (static / FILE).write_text(script(site, app.env.found_docs), encoding="utf-8")
    for page in site:
        if page.has("//*[@id='search-results']"):
            page.add("script", src=page.address(f"_static/{FILE}"), defer="defer")
            for script_of_sphinx in page.tree.xpath(NOT_USED):
                pages.remove(script_of_sphinx)


def _add_script(
    app: Sphinx, page: str, template: str, context: dict[str, object], doctree: object
) -> None:
    if page == "search":
        app.add_js_file("search_page.js")


def setup(app: Sphinx) -> dict[str, bool]:
    """Have the text collected; called by Sphinx."""
    app.setup_extension("sealedbook.scripts")
    app.connect("html-page-context", _add_script)
    pages.finish(app, Step.SEARCH, _write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
