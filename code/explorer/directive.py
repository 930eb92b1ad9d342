"""A Sphinx extension for the results explorer: every stored study, to be looked at by the reader.

The directive ``explorer`` (``:name:``, ``:alt:``, a caption) is a figure with a stored picture; on
the website the scripts of ``static`` put the explorer in its place. ``explorer-studies`` is a table
of the studies. The data are written when the site is built, and only that page loads them; the
curves of losses, which are half of it, when they are to be drawn.
"""

import os
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.directives.patches import Figure
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from coursebook import moving_figures, static_files
from dropnorm.experiments import storage
from dropnorm.experiments.records import RecordError
from dropnorm.registry import STUDIES
from explorer import data

STATIC = Path(__file__).parent / "static"
PICTURE = STATIC / "explorer.png"

# below ``_static``
FOLDER = "explorer"
STYLES = (moving_figures.STYLE, f"{FOLDER}/explorer.css")
DATA, LOSSES = f"{FOLDER}/data.js", f"{FOLDER}/losses.js"

# in the order in which they need each other; `explorer.js` needs the data, too
OWN_SCRIPTS = (
    "statistics.js",
    "metrics.js",
    "views.js",
    "words.js",
    "scales.js",
    "drawing.js",
    "charts.js",
    "controls.js",
    "explorer.js",
)

# everything that the page loads at first, in this order
SCRIPTS = (
    moving_figures.FRAME,
    DATA,
    *(f"{FOLDER}/{name}" for name in OWN_SCRIPTS),
)


def write_data(static: Path) -> None:
    """Write the data below a site's ``_static``.

    Raises
    ------
    ExtensionError
        A results file is damaged.
    """
    (static / FOLDER).mkdir(parents=True, exist_ok=True)
    try:
        scripts = data.scripts(data.collect())
    except RecordError as error:
        raise ExtensionError(f"results explorer: {error}") from None
    for name, script in zip((DATA, LOSSES), scripts, strict=True):
        (static / name).write_text(script, encoding="utf-8")


class Explorer(Figure, SphinxDirective):
    """The directive: the stored picture, marked for the scripts."""

    required_arguments = 0

    def run(self) -> list[nodes.Node]:
        """A figure node, or an error that says what is missing."""
        if not self.options.get("alt") or not self.content:
            raise self.error("explorer: expected :alt: and a caption")
        for path in storage.RESULTS.glob("*.jsonl"):
            self.env.note_dependency(str(path))
        # Sphinx takes a path with a slash from the folder of the sources
        self.arguments = ["/" + Path(os.path.relpath(PICTURE, self.env.srcdir)).as_posix()]
        self.options["figclass"] = ["interactive", "interactive-explorer"]
        return super().run()


class Studies(SphinxDirective):
    """The directive ``explorer-studies``: a row for each study with stored runs."""

    def run(self) -> list[nodes.Node]:
        """A table; the scripts make links of its names."""
        try:
            stored = storage.read_all()
        except RecordError as error:
            raise self.error(f"explorer-studies: {error}") from None
        body = nodes.tbody()
        for study in STUDIES.values():
            if present := sum(trial.key in stored for trial in study.trials):
                counts = nodes.Text(f"{present:,} of {len(study.trials):,}")
                body += _row(nodes.literal("", study.name), nodes.Text(study.question), counts)
        head = nodes.thead("", _row(*map(nodes.Text, ("study", "question", "stored runs"))))
        columns = [nodes.colspec(colwidth=width) for width in (22, 60, 18)]
        group = nodes.tgroup("", *columns, head, body, cols=len(columns))
        return [nodes.table("", group, classes=["explorer-studies"])]


def _row(*cells: nodes.Node) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", cell)) for cell in cells))


def _write(app: Sphinx) -> None:
    static_files.publish(app, STATIC, FOLDER)
    if app.builder.format == "html":
        write_data(Path(app.outdir) / "_static")


def _add_to_page(
    app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    figures = doctree.findall(nodes.figure) if doctree is not None else ()
    if any("interactive-explorer" in figure["classes"] for figure in figures):
        for style in STYLES:
            app.add_css_file(style)
        for script in SCRIPTS:
            app.add_js_file(script, loading_method="defer")


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.setup_extension("coursebook.moving_figures")
    app.add_directive("explorer", Explorer)
    app.add_directive("explorer-studies", Studies)
    app.connect("builder-inited", _write)
    app.connect("html-page-context", _add_to_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
