"""The site as built: whole, and sealed against every other host."""

import re
from functools import cache
from html.parser import HTMLParser
from itertools import groupby
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup, NavigableString, Tag
from PIL import Image

from coursebook import glossary_links
from sealedbook import csp
from tools import front_page_figure

pytestmark = pytest.mark.book

ROOT = Path(__file__).parents[2]
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
        self.loads += [
            values[name] or "" for kind, name in LOADING if kind == tag and name in values
        ]

    def handle_endtag(self, tag):
        self._in = ""

    def handle_data(self, text):
        if self._in == "script":
            self.scripts.append(text)


@cache
def parsed(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def foreign(html: str) -> list[str]:
    """What a page would ask another host for."""
    page = Page(html)
    addresses = [address for address in page.loads if HOST.match(address)]
    return addresses + [
        match for script in page.scripts for match in re.findall(r"https?://[^\s\"']+", script)
    ]


def test_every_page_is_there_and_has_its_text(book):
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    files = [
        toc["root"],
        *(chapter["file"] for part in toc["parts"] for chapter in part["chapters"]),
    ]
    for file in files:
        assert "<h1>" in (book / f"{file}.html").read_text(encoding="utf-8"), file


def test_no_page_asks_another_host_for_anything(book):
    pages = list(book.rglob("*.html"))
    assert len(pages) > 5
    assert {
        str(path.relative_to(book)): asked
        for path in pages
        if (asked := foreign(path.read_text("utf-8")))
    } == {}


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
    assert len(formulas) > 20 and all(
        formula.select("mjx-container math annotation") for formula in formulas
    )
    style = (book / "_static/book.css").read_text(encoding="utf-8")
    assert re.findall(r'url\("(fonts/MathJax_Main-Regular-\w+\.woff2)"\)', style)
    assert not list(book.rglob("tex-*.js"))


def test_no_formula_is_left_as_tex(book):
    for path in book.rglob("*.html"):
        left = parsed(path).find_all(string=re.compile(r"\\[(\[]|\\begin\{"))
        assert not [
            text for text in left if not text.find_parent(["annotation", "code", "pre", "script"])
        ], path


def test_nothing_unused_is_loaded(book):
    heads = {
        path.relative_to(book).as_posix(): path.read_text("utf-8") for path in book.rglob("*.html")
    }
    for name, page in heads.items():
        assert not re.search(r"thebe|fontawesome\.js|MathJax\.|require\.js", page, re.IGNORECASE), (
            name
        )
        assert page.count('rel="stylesheet"') == 1, name
    assert [name for name, page in heads.items() if "searchindex.js" in page] == ["search.html"]
    scripts = {
        name: re.findall(r'src="[^"]*(bundle-\w+\.js)', page) for name, page in heads.items()
    }
    assert {len(found) for found in scripts.values()} == {1}
    for name, (script,) in scripts.items():
        text = (book / "_static" / script).read_text(encoding="utf-8")
        assert ("ClipboardJS" in text) == ('class="highlight"' in heads[name]), name
        assert ("const Search = {" in text) == (name == "search.html"), name
        assert ".nboutput > .output_area" not in text, (
            "the theme looks for boxes that scroll on the whole page"
        )


def test_every_picture_has_its_size_and_those_below_wait(book):
    for path in book.rglob("*.html"):
        images = parsed(path).select("article img")
        assert all(
            image.get("width") and image.get("height") and image["decoding"] == "async"
            for image in images
        ), path
        assert all(image.get("loading") == "lazy" for image in images[2:]), path


def test_every_page_has_a_policy_that_allows_only_itself(book):
    for path in book.rglob("*.html"):
        page = parsed(path)
        policy = page.select_one("meta[http-equiv='Content-Security-Policy']")["content"]
        assert (
            policy.startswith("default-src 'none'; script-src 'self'") and "unsafe" not in policy
        ), path
        assert not page.select("[style], [onclick], style"), path
        rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
        inline = [
            script.string
            for script in page.select("script:not([src])")
            if "json" not in script.get("type", "")
        ]
        assert len(inline) == 1 and all(
            csp.hashed(script) in rules["script-src"] for script in inline
        ), path


def test_the_picture_on_the_first_page_is_of_the_stored_records():
    with Image.open(front_page_figure.PICTURE) as image:
        assert image.info["Description"] == front_page_figure.checksum(front_page_figure.shown()), (
            "run: python -m dropnorm picture"
        )


# the glossary, in the chapters

NOT_RUNNING_TEXT = "figure, table, dl.glossary, .cell, .objectives, .dn-quiz, .dn-progress, aside, nav, .citation, div.footer-article"
TERM = f"span.{glossary_links.CLASS}"


def running_text(article: Tag) -> tuple[str, list[tuple[int, str]]]:
    """The words of paragraphs and lists without code, formulas and other links; where in it each link is, and its target."""
    text, links = "", []

    def read(tag: Tag) -> None:
        nonlocal text
        for child in tag.children:
            if isinstance(child, NavigableString):
                text += child
            elif child.css.match(TERM):
                links.append((len(text), child.a["href"].split("#")[1]))
                text += child.get_text()
            else:
                text += "\0"
                if child.name in ("em", "strong"):
                    read(child)
                text += "\0"

    for paragraph in article.select(
        "p:not(.admonition-title, .rubric, .caption, .topic-title, .sd-card-title)"
    ):
        if not paragraph.find_parent(lambda tag: tag.css.match(NOT_RUNNING_TEXT)):
            read(paragraph)
            text += "\0"
    return text, links


def entries(page: BeautifulSoup) -> dict[str, list[str]]:
    """The terms of each entry, by the address of the first."""
    items = page.select("dl.glossary > dt, dl.glossary > dd")
    found = {}
    for kind, run in groupby(items, lambda tag: tag.name):
        if kind == "dt":
            terms = list(run)
            found[terms[0]["id"]] = [next(term.stripped_strings) for term in terms]
    return found


def first_uses(text: str, entries: dict[str, list[str]], more: dict) -> list[tuple[int, str]]:
    """Where each entry is first used. Found the slow way: the longest words first, and what is found is rubbed out."""
    words = glossary_links.vocabulary(entries.values(), more["forms"], more["not"])
    address = {terms[0]: here for here, terms in entries.items()}
    first = {}
    for word in sorted(words, key=lambda word: (-len(word), word)):
        exact = 0 if re.search("[A-Z].*[A-Z]", word) else re.IGNORECASE
        spaced = re.escape(word).replace(r"\ ", r"\s+").replace("'", "[’']")
        for match in list(re.finditer(rf"(?<![\w-]){spaced}(?![\w-])", text, exact)):
            text = text[: match.start()] + "\0" * len(match[0]) + text[match.end() :]
            here = address.get(words[word])
            first[here] = min(first.get(here, match.start()), match.start())
    return sorted((place, here) for here, place in first.items() if here)


def test_every_term_is_linked_where_a_chapter_first_uses_it_and_nowhere_else(book):
    source = (ROOT / "chapters/reference/glossary.md").read_text(encoding="utf-8")
    more = yaml.safe_load(source.split("---")[1])["glossary"]
    known = entries(parsed(book / "chapters/reference/glossary.html"))
    chapters = [path for path in book.glob("chapters/*/*.html") if path.name != "glossary.html"]
    assert len(chapters) > 10 and len(known) > 60
    for path in chapters:
        text, links = running_text(parsed(path).select_one("article.bd-article"))
        assert links == first_uses(text, known, more), path.name
    assert not parsed(book / "chapters/reference/glossary.html").select(TERM)


@pytest.mark.parametrize(
    ("planted", "right"),
    [
        ("<p>A {batch} of it.</p>", True),
        ("<p>A batch of it.</p>", False),
        ("<p>A batch of it, a {batch}.</p>", False),
        ("<p>A {batch} and a {batch}.</p>", False),
        ("<p>A {batch} norm.</p>", False),
        (
            "<h2>Batch</h2><figure><p>a batch</p></figure><p><code>batch</code> A <em>{batch}</em></p>",
            True,
        ),
        ('<div class="objectives"><p>{batch}</p></div><p>A batch.</p>', False),
    ],
)
def test_the_check_sees_a_missing_and_a_wrong_link(planted, right):
    link = f'<span class="{glossary_links.CLASS}"><a href="glossary.html#term-batch"><span>batch</span></a></span>'
    page = BeautifulSoup(f"<article>{planted.replace('{batch}', link)}</article>", "html.parser")
    text, links = running_text(page.article)
    known = {"term-batch": ["batch"], "term-batch-norm": ["batch norm"]}
    assert (links == first_uses(text, known, {"forms": {}, "not": []})) == right


def test_the_cheat_sheet_prints_on_one_sheet_of_a4(book, visit):
    page = visit((book / "chapters/reference/cheat-sheet.html").as_uri())
    page.evaluate("document.fonts.ready.then(() => null)")
    printed = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
    width, height = (
        float(size)
        for size in re.search(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", printed).groups()
    )
    assert (round(width / 72 * 25.4), round(height / 72 * 25.4)) == (210, 297)


def test_a_folded_cell_says_what_a_click_does(book, visit):
    page = visit((book / "chapters/intuition/01-when-training-goes-too-well.html").as_uri())
    show, hide = (
        page.locator("details.hide > summary").first.get_by_text(f"{word} code cell source")
        for word in ("Show", "Hide")
    )
    assert show.is_visible() and not hide.is_visible()
    show.click()
    assert hide.is_visible() and not show.is_visible()
