"""The still pictures of the figures that move: ``python -m tools.screenshots [NAME …]``.

They are taken from the figures themselves, in a browser without a window; without a name, all that
are not of their present scripts.
"""

import argparse
import hashlib
import io
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, PngImagePlugin

from coursebook import moving_figures, static_files
from explorer import data, directive
from sealedbook import chromium

ROOT = Path(__file__).parents[1]
FIGURES = ROOT / "chapters" / "interactive"

# the buttons pressed before the picture is taken, so that it shows more than the start
PRESSED = {"dropout": ["Run 200 passes"], "batch-norm": ["20 batches"], "backward": ["Step ▸"] * 9}

# with fewer colours, the explorer's blue and green become one
COLOURS, EXPLORER_COLOURS = 32, 128

# where the files lie that the website has in a folder below ``_static``
SOURCES = {
    "": ROOT / "_static",
    f"{static_files.FOLDER}/": static_files.STATIC,
    f"{moving_figures.FOLDER}/": FIGURES,
    f"{directive.FOLDER}/": directive.STATIC,
}


def source(address: str) -> Path:
    """Where the file lies that the website has at an address below ``_static``."""
    folder, slash, name = address.rpartition("/")
    return SOURCES[folder + slash] / name


def site_files() -> dict[str, Path]:
    """All our scripts and styles, by their address below ``_static``."""
    files = {f"{at}{path.name}": path for at in SOURCES for path in SOURCES[at].iterdir()}
    return {address: path for address, path in files.items() if path.suffix in (".css", ".js")}


def still(name: str) -> Path:
    """Where the picture of a figure is."""
    return directive.PICTURE if name == "explorer" else FIGURES / f"{name}.png"


def scripts(name: str) -> list[Path]:
    """What a page with the figure loads, in this order."""
    return [source(moving_figures.FRAME), *moving_figures.scripts(FIGURES, [name])]


def checksum(name: str) -> str:
    """Hash of what a picture shows, stored in it: a test tells by it whether it is of this figure.

    Of the explorer: of its scripts and of the runs in the study that it opens with.
    """
    if name != "explorer":
        return hashlib.sha256(b"".join(path.read_bytes() for path in scripts(name))).hexdigest()
    own = [path.read_bytes() for path in map(source, directive.SCRIPTS) if path.is_file()]
    everything = data.collect()
    study = everything["studies"]["together"]
    columns = [*everything["runs"].values(), *everything["curves"].values()]
    points = [
        [*where, [[column[run] for column in columns] for run in places]]
        for *where, places in study["points"]
    ]
    content = json.dumps([points, study["arms"], study["factors"]])
    return hashlib.sha256(b"".join(own) + content.encode()).hexdigest()


def bare_page(name: str) -> str:
    """A page with the figure and nothing else, outside the book."""
    return _bare_page(name, [source(moving_figures.STYLE)], scripts(name))


def bare_explorer(folder: Path) -> str:
    """The same of the explorer, whose data are written to the folder."""
    directive.write_data(folder)
    loaded = [
        path if (path := source(script)).is_file() else folder / script
        for script in directive.SCRIPTS
    ]
    return _bare_page("explorer", list(map(source, directive.STYLES)), loaded)


def _bare_page(name: str, styles: list[Path], scripts: list[Path]) -> str:
    links = "".join(
        f'<link rel="stylesheet" href="{path.as_uri()}">' for path in [source("style.css"), *styles]
    )
    loaded = "".join(f'<script defer src="{path.as_uri()}"></script>' for path in scripts)
    return f"""<!doctype html>
<html lang="en" data-theme="light"><head><meta charset="utf-8"><title>{name}</title>
<meta name="viewport" content="width=device-width">{links}{loaded}
<script>
const dark = matchMedia("(prefers-color-scheme: dark)").matches;
document.documentElement.dataset.theme = dark ? "dark" : "light";
</script>
<style>
body {{ margin: 16px; font: 16px/1.65 var(--pst-font-family-base) }}
body {{ background: var(--pst-color-background) }}
figure {{ margin: 0 auto; max-width: 760px }}
html[data-theme="dark"] {{ --pst-color-background: #14181e }}
</style></head>
<body><main>
<figure class="interactive interactive-{name}">
<img alt="still picture" src="{still(name).as_uri()}"></figure>
</main></body></html>"""


def names() -> list[str]:
    """Every figure that moves."""
    return [*moving_figures.names(FIGURES), "explorer"]


def write(name: str) -> Path:
    """Take the picture of a figure anew: its drawings and numbers, without the controls.

    Raises
    ------
    ValueError
        There is no figure of this name.
    RuntimeError
        No Chromium is installed.
    """
    # a new figure has a script, and no picture yet
    if name not in names() and not (FIGURES / f"{name}.js").is_file():
        raise ValueError(f"name={name!r}: expected one of {', '.join(names())}")
    with tempfile.TemporaryDirectory() as folder:
        if name == "explorer":
            png = _photograph(bare_explorer(Path(folder)), Path(folder), ".ex-chart svg")
        else:
            png = _photograph(bare_page(name), Path(folder), ".if-live", PRESSED.get(name, []))
    colours = EXPLORER_COLOURS if name == "explorer" else COLOURS
    _save(png, still(name), checksum(name), colours)
    return still(name)


def _photograph(html: str, folder: Path, awaited: str, buttons: Sequence[str] = ()) -> bytes:
    from playwright.sync_api import sync_playwright

    if (executable := chromium.executable()) is None:
        raise RuntimeError(chromium.MISSING)
    path = folder / "page.html"
    path.write_text(html, encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable)
        page = browser.new_page(
            viewport={"width": 792, "height": 900}, device_scale_factor=1.6, reduced_motion="reduce"
        )
        page.goto(path.as_uri())
        page.locator(".if-live").scroll_into_view_if_needed()
        page.locator(awaited).wait_for()
        for button in buttons:
            page.get_by_role("button", name=button, exact=True).click()
        page.evaluate("document.querySelector('.if-live').classList.add('if-still')")
        png = page.locator(".if-live").screenshot()
        browser.close()
    return png


def _save(png: bytes, path: Path, description: str, colours: int) -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("Description", description)
    picture = Image.open(io.BytesIO(png)).convert("RGB").quantize(colours, dither=Image.Dither.NONE)
    picture.save(path, optimize=True, pnginfo=text)


def is_current(name: str) -> bool:
    """Is the stored picture of the present scripts, and of the stored runs?"""
    with Image.open(still(name)) as picture:
        return picture.info.get("Description") == checksum(name)


def main() -> None:
    """Take the pictures that are named, or those that are not current."""
    parser = argparse.ArgumentParser(prog="python -m tools.screenshots", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="; ".join(names()))
    chosen = parser.parse_args().names or [name for name in names() if not is_current(name)]
    for name in chosen:
        print(write(name))


if __name__ == "__main__":
    main()
