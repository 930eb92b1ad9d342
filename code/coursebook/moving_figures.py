"""A Sphinx extension for figures that move on the website and stand still everywhere else.

In a page: the directive ``interactive`` with the figure's name, ``:name:``, ``:alt:`` and a
caption. It is an ordinary figure that shows ``NAME.png`` of the course's ``interactive_folder``. On
the website the script ``NAME.js`` beside it calls ``courseFigure`` (``static/figure.js``) to put
the live figure in its place. A script of the folder without a picture is shared by all figures.
Only pages with such a figure load any of this.
"""

from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.directives.patches import Figure
from sphinx.util.docutils import SphinxDirective

from coursebook import static_files

# below ``_static``: the course's scripts, what all figures need, and how they look
FOLDER = "interactive"
FRAME = f"{static_files.FOLDER}/figure.js"
STYLE = f"{static_files.FOLDER}/interactive.css"


def names(folder: Path) -> list[str]:
    """The figures of a folder: its scripts with a picture beside them."""
    return sorted(path.stem for path in folder.glob("*.js") if path.with_suffix(".png").is_file())


def scripts(folder: Path, figures: list[str]) -> list[Path]:
    """What a page with these figures loads from their folder: shared scripts first."""
    shared = sorted({path.stem for path in folder.glob("*.js")} - set(names(folder)))
    return [folder / f"{name}.js" for name in (*shared, *figures)]


class Interactive(Figure, SphinxDirective):
    """The directive: the stored picture of the figure, marked for the scripts."""

    def run(self) -> list[nodes.Node]:
        """A figure node, or an error that says what is missing."""
        figure = self.arguments[0]
        known = names(_folder(self.env.app))
        if figure not in known:
            raise self.error(f"interactive figure {figure!r}: expected one of {', '.join(known)}")
        if not self.options.get("alt") or not self.content:
            raise self.error(f"interactive figure {figure!r}: expected :alt: and a caption")
        self.arguments[0] = f"/{self.config.interactive_folder}/{figure}.png"
        self.options["figclass"] = ["interactive", f"interactive-{figure}"]
        return super().run()


def _folder(app: Sphinx) -> Path:
    return Path(app.srcdir, app.config.interactive_folder)


def _add_to_page(
    app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    if doctree is None:
        return
    classes = {name for figure in doctree.findall(nodes.figure) for name in figure["classes"]}
    folder = _folder(app)
    if used := [name for name in names(folder) if f"interactive-{name}" in classes]:
        app.add_css_file(STYLE)
        app.add_js_file(FRAME, loading_method="defer")
        for script in scripts(folder, used):
            app.add_js_file(f"{FOLDER}/{script.name}", loading_method="defer")


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.setup_extension("coursebook.static_files")
    app.add_config_value("interactive_folder", "interactive", "env", [str])
    app.add_directive("interactive", Interactive)
    app.connect("builder-inited", lambda app: static_files.publish(app, _folder(app), FOLDER))
    app.connect("html-page-context", _add_to_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
