"""What searches and previews are told, with and without an address of the site and of the repository, on a little book."""

import io
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from docutils.core import publish_doctree
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import docutils_namespace
from tiny_book import ROOT, notebook

from sealedbook import cards, metadata

SITE = "https://course.example/books/dropnorm"
REPOSITORY = "https://github.com/somebody/dropnorm"
PAGES = {
    "index.md": "# The Book\n\nTwo layers. One course.\n\n```{toctree}\nchapters/one\nchapters/two\n```",
    "chapters/one.ipynb": notebook(
        "# One", ":::{admonition} In this chapter\nNot this.\n:::\n\nWhat is *one*? It is $1$."
    ),
    "chapters/two.md": "---\ndescription: Said by the author.\n---\n# Two\n\nNot this either.",
}


def book(folder: Path, monkeypatch, site: str = "", repository: str = "") -> Path:
    """Build the book with the theme that the course has; it complains about nothing."""
    for name, text in PAGES.items():
        (folder / "source" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "source" / name).write_text(text, encoding="utf-8")
    monkeypatch.setenv("DROPNORM_SITE", site)
    monkeypatch.setenv("DROPNORM_REPOSITORY", repository)
    settings = {
        "html_title": "The Book",
        "extensions": ["myst_nb", "sealedbook.metadata"],
        "nb_execution_mode": "off",
        "myst_enable_extensions": ["colon_fence", "dollarmath"],
        "html_theme": "sphinx_book_theme",
        "html_theme_options": {"launch_buttons": {"thebe": False}, "repository_url": ""},
    }
    complaints = io.StringIO()
    with docutils_namespace():
        outputs = (folder / "source", None, folder / "html", folder / "doctrees")
        Sphinx(*outputs, "html", settings, status=None, warning=complaints).build()
    assert complaints.getvalue() == ""
    return folder / "html"


@pytest.fixture(scope="module")
def patched():
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def unset(tmp_path_factory, patched):
    return book(tmp_path_factory.mktemp("unset"), patched)


@pytest.fixture(scope="module")
def both(tmp_path_factory, patched):
    return book(tmp_path_factory.mktemp("set"), patched, SITE, REPOSITORY)


def read(page: Path) -> BeautifulSoup:
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


def meta(page: BeautifulSoup) -> dict[str, str]:
    return {
        tag.get("name") or tag.get("property"): tag["content"]
        for tag in page.select("meta[content]")
    }


def links(page: BeautifulSoup) -> list[str]:
    return [tag["href"] for tag in page.select("a[href]")]


@pytest.mark.parametrize("site", ["unset", "both"])
def test_every_page_has_its_own_title_and_description(site, request):
    site = request.getfixturevalue(site)
    pages = [read(site / name) for name in ("index.html", "chapters/one.html", "chapters/two.html")]
    assert [page.title.string for page in pages] == [
        "Home — The Book",
        "One — The Book",
        "Two — The Book",
    ]
    expected = ["Two layers. One course.", "What is one? It is 1.", "Said by the author."]
    assert [meta(page)["description"] for page in pages] == expected
    assert [meta(page)["og:description"] for page in pages] == expected
    assert [meta(page)["og:title"] for page in pages] == ["The Book", "One", "Two"]
    assert {meta(page)["og:site_name"] for page in pages} == {"The Book"}


def test_without_an_address_no_page_names_one(unset):
    for name in ("index.html", "chapters/one.html", "chapters/two.html"):
        page = read(unset / name)
        assert not page.select("link[rel=canonical]") and not {"og:url", "og:image"} & set(
            meta(page)
        )
        assert meta(page)["twitter:card"] == "summary"
    assert not (unset / "sitemap.xml").exists()
    assert (unset / "robots.txt").read_text(encoding="utf-8") == "User-agent: *\nAllow: /\n"


def test_with_an_address_every_page_names_its_own_and_its_card(both):
    for name in ("index", "chapters/one", "chapters/two"):
        page = read(both / f"{name}.html")
        assert [link["href"] for link in page.select("link[rel=canonical]")] == [
            f"{SITE}/{name}.html"
        ]
        assert meta(page)["og:url"] == f"{SITE}/{name}.html"
        assert meta(page)["og:image"] == f"{SITE}/_static/cards/{name.split('/')[-1]}.png"
        assert meta(page)["twitter:card"] == "summary_large_image"


def test_with_an_address_there_is_a_map_of_the_site(both):
    root = ElementTree.fromstring((both / "sitemap.xml").read_text(encoding="utf-8"))
    listed = {element.text for element in root.iter() if element.tag.endswith("loc")}
    assert listed == {f"{SITE}/{name}.html" for name in ("index", "chapters/one", "chapters/two")}
    assert (
        (both / "robots.txt").read_text(encoding="utf-8").endswith(f"Sitemap: {SITE}/sitemap.xml\n")
    )


def test_pages_that_help_to_find_are_not_found_themselves(both):
    for name in ("search.html", "genindex.html", "404.html"):
        page = read(both / name)
        assert meta(page)["robots"] == "noindex" and not page.select("link[rel=canonical]"), name
    assert "robots" not in meta(read(both / "index.html"))


@pytest.mark.parametrize(("site", "root"), [("unset", "/"), ("both", "/books/dropnorm/")])
def test_the_page_for_missing_pages_works_at_any_address(site, root, request):
    page = read(request.getfixturevalue(site) / "404.html")
    loaded = [
        tag.get("href") or tag.get("src")
        for tag in page.select("a[href], link[href], script[src], img[src]")
    ]
    assert (
        f"{root}index.html" in loaded
        and f"{root}chapters/one.html" in loaded
        and f"{root}search.html" in loaded
    )
    assert [address for address in loaded if not address.startswith((root, "#", "https://"))] == []
    assert page.html["data-content_root"] == root


def test_without_a_repository_no_button_leads_to_one(unset):
    for name in ("index.html", "chapters/one.html"):
        html = (unset / name).read_text(encoding="utf-8")
        assert not re.findall(r"github\.com|mybinder|colab\.research", html)


def test_with_a_repository_a_page_can_be_edited_and_its_notebook_opened(both):
    there = links(read(both / "chapters/one.html"))
    assert f"{REPOSITORY}/edit/main/chapters/one.ipynb" in there and REPOSITORY in there
    assert (
        "https://mybinder.org/v2/gh/somebody/dropnorm/main?urlpath=lab/tree/chapters/one.ipynb"
        in there
    )
    assert (
        "https://colab.research.google.com/github/somebody/dropnorm/blob/main/chapters/one.ipynb"
        in there
    )
    there = links(read(both / "chapters/two.html"))
    assert f"{REPOSITORY}/edit/main/chapters/two.md" in there
    assert not [link for link in there if "mybinder" in link or "colab" in link]


@pytest.mark.parametrize("wrong", ["course.example", "ftp://course.example/", "https://"])
def test_what_is_no_address_is_named(wrong):
    with pytest.raises(ExtensionError, match=f"DROPNORM_SITE='{wrong}'.*expected a full address"):
        metadata.full(wrong, "DROPNORM_SITE")


def test_a_long_description_ends_with_a_sentence_or_a_word():
    sentence = "Nine words stand in this sentence, and no more."
    told = metadata.description(publish_doctree(" ".join([sentence] * 10)))
    assert told == " ".join([sentence] * 3)
    told = metadata.description(publish_doctree(sentence.rstrip(".").replace("Nine", "word " * 40)))
    assert told.endswith("word…") and len(told) <= metadata.LONGEST


def test_every_page_has_a_card_that_says_its_title():
    there = {path.name: cards.told(path) for path in (ROOT / metadata.CARDS).glob("*.png")}
    expected = {name: "\n".join(words) for name, words in cards.wanted().items()}
    assert there == expected, "run: python -m sealedbook.cards"
    assert sum((ROOT / metadata.CARDS / name).stat().st_size for name in there) < 20_000 * len(there)
