"""A Sphinx extension for being found: what search engines and previews are told, and where the book says it lives.

Two settings, and no host is written anywhere else:

- ``DROPNORM_SITE`` in the environment, or ``html: baseurl`` in ``_config.yml``: the address of the site. It switches on the
  canonical links, the map of the site, and cards in previews, all of which need a full address.
- ``DROPNORM_REPOSITORY``, or ``repository: url``: the address of the repository. It switches on the buttons that edit a
  page, and those that open a notebook on Binder or, for GitHub, in Colab.
"""

import os
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

LONGEST = 160
"""Of a description, in characters: search engines cut what is longer."""

CARDS = "_static/cards"
"""Where the pictures for previews are: see ``sealedbook.cards``."""

NOT_LISTED = ["404.html", "genindex.html", "search.html"]
"""Pages that no search should find."""

OPENERS = {"binderhub_url": "https://mybinder.org", "notebook_interface": "jupyterlab"}
"""Where notebooks are opened, if there is a repository."""

COLAB = {"colab_url": "https://colab.research.google.com"}
"""The same, for GitHub."""

ASIDE = (nodes.Admonition, nodes.figure, nodes.table, nodes.footnote, nodes.citation)
"""Whose paragraphs do not describe the page."""


def full(address: str, setting: str) -> str:
    """The address of a site or a repository, with one slash at its end; "" is allowed.

    Raises
    ------
    ExtensionError
        It is no address.
    """
    address = (address or "").strip()
    if not address:
        return ""
    if urlsplit(address).scheme not in ("http", "https") or not urlsplit(address).netloc:
        raise ExtensionError(
            f"{setting}={address!r}: expected a full address, such as https://example.org/book/"
        )
    return address.rstrip("/") + "/"


def description(document: nodes.document) -> str:
    """The first sentences of the running text, as many as fit into a description."""
    told = ""
    for sentence in _sentences(document):
        if told and len(told) + 1 + len(sentence) > LONGEST:
            break
        told = f"{told} {sentence}".strip()
        if len(told) > LONGEST:
            return told[: LONGEST - 1].rsplit(" ", 1)[0].rstrip(",;:–") + "…"
    return told


def _sentences(document: nodes.document) -> Iterator[str]:
    for paragraph in document.findall(nodes.paragraph):
        above, aside = (
            paragraph.parent,
            isinstance(paragraph, addnodes.compact_paragraph),
        )  # those are lists of pages
        while above is not None:
            aside |= isinstance(above, ASIDE) or "cell" in above.get("classes", [])
            above = above.parent
        words = " ".join(_words(paragraph).split())
        if aside or not words:
            continue
        for sentence in re.split(r"(?<=[.?!])\s+(?=[A-Z“\"])", words):
            if "\\" not in sentence:  # a formula does not read as words
                yield sentence


def _words(node: nodes.Node) -> str:
    if isinstance(node, nodes.math):
        return re.sub(r"[{}$]", "", node.astext())
    if isinstance(node, nodes.Text):
        return node.astext()
    return "".join(map(_words, node.children))


def tags(page: str, title: str, told: str, book: str, site: str) -> str:
    """The ``meta`` elements of a page, for searches and previews."""
    found = {
        ("name", "description"): told,
        ("property", "og:title"): title,
        ("property", "og:description"): told,
    }
    found |= {
        ("property", "og:type"): "website",
        ("property", "og:site_name"): book,
        ("name", "twitter:card"): "summary",
    }
    if site:
        found[("property", "og:url")] = urljoin(site, f"{page}.html")
        found[("property", "og:image")] = urljoin(site, f"{CARDS}/{card(page)}")
        found |= {("property", "og:image:width"): "1200", ("property", "og:image:height"): "630"}
        found |= {
            ("property", "og:image:alt"): f"{title} – {book}",
            ("name", "twitter:card"): "summary_large_image",
        }
    return "\n".join(
        f'<meta {kind}="{name}" content="{escape(value)}">'
        for (kind, name), value in found.items()
        if value
    )


def card(page: str) -> str:
    """The file name of a page's card."""
    return f"{page.rsplit('/', 1)[-1]}.png"


def _settle(app: Sphinx, config: Config) -> None:
    """Read both settings."""
    config.html_baseurl = full(
        os.environ.get("DROPNORM_SITE") or config.html_baseurl, "DROPNORM_SITE"
    )
    theme = config.html_theme_options
    url = full(
        os.environ.get("DROPNORM_REPOSITORY") or theme.get("repository_url", ""),
        "DROPNORM_REPOSITORY",
    ).rstrip("/")
    if url:
        openers = OPENERS | (COLAB if urlsplit(url).netloc == "github.com" else {})
        theme |= {
            "repository_url": url,
            "repository_branch": theme.get("repository_branch") or "main",
        }
        theme |= {
            "use_edit_page_button": True,
            "use_repository_button": True,
            "launch_buttons": openers,
        }
    else:
        theme.pop("repository_url", None)
    if config.html_baseurl:
        app.setup_extension("sphinx_sitemap")
        config.sitemap_url_scheme, config.sitemap_excludes = "{link}", NOT_LISTED


def _tell(
    app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    if doctree is None:
        context["metatags"] = (
            f'{context.get("metatags", "")}\n<meta name="robots" content="noindex">'
        )
        context["pageurl"] = None
        return
    title = app.env.titles[page].astext()
    told = app.env.metadata[page].get("description") or description(doctree)
    told = tags(page, title, told, app.config.html_title, app.config.html_baseurl)
    context["metatags"] = f"{context.get('metatags', '')}\n{told}"
    if page == app.config.root_doc:
        context["title"] = "Home"  # its own title is the book's, which follows


def _not_found(app: Sphinx) -> Iterator[tuple[str, dict, str]]:
    """The page that a server shows for an address that does not exist."""
    body = (
        "<h1>There is no such page</h1><p>The address may be from an older version of the course. "
        f'The <a href="{app.config.root_doc}.html">first page</a> leads to all chapters, and the '
        '<a href="search.html">search</a> finds words in them.</p>'
    )
    yield "404", {"title": "There is no such page", "body": body}, "page.html"


def rooted(html: str, root: str) -> str:
    """A page whose links work from any address: those that lead to a place of the site start at its root."""
    links = re.compile(r'(\s(?:href|src|action|data-content_root)=")(?!#|/|[a-z]+:)(?:\./)?')
    return links.sub(lambda match: match[1] + root, html)


def _finish(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.name != "html":
        return
    site, out = app.config.html_baseurl, Path(app.outdir)
    page = out / "404.html"
    page.write_text(
        rooted(page.read_text(encoding="utf-8"), urlsplit(site).path or "/"), encoding="utf-8"
    )
    listed = f"Sitemap: {urljoin(site, 'sitemap.xml')}\n" if site else ""
    (out / "robots.txt").write_text(f"User-agent: *\nAllow: /\n{listed}", encoding="utf-8")
    if not site:
        (out / "sitemap.xml").unlink(missing_ok=True)


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("config-inited", _settle)
    app.connect("html-collect-pages", _not_found)
    app.connect("html-page-context", _tell, priority=600)
    app.connect(
        "build-finished", _finish, priority=950
    )  # when nobody looks for the page's files any more
    return {"parallel_read_safe": True, "parallel_write_safe": True}
