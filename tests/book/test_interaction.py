"""What a click does in the book as `make book` left it: the scripts of theme and extensions work in their bundle."""

import pytest

pytestmark = pytest.mark.book

SCRATCH = "chapters/scratch/06-batch-norm-from-scratch"
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def opened(visit, book):
    return lambda name, **options: visit((book / f"{name}.html").as_uri(), **options)


@pytest.mark.parametrize("name", [SCRATCH, "chapters/intuition/02-dropout"])
def test_every_solution_is_shut_until_it_is_asked_for(opened, name):
    page = opened(name)
    solutions = page.locator(".solution")
    assert page.locator(".solution.toggle-hidden").count() == solutions.count() > 4
    solution, button = solutions.first, solutions.first.locator(".toggle-button")
    content = solution.locator("p:not(.admonition-title)").first
    assert content.bounding_box()["height"] < 2 and button.get_attribute("aria-expanded") == "false"
    button.click()
    assert content.bounding_box()["height"] > 10 and button.get_attribute("aria-expanded") == "true"
    button.press("Enter")
    assert button.get_attribute("aria-expanded") == "false"


def test_code_is_copied_without_its_prompts(opened):
    page = opened(SCRATCH)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    cell = page.locator(".cell_input .highlight").first
    cell.hover()
    cell.locator("button.copybtn").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == cell.locator("pre").inner_text().strip() and "import" in copied


def test_the_theme_goes_from_one_to_the_other_and_is_kept(opened):
    page = opened("index", color_scheme="light")
    seen = {page.locator("html").get_attribute("data-theme")}
    for _ in range(3):
        page.locator(".theme-switch-button:visible").click()
        seen.add(page.locator("html").get_attribute("data-theme"))
    assert seen == {"light", "dark"}
    mode = page.locator("html").get_attribute("data-mode")
    page.reload()
    assert page.locator("html").get_attribute("data-mode") == mode


def test_on_a_phone_both_menus_open_and_lead_on(opened):
    page = opened("index", viewport=PHONE)
    page.locator("button.primary-toggle").click()
    page.get_by_role("link", name="02 · Dropout").filter(visible=True).first.click()
    page.wait_for_url("**/02-dropout.html")
    page.locator("button.secondary-toggle").click()
    page.get_by_role("link", name="Exercises").filter(visible=True).first.click()
    page.wait_for_url("**#exercises")


def test_the_field_for_a_search_opens_by_button_and_by_keyboard(opened):
    page = opened(SCRATCH, viewport=PHONE)
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
    page = opened(SCRATCH)
    page.locator(".page-toc a", has_text="Exercises").click()
    page.locator(".page-toc a.active", has_text="Exercises").wait_for()
    assert -5 < page.locator("#exercises h2").bounding_box()["y"] < 300
