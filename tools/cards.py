"""The pictures that other sites show beside a link to a page: ``python -m tools.cards``.

They are drawn from the titles. See ``sealedbook.metadata`` for where they are named.
"""

import io
import json
import re
import textwrap
from pathlib import Path
from typing import NamedTuple

import matplotlib.pyplot as plt
import yaml
from matplotlib.patches import Circle, Rectangle
from PIL import Image, PngImagePlugin

from dropnorm import figures
from sealedbook.metadata import CARD_SIZE, CARDS, card_name

ROOT = Path(__file__).parents[1]
BOOK = "Dropout and Batch Normalization, put to the test"
NETWORKS = ("plain", "dropout", "batch norm", "both")

# in whose colour is the first page's card, and the cards of each part
BANDS = ("plain", "dropout", "batch norm", "both", "plain")


class Card(NamedTuple):
    """What a card shows."""

    title: str
    part: str
    band: str  # the network in whose colour it is

    @property
    def description(self) -> str:
        """The words that are stored in the picture, to tell whether it is up to date."""
        return "\n".join(self)


def all_cards(toc: Path = ROOT / "_toc.yml") -> dict[str, Card]:
    """The card of each page, by its file name."""
    book = yaml.safe_load(toc.read_text(encoding="utf-8"))
    pages = [(book["root"], "A course in three parts", BANDS[0])]
    for part, band in zip(book["parts"], BANDS[1:], strict=True):
        pages += [(chapter["file"], part["caption"], band) for chapter in part["chapters"]]
    return {
        card_name(page): Card(first_heading(source(toc.parent, page)), part, band)
        for page, part, band in pages
    }


def source(folder: Path, page: str) -> Path:
    """The file that a page is made from."""
    paths = [folder / f"{page}.{kind}" for kind in ("ipynb", "md")]
    return next(path for path in paths if path.is_file())


def first_heading(file: Path) -> str:
    """The title of a page."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".ipynb":
        cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "markdown"]
        text = "\n".join("".join(cell["source"]) for cell in cells)
    return re.search(r"^# (.+)$", text, re.MULTILINE)[1].strip()


def description(path: Path) -> str:
    """The words on a card, as its picture has them stored."""
    with Image.open(path) as picture:
        return picture.info.get("Description", "")


def draw(card: Card) -> bytes:
    """A card as a PNG."""
    width, height = CARD_SIZE
    figure = plt.figure(figsize=(width / 100, height / 100), dpi=100, facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(0, height))
    axes.axis("off")
    axes.add_patch(Rectangle((0, 0), 36, height, color=figures.COLOURS[card.band], linewidth=0))
    axes.text(100, 540, card.part, fontsize=26, color="#444444", va="center")
    lines = textwrap.wrap(card.title, 24)
    size = 50 if len(lines) < 4 else 42
    title = "\n".join(lines)
    axes.text(100, 455, title, fontsize=size, weight="bold", va="top", linespacing=1.2)
    for place, network in enumerate(NETWORKS):
        axes.add_patch(Circle((112 + 44 * place, 76), 14, color=figures.COLOURS[network]))
    if card.title != BOOK:
        axes.text(300, 76, BOOK, fontsize=21, color="#444444", va="center")
    png = io.BytesIO()
    figure.savefig(png, format="png", metadata={"Software": None})
    plt.close(figure)
    return png.getvalue()


def write(folder: Path = ROOT / CARDS) -> list[Path]:
    """Draw the cards whose words have changed, and remove those of pages that are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    cards, written = all_cards(), []
    for path in folder.glob("*.png"):
        if path.name not in cards:
            path.unlink()
    for name, card in cards.items():
        path = folder / name
        if not path.is_file() or description(path) != card.description:
            info = PngImagePlugin.PngInfo()
            info.add_text("Description", card.description)
            with Image.open(io.BytesIO(draw(card))) as picture:
                picture.convert("RGB").quantize(32).save(path, optimize=True, pnginfo=info)
            written.append(path)
    return written


if __name__ == "__main__":
    for path in write():
        print(path)
