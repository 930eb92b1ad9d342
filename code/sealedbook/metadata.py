"""A Sphinx extension for what search engines and previews read, and for where the book lives.

No host is written in the book. Two addresses come from the settings, or from the environment
variables that ``sealedbook_site_variable`` and ``sealedbook_repository_variable`` name; so does
``repository_branch``, from ``sealedbook_branch_variable``:

- ``html_baseurl``, the address of the site. It switches on the canonical links, the map of the
  site, and cards in previews, all of which need a full address.
- ``repository_url`` of the theme. It switches on the buttons that edit a page, and those that open
  a notebook on Binder. There is none for Colab: it opens a repository's notebook without the
  repository, and stops at the first import; what a page offers for download runs there.

Why not a library: ``sphinxext-opengraph`` 0.13 cuts descriptions in the middle of a word, puts
headings and raw TeX into them, names addresses of a site that has none, and needs Matplotlib to
build the site. ``sphinx-notfound-page`` 1.1 writes absolute addresses before the style sheets and
scripts are joined, and is longer than the one expression that it would replace.
"""

import os
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

from sealedbook.pages import CONTEXT_COMPLETE, PAGES_FINISHED

# of a description, in characters: search engines cut what is longer
LONGEST = 160

# a picture of this size, called like its page, for previews
CARDS = "_static/cards"
CARD_SIZE = (1200, 630)

# pages that no search should find
UNLISTED = ["404.html", "genindex.html", "search.html"]

BINDER = {"binderhub_url": "https://mybinder.org", "notebook_interface": "jupyterlab"}

# whose paragraphs do not describe the page
ASIDE = (nodes.Admonition, nodes.figure, nodes.table, nodes.footnote, nodes.citation)

SENTENCE_END = re.compile(r"(?<=[.?!])\s+(?=[A-Z“\"])")

NOT_FOUND = """<h1>There is no such page</h1><p>The address may be from an older version of the
course. The <a href="{first}.html">first page</a> leads to all chapters, and the
<a href="search.html">search</a> finds words in them.</p>"""

# an attribute with an address that is relative to the page
RELATIVE = re.compile(r'(\s(?:href|src|action|data-content_root)=")(?!#|/|[a-z]+:)(?:\./)?')


def full_address(address: str, setting: str) -> str:
    """The address of a site or a repository, with one slash at its end; "" is allowed.

    Raises
    ------
    ExtensionError
        It is no address.
    """
    address = (address or "").strip()
    if not address:
        return ""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        expected = "expected a full address, such as https://example.org/book/"
        raise ExtensionError(f"{setting}={address!r}: {expected}")
    return address.rstrip("/") + "/"


def description(document: nodes.document) -> str:
    """The first sentences of the running text, as many as fit into a description."""
    text = ""
    for sentence in _sentences(document):
        if text and len(text) + 1 + len(sentence) > LONGEST:
            break
        text = f"{text} {sentence}".strip()
        if len(text) > LONGEST:
            return text[: LONGEST - 1].rsplit(" ", 1)[0].rstrip(",;:–") + "…"
    return text


def _sentences(document: nodes.document) -> Iterator[str]:
    for paragraph in document.findall(nodes.paragraph):
        words = " ".join(_words(paragraph).split())
        if not words or _is_aside(paragraph):
            continue
        for sentence in SENTENCE_END.split(words):
            if "\\" not in sentence:  # a formula does not read as words
                yield sentence


def _is_aside(paragraph: nodes.paragraph) -> bool:
    """Does a paragraph belong to a list of pages, a cell, a figure or a box?"""
    if isinstance(paragraph, addnodes.compact_paragraph):
        return True
    parent = paragraph.parent
    while parent is not None:
        if isinstance(parent, ASIDE) or "cell" in parent.get("classes", []):
            return True
        parent = parent.parent
    return False


def _words(node: nodes.Node) -> str:
    if isinstance(node, nodes.math):
        return re.sub(r"[{}$]", "", node.astext())
    if isinstance(node, nodes.Text):
        return node.astext()
    return "".join(map(_words, node.children))


def meta_elements(page: str, title: str, summary: str, book: str, site: str) -> str:
    """The ``meta`` elements of a page.

    Parameters
    ----------
    page, title, summary
        Name, title and description of the page.
    book
        Title of the book.
    site
        Address of the site, or "".
    """
    values = {
        'name="description"': summary,
        'property="og:title"': title,
        'property="og:description"': summary,
        'property="og:type"': "website",
        'property="og:site_name"': book,
        'name="twitter:card"': "summary_large_image" if site else "summary",
    }
    if site:
        width, height = CARD_SIZE
        values |= {
            'property="og:url"': urljoin(site, f"{page}.html"),
            'property="og:image"': urljoin(site, f"{CARDS}/{card_name(page)}"),
            'property="og:image:width"': str(width),
            'property="og:image:height"': str(height),
            'property="og:image:alt"': f"{title} – {book}",
        }
    lines = [f'<meta {name} content="{escape(value)}">' for name, value in values.items() if value]
    return "\n".join(lines)


def card_name(page: str) -> str:
    """The file name of a page's card."""
    return f"{page.rsplit('/', 1)[-1]}.png"


def rooted(html: str, root: str) -> str:
    """A page whose links work from any address: they start at the root of the site."""
    return RELATIVE.sub(lambda match: match[1] + root, html)


def _configure(app: Sphinx, config: Config) -> None:
    """Settle where the site and its repository are."""
    theme, site_variable = config.html_theme_options, config.sealedbook_site_variable
    repository_variable = config.sealedbook_repository_variable
    site = os.environ.get(site_variable) or config.html_baseurl
    repository = os.environ.get(repository_variable) or theme.get("repository_url", "")
    branch = os.environ.get(config.sealedbook_branch_variable) or theme.get("repository_branch")
    config.html_baseurl = full_address(site, site_variable or "html_baseurl")
    url = full_address(repository, repository_variable or "repository_url").rstrip("/")
    if url:
        theme |= {
            "repository_url": url,
            "repository_branch": branch or "main",
            "use_edit_page_button": True,
            "use_repository_button": True,
            "launch_buttons": BINDER,
        }
    else:
        theme.pop("repository_url", None)
    if config.html_baseurl:
        app.setup_extension("sphinx_sitemap")
        config.sitemap_url_scheme, config.sitemap_excludes = "{link}", UNLISTED


def _add_meta(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    if doctree is None:
        elements = '<meta name="robots" content="noindex">'
        context["pageurl"] = None  # no canonical link
    else:
        title = app.env.titles[page].astext()
        summary = app.env.metadata[page].get("description") or description(doctree)
        book, site = app.config.html_title, app.config.html_baseurl
        elements = meta_elements(page, title, summary, book, site)
    context["metatags"] = f"{context.get('metatags', '')}\n{elements}"
    if page == app.config.root_doc:
        context["title"] = "Home"  # its own title is the book's, which follows


def _add_not_found(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Add the page that a server shows for an address that does not exist."""
    body = NOT_FOUND.format(first=app.config.root_doc)
    yield "404", {"title": "There is no such page", "body": body}, "page.html"


def _write_files(app: Sphinx, error: Exception | None) -> None:
    """Root the links of the page for missing pages, and write ``robots.txt``."""
    if error is not None or app.builder.name != "html":
        return
    site, out = app.config.html_baseurl, Path(app.outdir)
    page = out / "404.html"
    html = rooted(page.read_text(encoding="utf-8"), urlsplit(site).path or "/")
    page.write_text(html, encoding="utf-8")
    sitemap = f"Sitemap: {urljoin(site, 'sitemap.xml')}\n" if site else ""
    (out / "robots.txt").write_text(f"User-agent: *\nAllow: /\n{sitemap}", encoding="utf-8")
    if not site:
        (out / "sitemap.xml").unlink(missing_ok=True)


def setup(app: Sphinx) -> dict[str, bool]:
    """Offer the settings, and have the pages described; called by Sphinx."""
    for name in ("site", "repository", "branch"):
        app.add_config_value(f"sealedbook_{name}_variable", "", "html", types=frozenset({str}))
    app.connect("config-inited", _configure)
    app.connect("html-collect-pages", _add_not_found)
    app.connect("html-page-context", _add_meta, priority=CONTEXT_COMPLETE)
    app.connect("build-finished", _write_files, priority=PAGES_FINISHED)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
