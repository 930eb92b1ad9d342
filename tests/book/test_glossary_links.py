"""Every term of the glossary is linked where a chapter first uses it, and nowhere else."""

import re
from itertools import groupby

import pytest
import yaml
from bs4 import BeautifulSoup, NavigableString, Tag
from built_book import ROOT

from coursebook import glossary_links

pytestmark = pytest.mark.book

LINK = f"span.{glossary_links.CLASS}"
PARAGRAPHS = "p:not(.admonition-title, .rubric, .caption, .topic-title, .sd-card-title)"
NOT_RUNNING_TEXT = (
    "figure, table, dl.glossary, .cell, .objectives, .dn-quiz, .dn-progress, aside, nav, .citation,"
    " div.footer-article"
)


def parsed(path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "lxml")


def running_text(article: Tag) -> tuple[str, list[tuple[int, str]]]:
    """The words of paragraphs and lists, and where in them each link is, with its target.

    Code, formulas and other links are left out; a zero stands where no phrase may go on.
    """
    text, links = "", []

    def read(tag: Tag) -> None:
        nonlocal text
        for child in tag.children:
            if isinstance(child, NavigableString):
                text += child
            elif child.css.match(LINK):
                links.append((len(text), child.a["href"].split("#")[1]))
                text += child.get_text()
            else:
                text += "\0"
                if child.name in ("em", "strong"):
                    read(child)
                text += "\0"

    for paragraph in article.select(PARAGRAPHS):
        if not paragraph.find_parent(lambda tag: tag.css.match(NOT_RUNNING_TEXT)):
            read(paragraph)
            text += "\0"
    return text, links


def entries(page: BeautifulSoup) -> dict[str, list[str]]:
    """The terms of each entry, by the address of the first."""
    items = page.select("dl.glossary > dt, dl.glossary > dd")
    terms_by_address = {}
    for kind, run in groupby(items, lambda tag: tag.name):
        if kind == "dt":
            terms = list(run)
            names = [next(term.stripped_strings) for term in terms]
            terms_by_address[terms[0]["id"]] = names
    return terms_by_address


def first_uses(text: str, entries: dict[str, list[str]], settings: dict) -> list[tuple[int, str]]:
    """Where each entry is first used, and its address.

    The slow way: the longest words are searched first, and what is found is rubbed out.
    """
    words = glossary_links.vocabulary(entries.values(), settings["forms"], settings["not"])
    addresses = {terms[0]: address for address, terms in entries.items()}
    first = {}
    for word in sorted(words, key=lambda word: (-len(word), word)):
        is_acronym = re.search("[A-Z].*[A-Z]", word)
        spaced = re.escape(word).replace(r"\ ", r"\s+").replace("'", "[’']")
        pattern = re.compile(rf"(?<![\w-]){spaced}(?![\w-])", 0 if is_acronym else re.IGNORECASE)
        for match in list(pattern.finditer(text)):
            text = text[: match.start()] + "\0" * len(match[0]) + text[match.end() :]
            address = addresses.get(words[word])
            first[address] = min(first.get(address, match.start()), match.start())
    return sorted((place, address) for address, place in first.items() if address)


def test_every_term_is_linked_where_a_chapter_first_uses_it_and_nowhere_else(book):
    source = (ROOT / "chapters/reference/glossary.md").read_text(encoding="utf-8")
    settings = yaml.safe_load(source.split("---")[1])["glossary"]
    glossary = parsed(book / "chapters/reference/glossary.html")
    known = entries(glossary)
    chapters = [path for path in book.glob("chapters/*/*.html") if path.name != "glossary.html"]
    assert len(chapters) > 10 and len(known) > 60
    for path in chapters:
        text, links = running_text(parsed(path).select_one("article.bd-article"))
        assert links == first_uses(text, known, settings), path.name
    assert not glossary.select(LINK)


ELSEWHERE = (
    "<h2>Batch</h2><figure><p>a batch</p></figure><p><code>batch</code> A <em>{batch}</em></p>"
)


@pytest.mark.parametrize(
    ("planted", "right"),
    [
        ("<p>A {batch} of it.</p>", True),
        ("<p>A batch of it.</p>", False),
        ("<p>A batch of it, a {batch}.</p>", False),
        ("<p>A {batch} and a {batch}.</p>", False),
        ("<p>A {batch} norm.</p>", False),
        (ELSEWHERE, True),
        ('<div class="objectives"><p>{batch}</p></div><p>A batch.</p>', False),
    ],
)
def test_the_check_sees_a_missing_and_a_wrong_link(planted, right):
    link = '<a href="glossary.html#term-batch"><span>batch</span></a>'
    link = f'<span class="{glossary_links.CLASS}">{link}</span>'
    page = BeautifulSoup(f"<article>{planted.replace('{batch}', link)}</article>", "html.parser")
    text, links = running_text(page.article)
    known = {"term-batch": ["batch"], "term-batch-norm": ["batch norm"]}
    assert (links == first_uses(text, known, {"forms": {}, "not": []})) == right
