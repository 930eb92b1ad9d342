"""The quizzes of the chapters, and the directive that puts them into a page."""

import json
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest
from tiny_book import QUIZ, ROOT, book

from coursebook import quiz, static_files

FILES = sorted((ROOT / "chapters" / "quizzes").glob("*.yml"))
CHAPTERS = sorted(ROOT.glob("chapters/*/[01][0-9]*-*.ipynb"))


def plain(text: str) -> str:
    return " ".join(text.split()).casefold()


# --- the files


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(
        json.loads((FILES[0].parent / "schema.json").read_text(encoding="utf-8"))
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_quiz_has_three_questions_and_every_choice_says_why(path):
    questions = quiz.read(path)
    assert len(questions) == 3
    for question in questions:
        assert sum(choice.get("right", False) for choice in question["choices"]) == 1
        for said in ("answer", "because"):
            assert len({plain(choice[said]) for choice in question["choices"]}) == len(
                question["choices"]
            ), said


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_every_chapter_has_its_quiz_and_places_it(path):
    assert (FILES[0].parent / f"{path.stem}.yml").is_file()
    cells = [
        "".join(cell["source"]) for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
    ]
    sections = re.findall(
        r"^## Quiz\n(.*?)(?=^## |\Z)", "\n\n".join(cells), re.MULTILINE | re.DOTALL
    )
    assert [section.strip() for section in sections] == [f"```{{quiz}} {path.stem}\n```"]


def test_every_quiz_belongs_to_a_chapter():
    assert {path.stem for path in FILES} <= {path.stem for path in CHAPTERS}


def test_no_question_is_asked_twice():
    asked = Counter(plain(question["question"]) for path in FILES for question in quiz.read(path))
    assert [question for question, times in asked.items() if times > 1] == []


def test_the_place_of_the_right_choice_varies_and_so_does_its_length():
    questions = [quiz.read(path) for path in FILES]
    places = [[quiz.right(question) for question in three] for three in questions]
    assert all(len(set(three)) > 1 for three in places), "in one chapter"
    book_wide = Counter(place for three in places for place in three)
    assert all(0.2 < book_wide[place] / book_wide.total() < 0.5 for place in range(3))
    longest = 0
    for question in (question for three in questions for question in three):
        lengths = [len(choice["answer"]) for choice in question["choices"]]
        longest += lengths.index(max(lengths)) == quiz.right(question)
    assert longest < 0.4 * book_wide.total(), "who picks the longest answer should not do well"


def test_another_wording_is_another_question_but_another_reason_or_line_break_is_not():
    one = {
        "question": "What is\nit?",
        "choices": [
            {"answer": "a", "because": "x", "right": True},
            {"answer": "b", "because": "y"},
        ],
    }
    rewrapped = json.loads(
        json.dumps(one).replace("What is\\nit?", "What is it?").replace('"x"', '"z"')
    )
    assert quiz.key(one) == quiz.key(rewrapped)
    for old, new in (("it?", "that?"), ('"b"', '"c"')):
        assert quiz.key(one) != quiz.key(json.loads(json.dumps(one).replace(old, new)))


# --- the directive


class Outline(HTMLParser):
    """Tags with their attributes, and the text of some."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags, self.texts, self._open = [], {}, []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag in ("legend", "label", "details"):
            self._open.append(self.texts.setdefault(tag, []))
            self._open[-1].append("")

    def handle_endtag(self, tag):
        if tag in ("legend", "label", "details"):
            self._open.pop()

    def handle_data(self, data):
        for texts in self._open:
            texts[-1] += data


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    assert book(folder) == ""
    return folder / "html"


def test_a_question_is_a_group_of_labelled_radio_buttons_with_the_answer_in_a_box(built):
    page = (built / "01-one.html").read_text(encoding="utf-8")
    outline = Outline(page)
    tags = Counter(tag for tag, _ in outline.tags)
    assert tags["fieldset"] == tags["legend"] == tags["details"] == 3
    assert len(outline.texts["label"]) == 7
    radios = [
        attributes
        for tag, attributes in outline.tags
        if tag == "input" and attributes.get("type") == "radio"
    ]
    assert [radio["name"] for radio in radios] == ["01-one-1"] * 3 + ["01-one-2"] * 2 + [
        "01-one-3"
    ] * 2
    assert not any("checked" in radio for radio in radios)
    assert plain(outline.texts["legend"][0]) == r"1. which of these is \(2^2\)? the cell says 4.2."
    assert plain(outline.texts["label"][1]) == "(b) four, or 4"
    reasons = r"answer(a) is wrong. that is \(2 \cdot 1\). "
    reasons += "(b) is right. two times two, see exercise 2. (c) is wrong. "
    assert (
        plain(outline.texts["details"][0]) == reasons + "one of them is right, with 4.25 in mind."
    )
    assert re.search(r"</legend>\s*<div class=\"highlight-python", page), (
        "what follows the first paragraph is below it"
    )


def test_on_paper_the_answers_are_below_the_choices(tmp_path):
    assert book(tmp_path, "latex") == ""
    (path,) = (tmp_path / "latex").glob("*.tex")
    page = path.read_text(encoding="utf-8")
    assert re.search(
        r"four, or .*?\\begin\{itemize\}.*?\(a\) is wrong\..*?\(b\) is right\.\} Two times two",
        page,
        re.DOTALL,
    )
    assert r"\sphinxstylestrong{1. }Which of these is \(2^2\)?" in page
    assert "The first: 3 questions, 2 exercises" in page


def test_only_pages_with_something_to_do_load_the_scripts(built):
    loaded = {
        path.name: re.findall(
            r'<script[^>]*src="_static/coursebook/([\w-]+)\.js', path.read_text(encoding="utf-8")
        )
        for path in built.glob("*.html")
    }
    assert {name: scripts for name, scripts in loaded.items() if scripts} == {
        "01-one.html": ["store", "quiz", "chapter"],
        "02-two.html": ["store", "quiz", "chapter"],
        "progress.html": ["store", "progress"],
    }
    assert "course.css" not in (built / "other.html").read_text(encoding="utf-8")
    for script in {script for scripts in loaded.values() for script in scripts}:
        assert (built / "_static" / "coursebook" / f"{script}.js").is_file()


def test_nothing_is_written_into_a_page_that_a_strict_policy_forbids(built):
    for path in built.glob("*.html"):
        for _, attributes in Outline(path.read_text(encoding="utf-8")).tags:
            assert not [name for name in attributes if name.startswith("on")], path
    for path in static_files.STATIC.glob("*.js"):
        assert not re.findall(
            r"innerHTML|\beval\b|Function\(|\.style\b|document\.write",
            path.read_text(encoding="utf-8"),
        ), path


def test_the_table_of_progress_is_made_from_the_book(built):
    page = (built / "progress.html").read_text(encoding="utf-8")
    rows = [
        attributes
        for tag, attributes in Outline(page).tags
        if tag == "tr" and "data-chapter" in attributes
    ]
    assert [row["data-chapter"] for row in rows] == ["01-one", "02-two"]
    questions, exercises = (
        json.loads(rows[0][f"data-{kind}"]) for kind in ("questions", "exercises")
    )
    assert [tuple(rest) for _, *rest in questions] == [(1, 3), (0, 2), (1, 2)] and len(
        {name for name, *_ in questions}
    ) == 3
    assert exercises == [
        ["ex-01-hand", []],
        ["ex-01-write", ["dropout-backward", "dropout-forward"]],
    ]
    assert '<a href="01-one.html">The first</a>' in page and '<a href="02-two.html">Two</a>' in page
    assert "Part one" in page and "<noscript>" in page


def test_a_changed_quiz_reaches_its_chapter_and_the_table_of_a_built_book(tmp_path):
    book(tmp_path)
    before = (tmp_path / "html" / "progress.html").read_text(encoding="utf-8")
    assert book(tmp_path, quiz=QUIZ.replace("The third?", "The last?")) == ""
    assert "The last?" in (tmp_path / "html" / "01-one.html").read_text(encoding="utf-8")
    assert (tmp_path / "html" / "progress.html").read_text(encoding="utf-8") != before


FAULTS = [
    (
        "  choices:\n    - {answer: A",
        "  chioces:\n    - {answer: A",
        "question 2: 'choices' is a required property",
    ),
    (", right: true}", "}", "question 2, choices: none is right, expected one"),
    (
        "B is second.}",
        "B is second., right: true}",
        "question 2, choices: more than one is right",
    ),
    (
        "answer: A, because: A is first.",
        "answer: A",
        "question 2, choice 1: 'because' is a required property",
    ),
    ("B is second.", "no", "question 2, choice 2, because: False is not of type 'string'"),
    ("B is second.", "' '", "question 2, choice 2, because: is empty"),
    ("answer: B", 'answer: "- B"', "question 2, choice 2, answer: expected one paragraph"),
    ("answer: B", 'answer: "B\\n\\nC"', "question 2, choice 2, answer: expected one paragraph"),
    (
        "question: The second?",
        'question: "```python\\nx\\n```"',
        "question 2: expected one paragraph",
    ),
    ("one-n:.2f", "one-m:.2f", "question 1, choice 3: .*No key 'one-m' found in glue data"),
    ("`4`", "{nope}`4`", 'question 1, choice 2: .*Unknown interpreted text role "nope"'),
    ("ex-01-write", "ex-01-wrong", "question 1, choice 2:.*undefined label: 'ex-01-wrong'"),
    ("- question: The second?", "- question: The: second?", "is no YAML: .*line 16"),
    (
        "- question: The second?",
        "- question: Three\n  choices: [{answer: A, because: A, right: true}]\n- question: Four",
        "quiz: 4 there, expected at most 3; question 2, choices: 1 there, expected at least 2",
    ),
]


@pytest.mark.parametrize(("old", "new", "message"), FAULTS)
def test_a_fault_in_a_quiz_is_an_error_that_names_file_and_question(tmp_path, old, new, message):
    assert old in QUIZ
    complaints = " ".join(book(tmp_path, quiz=QUIZ.replace(old, new)).split())
    assert re.search(f"quizzes/01-one.yml[:,] {message}", complaints), complaints


def test_a_missing_quiz_is_an_error_that_names_it(tmp_path):
    assert "quizzes/01-won.yml: [Errno 2]" in book(tmp_path, asks="01-won")
