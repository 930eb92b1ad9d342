"""Answers that the checker was not made with, and how true its diagnoses of them are.

``python tests/exercises/unseen.py`` counts them; with ``--each`` it prints those that are not true.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from dropnorm.exercises import Verdict, check

FOLDER = Path(__file__).parent / "unseen_answers"

# diagnoses that name a place, or nothing: whatever words are in them, they name no mistake
PLACES = {"unknown", "some-cases", "some-outputs", "wrong-shape"}
# diagnoses that name a symptom: true where it is the mistake, else vague
SYMPTOMS = {"order", "offset", "zeros", "not-finite", "precision", "exception"} | {
    "wrong-type",
    "wrong-count",
}


def answers(file: str) -> list[dict[str, Any]]:
    """The entries of a file."""
    return yaml.safe_load((FOLDER / file).read_text(encoding="utf-8"))


def function(entry: dict[str, Any]) -> Any:
    """An entry's code as a function: the last one that it defines."""
    space: dict[str, Any] = {"np": np}
    exec(compile(entry["code"], f"<{entry['exercise']}>", "exec"), space)
    return [value for key, value in space.items() if not key.startswith("__")][-1]


def findings(verdict: Verdict) -> list[tuple[str, str]]:
    """The diagnoses of a verdict, each with its sentence."""
    names = [verdict.diagnosis, *verdict.also]
    return list(zip(names, verdict.message.splitlines()[1:], strict=False))


def judged(entry: dict[str, Any], verdict: Verdict) -> str:
    """How true a verdict is: accepted, wrong, vague or true.

    True is a verdict that names all mistakes of the answer (each pattern matches a diagnosis or its
    sentence) and no other; wrong is one that names another. A pattern ``also`` was added after a
    diagnosis had been read and found to say what the answer does, in words that nobody foresaw.
    """
    if verdict.passed:
        return "accepted"
    unforeseen = f"|{entry['also']}" if "also" in entry else ""
    patterns = [re.compile(pattern + unforeseen, re.IGNORECASE) for pattern in entry["says"]]
    met: set[re.Pattern] = set()
    for name, sentence in findings(verdict):
        if name in PLACES:
            continue
        matching = {pattern for pattern in patterns if pattern.search(f"{name}: {sentence}")}
        if not matching and name not in SYMPTOMS:
            return "wrong"
        met |= matching
    return "true" if len(met) == len(patterns) else "vague"


def verdicts(file: str) -> Iterator[tuple[dict[str, Any], Verdict, str]]:
    """Of each entry: the verdict, and how true it is."""
    for entry in answers(file):
        verdict = check(entry["exercise"], function(entry))
        yield entry, verdict, judged(entry, verdict)


def main() -> None:
    """Print the counts of each file of wrong answers."""
    for path in sorted(FOLDER.glob("wrong-*.yml")):
        counts: Counter[str] = Counter()
        for entry, verdict, judgement in verdicts(path.name):
            counts[judgement] += 1
            if "--each" in sys.argv and judgement != "true":
                said = "\n".join(f"    {name}: {text}" for name, text in findings(verdict))
                print(f"{judgement}: {entry['exercise']}: {entry['mistake']}\n{said}")
        shares = [f"{counts[kind]} {kind}" for kind in ("true", "vague", "wrong", "accepted")]
        print(f"{path.stem}: {counts.total()} answers, {', '.join(shares)}")


if __name__ == "__main__":
    main()
