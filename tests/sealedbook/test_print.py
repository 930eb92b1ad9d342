"""The book on paper: all is open, solutions stand at the end, and every link leads somewhere."""

import io
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from PIL import Image

from sealedbook import chromium, pdf, print_layout

ROOT = Path(__file__).parents[2]

ONE = """<section id="one"><h1>One<a class="headerlink" href="#one">#</a></h1>
<p>See <a href="two.html#wide">Two</a>, <a href="../index.html">the beginning</a>,
<a href="https://example.org/">another site</a>, <a href="progress.html">how far you are</a> and
<a href="two.html#study=together&amp;view=ends">a view</a>.</p>
<section id="a-figure"><h2>A figure</h2>
<figure class="interactive">
<img alt="A square" src="../_images/a.png" loading="lazy" /></figure></section>
<section id="exercises"><h2>Exercises</h2>
<div class="exercise admonition" id="ex-one">
<p class="admonition-title">Exercise 1</p><p>Think.</p></div>
<details class="solution" id="chapters/one-solution-1">
<summary>Solution to Exercise 1</summary>
<p>The answer is forty-two.</p>
<p class="solution-of"><a href="#ex-one">Back to the exercise</a></p></details></section>
<div class="dn-quiz"><fieldset class="dn-question"><legend>1. Which?</legend>
<ol><li><label><input type="radio"> (a)</label></li></ol>
<details class="dn-answers"><summary>Answer</summary>
<ul><li>(a) is right, because.</li></ul></details></fieldset></div>
</section>"""

TWO = """<section id="two"><h1>Two</h1>
<div class="sd-tab-set"><input type="radio" id="tab-1"><label for="tab-1">First tab</label>
<div class="sd-tab-content"><p>Words of the first.</p></div>
<input type="radio" id="tab-2"><label for="tab-2">Second tab</label>
<div class="sd-tab-content" style="display:none"><p>Words of the second.</p></div></div>
<details class="hide"><summary>Show code</summary>
<div class="cell"><pre>hidden_code()</pre></div></details>
<section id="wide"><h2>Wide</h2><div class="highlight"><pre>LONG</pre></div>
<table><tr>CELLS</tr></table></section>
</section>"""

PROGRESS = '<section id="progress"><h1>Progress</h1><div class="dn-progress"></div></section>'

TOC = """root: index
parts:
  - caption: I · Part
    chapters:
      - {file: chapters/one, title: "01 · One"}
      - file: chapters/two
      - file: chapters/progress
"""


@pytest.fixture
def site(tmp_path) -> Path:
    """A site as Jupyter Book would leave it, and its table of contents."""
    link = '<p class="take-away" hidden><a href="a-book.pdf">PDF</a></p>'
    wide = TWO.replace("LONG", "x = " + "word + " * 60)
    wide = wide.replace("CELLS", "<td>averylongword</td>" * 9)
    pages = {
        "index": f'<section id="book"><h1>The Book</h1>{link}</section>',
        "chapters/one": ONE,
        "chapters/two": wide,
        "chapters/progress": PROGRESS,
    }
    folder = tmp_path / "html"
    (folder / "chapters").mkdir(parents=True)
    (folder / "_images").mkdir()
    (folder / "_static").mkdir()
    Image.new("RGB", (60, 60)).save(folder / "_images" / "a.png")
    (folder / "_static" / "print.css").write_bytes((ROOT / "_static" / "print.css").read_bytes())
    for name, body in pages.items():
        up = "../" * name.count("/")
        head = f'<head><link rel="stylesheet" href="{up}_static/print.css?v=1"></head>'
        article = f'<article class="bd-article">{body}</article>'
        html = f"<!doctype html><html>{head}<body>{article}</body></html>"
        (folder / f"{name}.html").write_text(html, encoding="utf-8")
    (tmp_path / "_toc.yml").write_text(TOC, encoding="utf-8")
    return folder


def printed(site: Path) -> BeautifulSoup:
    html, _ = print_layout.document(site, site.parent / "_toc.yml")
    return BeautifulSoup(html, "html.parser")


def test_every_address_is_there_once_and_every_link_leads_to_one(site):
    page = printed(site)
    ids = [tag["id"] for tag in page.select("[id]")]
    assert len(ids) == len(set(ids))
    leads = [link["href"] for link in page.select("a[href]")]
    assert {link.removeprefix("#") for link in leads if link.startswith("#")} <= set(ids)
    assert [link for link in leads if not link.startswith("#")] == ["https://example.org/"]
    assert {number["data-of"] for number in page.select(".page-of")} <= set(ids)


def test_links_find_their_page_again(site):
    links = printed(site).select("#chapters-one p > a[href]")
    leads = {link.get_text(): link["href"] for link in links}
    assert leads["Two"] == "#chapters-two--wide"
    assert leads["a view"] == "#chapters-two"
    assert leads["the beginning"] == "#index"
    assert "how far you are" not in leads, "the page of progress is not printed"


def test_solutions_and_answers_stand_at_the_end_with_links_both_ways(site):
    page = printed(site)
    chapter, end = page.select_one("#chapters-one"), page.select_one(".paper-solutions")
    assert "forty-two" not in chapter.get_text() and "because" not in chapter.get_text()
    assert "forty-two" in end.get_text() and "because" in end.get_text()

    def targets(links):
        return [page.select_one(f"[id='{link['href'][1:]}']") for link in links]

    forth = targets(chapter.select(".paper-see a"))
    assert len(forth) == 2 and all(end in tag.parents for tag in forth)
    back = targets(end.select("a:has(.page-of)"))
    assert len(back) == 2 and all(chapter in tag.parents for tag in back)


def test_what_a_click_shows_is_printed_and_buttons_are_not(site):
    page = printed(site)
    text = page.select_one("#chapters-two").get_text()
    tabs = ("First tab", "Words of the first", "Second tab", "Words of the second")
    for words in (*tabs, "hidden_code"):
        assert words in text
    assert "Show code" not in text
    assert not page.select("input, button, [loading], .headerlink, .take-away, script")
    assert page.select_one("#chapters-one img")["src"] == "html/_images/a.png"


def test_sections_that_many_chapters_have_are_not_in_the_contents(site, monkeypatch):
    def titles():
        _, outline = print_layout.document(site, site.parent / "_toc.yml")
        return [entry.title for entry in outline if entry.level == 2]

    assert titles() == ["A figure", "Exercises", "Wide"]
    two = site / "chapters" / "two.html"
    two.write_text(two.read_text("utf-8").replace("<h2>Wide", "<h2>Exercises"), "utf-8")
    monkeypatch.setattr(print_layout, "RECURRING", 1)
    assert titles() == ["A figure"]


@pytest.fixture
def reader(site, missing, monkeypatch):
    """The PDF of that site, printed as the Makefile does it: from the folder around the site."""
    pypdf = pytest.importorskip("pypdf")
    if chromium.executable() is None:
        missing(chromium.MISSING)
    monkeypatch.chdir(site.parent)
    return pypdf.PdfReader(pdf.write(Path(site.name), Path("_toc.yml")))


def test_the_pdf_has_contents_with_the_right_pages_an_outline_and_numbers_at_the_foot(reader, site):
    pages = [page.extract_text() for page in reader.pages]
    starts = enumerate([text.splitlines()[1:2] for text in pages[:-1]], 1)
    where = {first[0]: number for number, first in starts if first in (["01 · One"], ["Two"])}
    assert len(where) == 2
    contents = pages[1].splitlines()
    for title, number in where.items():
        line = f"{title}{number}".replace(" ", "")
        assert any(one.replace(" ", "").endswith(line) for one in contents), pages[1]
    assert [text.split()[0] for text in pages[1:]] == [str(i) for i in range(2, len(pages) + 1)]
    assert pages[0].split() == ["The", "Book"]

    def titles(items):
        return [titles(item) if isinstance(item, list) else item.title for item in items]

    expected = [
        "About this book",
        "I · Part",
        ["01 · One", ["A figure", "Exercises"], "Two", ["Wide"]],
        "Solutions",
        ["01 · One"],
    ]
    assert titles(reader.outline) == expected
    assert reader.get_destination_page_number(reader.outline[2][0]) + 1 == where["01 · One"]
    assert "forty-two" in pages[-1] and f"page {where['01 · One']}" in " ".join(pages[-1].split())
    assert 'class="take-away"><a' in (site / "index.html").read_text(encoding="utf-8")


def test_what_is_clipped_is_named(site, missing):
    if chromium.executable() is None:
        missing(chromium.MISSING)
    page = site / "chapters" / "two.html"
    fixed = '<pre style="white-space: pre; overflow: hidden">x'
    page.write_text(page.read_text("utf-8").replace("<pre>x", fixed), "utf-8")
    with pytest.raises(RuntimeError, match="clipped on paper:\nPRE"):
        pdf.write(site, site.parent / "_toc.yml")


def test_numbers_are_read_from_the_pdf_itself():
    pypdf = pytest.importorskip("pypdf")
    writer, written = pypdf.PdfWriter(), io.BytesIO()
    for _ in range(3):
        writer.add_blank_page(100, 100)
    writer.add_named_destination("chapters-one", 1)
    writer.write(written)
    assert pdf.page_numbers(written.getvalue()) == {"chapters-one": 2}
