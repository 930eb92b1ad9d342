"""A Sphinx extension that makes the pages light: each loads what it uses, in few files, and its pictures when they are near.

All style sheets become one, without the rules that no page needs. The scripts of theme and extensions become one for each
kind of page; ours stay as they are, since they are loaded where they are used anyway.
"""

import re
import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import imagesize
from lxml.html import HtmlElement
from sphinx.application import Sphinx

from sealedbook import pages, stylesheet
from sealedbook.pages import Page, of_class, remove

STYLE, BUNDLE = "book.css", "bundle-{}.js"
"""The names of what is made, below ``_static``."""

UNUSED = ("sphinx-thebe.js", "scripts/fontawesome.js")
"""Scripts that no page needs: no page runs a kernel, and the icons are letters of a font."""

SEARCH = ("searchtools.js", "language_data.js")

USED_BY = {
    "clipboard.min.js": of_class("highlight"),
    "copybutton.js": of_class("highlight"),
    "togglebutton.js": " | ".join(map(of_class, ("toggle", "dropdown"))),
    "design-tabs.js": of_class("sd-tab-set"),
    **dict.fromkeys(SEARCH, "//*[@id='search-results']"),
}
"""What has to be on a page for a script to be of use."""

INLINE = re.compile(r"\b(let|var) toggle")
"""The settings of the toggle buttons stand in the page. They come first: a script that is deferred starts at once.

The others are for Thebe and for a search that we do not offer."""

THEME = "dataset.mode"
"""In the script that sets light or dark."""

SOURCE_MAP = re.compile(r"\n?//# sourceMappingURL.*")
"""Where a script's source is, which we do not serve."""

CHATTER = re.compile(r"console\.(?:log|info|debug)\(")
"""What the theme tells nobody in the console."""

TAB_STOPS = re.compile(r'\["pre","\.nboutput > \.output_area"[^]]*\]')
"""Where the theme looks for boxes that scroll, which lays out the whole page: `scrolls.js` does it for what is near."""

WITHOUT_SCRIPTS = "html:not([data-mode]) .pst-js-only { display: none !important; }"
"""The theme's rule for readers without scripts: with scripts there is a mode, light or dark."""

NEAR = 600
"""A picture after fewer letters than this is seen at once."""

MACROS = ("webpack-macros.html", "sbt-webpack-macros.html")
"""Parts of the theme's templates, which are no pages."""

OVER = (
    "mathjax",
    "vendor/fontawesome",
    "scripts/fontawesome.js",
    "scripts/fontawesome.js.map",
    "locales",
    *MACROS,
)
"""Files that no page asks for any more."""


def ours(app: Sphinx, file: str) -> bool:
    """Is this file from the book's own static folder?"""
    return (Path(app.srcdir) / "_static" / file).is_file()


def lighten(app: Sphinx, site: list[Page]) -> None:
    """All of it."""
    static = Path(app.outdir) / "_static"
    for old in (*static.glob(BUNDLE.format("*")), static / "fonts"):
        discard(old)
    for page in site:
        tidy_head(page)
        bundle_scripts(app, page, static)
        for image in page.tree.iter("img"):
            describe_image(page, image)
        load_when_near(page)
    one_style(app, site, static)
    for path in (static / file for file in OVER):
        discard(path)


def tidy_head(page: Page) -> None:
    """Without what is said twice, and without preloads of scripts that are deferred anyway."""
    for doubled in page.head.xpath("meta[@name='viewport']")[1:]:
        remove(doubled)
    for element in page.head.xpath(
        "link[@rel='preload' and @as='script'] | meta[starts-with(@name, 'docsearch')]"
    ):
        remove(element)


def bundle_scripts(app: Sphinx, page: Page, static: Path) -> None:
    """Put the scripts of theme and extensions into one, which is loaded when the page is there."""
    settings, parts, first, told = [], [], None, {}
    for script in page.tree.xpath(
        "//script[not(@type) or @type='text/javascript' or @type='text/x-thebe-config']"
    ):
        source, text = script.get("src"), script.text or ""
        file = page.static(source) if source else None
        if THEME in text:
            continue  # it has to be known before anything is shown
        deferred = "defer" in script.attrib and not (file or "").startswith("scripts/")
        if file is not None and (ours(app, file) or deferred):
            # what its extension defers is on the pages that need it, and stays a file of its own;
            # the theme, whose scripts are in scripts/, defers everything
            first = script if first is None else first
            script.set("defer", "defer")
            continue
        if file is None and INLINE.search(text) and page.has(USED_BY["togglebutton.js"]):
            settings.append(text)
        elif file is not None and file not in UNUSED and page.has(USED_BY.get(file, "/*")):
            parts.append((static / file).read_text(encoding="utf-8"))
            told |= {
                name: value for name, value in script.attrib.items() if name.startswith("data-")
            }
        remove(script)
    bundle = "\n;\n".join([*dict.fromkeys(settings), *parts])
    for unwanted, instead in ((SOURCE_MAP, ""), (CHATTER, "void("), (TAB_STOPS, '["dn-none"]')):
        bundle = unwanted.sub(instead, bundle)
    name = BUNDLE.format(sha256(bundle.encode()).hexdigest()[:8])
    (static / name).write_text(bundle, encoding="utf-8")
    searches = page.has(USED_BY[SEARCH[0]])
    # a search starts as soon as its script may look at the page: it has to be complete before
    told |= {} if searches else {"defer": "defer"}
    page.add("script", before=first, src=page.address(f"_static/{name}"), **told)
    if searches:
        page.add("script", before=first, src=page.address("searchindex.js"))


def describe_image(page: Page, image: HtmlElement) -> None:
    """Say how large a picture is, so that nothing jumps when it comes."""
    path = (page.path.parent / image.get("src", "")).resolve()
    if path.is_file() and not image.get("width") and not image.get("height"):
        width, height = imagesize.get(path)
        if width > 0 and height > 0:
            image.set("width", str(round(width)))
            image.set("height", str(round(height)))


def load_when_near(page: Page) -> None:
    """The pictures below the first screen are loaded when the reader comes near."""
    for article in page.tree.iter("article"):
        for image, letters in _images(article):
            image.set("decoding", "async")
            if letters > NEAR:
                image.set("loading", "lazy")


def _images(article: HtmlElement) -> Iterator[tuple[HtmlElement, int]]:
    letters = 0
    for element in article.iter():
        if element.tag == "img":
            yield element, letters
        letters += len((element.text or "").strip()) + len((element.tail or "").strip())


def move_styles(page: Page) -> dict[str, str]:
    """Styles at elements become classes; their rules are returned by the name of the class.

    Style sheets in the page go: the theme has one for readers without scripts, for which ``WITHOUT_SCRIPTS`` stands, and
    pandas one beside each table.
    """
    rules = {}
    for element in page.tree.xpath("//*[@style]"):
        if style := element.attrib.pop("style").strip().rstrip(";"):
            name = f"s-{sha256(style.encode()).hexdigest()[:8]}"
            rules[name] = style
            element.set("class", f"{element.get('class', '')} {name}".strip())
    for element in page.tree.xpath("//noscript[style] | //style[not(ancestor::svg)]"):
        remove(element)
    return rules


def one_style(app: Sphinx, site: list[Page], static: Path) -> None:
    """Put all style sheets into one."""
    links = {page: page.head.xpath("link[@rel='stylesheet']") for page in site}
    names, sheets = stylesheet.Names(), []
    media, rules = {}, {}
    for page, found in links.items():
        rules |= move_styles(page)
        names.add_page(page.tree)
        sheets.append([file for link in found if (file := page.static(link.get("href")))])
        media |= {page.static(link.get("href")): link.get("media") for link in found}
    loaded = {page.static(source) for page in site for source in page.tree.xpath("//script/@src")}
    for script in loaded - {None}:
        names.add_script((static / script).read_text(encoding="utf-8"))
    parts = []
    everywhere = set.intersection(*map(set, sheets))
    for file in stylesheet.in_one_order(sorted(sheets, key=len, reverse=True)):
        style = (static / file).read_text(encoding="utf-8")
        # what only some pages load is made for them; their scripts put its classes together
        style = (
            style
            if ours(app, file) or file not in everywhere
            else stylesheet.purged(stylesheet.with_imports(style, static / file), names)
        )
        style = stylesheet.relocated(style, file.rpartition("/")[0])
        parts.append(
            f"@media {media[file]} {{\n{style}}}\n" if media[file] not in (None, "all") else style
        )
    # thrice: what stood at an element outranks classes
    parts += [f"{f'.{name}' * 3}{{{style}}}\n" for name, style in sorted(rules.items())]
    parts.append(WITHOUT_SCRIPTS)
    whole = stylesheet.with_small_fonts("".join(parts), static)
    (static / STYLE).write_text(whole, encoding="utf-8")
    version = sha256(whole.encode()).hexdigest()[:8]
    for page, (first, *others) in links.items():
        first.attrib.clear()
        first.set("rel", "stylesheet")
        first.set("href", page.address(f"_static/{STYLE}?v={version}"))
        for link in others:
            remove(link)


def discard(path: Path) -> None:
    """Delete a file or folder, if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    pages.finish(app, lighten, priority=700)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
