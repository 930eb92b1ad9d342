"""Quizzes, exercises and progress on the pages of a little book, in a browser, offline."""

import json
import re
from pathlib import Path

import pytest
from tiny_book import QUIZ, book

from coursebook import static_files
from dropnorm.exercises import progress

KEY = "dropnorm-progress"


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    assert book(folder) == ""
    return folder / "html"


@pytest.fixture
def open_page(visit, built):
    return lambda name="01-one", **options: visit((built / f"{name}.html").as_uri(), **options)


@pytest.fixture
def turn_to(built):
    return lambda page, name: page.goto((built / f"{name}.html").as_uri())


def question(page, number):
    return page.locator(".dn-question").nth(number - 1)


def answer(page, number, choice):
    question(page, number).get_by_role("radio", name=re.compile(rf"^\([abc]\) {choice}$")).check()
    question(page, number).get_by_role("button", name="Check").click()


def said(page, number):
    """What a screen reader is told."""
    return question(page, number).locator("[aria-live=polite]").inner_text()


def kept(page):
    text = page.evaluate(f"localStorage.getItem('{KEY}')")
    return None if text is None else json.loads(text)


def cells(page) -> dict[str, list[str]]:
    rows = page.locator("tr[data-chapter]").all()
    return {
        row.get_attribute("data-chapter"): [
            " ".join(td.split()) for td in row.locator("td").all_inner_texts()
        ]
        for row in rows
    }


def bars(page) -> list[str]:
    return [" ".join(text.split()) for text in page.locator(".dn-bar").all_inner_texts()]


def press(page, button):
    page.get_by_role("button", name=button).click()


def load(page, path):
    page.get_by_label("Load a file").set_input_files(path)


def status(page):
    return page.locator(".dn-status").inner_text()


# --- a quiz


def focused(page) -> str:
    what = "({ tagName, value, textContent }) => tagName === 'INPUT' ? value : textContent"
    return page.evaluate(f"({what})(document.activeElement)")


def test_a_question_is_answered_by_keyboard_alone_first_wrong_then_right(open_page):
    page = open_page()
    keys, stops = page.keyboard, []
    while not page.evaluate("document.activeElement.matches('[type=radio]')"):
        keys.press("Tab")
    assert focused(page) == "0" and page.locator("input:checked").count() == 0
    for key in ("Space", "ArrowDown", "ArrowDown", "Tab", "Space"):
        keys.press(key)
        stops.append(focused(page))
    assert stops == ["0", "1", "2", "Check", "Check"]
    assert said(page, 1) == "Not this one. One of them is right, with 4.25 in mind."
    for key in ("Shift+Tab", "ArrowUp"):
        keys.press(key)
    assert said(page, 1) == "", "what was said belongs to the choice that was checked"
    for key in ("Tab", "Space"):
        keys.press(key)
    assert said(page, 1) == "Right. Two times two, see Exercise 2."
    keys.press("Tab")
    assert focused(page) == "Exercise 2", "the link in the explanation"
    for key in ("Tab", "Enter"):
        keys.press(key)
    assert focused(page) == "All answers explained"
    assert question(page, 1).locator("details li").all_inner_texts()[0].startswith("(a) is wrong.")
    assert said(page, 2) == said(page, 3) == ""


def test_reloading_brings_answers_and_explanations_back(open_page):
    page = open_page()
    answer(page, 2, "B")
    answer(page, 3, "D")
    page.reload()
    assert (
        said(page, 1) == ""
        and said(page, 2) == "Not this one. B is second."
        and said(page, 3) == "Right. D is fourth."
    )
    checked = (
        "[...document.querySelectorAll('.dn-question input')].map((radio) => Number(radio.checked))"
    )
    assert page.evaluate(checked) == [0, 0, 0, 0, 1, 0, 1]
    assert [question(page, i).locator("details").is_visible() for i in (1, 2, 3)] == [
        False,
        True,
        True,
    ]


def test_without_a_choice_nothing_is_said_to_be_wrong_and_nothing_kept(open_page):
    page = open_page()
    question(page, 1).get_by_role("button", name="Check").click()
    assert said(page, 1) == "Choose an answer first." and kept(page) is None
    assert not question(page, 1).locator("details").is_visible(), (
        "no answer is shown before one was given"
    )


def test_an_answer_to_another_wording_is_forgotten_and_so_is_a_choice_that_there_is_not(
    open_page, tmp_path
):
    page = open_page()
    for number, choice in ((2, "B"), (3, "D")):
        answer(page, number, choice)
    page.evaluate(
        """(key) => {
          const progress = JSON.parse(localStorage.getItem(key));
          progress.answers[document.querySelectorAll(".dn-question")[1].dataset.question] = 2;
          localStorage.setItem(key, JSON.stringify(progress));
        }""",
        KEY,
    )
    assert (
        book(
            tmp_path,
            quiz=QUIZ.replace("The third?", "The last?").replace("A is first.", "A comes first."),
        )
        == ""
    )
    page.goto((tmp_path / "html" / "01-one.html").as_uri())
    assert [said(page, i) for i in (1, 2, 3)] == ["", "", ""]
    assert page.locator(".dn-question input:checked").count() == 0
    page.goto((tmp_path / "html" / "progress.html").as_uri())
    assert cells(page)["01-one"][1] == "0 of 3"
    page.goto((tmp_path / "html" / "01-one.html").as_uri())
    answer(page, 3, "D")
    page.reload()
    assert said(page, 3) == "Right. D is fourth."


SOUND = '{"format": "dropnorm-progress", "version": 1, '


@pytest.mark.parametrize(
    "damaged",
    [
        *("", "{", "null", "[]", "5", '"x"', "{}"),
        SOUND + '"read": 5, "answers": []}',
        SOUND + '"read": {"01-one": 7}, "answers": {"a b": 1, "c": "d", "e": -1}}',
        SOUND + '"answers": {"__proto__": 1}, "exercises": {"ex": {}}}',
    ],
)
def test_damaged_storage_is_replaced_and_breaks_nothing(open_page, turn_to, damaged):
    page = open_page("other")
    page.evaluate("([key, text]) => localStorage.setItem(key, text)", [KEY, damaged])
    turn_to(page, "01-one")
    answer(page, 2, "A")
    assert said(page, 2) == "Right. A is first."
    page.reload()
    assert said(page, 2) == "Right. A is first."
    assert {"format", "version", "read", "answers", "exercises", "checks"} == set(
        kept(page)
    ) and kept(page)["read"] == {}
    turn_to(page, "progress")
    assert cells(page)["01-one"] == ["no", "1 of 3 1 right, 0 wrong", "0 of 2"]


def test_what_another_version_has_stored_is_left_alone(open_page, turn_to):
    page = open_page("other")
    text = '{"format": "dropnorm-progress", "version": 2, "answers": {}}'
    page.evaluate("([key, text]) => localStorage.setItem(key, text)", [KEY, text])
    turn_to(page, "01-one")
    answer(page, 2, "A")
    assert said(page, 2) == "Right. A is first." and kept(page) == json.loads(text)


@pytest.mark.parametrize("how", ["reading", "writing"])
def test_where_nothing_can_be_stored_the_quiz_works_and_the_page_of_progress_says_so(
    visit, built, how
):
    page = visit("about:blank")
    methods = {"reading": ("getItem", "setItem"), "writing": ("setItem",)}[how]
    page.add_init_script(
        """for (const method of METHODS) {
          const before = Storage.prototype[method];
          Storage.prototype[method] = function (key, ...more) {
            if (key === "KEY") throw new DOMException("denied", "SecurityError");
            return before.call(this, key, ...more);
          };
        }""".replace("METHODS", json.dumps(methods)).replace("KEY", KEY)
    )
    page.goto((built / "01-one.html").as_uri())
    answer(page, 2, "B")
    answer(page, 3, "D")
    assert said(page, 2) == "Not this one. B is second." and said(page, 3) == "Right. D is fourth."
    page.goto((built / "progress.html").as_uri())
    if how == "writing":
        press(page, "Start over")
        press(page, "Delete it")
    else:
        assert status(page).startswith("This browser does not let the site store anything")
    assert cells(page)["01-one"] == ["no", "0 of 3", "0 of 2"]


# --- progress


def test_boxes_of_exercises_and_of_the_chapter_are_kept_and_can_be_taken_back(open_page):
    page = open_page()
    boxes = page.get_by_role("checkbox")
    names = [
        " ".join(box.evaluate("box => box.labels[0].textContent").split()) for box in boxes.all()
    ]
    done = ["Done with: Exercise 1 (★ By hand)", "Done with: Exercise 2 (★★ Write code)"]
    assert names == [*done, "I have read this chapter"]
    for box in boxes.all():
        box.check()
    page.reload()
    assert all(box.is_checked() for box in boxes.all())
    boxes.nth(1).uncheck()
    assert list(kept(page)["exercises"]) == ["ex-01-hand"] and list(kept(page)["read"]) == [
        "01-one"
    ]
    page.get_by_role("link", name="Your progress").last.click()
    page.wait_for_selector(".dn-bars")
    assert cells(page)["01-one"] == ["✓ yes", "0 of 3", "1 of 2"]


def test_the_page_of_progress_counts_and_saving_deleting_loading_brings_all_back(
    open_page, turn_to, tmp_path
):
    page = open_page()
    for number, choice in ((1, "four, or 4"), (2, "A"), (3, "C")):
        answer(page, number, choice)
    for box in page.get_by_role("checkbox").all():
        box.check()
    turn_to(page, "02-two")
    answer(page, 2, "B")
    turn_to(page, "progress")
    full = {
        "01-one": ["✓ yes", "3 of 3 2 right, 1 wrong", "2 of 2"],
        "02-two": ["no", "1 of 3 0 right, 1 wrong", "–"],
    }
    assert cells(page) == full
    assert bars(page) == [
        "Chapters read 1 of 2",
        "Questions answered right 2 of 6, 2 wrong",
        "Exercises done 2 of 2",
    ]
    assert page.locator(".dn-bar progress").first.evaluate(
        "bar => bar.labels[0].textContent + bar.value / bar.max"
    ) == ("Chapters read1 of 20.5")
    before = kept(page)
    with page.expect_download() as download:
        press(page, "Save to a file")
    assert download.value.suggested_filename == "progress.json"
    download.value.save_as(tmp_path / "mine.json")
    press(page, "Start over")
    assert focused(page) == "Keep it"
    press(page, "Keep it")
    assert cells(page) == full and focused(page) == "Start over …"
    press(page, "Start over")
    press(page, "Delete it")
    nothing = {"01-one": ["no", "0 of 3", "0 of 2"], "02-two": ["no", "0 of 3", "–"]}
    assert cells(page) == nothing and status(page) == "Deleted. You start from nothing."
    page.reload()
    assert cells(page) == nothing
    load(page, tmp_path / "mine.json")
    page.wait_for_function("document.querySelector('.dn-status').textContent")
    assert (
        status(page)
        == "Loaded from mine.json: chapters read 1, answers 4, exercises 2, checks passed 0."
    )
    assert cells(page) == full and kept(page) == before
    page.reload()
    assert cells(page) == full
    turn_to(page, "01-one")
    assert (
        said(page, 2) == "Right. A is first." and page.get_by_role("checkbox").nth(2).is_checked()
    )


def test_loading_adds_to_what_is_there_and_where_they_differ_the_file_wins(
    open_page, turn_to, tmp_path
):
    page = open_page()
    answer(page, 2, "B")
    answer(page, 3, "C")
    second = question(page, 2).get_attribute("data-question")
    theirs = {"format": progress.FORMAT, "version": progress.VERSION, "answers": {second: 0}}
    theirs["read"] = {"02-two": "2026-11-22T10:30:00Z"}
    (tmp_path / "theirs.json").write_text(json.dumps(theirs), encoding="utf-8")
    turn_to(page, "progress")
    load(page, tmp_path / "theirs.json")
    page.wait_for_function("document.querySelector('.dn-status').textContent")
    assert cells(page) == {
        "01-one": ["no", "2 of 3 1 right, 1 wrong", "0 of 2"],
        "02-two": ["✓ yes", "0 of 3", "–"],
    }


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "it is no JSON"),
        ("", "it is no JSON"),
        ("[1]", "it holds no progress of this course"),
        ('{"format": "other"}', "it holds no progress of this course"),
        (
            '{"format": "dropnorm-progress", "version": 7}',
            "it was written by another version of the course",
        ),
    ],
)
def test_a_file_that_is_something_else_is_refused_with_a_reason_and_changes_nothing(
    open_page, turn_to, tmp_path, text, why
):
    page = open_page()
    answer(page, 2, "A")
    before = kept(page)
    (tmp_path / "x.json").write_text(text, encoding="utf-8")
    turn_to(page, "progress")
    load(page, tmp_path / "x.json")
    page.wait_for_function("document.querySelector('.dn-status').textContent")
    assert status(page) == f"Nothing loaded from x.json: {why}."
    assert kept(page) == before


def test_the_checkers_file_ticks_an_exercise_when_all_its_checks_have_passed(
    open_page, tmp_path, monkeypatch
):
    path = tmp_path / "progress.json"
    monkeypatch.setenv(progress.PROGRESS_ENV, str(path))
    page = open_page("progress")
    assert progress.record("dropout-backward") == ""
    load(page, path)
    page.wait_for_function("document.querySelector('.dn-checked').textContent")
    assert page.locator(".dn-checked").inner_text() == "Passed by the checker: 1. dropout-backward"
    assert cells(page)["01-one"][2] == "0 of 2", "it has two checks"
    assert progress.record("dropout-forward") == ""
    load(page, path)
    page.wait_for_function("document.querySelector('.dn-checked').textContent.includes('2')")
    assert cells(page)["01-one"][2] == "1 of 2"
    with page.expect_download() as download:
        press(page, "Save to a file")
    download.value.save_as(path)
    both = progress.read(path)
    assert list(both["checks"]) == ["dropout-backward", "dropout-forward"] and list(
        both["exercises"]
    ) == ["ex-01-write"]
    assert progress.record("conv-forward") == "" and len(progress.read(path)["checks"]) == 3, (
        "and back again"
    )


def test_two_pages_open_side_by_side_agree(open_page, turn_to, built):
    page = open_page("progress")
    beside = page.context.new_page()
    beside.goto((built / "01-one.html").as_uri())
    answer(beside, 2, "A")
    page.wait_for_function(
        "document.querySelector('[data-chapter] td + td').textContent.startsWith('1')"
    )
    assert cells(page)["01-one"] == ["no", "1 of 3 1 right, 0 wrong", "0 of 2"]


def test_nothing_is_written_over_that_another_page_has_stored_meanwhile(open_page, built):
    page = open_page()
    beside = page.context.new_page()
    beside.goto((built / "02-two.html").as_uri())
    answer(beside, 2, "A")
    answer(page, 2, "A")
    assert len(kept(page)["answers"]) == 2


# --- for everybody


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
    unnamed = "i => !i.labels.length || !i.labels[0].textContent.trim()"
    assert not page.evaluate(
        f"[...document.querySelectorAll('main input, .body input')].filter({unnamed}).length"
    )
    sides = page.evaluate(
        """[...document.querySelectorAll(
          ".dn-question input, .dn-tick input, .dn-button, summary",
        )].map((target) => {
          const box = (target.labels?.[0] ?? target).getBoundingClientRect();
          const size = Math.min(box.width, box.height);
          return [target.outerHTML.slice(0, 60), size, target.checkVisibility()];
        }).filter(([, side, seen]) => seen && side < 40)"""
    )
    assert sides == []
    assert page.evaluate("document.querySelector('.body').scrollWidth <= innerWidth")


def test_whoever_goes_by_keyboard_sees_where_the_focus_is(open_page):
    page = open_page()
    answer(page, 1, "none")
    page.get_by_role("checkbox").first.focus()
    stops = page.locator(
        ".dn-question, .dn-question button, .dn-question summary:visible, .dn-tick"
    ).count()
    seen = set()
    for _ in range(stops + 6):
        page.keyboard.press("Tab")
        where = "document.activeElement"
        if page.evaluate(f"{where}.matches('input, button, summary')"):
            style = page.evaluate(
                f"(({{outlineStyle: s, outlineWidth: w}}) => [s, w])(getComputedStyle({where}))"
            )
            assert style == ["solid", "3px"]
            seen.add(page.evaluate(f"{where}.tagName"))
    assert seen == {"INPUT", "BUTTON", "SUMMARY"}


def test_without_scripts_there_are_choices_answers_and_a_word_on_progress(open_page):
    page = open_page(java_script_enabled=False)
    assert (
        not page.get_by_role("radio").first.is_visible() and page.get_by_role("button").count() == 0
    )
    letters = [text.split()[0] for text in page.locator(".dn-choices li").all_inner_texts()]
    assert letters == ["(a)", "(b)", "(c)", "(a)", "(b)", "(a)", "(b)"]
    details = question(page, 2).locator("details")
    assert details.is_visible() and not details.locator("li").first.is_visible()
    details.locator("summary").click()
    assert [text.split(".")[0] for text in details.locator("li").all_inner_texts()] == [
        "(a) is right",
        "(b) is wrong",
    ]
    page = open_page("progress", java_script_enabled=False)
    assert page.locator("noscript > p").is_visible()
    assert cells(page) == {"01-one": ["", "3", "2"], "02-two": ["", "3", "0"]}


def test_on_paper_all_answers_are_open_and_no_control_is_left(open_page):
    page = open_page()
    answer(page, 2, "B")
    page.emulate_media(media="print")
    for hidden in ("input", "button", "summary", ".dn-feedback", ".dn-tick", ".dn-end"):
        assert not any(node.is_visible() for node in page.locator(f".body {hidden}").all()), hidden
    assert all(
        node.is_visible()
        for node in page.locator(".dn-answers li, .dn-choices li, .dn-letter").all()
    )
    assert min(item.bounding_box()["height"] for item in page.locator(".dn-answers li").all()) > 10


def test_printing_opens_the_answers_and_closes_them_again(open_page):
    page = open_page()
    opened = "document.querySelectorAll('.dn-answers[open]').length"
    assert [
        page.evaluate(f"dispatchEvent(new Event('{event}print')), {opened}")
        for event in ("before", "after")
    ] == [3, 0]


def test_a_strict_content_security_policy_leaves_all_at_work(visit, built, tmp_path):
    policy = "default-src 'none'; script-src file:; style-src file:; img-src file: data:"
    for path in built.glob("*.html"):
        page = path.read_text(encoding="utf-8")
        page = re.sub(r' style="(?:margin-right: 10px|display: none)"', "", page)  # the theme's
        page = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)  # MathJax' settings
        page = page.replace(
            "<head>", f'<head><meta http-equiv="Content-Security-Policy" content="{policy}">'
        )
        (tmp_path / path.name).write_text(
            page.replace("_static/", f"{built.as_uri()}/_static/"), encoding="utf-8"
        )
    page = visit((tmp_path / "01-one.html").as_uri())
    answer(page, 2, "B")
    assert said(page, 2) == "Not this one. B is second."
    page.get_by_role("checkbox").first.check()
    page.goto((tmp_path / "progress.html").as_uri())
    with page.expect_download():
        press(page, "Save to a file")
    assert cells(page)["01-one"] == ["no", "1 of 3 0 right, 1 wrong", "1 of 2"]


def test_nothing_moves_and_the_scripts_are_small():
    assert not re.findall(
        r"transition|animation|@keyframes",
        (static_files.STATIC / "course.css").read_text(encoding="utf-8"),
    )
    scripts = ("store", "quiz", "chapter", "progress")
    sizes = [(static_files.STATIC / f"{name}.js").stat().st_size for name in scripts]
    assert sum(sizes) < 13 * 1024  # as written, comments included
