"""A Sphinx extension for what readers download: the book as a PDF, and the site as a zip.

The directive ``take-away`` says where the links stand; the files are called as the setting
``sealedbook_download_name`` says. They are made after the site is built, by
``python -m sealedbook.pdf`` and ``python -m sealedbook.downloads SITE``, which find their names in
the pages. A link to a file that does not exist is hidden.
"""

import re
import sys
import zipfile
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from sealedbook.pages import PAGES_FINISHED

# the kinds of files, and the words that lead to them
LABELS = {
    ".pdf": "The whole book as a PDF",
    ".zip": "The website as a zip, to read without a network",
}

LINK = '<p class="take-away" hidden><a href="{file}" download>{label}</a></p>'

# such a link in a page, up to its address; the group is the name of the file
LINK_START = re.compile(
    r'<p class="take-away"(?: hidden)?>(?=<a href="[^"]*?([\w-]+\.(?:pdf|zip))")'
)

# files that only a server needs
NOT_PACKED = {
    *("404.html", "robots.txt", "sitemap.xml", ".buildinfo", ".built"),
    *("objects.inv", "searchindex.js"),  # and what nothing loads
}


class TakeAway(SphinxDirective):
    """A hidden link for each kind of file."""

    def run(self) -> list[nodes.Node]:
        """Write the links."""
        up = "../" * self.env.docname.count("/")
        name = self.config.sealedbook_download_name
        links = [
            LINK.format(file=f"{up}{name}{kind}", label=label) for kind, label in LABELS.items()
        ]
        return [nodes.raw("", "\n".join(links), format="html")]


def download(site: Path, kind: str) -> Path:
    """The file of a kind, ".pdf" or ".zip", to which the pages of a built site link.

    Raises
    ------
    FileNotFoundError
        The site is not built.
    ValueError
        No page has the directive ``take-away``.
    """
    if not (site / "index.html").is_file():
        raise FileNotFoundError(f"{site}: no index.html; build the site first, with make book")
    for path in sorted(site.rglob("*.html")):
        for file in LINK_START.findall(path.read_text(encoding="utf-8")):
            if file.endswith(kind):
                return site / file
    raise ValueError(f"{site}: no page links to a {kind} file: use the directive take-away")


def with_links(page: str, existing: set[str]) -> str:
    """A page that shows its links to existing files, and no others."""

    def start(match: re.Match[str]) -> str:
        return f'<p class="take-away"{"" if match[1] in existing else " hidden"}>'

    return LINK_START.sub(start, page)


def show_links(site: Path) -> None:
    """Show the links to files that are in the folder of a built site, and hide the others."""
    existing = _downloads(site)
    for path in site.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        if (changed := with_links(page, existing)) != page:
            path.write_text(changed, encoding="utf-8")


def _downloads(site: Path) -> set[str]:
    return {path.name for path in site.iterdir() if path.suffix in LABELS}


def pack(site: Path) -> Path:
    """Write the site as a zip into its own folder: unpacked, it opens without a server.

    Raises
    ------
    FileNotFoundError
        The site is not built.
    ValueError
        No page has the directive ``take-away``.
    """
    target = download(site, ".zip")
    existing = _downloads(site) - {target.name}
    unpacked = NOT_PACKED | {target.name}
    files = [path for path in site.rglob("*") if path.is_file() and path.name not in unpacked]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(files):
            name = f"{target.stem}/{path.relative_to(site).as_posix()}"
            if path.suffix == ".html":
                packed.writestr(name, with_links(path.read_text(encoding="utf-8"), existing))
            else:
                packed.write(path, name)
    show_links(site)
    return target


def _show_links(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.name == "html":
        show_links(Path(app.outdir))


def setup(app: Sphinx) -> dict[str, bool]:
    """Offer the directive; called by Sphinx."""
    app.add_config_value("sealedbook_download_name", "book", "env", types=frozenset({str}))
    app.add_directive("take-away", TakeAway)
    app.connect("build-finished", _show_links, priority=PAGES_FINISHED)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


if __name__ == "__main__":
    print(pack(Path(sys.argv[1])))
