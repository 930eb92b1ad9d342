"""A site of a few pages, built with Sphinx's own tool for tests."""

from pathlib import Path

from sphinx.testing.util import SphinxTestApp
from sphinx.util.console import strip_colors


def build(
    folder: Path,
    pages: dict[str, str],
    extensions: list[str],
    builder: str = "html",
    strict: bool = True,
    **settings: object,
) -> SphinxTestApp:
    """Write the pages that have changed and build the site, anew or on top of what is there.

    The application that comes back is done: its ``outdir`` has the site. A warning is an error if
    it is strict; else ``complaints`` has them.
    """
    source = folder / "source"
    for name, text in {"conf.py": "", **pages}.items():
        page = source / name
        page.parent.mkdir(parents=True, exist_ok=True)
        if not page.is_file() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")
    app = SphinxTestApp(
        builder,
        srcdir=source,
        builddir=folder,
        confoverrides={"extensions": extensions, **settings},
        warningiserror=strict,
    )
    try:
        app.build()
    finally:
        app.cleanup()
    return app


def complaints(app: SphinxTestApp) -> str:
    """What Sphinx warned of."""
    return strip_colors(app.warning.getvalue())
