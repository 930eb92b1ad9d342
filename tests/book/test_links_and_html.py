"""The book as `make book` left it: links lead somewhere, the HTML is valid, notebooks run, and pages say what they are."""

import json
import os
import shutil
import subprocess
import zipfile
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbclient
import nbformat
import pytest
import yaml
from lxml import html

from sealedbook import downloads, metadata

pytestmark = pytest.mark.book

ROOT = Path(__file__).parents[2]
NODE = Path(__file__).parent / "node"


@cache
def read(page: Path) -> html.HtmlElement:
    return html.parse(str(page), parser=html.HTMLParser(encoding="utf-8")).getroot()


def anchors(page: Path) -> set[str]:
    return {"top", *read(page).xpath("//@id"), *read(page).xpath("//a/@name")}


def broken(page: Path, root: Path) -> list[str]:
    """The links and loaded files of a page that are not there, and the places that no page has."""
    wrong = []
    for tag in read(page).xpath("//*[@href or @src]"):
        address = tag.get("href") or tag.get("src") or ""
        parts = urlsplit(address)
        if parts.scheme or parts.netloc or tag.xpath("ancestor-or-self::*[@hidden]"):
            continue
        path = unquote(parts.path)
        target = (
            page if not path else root / path[1:] if path.startswith("/") else page.parent / path
        )
        # a view of the explorer is no place of its page
        anchor = (
            unquote(parts.fragment)
            if target.suffix == ".html" and "=" not in parts.fragment
            else ""
        )
        if not target.is_file() or (anchor and anchor not in anchors(target.resolve())):
            wrong.append(address)
    return wrong


def test_every_link_and_every_loaded_file_is_there(book):
    pages = [page.resolve() for page in book.rglob("*.html") if "_static" not in page.parts]
    assert len(pages) > 20
    assert {page.name: wrong for page in pages if (wrong := broken(page, book))} == {}


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
    (tmp_path / "a.html").write_text(f"<html><body>{planted}</body></html>", encoding="utf-8")
    (tmp_path / "b.html").write_text(
        '<html><body><p id="there"></p></body></html>', encoding="utf-8"
    )
    assert (broken((tmp_path / "a.html").resolve(), tmp_path) == []) == right


def test_every_reference_is_resolved(book):
    for page in (page for page in book.glob("chapters/*/*.html")):
        assert not read(page).xpath(
            "//*[contains(@class, 'problematic') or contains(@class, 'system-message')]"
        ), page.name
        assert not read(page).xpath(
            "//article//*[contains(text(), '[?]') or contains(text(), '??')]"
        ), page.name


@pytest.fixture
def validator(missing) -> str:
    """The npm tool, in the folder that `npm ci` fills."""
    tool = NODE / "node_modules" / ".bin" / "html-validate"
    if shutil.which("node") is None or not tool.exists():
        missing("html-validate is not installed: run `npm ci` in tests/book/node")
    return str(tool)


def invalid(validator: str, *paths: Path) -> dict[str, list[str]]:
    """What is not valid HTML, by page."""
    command = [
        validator,
        "--config",
        str(NODE / "htmlvalidate.json"),
        "--formatter",
        "json",
        *map(str, paths),
    ]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=600)
    return {
        page["filePath"]: [
            f"{message['line']}: {message['ruleId']}: {message['message']}"
            for message in page["messages"]
        ]
        for page in json.loads(done.stdout)
        if page["messages"]
    }


def test_every_page_is_valid_html(book, validator):
    pages = [page for page in book.rglob("*.html") if "_static" not in page.parts]
    assert invalid(validator, *pages) == {}


def test_the_validator_sees_a_fault(tmp_path, validator):
    page = tmp_path / "page.html"
    body = '<p id="a">A</p><p id="a">B</p>'
    page.write_text(
        f'<!doctype html><html lang="en"><head><title>A</title></head><body>{body}</body></html>',
        encoding="utf-8",
    )
    (messages,) = invalid(validator, page).values()
    assert len(messages) == 1 and "no-dup-id" in messages[0]


def pages_of_the_toc() -> list[str]:
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    return [
        toc["root"],
        *(chapter["file"] for part in toc["parts"] for chapter in part["chapters"]),
    ]


def test_every_page_says_in_words_of_its_own_what_it_is_about(book):
    titles, told = [], []
    for name in pages_of_the_toc():
        page = read(book / f"{name}.html")
        titles.append(page.findtext(".//title"))
        (words,) = page.xpath("//meta[@name='description']/@content")
        assert 40 <= len(words) <= metadata.LONGEST, (name, words)
        told.append(words)
        assert (ROOT / metadata.CARDS / metadata.card(name)).is_file(), name
    assert len(set(titles)) == len(titles) and len(set(told)) == len(told)


def test_no_page_loads_its_card(book):
    for page in book.rglob("*.html"):
        assert "cards/" not in " ".join(read(page).xpath("//img/@src | //link/@href")), page.name


def test_every_page_from_a_notebook_offers_it(book):
    for name in pages_of_the_toc():
        if (source := ROOT / f"{name}.ipynb").is_file():
            page = book / f"{name}.html"
            (link,) = set(
                read(page).xpath(
                    "//a[contains(@href, '_sources') and contains(@href, '.ipynb')]/@href"
                )
            )
            assert (page.parent / link).resolve().read_bytes() == source.read_bytes()


def test_an_offered_notebook_runs_in_an_empty_folder(book, tmp_path):
    source = book / "_sources" / "chapters" / "scratch" / "04-layers-and-gradients.ipynb"
    notebook = nbformat.read(shutil.copy(source, tmp_path), as_version=4)
    nbclient.NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")


def test_the_unpacked_zip_opens_without_a_server_and_its_search_finds(book, tmp_path, visit):
    shutil.copytree(book, tmp_path / "html", copy_function=os.link)
    (tmp_path / "html" / downloads.ZIP).unlink(missing_ok=True)
    with zipfile.ZipFile(downloads.pack(tmp_path / "html")) as packed:
        packed.extractall(tmp_path / "there")
    page = visit((tmp_path / "there" / downloads.NAME / "index.html").as_uri())
    page.get_by_role("link", name="Dropout from scratch").first.click()
    assert page.locator("article h1").inner_text().startswith("Dropout from scratch")
    page.goto((tmp_path / "there" / downloads.NAME / "search.html").as_uri() + "?q=covariate")
    page.locator("#search-results li a").first.wait_for()
