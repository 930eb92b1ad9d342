"""Every chapter asks its reader to do something, and answers at the same place."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CHAPTERS = [path for path in sorted(ROOT.glob("chapters/*/*.ipynb")) if path.stem[:2].isdigit()]
EXERCISE = re.compile(
    r"^[:`]{3,}\{exercise(?:-start)?\} (.+)\n:label: (ex-\d\d-[\w-]+)$", re.MULTILINE
)
SOLUTION = re.compile(
    r"^[:`]{3,}\{solution(?:-start)?\} (ex-\d\d-[\w-]+)\n:class: dropdown$", re.MULTILINE
)


def text_of(path: Path) -> str:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_has_three_graded_exercises_each_with_its_solution_folded_right_below(path):
    text = text_of(path)
    asked = EXERCISE.findall(text)
    assert len(asked) >= 3
    assert all(
        re.match(r"★{1,3} \S", title) and label.startswith(f"ex-{path.stem[:2]}-")
        for title, label in asked
    )
    places = [(found.start(), found[2]) for found in EXERCISE.finditer(text)]
    places += [(found.start(), found[1]) for found in SOLUTION.finditer(text)]
    assert [label for _, label in sorted(places)] == [label for _, label in asked for _ in range(2)]
    assert text.count("{exercise") - text.count("{exercise-end}") == len(asked), (
        "an exercise without a title or label"
    )


def test_there_are_forty_exercises_of_all_grades():
    stars = [title.split()[0] for path in CHAPTERS for title, _ in EXERCISE.findall(text_of(path))]
    assert len(stars) >= 40 and set(stars) == {"★", "★★", "★★★"}


def test_every_checked_exercise_is_asked_in_its_chapter():
    from dropnorm.exercises import exercises

    asked = {
        (name, int(path.stem[:2]))
        for path in CHAPTERS
        for name in re.findall(
            r"""check\(\s*\\?["']([\w-]+)\\?["']""", path.read_text(encoding="utf-8")
        )
    }
    assert {(entry.name, entry.chapter) for entry in exercises()} == asked
