"""A Sphinx extension with this package's scripts: what buttons do, boxes that scroll, the place.

They take the place of something in the theme: see ``theme_fixes``. In the built site they are part
of the bundles.
"""

from pathlib import Path

from sphinx.application import Sphinx

STATIC = Path(__file__).parent / "static"


def _add_static(app: Sphinx) -> None:
    app.config.html_static_path.append(str(STATIC))


def setup(app: Sphinx) -> dict[str, bool]:
    """Have the scripts loaded; called by Sphinx."""
    app.connect("builder-inited", _add_static)
    app.add_js_file("theme_buttons.js")
    app.add_js_file("scrolling_boxes.js")
    app.add_js_file("place.js")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
