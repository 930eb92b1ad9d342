"""A Sphinx extension that makes the pages light: few files, and in them what the page uses.

All style sheets become one, without the rules that no page needs. The scripts of theme and
extensions become one bundle for each kind of page. A script that its extension defers is on the
pages that need it, and stays a file of its own; so do the scripts of the book's own ``_static``.
Pictures below the first screen are loaded when the reader comes near.
"""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import imagesize
from lxml.html import HtmlElement
from sphinx.application import Sphinx

from sealedbook import code_words, pages, stylesheet, theme_fixes
from sealedbook.pages import Page, Step, add_class, of_class, remove

# what is made, below _static
STYLE, BUNDLE = "book.css", "bundle-{}.js"

# scripts that no page needs: no page runs a kernel, and the icons are letters of a font
UNUSED = ("sphinx-thebe.js", "scripts/fontawesome.js")

SEARCH = "//*[@id='search-results']"
TOGGLES = f"{of_class('toggle')} | {of_class('admonition')}[contains(@class, 'dropdown')]"

# what has to be on a page for a script to be of use
USED_BY = {
    "clipboard.min.js": of_class("highlight"),
    "copybutton.js": of_class("highlight"),
    "togglebutton.js": TOGGLES,
    "design-tabs.js": of_class("sd-tab-set"),
    "searchtools.js": SEARCH,
    "language_data.js": SEARCH,
}

SCRIPTS = "//script[not(@type) or @type='text/javascript' or @type='text/x-thebe-config']"

# where the theme has its scripts, which it defers, too
THEME_SCRIPTS = "scripts/"

# the settings of the toggle buttons, which stand in the page;
# other inline scripts are for Thebe and for a search that the site does not offer
TOGGLE_SETTINGS = re.compile(r"\b(let|var) toggle")

# where a script's source is, which is not served
SOURCE_MAP = re.compile(r"\n?//# sourceMappingURL.*")

# the theme's rule for readers without scripts; with scripts there is a mode, light or dark
WITHOUT_SCRIPTS = "html:not([data-mode]) .pst-js-only { display: none !important; }"

# characters of text: a picture after fewer of them is seen at once
FIRST_SCREEN = 600

# files that no page asks for any more; the last two are parts of templates
LEFT_OVER = (
    "mathjax",
    "vendor/fontawesome",
    "scripts/fontawesome.js",
    "scripts/fontawesome.js.map",
    "locales",
    "webpack-macros.html",
    "sbt-webpack-macros.html",
)


def lighten(app: Sphinx, site: list[Page]) -> None:
    """Make all pages light, and their files with them."""
    static, own = Path(app.outdir) / "_static", Path(app.srcdir) / "_static"
    for path in (*static.glob(BUNDLE.format("*")), static / "fonts"):
        discard(path)
    plain = code_words.plain_classes((static / "pygments.css").read_text(encoding="utf-8"))
    for page in site:
        code_words.unwrap(page, plain)
        bundle_scripts(page, static, own)
        for image in page.tree.iter("img"):
            state_size(page, image)
        load_when_near(page)
    join_styles(site, static, own)
    for file in LEFT_OVER:
        discard(static / file)


def discard(path: Path) -> None:
    """Delete a file or folder, if there is one."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


# ---- scripts


@dataclass
class Bundle:
    """What becomes the one script of a page: settings, then files, in the page's order."""

    settings: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)

    def text(self, static: Path) -> str:
        """The script."""
        parts = [(static / file).read_text(encoding="utf-8") for file in self.files]
        # settings come first: a deferred script starts at once
        script = "\n;\n".join([*dict.fromkeys(self.settings), *parts])
        return theme_fixes.mend_script(SOURCE_MAP.sub("", script))


def bundle_scripts(page: Page, static: Path, own: Path) -> None:
    """Put the scripts of theme and extensions into one, which is loaded when the page is there.

    Parameters
    ----------
    page
        The page, which is changed.
    static, own
        The folders of static files of the site, and of the book itself.
    """
    bundle, first_kept = Bundle(), None
    for script in page.tree.xpath(SCRIPTS):
        file = page.static(script.get("src", ""))
        if script.text == theme_fixes.MODE_SCRIPT:
            continue  # it has to run before anything is shown
        if file is not None and stays(script, file, own):
            script.set("defer", "defer")
            first_kept = script if first_kept is None else first_kept
            continue
        collect(script, file, page, bundle)
        remove(script)
    text = bundle.text(static)
    name = BUNDLE.format(sha256(text.encode()).hexdigest()[:8])
    (static / name).write_text(text, encoding="utf-8")
    address = page.address(f"_static/{name}")
    if "searchtools.js" in bundle.files:
        # a search starts as soon as its script may look at the page: it has to be complete before
        page.add("script", before=first_kept, src=address, **bundle.attributes)
        page.add("script", before=first_kept, src=page.address("searchindex.js"))
    else:
        page.add("script", before=first_kept, src=address, **bundle.attributes, defer="defer")


def stays(script: HtmlElement, file: str, own: Path) -> bool:
    """Does a script stay a file of its own?"""
    by_extension = "defer" in script.attrib and not file.startswith(THEME_SCRIPTS)
    return by_extension or (own / file).is_file()


def collect(script: HtmlElement, file: str | None, page: Page, bundle: Bundle) -> None:
    """Add a script to the bundle if the page uses it."""
    if file is None:
        if TOGGLE_SETTINGS.search(script.text or "") and page.has(TOGGLES):
            bundle.settings.append(script.text)
    elif file not in UNUSED and page.has(USED_BY.get(file, "/*")):
        bundle.files.append(file)
        data = {name: value for name, value in script.attrib.items() if name.startswith("data-")}
        bundle.attributes |= data


# ---- pictures


def state_size(page: Page, image: HtmlElement) -> None:
    """Say how large a picture is, so that nothing jumps when it comes."""
    path = (page.path.parent / image.get("src", "")).resolve()
    if path.is_file() and not image.get("width") and not image.get("height"):
        width, height = imagesize.get(path)
        if width > 0 and height > 0:
            image.set("width", str(round(width)))
            image.set("height", str(round(height)))


def load_when_near(page: Page) -> None:
    """Have pictures below the first screen loaded when the reader comes near."""
    for article in page.tree.iter("article"):
        for image, characters in _images(article):
            image.set("decoding", "async")
            if characters > FIRST_SCREEN:
                image.set("loading", "lazy")


def _images(article: HtmlElement) -> Iterator[tuple[HtmlElement, int]]:
    """The pictures, each with the characters of text before it."""
    characters = 0
    for element in article.iter():
        if element.tag == "img":
            yield element, characters
        characters += len((element.text or "").strip()) + len((element.tail or "").strip())


# ---- style sheets


def join_styles(site: list[Page], static: Path, own: Path) -> None:
    """Put all style sheets into one: of those that every page loads, what the pages use.

    The book's own stay whole, and so do those that only some pages load: they are made for these
    pages, and scripts may put the names of their classes together.
    """
    names = stylesheet.Names()
    inline: dict[str, str] = {}  # rules by the name of their class
    media: dict[str, str] = {}  # by file
    sheets: list[list[str]] = []  # files of each page
    for page in site:
        inline |= move_styles(page)
        names.add_page(page.tree)
        linked = _linked_styles(page)
        sheets.append(list(linked))
        media |= linked
    for file in {
        page.static(source) for page in site for source in page.tree.xpath("//script/@src")
    }:
        if file is not None:
            names.add_script((static / file).read_text(encoding="utf-8"))
    common, parts = set.intersection(*map(set, sheets)), []
    for file in stylesheet.in_one_order(sorted(sheets, key=len, reverse=True)):
        style = theme_fixes.mend_style((static / file).read_text(encoding="utf-8"))
        if file in common and not (own / file).is_file():
            style = stylesheet.purged(stylesheet.with_imports(style, static / file), names)
        style = stylesheet.relocated(style, file.rpartition("/")[0])
        parts.append(style if media[file] == "all" else f"@media {media[file]} {{\n{style}}}\n")
    # a class named thrice outranks others, as what stood at an element did
    parts += [f"{f'.{name}' * 3}{{{rule}}}\n" for name, rule in sorted(inline.items())]
    style = stylesheet.with_small_fonts("".join([*parts, WITHOUT_SCRIPTS]), static)
    (static / STYLE).write_text(style, encoding="utf-8")
    version = sha256(style.encode()).hexdigest()[:8]
    for page in site:
        link_style(page, page.address(f"_static/{STYLE}?v={version}"))


STYLE_LINKS = "link[@rel='stylesheet']"


def _linked_styles(page: Page) -> dict[str, str]:
    """The style sheets of a page, and the media that each is for."""
    links = ((page.static(link.get("href")), link) for link in page.head.xpath(STYLE_LINKS))
    return {file: link.get("media", "all") for file, link in links if file}


def link_style(page: Page, address: str) -> None:
    """Have a page load one style sheet, in the place of its first."""
    first, *others = page.head.xpath(STYLE_LINKS)
    first.attrib.clear()
    first.set("rel", "stylesheet")
    first.set("href", address)
    for link in others:
        remove(link)


def move_styles(page: Page) -> dict[str, str]:
    """Turn styles at elements into classes; their rules are returned by the name of the class.

    Style sheets in the page go: the theme has one for readers without scripts, for which
    ``WITHOUT_SCRIPTS`` stands, and pandas one beside each table.
    """
    rules = {}
    for element in page.tree.xpath("//*[@style]"):
        if rule := element.attrib.pop("style").strip().rstrip(";"):
            name = f"s-{sha256(rule.encode()).hexdigest()[:8]}"
            rules[name] = rule
            add_class(element, name)
    for element in page.tree.xpath("//noscript[style] | //style[not(ancestor::svg)]"):
        remove(element)
    return rules


def setup(app: Sphinx) -> dict[str, bool]:
    """Have the pages changed; called by Sphinx."""
    app.setup_extension("sealedbook.theme_fixes")
    pages.finish(app, Step.ASSETS, lighten)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
