"""A Sphinx extension with a role for measured figures on pages that are no notebooks.

``{measured}`ch11-mended-5``` is what the notebook of chapter 11 gives to its prose under this name, with ``glue``; a format
may follow, as in ``{measured}`ch11-repaired:.1f```. The number in the name says which chapter.
"""

import ast
import json
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole

MIME = "application/papermill.record/text/plain"


def chapter(source: Path, name: str) -> Path:
    """The notebook that a name belongs to.

    Raises
    ------
    ValueError
        There is none.
    """
    number = name.partition("-")[0].removeprefix("ch")
    found = sorted(source.glob(f"chapters/*/{number}-*.ipynb")) if number.isdigit() else []
    if len(found) != 1:
        raise ValueError(f"measured {name!r}: expected chNN-… with the number of a chapter")
    return found[0]


def given(notebook: Path, name: str) -> object:
    """What a notebook gives to its prose under a name.

    Raises
    ------
    ValueError
        It does not give this.
    """
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        for output in cell.get("outputs", []):
            if output.get("metadata", {}).get("scrapbook", {}).get("name") == name:
                return ast.literal_eval("".join(output["data"][MIME]))
    raise ValueError(f"measured {name!r}: {notebook.name} gives no figure of this name")


class Measured(SphinxRole):
    """The role."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """The figure as text, or an error that says what is wrong."""
        name, _, form = self.text.partition(":")
        try:
            notebook = chapter(Path(self.env.srcdir), name)
            shown = format(given(notebook, name), form)
        except ValueError as error:
            message = self.inliner.reporter.error(str(error), line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]
        self.env.note_dependency(str(notebook))
        return [nodes.inline("", shown, classes=["measured"])], []


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.add_role("measured", Measured())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
