"""A Sphinx extension for commands that begin with getting the book's files.

The directive ``in-a-clone`` is a block of shell commands. Where the repository has an address, two
lines before them fetch it and go there, and can be pasted as they stand; else a comment says where
to be.
"""

from pathlib import PurePosixPath
from urllib.parse import urlsplit

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


def beginning(repository: str) -> str:
    """The lines before the commands, for the address of a repository or "".

    Examples
    --------
    >>> print(beginning("https://example.org/someone/book.git"))
    git clone https://example.org/someone/book.git
    cd book
    """
    if not repository:
        return "# in the folder with these files"
    folder = PurePosixPath(urlsplit(repository).path).name.removesuffix(".git")
    return f"git clone {repository}\ncd {folder}"


class InAClone(SphinxDirective):
    """The directive."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """A block of shell commands."""
        repository = self.config.html_theme_options.get("repository_url", "")
        commands = "\n".join([beginning(repository), *self.content])
        return [nodes.literal_block(commands, commands, language="bash")]


def setup(app: Sphinx) -> dict[str, bool]:
    """Offer the directive; called by Sphinx."""
    app.add_directive("in-a-clone", InAClone)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
