"""Exercises are ticked; progress is summed up, saved and loaded."""

import json

import pytest
from quiz_pages import (
    KEY,
    answer,
    bars,
    focused,
    load,
    load_and_wait,
    press,
    question,
    rows,
    status,
    stored,
    verdict,
)

from dropnorm.exercises import progress


def test_boxes_of_exercises_and_of_the_chapter_are_kept_and_can_be_taken_back(open_page):
    page = open_page()
    boxes = page.get_by_role("checkbox")
    names = [box.evaluate("box => box.labels[0].textContent") for box in boxes.all()]
    names = [" ".join(name.split()) for name in names]
    done = ["Done with: Exercise 1 (★ By hand)", "Done with: Exercise 2 (★★ Write code)"]
    assert names == [*done, "I have read this chapter"]
    for box in boxes.all():
        box.check()
    page.reload()
    assert all(box.is_checked() for box in boxes.all())
    boxes.nth(1).uncheck()
    assert list(stored(page)["exercises"]) == ["ex-01-hand"]
    assert list(stored(page)["read"]) == ["01-one"]
    page.get_by_role("link", name="Your progress").last.click()
    page.wait_for_selector(".dn-bars")
    assert rows(page)["01-one"] == ["✓ yes", "0 of 3", "1 of 2"]


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
    assert rows(page) == full
    assert bars(page) == [
        "Chapters read 1 of 2",
        "Questions answered right 2 of 6, 2 wrong",
        "Exercises done 2 of 2",
    ]
    bar = page.locator(".dn-bar progress").first
    assert bar.evaluate("bar => bar.labels[0].textContent") == "Chapters read1 of 2"
    assert bar.evaluate("bar => bar.value / bar.max") == 0.5
    before = stored(page)
    with page.expect_download() as download:
        press(page, "Save to a file")
    assert download.value.suggested_filename == "progress.json"
    download.value.save_as(tmp_path / "mine.json")
    press(page, "Start over")
    assert focused(page) == "Keep it"
    press(page, "Keep it")
    assert rows(page) == full and focused(page) == "Start over …"
    press(page, "Start over")
    press(page, "Delete it")
    nothing = {"01-one": ["no", "0 of 3", "0 of 2"], "02-two": ["no", "0 of 3", "–"]}
    assert rows(page) == nothing and status(page) == "Deleted. You start from nothing."
    page.reload()
    assert rows(page) == nothing
    load_and_wait(page, tmp_path / "mine.json")
    counts = "chapters read 1, answers 4, exercises 2, checks passed 0"
    assert status(page) == f"Loaded from mine.json: {counts}."
    assert rows(page) == full and stored(page) == before
    page.reload()
    assert rows(page) == full
    turn_to(page, "01-one")
    assert verdict(page, 2) == "Right. A is first."
    assert page.get_by_role("checkbox").nth(2).is_checked()


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
    load_and_wait(page, tmp_path / "theirs.json")
    assert rows(page) == {
        "01-one": ["no", "2 of 3 1 right, 1 wrong", "0 of 2"],
        "02-two": ["✓ yes", "0 of 3", "–"],
    }


NO_JSON = "it is no JSON"
NO_PROGRESS = "it holds no progress of this course"
OTHER_VERSION = "it was written by another version of the course"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", NO_JSON),
        ("", NO_JSON),
        ("[1]", NO_PROGRESS),
        ('{"format": "other"}', NO_PROGRESS),
        ('{"format": "dropnorm-progress", "version": 7}', OTHER_VERSION),
    ],
)
def test_a_file_that_is_something_else_is_refused_with_a_reason_and_changes_nothing(
    open_page, turn_to, tmp_path, text, reason
):
    page = open_page()
    answer(page, 2, "A")
    before = stored(page)
    (tmp_path / "x.json").write_text(text, encoding="utf-8")
    turn_to(page, "progress")
    load_and_wait(page, tmp_path / "x.json")
    assert status(page) == f"Nothing loaded from x.json: {reason}."
    assert stored(page) == before


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
    assert rows(page)["01-one"][2] == "0 of 2", "it has two checks"
    assert progress.record("dropout-forward") == ""
    load(page, path)
    page.wait_for_function("document.querySelector('.dn-checked').textContent.includes('2')")
    assert rows(page)["01-one"][2] == "1 of 2"
    with page.expect_download() as download:
        press(page, "Save to a file")
    download.value.save_as(path)
    both = progress.read(path)
    assert list(both["checks"]) == ["dropout-backward", "dropout-forward"]
    assert list(both["exercises"]) == ["ex-01-write"]
    # and the checker goes on in the file that the page has saved
    assert progress.record("conv-forward") == ""
    assert len(progress.read(path)["checks"]) == 3


def test_two_pages_open_side_by_side_agree(open_page, turn_to, little_book):
    page = open_page("progress")
    beside = page.context.new_page()
    beside.goto((little_book / "01-one.html").as_uri())
    answer(beside, 2, "A")
    page.wait_for_function(
        "document.querySelector('[data-chapter] td + td').textContent.startsWith('1')"
    )
    assert rows(page)["01-one"] == ["no", "1 of 3 1 right, 0 wrong", "0 of 2"]


def test_nothing_is_written_over_that_another_page_has_stored_meanwhile(open_page, little_book):
    page = open_page()
    beside = page.context.new_page()
    beside.goto((little_book / "02-two.html").as_uri())
    answer(beside, 2, "A")
    answer(page, 2, "A")
    # another page's entry may arrive a moment later
    page.wait_for_function(
        "start => Object.keys(localStorage).filter(key => key.startsWith(start)).length === 2",
        arg=f"{KEY}/answers/",
    )
