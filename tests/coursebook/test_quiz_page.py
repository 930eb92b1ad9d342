"""A quiz is answered, and what is stored comes back, in a browser without network."""

import pytest
from quiz_pages import (
    answer,
    focused,
    press,
    question,
    rows,
    status,
    store,
    stored,
    tab_to_a_choice,
    verdict,
)
from tiny_book import QUIZ, book


def test_a_question_is_answered_by_keyboard_alone_first_wrong_then_right(open_page):
    page = open_page()
    keys, stops = page.keyboard, []
    tab_to_a_choice(page)
    assert focused(page) == "0" and page.locator("input:checked").count() == 0
    for key in ("Space", "ArrowDown", "ArrowDown", "Tab", "Space"):
        keys.press(key)
        stops.append(focused(page))
    assert stops == ["0", "1", "2", "Check", "Check"]
    assert verdict(page, 1) == "Not this one. One of them is right, with 4.25 in mind."
    for key in ("Shift+Tab", "ArrowUp"):
        keys.press(key)
    assert verdict(page, 1) == "", "what was said belongs to the choice that was checked"
    for key in ("Tab", "Space"):
        keys.press(key)
    assert verdict(page, 1) == "Right. Two times two, see Exercise 2."
    keys.press("Tab")
    assert focused(page) == "Exercise 2", "the link in the explanation"
    for key in ("Tab", "Enter"):
        keys.press(key)
    assert focused(page) == "All answers explained"
    assert question(page, 1).locator("details li").all_inner_texts()[0].startswith("(a) is wrong.")
    assert verdict(page, 2) == verdict(page, 3) == ""


def test_reloading_brings_answers_and_explanations_back(open_page):
    page = open_page()
    answer(page, 2, "B")
    answer(page, 3, "D")
    page.reload()
    verdicts = [verdict(page, number) for number in (1, 2, 3)]
    assert verdicts == ["", "Not this one. B is second.", "Right. D is fourth."]
    radios = page.locator(".dn-question input").all()
    assert [radio.is_checked() for radio in radios] == [0, 0, 0, 0, 1, 0, 1]
    details = [question(page, number).locator("details") for number in (1, 2, 3)]
    assert [one.is_visible() for one in details] == [False, True, True]


def test_from_a_disk_a_page_that_begins_with_an_empty_storage_is_loaded_anew(
    open_page, little_book
):
    page = open_page()
    answer(page, 2, "B")
    page.add_init_script(
        "if (performance.getEntriesByType('navigation')[0].type === 'navigate') {"
        "Storage.prototype.getItem = () => null;"
        "Object.defineProperty(Storage.prototype, 'length', { get: () => 0 }); }"
    )
    page.goto((little_book / "01-one.html").as_uri(), wait_until="commit")
    page.locator(".dn-feedback", has_text="Not this one. B is second.").wait_for()


def test_without_a_choice_nothing_is_said_to_be_wrong_and_nothing_kept(open_page):
    page = open_page()
    question(page, 1).get_by_role("button", name="Check").click()
    assert verdict(page, 1) == "Choose an answer first." and not stored(page)
    shown = question(page, 1).locator("details").is_visible()
    assert not shown, "no answer is shown before one was given"


def test_an_answer_to_another_wording_is_forgotten_and_so_is_a_choice_that_there_is_not(
    open_page, tmp_path
):
    page = open_page()
    for number, choice in ((2, "B"), (3, "D")):
        answer(page, number, choice)
    store(page, "answers", question(page, 2).get_attribute("data-question"), "2")
    reworded = QUIZ.replace("The third?", "The last?").replace("A is first.", "A comes first.")
    assert book(tmp_path, quiz=reworded) == ""
    page.goto((tmp_path / "html" / "01-one.html").as_uri())
    assert [verdict(page, number) for number in (1, 2, 3)] == ["", "", ""]
    assert page.locator(".dn-question input:checked").count() == 0
    page.goto((tmp_path / "html" / "progress.html").as_uri())
    assert rows(page)["01-one"][1] == "0 of 3"
    page.goto((tmp_path / "html" / "01-one.html").as_uri())
    answer(page, 3, "D")
    page.reload()
    assert verdict(page, 3) == "Right. D is fourth."


@pytest.mark.parametrize("damaged", ["", "{", "null", "[]", "7", '"x"', "{}"])
def test_damaged_storage_breaks_nothing(open_page, turn_to, damaged):
    page = open_page("other")
    for section in ("read", "exercises", "checks"):
        store(page, section, "01-one", damaged)
    for name, text in (("a b", "1"), ("c", '"d"'), ("e", "-1"), ("__proto__", "1")):
        store(page, "answers", name, text)
    turn_to(page, "01-one")
    answer(page, 2, "A")
    assert verdict(page, 2) == "Right. A is first."
    page.reload()
    assert verdict(page, 2) == "Right. A is first."
    turn_to(page, "progress")
    assert rows(page)["01-one"] == ["no", "1 of 3 1 right, 0 wrong", "0 of 2"]


@pytest.mark.parametrize("how", ["reading", "writing"])
def test_where_nothing_can_be_stored_the_quiz_works_and_the_page_of_progress_says_so(
    visit, little_book, how
):
    page = visit("about:blank")
    refusals = {
        "reading": "Object.defineProperty(Storage.prototype, 'length', { get: refuse });",
        "writing": "Storage.prototype.setItem = refuse;",
    }
    page.add_init_script(
        "const refuse = () => { throw new DOMException('denied', 'SecurityError'); };"
        + refusals[how]
    )
    page.goto((little_book / "01-one.html").as_uri())
    answer(page, 2, "B")
    answer(page, 3, "D")
    assert verdict(page, 2) == "Not this one. B is second."
    assert verdict(page, 3) == "Right. D is fourth."
    page.goto((little_book / "progress.html").as_uri())
    if how == "writing":
        press(page, "Start over")
        press(page, "Delete it")
    else:
        assert status(page).startswith("This browser does not let the site store anything")
    assert rows(page)["01-one"] == ["no", "0 of 3", "0 of 2"]


def test_what_another_tab_stores_is_shown_without_loading_the_page_anew(open_page, little_book):
    page = open_page()
    page.evaluate("scrollTo(0, 100); globalThis.same = true")
    other = page.context.new_page()
    other.goto((little_book / "01-one.html").as_uri())
    answer(other, 2, "B")
    page.locator(".dn-feedback", has_text="Not this one. B is second.").wait_for()
    assert page.evaluate("globalThis.same")
    other.evaluate("localStorage.clear(); dispatchEvent(new StorageEvent('storage'))")
    page.wait_for_function("!document.querySelector('.dn-question input:checked')")
    assert verdict(page, 2) == ""
