"""A site that asks no other host for anything, as Sphinx extensions. It knows Sphinx and the theme.

``extensions = ["sealedbook"]`` switches all of them on; each can be used by itself as well.
"""

from sphinx.application import Sphinx

EXTENSIONS = (
    "static_maths",
    "theme_fixes",
    "titles",
    "joints",
    "folds",
    "search_text",
    "assets",
    "csp",
    "metadata",
    "downloads",
    "clone",
)


def setup(app: Sphinx) -> dict[str, bool]:
    """Switch all extensions on; called by Sphinx."""
    for name in EXTENSIONS:
        app.setup_extension(f"{__name__}.{name}")
    return {"parallel_read_safe": True, "parallel_write_safe": False}
