"""The still pictures of the interactive figures, taken from the figures themselves in a browser without a window."""

import hashlib
import io
import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, PngImagePlugin

from coursebook import moving_figures
from dropnorm import repository
from explorer import directive, runs

STATIC = repository.needed_by("tools.screenshots") / "_static"
"""The book's static files."""

BEFORE = {"dropout": ["Run 200 passes"], "batch-norm": ["20 batches"], "backward": ["Step ▸"] * 9}
"""The buttons pressed before the picture is taken, so that it shows more than the start."""

EXPLORER = STATIC / directive.FOLDER / "explorer.png"
"""The picture of the results explorer as it opens, with the study ``together``."""

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def browser() -> str | None:
    """Path of an installed Chromium, or None. No browser is ever downloaded."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def still(name: str) -> Path:
    """Where the picture of a figure is."""
    return STATIC / moving_figures.FOLDER / f"{name}.png"


def scripts(name: str) -> list[Path]:
    """What a page with the figure loads, in this order."""
    return [STATIC / moving_figures.FOLDER / f"{script}.js" for script in (*moving_figures.SHARED, name)]


def checksum(name: str) -> str:
    """Hash of the scripts, stored in the picture: a test tells by it whether the picture is of this figure."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in scripts(name))).hexdigest()


def explorer_checksum() -> str:
    """The same of the explorer: of its scripts and of the runs that its picture shows."""
    data = runs.collect()
    study = data["studies"]["together"]
    points = [[*where, [data["runs"][run] for run in places]] for *where, places in study["points"]]
    shown = json.dumps([points, study["arms"], study["factors"]])
    return hashlib.sha256(
        b"".join((STATIC / script).read_bytes() for script in directive.OURS) + shown.encode()
    ).hexdigest()


def bare_page(name: str) -> str:
    """A page with the figure and nothing else, outside the book."""
    return _bare_page(name, [STATIC / moving_figures.STYLE], scripts(name), still(name))


def bare_explorer(folder: Path) -> str:
    """The same of the explorer, whose data and Vega-Lite are written to the folder."""
    directive.write_scripts(folder)
    loaded = [
        (STATIC if script in directive.OURS else folder) / script for script in directive.SCRIPTS
    ]
    return _bare_page("explorer", [STATIC / style for style in directive.STYLES], loaded, EXPLORER)


def _bare_page(name: str, styles: list[Path], scripts: list[Path], picture: Path) -> str:
    links = "".join(
        f'<link rel="stylesheet" href="{path.as_uri()}">'
        for path in [STATIC / "style.css", *styles]
    )
    loaded = "".join(f'<script defer src="{path.as_uri()}"></script>' for path in scripts)
    theme = "document.documentElement.dataset.theme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'"
    return f"""<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8"><title>{name}</title>
<meta name="viewport" content="width=device-width">{links}{loaded}
<script>{theme}</script>
<style>body {{ margin: 16px; font: 16px/1.65 var(--pst-font-family-base); background: var(--pst-color-background) }}
figure {{ margin: 0 auto; max-width: 760px }}
html[data-theme="dark"] {{ --pst-color-background: #14181e }}</style></head>
<body><main>
<figure class="interactive interactive-{name}"><img alt="still picture" src="{picture.as_uri()}"></figure></main>
</body></html>"""


def write(name: str) -> Path:
    """Take the picture of a figure anew: its drawings and numbers, without the controls.

    Raises
    ------
    ValueError
        There is no figure of this name.
    RuntimeError
        No Chromium is installed.
    """
    if name not in moving_figures.names(STATIC):
        raise ValueError(f"name={name!r}: expected one of {', '.join(moving_figures.names(STATIC))}")
    with tempfile.TemporaryDirectory() as folder:
        png = _photograph(bare_page(name), Path(folder), ".if-live", BEFORE.get(name, []))
    _save(png, still(name), checksum(name), colours=32)
    return still(name)


def write_explorer() -> Path:
    """Take the picture of the results explorer anew.

    Raises
    ------
    RuntimeError
        No Chromium is installed.
    """
    with tempfile.TemporaryDirectory() as folder:
        png = _photograph(bare_explorer(Path(folder)), Path(folder), ".ex-chart svg")
    _save(png, EXPLORER, explorer_checksum(), colours=128)  # with fewer, blue and green become one
    return EXPLORER


def _photograph(html: str, folder: Path, awaited: str, buttons: Sequence[str] = ()) -> bytes:
    from playwright.sync_api import sync_playwright

    if (executable := browser()) is None:
        raise RuntimeError(
            "no Chromium found: install one (on Debian: apt-get install chromium) and run this again"
        )
    path = folder / "page.html"
    path.write_text(html, encoding="utf-8")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable)
        page = chromium.new_page(
            viewport={"width": 792, "height": 900}, device_scale_factor=1.6, reduced_motion="reduce"
        )
        page.goto(path.as_uri())
        page.locator(".if-live").scroll_into_view_if_needed()
        page.locator(awaited).wait_for()
        for button in buttons:
            page.get_by_role("button", name=button, exact=True).click()
        page.evaluate("document.querySelector('.if-live').classList.add('if-still')")
        png = page.locator(".if-live").screenshot()
        chromium.close()
    return png


def _save(png: bytes, path: Path, description: str, colours: int) -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("Description", description)
    picture = Image.open(io.BytesIO(png)).convert("RGB").quantize(colours, dither=Image.Dither.NONE)
    picture.save(path, optimize=True, pnginfo=text)
