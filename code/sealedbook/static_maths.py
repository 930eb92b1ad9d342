"""A Sphinx extension that sets the formulas when the site is built: no reader waits for that.

MathJax runs here, in V8, and not on the page: it would be the heaviest thing there. What it makes
stands in the page: the visible formula, and for screen readers the same as MathML, with the TeX
source as its annotation.
"""

import inspect
import json
import re
import shutil
import unicodedata
from html import escape
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from weakref import WeakKeyDictionary

from docutils import nodes
from py_mini_racer import MiniRacer
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

# the style sheet of all formulas, below _static
STYLE = "maths.css"

# what is needed of MathJax, in this order
PARTS = (
    "startup.js",
    "core.js",
    "adaptors/liteDOM.js",
    "input/tex-full.js",
    "output/chtml.js",
    "output/chtml/fonts/tex.js",
    "a11y/assistive-mml.js",
)

# MathJax is loaded part by part, and sets nothing by itself
BEFORE = """
globalThis.global = globalThis;
globalThis.MathJax = {loader: {load: []}, startup: {typeset: false, ready() {}}};
"""

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

# MathJax' letters are small beside those of a text without serifs
BESIDE_TEXT = "mjx-container[jax] { position: relative; font-size: 1.15em; }\n"

logger = logging.getLogger(__name__)


def folder() -> Path:
    """Where MathJax is.

    Raises
    ------
    ExtensionError
        The package that carries it is not installed.
    """
    package = find_spec("sphinx-mathjax-offline")
    if package is None or package.origin is None:
        raise ExtensionError(
            "sphinx-mathjax-offline is missing: pip install -r requirements-book.txt"
        )
    return Path(package.origin).parent / "static" / "mathjax"


class Typesetter:
    """Turns TeX into HTML.

    Parameters
    ----------
    store
        File with the formulas that were set before; :meth:`save` writes it.
    """

    def __init__(self, store: Path | None = None) -> None:
        self._store = store
        self._versions = [version("sphinx-mathjax-offline"), RENDERER, inspect.getsource(current)]
        self._html: dict[str, str] = {}
        self._engine: MiniRacer | None = None
        if store is not None and store.is_file():
            versions, stored = json.loads(store.read_text(encoding="utf-8"))
            self._html = stored if versions == self._versions else {}

    def html(self, tex: str, display: bool = False) -> str:
        """A formula, in a line or displayed.

        Raises
        ------
        ValueError
            MathJax does not understand it; the message says why.
        """
        key = f"{display:d}{tex}"
        if key not in self._html:
            html = self._call("render", tex, display)
            if "<merror" in html:
                raise ValueError(html.split('data-mjx-error="')[1].split('"')[0])
            self._html[key] = with_source(html, tex)
        return self._html[key]

    def style(self) -> str:
        """The style sheet; its fonts are in the folder ``mathjax`` beside it."""
        if "style" not in self._html:
            self._html["style"] = self._call("style")
        return BESIDE_TEXT + self._html["style"]

    def save(self) -> None:
        """Write what was set to the file."""
        if self._store is not None:
            self._store.parent.mkdir(parents=True, exist_ok=True)
            stored = json.dumps([self._versions, self._html])
            self._store.write_text(stored, encoding="utf-8")

    def _call(self, function: str, *arguments: object) -> str:
        if self._engine is None:
            self._engine = MiniRacer()
            self._engine.eval(BEFORE)
            for part in PARTS:
                self._engine.eval((folder() / part).read_text(encoding="utf-8"))
            self._engine.eval(f"{RENDERER};0")
        return self._engine.call(function, *arguments)


def with_source(html: str, tex: str) -> str:
    """MathJax' output with the TeX as annotation of the MathML.

    Styles that only MathJax' own scripts need are left out.
    """
    for style in ("position: relative;", "margin-left: 0; margin-right: 0;"):
        html = html.replace(f' style="{style}"', "", 1)
    before, opening, rest = html.partition("<math ")
    attributes, _, formula = rest.partition(">")
    formula, closing, after = formula.partition("</math>")
    note = f'<annotation encoding="application/x-tex">{escape(tex, quote=False)}</annotation>'
    formula = current(formula)
    annotated = f"<semantics><mrow>{formula}</mrow>{note}</semantics>"
    return f"{before}{opening}{attributes}>{annotated}{closing}{after}"


VARIANT = re.compile(r'<m([in]) mathvariant="(bold|double-struck)">(\w)</m\1>')


def current(mathml: str) -> str:
    """MathML without what browsers no longer want, of which Firefox complains on each page.

    MathJax 3 says "bold" or "double-struck" where the letter itself can be one, and puts an accent
    at its sign instead of at the letter that bears it.
    """

    def letter(match: re.Match[str]) -> str:
        tag, variant, plain = match.groups()
        name = unicodedata.name(plain).removeprefix("LATIN ").replace(" LETTER", "")
        name = f"{variant.upper()} {name}"
        try:
            return f"<m{tag}>{unicodedata.lookup(f'MATHEMATICAL {name}')}</m{tag}>"
        except KeyError:  # ℝ and a few others are older than the rest
            return f"<m{tag}>{unicodedata.lookup(name)}</m{tag}>"

    mathml = VARIANT.sub(letter, mathml).replace('<mo accent="true">', "<mo>")
    return mathml.replace("<mover>", '<mover accent="true">')


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


_typesetters: WeakKeyDictionary[Sphinx, Typesetter] = WeakKeyDictionary()


def _typeset(translator: HTML5Translator, node: nodes.Element, tex: str, display: bool) -> None:
    try:
        typesetter = _typesetters[translator.builder.app]
        translator.body.append(typesetter.html(tex.strip(), display))
    except ValueError as error:
        logger.warning("formula %r: %s", tex, error, location=node)
        translator.body.append(escape(tex))


def _visit_inline(translator: HTML5Translator, node: nodes.math) -> None:
    start = translator.starttag(node, "span", "", CLASS="math notranslate nohighlight")
    translator.body.append(start)
    _typeset(translator, node, node.astext(), display=False)
    translator.body.append("</span>")
    raise nodes.SkipNode


def _visit_block(translator: HTML5Translator, node: nodes.math_block) -> None:
    translator.body.append(translator.starttag(node, "div", CLASS="math notranslate nohighlight"))
    if node["number"]:
        translator.body.append(f'<span class="eqno">({get_node_equation_number(translator, node)})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    tex = node.astext() if node["nowrap"] else block_tex(node.astext())
    _typeset(translator, node, tex, display=True)
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def _choose_renderer(app: Sphinx, config: Config) -> None:
    config.html_math_renderer = "static"


def _start(app: Sphinx) -> None:
    """Write the style sheet and the fonts, before the theme asks for them."""
    if app.builder.format != "html":
        return
    typesetter = _typesetters[app] = Typesetter(Path(app.doctreedir) / "maths.json")
    static = Path(app.outdir) / "_static"
    static.mkdir(parents=True, exist_ok=True)
    (static / STYLE).write_text(typesetter.style(), encoding="utf-8")
    fonts = folder() / "output" / "chtml" / "fonts" / "woff-v2"
    shutil.copytree(fonts, static / "mathjax", dirs_exist_ok=True)


def _save(app: Sphinx, error: Exception | None) -> None:
    if error is None and app in _typesetters:
        _typesetters[app].save()


def setup(app: Sphinx) -> dict[str, bool]:
    """Take the place of MathJax on the page; called by Sphinx."""
    app.add_html_math_renderer("static", (_visit_inline, None), (_visit_block, None))
    app.add_css_file(STYLE)
    app.connect("config-inited", _choose_renderer)
    app.connect("builder-inited", _start)
    app.connect("build-finished", _save)
    return {"parallel_read_safe": True, "parallel_write_safe": False}  # a fork has no V8
