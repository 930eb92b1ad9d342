"""A Sphinx extension that seals the pages: a strict Content Security Policy, and nothing on the page that it would forbid.

The policy allows what the site itself serves and, by their hashes, the few lines that have to stand in the page. What the
theme's buttons do is in ``_static/page.js``. A site that is opened from a disk counts as itself, too.
"""

from base64 import b64encode
from hashlib import sha256

from sphinx.application import Sphinx

from sealedbook import pages
from sealedbook.pages import Page

THEME = """
(root => {
  let mode = null;
  try { mode = localStorage.getItem("mode"); } catch {}
  if (mode !== "light" && mode !== "dark") mode = "auto";
  const dark = mode === "auto" ? matchMedia("(prefers-color-scheme: dark)").matches : mode === "dark";
  Object.assign(root.dataset, {mode, theme: dark ? "dark" : "light"});
})(document.documentElement);
"""
"""Sets light or dark before anything is shown; the theme's own script leaves both empty and complains later."""

ACTIONS = {"toggleFullScreen()": "fullscreen", "window.print()": "print"}
"""What the theme's buttons do when clicked, and the word for it in ``data-action``."""


def hashed(text: str) -> str:
    """As a policy names a script or style."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def policy(page: Page) -> str:
    """The policy of a page, with the hashes of what stands in it."""
    scripts = page.tree.xpath("//script[not(@src) and (not(@type) or @type='text/javascript')]")
    rules = {
        "default-src": ["'none'"],
        "script-src": ["'self'", *sorted({hashed(script.text or "") for script in scripts})],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
    }
    return "; ".join(f"{kind} {' '.join(sources)}" for kind, sources in rules.items())


def seal(app: Sphinx, site: list[Page]) -> None:
    """All of it."""
    for page in site:
        set_theme(page)
        name_actions(page)
        charset = page.head.find("meta[@charset]")
        meta = page.add("meta", content=policy(page), **{"http-equiv": "Content-Security-Policy"})
        charset.addnext(meta)


def set_theme(page: Page) -> None:
    """Our script for the theme's, and its default, which the theme looks for here and there."""
    for script in page.head.xpath("script[not(@src)]"):
        if "dataset.mode" in (script.text or ""):
            script.attrib.clear()
            script.text = THEME
    page.tree.set("data-default-mode", "auto")
    page.tree.find("body").attrib.pop("data-default-mode", None)


def name_actions(page: Page) -> None:
    """Buttons say what they do instead of doing it.

    Raises
    ------
    ValueError
        An element does something that is not in ``ACTIONS``.
    """
    for element in page.tree.xpath("//*[@*[starts-with(name(), 'on')]]"):
        for name in [name for name in element.attrib if name.startswith("on")]:
            action = element.attrib.pop(name).strip().rstrip(";")
            if name != "onclick" or action not in ACTIONS:
                raise ValueError(
                    f"{page.name}: {name}={action!r}: expected one of {', '.join(ACTIONS)}"
                )
            element.set("data-action", ACTIONS[action])


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    pages.finish(app, seal, priority=900)  # the last: the policy counts what is there
    return {"parallel_read_safe": True, "parallel_write_safe": True}
