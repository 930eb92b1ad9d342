"""What a click does in the built book, and what a printer gets.

The scripts of the theme and of its extensions work in their bundle.
"""

import re

import pytest
from built_book import FONTS, in_time

pytestmark = pytest.mark.book

NORM_PAGE = "chapters/scratch/06-batch-norm-from-scratch"
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def opened(visit, book):
    return lambda name, **options: visit((book / f"{name}.html").as_uri(), **options)


@pytest.mark.parametrize("name", [NORM_PAGE, "chapters/intuition/02-dropout"])
def test_every_solution_is_shut_until_it_is_asked_for(opened, name):
    page = opened(name)
    solutions = page.locator(".solution")
    assert page.locator("details.solution:not([open])").count() == solutions.count() > 4
    solution, title = solutions.first, solutions.first.locator("summary")
    content, before = solution.locator("p").first, page.url
    assert not content.is_visible()
    title.click()
    assert content.is_visible() and page.url == before
    title.press("Enter")
    assert not content.is_visible()
    title.click()
    solution.get_by_role("link", name="Back to the exercise").click()
    assert page.locator(".exercise:target").is_visible()


def test_a_fold_that_was_opened_and_its_place_are_there_after_a_reload(opened):
    page = opened(NORM_PAGE)
    solution = page.locator("details.solution").nth(2)
    solution.locator("summary").click()
    content = solution.locator("section > *").first
    content.evaluate("(one) => scrollTo(0, one.getBoundingClientRect().y + scrollY + 5)")
    before = content.bounding_box()["y"]
    page.reload()
    page.locator("details.solution[open]").wait_for()
    page.wait_for_timeout(200)
    assert abs(content.bounding_box()["y"] - before) < 3


def test_without_scripts_the_book_is_read_and_solutions_are_reached(opened):
    for viewport in (PHONE, {"width": 1280, "height": 900}):
        page = opened(NORM_PAGE, java_script_enabled=False, viewport=viewport)
        solution = page.locator("details.solution").first
        assert not solution.locator("p").first.is_visible()
        solution.locator("summary").click()
        assert solution.locator("p").first.is_visible()
        assert page.locator("span.math > mjx-container").first.bounding_box()["width"] > 3
        assert page.locator(".dn-answers ul").count() == 3
        assert page.locator(".prev-next-area a").first.is_visible()


def test_code_is_copied_without_its_prompts(opened):
    page = opened(NORM_PAGE)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    cell = page.locator(".cell_input .highlight:visible").first
    cell.hover()
    cell.locator("button.copybtn").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == cell.locator("pre").inner_text().strip() and len(copied) > 20


def test_the_theme_goes_from_one_to_the_other_and_is_kept(opened):
    page = opened("index", color_scheme="light")
    root = page.locator("html")
    themes = {root.get_attribute("data-theme")}
    for _ in range(3):
        page.locator(".theme-switch-button:visible").click()
        themes.add(root.get_attribute("data-theme"))
    assert themes == {"light", "dark"}
    mode = root.get_attribute("data-mode")
    page.reload()
    assert root.get_attribute("data-mode") == mode


def test_on_a_phone_both_menus_open_and_lead_on(opened):
    page = opened("index", viewport=PHONE)
    page.locator("button.primary-toggle").click()
    page.get_by_role("link", name="02 · Dropout").filter(visible=True).first.click()
    page.wait_for_url("**/02-dropout.html")
    page.locator("button.secondary-toggle").click()
    page.get_by_role("link", name="Exercises").filter(visible=True).first.click()
    page.wait_for_url("**#exercises")


UNDER_THE_BUTTON = """async (selector) => {
  const dialog = document.querySelector("dialog[open]");
  const closed = new Promise((done) => dialog.addEventListener("close", done));
  dialog.close();
  await closed;
  const { x, y, width, height } = document.querySelector(selector).getBoundingClientRect();
  return !!document.elementFromPoint(x + width / 2, y + height / 2).closest(selector);
}"""


@pytest.mark.parametrize("menu", ["primary", "secondary"])
def test_a_menu_that_was_shut_does_not_lie_over_its_button(opened, menu):
    page = opened(NORM_PAGE, viewport=PHONE, reduced_motion="no-preference")
    button = f".bd-header-article button.{menu}-toggle"
    page.locator(button).click()
    page.locator("dialog[open]").wait_for()
    under = f"({UNDER_THE_BUTTON})({button!r})"
    assert page.evaluate(in_time(under))


UNDER_WHAT_IS_TOLD = """() => {
  const button = document.querySelector(".bd-header-article .search-button");
  const { x, y, width, height } = button.getBoundingClientRect();
  const place = { inset: "0 auto auto 0", transform: `translate(${x - 9}px, ${y}px)` };
  Object.assign(document.querySelector(".tooltip").style, place);
  return button.contains(document.elementFromPoint(x + width / 2, y + height / 2));
}"""


def test_what_a_button_says_of_itself_does_not_catch_a_click_on_its_neighbour(opened):
    page = opened(NORM_PAGE, viewport=PHONE)
    page.locator(".bd-header-article button.primary-toggle").hover()
    page.locator(".tooltip.show .tooltip-inner").wait_for()
    assert page.evaluate(UNDER_WHAT_IS_TOLD)


def test_the_field_for_a_search_opens_by_button_and_by_keyboard(opened):
    page = opened(NORM_PAGE, viewport=PHONE)
    field = page.locator("#pst-search-dialog input")
    page.locator(".search-button:visible").click()
    assert field.is_visible()
    page.keyboard.press("Escape")
    assert not field.is_visible()
    page.keyboard.press("Control+k")
    field.fill("covariate")
    field.press("Enter")
    page.locator("#search-results li").first.wait_for()


def test_where_the_reader_is_is_marked_in_the_contents(opened):
    page = opened(NORM_PAGE)
    page.locator(".page-toc a", has_text="Exercises").click()
    page.locator(".page-toc a.active", has_text="Exercises").wait_for()
    assert -5 < page.locator("#exercises h2").bounding_box()["y"] < 300


def test_a_folded_cell_says_what_a_click_does(opened):
    page = opened("chapters/intuition/01-when-training-goes-too-well")
    summary = page.locator("details.hide > summary").first
    show = summary.get_by_text("Show code cell source")
    hide = summary.get_by_text("Hide code cell source")
    assert show.is_visible() and not hide.is_visible()
    show.click()
    assert hide.is_visible() and not show.is_visible()


def test_the_cheat_sheet_prints_on_one_sheet_of_a4(opened):
    page = opened("chapters/reference/cheat-sheet")
    page.evaluate(FONTS)
    pdf = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    corner = re.search(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", pdf).groups()
    points_to_mm = 25.4 / 72
    assert [round(float(size) * points_to_mm) for size in corner] == [210, 297]
