"""The whole book as a PDF: ``python -m sealedbook.pdf SITE TOC``, after the site is built.

Needs an installed Chromium. It lays the document out; pypdf tells on which page each place landed.
Then the numbers are filled in, the document is printed again, and gets its outline.
"""

import io
import sys
from pathlib import Path
from typing import Any

from sealedbook import chromium, downloads, print_layout

# of the text on A4 with margins of 18 mm, in CSS pixels
WIDTH = 658

# sets smaller what is too wide for the paper
FIT = """() => {
    for (const math of document.querySelectorAll("mjx-container[display=true]")) {
        const width = math.firstElementChild.getBoundingClientRect().width;
        const room = math.parentElement.clientWidth;
        const size = parseFloat(math.style.fontSize || 100);
        if (width > room) math.style.fontSize = `${size * room / width * 0.99}%`;
    }
    for (const table of document.querySelectorAll("article table")) {
        const room = table.parentElement.clientWidth + 1;
        for (let size = 100; table.offsetWidth > room && size > 50; size -= 5)
            table.style.fontSize = `${size}%`;
    }
}"""

# lists what would be cut off at the edge of the paper or of its own box
CLIPPED = """() => {
    const boxes = "pre, table, img, p, li, div, mjx-container[display=true]";
    const beyondPaper = (tag) => tag.getBoundingClientRect().right > innerWidth + 1;
    const beyondBox = (tag) => tag.clientWidth && tag.scrollWidth > tag.clientWidth + 2
        && getComputedStyle(tag).overflowX !== "visible";
    const place = (tag) => `in ${tag.closest("article").id}: ${tag.textContent.slice(0, 80)}`;
    return [...document.querySelectorAll(`article :is(${boxes})`)]
        .filter((tag) => beyondPaper(tag) || beyondBox(tag))
        .map((tag) => `${tag.tagName} ${tag.className} ${place(tag)}`);
}"""

# lists the pictures that were not loaded
MISSING_PICTURES = """() =>
    [...document.images].filter((image) => !image.naturalWidth).map((image) => image.src)"""

# lists the formulas that are still TeX
UNSET_FORMULAS = """() =>
    [...document.querySelectorAll(".math, mjx-merror")].map((tag) => tag.textContent.trim())
        .filter((text) => text.startsWith("\\\\(") || text.startsWith("\\\\["))"""

CHECKS = {
    "clipped on paper": CLIPPED,
    "pictures that are missing": MISSING_PICTURES,
    "formulas that were not set": UNSET_FORMULAS,
}

# fills in the numbers of pages
FILL = """(pages) => {
    for (const number of document.querySelectorAll(".page-of"))
        number.textContent = pages[number.dataset.of] ?? "?";
}"""


def page_numbers(pdf: bytes) -> dict[str, int]:
    """The page, counted from 1, of each place that a link of the document leads to."""
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(pdf))
    places = reader.named_destinations.items()
    landed = {name: reader.get_destination_page_number(place) for name, place in places}
    return {name.removeprefix("/"): page + 1 for name, page in landed.items() if page is not None}


def printed(html: Path) -> bytes:
    """The PDF of the document, with the numbers of its pages filled in.

    Raises
    ------
    RuntimeError
        No Chromium is installed, something would be clipped, a formula was not set or a picture
        is missing.
    """
    from playwright.sync_api import sync_playwright

    if (executable := chromium.executable()) is None:
        raise RuntimeError(chromium.MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable)
        page = browser.new_page(
            viewport={"width": WIDTH, "height": 900}, offline=True, reduced_motion="reduce"
        )
        page.set_default_timeout(300_000)
        page.emulate_media(media="print", color_scheme="light")
        page.goto(html.resolve().as_uri())
        page.evaluate(FIT)
        for fault, check in CHECKS.items():
            if places := page.evaluate(check):
                raise RuntimeError(f"{fault}:\n" + "\n".join(places[:20]))
        return _numbered(page)


def _numbered(page: Any) -> bytes:
    """Print until the numbers on the paper are those of the pages (of a Playwright page)."""
    numbers: dict[str, int] = {}
    for _ in range(4):
        pdf: bytes = page.pdf(prefer_css_page_size=True, print_background=True, tagged=False)
        if (landed := page_numbers(pdf)) == numbers:
            return pdf
        numbers = landed
        page.evaluate(FILL, numbers)
    raise RuntimeError("the pages' numbers change with every printing")


def outlined(pdf: bytes, outline: list[print_layout.Entry]) -> bytes:
    """The PDF with an outline of parts, chapters and sections, which a reader shows at once."""
    from pypdf import PdfReader, PdfWriter
    from pypdf.generic import Fit

    writer, numbers = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf))), page_numbers(pdf)
    ancestors: list[Any] = [None]  # the last item of each level, below the root
    for level, title, address in outline:
        del ancestors[level + 1 :]
        item = writer.add_outline_item(
            title=title,
            page_number=numbers[address] - 1,
            parent=ancestors[level],
            bold=level == 0,
            fit=Fit.fit(),
        )
        ancestors.append(item)
    writer.page_mode = "/UseOutlines"
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def write(site: Path, toc: Path) -> Path:
    """Write the PDF into the folder of the built site, and show the links to it.

    Parameters
    ----------
    site
        The folder of the built site.
    toc
        The book's ``_toc.yml``.

    Raises
    ------
    FileNotFoundError
        The site is not built.
    ValueError
        No page has the directive ``take-away``, which gives the file its name.
    RuntimeError
        No Chromium is installed, or the document does not print as it should.
    """
    path = downloads.download(site, ".pdf")
    html, outline = print_layout.document(site, toc)
    source = site.parent / "paper.html"
    source.write_text(html, encoding="utf-8")
    path.write_bytes(outlined(printed(source), outline))
    downloads.show_links(site)
    return path


if __name__ == "__main__":
    print(write(Path(sys.argv[1]), Path(sys.argv[2])))
