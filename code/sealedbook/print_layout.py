"""The whole book as one HTML document for printing, made from the pages of the built site.

What is folded away on the website is open here. Solutions and the answers of quizzes stand at the
end, with links both ways. The still picture of an interactive figure is what the page has without
its scripts. A ``span.page-of`` is to be filled with the page on which its target lands: see
``sealedbook.pdf``. The document lies beside the folder ``html`` of the site.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from html import escape
from itertools import chain
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import yaml
from bs4 import BeautifulSoup, Tag

# what has no place on paper; the classes that begin with dn- are those of the package coursebook
UNPRINTED = """script, noscript, link, style, input, .headerlink, .sd-summary-state-marker,
    .take-away, .dn-tick, .dn-end"""

# a page with this is left out, and links to it become words
SCREEN_ONLY = ".dn-progress"

# the contents do not list a section whose title is found in more chapters than this
RECURRING = 4

# address of the last part
SOLUTIONS = "solutions"


class Entry(NamedTuple):
    """A line of the table of contents, and of the outline."""

    level: int
    title: str
    address: str


@dataclass
class Chapter:
    """A page of the site, on its way into the document."""

    name: str
    title: str  # as the contents have it
    styles: list[str]  # links to its style sheets
    article: Tag
    solutions: list[Tag] = field(default_factory=list)  # moved out of the article, to the end

    @property
    def address(self) -> str:
        """Of its beginning, in the document."""
        return address(self.name)


@dataclass
class Part:
    """Chapters below one caption; the first page of a book is a part without one."""

    caption: str
    chapters: list[Chapter]


def address(page: str, anchor: str = "") -> str:
    """Address in the document of a place of the site: no two pages share one."""
    page = page.replace("/", "-")
    return f"{page}--{anchor}" if anchor else page


def read(site: Path, toc: Path) -> list[Part]:
    """All printed pages, by part, ready to stand in one document.

    Raises
    ------
    FileNotFoundError
        The site is not built, or a page is missing.
    """
    book = yaml.safe_load(toc.read_text(encoding="utf-8"))
    first = {"caption": "", "chapters": [{"file": book["root"], "title": "About this book"}]}
    parts = []
    for part in [first, *book["parts"]]:
        chapters = [_read_page(site, **entry) for entry in part["chapters"]]
        parts.append(Part(part["caption"], [chapter for chapter in chapters if chapter]))
    printed = list(chain.from_iterable(part.chapters for part in parts))
    names = {chapter.name for chapter in printed}
    for chapter in printed:
        _unfold(chapter.article)
        _make_ids_unique(chapter)
        _move_pictures(chapter)
        _lead_links(chapter, names)
        _take_solutions(chapter)
        _take_answers(chapter)
    return parts


def _read_page(site: Path, file: str, title: str = "") -> Chapter | None:
    """A page; None if it is for the screen only."""
    soup = BeautifulSoup((site / f"{file}.html").read_text(encoding="utf-8"), "html.parser")
    article = soup.select_one("article.bd-article")
    if article.select(SCREEN_ONLY):
        return None
    sheets = [_resolved(file, link["href"]) for link in soup.select("link[rel=stylesheet][href]")]
    styles = [f'<link rel="stylesheet" href="html/{sheet}">' for sheet in sheets]
    return Chapter(file, title or article.h1.find(string=True).strip(), styles, article)


def _resolved(page: str, href: str) -> str:
    """A relative address on a page as a path in the site."""
    return normpath(str(PurePosixPath(page).parent / unquote(urlsplit(href).path)))


def _unfold(article: Tag) -> None:
    """Show what a click would show, and load what a scroll would load."""
    for label in article.select(".sd-tab-set > label"):
        label.name, label.attrs = "p", {"class": "paper-tab"}
    for box in article.select("details"):
        box["open"] = ""
        if "hide" in box.get("class", []):  # a cell with a button to show it
            box.summary.decompose()
            box.name = "div"
    for image in article.select("[loading]"):
        del image["loading"]
    for tag in article.select(UNPRINTED):
        tag.decompose()


def _make_ids_unique(chapter: Chapter) -> None:
    """Put the page's name before its ids, and where they are referred to."""
    for tag in chapter.article.select("[id]"):
        tag["id"] = address(chapter.name, tag["id"])
    for name in ("for", "aria-labelledby", "aria-describedby"):
        for tag in chapter.article.select(f"[{name}]"):
            tag[name] = " ".join(address(chapter.name, one) for one in tag[name].split())


def _move_pictures(chapter: Chapter) -> None:
    """Have pictures come from the site's folder, beside which the document lies."""
    for tag in chapter.article.select("[src]"):
        if not urlsplit(tag["src"]).scheme:
            tag["src"] = f"html/{_resolved(chapter.name, tag['src'])}"


def _lead_links(chapter: Chapter, printed: set[str]) -> None:
    """Have links lead to places of the document; those to pages that it lacks become words."""
    for link in chapter.article.select("a[href]"):
        href = urlsplit(link["href"])
        if href.scheme or href.netloc:
            continue
        page = _resolved(chapter.name, href.path) if href.path else chapter.name
        page = page.removesuffix(".html")
        if page not in printed:
            link.unwrap()
            continue
        # the explorer's links carry a view, which is no place on paper
        anchor = "" if "=" in href.fragment else unquote(href.fragment)
        link["href"] = f"#{address(page, anchor)}"


def _take_solutions(chapter: Chapter) -> None:
    """Take the solutions out of a page; a line with the number of their page stays."""
    soup = BeautifulSoup("", "html.parser")
    for solution in chapter.article.select(".solution"):
        closed = ("dropdown", "toggle")
        solution["class"] = [name for name in solution["class"] if name not in closed]
        solution.insert_before(_reference(soup, "Solution", solution["id"]))
        exercise = solution.select_one(".admonition-title a[href]")
        if exercise is not None:
            exercise.append(_page_number(soup, exercise["href"][1:]))
        chapter.solutions.append(solution.extract())


def _take_answers(chapter: Chapter) -> None:
    """Take the answers out of a page's quiz; a line with the number of their page stays."""
    quiz = chapter.article.select_one(".dn-quiz")
    if quiz is None:
        return
    soup = BeautifulSoup("", "html.parser")
    quiz["id"] = address(chapter.name, "the-quiz")
    place = address(chapter.name, "the-answers")
    answers = soup.new_tag("div", attrs={"class": "paper-answers", "id": place})
    answers.append(_reference(soup, "Answers to the quiz", quiz["id"], "paper-tab"))
    for number, details in enumerate(chapter.article.select(".dn-answers"), 1):
        question = soup.new_tag("p", string=f"Question {number}", attrs={"class": "paper-question"})
        answers.append(question)
        answers.append(details.extract().ul)
    quiz.insert_after(_reference(soup, "Answers", place))
    chapter.solutions.append(answers)


def _reference(soup: BeautifulSoup, word: str, target: str, kind: str = "paper-see") -> Tag:
    """A line such as "Solution, page 12"."""
    line = soup.new_tag("p", attrs={"class": kind})
    link = soup.new_tag("a", href=f"#{target}", string=word)
    link.append(_page_number(soup, target))
    line.append(link)
    return line


def _page_number(soup: BeautifulSoup, target: str) -> Tag:
    """The words ", page 12"; the number is filled in later."""
    words = soup.new_tag("span", string=", page ", attrs={"class": "paper-page"})
    words.append(soup.new_tag("span", string="0", attrs={"class": "page-of", "data-of": target}))
    return words


def sections(chapter: Chapter) -> list[tuple[str, str]]:
    """Address and title of each section of a page."""
    headings = [(tag.find_parent("section"), tag) for tag in chapter.article.select("h2")]
    return [
        (section["id"], re.sub(r"\\\((.*?)\\\)", r"\1", tag.get_text(" ", strip=True)))
        for section, tag in headings
        if section is not None and section.get("id")
    ]


def document(site: Path, toc: Path) -> tuple[str, list[Entry]]:
    """The document, to be saved beside the site's folder ``html``, and its outline.

    Raises
    ------
    FileNotFoundError
        The site is not built, or a page is missing.
    """
    parts = read(site, toc)
    chapters = list(chain.from_iterable(part.chapters for part in parts))
    title = chapters[0].article.h1.get_text(strip=True)
    used = Counter(words for chapter in chapters for words in {t for _, t in sections(chapter)})
    outline: list[Entry] = []
    body: list[str] = []
    for part in parts:
        if part.caption:
            outline.append(Entry(0, part.caption, address("part", part.chapters[0].address)))
            body.append(_part_title(outline[-1]))
        level = 1 if part.caption else 0
        for chapter in part.chapters:
            outline.append(Entry(level, chapter.title, chapter.address))
            outline += [
                Entry(level + 1, words, place)
                for place, words in sections(chapter)
                if used[words] <= RECURRING
            ]
            chapter.article.h1.string = chapter.title
            chapter.article["id"] = chapter.address
            body.append(str(chapter.article))
    outline.append(Entry(0, "Solutions", SOLUTIONS))
    body.append(_part_title(outline[-1]))
    for chapter in chapters:
        if chapter.solutions:
            place = address(SOLUTIONS, chapter.address)
            outline.append(Entry(1, chapter.title, place))
            body.append(_solutions(chapter, place))
    styles = dict.fromkeys(style for chapter in chapters for style in chapter.styles)
    return _page(title, "\n".join(styles), _contents(outline), "\n".join(body)), outline


def _part_title(entry: Entry) -> str:
    return f'<h1 class="paper-part" id="{entry.address}">{escape(entry.title)}</h1>'


def _solutions(chapter: Chapter, place: str) -> str:
    """The solutions of a page, as they stand at the end."""
    heading = f'<h1><a href="#{chapter.address}">{escape(chapter.title)}</a></h1>'
    content = "\n".join(map(str, chapter.solutions))
    start = f'<article class="bd-article paper-solutions" id="{place}">'
    return f"{start}{heading}{content}</article>"


def _contents(outline: list[Entry]) -> str:
    """The table of contents."""
    return "\n".join(
        f'<li class="paper-level-{entry.level}"><a href="#{entry.address}">'
        f"<span>{escape(entry.title)}</span><i></i>"
        f'<span class="page-of" data-of="{entry.address}">0</span></a></li>'
        for entry in outline
    )


def _page(title: str, styles: str, contents: str, body: str) -> str:
    return f"""<!doctype html>
<html lang="en" data-theme="light" data-mode="light">
<head><meta charset="utf-8"><title>{escape(title)}</title>
{styles}
</head>
<body class="paper">
<header class="paper-cover"><p>{escape(title)}</p></header>
<nav class="paper-contents" aria-label="Contents"><h1>Contents</h1><ul>
{contents}
</ul></nav>
<main>
{body}
</main>
</body>
</html>
"""
