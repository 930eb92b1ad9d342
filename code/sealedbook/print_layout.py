"""The whole book as one HTML document for printing, made from the pages of the built site.

What is folded away on the website is open here. Solutions and the answers of quizzes stand at the end, with links both ways.
The still picture of an interactive figure is what the page has without its scripts. A ``span.page-of`` is to be filled with
the page on which its target lands: see ``sealedbook.pdf``.
"""

import re
from dataclasses import dataclass, field
from html import escape
from pathlib import Path, PurePosixPath
from posixpath import normpath
from urllib.parse import unquote, urlsplit

import yaml
from bs4 import BeautifulSoup, Tag

UNPRINTED = ".headerlink, .sd-summary-state-marker, script, noscript, link, style, .take-away, .dn-tick, .dn-end"
"""What has no place on paper."""

ON_SCREEN_ONLY = ".dn-progress"
"""A page with this is left out, and links to it become words."""

RECURRING = {"What we saw", "What we do not know", "Exercises", "Quiz", "Sources"}
"""Sections that every chapter has: the contents do not list them."""

SOLUTIONS = "solutions"
"""Address of the last part."""


@dataclass
class Chapter:
    """A page of the site: its name, its title in the contents, what it loads, its content, and what was moved to the end."""

    name: str
    title: str
    head: list[str]
    article: Tag
    solutions: list[Tag] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Of its beginning, in the document."""
        return address(self.name)


def address(page: str, anchor: str = "") -> str:
    """Address in the document of a place of the site: no two pages share one."""
    page = page.replace("/", "-")
    return f"{page}--{anchor}" if anchor else page


def contents(toc: Path) -> list[tuple[str, list[tuple[str, str | None]]]]:
    """The parts of a book's ``_toc.yml``, the first page being a part without a name: pages and their titles, if given."""
    book = yaml.safe_load(toc.read_text(encoding="utf-8"))
    parts = [
        (part["caption"], [(page["file"], page.get("title")) for page in part["chapters"]])
        for part in book["parts"]
    ]
    return [("", [(book["root"], "About this book")]), *parts]


def read(site: Path, toc: Path) -> list[tuple[str, list[Chapter]]]:
    """All printed pages, by part, ready to stand in one document.

    Raises
    ------
    FileNotFoundError
        The site is not built, or a page is missing.
    """
    parts = []
    for part, pages in contents(toc):
        chapters = []
        for name, title in pages:
            soup = BeautifulSoup((site / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
            article = soup.select_one("article.bd-article")
            if not article.select(ON_SCREEN_ONLY):
                heading = article.h1.find(string=True, recursive=True)
                chapters.append(Chapter(name, title or heading.strip(), _head(soup, name), article))
        parts.append((part, chapters))
    names = {chapter.name for _, chapters in parts for chapter in chapters}
    for chapter in (chapter for _, chapters in parts for chapter in chapters):
        _open(chapter.article)
        _move(chapter.article, chapter.name, names)
        _take_solutions(chapter)
    return parts


def _open(article: Tag) -> None:
    """Show what a click would show, and load what a scroll would load."""
    for tag in article.select(UNPRINTED):
        tag.decompose()
    for image in article.select("[loading]"):
        del image["loading"]
    for tabs in article.select(".sd-tab-set"):
        for label in tabs.select(":scope > label"):
            label.name, label.attrs = "p", {"class": "paper-tab"}
        for tag in tabs.select(":scope > input"):
            tag.decompose()
    for box in article.select("details"):
        box["open"] = ""
        if "hide" in box.get("class", []):  # a cell with a button to show it
            box.summary.decompose()
            box.name = "div"
    for prompt in article.select("input"):
        prompt.decompose()


def _move(article: Tag, page: str, pages: set[str]) -> None:
    """Make ids, links and addresses of pictures those of the whole document, which lies beside the site's folder."""
    for tag in article.select("[id]"):
        tag["id"] = address(page, tag["id"])
    for tag in article.select("[for], [aria-labelledby], [aria-describedby]"):
        for name in {"for", "aria-labelledby", "aria-describedby"} & set(tag.attrs):
            tag[name] = " ".join(address(page, one) for one in tag[name].split())
    for tag in article.select("[src]"):
        if not urlsplit(tag["src"]).scheme:
            tag["src"] = f"html/{_resolved(page, tag['src'])}"
    for link in article.select("a[href]"):
        parts = urlsplit(link["href"])
        if parts.scheme or parts.netloc:
            continue
        target = _resolved(page, parts.path).removesuffix(".html") if parts.path else page
        if target not in pages:
            link.unwrap()
        else:
            # the explorer's links carry a view, which is no place on paper
            anchor = "" if "=" in parts.fragment else unquote(parts.fragment)
            link["href"] = f"#{address(target, anchor)}"


def _resolved(page: str, path: str) -> str:
    return normpath(str(PurePosixPath(page).parent / unquote(path)))


def _take_solutions(chapter: Chapter) -> None:
    """Take solutions and answers out of a page; a line with the page's number stays."""
    soup = BeautifulSoup("", "html.parser")
    for solution in chapter.article.select(".solution"):
        solution["class"] = [
            name for name in solution["class"] if name not in ("dropdown", "toggle")
        ]
        solution.insert_before(_line(soup, "Solution", solution["id"]))
        exercise = solution.select_one(".admonition-title a[href]")
        if exercise is not None:
            exercise.append(_see(soup, exercise["href"][1:]))
        chapter.solutions.append(solution.extract())
    quiz = chapter.article.select_one(".dn-quiz")
    if quiz is None:
        return
    quiz["id"], answers = address(chapter.name, "the-quiz"), soup.new_tag("div")
    answers["class"], answers["id"] = "paper-answers", address(chapter.name, "the-answers")
    title = soup.new_tag("p", attrs={"class": "paper-tab"})
    title.append(link := soup.new_tag("a", href=f"#{quiz['id']}", string="Answers to the quiz"))
    link.append(_see(soup, quiz["id"]))
    answers.append(title)
    for number, details in enumerate(chapter.article.select(".dn-answers"), 1):
        answers.append(
            soup.new_tag("p", string=f"Question {number}", attrs={"class": "paper-question"})
        )
        answers.append(details.extract().ul)
    quiz.insert_after(_line(soup, "Answers", answers["id"]))
    chapter.solutions.append(answers)


def _line(soup: BeautifulSoup, word: str, target: str) -> Tag:
    line = soup.new_tag("p", attrs={"class": "paper-see"})
    line.append(link := soup.new_tag("a", href=f"#{target}", string=word))
    link.append(_see(soup, target))
    return line


def _see(soup: BeautifulSoup, target: str) -> Tag:
    """The words ", page 12"; the number is filled in later."""
    see = soup.new_tag("span", string=", page ", attrs={"class": "paper-page"})
    see.append(soup.new_tag("span", string="0", attrs={"class": "page-of", "data-of": target}))
    return see


def sections(chapter: Chapter) -> list[tuple[str, str]]:
    """Address and title of each section that the contents list."""
    found = []
    for heading in chapter.article.select("h2"):
        section = heading.find_parent("section")
        if (
            section is not None
            and section.get("id")
            and (title := heading.get_text(" ", strip=True)) not in RECURRING
        ):
            found.append((section["id"], re.sub(r"\\\((.*?)\\\)", r"\1", title)))
    return found


def document(site: Path, toc: Path) -> tuple[str, list[tuple[int, str, str]]]:
    """The document, to be saved beside the site's folder ``html``; and its outline: level, title and address.

    Raises
    ------
    FileNotFoundError
        The site is not built, or a page is missing.
    """
    parts = read(site, toc)
    title = parts[0][1][0].article.h1.get_text(strip=True)
    outline, body = [], []
    for part, chapters in parts:
        if part:
            outline.append((0, part, address("part", chapters[0].address)))
            body.append(f'<h1 class="paper-part" id="{outline[-1][2]}">{escape(part)}</h1>')
        for chapter in chapters:
            outline.append((1 if part else 0, chapter.title, chapter.address))
            outline += [(2 if part else 1, title, place) for place, title in sections(chapter)]
            chapter.article.h1.string = chapter.title
            chapter.article["id"] = chapter.address
            body.append(str(chapter.article))
    outline.append((0, "Solutions", SOLUTIONS))
    body.append(f'<h1 class="paper-part" id="{SOLUTIONS}">Solutions</h1>')
    for chapter in (chapter for _, chapters in parts for chapter in chapters if chapter.solutions):
        outline.append((1, chapter.title, address(SOLUTIONS, chapter.address)))
        heading = f'<h1><a href="#{chapter.address}">{escape(chapter.title)}</a></h1>'
        content = "\n".join(map(str, chapter.solutions))
        body.append(
            f'<article class="bd-article paper-solutions" id="{outline[-1][2]}">{heading}{content}</article>'
        )
    head = dict.fromkeys(
        line for _, chapters in parts for chapter in chapters for line in chapter.head
    )
    page = _page(title, "\n".join(head), _listed(outline), "\n".join(body))
    return page, outline


def _listed(outline: list[tuple[int, str, str]]) -> str:
    """The table of contents."""

    def row(level: int, title: str, target: str) -> str:
        number = f'<span class="page-of" data-of="{target}">0</span>'
        words = f"<span>{escape(title)}</span>"
        return (
            f'<li class="paper-level-{level}"><a href="#{target}">{words}<i></i>{number}</a></li>'
        )

    return "\n".join(row(*entry) for entry in outline)


def _head(soup: BeautifulSoup, page: str) -> list[str]:
    """The style sheets of a page."""
    paths = [
        _resolved(page, urlsplit(link["href"]).path)
        for link in soup.select("link[rel=stylesheet][href]")
    ]
    return [f'<link rel="stylesheet" href="html/{path}">' for path in paths]


def _page(title: str, head: str, listed: str, body: str) -> str:
    return f"""<!doctype html>
<html lang="en" data-theme="light" data-mode="light">
<head><meta charset="utf-8"><title>{escape(title)}</title>
{head}
</head>
<body class="paper">
<header class="paper-cover"><p>{escape(title)}</p></header>
<nav class="paper-contents" aria-label="Contents"><h1>Contents</h1><ul>
{listed}
</ul></nav>
<main>
{body}
</main>
</body>
</html>
"""
