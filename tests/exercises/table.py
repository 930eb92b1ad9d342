"""The answers that readers might give, and their table.

``python tests/exercises/table.py`` prints it as Markdown.
"""

import importlib.util
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path

from dropnorm.exercises import check, exercises

ANSWERS = Path(__file__).parent / "answers"


def answers(name: str) -> dict[str, Callable]:
    """The functions in the exercise's file, by name; those with an underscore only help."""
    path = ANSWERS / f"{name.replace('-', '_')}.py"
    spec = importlib.util.spec_from_file_location(f"answers_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    functions = inspect.getmembers(module, inspect.isfunction)
    return {
        key: f
        for key, f in functions
        if f.__module__ == module.__name__ and not key.startswith("_")
    }


def expected(function_name: str) -> str:
    """The diagnosis that a function is named after; two underscores begin the name of a variant."""
    if function_name.startswith("right_"):
        return "right"
    return function_name.split("__")[0].replace("_", "-")


def rows() -> Iterator[tuple[str, str, str, str]]:
    """Exercise, answer, expected diagnosis and the diagnosis found."""
    for name, *_ in exercises():
        for key, function in answers(name).items():
            yield name, key, expected(key), check(name, function).diagnosis


def main() -> None:
    """Print the table, and the totals below it."""
    table = list(rows())
    print("| exercise | answer | diagnosis | |", "|---|---|---|---|", sep="\n")
    for name, key, right_diagnosis, diagnosis in table:
        mark = "✓" if diagnosis == right_diagnosis else f"✗ {right_diagnosis}"
        print(f"| {name} | {key} | {diagnosis} | {mark} |")
    wrong = [row for row in table if row[2] != "right"]
    rejected = sum(row[3] != "right" for row in wrong)
    named = sum(row[2] == row[3] for row in wrong)
    passed = sum(row[3] == "right" for row in table if row[2] == "right")
    print(f"\n{len({row[0] for row in table})} exercises.")
    print(f"Wrong answers: {len(wrong)}, rejected {rejected}, named {named}.")
    print(f"Right answers: {len(table) - len(wrong)}, passed {passed}.")


if __name__ == "__main__":
    main()
