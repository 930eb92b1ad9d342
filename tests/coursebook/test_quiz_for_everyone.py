"""Quizzes and progress by keyboard, by finger, on paper, without scripts, under a strict policy."""

import re

import pytest
from quiz_pages import answer, press, question, rows, verdict

from coursebook import static_files

UNNAMED = """[...document.querySelectorAll("main input, .body input")]
  .filter((input) => !input.labels.length || !input.labels[0].textContent.trim())
  .map((input) => input.outerHTML)"""

TOO_SMALL = """[...document.querySelectorAll(
  ".dn-question input, .dn-tick input, .dn-button, summary",
)].filter((target) => {
  const { width, height } = (target.labels?.[0] ?? target).getBoundingClientRect();
  return target.checkVisibility() && Math.min(width, height) < 40;
}).map((target) => target.outerHTML.slice(0, 60))"""


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", ["01-one", "progress"])
def test_every_control_has_a_name_and_room_for_a_finger(open_page, name, width):
    page = open_page(name, viewport={"width": width, "height": 900})
    if name == "01-one":
        answer(page, 1, "none")
        assert page.get_by_role("group", name=re.compile(r"^1\. Which of these is")).count() == 1
        assert page.get_by_role("group").get_by_role("radio").count() == 7
        assert page.locator("[role=status][aria-live=polite]").count() == 3
    else:
        press(page, "Start over")
        assert page.get_by_role("table", name="Progress by chapter").count() == 1
        assert page.get_by_role("rowheader").count() == page.locator("tbody").count() + 2
    assert page.evaluate(UNNAMED) == []
    assert page.evaluate(TOO_SMALL) == []
    assert page.evaluate("document.querySelector('.body').scrollWidth <= innerWidth")


def test_whoever_goes_by_keyboard_sees_where_the_focus_is(open_page):
    page = open_page()
    answer(page, 1, "none")
    page.get_by_role("checkbox").first.focus()
    stops = ".dn-question, .dn-question button, .dn-question summary:visible, .dn-tick"
    tags = set()
    for _ in range(page.locator(stops).count() + 6):
        page.keyboard.press("Tab")
        tag, outline = page.evaluate("""() => {
          const { tagName } = document.activeElement;
          const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
          return [tagName, `${outlineWidth} ${outlineStyle}`];
        }""")
        if tag in ("INPUT", "BUTTON", "SUMMARY"):
            assert outline == "3px solid"
            tags.add(tag)
    assert tags == {"INPUT", "BUTTON", "SUMMARY"}


def test_without_scripts_there_are_choices_answers_and_a_word_on_progress(open_page):
    page = open_page(java_script_enabled=False)
    assert not page.get_by_role("radio").first.is_visible()
    assert page.get_by_role("button").count() == 0
    letters = [text.split()[0] for text in page.locator(".dn-choices li").all_inner_texts()]
    assert letters == ["(a)", "(b)", "(c)", "(a)", "(b)", "(a)", "(b)"]
    details = question(page, 2).locator("details")
    assert details.is_visible() and not details.locator("li").first.is_visible()
    details.locator("summary").click()
    answers = details.locator("li").all_inner_texts()
    assert [text.split(".")[0] for text in answers] == ["(a) is right", "(b) is wrong"]
    page = open_page("progress", java_script_enabled=False)
    assert page.locator("noscript > p").is_visible()
    assert rows(page) == {"01-one": ["", "3", "2"], "02-two": ["", "3", "0"]}


def test_on_paper_all_answers_are_open_and_no_control_is_left(open_page):
    page = open_page()
    answer(page, 2, "B")
    page.emulate_media(media="print")
    for control in ("input", "button", "summary", ".dn-feedback", ".dn-tick", ".dn-end"):
        controls = page.locator(f".body {control}").all()
        assert not any(one.is_visible() for one in controls), control
    words = page.locator(".dn-answers li, .dn-choices li, .dn-letter").all()
    assert all(one.is_visible() for one in words)
    assert all(one.bounding_box()["height"] > 10 for one in page.locator(".dn-answers li").all())


def test_printing_opens_the_answers_and_closes_them_again(open_page):
    page = open_page()
    for event, opened in (("beforeprint", 3), ("afterprint", 0)):
        page.evaluate("event => { dispatchEvent(new Event(event)) }", event)
        assert page.locator(".dn-answers[open]").count() == opened


def test_a_strict_content_security_policy_leaves_all_at_work(visit, little_book, tmp_path):
    policy = "default-src 'none'; script-src file:; style-src file:; img-src file: data:"
    policy = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    for path in little_book.glob("*.html"):
        page = path.read_text(encoding="utf-8")
        # the theme's styles, and the settings of MathJax
        page = re.sub(r' style="(?:margin-right: 10px|display: none)"', "", page)
        page = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
        page = page.replace("<head>", f"<head>{policy}")
        page = page.replace("_static/", f"{little_book.as_uri()}/_static/")
        (tmp_path / path.name).write_text(page, encoding="utf-8")
    page = visit((tmp_path / "01-one.html").as_uri())
    answer(page, 2, "B")
    assert verdict(page, 2) == "Not this one. B is second."
    page.get_by_role("checkbox").first.check()
    page.goto((tmp_path / "progress.html").as_uri())
    with page.expect_download():
        press(page, "Save to a file")
    assert rows(page)["01-one"] == ["no", "1 of 3 0 right, 1 wrong", "1 of 2"]


def test_nothing_moves_and_the_scripts_are_small():
    style = (static_files.STATIC / "course.css").read_text(encoding="utf-8")
    assert not re.findall(r"transition|animation|@keyframes", style)
    scripts = ("store", "quiz", "chapter", "progress")
    sizes = [(static_files.STATIC / f"{name}.js").stat().st_size for name in scripts]
    assert sum(sizes) < 15 * 1024  # as written, comments included
