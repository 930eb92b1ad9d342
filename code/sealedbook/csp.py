"""A Sphinx extension that gives each page a strict Content Security Policy.

It allows what the site itself serves and, by their hashes, the few lines that have to stand in the
page. A site that is opened from a disk counts as itself, too.
"""

from base64 import b64encode
from hashlib import sha256

from sphinx.application import Sphinx

from sealedbook import pages
from sealedbook.pages import Page, Step


def script_hash(text: str) -> str:
    """How a policy names a script that stands in the page."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def policy(page: Page) -> str:
    """The policy of a page, with the hashes of the scripts that stand in it."""
    scripts = page.tree.xpath("//script[not(@src) and (not(@type) or @type='text/javascript')]")
    hashes = sorted({script_hash(script.text or "") for script in scripts})
    rules = {
        "default-src": "'none'",
        "script-src": " ".join(["'self'", *hashes]),
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "base-uri": "'none'",
        # for Firefox a page on a disk is not "self"
        "form-action": "'self' file:",
    }
    return "; ".join(f"{kind} {sources}" for kind, sources in rules.items())


def add_policy(page: Page) -> None:
    """State the policy before anything that it is about."""
    meta = page.add("meta", content=policy(page), **{"http-equiv": "Content-Security-Policy"})
    page.head.find("meta[@charset]").addnext(meta)


def setup(app: Sphinx) -> dict[str, bool]:
    """Have the pages changed; called by Sphinx."""
    app.setup_extension("sealedbook.theme_fixes")
    pages.finish(app, Step.POLICY, pages.each(add_policy))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
