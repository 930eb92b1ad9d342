"""A Sphinx extension that sets the formulas when the site is built, so that no reader waits for a typesetter.

MathJax runs here, in V8, and not on the page: it would be the heaviest thing there. What it makes is stored with each
formula: the visible one, and for screen readers the same as MathML, with the TeX source as its annotation.
"""

import json
import shutil
from html import escape
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from docutils import nodes
from py_mini_racer import MiniRacer
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

STYLE = "maths.css"
"""The style sheet of all formulas, below ``_static``."""

PARTS = (
    "startup.js",
    "core.js",
    "adaptors/liteDOM.js",
    "input/tex-full.js",
    "output/chtml.js",
    "output/chtml/fonts/tex.js",
    "a11y/assistive-mml.js",
)
"""What is needed of MathJax, in this order."""

BEFORE = "globalThis.global = globalThis; globalThis.MathJax = {loader: {load: []}, startup: {typeset: false, ready() {}}}"

RENDERER = """
const {_} = MathJax, adaptor = _.adaptors.liteAdaptor.liteAdaptor();
_.a11y["assistive-mml"].AssistiveMmlHandler(_.handlers.html_ts.RegisterHTMLHandler(adaptor));
const font = new _.output.chtml.fonts.tex_ts.TeXFont({fontURL: "mathjax"});
const output = new _.output.chtml_ts.CHTML({font, adaptiveCSS: false});
const input = new _.input.tex_ts.TeX({packages: ["base", "ams", "newcommand"]});
const page = _.mathjax.mathjax.document("", {InputJax: input, OutputJax: output});
const render = (tex, display) => adaptor.outerHTML(page.convert(tex, {display}));
const style = () => adaptor.textContent(output.styleSheet(page));
"""

BESIDE_TEXT = "mjx-container[jax] { position: relative; font-size: 1.15em; }\n"
"""MathJax' letters are small beside those of a text without serifs."""

logger = logging.getLogger(__name__)


def folder() -> Path:
    """Where MathJax is.

    Raises
    ------
    ExtensionError
        The package that carries it is not installed.
    """
    if (package := find_spec("sphinx-mathjax-offline")) is None:
        raise ExtensionError(
            "sphinx-mathjax-offline is missing: pip install -r requirements-book.txt"
        )
    return Path(package.origin).parent / "static" / "mathjax"


class Typesetter:
    """TeX to HTML. What was set before is kept in a file, if there is one."""

    def __init__(self, kept: Path | None = None) -> None:
        self._kept = kept
        self._versions = [version("sphinx-mathjax-offline"), RENDERER]
        self._done: dict[str, str] = {}
        self._engine: MiniRacer | None = None
        if kept is not None and kept.is_file():
            versions, done = json.loads(kept.read_text(encoding="utf-8"))
            self._done = done if versions == self._versions else {}

    def html(self, tex: str, display: bool = False) -> str:
        """A formula.

        Raises
        ------
        ValueError
            MathJax does not understand it; the message says why.
        """
        key = f"{display:d}{tex}"
        if key not in self._done:
            html = self._call("render", tex, display)
            if "<merror" in html:
                raise ValueError(html.split('data-mjx-error="')[1].split('"')[0])
            self._done[key] = with_source(html, tex)
        return self._done[key]

    def style(self) -> str:
        """The style sheet; its fonts are in the folder ``mathjax`` beside it."""
        if "style" not in self._done:
            self._done["style"] = self._call("style")
        return BESIDE_TEXT + self._done["style"]

    def keep(self) -> None:
        """Write what was set to the file."""
        if self._kept is not None:
            self._kept.parent.mkdir(parents=True, exist_ok=True)
            self._kept.write_text(json.dumps([self._versions, self._done]), encoding="utf-8")

    def _call(self, function: str, *arguments: object) -> str:
        if self._engine is None:
            self._engine = MiniRacer()
            self._engine.eval(BEFORE)
            for part in PARTS:
                self._engine.eval((folder() / part).read_text(encoding="utf-8"))
            self._engine.eval(f"{RENDERER};0")
        return self._engine.call(function, *arguments)


def with_source(html: str, tex: str) -> str:
    """MathJax' output with the TeX as annotation of the MathML, and without what only its scripts need."""
    html = html.replace(' style="position: relative;"', "", 1).replace(
        ' style="margin-left: 0; margin-right: 0;"', "", 1
    )
    before, opening, rest = html.partition("<math ")
    attributes, _, formula = rest.partition(">")
    formula, closing, after = formula.partition("</math>")
    note = f'<annotation encoding="application/x-tex">{escape(tex, quote=False)}</annotation>'
    return f"{before}{opening}{attributes}><semantics><mrow>{formula}</mrow>{note}</semantics>{closing}{after}"


def block_tex(text: str) -> str:
    """The TeX of a block of formulas: blank lines separate them, ``\\\\`` breaks their lines."""
    parts = [
        rf"\begin{{split}}{part}\end{{split}}" if r"\\" in part else part
        for part in text.split("\n\n")
        if part.strip()
    ]
    if len(parts) < 2:
        return "".join(parts)
    return r"\begin{align}\begin{aligned}" + r"\\".join(parts) + r"\end{aligned}\end{align}"


def _set(translator: HTML5Translator, node: nodes.Element, tex: str, display: bool) -> None:
    try:
        translator.body.append(translator.builder.app.typesetter.html(tex.strip(), display))
    except ValueError as error:
        logger.warning("formula %r: %s", tex, error, location=node)
        translator.body.append(escape(tex))


def _inline(translator: HTML5Translator, node: nodes.math) -> None:
    translator.body.append(
        translator.starttag(node, "span", "", CLASS="math notranslate nohighlight")
    )
    _set(translator, node, node.astext(), display=False)
    translator.body.append("</span>")
    raise nodes.SkipNode


def _block(translator: HTML5Translator, node: nodes.math_block) -> None:
    translator.body.append(translator.starttag(node, "div", CLASS="math notranslate nohighlight"))
    if node["number"]:
        translator.body.append(f'<span class="eqno">({get_node_equation_number(translator, node)})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    _set(
        translator,
        node,
        node.astext() if node["nowrap"] else block_tex(node.astext()),
        display=True,
    )
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def _configure(app: Sphinx, config: Config) -> None:
    config.html_math_renderer = "static"


def _start(app: Sphinx) -> None:
    if app.builder.format != "html":
        return
    app.typesetter = Typesetter(Path(app.doctreedir) / "maths.json")
    style = Path(app.outdir) / "_static" / STYLE
    style.parent.mkdir(parents=True, exist_ok=True)
    style.write_text(app.typesetter.style(), encoding="utf-8")
    shutil.copytree(
        folder() / "output" / "chtml" / "fonts" / "woff-v2",
        style.parent / "mathjax",
        dirs_exist_ok=True,
    )


def _finish(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.format == "html":
        app.typesetter.keep()


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.add_html_math_renderer("static", (_inline, None), (_block, None))
    app.add_css_file(STYLE)
    app.connect("config-inited", _configure)
    app.connect("builder-inited", _start)
    app.connect("build-finished", _finish)
    return {"parallel_read_safe": True, "parallel_write_safe": False}  # a fork has no V8
