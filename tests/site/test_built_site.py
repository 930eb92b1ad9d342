"""The site as built: whole, and sealed against every other host."""

import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from PIL import Image

from dropnorm.site import picture

ROOT = Path(__file__).parents[2]
LOADING = {("script", "src"), ("link", "href"), ("img", "src"), ("iframe", "src"), ("source", "src"), ("object", "data")}
HOST = re.compile(r"^(?:[a-z]+:)?//", re.IGNORECASE)


class Page(HTMLParser):
    """What a page loads, its scripts, and its ids and links."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.scripts: list[str] = []
        self.headings: list[str] = []
        self._in = ""
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self._in = tag
        values = dict(attributes)
        if tag == "link" and values.get("rel") == "canonical":
            return
        self.loads += [values[name] or "" for kind, name in LOADING if kind == tag and name in values]

    def handle_endtag(self, tag):
        self._in = ""

    def handle_data(self, text):
        if self._in == "script":
            self.scripts.append(text)


def foreign(html: str) -> list[str]:
    """What a page would ask another host for."""
    page = Page(html)
    addresses = [address for address in page.loads if HOST.match(address)]
    return addresses + [match for script in page.scripts for match in re.findall(r"https?://[^\s\"']+", script)]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The book, built like `make book` but beside it."""
    target = tmp_path_factory.mktemp("book")
    command = ["build", ".", "-W", "-n", "--keep-going", "--quiet", "--path-output", str(target)]
    jupyter_book = shutil.which("jupyter-book", path=str(Path(sys.executable).parent))
    done = subprocess.run([jupyter_book, *command], cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return target / "_build" / "html"


def test_every_page_is_there_and_has_its_text(site):
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    files = [toc["root"], *(chapter["file"] for part in toc["parts"] for chapter in part["chapters"])]
    for file in files:
        assert "<h1>" in (site / f"{file}.html").read_text(encoding="utf-8"), file


def test_no_page_asks_another_host_for_anything(site):
    pages = list(site.rglob("*.html"))
    assert len(pages) > 5
    assert {str(path.relative_to(site)): asked for path in pages if (asked := foreign(path.read_text("utf-8")))} == {}


def test_no_style_sheet_asks_another_host_for_anything(site):
    for path in site.rglob("*.css"):
        style = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert not re.findall(r"(?:url\(|@import\s+)['\"]?(?:https?:)?//", style), path


@pytest.mark.parametrize(
    "planted",
    [
        '<script src="https://cdn.example/x.js"></script>',
        '<script async src="//cdn.example/x.js"></script>',
        '<link rel="stylesheet" href="http://cdn.example/x.css" />',
        '<img src="https://example.org/x.png" alt="">',
        '<script>import("https://cdn.example/x.js")</script>',
    ],
)
def test_the_check_sees_a_planted_request(planted):
    assert foreign(f"<html><head>{planted}</head></html>")
    assert not foreign('<a href="https://example.org">a link is no request</a>')


def test_maths_is_served_by_the_site(site):
    page = (site / "chapters/scratch/05-dropout-from-scratch.html").read_text(encoding="utf-8")
    (script,) = re.findall(r'src="([^"]*tex-chtml\.js)"', page)
    assert (site / "chapters/scratch" / script).resolve().is_file()
    assert list((site / "_static/mathjax/output/chtml/fonts/woff-v2").glob("*.woff"))


def test_nothing_unused_is_loaded(site):
    for path in site.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        assert not re.search(r"thebe(?!-)|fontawesome\.js", page, re.IGNORECASE), path


def test_the_picture_on_the_first_page_is_of_the_stored_records():
    with Image.open(picture.PICTURE) as image:
        assert image.info["Description"] == picture.checksum(picture.shown()), "run: python -m dropnorm picture"
