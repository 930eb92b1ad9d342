"""The chapters of a book as they are printed, made from the pages of the built site.

What is folded away on the website is open. Solutions and the answers of quizzes are taken out, to
stand at the end of the book, with links both ways. The still picture of an interactive figure is
what the page has without its scripts.
"""

import re
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path, PurePosixPath
from posixpath import normpath
from urllib.parse import unquote, urlsplit

import yaml
from bs4 import BeautifulSoup, Tag

from sealedbook.folds import BACK

# what has no place on paper; the classes that begin with dn- are those of the package coursebook
UNPRINTED = """script, noscript, link, style, input, .headerlink, .sd-summary-state-marker,
    .take-away, .dn-tick, .dn-end"""

# a page with this is left out, and links to it become words
SCREEN_ONLY = ".dn-progress"


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
    root = {"file": book["root"], "title": "About this book"}
    parts = []
    for part in [{"caption": "", "chapters": [root]}, *book["parts"]]:
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
    soup = _soup((site / f"{file}.html").read_text(encoding="utf-8"))
    article = first(soup, "article.bd-article")
    if article.select(SCREEN_ONLY):
        return None
    links = soup.select("link[rel=stylesheet][href]")
    sheets = [_resolved(file, str(link["href"])) for link in links]
    styles = [f'<link rel="stylesheet" href="html/{sheet}">' for sheet in sheets]
    return Chapter(file, title or next(first(article, "h1").stripped_strings), styles, article)


def first(tag: Tag, selector: str) -> Tag:
    """The first element that a selector finds.

    Raises
    ------
    ValueError
        There is none.
    """
    found = tag.select_one(selector)
    if found is None:
        raise ValueError(f"{selector!r} finds nothing in {tag.name}: not a page of the theme?")
    return found


def _soup(html: str = "") -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser", multi_valued_attributes=None)


def _resolved(page: str, href: str) -> str:
    """A relative address on a page as a path in the site."""
    return normpath(str(PurePosixPath(page).parent / unquote(urlsplit(href).path)))


def _unfold(article: Tag) -> None:
    """Show what a click would show, and load what a scroll would load."""
    for label in article.select(".sd-tab-set > label"):
        label.name, label.attrs = "p", {"class": "paper-tab"}
    for box in article.select("details"):
        box["open"] = ""
    for box in article.select("details.hide"):  # cells with a button to show them
        first(box, "summary").decompose()
        box.name = "div"
    for image in article.select("[loading]"):
        del image["loading"]
    for tag in article.select(UNPRINTED):
        tag.decompose()


def _make_ids_unique(chapter: Chapter) -> None:
    """Put the page's name before its ids, and where they are referred to."""
    for tag in chapter.article.select("[id]"):
        tag["id"] = address(chapter.name, str(tag["id"]))
    for name in ("for", "aria-labelledby", "aria-describedby"):
        for tag in chapter.article.select(f"[{name}]"):
            tag[name] = " ".join(address(chapter.name, one) for one in str(tag[name]).split())


def _move_pictures(chapter: Chapter) -> None:
    """Have pictures come from the site's folder, beside which the document lies."""
    for tag in chapter.article.select("[src]"):
        source = str(tag["src"])
        if not urlsplit(source).scheme:
            tag["src"] = f"html/{_resolved(chapter.name, source)}"


def _lead_links(chapter: Chapter, printed: set[str]) -> None:
    """Have links lead to places of the document; those to pages that it lacks become words."""
    for link in chapter.article.select("a[href]"):
        href = urlsplit(str(link["href"]))
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
    soup = _soup()
    for solution in chapter.article.select("details.solution"):
        solution.name, title = "div", first(solution, "summary")
        title.name, title["class"] = "p", "paper-tab"
        solution.insert_before(_reference(soup, "Solution", str(solution["id"])))
        if (way_back := solution.select_one(f".{BACK}")) is not None:
            link = first(way_back.extract(), "a")
            link.clear()
            link.extend([*title.contents, _page_number(soup, str(link["href"])[1:])])
            title.append(link)
        chapter.solutions.append(solution.extract())


def _take_answers(chapter: Chapter) -> None:
    """Take the answers out of a page's quiz; a line with the number of their page stays."""
    quiz = chapter.article.select_one(".dn-quiz")
    if quiz is None:
        return
    soup = _soup()
    place = quiz["id"] = address(chapter.name, "the-quiz")
    answers_place = address(chapter.name, "the-answers")
    answers = soup.new_tag("div", attrs={"class": "paper-answers", "id": answers_place})
    answers.append(_reference(soup, "Answers to the quiz", place, "paper-tab"))
    for number, details in enumerate(chapter.article.select(".dn-answers"), 1):
        question = soup.new_tag("p", string=f"Question {number}", attrs={"class": "paper-question"})
        answers.append(question)
        answers.append(first(details.extract(), "ul"))
    quiz.insert_after(_reference(soup, "Answers", answers_place))
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
        (
            str(section["id"]),
            re.sub(r"\\\((.*?)\\\)", r"\1", tag.get_text(" ", strip=True)),
        )
        for section, tag in headings
        if section is not None and section.get("id")
    ]
