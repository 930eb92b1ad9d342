"""A Sphinx extension for quizzes that are answered on the page.

In a page: the directive ``quiz`` with the name of a file below ``quiz_folder``. The file is
described by ``schema.json`` beside it; its texts are parsed as if they stood in the page. Each
question is a group of radio buttons with its choices, and a closed box with the answer. That is all
there is on paper and without scripts; on the website ``static/quiz.js`` adds a button that checks
the choice, explains it, and keeps it in the browser.
"""

import hashlib
import json
from collections.abc import Iterator
from html import escape
from pathlib import Path

import jsonschema
import yaml
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

LETTERS = "abcd"

# words for errors whose own message would repeat the whole file
EXPLANATIONS = {
    "minItems": "{count} there, expected at least {limit}",
    "maxItems": "{count} there, expected at most {limit}",
    "contains": "none is right, expected one with `right: true`",
    "maxContains": "more than one is right, expected one with `right: true`",
    "pattern": "is empty",
}


def faults(content: object, schema: dict) -> Iterator[str]:
    """What does not fit the schema, in words that say where."""
    for error in jsonschema.Draft202012Validator(schema).iter_errors(content):
        where = ["quiz"]
        for step in error.absolute_path:
            if isinstance(step, int):
                where[-1] = f"{'choice' if where[-1] == 'choices' else 'question'} {step + 1}"
            else:
                where.append(step)
        explanation = error.message[:120]
        if error.validator in EXPLANATIONS:
            explanation = EXPLANATIONS[error.validator].format(
                count=len(error.instance), limit=error.validator_value
            )
        yield f"{', '.join(where)}: {explanation}"


def read(path: Path) -> list[dict]:
    """The questions of a quiz.

    Raises
    ------
    OSError
        The file, or the schema beside it, cannot be read.
    ValueError
        The file is no YAML, or does not fit the schema; the message names the question.
    """
    schema = json.loads((path.parent / "schema.json").read_text(encoding="utf-8"))
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ValueError(f"is no YAML: {error}") from None
    if messages := list(faults(content, schema)):
        raise ValueError("; ".join(messages))
    return content


def key(question: dict) -> str:
    """A question's name in the reader's browser.

    Another wording or other answers are another question; another line break is not.
    """
    texts = [question["question"], *(choice["answer"] for choice in question["choices"])]
    content = "\n".join(" ".join(text.split()) for text in texts)
    return hashlib.sha256(content.encode()).hexdigest()[:10]


def right(question: dict) -> int:
    """Which choice is right, counted from 0."""
    return [choice.get("right", False) for choice in question["choices"]].index(True)


class quiz(nodes.General, nodes.Element):
    """All questions of a file."""


class quiz_question(nodes.General, nodes.Element):
    """One question with its choices and answers; ``key`` and ``right`` as above."""


class quiz_legend(nodes.General, nodes.TextElement):
    """The question's words."""


class quiz_choices(nodes.General, nodes.Element):
    """The choices of a question."""


class quiz_choice(nodes.General, nodes.TextElement):
    """One choice."""


class quiz_answers(nodes.General, nodes.Element):
    """The explanations, one for each choice."""


class quiz_because(nodes.General, nodes.TextElement):
    """Why a choice is right or wrong."""


# what stands before and after the content of each node
HTML = {
    quiz: ('<div class="dn-quiz">', "</div>"),
    quiz_question: (
        '<fieldset class="dn-question" data-question="{key}" data-right="{right}">',
        "</fieldset>",
    ),
    quiz_legend: ('<legend><span class="dn-number">{number}.</span> ', "</legend>"),
    quiz_choices: ('<ol class="dn-choices">', "</ol>"),
    quiz_choice: (
        '<li><label><input type="radio" name="{group}" value="{value}"> '
        '<span class="dn-letter">({letter})</span> <span>',
        "</span></label></li>",
    ),
    quiz_answers: ('<details class="dn-answers"><summary>Answer</summary><ul>', "</ul></details>"),
    quiz_because: (
        '<li class="{verdict}"><strong>({letter}) is {verdict}.</strong> <span>',
        "</span></li>",
    ),
}


class Quiz(SphinxDirective):
    """The directive."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The quiz, or an error that names file and question."""
        path = Path(self.env.srcdir, self.file)
        self.env.note_dependency(str(path))
        self.env.note_dependency(str(path.parent / "schema.json"))
        try:
            questions = read(path)
        except (OSError, ValueError) as error:
            raise self.error(f"{self.file}: {error}") from None
        numbered = enumerate(questions, start=1)
        return [quiz("", *(self._question(number, question) for number, question in numbered))]

    @property
    def file(self) -> str:
        """The quiz's file, from the folder of the sources."""
        return f"{self.config.quiz_folder}/{self.arguments[0]}.yml"

    def _question(self, number: int, question: dict) -> quiz_question:
        where = f"question {number}"
        text, *more = self._parsed(question["question"], where)
        legend = quiz_legend("", "", *self._inline([text], where), number=number)
        choices, answers = quiz_choices(), quiz_answers()
        for i, choice in enumerate(question["choices"]):
            place, letter = f"{where}, choice {i + 1}", LETTERS[i]
            group = f"{self.arguments[0]}-{number}"
            answer = self._inline(self._parsed(choice["answer"], place), f"{place}, answer")
            choices += quiz_choice("", "", *answer, letter=letter, value=i, group=group)
            verdict = "right" if choice.get("right") else "wrong"
            because = self._inline(self._parsed(choice["because"], place), f"{place}, because")
            answers += quiz_because("", "", *because, letter=letter, verdict=verdict)
        names = {"key": key(question), "right": right(question)}
        return quiz_question("", legend, *more, choices, answers, **names)

    def _parsed(self, text: str, where: str) -> list[nodes.Node]:
        """A text of the file as nodes.

        What the parser complains about is in the file: its messages have to name that, not the
        page.
        """
        holder, document = nodes.Element(), self.state.document
        source, reporter = document["source"], document.reporter
        document["source"] = reporter.source = f"{self.file}, {where}"
        try:
            self.state.nested_parse(StringList(text.splitlines(), source=self.file), 0, holder)
        finally:
            document["source"] = reporter.source = source
        for message in holder.findall(nodes.system_message):
            raise self.error(f"{self.file}: {where}: {message.astext()}")
        return holder.children

    def _inline(self, parsed: list[nodes.Node], where: str) -> list[nodes.Node]:
        """What is in the one paragraph: labels and legends hold nothing else."""
        if len(parsed) != 1 or not isinstance(parsed[0], nodes.paragraph):
            raise self.error(f"{self.file}: {where}: expected one paragraph")
        return parsed[0].children


class PaperQuiz(SphinxPostTransform):
    """Where there are no forms: the question, its choices as a list, and the answers below."""

    default_priority = 5

    def apply(self, **_: object) -> None:
        """Replace each question by ordinary nodes, unless the page becomes HTML."""
        if self.app.builder.format == "html":
            return
        for question in list(self.document.findall(quiz_question)):
            legend, *more, choices, answers = question.children
            number = nodes.strong("", f"{legend['number']}. ")
            choice_list = nodes.enumerated_list(enumtype="loweralpha", prefix="(", suffix=")")
            for choice in choices:
                choice_list += nodes.list_item("", nodes.paragraph("", "", *choice.children))
            answer_list = nodes.bullet_list()
            for because in answers:
                verdict = nodes.strong("", f"({because['letter']}) is {because['verdict']}.")
                text = nodes.paragraph("", "", verdict, nodes.Text(" "), *because.children)
                answer_list += nodes.list_item("", text)
            asked = nodes.paragraph("", "", number, *legend.children)
            question.replace_self([asked, *more, choice_list, answer_list])
        for block in list(self.document.findall(quiz)):
            block.replace_self(block.children)


def _opening(translator: HTML5Translator, node: nodes.Element) -> None:
    values = {name: escape(str(value)) for name, value in node.attributes.items()}
    translator.body.append(HTML[type(node)][0].format_map(values))


def _closing(translator: HTML5Translator, node: nodes.Element) -> None:
    translator.body.append(HTML[type(node)][1] + "\n")


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.add_config_value("quiz_folder", "quizzes", "env", [str])
    app.add_directive("quiz", Quiz)
    app.add_post_transform(PaperQuiz)
    for node in HTML:
        app.add_node(node, html=(_opening, _closing))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
