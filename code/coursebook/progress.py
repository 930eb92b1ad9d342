"""A Sphinx extension for the reader's progress: what a page has to be done, the page that sums it up, and their scripts.

A chapter is a page with a quiz or an exercise. The directive ``progress`` becomes a table of all chapters in the order of
the book, with what the scripts of ``_static/course`` need to fill it from the reader's browser. The pages load these
scripts, and no others do. What is kept is described in ``dropnorm.exercises.progress``.
"""

import json
import re
from collections.abc import Iterator
from html import escape
from pathlib import PurePosixPath

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.environment.collectors import EnvironmentCollector
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from coursebook.moving_figures import kept_off
from coursebook.quiz import quiz_choice, quiz_question

FOLDER = "course"
"""Where the scripts are, below ``_static``."""

STYLE = f"{FOLDER}/course.css"

CHECKED = re.compile(r"""\bcheck(?:\(|ed as )\s*["']([\w-]+)["']""")
"""In an exercise's text, code or words: the checker that says whether it is solved."""


class progress(nodes.General, nodes.Element):
    """The place of the table."""


class Progress(SphinxDirective):
    """The directive."""

    def run(self) -> list[nodes.Node]:
        """The table's place; it is filled when all pages are read."""
        return [progress()]


class Tasks(EnvironmentCollector):
    """What there is to do on each page: ``env.course_tasks[page]``, with the kinds of scripts that it needs."""

    def clear_doc(self, app: Sphinx, env: BuildEnvironment, docname: str) -> None:
        """Forget a page."""
        tasks(env).pop(docname, None)

    def merge_other(
        self, app: Sphinx, env: BuildEnvironment, docnames: set[str], other: BuildEnvironment
    ) -> None:
        """Take over what another process has read."""
        tasks(env).update({page: found for page, found in tasks(other).items() if page in docnames})

    def process_doc(self, app: Sphinx, doctree: nodes.document) -> None:
        """Read a page."""
        questions = []
        for question in doctree.findall(quiz_question):
            choices = sum(1 for _ in question.findall(quiz_choice))
            questions.append((question["key"], question["right"], choices))
        exercises = []
        for box in doctree.findall(nodes.Admonition):
            if box.get("type") == "exercise":
                exercises.append((box["label"], sorted(set(CHECKED.findall(box.astext())))))
        summary = any(True for _ in doctree.findall(progress))
        if questions or exercises or summary:
            found = {"questions": questions, "exercises": exercises, "summary": summary}
            tasks(app.env)[app.env.docname] = found

    def get_updated_docs(self, app: Sphinx, env: BuildEnvironment) -> list[str]:
        """The table is written anew whenever anything is: it may concern any page."""
        return summaries(env)


def tasks(env: BuildEnvironment) -> dict[str, dict]:
    """By page."""
    if not hasattr(env, "course_tasks"):
        env.course_tasks = {}
    return env.course_tasks


def summaries(env: BuildEnvironment) -> list[str]:
    """The pages with the table."""
    return [page for page, found in tasks(env).items() if found["summary"]]


def name(page: str) -> str:
    """A chapter's name in the reader's browser."""
    return PurePosixPath(page).name


def parts(
    env: BuildEnvironment, page: str | None = None
) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """The parts of the book in order: caption, and the chapters' titles and pages."""
    page = page or env.config.root_doc
    for toctree in env.tocs[page].findall(addnodes.toctree):
        chapters, below = [], []
        for title, target in toctree["entries"]:
            if target in tasks(env) and target not in summaries(env):
                chapters.append((title or env.titles[target].astext(), target))
            if target in env.tocs:
                below += parts(env, target)
        if chapters:
            yield toctree.get("caption") or "", chapters
        yield from below


class Table(SphinxPostTransform):
    """Puts the table into its place; where there are no scripts, a list of the chapters."""

    default_priority = 5

    def apply(self, **_: object) -> None:
        """Replace the place by the table."""
        for place in list(self.document.findall(progress)):
            place.replace_self(self._table() if self.app.builder.format == "html" else self._list())

    def _table(self) -> nodes.raw:
        rows = []
        for caption, chapters in parts(self.env):
            rows.append(
                f'<tbody><tr><th colspan="4" scope="rowgroup">{escape(caption)}</th></tr>'
                if caption
                else "<tbody>"
            )
            for title, page in chapters:
                found = tasks(self.env)[page]
                link = escape(self.app.builder.get_relative_uri(self.env.docname, page))
                data = {
                    kind: escape(json.dumps(found[kind])) for kind in ("questions", "exercises")
                }
                rows.append(
                    f'<tr data-chapter="{name(page)}" data-questions="{data["questions"]}"'
                    f' data-exercises="{data["exercises"]}"><th scope="row"><a href="{link}">{escape(title)}</a></th>'
                    f"<td></td><td>{len(found['questions'])}</td><td>{len(found['exercises'])}</td></tr>"
                )
            rows.append("</tbody>")
        table = TABLE.format(rows="\n".join(rows))
        return nodes.raw("", table, format="html")

    def _list(self) -> nodes.bullet_list:
        items = []
        for _, chapters in parts(self.env):
            for title, page in chapters:
                found = tasks(self.env)[page]
                words = f"{title}: {len(found['questions'])} questions, {len(found['exercises'])} exercises"
                items.append(nodes.list_item("", nodes.paragraph("", words)))
        return nodes.bullet_list("", *items)


TABLE = """<div class="dn-progress">
<noscript><p>This table fills itself where scripts may run. Without them it says what there is to do:
how many questions and exercises each chapter has.</p></noscript>
<div class="dn-wide"><table>
<caption class="dn-hidden">Progress by chapter</caption>
<thead><tr><th scope="col">Chapter</th><th scope="col">Read</th>
<th scope="col">Quiz</th><th scope="col">Exercises</th></tr></thead>
{rows}
</table></div>
</div>"""


def _add_to_page(
    app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    found = tasks(app.env).get(page)
    if doctree is None or found is None:
        return
    app.add_css_file(STYLE)
    app.add_js_file(f"{FOLDER}/store.js", loading_method="defer")
    if found["summary"]:
        app.add_js_file(f"{FOLDER}/progress.js", loading_method="defer")
        return
    if found["questions"]:
        app.add_js_file(f"{FOLDER}/quiz.js", loading_method="defer")
    data = {"data-chapter": name(page)}
    if summary := summaries(app.env):
        data["data-progress"] = app.builder.get_relative_uri(page, summary[0])
    app.add_js_file(f"{FOLDER}/chapter.js", loading_method="defer", **data)


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.setup_extension("coursebook.quiz")
    app.add_node(progress)
    app.add_directive("progress", Progress)
    app.add_env_collector(Tasks)
    app.add_post_transform(Table)
    app.connect("config-inited", kept_off(FOLDER))
    app.connect("html-page-context", _add_to_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
