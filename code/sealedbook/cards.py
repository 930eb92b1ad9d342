"""The pictures that other sites show beside a link to a page, drawn from the titles: ``python -m sealedbook.cards``."""

import io
import json
import re
import textwrap
from pathlib import Path

import matplotlib.pyplot as plt
import yaml
from matplotlib.patches import Circle, Rectangle
from PIL import Image, PngImagePlugin

from dropnorm import figures, repository
from sealedbook.metadata import CARDS, card

ROOT = repository.needed_by("sealedbook.cards")
"""The book's folder."""

BOOK = "Dropout and Batch Normalization, put to the test"

BANDS = ("plain", "dropout", "batch norm", "both", "plain")
"""The colour of the first page's card, and of each part's."""


def title(file: Path) -> str:
    """The first heading of a page's source."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".ipynb":
        text = "\n".join(
            "".join(cell["source"])
            for cell in json.loads(text)["cells"]
            if cell["cell_type"] == "markdown"
        )
    return re.search(r"^# (.+)$", text, re.MULTILINE)[1].strip()


def wanted(toc: Path = ROOT / "_toc.yml") -> dict[str, tuple[str, str, str]]:
    """For the file of each card what it shows: the title, the part and its colour."""
    book = yaml.safe_load(toc.read_text(encoding="utf-8"))
    pages = [(book["root"], "A course in three parts", BANDS[0])]
    for part, band in zip(book["parts"], BANDS[1:], strict=True):
        pages += [(chapter["file"], part["caption"], band) for chapter in part["chapters"]]
    return {card(page): (title(source(toc.parent, page)), part, band) for page, part, band in pages}


def source(folder: Path, page: str) -> Path:
    """The file that a page is made from."""
    return next(path for kind in ("ipynb", "md") if (path := folder / f"{page}.{kind}").is_file())


def told(path: Path) -> str:
    """The words on a card that is there, kept in the picture."""
    with Image.open(path) as picture:
        return picture.info.get("Description", "")


def draw(heading: str, part: str, band: str) -> bytes:
    """A card of 1200 × 630 pixels as a PNG."""
    figure = plt.figure(figsize=(12, 6.3), dpi=100, facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, 1200), ylim=(0, 630))
    axes.axis("off")
    axes.add_patch(Rectangle((0, 0), 36, 630, color=figures.COLOURS[band], linewidth=0))
    lines = textwrap.wrap(heading, 24)
    axes.text(100, 540, part, fontsize=26, color="#444444", va="center")
    axes.text(
        100,
        455,
        "\n".join(lines),
        fontsize=50 if len(lines) < 4 else 42,
        weight="bold",
        va="top",
        linespacing=1.2,
    )
    for place, name in enumerate(("plain", "dropout", "batch norm", "both")):
        axes.add_patch(Circle((112 + 44 * place, 76), 14, color=figures.COLOURS[name]))
    if heading != BOOK:
        axes.text(300, 76, BOOK, fontsize=21, color="#444444", va="center")
    png = io.BytesIO()
    figure.savefig(png, format="png", metadata={"Software": None})
    plt.close(figure)
    return png.getvalue()


def write(folder: Path = ROOT / CARDS) -> list[Path]:
    """Draw the cards whose words have changed, and remove those of pages that are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    cards, written = wanted(), []
    for path in folder.glob("*.png"):
        if path.name not in cards:
            path.unlink()
    for name, words in cards.items():
        path = folder / name
        if not path.is_file() or told(path) != "\n".join(words):
            info = PngImagePlugin.PngInfo()
            info.add_text("Description", "\n".join(words))
            with Image.open(io.BytesIO(draw(*words))) as picture:
                picture.convert("RGB").quantize(32).save(path, optimize=True, pnginfo=info)
            written.append(path)
    return written


if __name__ == "__main__":
    for changed in write():
        print(changed)
