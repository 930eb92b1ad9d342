"""A Sphinx extension that makes the solutions of exercises folds of HTML itself.

sphinx-exercise leaves a box that a script of sphinx-togglebutton shuts: without scripts nothing is
folded, a search in the page finds nothing in it, its button has the same name everywhere, and the
title is a link away from it. A ``details`` needs no script, and the whole title opens it. What
other folds hold is shown on paper, too; the source of a cell is not.
"""

import re

from lxml.html import HtmlElement
from sphinx.application import Sphinx

from sealedbook import pages
from sealedbook.pages import Page, Step, of_class

SOLUTIONS = of_class("solution") + "[contains(@class, 'dropdown')]"

# where the title led: to the exercise
BACK = "solution-of"


def fold_solutions(page: Page) -> None:
    """Make every solution a ``details``, shut; at its end stands a link to its exercise."""
    for box in page.tree.xpath(SOLUTIONS):
        title = box[0]
        title.tag = "summary"
        title.attrib.clear()
        for link in title.xpath("a[@href]"):
            box.append(_way_back(box, link.get("href")))
            link.drop_tag()
        title.text = re.sub(r"\s+", " ", title.text or "").lstrip()
        box.tag = "details"
        box.set("class", "solution")


def _way_back(box: HtmlElement, address: str) -> HtmlElement:
    line = box.makeelement("p", {"class": BACK})
    link = box.makeelement("a", {"href": address})
    link.text = "Back to the exercise"
    line.append(link)
    return line


def setup(app: Sphinx) -> dict[str, bool]:
    """Have the pages changed; called by Sphinx."""
    pages.finish(app, Step.FOLDS, pages.each(fold_solutions))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
