"""The whole book as one HTML document for printing, made from the pages of the built site.

Chapters come first, all solutions at the end. A ``span.page-of`` is to be filled with the page on
which its target lands: see ``sealedbook.pdf``. The document lies beside the folder ``html`` of the
site.
"""

from collections import Counter
from html import escape
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from sealedbook.print_chapters import Chapter, address, first, read, sections

# the contents do not list a section whose title is found in more chapters than this
RECURRING = 4

# address of the last part
SOLUTIONS = "solutions"


class Entry(NamedTuple):
    """A line of the table of contents, and of the outline."""

    level: int
    title: str
    address: str


def document(site: Path, toc: Path) -> tuple[str, list[Entry]]:
    """The document, to be saved beside the site's folder ``html``, and its outline.

    Raises
    ------
    FileNotFoundError
        The site is not built, or a page is missing.
    """
    parts = read(site, toc)
    chapters = list(chain.from_iterable(part.chapters for part in parts))
    title = first(chapters[0].article, "h1").get_text(strip=True)
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
            first(chapter.article, "h1").string = chapter.title
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
