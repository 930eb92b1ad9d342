"""Everyone can read the book as `make book` left it: axe-core, a phone, the keyboard, less motion, words for pictures."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup

pytestmark = pytest.mark.book

ROOT = Path(__file__).parents[2]
AXE = Path(__file__).parent / "node" / "node_modules" / "axe-core" / "axe.min.js"
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
PAGES = [
    TOC["root"],
    *(page["file"] for part in TOC["parts"] for page in part["chapters"]),
    "search",
    "genindex",
]
BY_KEYBOARD = [
    "index",
    "chapters/scratch/06-batch-norm-from-scratch",
    "chapters/reference/explorer",
]
WIDTHS, THEMES = (1280, 390), ("light", "dark")

# axe needs seconds for thousands of words of code and parts of formulas: one of each kind, and five formulas, are enough
ONE_OF_A_KIND = """() => {
  const seen = new Set();
  for (const word of document.querySelectorAll(".highlight pre span:not(:has(*))"))
    if (seen.has(word.className) || !word.className) word.replaceWith(word.textContent);
    else seen.add(word.className);
  for (const formula of [...document.querySelectorAll("mjx-container")].slice(5)) formula.replaceWith("x");
  document.body.normalize();
}"""

ALL_OF_IT = "* { content-visibility: visible !important }"
"""Lays out a page to its end, and not only where the reader is."""

RUN_AXE = """async () => {
  const options = {preload: false, resultTypes: ["violations"], rules: {"target-size": {enabled: true}}};
  const found = await axe.run(document, options);
  return found.violations.flatMap(({id, help, nodes}) => nodes.map(({target}) => `${id} (${help}): ${target}`));
}"""

TOO_WIDE = """() => {
  const scrolls = "pre, div.math, .pst-scrollable-table-container, .dn-wide, .cell_output > .output";
  const name = (box) => `${box.tagName.toLowerCase()}.${box.className}`;
  const faults = [];
  if (document.documentElement.scrollWidth > innerWidth) faults.push("the page is wider than the screen");
  for (const box of document.querySelectorAll("main *:not(mjx-container *, svg *, input, select)")) {
    if (box.clientWidth < 2 || box.scrollWidth - box.clientWidth < 2 || !box.checkVisibility()) continue;
    const style = getComputedStyle(box);
    if (style.overflowX === "visible" || style.position === "absolute") continue;
    if (style.overflowX !== "auto" && style.overflowX !== "scroll") faults.push(`${name(box)} is cut off`);
    else if (!box.matches(scrolls)) faults.push(`${name(box)} has no reason to scroll`);
    else if (!style.boxShadow.includes("inset")) faults.push(`${name(box)} does not show that it scrolls`);
    else if (box.tabIndex < 0) faults.push(`${name(box)} cannot be scrolled with the keyboard`);
  }
  for (const image of document.querySelectorAll("article img"))
    if (image.checkVisibility() && image.getBoundingClientRect().right > innerWidth) faults.push(`${image.src} is cut off`);
  return faults;
}"""

WITHIN_REACH = """() => {
  const all = document.querySelectorAll("a[href], button, input:not([type=radio]), select, textarea, summary, [tabindex]");
  const shown = (one) => one.checkVisibility({visibilityProperty: true});
  const there = [...all].filter((one) => one.tabIndex >= 0 && !one.disabled && shown(one));
  there.forEach((one, place) => (one.dataset.stop = place));
  return there.map((one) => one.outerHTML.slice(0, 120));
}"""

STOP = """() => {
  const here = document.activeElement, style = getComputedStyle(here);
  if (here === document.body) return null;
  const seen = [here, here.closest("label, .dn-button, [class*=button]")].filter(Boolean).map((one) => getComputedStyle(one))
    .some((style) => (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== "none");
  return {place: here.dataset.stop ?? null, seen, html: here.outerHTML.slice(0, 120)};
}"""

MOVING = """() => [...document.querySelectorAll("*")].filter((one) => {
  const style = getComputedStyle(one), long = (times) => times.split(",").some((time) => parseFloat(time) > 0.05);
  return long(style.transitionDuration) || long(style.animationDuration) || style.scrollBehavior === "smooth";
}).map((one) => one.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module")
def browser_page(chromium, book):
    """One window for all pages; axe has to be let in, which the pages' policy would forbid."""
    context = chromium.new_context(
        bypass_csp=True, reduced_motion="reduce", viewport={"width": 390, "height": 900}
    )
    page = context.new_page()
    page.set_default_timeout(120_000)
    yield page
    context.close()


def look(page, width: int, theme: str) -> None:
    """Show the page in this width and theme, without loading it anew."""
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
    page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_for_everyone_in_both_themes_and_widths_and_fits_a_phone(
    browser_page, book, missing, name
):
    if not AXE.is_file():
        missing("axe-core is not there: npm ci --prefix tests/book/node")
    page = browser_page
    page.goto((book / f"{name}.html").as_uri())
    page.add_style_tag(content=ALL_OF_IT)
    look(page, 390, "light")
    assert page.evaluate(TOO_WIDE) == []
    page.evaluate(ONE_OF_A_KIND)
    page.add_script_tag(path=AXE)
    for width in reversed(WIDTHS):
        for theme in THEMES:
            look(page, width, theme)
            assert page.evaluate(RUN_AXE) == [], f"{width} px, {theme}"


@pytest.mark.parametrize("name", BY_KEYBOARD)
def test_the_keyboard_reaches_everything_and_its_place_is_seen(visit, book, name):
    page = visit((book / f"{name}.html").as_uri())
    page.wait_for_function("document.readyState === 'complete'")
    expected = page.evaluate(WITHIN_REACH)
    assert len(expected) > 30
    reached, unseen = set(), []
    for _ in range(3 * len(expected)):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None or (stop["place"] is not None and stop["place"] in reached):
            break
        reached.add(stop["place"])
        unseen += [] if stop["seen"] else [stop["html"]]
    assert [html for place, html in enumerate(expected) if str(place) not in reached] == []
    assert unseen == []


def test_nothing_moves_for_a_reader_who_asks_for_less_motion(visit, book):
    page = visit((book / f"{BY_KEYBOARD[1]}.html").as_uri(), reduced_motion="reduce")
    assert page.evaluate(MOVING) == []


# what needs no browser


def image_faults(html: str) -> list[str]:
    """The pictures whose words say nothing, or only what the caption says."""
    faults = []
    for image in BeautifulSoup(html, "html.parser").select("article img"):
        words, figure = (image.get("alt") or "").strip(), image.find_parent("figure")
        caption = figure.select_one(".caption-text") if figure else None
        said = " ".join(caption.get_text().split()) if caption else ""
        if (
            len(words) < 25
            or re.search(r"\.(png|svg|jpe?g)\b|[\w-]+/[\w-]+/", words)
            or " ".join(words.split()) == said
        ):
            faults.append(f"{image.get('src')}: {words!r}")
    return faults


def heading_faults(html: str) -> list[str]:
    """Where a level is left out, or the title is not the first and only one of its level."""
    levels = [
        int(tag.name[1])
        for tag in BeautifulSoup(html, "html.parser").select("article :is(h1, h2, h3, h4, h5, h6)")
    ]
    faults = [
        f"h{level} after h{before}" for before, level in pairwise(levels) if level > before + 1
    ]
    return faults + ([f"levels {levels}"] if levels[:1] != [1] or levels.count(1) != 1 else [])


@pytest.mark.parametrize("name", [page for page in PAGES if page != "search"])
def test_pictures_have_words_and_headings_are_in_order(book, name):
    html = (book / f"{name}.html").read_text(encoding="utf-8")
    assert image_faults(html) == []
    assert heading_faults(html) == []


GOOD = "Accuracy of four networks, one dot for each seed; it rises."


@pytest.mark.parametrize(
    ("html", "right"),
    [
        (f'<img src="a.png" alt="{GOOD}">', True),
        ('<img src="a.png">', False),
        ('<img src="a.png" alt="../../_images/a.png of the networks">', False),
        (
            f'<figure><img alt="{GOOD}"><figcaption><span class="caption-text">{GOOD}</span></figcaption></figure>',
            False,
        ),
        ("<h2>Two</h2><h4>Four</h4>", False),
        ("<h1>Another</h1>", False),
    ],
)
def test_the_check_sees_planted_faults(html, right):
    page = f"<article><h1>One</h1>{html}</article>"
    assert (image_faults(page) + heading_faults(page) == []) == right
