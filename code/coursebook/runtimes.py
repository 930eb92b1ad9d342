"""A Sphinx extension for the table of all notebooks: how long each runs, and how much of it is compared.

In a page: the directive ``runtimes`` with the file that ``python -m bench.runtimes`` writes. The rows are the notebooks of
the book, in the order of their names; one that was not measured yet has a dash.
"""

import json
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

HEAD = ("notebook", "seconds", "cells", "compared")

NOT_COMPARED = "nbval-ignore-output"
"""The tag of a cell that is run but not compared."""


def cells(path: Path) -> tuple[int, int]:
    """How many code cells a notebook has, and how many have an output that is compared."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    compared = [
        cell
        for cell in code
        if cell["outputs"] and NOT_COMPARED not in cell["metadata"].get("tags", [])
    ]
    return len(code), len(compared)


class Runtimes(SphinxDirective):
    """The directive."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The table and what it was measured on, or an error that names the file."""
        file, path = self.env.relfn2path(self.arguments[0])
        self.env.note_dependency(path)
        try:
            measured = json.loads(Path(path).read_text(encoding="utf-8"))
            machine, seconds = measured["machine"], measured["seconds"]
        except (OSError, ValueError, KeyError) as error:
            raise self.error(
                f"{file}: expected what `python -m bench.runtimes` writes: {error!r}"
            ) from None
        source = Path(self.env.srcdir)
        body = nodes.tbody()
        for notebook in sorted(source.glob("chapters/*/*.ipynb"), key=lambda path: path.name):
            self.env.note_dependency(str(notebook))
            page = notebook.relative_to(source).with_suffix("").as_posix()
            if page in self.env.found_docs:
                body += row(link(page, self.env.docname), seconds.get(page, "–"), *cells(notebook))
        widths = [nodes.colspec(colwidth=width) for width in (55, 15, 15, 15)]
        group = nodes.tgroup("", *widths, nodes.thead("", row(*HEAD)), body, cols=len(HEAD))
        return [nodes.table("", group), *told(machine, seconds)]


def row(*values: object) -> nodes.row:
    """Of nodes, or of what is shown as text."""
    shown = [value if isinstance(value, nodes.Node) else nodes.Text(str(value)) for value in values]
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", value)) for value in shown))


def link(page: str, here: str) -> nodes.Node:
    """To a page, with its title."""
    target = {"refdomain": "std", "reftype": "doc", "reftarget": f"/{page}", "refdoc": here}
    return addnodes.pending_xref(
        "", nodes.inline("", page), refexplicit=False, refwarn=True, **target
    )


def told(machine: dict, seconds: dict[str, float]) -> list[nodes.Node]:
    """Where it was measured, and how long all takes."""
    if not seconds:
        return []
    where = f"{machine['cpu']}, {machine['cores']} cores, {machine['system']}, Python {machine['python']}"
    words = f"All of them together: {sum(seconds.values()) / 60:.1f} minutes, one after the other, on {where}."
    return [nodes.paragraph("", words)]


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.add_directive("runtimes", Runtimes)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
