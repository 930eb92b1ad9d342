"""The still pictures of the interactive figures, taken from the figures themselves in a browser without a window."""

import hashlib
import io
import shutil
import tempfile
from pathlib import Path

from PIL import Image, PngImagePlugin

from dropnorm.site import interactive

STATIC = Path(__file__).parents[3] / "_static"
"""The book's static files."""

BEFORE = {"dropout": ["Run 200 passes"], "batch-norm": ["20 batches"], "backward": ["Step ▸"] * 9}
"""The buttons pressed before the picture is taken, so that it shows more than the start."""

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def browser() -> str | None:
    """Path of an installed Chromium, or None. No browser is ever downloaded."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def still(name: str) -> Path:
    """Where the picture of a figure is."""
    return STATIC / interactive.FOLDER / f"{name}.png"


def scripts(name: str) -> list[Path]:
    """What a page with the figure loads, in this order."""
    return [STATIC / interactive.FOLDER / f"{script}.js" for script in (*interactive.SHARED, name)]


def checksum(name: str) -> str:
    """Hash of the scripts, stored in the picture: a test tells by it whether the picture is of this figure."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in scripts(name))).hexdigest()


def bare_page(name: str) -> str:
    """A page with the figure and nothing else, outside the book."""
    styles = [STATIC / "style.css", STATIC / interactive.STYLE]
    links = "".join(f'<link rel="stylesheet" href="{path.as_uri()}">' for path in styles)
    loaded = "".join(f'<script defer src="{path.as_uri()}"></script>' for path in scripts(name))
    theme = "document.documentElement.dataset.theme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'"
    return f"""<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8"><title>{name}</title>
<meta name="viewport" content="width=device-width">{links}{loaded}
<script>{theme}</script>
<style>body {{ margin: 16px; font: 16px/1.65 var(--pst-font-family-base); background: var(--pst-color-background) }}
figure {{ margin: 0 auto; max-width: 760px }}
html[data-theme="dark"] {{ --pst-color-background: #14181e }}</style></head>
<body><main>
<figure class="interactive interactive-{name}"><img alt="still picture" src="{still(name).as_uri()}"></figure></main>
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
    from playwright.sync_api import sync_playwright

    if name not in interactive.names(STATIC):
        raise ValueError(f"name={name!r}: expected one of {', '.join(interactive.names(STATIC))}")
    if (executable := browser()) is None:
        raise RuntimeError("no Chromium found: install one (on Debian: apt-get install chromium) and run this again")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "page.html"
        path.write_text(bare_page(name), encoding="utf-8")
        chromium = playwright.chromium.launch(executable_path=executable)
        page = chromium.new_page(viewport={"width": 792, "height": 900}, device_scale_factor=1.6, reduced_motion="reduce")
        page.goto(path.as_uri())
        for button in BEFORE.get(name, []):
            page.get_by_role("button", name=button, exact=True).click()
        page.evaluate("document.querySelector('.if-live').classList.add('if-still')")
        png = page.locator(".if-live").screenshot()
        chromium.close()
    text = PngImagePlugin.PngInfo()
    text.add_text("Description", checksum(name))
    picture = Image.open(io.BytesIO(png)).convert("RGB").quantize(32, dither=Image.Dither.NONE)
    picture.save(still(name), optimize=True, pnginfo=text)
    return still(name)
