"""The site as built: every page is there, loads what it needs, and asks no other host for it."""

import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from built_book import chapters
from PIL import Image

from sealedbook import csp
from tools import front_page_figure

pytestmark = pytest.mark.book

# the tags that load something, and the attribute that says what
LOADING = {
    ("script", "src"),
    ("link", "href"),
    ("img", "src"),
    ("iframe", "src"),
    ("source", "src"),
    ("object", "data"),
}
HOST = re.compile(r"^(?:[a-z]+:)?//", re.IGNORECASE)


class Page(HTMLParser):
    """What a page loads, and its scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.scripts: list[str] = []
        self._tag = ""
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self._tag = tag
        values = dict(attributes)
        if tag == "link" and values.get("rel") == "canonical":
            return
        names = [name for kind, name in LOADING if kind == tag and name in values]
        self.loads += [values[name] or "" for name in names]

    def handle_endtag(self, tag):
        self._tag = ""

    def handle_data(self, text):
        if self._tag == "script":
            self.scripts.append(text)


@cache
def parsed(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "lxml")


def foreign(html: str) -> list[str]:
    """What a page would ask another host for."""
    page = Page(html)
    addresses = [address for address in page.loads if HOST.match(address)]
    for script in page.scripts:
        addresses += re.findall(r"https?://[^\s\"']+", script)
    return addresses


def test_every_page_is_there_and_has_its_text(book):
    for name in chapters():
        assert "<h1>" in (book / f"{name}.html").read_text(encoding="utf-8"), name


def test_no_page_asks_another_host_for_anything(book):
    pages = list(book.rglob("*.html"))
    assert len(pages) > 5
    requests = {str(path): foreign(path.read_text(encoding="utf-8")) for path in pages}
    assert {path: addresses for path, addresses in requests.items() if addresses} == {}


def test_no_style_sheet_asks_another_host_for_anything(book):
    for path in book.rglob("*.css"):
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


def test_formulas_are_set_when_the_site_is_built(book):
    page = parsed(book / "chapters/scratch/05-dropout-from-scratch.html")
    formulas = page.select(".math")
    assert len(formulas) > 20
    assert all(formula.select("mjx-container math annotation") for formula in formulas)
    style = (book / "_static/book.css").read_text(encoding="utf-8")
    assert re.findall(r'url\("(fonts/MathJax_Main-Regular-\w+\.woff2)"\)', style)
    assert not list(book.rglob("tex-*.js"))


def test_no_formula_is_left_as_tex(book):
    for path in book.rglob("*.html"):
        tex = parsed(path).find_all(string=re.compile(r"\\[(\[]|\\begin\{"))
        sources = ["annotation", "code", "pre", "script"]
        assert not [text for text in tex if not text.find_parent(sources)], path


def test_nothing_unused_is_loaded(book):
    pages = {path.relative_to(book).as_posix(): path for path in book.rglob("*.html")}
    pages = {name: path.read_text(encoding="utf-8") for name, path in pages.items()}
    for name, page in pages.items():
        unused = r"thebe|fontawesome\.js|MathJax\.|require\.js"
        assert not re.search(unused, page, re.IGNORECASE), name
        assert page.count('rel="stylesheet"') == 1, name
    assert [name for name, page in pages.items() if "search_text.js" in page] == ["search.html"]
    assert not any("searchindex.js" in page for page in pages.values())


def test_every_page_has_one_bundle_with_what_it_needs(book):
    for path in book.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        (script,) = re.findall(r'src="[^"]*(bundle-\w+\.js)', page)
        text = (book / "_static" / script).read_text(encoding="utf-8")
        assert ("ClipboardJS" in text) == ('class="highlight"' in page), path
        assert ("bookText" in text) == (path == book / "search.html"), path
        # otherwise the theme would look for boxes that scroll, on the whole page
        assert ".nboutput > .output_area" not in text, path


def test_every_picture_has_its_size_and_those_below_wait(book):
    for path in book.rglob("*.html"):
        images = parsed(path).select("article img")
        assert all(image.get("width") and image.get("height") for image in images), path
        assert all(image["decoding"] == "async" for image in images), path
        assert all(image.get("loading") == "lazy" for image in images[2:]), path


def test_every_page_has_a_policy_that_allows_only_itself(book):
    for path in book.rglob("*.html"):
        page = parsed(path)
        policy = page.select_one("meta[http-equiv='Content-Security-Policy']")["content"]
        assert policy.startswith("default-src 'none'; script-src 'self'"), path
        assert "unsafe" not in policy, path
        assert not page.select("[style], [onclick], style"), path
        rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
        scripts = page.select("script:not([src])")
        (inline,) = [one.string for one in scripts if "json" not in one.get("type", "")]
        assert csp.script_hash(inline) in rules["script-src"], path


@pytest.mark.parametrize("picture", front_page_figure.PICTURES, ids=lambda one: one.name)
def test_a_picture_of_the_first_page_is_of_the_stored_records(picture):
    with Image.open(picture.path) as image:
        checksum = image.info["Description"]
    renew = "run: python -m tools.front_page_figure"
    assert checksum == front_page_figure.checksum(picture.rows()), renew


def test_what_the_first_page_says_of_large_rates_is_so():
    medians = front_page_figure.large_rate().groupby("arm")["accuracy"].median()
    alone, both, mended = (medians[arm] for arm in front_page_figure.ARMS)
    assert both < 50 < 85 < alone < mended
