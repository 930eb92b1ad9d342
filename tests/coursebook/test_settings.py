"""What a course says of itself is read, or refused with what is wrong."""

import re

import pytest
from little_course import COURSE, ROOT

from coursebook import settings


def test_this_course_names_folders_that_are_there():
    assert len(COURSE.chapters) == 3
    for folder in (*COURSE.chapters, COURSE.quizzes):
        assert (ROOT / folder).is_dir()
    assert (ROOT / COURSE.references).is_file()


def test_a_checked_exercise_starts_from_its_stub_and_ends_with_its_check():
    code = COURSE.starting_code("dropout-backward", "backward")
    assert code.startswith("import numpy as np\n\nfrom dropnorm import exercises\n\n\n")
    assert code.endswith("\n\n\nexercises.check('dropout-backward', backward)")
    assert re.search(r"^def \w+\(", code, re.MULTILINE)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, r"has no table \[tool\.coursebook\]"),
        ("[tool.other]", r"has no table \[tool\.coursebook\]"),
        ("[tool.coursebook]\nquizzes = 'q'", "names no folder in chapters"),
        ("[tool.coursebook]\nchapters = ['c']\nquizes = 'q'", "has quizes; known are chapters,"),
    ],
)
def test_settings_that_cannot_be_used_are_refused_with_what_is_wrong(tmp_path, text, message):
    if text is not None:
        (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        settings.read(tmp_path)


def test_what_is_not_said_has_a_default(tmp_path):
    (tmp_path / "pyproject.toml").write_text(
        "[tool.coursebook]\nchapters = ['a', 'b']", encoding="utf-8"
    )
    course = settings.read(tmp_path)
    assert course.workspace == tmp_path / "my-course" and course.chapters == ("a", "b")
    assert course.starting_code("any", "f") == ""
