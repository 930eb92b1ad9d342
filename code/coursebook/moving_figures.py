"""A Sphinx extension for figures that move on the website and stand still everywhere else.

In a page: the directive ``interactive`` with the figure's name, ``:name:``, ``:alt:`` and a caption. It is an ordinary
figure that shows the stored picture. On the website the scripts of ``_static/interactive`` put the live one in its place;
only pages with such a figure load them.
"""

from collections.abc import Callable
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.directives.patches import Figure

FOLDER = "interactive"
"""Where scripts and pictures are, below ``_static``."""

STYLE = f"{FOLDER}/interactive.css"

SHARED = ("maths", "figure")
"""The scripts that every figure needs, in this order."""


def names(static: Path) -> list[str]:
    """The figures that there are: every script that is not shared."""
    return sorted({path.stem for path in (static / FOLDER).glob("*.js")} - set(SHARED))


class Interactive(Figure):
    """The directive: the stored picture of the figure, marked for the scripts."""

    def run(self) -> list[nodes.Node]:
        """A figure node, or an error that says what is missing."""
        figure = self.arguments[0]
        known = names(Path(self.state.document.settings.env.srcdir) / "_static")
        if figure not in known:
            raise self.error(f"interactive figure {figure!r}: expected one of {', '.join(known)}")
        if not self.options.get("alt") or not self.content:
            raise self.error(f"interactive figure {figure!r}: expected :alt: and a caption")
        self.arguments[0] = f"/_static/{FOLDER}/{figure}.png"
        self.options["figclass"] = ["interactive", f"interactive-{figure}"]
        return super().run()


def kept_off(folder: str) -> Callable[[Sphinx, Config], None]:
    """For ``config-inited``: Jupyter Book puts everything below ``_static`` on every page, but not these."""

    def take_from_all_pages(_: Sphinx, config: Config) -> None:
        for setting in ("html_js_files", "html_css_files"):
            setattr(
                config,
                setting,
                [file for file in config[setting] if not str(file).startswith(f"{folder}/")],
            )

    return take_from_all_pages


def _add_to_page(
    app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    if doctree is None:
        return
    classes = {name for figure in doctree.findall(nodes.figure) for name in figure["classes"]}
    used = [
        name for name in names(Path(app.srcdir) / "_static") if f"interactive-{name}" in classes
    ]
    if used:
        app.add_css_file(STYLE)
        for script in (*SHARED, *used):
            app.add_js_file(f"{FOLDER}/{script}.js", loading_method="defer")


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.add_directive("interactive", Interactive)
    app.connect("config-inited", kept_off(FOLDER))
    app.connect("html-page-context", _add_to_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
