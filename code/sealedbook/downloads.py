"""A Sphinx extension for what readers take away: the notebook of each page, the whole book as a PDF, the site as a zip.

The directive ``take-away`` says where the PDF and the zip are. They are made after the site is built, by ``make pdf`` and
``make zip``; what is not there is not shown.
"""

import re
import zipfile
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from dropnorm import repository
from sealedbook import pages
from sealedbook.pages import Page, of_class

NAME = "dropout-and-batch-normalization"

PDF = f"{NAME}.pdf"

ZIP = f"{NAME}.zip"

FILES = {PDF: "The whole book as a PDF", ZIP: "The website as a zip, to read without a network"}
"""The files in the site's folder, and the words that lead to them."""

LINE = re.compile(r'<p class="take-away"(?: hidden)?>(?=<a href="[^"]*?([\w-]+\.(?:pdf|zip))")')

NOT_PACKED = {ZIP, "404.html", "robots.txt", "sitemap.xml", ".buildinfo", "objects.inv"}
"""What only a server needs."""


class TakeAway(SphinxDirective):
    """The directive."""

    def run(self) -> list[nodes.Node]:
        """A hidden line for each file."""
        up = "../" * self.env.docname.count("/")
        line = '<p class="take-away" hidden><a href="{}" download>{}</a></p>'
        return [
            nodes.raw(
                "",
                "\n".join(line.format(up + file, words) for file, words in FILES.items()),
                format="html",
            )
        ]


def shown(page: str, there: set[str]) -> str:
    """A page with links to the files that are there, and to no others."""
    return LINE.sub(
        lambda found: f'<p class="take-away"{"" if found[1] in there else " hidden"}>', page
    )


def show(site: Path) -> None:
    """Show the links to what there is in the folder of a built site."""
    for path in site.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        if (now := shown(page, {file for file in FILES if (site / file).is_file()})) != page:
            path.write_text(now, encoding="utf-8")


def pack(site: Path) -> Path:
    """Write the site as a zip into its own folder: unpacked, it opens without a server.

    Raises
    ------
    FileNotFoundError
        The site is not built.
    """
    if not (site / "index.html").is_file():
        raise FileNotFoundError(f"{site}: no index.html; build the site first, with make book")
    there = {file for file in FILES if (site / file).is_file()} - {ZIP}
    with zipfile.ZipFile(site / ZIP, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(
            path for path in site.rglob("*") if path.is_file() and path.name not in NOT_PACKED
        ):
            name = f"{NAME}/{path.relative_to(site).as_posix()}"
            if path.suffix == ".html":
                packed.writestr(name, shown(path.read_text(encoding="utf-8"), there))
            else:
                packed.write(path, name)
    show(site)
    return site / ZIP


def _offer(app: Sphinx, site: list[Page]) -> None:
    """The theme's link to a page's source opens a tab: for a notebook that shows a page of JSON."""
    for page in site:
        for link in page.tree.xpath(of_class("btn-download-source-button")):
            link.set("download", "")
            link.attrib.pop("target", None)


def _finish(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.name == "html":
        show(Path(app.outdir))


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.add_directive("take-away", TakeAway)
    pages.finish(app, _offer, priority=650)
    app.connect("build-finished", _finish, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


if __name__ == "__main__":
    print(pack(repository.needed_by("sealedbook.downloads") / "_build" / "html"))
