"""A chapter's notebook in plain Markdown for JupyterLab, without directives and roles."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import yaml
from nbformat import NotebookNode
from pybtex.database import Person, parse_file

from coursebook.merge import CHECKED, MARK, mark
from coursebook.scaffolding import HIDDEN, Code, without_notes, without_scaffolding
from coursebook.settings import Course

GATE = re.compile(
    r"^(`{3,})\{(exercise|solution)-(start|end)\}[ ]*(.*)\n(?::.*\n)*\1[ ]*$", re.MULTILINE
)
OPENING = re.compile(r"(:{3,}|`{3,})\{([\w-]+)\} *(.*)")
ROLE = re.compile(r"\{(glue:text|numref|cite:t|cite:p|ref|eq)\}`([^`]+)`")
EXERCISES = re.compile(r"^## Exercises$", re.MULTILINE)
WAY = "*[Exercises](#Exercises): a cell that ends with a check needs none of those between.*"
STUB = re.compile(r"```python\n(.*?)\n```", re.DOTALL)


def plain(notebook: NotebookNode, course: Course) -> NotebookNode:
    """The chapter as a reader works with it.

    It has no outputs, each coding exercise is a cell with its stub, and solutions are folded. What
    the code keeps for the website's text, and its assertions, are left out. All cells are marked as
    the course's text, and those of coding exercises with the exercise's name.

    Raises
    ------
    ValueError
        A directive or role is not known here, or one names what does not exist.
    """
    text = PlainText(
        glued=_glued(notebook),
        captions=_captions(notebook),
        citations=_citations(course.root / course.references),
        quizzes=course.root / course.quizzes,
    )
    cells: list[NotebookNode] = []
    label, task = "", ""
    folded: list[str] | None = None  # within a solution: what is in it
    code: list[str] = []  # of this solution
    for kind, content in _pieces(notebook):
        match kind:
            case "solution-start":
                label, folded, code = content, [], []
            case "solution-end" if folded is not None:
                if code:
                    check = CHECKED.search("\n".join(code))
                    start = nbformat.v4.new_code_cell(_start(task, check, course))
                    cells.append(mark(start, check[1] if check else label))
                solution = _fold("Solution", "\n\n".join(folded))
                cells.append(nbformat.v4.new_markdown_cell(solution))
                folded = None
            case "text" if folded is None:
                task = content
                cells.append(nbformat.v4.new_markdown_cell(text.plain(content)))
            case "text":
                folded.append(text.plain(content))
            case "code" | "hidden" if folded is None:
                tags = {"tags": [HIDDEN]} if kind == "hidden" else {}
                cells.append(nbformat.v4.new_code_cell(content, metadata=tags))
            case "code" | "hidden":
                content = without_notes(content, course.notes)
                code.append(content)
                folded.append(f"```python\n{content}\n```")
            case "figure" if folded is None:
                caption = f"*{text.number(content)}.* {text.plain(text.captions[content])}"
                cells.append(nbformat.v4.new_markdown_cell(caption))
    cells = _cleaned(cells, course)
    if any(EXERCISES.search(cell.source) for cell in cells):
        cells[0].source += f"\n\n{WAY}"
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
        if MARK not in cell.metadata:
            mark(cell)
    return nbformat.v4.new_notebook(
        cells=cells, metadata={"kernelspec": notebook.metadata["kernelspec"]}
    )


def _cleaned(cells: list[NotebookNode], course: Course) -> list[NotebookNode]:
    """The cells without what only the website needs."""
    shown = [cell for cell in cells if cell.cell_type == "code" and MARK not in cell.metadata]
    fenced = [STUB.findall(cell.source) for cell in cells if cell.cell_type == "markdown"]
    stubs = [cell.source for cell in cells if cell.cell_type == "code" and MARK in cell.metadata]
    code = [Code(cell.source, HIDDEN in cell.metadata.pop("tags", [])) for cell in shown]
    also = [block for blocks in fenced for block in blocks] + stubs
    for cell, source in zip(shown, without_scaffolding(code, course.notes, also), strict=True):
        cell.source = source
    return [cell for cell in cells if cell.source]


def _pieces(notebook: NotebookNode) -> Iterator[tuple[str, str]]:
    """Text, code, the names of figures below their code, and where solutions start and end.

    A start comes with the solution's label. Code of a cell that no page shows is "hidden".
    """
    for cell in notebook.cells:
        if cell.cell_type == "code":
            is_hidden = HIDDEN in cell.metadata.get("tags", [])
            yield ("hidden" if is_hidden else "code"), cell.source
            if figure := cell.metadata.get("mystnb", {}).get("figure"):
                yield "figure", figure["name"]
            continue
        rest = cell.source
        while gate := GATE.search(rest):
            before, rest = rest[: gate.start()].strip(), rest[gate.end() :]
            _, kind, end, title = gate.groups()
            if (kind, end) == ("exercise", "start"):
                rest = f"**Exercise {title}**\n{rest}"
            if before:
                yield "text", before
            if kind == "solution":
                yield f"solution-{end}", title.strip()
        if rest.strip():
            yield "text", rest.strip()


def _start(task: str, check: re.Match[str] | None, course: Course) -> str:
    """What a coding exercise starts from.

    Of a checked one the course gives the code; else it is the beginning that its text has.
    """
    if check:
        return course.starting_code(*check.groups())
    blocks = STUB.findall(task)
    return blocks[-1] if blocks else "# your code"


def _fold(title: str, text: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"


@dataclass(frozen=True)
class PlainText:
    """Frees the Markdown of a chapter of what only the website understands.

    Attributes
    ----------
    glued
        What the chapter's cells give to its text.
    captions
        Of its figures, in order, by their names.
    citations
        For each key of the bibliography who wrote it, and the year.
    quizzes
        The folder of questions.
    """

    glued: dict[str, object]
    captions: dict[str, str]
    citations: dict[str, tuple[str, str]]
    quizzes: Path

    def plain(self, text: str) -> str:
        """The text without directives and roles."""
        unlabelled = re.sub(r"^\$\$ \([\w-]+\)$", "$$", text, flags=re.MULTILINE)
        lines = self._lines(iter(unlabelled.splitlines()))
        return ROLE.sub(self._role, "\n".join(lines)).strip()

    def number(self, figure: str) -> str:
        """Its number in the chapter."""
        if figure not in self.captions:
            return f"the figure `{figure}` of another chapter"
        return f"Figure {list(self.captions).index(figure) + 1}"

    def _lines(self, lines: Iterator[str]) -> Iterator[str]:
        for line in lines:
            if opening := OPENING.fullmatch(line):
                fence, name, title = opening.groups()
                text = _inside(lines, fence)
                yield from self._directive(name, title, text).splitlines()
                continue
            yield line
            if fence := re.match(r"`{3,}", line):  # a code block: as it is
                for inside in lines:
                    yield inside
                    if inside.strip() == fence[0]:
                        break

    def _directive(self, name: str, title: str, text: str) -> str:
        match name:
            case "admonition":
                box = f"**{title}**\n\n{self.plain(text)}"
                return "\n".join(f"> {line}".rstrip() for line in box.splitlines())
            case "exercise":
                return f"**Exercise {title}**\n\n{self.plain(text)}"
            case "solution":
                return _fold("Solution", self.plain(text))
            case "dropdown":
                return _fold(title, self.plain(text))
            case "interactive":
                return f"*On the website a figure moves here.* {self.plain(text)}"
            case "predict":
                return self._directive("admonition", "Predict first", text)
            case "outcome":
                return self.plain(text)
            case "quiz":
                return self.plain(_quiz(self.quizzes / f"{title}.yml"))
        raise ValueError(f"directive {name!r}: the reader's copy does not know it")

    def _role(self, match: re.Match[str]) -> str:
        role, content = match.groups()
        match role:
            case "glue:text":
                name, _, form = content.partition(":")
                if name not in self.glued:
                    raise ValueError(f"{{glue:text}}`{content}`: no cell glues it")
                return format(self.glued[name], form)
            case "numref":
                return self.number(content)
            case "ref":
                return re.sub(r" *<.*>$", "", content)
            case "eq":
                return "the equation above"
        return self._citation(role, [key.strip() for key in content.split(",")])

    def _citation(self, role: str, keys: list[str]) -> str:
        if unknown := [key for key in keys if key not in self.citations]:
            raise ValueError(
                f"{{{role}}}`{', '.join(keys)}`: the bibliography has no {', '.join(unknown)}"
            )
        works = [self.citations[key] for key in keys]
        if role == "cite:t":
            return ", ".join(f"{authors} ({year})" for authors, year in works)
        return f"({'; '.join(f'{authors}, {year}' for authors, year in works)})"


def _inside(lines: Iterator[str], fence: str) -> str:
    """The content of a directive, without its options; its last line is taken as well."""
    content: list[str] = []
    for line in lines:
        if line.strip() == fence:
            break
        content.append(line)
    while content and re.match(r":[\w-]+:", content[0]):
        content.pop(0)
    return "\n".join(content).strip()


def _quiz(path: Path) -> str:
    """The questions of a file, with their answers folded."""
    paragraphs = []
    questions = yaml.safe_load(path.read_text(encoding="utf-8"))
    for number, question in enumerate(questions, start=1):
        choices, answers = [], []
        for letter, choice in zip("abcd", question["choices"], strict=False):
            verdict = "**Right.** " if choice.get("right") else ""
            choices.append(f"- ({letter}) {choice['answer']}")
            answers.append(f"- ({letter}) {verdict}{choice['because']}")
        paragraphs += [
            f"**{number}.** {question['question']}",
            "\n".join(choices),
            _fold("Answer", "\n".join(answers)),
        ]
    return "\n\n".join(paragraphs)


def _glued(notebook: NotebookNode) -> dict[str, object]:
    values = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            name = output.get("metadata", {}).get("scrapbook", {}).get("name")
            value = output.get("data", {}).get("application/papermill.record/text/plain")
            if name and value is not None:
                values[name] = ast.literal_eval(value)
    return values


def _captions(notebook: NotebookNode) -> dict[str, str]:
    figures = [cell.metadata.get("mystnb", {}).get("figure") for cell in notebook.cells]
    return {figure["name"]: figure["caption"] for figure in figures if figure}


def _citations(references: Path) -> dict[str, tuple[str, str]]:
    """For each key who wrote it, as texts say, and the year."""
    citations = {}
    for key, entry in parse_file(references).entries.items():
        authors = [_last_name(person) for person in entry.persons.get("author", [])]
        first, *others = authors or [entry.fields.get("title", key).strip("{}")]
        if len(others) > 1:
            first += " et al."
        elif others:
            first += f" and {others[0]}"
        citations[key] = first, entry.fields.get("year", "no year")
    return citations


def _last_name(person: Person) -> str:
    return " ".join(person.prelast_names + person.last_names).strip("{}")
