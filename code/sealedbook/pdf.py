"""The whole book as a PDF: ``python -m sealedbook.pdf``, after the site is built. Needs an installed Chromium.

Chromium lays the document out; pypdf tells on which page each place landed. Then the numbers are filled in, the document is
printed again, and gets its outline.
"""

import io
from pathlib import Path

from dropnorm import repository
from sealedbook import downloads, print_layout
from tools import screenshots

ROOT = repository.needed_by("sealedbook.pdf")
"""The book's folder."""

WIDTH = 658
"""Of the text on A4 with margins of 18 mm, in CSS pixels."""

FIT = """() => {
    for (const math of document.querySelectorAll("mjx-container[display=true]")) {
        const [wide, there] = [math.firstElementChild.getBoundingClientRect().width, math.parentElement.clientWidth];
        if (wide > there) math.style.fontSize = `${parseFloat(math.style.fontSize || 100) * there / wide * 0.99}%`;
    }
    for (const table of document.querySelectorAll("article table")) {
        const there = table.parentElement.clientWidth;
        for (let size = 100; table.offsetWidth > there + 1 && size > 50; size -= 5) table.style.fontSize = `${size}%`;
    }
}"""
"""What is too wide for the paper is set smaller."""

CLIPPED = """() => [...document.querySelectorAll("article :is(pre, table, img, p, li, div, mjx-container[display=true])")]
    .filter((tag) => tag.getBoundingClientRect().right > innerWidth + 1
        || (tag.scrollWidth > tag.clientWidth + 2 && tag.clientWidth && getComputedStyle(tag).overflowX !== "visible"))
    .map((tag) => `${tag.tagName} ${tag.className} in ${tag.closest("article").id}: ${tag.textContent.slice(0, 80)}`)"""
"""What would be cut off at the edge of the paper or of its own box."""

UNSET = """() => [...document.querySelectorAll(".math, mjx-merror")].map((tag) => tag.textContent.trim())
    .filter((text) => text.startsWith("\\\\(") || text.startsWith("\\\\["))"""
"""Formulas that are still TeX."""

FILL = """(pages) => {
    for (const number of document.querySelectorAll(".page-of")) number.textContent = pages[number.dataset.of] ?? "?";
}"""


def pages(pdf: bytes) -> dict[str, int]:
    """The page, counted from 1, of each place that a link of the document leads to."""
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(pdf))
    found = {name.removeprefix("/"): place for name, place in reader.named_destinations.items()}
    return {name: reader.get_destination_page_number(place) + 1 for name, place in found.items()}


def printed(html: Path) -> bytes:
    """The PDF of the document, with the numbers of its pages filled in.

    Raises
    ------
    RuntimeError
        No Chromium is installed, something would be clipped, maths was not set or a picture is missing.
    """
    from playwright.sync_api import sync_playwright

    if (executable := screenshots.browser()) is None:
        raise RuntimeError(
            "no Chromium found: install one (on Debian: apt-get install chromium) and run this again"
        )
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable)
        page = chromium.new_page(
            viewport={"width": WIDTH, "height": 900}, offline=True, reduced_motion="reduce"
        )
        page.set_default_timeout(300_000)
        page.emulate_media(media="print", color_scheme="light")
        page.goto(html.as_uri())
        page.evaluate(FIT)
        if faults := page.evaluate(CLIPPED):
            raise RuntimeError("clipped on paper:\n" + "\n".join(faults[:20]))
        if faults := page.evaluate(
            "() => [...document.images].filter((one) => !one.naturalWidth).map((one) => one.src)"
        ):
            raise RuntimeError(f"pictures that are missing: {', '.join(faults)}")
        if faults := page.evaluate(UNSET):
            raise RuntimeError(f"maths that was not set: {', '.join(faults[:5])}")
        numbers: dict[str, int] = {}
        for _ in range(4):
            pdf = page.pdf(prefer_css_page_size=True, print_background=True, tagged=False)
            if (landed := pages(pdf)) == numbers:
                return pdf
            numbers = landed
            page.evaluate(FILL, numbers)
        raise RuntimeError("the pages' numbers change with every printing")


def outlined(pdf: bytes, outline: list[tuple[int, str, str]]) -> bytes:
    """The PDF with an outline of parts, chapters and sections, which a reader shows at once."""
    from pypdf import PdfReader, PdfWriter
    from pypdf.generic import Fit

    writer, where = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf))), pages(pdf)
    above: list = [None]
    for level, title, target in outline:
        del above[level + 1 :]
        place = {"page_number": where[target] - 1, "parent": above[level], "fit": Fit.fit()}
        above.append(writer.add_outline_item(title=title, bold=level == 0, **place))
    writer.page_mode = "/UseOutlines"
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def write(site: Path, toc: Path = ROOT / "_toc.yml") -> Path:
    """Write the PDF into the folder of the built site, and show the link to it.

    Raises
    ------
    FileNotFoundError
        The site is not built.
    RuntimeError
        No Chromium is installed, or the document does not print as it should.
    """
    if not (site / "index.html").is_file():
        raise FileNotFoundError(f"{site}: no index.html; build the site first, with make book")
    html, outline = print_layout.document(site, toc)
    beside = site.parent / "paper.html"
    beside.write_text(html, encoding="utf-8")
    path = site / downloads.PDF
    path.write_bytes(outlined(printed(beside), outline))
    downloads.show(site)
    return path


if __name__ == "__main__":
    print(write(ROOT / "_build" / "html"))
