"""A Sphinx extension for the results explorer: every stored study, to be looked at by the reader.

The directive ``explorer`` (``:name:``, ``:alt:``, a caption) is a figure with a stored picture; on the website the scripts
of ``_static/explorer`` put the explorer in its place. ``explorer-studies`` is a table of the studies. The role ``explorer``
links to a view from any page: ``{explorer}`its words <study=together&view=paired>```. The data and Vega-Lite are written
when the site is built, and only the explorer's page loads them: Vega-Lite when the drawing comes into sight.
"""

from importlib.metadata import version
from pathlib import Path
from urllib.parse import parse_qs

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.directives.patches import Figure
from sphinx.errors import ExtensionError
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import ReferenceRole, SphinxDirective

from coursebook import moving_figures
from dropnorm.experiments import storage
from dropnorm.experiments.records import RecordError
from dropnorm.registry import STUDIES
from explorer import runs

FOLDER = "explorer"
"""Where scripts, style, picture and data are, below ``_static``."""

STYLES = (moving_figures.STYLE, f"{FOLDER}/explorer.css")

DATA, VEGA = f"{FOLDER}/data.js", f"{FOLDER}/vega.js"

OURS = (
    "interactive/figure.js",
    *(f"{FOLDER}/{name}.js" for name in ("statistics", "views", "words", "charts", "explorer")),
)
"""The scripts that are ours; the last one needs the data, too, and loads Vega-Lite."""

SCRIPTS = (*OURS[:-1], DATA, OURS[-1])
"""Everything that the page loads at first, in this order."""

VIEWS = ("ends", "curves", "paired")

SNIPPET = "globalThis.dropnormVega = vegaEmbed;"
"""What of the bundle the scripts see: its other names would be in the way of Sphinx's."""


def vega() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script that keeps its names to itself.

    Raises
    ------
    ExtensionError
        The package that carries them is not installed.
    """
    try:
        import vl_convert
    except ImportError:
        raise ExtensionError(
            "vl-convert-python is missing: pip install -r requirements-book.txt"
        ) from None
    return f"{_banner()}\n(() => {{\n{vl_convert.javascript_bundle(SNIPPET)}\n}})();\n"


def _banner() -> str:
    return f"/* Vega and Vega-Lite from vl-convert-python {version('vl-convert-python')}; licences in vega-licences.txt. */"


def write_scripts(static: Path) -> None:
    """Write the data anew, and Vega-Lite if this version is not there yet, below a folder of static files.

    Raises
    ------
    ExtensionError
        A results file is damaged, or a package is missing.
    """
    (static / FOLDER).mkdir(parents=True, exist_ok=True)
    try:
        (static / DATA).write_text(runs.script(runs.collect()), encoding="utf-8")
    except RecordError as error:
        raise ExtensionError(f"results explorer: {error}") from None
    path = static / VEGA
    if not path.is_file() or not path.read_text(encoding="utf-8").startswith(_banner()):
        path.write_text(vega(), encoding="utf-8")


class Explorer(Figure):
    """The directive: the stored picture, marked for the scripts."""

    required_arguments = 0

    def run(self) -> list[nodes.Node]:
        """A figure node, or an error that says what is missing."""
        if not self.options.get("alt") or not self.content:
            raise self.error("explorer: expected :alt: and a caption")
        for path in storage.RESULTS.glob("*.jsonl"):
            self.state.document.settings.env.note_dependency(str(path))
        self.arguments = [f"/_static/{FOLDER}/explorer.png"]
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
        rows = []
        for study in STUDIES.values():
            if there := sum(trial.key in stored for trial in study.trials):
                rows.append(
                    (
                        nodes.literal("", study.name),
                        study.question,
                        f"{there:,} of {len(study.trials):,}",
                    )
                )
        return [_table(("study", "question", "stored runs"), rows, (22, 60, 18))]


def _table(heads: tuple, rows: list[tuple], widths: tuple[int, ...]) -> nodes.table:
    def row(cells: tuple) -> nodes.row:
        content = (cell if isinstance(cell, nodes.Node) else nodes.Text(cell) for cell in cells)
        return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", cell)) for cell in content))

    group = nodes.tgroup("", *(nodes.colspec(colwidth=width) for width in widths), cols=len(widths))
    group += [nodes.thead("", row(heads)), nodes.tbody("", *map(row, rows))]
    return nodes.table("", group, classes=["explorer-studies"])


class explorer_link(nodes.Inline, nodes.TextElement):
    """Words that lead to a view."""


class Link(ReferenceRole):
    """The role: words and the part of the address behind #."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """A link, or an error that says what is wrong with it."""
        asked = parse_qs(self.target, keep_blank_values=True)
        study, view = (asked.get(name, [""])[0] for name in ("study", "view"))
        fault = None
        if not self.has_explicit_title:
            fault = "expected its words and, in < >, a view"
        elif study not in STUDIES:
            fault = f"study={study!r}: expected one of {', '.join(STUDIES)}"
        elif "view" in asked and view not in VIEWS:
            fault = f"view={view!r}: expected one of {', '.join(VIEWS)}"
        if fault:
            message = self.inliner.reporter.error(
                f"explorer link {self.target!r}: {fault}", line=self.lineno
            )
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]
        return [explorer_link("", self.title, target=self.target)], []


class Links(SphinxPostTransform):
    """On the website the links lead to the explorer's page; on paper their words stay."""

    default_priority = 5

    def apply(self, **_: object) -> None:
        """Replace every link."""
        for link in list(self.document.findall(explorer_link)):
            if self.app.builder.format == "html":
                page = self.app.builder.get_relative_uri(
                    self.env.docname, self.config.explorer_page
                )
                link.replace_self(
                    nodes.reference(
                        "", "", *link.children, refuri=f"{page}#{link['target']}", internal=True
                    )
                )
            else:
                link.replace_self(link.children)


def _write(app: Sphinx) -> None:
    if app.builder.format == "html":
        write_scripts(Path(app.outdir) / "_static")


def _add_to_page(
    app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    if doctree is not None and any(
        "interactive-explorer" in figure["classes"] for figure in doctree.findall(nodes.figure)
    ):
        for style in STYLES:
            app.add_css_file(style)
        for script in SCRIPTS:
            app.add_js_file(script, loading_method="defer")


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.setup_extension("coursebook.moving_figures")
    app.add_config_value("explorer_page", "explorer", "env", [str])
    app.add_directive("explorer", Explorer)
    app.add_directive("explorer-studies", Studies)
    app.add_role("explorer", Link())
    app.add_node(explorer_link)
    app.add_post_transform(Links)
    app.connect("config-inited", moving_figures.kept_off(FOLDER))
    app.connect("builder-inited", _write)
    app.connect("html-page-context", _add_to_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
