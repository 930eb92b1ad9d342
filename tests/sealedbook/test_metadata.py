"""What searches and previews read, with and without addresses of the site and the repository."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from docutils.core import publish_doctree
from little_site import build
from sphinx.errors import ExtensionError
from tiny_book import notebook

from sealedbook import metadata

SITE = "https://course.example/books/dropnorm"
REPOSITORY = "https://github.com/somebody/dropnorm"
VARIABLES = {
    f"sealedbook_{name}_variable": name.upper() for name in ("site", "repository", "branch")
}
INDEX = "# The Book\n\nTwo layers. One course.\n\n```{toctree}\nchapters/one\nchapters/two\n```"
ASIDE = ":::{admonition} In this chapter\nNot this.\n:::"
PAGES = {
    "index.md": INDEX,
    "chapters/one.ipynb": notebook(f"# One\n\n{ASIDE}\n\nWhat is *one*? It is $1$."),
    "chapters/two.md": "---\ndescription: By the author.\n---\n# Two\n\nNot this either.",
}
NAMES = ("index", "chapters/one", "chapters/two")


def book(folder: Path, site: str = "", repository: str = "", branch: str = "") -> Path:
    """Build the book with the theme that the course has; it complains about nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITE", site)
        patch.setenv("REPOSITORY", repository)
        patch.setenv("BRANCH", branch)
        app = build(
            folder,
            PAGES,
            ["myst_nb", "sealedbook.metadata"],
            html_title="The Book",
            nb_execution_mode="off",
            myst_enable_extensions=["colon_fence", "dollarmath"],
            html_theme="sphinx_book_theme",
            html_theme_options={"launch_buttons": {"thebe": False}, "repository_url": ""},
            **VARIABLES,
        )
    return Path(app.outdir)


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    return book(tmp_path_factory.mktemp("bare"))


@pytest.fixture(scope="module")
def addressed(tmp_path_factory):
    return book(tmp_path_factory.mktemp("addressed"), SITE, REPOSITORY)


def read(page: Path) -> BeautifulSoup:
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


def meta(page: BeautifulSoup) -> dict[str, str]:
    elements = page.select("meta[content]")
    return {tag.get("name") or tag.get("property"): tag["content"] for tag in elements}


def links(page: BeautifulSoup) -> list[str]:
    return [tag["href"] for tag in page.select("a[href]")]


@pytest.mark.parametrize("site", ["bare", "addressed"])
def test_every_page_has_its_own_title_and_description(site, request):
    pages = [read(request.getfixturevalue(site) / f"{name}.html") for name in NAMES]
    titles = [page.title.string for page in pages]
    assert titles == ["Home — The Book", "One — The Book", "Two — The Book"]
    expected = ["Two layers. One course.", "What is one? It is 1.", "By the author."]
    assert [meta(page)["description"] for page in pages] == expected
    assert [meta(page)["og:description"] for page in pages] == expected
    assert [meta(page)["og:title"] for page in pages] == ["The Book", "One", "Two"]
    assert {meta(page)["og:site_name"] for page in pages} == {"The Book"}


def test_without_an_address_no_page_names_one(bare):
    for name in NAMES:
        page = read(bare / f"{name}.html")
        assert not page.select("link[rel=canonical]")
        assert not {"og:url", "og:image"} & set(meta(page))
        assert meta(page)["twitter:card"] == "summary"
    assert not (bare / "sitemap.xml").exists()
    assert (bare / "robots.txt").read_text(encoding="utf-8") == "User-agent: *\nAllow: /\n"


def test_with_an_address_every_page_names_its_own_and_its_card(addressed):
    for name in NAMES:
        page = read(addressed / f"{name}.html")
        canonical = [link["href"] for link in page.select("link[rel=canonical]")]
        assert canonical == [f"{SITE}/{name}.html"]
        assert meta(page)["og:url"] == f"{SITE}/{name}.html"
        assert meta(page)["og:image"] == f"{SITE}/_static/cards/{name.split('/')[-1]}.png"
        assert meta(page)["twitter:card"] == "summary_large_image"


def test_with_an_address_there_is_a_map_of_the_site(addressed):
    root = ElementTree.fromstring((addressed / "sitemap.xml").read_text(encoding="utf-8"))
    listed = {element.text for element in root.iter() if element.tag.endswith("loc")}
    assert listed == {f"{SITE}/{name}.html" for name in NAMES}
    robots = (addressed / "robots.txt").read_text(encoding="utf-8")
    assert robots.endswith(f"Sitemap: {SITE}/sitemap.xml\n")


def test_pages_that_help_to_find_are_not_found_themselves(addressed):
    for name in metadata.UNLISTED:
        page = read(addressed / name)
        assert meta(page)["robots"] == "noindex" and not page.select("link[rel=canonical]"), name
    assert "robots" not in meta(read(addressed / "index.html"))


@pytest.mark.parametrize(("site", "root"), [("bare", "/"), ("addressed", "/books/dropnorm/")])
def test_the_page_for_missing_pages_works_at_any_address(site, root, request):
    page = read(request.getfixturevalue(site) / "404.html")
    tags = page.select("a[href], link[href], script[src], img[src]")
    addresses = [tag.get("href") or tag.get("src") for tag in tags]
    assert {f"{root}{name}.html" for name in ("index", "chapters/one", "search")} <= {*addresses}
    assert [one for one in addresses if not one.startswith((root, "#", "https://"))] == []
    assert page.html["data-content_root"] == root


def test_without_a_repository_no_button_leads_to_one(bare):
    for name in NAMES:
        html = (bare / f"{name}.html").read_text(encoding="utf-8")
        assert not re.findall(r"github\.com|mybinder|colab\.research", html)


def test_with_a_repository_a_page_can_be_edited_and_its_notebook_opened(addressed):
    binder = "https://mybinder.org/v2/gh/somebody/dropnorm/main?urlpath=lab/tree/chapters/one.ipynb"
    edit = f"{REPOSITORY}/edit/main/chapters"
    notebook_links = links(read(addressed / "chapters/one.html"))
    assert {REPOSITORY, f"{edit}/one.ipynb", binder} <= set(notebook_links)
    assert not [link for link in notebook_links if "colab" in link], "it would stop at an import"
    text_links = links(read(addressed / "chapters/two.html"))
    assert f"{edit}/two.md" in text_links
    assert not [link for link in text_links if "mybinder" in link or "colab" in link]


def test_the_branch_may_be_named(tmp_path):
    page = read(book(tmp_path, repository=REPOSITORY, branch="next") / "chapters/one.html")
    binder = [link for link in links(page) if "mybinder" in link]
    assert binder and all("/somebody/dropnorm/next?" in link for link in binder)
    assert f"{REPOSITORY}/edit/next/chapters/one.ipynb" in links(page)


@pytest.mark.parametrize("wrong", ["course.example", "ftp://course.example/", "https://"])
def test_what_is_no_address_is_named(wrong):
    with pytest.raises(ExtensionError, match=f"SITE='{wrong}'.*expected a full address"):
        metadata.full_address(wrong, "SITE")


def test_a_long_description_ends_with_a_sentence_or_a_word():
    sentence = "Nine words stand in this sentence, and no more."
    text = metadata.description(publish_doctree(" ".join([sentence] * 10)))
    assert text == " ".join([sentence] * 3)
    endless = sentence.rstrip(".").replace("Nine", "word " * 40)
    text = metadata.description(publish_doctree(endless))
    assert text.endswith("word…") and len(text) <= metadata.LONGEST
