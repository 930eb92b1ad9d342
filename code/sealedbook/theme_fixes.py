"""A Sphinx extension that mends what the theme and other extensions leave wrong in the pages.

All patches of what others wrote are in this file, and here alone. Each is a function that says
what is wrong, whose fault it is, and with which version it was last seen; a test builds a small
book without it and says when it is no longer needed. No open issue is known for any of them;
where the change that brought a fault is known, its pull request is named. How things look is not
mended here but in the book's style sheet.
"""

import re
from collections.abc import Callable

from sphinx.application import Sphinx

from sealedbook import pages
from sealedbook.pages import Page, Step, add_class, of_class, remove

# ---- landmarks, names, roles


def name_sidebar(page: Page) -> None:
    """Make the sidebar with logo and search a landmark: a screen reader would skip it.

    pydata-sphinx-theme 0.17.1.
    """
    for sidebar in page.tree.xpath("//div[@id='pst-primary-sidebar']"):
        sidebar.set("role", "complementary")
        sidebar.set("aria-label", "This book")


def name_search_button(page: Page) -> None:
    """Let the search button be called what it shows: its label says less than its text.

    pydata-sphinx-theme 0.17.1.
    """
    for button in page.tree.xpath(of_class("search-button-field")):
        button.attrib.pop("aria-label", None)
        button.attrib.pop("title", None)


def name_icon_buttons(page: Page) -> None:
    """Give buttons without text a name: they have it in a tooltip only.

    sphinx-book-theme 1.3.0.
    """
    for button in page.tree.xpath("//button[@title and not(@aria-label)]"):
        if not button.text_content().strip():
            button.set("aria-label", button.get("title"))


def hide_icons(page: Page) -> None:
    """Hide the icons in buttons from screen readers: the button is named already.

    pydata-sphinx-theme 0.17.1 and sphinx-book-theme 1.3.0.
    """
    for icon in page.tree.xpath("//i[contains(@class, 'fa-')]"):
        icon.attrib.pop("title", None)
        icon.set("aria-hidden", "true")


def name_summaries(page: Page) -> None:
    """Let a fold be called what it shows: all are labelled "Toggle hidden content".

    MyST-NB 1.4.0.
    """
    for summary in page.tree.xpath("//summary[@aria-label]"):
        if summary.text_content().strip():
            del summary.attrib["aria-label"]


def name_table_headers(page: Page) -> None:
    """Let every header of a table say what it heads; an empty corner is no header.

    Docutils 0.21.2, and tables that pandas wrote.
    """
    for cell in page.tree.xpath("//article//th"):
        if not (cell.text_content().strip() or cell.xpath(".//img | .//svg")):
            cell.tag = "td"
            cell.attrib.pop("scope", None)
        elif not cell.get("scope"):
            cell.set("scope", "col" if cell.xpath("ancestor::thead") else "row")


def list_citations(page: Page) -> None:
    """Make the entries of a list of citations its items: by their role they are none.

    Docutils 0.21.2 gives them a role that is no longer in use (w3c/dpub-aria, pull request 22).
    """
    for entry in page.tree.xpath("//*[@role='doc-biblioentry']"):
        entry.set("role", "listitem")


# ---- invalid HTML


def make_ids_classes(page: Page) -> None:
    """Turn ids that every exercise and every solution has into classes: an id stands once.

    sphinx-exercise 1.2.1.
    """
    for name in ("exercise-content", "solution-content"):
        for element in page.tree.xpath(f"//*[@id='{name}']"):
            del element.attrib["id"]
            add_class(element, name)


def mend_summaries(page: Page) -> None:
    """Have no paragraphs in a ``summary``, which may hold words only.

    MyST-NB 1.4.0: folded cells say "Show" and "Hide" in two. See also :func:`mend_style`.
    """
    for paragraph in page.tree.xpath("//summary/p"):
        paragraph.tag = "span"


UNWANTED = " | ".join(
    [
        # how wide the page is, once more: Sphinx has said it (sphinx, pull request 7695)
        "meta[@name='viewport'][preceding-sibling::meta[@name='viewport']]",
        # words for a search service that the site does not use
        "meta[starts-with(@name, 'docsearch')]",
        # scripts that are bundled under another name
        "link[@rel='preload' and @as='script']",
        # Firefox loads the next page at once, which costs data, and the policy forbids it
        "link[@rel='next' or @rel='prev']",
    ]
)


def tidy_head(page: Page) -> None:
    """Have nothing in the head twice or for nothing.

    pydata-sphinx-theme 0.17.1.
    """
    for element in page.head.xpath(UNWANTED):
        remove(element)


# ---- behaviour


def keep_punctuation(page: Page) -> None:
    """Let no line begin with the comma that follows a formula, which is a box to the browser.

    Every typesetter in HTML. Needs the rule ``.unbroken { white-space: nowrap; }``.
    """
    for formula in page.tree.xpath("//span[contains(concat(' ', @class, ' '), ' math ')]"):
        mark = PUNCTUATION.match(formula.tail or "")
        if mark and formula.getparent().get("class") != "unbroken":
            unbroken = formula.makeelement("span", {"class": "unbroken"})
            formula.addprevious(unbroken)
            unbroken.tail = formula.tail[mark.end() :]
            formula.tail = None
            unbroken.append(formula)
            formula.tail = mark[0]


# opening brackets and dashes belong to the word that follows
PUNCTUATION = re.compile(r"[^\w\s(\[–—−-]+")


def download_source(page: Page) -> None:
    """Download the source of a page: a notebook in a new tab is a screen full of JSON.

    sphinx-book-theme 1.3.0.
    """
    for link in page.tree.xpath(of_class("btn-download-source-button")):
        link.set("download", "")
        link.attrib.pop("target", None)


MODE_SCRIPT = """
(root => {
  let mode = null;
  try { mode = localStorage.getItem("mode"); } catch {}
  if (mode !== "light" && mode !== "dark") mode = "auto";
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  Object.assign(root.dataset, {mode, theme: mode === "auto" ? system : mode});
})(document.documentElement);
"""


def set_mode(page: Page) -> None:
    """Choose light or dark before anything is shown, also where nothing can be stored.

    pydata-sphinx-theme 0.17.1: its script leaves mode and theme empty and complains later.
    """
    for script in page.head.xpath("script[not(@src)]"):
        if "dataset.mode" in (script.text or ""):
            script.attrib.clear()
            script.text = MODE_SCRIPT
    page.tree.set("data-default-mode", "auto")
    page.tree.set("data-theme", "light")  # without scripts
    page.tree.find("body").attrib.pop("data-default-mode", None)


ACTIONS = {"toggleFullScreen()": "fullscreen", "window.print()": "print"}


def name_actions(page: Page) -> None:
    """Let buttons say what they do instead of doing it: a policy forbids handlers in the page.

    sphinx-book-theme 1.3.0. ``theme_buttons.js`` does what ``data-action`` says.

    Raises
    ------
    ValueError
        An element does something that is not in ``ACTIONS``.
    """
    for element in page.tree.xpath("//*[@*[starts-with(name(), 'on')]]"):
        for name in [name for name in element.attrib if name.startswith("on")]:
            action = element.attrib.pop(name).strip().rstrip(";")
            if name != "onclick" or action not in ACTIONS:
                expected = ", ".join(ACTIONS)
                raise ValueError(f"{page.name}: {name}={action!r}: expected one of {expected}")
            element.set("data-action", ACTIONS[action])


PAGE_FIXES: tuple[Callable[[Page], None], ...] = (
    name_sidebar,
    name_search_button,
    name_icon_buttons,
    hide_icons,
    name_summaries,
    name_table_headers,
    list_citations,
    make_ids_classes,
    mend_summaries,
    tidy_head,
    keep_punctuation,
    download_source,
    set_mode,
    name_actions,
)


# ---- scripts and styles

CONSOLE_CALL = re.compile(r"\bconsole\.(?:log|info|debug)\(")

# the first two of the boxes that the theme makes focusable where they scroll, in minified code
SCROLLING_BOXES = re.compile(r'\["pre","\.nboutput > \.output_area"[^]]*\]')


def silence(script: str) -> str:
    """Write nothing into the reader's console.

    pydata-sphinx-theme 0.17.1 and sphinx-togglebutton 0.4.5.
    """
    return CONSOLE_CALL.sub("void(", script)


def leave_boxes(script: str) -> str:
    """Do not look for boxes that scroll, which lays out the whole page at once.

    pydata-sphinx-theme 0.17.1, pull request 1777. ``scrolling_boxes.js`` looks at what is near.
    """
    return SCROLLING_BOXES.sub('["no-such-element"]', script)


def keep_focus(script: str) -> str:
    """Leave the keyboard's place at a button that was pressed: what it opens gives it back.

    sphinx-book-theme 1.3.0: it sends readers to the start of the page instead.
    """
    return script.replace("(()=>{t.blur()})", "(()=>{})")


SCRIPT_FIXES: tuple[Callable[[str], str], ...] = (silence, leave_boxes, keep_focus)


def mend_script(script: str) -> str:
    """Mend the scripts of theme and extensions."""
    for fix in SCRIPT_FIXES:
        script = fix(script)
    return script


def mend_style(style: str) -> str:
    """Have the style of paragraphs in a ``summary`` hold for what :func:`mend_summaries` made.

    MyST-NB 1.4.0.
    """
    return style.replace("summary>p.", "summary>.")


# ---- extension


def _mend_page(page: Page) -> None:
    for fix in PAGE_FIXES:
        fix(page)


def setup(app: Sphinx) -> dict[str, bool]:
    """Have the pages changed; called by Sphinx."""
    app.setup_extension("sealedbook.scripts")
    pages.finish(app, Step.FIXES, pages.each(_mend_page))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
