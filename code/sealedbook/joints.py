"""A Sphinx extension that lets a program's name in a table break where its words meet.

``track_running_stats`` is wider than a column. Left whole it makes the table scroll, and broken
anywhere it is hard to read. Needs the rule ``.joint::after { content: "\\200b"; }``, a space
without width, which is not copied with the name.
"""

import re

from lxml import html
from sphinx.application import Sphinx

from sealedbook import pages
from sealedbook.pages import Page, Step

NAMES = "//article//*[self::td or self::th]//code//text()"
# after a mark, and before the capital of a further word
JOINT = re.compile(r"(?<=[_=.(])(?=[A-Za-z])|(?<=[a-z])(?=[A-Z][a-z])")


def add_joints(page: Page) -> None:
    """Put a place to break between the words of each name."""
    for text in page.tree.xpath(NAMES):
        first, *others = JOINT.split(text)
        joints = [html.Element("span", {"class": "joint"}) for _ in others]
        for joint, word in zip(joints, others, strict=True):
            joint.tail = word
        if not joints:
            continue
        parent = text.getparent()
        if text.is_tail:
            parent.tail = first
            for joint in reversed(joints):
                parent.addnext(joint)
        else:
            parent.text = first
            parent[:0] = joints


def setup(app: Sphinx) -> dict[str, bool]:
    """Have the pages changed; called by Sphinx."""
    pages.finish(app, Step.JOINTS, pages.each(add_joints))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
