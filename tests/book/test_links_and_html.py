"""The built book: links lead somewhere, the HTML is valid, what one takes away works."""

import json
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from built_book import ROOT, chapters, pages, unpacked_zip
from lxml import html

from sealedbook import metadata

pytestmark = pytest.mark.book

NODE = Path(__file__).parent / "node"


@cache
def read(page: Path) -> html.HtmlElement:
    return html.parse(str(page), parser=html.HTMLParser(encoding="utf-8")).getroot()


def anchors(page: Path) -> set[str]:
    return {"top", *read(page).xpath("//@id"), *read(page).xpath("//a/@name")}


def leads_somewhere(address: str, page: Path, root: Path) -> bool:
    """Whether a file of the book is at the address, and the place on that page."""
    parts = urlsplit(address)
    path, place = unquote(parts.path), unquote(parts.fragment)
    if not path:
        target = page
    elif path.startswith("/"):
        target = root / path[1:]
    else:
        target = page.parent / path
    if not target.is_file():
        return False
    # what names a view of the explorer is no place of its page
    if not place or "=" in place or target.suffix != ".html":
        return True
    return place in anchors(target.resolve())


def broken(page: Path, root: Path) -> list[str]:
    """The links and loaded files of a page that are not there."""
    tags = read(page).xpath("//*[@href or @src][not(ancestor-or-self::*[@hidden])]")
    addresses = [tag.get("href") or tag.get("src") or "" for tag in tags]
    own = [address for address in addresses if not any(urlsplit(address)[:2])]
    return [address for address in own if not leads_somewhere(address, page, root)]


def test_every_link_and_every_loaded_file_is_there(book):
    paths = [page.resolve() for page in pages(book)]
    assert len(paths) > 20
    assert {page.name: wrong for page in paths if (wrong := broken(page, book))} == {}


@pytest.mark.parametrize(
    ("planted", "right"),
    [
        ('<a href="b.html#there">', True),
        ('<a href="b.html#gone">', False),
        ('<a href="#gone">', False),
        ('<a href="gone.html">', False),
        ('<img src="gone.png">', False),
        ('<p hidden><a href="gone.pdf">', True),
        ('<a href="b.html#study=together&amp;view=ends">', True),
        ('<a href="https://example.org/#gone">', True),
    ],
)
def test_the_check_sees_a_broken_link(tmp_path, planted, right):
    bodies = {"a.html": planted, "b.html": '<p id="there"></p>'}
    for name, body in bodies.items():
        page = f"<html><body>{body}</body></html>"
        (tmp_path / name).write_text(page, encoding="utf-8")
    assert (broken((tmp_path / "a.html").resolve(), tmp_path) == []) == right


def test_every_reference_is_resolved(book):
    complaint = "contains(@class, 'problematic') or contains(@class, 'system-message')"
    unresolved = "contains(text(), '[?]') or contains(text(), '??')"
    for page in book.glob("chapters/*/*.html"):
        assert not read(page).xpath(f"//*[{complaint}]"), page.name
        assert not read(page).xpath(f"//article//*[{unresolved}]"), page.name


PARTS = dict.fromkeys(["mfrac", "mover", "mroot", "msub", "msup", "munder"], 2)
PARTS |= dict.fromkeys(["msubsup", "munderover"], 3)


def incomplete(root: html.HtmlElement) -> list[str]:
    """Parts of formulas that have too few or too many parts of their own; a browser says so."""
    return [one.tag for one in root.iter(*PARTS) if len(one) != PARTS[one.tag]]


def test_every_formula_has_all_its_parts(book):
    assert [page.name for page in pages(book) if incomplete(read(page))] == []
    assert sum(1 for page in pages(book) for _ in read(page).iter(*PARTS)) > 100
    assert incomplete(html.fromstring("<math><mover><mi>x</mi></mover></math>")) == ["mover"]


@pytest.fixture
def validator(missing) -> str:
    """The npm tool, in the folder that `npm ci` fills."""
    tool = NODE / "node_modules" / ".bin" / "html-validate"
    if shutil.which("node") is None or not tool.exists():
        missing("html-validate is not installed: run `npm ci` in tests/book/node")
    return str(tool)


def invalid(validator: str, *paths: Path) -> dict[str, list[str]]:
    """What is not valid HTML, by page."""
    options = ["--config", str(NODE / "htmlvalidate.json"), "--formatter", "json"]
    command = [validator, *options, *map(str, paths)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=300)
    return {
        page["filePath"]: [
            f"{one['line']}: {one['ruleId']}: {one['message']}" for one in page["messages"]
        ]
        for page in json.loads(done.stdout)
        if page["messages"]
    }


def test_every_page_is_valid_html(book, validator):
    assert invalid(validator, *pages(book)) == {}


def test_the_validator_sees_a_fault(tmp_path, validator):
    page = tmp_path / "page.html"
    head, body = "<head><title>A</title></head>", '<p id="a">A</p><p id="a">B</p>'
    page.write_text(
        f'<!doctype html><html lang="en">{head}<body>{body}</body></html>', encoding="utf-8"
    )
    (messages,) = invalid(validator, page).values()
    assert len(messages) == 1 and "no-dup-id" in messages[0]


def test_every_page_says_in_words_of_its_own_what_it_is_about(book):
    titles, descriptions = [], []
    for name in chapters():
        page = read(book / f"{name}.html")
        titles.append(page.findtext(".//title"))
        (description,) = page.xpath("//meta[@name='description']/@content")
        assert 40 <= len(description) <= metadata.LONGEST, (name, description)
        descriptions.append(description)
        assert (ROOT / metadata.CARDS / metadata.card_name(name)).is_file(), name
    assert len(set(titles)) == len(titles) and len(set(descriptions)) == len(descriptions)


def test_no_page_loads_its_card(book):
    for page in book.rglob("*.html"):
        assert "cards/" not in " ".join(read(page).xpath("//img/@src | //link/@href")), page.name


def test_every_page_from_a_notebook_offers_it_plain_and_with_what_it_needs(book):
    offered = "//a[contains(@href, '_sources') and contains(@href, '.ipynb')]/@href"
    for name in chapters():
        if (ROOT / f"{name}.ipynb").is_file():
            page = book / f"{name}.html"
            (link,) = set(read(page).xpath(offered))
            cells = nbformat.read((page.parent / link).resolve(), as_version=4).cells
            assert cells[0].source.startswith("# Run this first."), name
            assert not [cell for cell in cells if "glue" in cell.source], name


def test_an_offered_notebook_runs_in_an_empty_folder(book, tmp_path):
    source = book / "_sources" / "chapters" / "scratch" / "04-layers-and-gradients.ipynb"
    command = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--inplace"]
    copy = shutil.copy(source, tmp_path)
    subprocess.run([*command, copy], cwd=tmp_path, check=True, capture_output=True, timeout=300)
    cells = nbformat.read(copy, as_version=4).cells
    assert all(cell.execution_count for cell in cells if cell.cell_type == "code")


def test_the_unpacked_zip_opens_without_a_server_and_its_search_finds(book, tmp_path, visit):
    folder = unpacked_zip(tmp_path)
    page = visit((folder / "index.html").as_uri())
    page.get_by_role("link", name="Dropout from scratch").first.click()
    assert page.locator("article h1").inner_text().startswith("05 · Dropout from scratch")
    page.goto((folder / "search.html").as_uri() + "?q=covariate")
    page.locator("#search-results li a").first.wait_for()
