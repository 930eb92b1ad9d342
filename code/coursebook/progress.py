"""A Sphinx extension for the reader's progress: what there is to do, and the page that sums it up.

A chapter is a page with a quiz or an exercise. The directive ``progress`` becomes a table of all
chapters in the order of the book, with what the scripts need to fill it from the reader's browser.
There the progress is kept under the name ``progress_key``; a file with it has this name as its
``format``.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from html import escape
from pathlib import PurePosixPath

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.environment.collectors import EnvironmentCollector
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from coursebook import static_files
from coursebook.quiz import quiz_choice, quiz_question

# in an exercise's text, code or words: the checker that says whether it is solved
CHECKED = re.compile(r"""\bcheck(?:\(|ed as )\s*["']([\w-]+)["']""")

# as the table may be wider than the screen, it scrolls in a box of its own
TABLE = """<div class="dn-progress">
<noscript><p>This table fills itself where scripts may run. Without them it says what there is to
do: how many questions and exercises each chapter has.</p></noscript>
<div class="dn-wide"><table>
<caption class="dn-hidden">Progress by chapter</caption>
<thead><tr><th scope="col">Chapter</th><th scope="col">Read</th>
<th scope="col">Quiz</th><th scope="col">Exercises</th></tr></thead>
{rows}
</table></div>
</div>"""
PART = '<tr><th colspan="4" scope="rowgroup">{}</th></tr>'
ROW = """<tr data-chapter="{name}" data-questions="{questions}" data-exercises="{exercises}">\
<th scope="row"><a href="{link}">{title}</a></th>\
<td></td><td>{question_count}</td><td>{exercise_count}</td></tr>"""


@dataclass(frozen=True)
class Tasks:
    """What there is to do on a page.

    Attributes
    ----------
    questions
        Of each: its key, which choice is right, and how many choices there are.
    exercises
        Of each: its label, and the checks that say whether it is solved.
    """

    questions: list[tuple[str, int, int]]
    exercises: list[tuple[str, list[str]]]


class progress(nodes.General, nodes.Element):
    """The place of the table."""


class Progress(SphinxDirective):
    """The directive."""

    def run(self) -> list[nodes.Node]:
        """The table's place; it is filled when all pages are read."""
        return [progress()]


class TaskCollector(EnvironmentCollector):
    """Collects what there is to do on each page, and which pages have the table."""

    def clear_doc(self, app: Sphinx, env: BuildEnvironment, docname: str) -> None:
        """Forget a page."""
        tasks(env).pop(docname, None)
        summaries(env).discard(docname)

    def merge_other(
        self, app: Sphinx, env: BuildEnvironment, docnames: set[str], other: BuildEnvironment
    ) -> None:
        """Take over what another process has read."""
        tasks(env).update({page: tasks(other)[page] for page in tasks(other).keys() & docnames})
        summaries(env).update(summaries(other) & docnames)

    def process_doc(self, app: Sphinx, doctree: nodes.document) -> None:
        """Read a page."""
        page = app.env.docname
        questions = [
            (question["key"], question["right"], sum(1 for _ in question.findall(quiz_choice)))
            for question in doctree.findall(quiz_question)
        ]
        exercises = [
            (box["label"], sorted(set(CHECKED.findall(box.astext()))))
            for box in doctree.findall(nodes.Admonition)
            if box.get("type") == "exercise"
        ]
        if any(True for _ in doctree.findall(progress)):
            summaries(app.env).add(page)
        elif questions or exercises:
            tasks(app.env)[page] = Tasks(questions, exercises)

    def get_updated_docs(self, app: Sphinx, env: BuildEnvironment) -> list[str]:
        """The table is written anew whenever anything is: it may concern any page."""
        return sorted(summaries(env))


def tasks(env: BuildEnvironment) -> dict[str, Tasks]:
    """Of each chapter."""
    return env.__dict__.setdefault("course_tasks", {})


def summaries(env: BuildEnvironment) -> set[str]:
    """The pages with the table."""
    return env.__dict__.setdefault("course_summaries", set())


def name(page: str) -> str:
    """A chapter's name in the reader's browser."""
    return PurePosixPath(page).name


def parts(env: BuildEnvironment, page: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """The parts of the book in order: caption, and the chapters' titles and pages."""
    for toctree in env.tocs[page].findall(addnodes.toctree):
        entries = [(title, target) for title, target in toctree["entries"] if target in env.tocs]
        chapters = [
            (title or env.titles[target].astext(), target)
            for title, target in entries
            if target in tasks(env)
        ]
        if chapters:
            yield toctree.get("caption") or "", chapters
        for _, target in entries:
            yield from parts(env, target)


class Table(SphinxPostTransform):
    """Puts the table into its place; where there are no scripts, a list of the chapters."""

    default_priority = 5

    def apply(self, **_: object) -> None:
        """Replace the place by the table."""
        for place in list(self.document.findall(progress)):
            place.replace_self(self._table() if self.app.builder.format == "html" else self._list())

    def _table(self) -> nodes.raw:
        rows = []
        for caption, chapters in parts(self.env, self.config.root_doc):
            rows.append("<tbody>" + (PART.format(escape(caption)) if caption else ""))
            rows += [self._row(title, page) for title, page in chapters]
            rows.append("</tbody>")
        return nodes.raw("", TABLE.format(rows="\n".join(rows)), format="html")

    def _row(self, title: str, page: str) -> str:
        of_page = tasks(self.env)[page]
        data = {kind: escape(json.dumps(entries)) for kind, entries in asdict(of_page).items()}
        return ROW.format(
            name=name(page),
            link=escape(self.app.builder.get_relative_uri(self.env.docname, page)),
            title=escape(title),
            question_count=len(of_page.questions),
            exercise_count=len(of_page.exercises),
            **data,
        )

    def _list(self) -> nodes.bullet_list:
        items = nodes.bullet_list()
        for _, chapters in parts(self.env, self.config.root_doc):
            for title, page in chapters:
                of_page = tasks(self.env)[page]
                counts = f"{len(of_page.questions)} questions, {len(of_page.exercises)} exercises"
                items += nodes.list_item("", nodes.paragraph("", f"{title}: {counts}"))
        return items


def _add_to_page(
    app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    if doctree is None:
        return
    scripts: dict[str, dict[str, str]] = {}
    if page in summaries(app.env):
        scripts["progress.js"] = {}
    elif page in tasks(app.env):
        if tasks(app.env)[page].questions:
            scripts["quiz.js"] = {}
        scripts["chapter.js"] = {"data-chapter": name(page)}
        for summary in sorted(summaries(app.env))[:1]:
            scripts["chapter.js"]["data-progress"] = app.builder.get_relative_uri(page, summary)
    if scripts:
        app.add_css_file(f"{static_files.FOLDER}/course.css")
        add_scripts(app, scripts)


def add_scripts(app: Sphinx, scripts: dict[str, dict[str, str]]) -> None:
    """Add scripts with their data to a page, after the store of the progress that they need."""
    store = {"store.js": {"data-key": app.config.progress_key}}
    for script, data in (store | scripts).items():
        app.add_js_file(f"{static_files.FOLDER}/{script}", loading_method="defer", **data)


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.setup_extension("coursebook.static_files")
    app.setup_extension("coursebook.quiz")
    app.add_config_value("progress_key", "course-progress", "html", [str])
    app.add_node(progress)
    app.add_directive("progress", Progress)
    app.add_env_collector(TaskCollector)
    app.add_post_transform(Table)
    app.connect("html-page-context", _add_to_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
