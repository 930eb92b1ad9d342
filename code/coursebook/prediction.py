"""A Sphinx extension for predictions: the reader chooses first, and is told when the result is in.

The directive ``predict`` with a name is a box with a question and, as the last thing in it, a list
of choices. Further down in the same page the directive ``outcome`` with the same name says what
came out, and with the option ``choice`` which choice that was, counted from 1. On paper and without
scripts both are text. On the website ``static/prediction.js`` makes the choices answerable, keeps
the answer in the browser, and puts it beside what came out.
"""

import hashlib
from html import escape
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator
from sphinx.writers.latex import LaTeXTranslator

from coursebook import static_files
from coursebook.progress import add_scripts

TITLE = "Predict first"

logger = logging.getLogger(__name__)


class prediction(nodes.General, nodes.Element):
    """The box with the question; ``name``, how many ``choices``, and their ``key``."""


class outcome(nodes.General, nodes.Element):
    """What came out; ``name``, and ``choice``, counted from 0."""


def key(choices: nodes.Element) -> str:
    """The prediction's name in the reader's browser: other choices are another prediction."""
    content = "\n".join(" ".join(choice.astext().split()) for choice in choices)
    return "predict-" + hashlib.sha256(content.encode()).hexdigest()[:10]


class Predict(SphinxDirective):
    """The directive of the question."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """The box, or an error if it does not end with choices."""
        content = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, content)
        choices = content.children[-1] if content.children else None
        if not isinstance(choices, nodes.bullet_list) or len(choices) < 2:
            raise self.error("predict: expected a list of at least two choices at its end")
        box = nodes.admonition("", nodes.title("", TITLE), *content.children, classes=["predict"])
        names = {"name": self.arguments[0], "choices": len(choices), "key": key(choices)}
        return [prediction("", box, **names)]


class Outcome(SphinxDirective):
    """The directive of the answer."""

    required_arguments = 1
    option_spec: ClassVar = {"choice": directives.positive_int}
    has_content = True

    def run(self) -> list[nodes.Node]:
        """The text, or an error if it does not say which choice came out."""
        if "choice" not in self.options:
            raise self.error("outcome: expected the option `choice`, counted from 1")
        answer = outcome("", name=self.arguments[0], choice=self.options["choice"] - 1)
        self.state.nested_parse(self.content, self.content_offset, answer)
        return [answer]


def _match(app: Sphinx, doctree: nodes.document) -> None:
    """Give each outcome the key of its prediction; complain of what has no partner."""
    asked = {node["name"]: node for node in doctree.findall(prediction)}
    for answer in doctree.findall(outcome):
        question = asked.pop(answer["name"], None)
        if question is None:
            logger.warning("outcome of %r: no such prediction above", answer["name"])
        elif answer["choice"] >= question["choices"]:
            logger.warning("outcome of %r: it has %d choices", answer["name"], question["choices"])
        else:
            answer["key"] = question["key"]
    for name in asked:
        logger.warning("prediction %r: no outcome below", name)


def _open(translator: HTML5Translator, node: nodes.Element) -> None:
    kind, right = type(node).__name__, f' data-right="{node.get("choice", "")}"'
    data = f'data-prediction="{escape(node.get("key", ""))}"{right if "choice" in node else ""}'
    translator.body.append(f'<div class="dn-{kind}" {data}>\n')


def _close(translator: HTML5Translator, node: nodes.Element) -> None:
    translator.body.append("</div>\n")


def _nothing(translator: LaTeXTranslator, node: nodes.Element) -> None:
    """On paper there is only the text inside."""


def _add_to_page(
    app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    if doctree is not None and any(True for _ in doctree.findall(prediction)):
        app.add_css_file(f"{static_files.FOLDER}/prediction.css")
        add_scripts(app, {"prediction.js": {}})


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.setup_extension("coursebook.progress")  # it says under which name progress is kept
    app.add_directive("predict", Predict)
    app.add_directive("outcome", Outcome)
    app.add_node(prediction, html=(_open, _close), latex=(_nothing, _nothing))
    app.add_node(outcome, html=(_open, _close), latex=(_nothing, _nothing))
    app.connect("doctree-read", _match)
    app.connect("html-page-context", _add_to_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
