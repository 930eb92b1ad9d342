"""Everyone can read the built book: axe-core, a phone, the keyboard, words for pictures."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from built_book import FONTS, chapters, in_time

pytestmark = pytest.mark.book

AXE = Path(__file__).parent / "node" / "node_modules" / "axe-core" / "axe.min.js"
NORM_PAGE = "chapters/scratch/06-batch-norm-from-scratch"
WITH_PICTURES = [*chapters(), "genindex"]
PAGES = [*WITH_PICTURES, "search"]
BY_KEYBOARD = ["index", NORM_PAGE, "chapters/reference/explorer"]
WIDTHS = (390, 1280)

# axe needs seconds for thousands of words of code and parts of formulas: one of each kind, and
# five formulas, are enough
KEEP_ONE_OF_EACH_KIND = """() => {
  const kinds = new Set();
  for (const word of document.querySelectorAll(".highlight pre span:not(:has(*))"))
    if (kinds.has(word.className) || !word.className) word.replaceWith(word.textContent);
    else kinds.add(word.className);
  const formulas = [...document.querySelectorAll("mjx-container")];
  for (const formula of formulas.slice(5)) formula.replaceWith("x");
  document.body.normalize();
}"""

# In the dark theme only the rules on what changes with it: the colours, and the logo. The others
# have looked at the same page in the light one.
RUN_AXE = """async (theme) => {
  const ofTheTheme = ["color-contrast", "link-in-text-block", "image-alt"];
  const options = { preload: false, resultTypes: ["violations"] };
  if (theme === "light") options.rules = { "target-size": { enabled: true } };
  else options.runOnly = { type: "rule", values: ofTheTheme };
  const { violations } = await axe.run(document, options);
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target }) => `${id} (${help}): ${target}`));
}"""

TOO_WIDE = """() => {
  const scrolls =
    "pre, div.math, .pst-scrollable-table-container, .dn-wide, .cell_output > .output";
  const boxes = "main *:not(mjx-container *, svg *, input, select)";
  const name = (box) => `${box.tagName.toLowerCase()}.${box.className}`;
  const fault = (box, style) => {
    if (style.overflowX !== "auto" && style.overflowX !== "scroll") return "is cut off";
    if (!box.matches(scrolls)) return "has no reason to scroll";
    if (!style.boxShadow.includes("inset")) return "does not show that it scrolls";
    if (box.tabIndex < 0) return "cannot be scrolled with the keyboard";
  };
  const faults = [];
  if (document.documentElement.scrollWidth > innerWidth)
    faults.push("the page is wider than the screen");
  for (const box of document.querySelectorAll(boxes)) {
    const fits = box.clientWidth < 2 || box.scrollWidth - box.clientWidth < 2;
    if (fits || !box.checkVisibility()) continue;
    const style = getComputedStyle(box);
    if (style.overflowX === "visible" || style.position === "absolute") continue;
    if (fault(box, style)) faults.push(`${name(box)} ${fault(box, style)}`);
  }
  for (const image of document.querySelectorAll("article img"))
    if (image.checkVisibility() && image.getBoundingClientRect().right > innerWidth)
      faults.push(`${image.src} is cut off`);
  return faults;
}"""

# numbers what a keyboard should reach, in the page's order
WITHIN_REACH = """() => {
  const kinds = "a[href], button, input:not([type=radio]), select, textarea, summary, [tabindex]";
  const shown = (one) => one.checkVisibility({ visibilityProperty: true });
  const stops = [...document.querySelectorAll(kinds)].filter(
    (one) => one.tabIndex >= 0 && !one.disabled && shown(one));
  stops.forEach((one, place) => (one.dataset.stop = place));
  return stops.map((one) => one.outerHTML.slice(0, 120));
}"""

# where the focus is, and whether one sees it
STOP = """() => {
  const stop = document.activeElement;
  if (stop === document.body) return null;
  const around = stop.closest("label, .dn-button, [class*=button]");
  const seen = [stop, around].filter(Boolean).map((one) => getComputedStyle(one)).some((style) =>
    (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2)
    || style.boxShadow !== "none");
  return { place: stop.dataset.stop ?? null, seen, html: stop.outerHTML.slice(0, 120) };
}"""

MOVING = """() => [...document.querySelectorAll("*")].filter((one) => {
  const style = getComputedStyle(one);
  const long = (times) => times.split(",").some((time) => parseFloat(time) > 0.05);
  return long(style.transitionDuration) || long(style.animationDuration)
    || style.scrollBehavior === "smooth";
}).map((one) => one.outerHTML.slice(0, 80))"""

NEXT_FRAME_BUT_ONE = in_time(
    "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
)


@pytest.fixture(scope="module")
def window(chromium, missing):
    """One window for all pages; axe has to be let in, which the pages' policy would forbid."""
    if not AXE.is_file():
        missing("axe-core is not there: npm ci --prefix tests/book/node")
    phone = {"width": WIDTHS[0], "height": 900}
    context = chromium.new_context(bypass_csp=True, reduced_motion="reduce", viewport=phone)
    page = context.new_page()
    page.set_default_timeout(120_000)
    yield page
    context.close()


def barriers(page) -> dict[str, list[str]]:
    """What axe finds on the page that is open, by width and theme; it is not loaded anew."""
    page.add_script_tag(path=AXE)
    assert page.locator("article :is(.only-dark, .only-light)").count() == 0
    violations = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for theme in ("light", "dark"):
            page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
            page.evaluate(NEXT_FRAME_BUT_ONE)
            violations[f"{width} px, {theme}"] = page.evaluate(
                f"(theme) => {in_time(f'({RUN_AXE})(theme)')}", theme
            )
    return {look: found for look, found in violations.items() if found}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_for_everyone_in_both_themes_and_widths_and_fits_a_phone(window, book, name):
    window.set_viewport_size({"width": WIDTHS[0], "height": 900})
    window.goto((book / f"{name}.html").as_uri())
    window.evaluate(NEXT_FRAME_BUT_ONE)
    assert window.evaluate(TOO_WIDE) == []
    window.evaluate(KEEP_ONE_OF_EACH_KIND)
    assert barriers(window) == {}


@pytest.mark.parametrize(
    ("style", "found"),
    [
        ("", set()),
        ("p { color: #999 } [data-theme=dark] p { color: #eee }", {"light"}),
        ("[data-theme=dark] p { color: #555 }", {"dark"}),
    ],
)
def test_the_check_sees_letters_too_pale_in_either_theme(window, tmp_path, style, found):
    style = f"body {{ background: #fff }} [data-theme=dark] body {{ background: #222 }} {style}"
    style = style.replace("#222 }", "#222; color: #eee }", 1)
    (tmp_path / "page.html").write_text(
        f"<!doctype html><html lang='en'><head><title>A</title><style>{style}</style></head>"
        "<body><main><h1>Title</h1><p>words</p></main></body></html>",
        encoding="utf-8",
    )
    window.goto((tmp_path / "page.html").as_uri())
    assert {look.split(", ")[1] for look in barriers(window)} == found


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


@pytest.mark.parametrize("name", [*BY_KEYBOARD, "search", "chapters/reference/bug-zoo"])
@pytest.mark.parametrize("zoom", [2, 4])
def test_at_a_zoom_nothing_is_cut_off_and_no_page_scrolls_sideways(visit, book, name, zoom):
    size = {"width": 1280 // zoom, "height": 1024 // zoom}
    page = visit((book / f"{name}.html").as_uri(), viewport=size, device_scale_factor=zoom)
    page.evaluate(FONTS)
    page.evaluate(NEXT_FRAME_BUT_ONE)
    assert page.evaluate(TOO_WIDE) == []


def test_in_forced_colours_the_keyboards_place_is_seen(visit, book):
    page = visit((book / f"{NORM_PAGE}.html").as_uri(), forced_colors="active")
    places = ("nav.bd-links a", ".page-toc a", "details.solution > summary", ".dn-button")
    for selector in places:
        page.keyboard.press("Tab")  # what is focused from now on counts as by keyboard
        place = page.locator(selector).filter(visible=True).nth(1)
        place.focus()
        outline = place.evaluate(
            "(one) => [getComputedStyle(one).outlineStyle, getComputedStyle(one).outlineWidth]"
        )
        assert outline == ["solid", "3px"], selector


def test_nothing_moves_for_a_reader_who_asks_for_less_motion(visit, book):
    page = visit((book / f"{NORM_PAGE}.html").as_uri(), reduced_motion="reduce")
    assert page.evaluate(MOVING) == []


# what needs no browser


def image_faults(page: BeautifulSoup) -> list[str]:
    """The pictures whose words say nothing, or only what the caption says."""
    faults = []
    for image in page.select("article img"):
        alt, figure = " ".join((image.get("alt") or "").split()), image.find_parent("figure")
        caption = figure.select_one(".caption-text") if figure else None
        names_a_file = re.search(r"\.(png|svg|jpe?g)\b|[\w-]+/[\w-]+/", alt)
        repeats = caption is not None and alt == " ".join(caption.get_text().split())
        if len(alt) < 25 or names_a_file or repeats:
            faults.append(f"{image.get('src')}: {alt!r}")
    return faults


def heading_faults(page: BeautifulSoup) -> list[str]:
    """Where a level is left out, or the title is not the first and only one of its level."""
    headings = page.select("article :is(h1, h2, h3, h4, h5, h6)")
    levels = [int(tag.name[1]) for tag in headings]
    faults = [f"h{level} after h{last}" for last, level in pairwise(levels) if level > last + 1]
    return faults + ([f"levels {levels}"] if levels[:1] != [1] or levels.count(1) != 1 else [])


@pytest.mark.parametrize("name", WITH_PICTURES)
def test_pictures_have_words_and_headings_are_in_order(book, name):
    page = BeautifulSoup((book / f"{name}.html").read_text(encoding="utf-8"), "lxml")
    assert image_faults(page) == []
    assert heading_faults(page) == []


GOOD = "Accuracy of four networks, one dot for each seed; it rises."
CAPTION = f'<figcaption><span class="caption-text">{GOOD}</span></figcaption>'


@pytest.mark.parametrize(
    ("html", "right"),
    [
        (f'<img src="a.png" alt="{GOOD}">', True),
        ('<img src="a.png">', False),
        ('<img src="a.png" alt="../../_images/a.png of the networks">', False),
        (f'<figure><img alt="{GOOD}">{CAPTION}</figure>', False),
        ("<h2>Two</h2><h4>Four</h4>", False),
        ("<h1>Another</h1>", False),
    ],
)
def test_the_check_sees_planted_faults(html, right):
    page = BeautifulSoup(f"<article><h1>One</h1>{html}</article>", "lxml")
    assert (image_faults(page) + heading_faults(page) == []) == right
