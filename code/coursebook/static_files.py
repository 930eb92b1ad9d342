"""Scripts and styles that lie beside an extension, or in a folder of the course.

On the website they are in a folder of their own below ``_static``. There no page loads them by
itself: an extension adds them to the pages that need them.
"""

from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.fileutil import copy_asset

STATIC = Path(__file__).parent / "static"
FOLDER = "coursebook"


def publish(app: Sphinx, source: Path, folder: str) -> None:
    """Copy scripts and styles to ``_static/folder`` of the website.

    Pictures are left out: Sphinx copies those that a page shows.
    """
    if app.builder.format == "html":
        destination = Path(app.outdir, "_static", folder)
        copy_asset(source, destination, excluded=lambda name: name.endswith(".png"))


def setup(app: Sphinx) -> dict[str, bool]:
    """Publish the static files of this package."""
    app.connect("builder-inited", lambda app: publish(app, STATIC, FOLDER))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
