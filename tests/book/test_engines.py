"""Every kind of page and what a reader does on it, in Chromium, Firefox and WebKit.

From a server and from a disk, as the zip is read. Where an engine is missing, `make test` skips its
part and says how to get it; `make browser` fails.
"""

import pytest
from built_book import BOOK
from engines import ENGINES

pytestmark = pytest.mark.book

CHAPTERS = (
    "chapters/intuition/02-dropout",
    "chapters/scratch/06-batch-norm-from-scratch",
    "chapters/experiments/11-together",
)
REFERENCE = tuple(f"chapters/reference/{name}" for name in ("claims", "explorer", "bug-zoo"))
PROGRESS = "chapters/reference/progress"
PAGES = ("index", *CHAPTERS, *REFERENCE, PROGRESS, "search", "404")
NORM_PAGE = CHAPTERS[1]

PLACES = ("server", "disk")
WIDE, PHONE = (1280, 900), (390, 844)

# formulas and their letters, pictures, icons; and the look of the book
WHOLE = """async () => {
  await document.fonts.ready;
  const faults = [];
  for (const image of document.images) {
    image.loading = "eager";
    if (image.closest(".if-works")) continue;
    try { await image.decode(); } catch { faults.push(`${image.src} is no picture`); }
  }
  for (const formula of document.querySelectorAll("article .math > mjx-container")) {
    const shown = formula.checkVisibility() && !formula.closest("details:not([open])");
    if (shown && formula.getBoundingClientRect().width < 3) faults.push("a formula is not seen");
  }
  for (const font of document.fonts) if (font.status === "error") faults.push(font.family);
  const letters = [...document.fonts].some(
    (font) => font.family.includes("MJX") && font.status === "loaded");
  const formulas = document.querySelectorAll("article p mjx-container").length;
  if (formulas > 5 && !letters) faults.push("formulas have no letters of their own");
  if (!getComputedStyle(document.documentElement).getPropertyValue("--dn-both"))
    faults.push("the style sheet is not there");
  return faults;
}"""


TARGET = "() => document.querySelector(':target').innerText"

# the browser has scrolled to it, near the top of the window
AT_TARGET = """() => {
  const y = document.querySelector(":target").getBoundingClientRect().y;
  return -5 < y && y < 300;
}"""

# what a dialog shows is back in its place in the page
SHUT = "() => !document.querySelector('dialog[open], dialog nav')"
DIALOG = "() => !!document.querySelector('dialog[open]')"
SAID = "() => document.querySelector('.dn-feedback').innerText"
# a browser may need a moment to hand one page's storage on to the next
COUNTED = """() => {
  const row = document.querySelector('[data-chapter="06-batch-norm-from-scratch"]').innerText;
  return row.includes("1 of 3") && row.includes("yes");
}"""


@pytest.fixture
def start(server):
    """Where the book begins, at a place."""
    return {"server": server, "disk": f"{BOOK.as_uri()}/"}


@pytest.fixture(params=ENGINES)
def window(window_of, request, book):
    """An engine's window, wide; no page may complain."""
    window = window_of(request.param)
    window.resize(*WIDE)
    window.complaints()
    yield window
    assert window.complaints() == []


def is_active(window, selector):
    return window.run("(selector) => document.activeElement.matches(selector)", selector)


def count(window, selector):
    return window.run("(selector) => document.querySelectorAll(selector).length", selector)


@pytest.mark.parametrize("place", PLACES)
def test_every_kind_of_page_is_whole_and_asks_for_nothing_else(window, start, place):
    for name in PAGES:
        if (name, place) == ("404", "disk"):
            continue  # only a server shows it
        window.open(f"{start[place]}{name}.html")
        assert window.run(WHOLE) == [], name
        foreign = [url for url in window.requests() if not url.startswith(("data:", start[place]))]
        assert foreign == [], name
        assert window.complaints() == [], name


@pytest.mark.parametrize("place", PLACES)
def test_a_search_leads_to_the_right_place(window, start, place):
    window.open(f"{start[place]}{NORM_PAGE}.html")
    window.press("Control+k")
    window.until("() => document.activeElement.matches('#pst-search-dialog input')")
    window.write("variance shift")
    window.press("Enter")
    window.until("() => document.querySelectorAll('#search-results li').length > 3")
    window.settle()
    first = "#search-results li"
    assert count(window, f"{first} mark") > 3
    window.click(f"{first} a")
    window.until("() => location.pathname.endsWith('11b-in-which-order.html')")
    window.settle()
    assert "variance shift" in window.run(TARGET).lower()
    window.until(AT_TARGET)


def test_the_dark_theme_is_kept(window, start):
    window.open(f"{start['server']}index.html")
    for _ in range(3):  # by day, by night, and as the system has it
        if window.evaluate("document.documentElement.dataset.theme") == "dark":
            break
        window.click(".theme-switch-button")
    window.open(f"{start['server']}{NORM_PAGE}.html")
    assert window.evaluate("document.documentElement.dataset.theme") == "dark"
    colours = window.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g)")
    assert all(int(part) < 60 for part in colours[:3])
    window.evaluate("localStorage.removeItem('mode')")


def test_solutions_and_folds_open_by_pointer_and_by_key(window, start):
    window.open(f"{start['server']}{NORM_PAGE}.html")
    assert count(window, "details.solution") > 4 and not count(window, "details.solution[open]")
    before = window.evaluate("location.href")
    window.click("details.solution > summary")
    assert count(window, "details.solution[open]") == 1
    assert window.evaluate("location.href") == before
    window.press("Enter")
    assert not count(window, "details.solution[open]")
    window.press("Space")
    assert count(window, "details.solution[open]") == 1
    window.open(f"{start['server']}chapters/reference/bug-zoo.html")
    window.click("details.sd-dropdown > summary")
    assert count(window, "details.sd-dropdown[open]") == 1


def test_code_is_copied(window, start):
    window.open(f"{start['server']}{NORM_PAGE}.html")
    window.click(".cell_input pre")
    window.click(".cell_input button.copybtn")
    window.until("() => !!document.querySelector('button.copybtn.success')")


def test_menus_on_a_phone_lead_on_and_give_the_place_back(window, start):
    window.resize(*PHONE)
    window.open(f"{start['server']}{CHAPTERS[0]}.html")
    if window.evaluate("innerWidth") > 600:
        pytest.skip("this engine's window cannot be as narrow as a phone")
    window.click("button.secondary-toggle")
    window.until(DIALOG)
    window.click("dialog a[href='#exercises']")
    window.until(SHUT)
    window.until("() => location.hash === '#exercises'")
    window.until(
        """() => {
          const { y } = document.querySelector("#exercises h2").getBoundingClientRect();
          return -5 < y && y < 300;
        }"""
    )
    for button in ("button.secondary-toggle", "button.primary-toggle", ".search-button"):
        window.settle()
        window.click(f".bd-header-article {button}")
        window.until(DIALOG)
        window.press("Escape")
        window.until(SHUT)
        window.until("(button) => document.activeElement.matches(button)", button)


@pytest.mark.parametrize("place", PLACES)
def test_figures_move_by_keyboard_and_pointer(window, start, place):
    window.open(f"{start[place]}{CHAPTERS[0]}.html")
    value = "() => document.querySelector('.if-live .if-value').textContent"
    slider = ".if-live input[type=range]"
    window.run("(one) => document.querySelector(one).focus()", slider)
    window.press("Home")
    lowest = window.run(value)
    window.press("ArrowRight")
    assert window.run(value) != lowest
    window.press("Home")
    window.click(slider)
    assert window.run(value) != lowest


@pytest.mark.parametrize("place", PLACES)
def test_answers_and_ticks_are_kept(window, start, place):
    window.open(f"{start[place]}{NORM_PAGE}.html")
    window.evaluate("localStorage.clear()")
    window.reload()
    window.click(".dn-question label")
    window.click(".dn-question .dn-button")
    said = window.run(SAID)
    assert said
    window.click(".dn-end .dn-tick input")
    for _ in range(3):  # a busy Chromium may show a page from a disk none of what is stored
        window.reload()
        if place == "server" or window.run(SAID) == said:
            break
    assert window.run(SAID) == said
    assert window.run("() => document.querySelector('.dn-end .dn-tick input').checked")
    window.open(f"{start[place]}{PROGRESS}.html")
    window.until(COUNTED)
    window.evaluate("localStorage.clear()")


@pytest.mark.parametrize("place", PLACES)
def test_the_explorer_draws_what_its_address_says(window, start, place):
    window.open(f"{start[place]}chapters/reference/explorer.html#study=together&view=paired")
    window.until("() => !!document.querySelector('.ex-chart svg')")
    window.until("() => document.querySelector('figure').explorer.choice.study === 'together'")
    assert count(window, ".ex-table td") > 3
