"""The answers that readers might give, and the mutation table: ``python tests/exercises/table.py`` prints it as Markdown."""

import importlib.util
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path

from dropnorm.exercises import check, exercises

ANSWERS = Path(__file__).parent / "answers"


def answers(name: str) -> dict[str, Callable]:
    """The functions in the exercise's file, by name; those beginning with an underscore only help."""
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
    """The diagnosis that a function is named after; what follows two underscores tells variants apart."""
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
    found = list(rows())
    print("| exercise | answer | diagnosis | |", "|---|---|---|---|", sep="\n")
    for name, key, wanted, came in found:
        print(f"| {name} | {key} | {came} | {'✓' if came == wanted else '✗ ' + wanted} |")
    wrong = [row for row in found if row[2] != "right"]
    rejected, named = (
        sum(row[3] != "right" for row in wrong),
        sum(row[2] == row[3] for row in wrong),
    )
    passed = sum(row[3] == "right" for row in found if row[2] == "right")
    print(
        f"\n{len({row[0] for row in found})} exercises. Wrong answers: {len(wrong)}, rejected {rejected}, named {named}."
    )
    print(f"Right answers: {len(found) - len(wrong)}, passed {passed}.")


if __name__ == "__main__":
    main()
