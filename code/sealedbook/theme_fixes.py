"""A Sphinx extension that mends what other extensions write and HTML does not allow."""

import re
from pathlib import Path

from sphinx.application import Sphinx

MENDED = [
    # pandas puts a style sheet into each table; the theme has its own
    (re.compile(r"\s*<style scoped>.*?</style>", re.DOTALL), ""),
    # a summary may hold no paragraphs: its cell says "Show" and "Hide" in two
    (
        re.compile(r'<p class="(collapsed|expanded) admonition-title">(.*?)</p>'),
        r'<span class="\1 admonition-title">\2</span>',
    ),
]
"""What is wrong in the body of a page, and what stands there instead."""


def mend(body: str) -> str:
    """The body of a page as valid HTML."""
    for wrong, right in MENDED:
        body = wrong.sub(right, body)
    return body


def _mend(app: Sphinx, page: str, template: str, context: dict, doctree: object) -> None:
    if "body" in context:
        context["body"] = mend(context["body"])


def _restyle(app: Sphinx, error: Exception | None) -> None:
    """The styles of those paragraphs are for what replaced them, too."""
    if error is not None or app.builder.name != "html":
        return
    for path in (Path(app.outdir) / "_static").glob("mystnb.*.css"):
        style = path.read_text(encoding="utf-8")
        path.write_text(style.replace("summary>p.", "summary>."), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("html-page-context", _mend)
    app.connect("build-finished", _restyle, priority=600)  # MyST-NB writes its styles at 500
    return {"parallel_read_safe": True, "parallel_write_safe": True}
