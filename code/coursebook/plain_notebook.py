"""A chapter's notebook in plain Markdown: what the website makes of directives and roles, for JupyterLab."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import yaml
from nbformat import NotebookNode
from pybtex.database import parse_file

from coursebook.merge import CHECKED, MARK, mark
from dropnorm import exercises

GATE = re.compile(
    r"^(`{3,})\{(exercise|solution)-(start|end)\}[ ]*(.*)\n(?::.*\n)*\1[ ]*$", re.MULTILINE
)
OPENING = re.compile(r"(:{3,}|`{3,})\{([\w-]+)\} *(.*)")
ROLE = re.compile(r"\{(glue:text|numref|cite:t|cite:p|ref|eq)\}`([^`]+)`")
STUB = re.compile(r"```python\n(.*?)\n```", re.DOTALL)


def plain(notebook: NotebookNode, references: Path, quizzes: Path) -> NotebookNode:
    """The chapter as a reader works with it: no outputs, each coding exercise a cell with its stub, solutions folded.

    All cells are marked as the course's text, and those of coding exercises with the exercise's
    name.

    Parameters
    ----------
    notebook
        An executed chapter.
    references
        The BibTeX file.
    quizzes
        The folder of the chapters' questions.

    Raises
    ------
    ValueError
        A directive or role is not known here, or one names what there is not.
    """
    words = Words(_glued(notebook), _captions(notebook), _authors(references), quizzes)
    cells, folded, task = [], None, ""
    for kind, content in _pieces(notebook):
        match kind:
            case "solution-start":
                label, folded, code = content, [], []
            case "solution-end":
                if code:
                    found = CHECKED.search("\n".join(code))
                    start = nbformat.v4.new_code_cell(_start(task, found))
                    cells.append(mark(start, found[1] if found else label))
                cells.append(nbformat.v4.new_markdown_cell(_fold("Solution", "\n\n".join(folded))))
                folded = None
            case "text" if folded is None:
                task = content
                cells.append(nbformat.v4.new_markdown_cell(words.plain(content)))
            case "text":
                folded.append(words.plain(content))
            case "code" if folded is None:
                cells.append(nbformat.v4.new_code_cell(content))
            case "code":
                code.append(content)
                folded.append(f"```python\n{content}\n```")
            case "figure" if folded is None:
                cells.append(
                    nbformat.v4.new_markdown_cell(
                        f"*{words.number(content)}.* {words.plain(words.captions[content])}"
                    )
                )
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
        if MARK not in cell.metadata:
            mark(cell)
    return nbformat.v4.new_notebook(
        cells=cells, metadata={"kernelspec": notebook.metadata["kernelspec"]}
    )


def _pieces(notebook: NotebookNode) -> Iterator[tuple[str, str]]:
    """Text, code, the names of figures below their code, and where solutions start, with their label, and end."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            yield "code", cell.source
            if figure := cell.metadata.get("mystnb", {}).get("figure"):
                yield "figure", figure["name"]
            continue
        rest = cell.source
        while gate := GATE.search(rest):
            before, rest = rest[: gate.start()].strip(), rest[gate.end() :]
            of, what, title = gate[2], gate[3], gate[4]
            if of == "exercise" and what == "start":
                rest = f"**Exercise {title}**\n{rest}"
            if before:
                yield "text", before
            if of == "solution":
                yield f"solution-{what}", title.strip()
        if rest.strip():
            yield "text", rest.strip()


def _start(task: str, found: re.Match | None) -> str:
    """What a coding exercise starts from: its stub with the check below, else the beginning that its text gives."""
    if found:
        name, function = found.groups()
        stub = exercises.stub(name).strip()
        return (
            f"from dropnorm import exercises\n\n\n{stub}\n\n\nexercises.check({name!r}, {function})"
        )
    begun = STUB.findall(task)
    return begun[-1] if begun else "# your code"


def _fold(title: str, text: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"


@dataclass
class Words:
    """Markdown of one chapter, freed of what only the website understands."""

    glued: dict[str, object]
    captions: dict[str, str]
    authors: dict[str, tuple[str, str]]
    quizzes: Path

    def plain(self, text: str) -> str:
        """The text without directives and roles."""
        lines = iter(re.sub(r"^\$\$ \([\w-]+\)$", "$$", text, flags=re.MULTILINE).splitlines())
        return ROLE.sub(self._role, "\n".join(self._lines(lines))).strip()

    def number(self, figure: str) -> str:
        """Its number in the chapter."""
        if figure not in self.captions:
            return f"the figure `{figure}` of another chapter"
        return f"Figure {list(self.captions).index(figure) + 1}"

    def _lines(self, lines: Iterator[str]) -> Iterator[str]:
        for line in lines:
            if not (opening := OPENING.fullmatch(line)):
                yield line
                if fence := re.match(r"`{3,}", line):  # a code block: as it is
                    for inside in lines:
                        yield inside
                        if inside.strip() == fence[0]:
                            break
                continue
            fence, name, title = opening.groups()
            inside = []
            for line in lines:
                if line.strip() == fence:
                    break
                inside.append(line)
            while inside and re.match(r":[\w-]+:", inside[0]):
                inside.pop(0)
            yield from self._directive(name, title, "\n".join(inside).strip()).splitlines()

    def _directive(self, name: str, title: str, text: str) -> str:
        match name:
            case "admonition":
                return "\n".join(
                    f"> {line}".rstrip()
                    for line in f"**{title}**\n\n{self.plain(text)}".splitlines()
                )
            case "exercise":
                return f"**Exercise {title}**\n\n{self.plain(text)}"
            case "solution":
                return _fold("Solution", self.plain(text))
            case "dropdown":
                return _fold(title, self.plain(text))
            case "interactive":
                return f"*On the website a figure moves here.* {self.plain(text)}"
            case "quiz":
                return self.plain(self._quiz(title))
        raise ValueError(f"directive {name!r}: the reader's copy does not know it")

    def _quiz(self, name: str) -> str:
        asked = []
        for number, item in enumerate(
            yaml.safe_load((self.quizzes / f"{name}.yml").read_text(encoding="utf-8")), start=1
        ):
            lettered = list(zip("abcd", item["choices"], strict=False))
            choices = [f"- ({letter}) {choice['answer']}" for letter, choice in lettered]
            right = {True: "**Right.** ", False: ""}
            answers = [
                f"- ({a}) {right[choice.get('right', False)]}{choice['because']}"
                for a, choice in lettered
            ]
            asked += [
                f"**{number}.** {item['question']}",
                "\n".join(choices),
                _fold("Answer", "\n".join(answers)),
            ]
        return "\n\n".join(asked)

    def _role(self, found: re.Match) -> str:
        role, content = found.groups()
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
        unknown = [key for key in content.split(",") if key.strip() not in self.authors]
        if unknown:
            raise ValueError(f"{{{role}}}`{content}`: the bibliography has no {', '.join(unknown)}")
        who = [self.authors[key.strip()] for key in content.split(",")]
        if role == "cite:t":
            return ", ".join(f"{name} ({year})" for name, year in who)
        return f"({'; '.join(f'{name}, {year}' for name, year in who)})"


def _glued(notebook: NotebookNode) -> dict[str, object]:
    values = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            name = output.get("metadata", {}).get("scrapbook", {}).get("name")
            shown = output.get("data", {}).get("application/papermill.record/text/plain")
            if name and shown is not None:
                values[name] = ast.literal_eval(shown)
    return values


def _captions(notebook: NotebookNode) -> dict[str, str]:
    figures = [cell.metadata.get("mystnb", {}).get("figure") for cell in notebook.cells]
    return {figure["name"]: figure["caption"] for figure in figures if figure}


def _authors(references: Path) -> dict[str, tuple[str, str]]:
    """For each key who wrote it, as texts say, and the year."""
    said = {}
    for key, entry in parse_file(references).entries.items():
        names = [
            " ".join(person.prelast_names + person.last_names)
            for person in entry.persons.get("author", [])
        ]
        names = [name.strip("{}") for name in names] or [entry.fields.get("title", key).strip("{}")]
        who = (
            names[0]
            if len(names) == 1
            else f"{names[0]} and {names[1]}"
            if len(names) == 2
            else f"{names[0]} et al."
        )
        said[key] = who, entry.fields.get("year", "no year")
    return said
