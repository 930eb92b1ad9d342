"""Predictions are answered on the page, kept, and compared with what came out."""

import re

import pytest
from little_site import build, complaints
from quiz_pages import KEY, store, stored, tab_to_a_choice

from coursebook.plain_notebook import PlainText

PAGE = """# A chapter

```{predict} coin
How often?

- never
- half of the time
- always
```

Toss it.

```{outcome} coin
:choice: 2
About half of the time.
```
"""


def site(folder, page: str = PAGE, builder: str = "html"):
    pages = {"index.md": "# Book\n\n```{toctree}\none\ntwo\n```", "one.md": page, "two.md": "# Two"}
    extensions = ["myst_nb", "coursebook.prediction"]
    settings = {"html_theme": "basic", "progress_key": KEY, "nb_execution_mode": "off"}
    return build(folder, pages, extensions, builder, strict=False, **settings)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    app = site(tmp_path_factory.mktemp("predictions"))
    assert complaints(app) == ""
    return app.outdir


@pytest.fixture
def page(visit, built):
    return visit((built / "one.html").as_uri())


def said(page) -> str:
    return page.locator(".dn-said").inner_text()


def outcome(page) -> list[str]:
    return page.locator(".dn-outcome p").all_inner_texts()


def test_without_scripts_it_is_a_box_with_a_list_and_a_paragraph(built):
    html = (built / "one.html").read_text(encoding="utf-8")
    box = re.search(r'<div class="dn-prediction" data-prediction="(predict-\w+)">', html)
    assert f'<div class="dn-outcome" data-prediction="{box[1]}" data-right="1">' in html
    assert html.count('<p class="admonition-title">Predict first</p>') == 1
    assert "prediction.js" in html and "store.js" in html
    assert "prediction.js" not in (built / "two.html").read_text(encoding="utf-8")


def test_on_paper_question_choices_and_outcome_are_there(tmp_path):
    app = site(tmp_path, builder="latex")
    assert complaints(app) == ""
    (path,) = app.outdir.glob("*.tex")
    paper = path.read_text(encoding="utf-8")
    assert all(words in paper for words in ("How often?", "half of the time", "About half"))


def test_in_the_readers_notebook_too():
    text = PlainText({}, {}, {}, None).plain(PAGE)
    assert "> **Predict first**" in text and "> - always" in text
    assert "About half of the time." in text and ":choice:" not in text


def test_what_the_reader_chose_is_kept_and_stands_beside_what_came_out(page):
    assert outcome(page) == ["About half of the time."] and said(page) == ""
    page.get_by_role("radio", name="never").check()
    assert said(page).startswith("Kept.")
    assert outcome(page)[0] == "You predicted: never. It came out otherwise."
    page.get_by_role("radio", name="half of the time").check()
    assert outcome(page)[0] == "You predicted: half of the time. So it came out."
    assert len(outcome(page)) == 2
    page.reload()
    assert page.get_by_role("radio", name="half of the time").is_checked()
    assert outcome(page)[0] == "You predicted: half of the time. So it came out."
    assert list(stored(page)["answers"].values()) == [1]


def test_the_choices_are_one_group_that_the_keyboard_reaches(page):
    tab_to_a_choice(page)
    page.keyboard.press("ArrowDown")
    assert page.get_by_role("group", name="Your prediction").get_by_role("radio").count() == 3
    assert outcome(page)[0] == "You predicted: half of the time. So it came out."


def test_other_choices_are_another_prediction(page, visit, tmp_path):
    page.get_by_role("radio", name="never").check()
    ((name, choice),) = stored(page)["answers"].items()
    reworded = site(tmp_path, PAGE.replace("- never", "- hardly ever"))
    other = visit((reworded.outdir / "one.html").as_uri())
    store(other, "answers", name, str(choice))
    other.reload()
    assert other.locator("input:checked").count() == 0


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("{outcome} coin", "{outcome} dice", "outcome of 'dice': no such prediction above"),
        ("{outcome} coin", "{outcome} dice", "prediction 'coin': no outcome below"),
        (":choice: 2", ":choice: 4", "outcome of 'coin': it has 3 choices"),
        (":choice: 2\n", "", "outcome: expected the option `choice`"),
        ("- half of the time\n- always\n", "", "expected a list of at least two choices"),
    ],
)
def test_a_prediction_without_its_partner_is_complained_of(tmp_path, old, new, complaint):
    assert old in PAGE
    assert complaint in complaints(site(tmp_path, PAGE.replace(old, new)))
