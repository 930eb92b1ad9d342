"""A Sphinx extension with the scripts of this package: what buttons do, boxes that scroll, search.

They take the place of something in the theme: see ``theme_fixes``. In the built site they are part
of the bundles.
"""

from pathlib import Path

from sphinx.application import Sphinx

STATIC = Path(__file__).parent / "static"


def _add_static(app: Sphinx) -> None:
    app.config.html_static_path.append(str(STATIC))


def _add_search_script(
    app: Sphinx, page: str, template: str, context: dict[str, object], doctree: object
) -> None:
    if page == "search":
        app.add_js_file("search_page.js")


def setup(app: Sphinx) -> dict[str, bool]:
    """Have the scripts loaded; called by Sphinx."""
    app.connect("builder-inited", _add_static)
    app.connect("html-page-context", _add_search_script)
    app.add_js_file("theme_buttons.js")
    app.add_js_file("scrolling_boxes.js")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
