"""Exercises as files, for any editor: stubs to begin with, and what is next."""

import os
from pathlib import Path

from dropnorm.exercises import progress
from dropnorm.exercises.catalogue import CATALOGUE
from dropnorm.exercises.spec import Exercise

KEPT = "kept"  # the folder, among the files, of those that were begun anew


def path_of(exercise: Exercise, folder: Path) -> Path:
    """Where an exercise's file is."""
    return folder / f"{exercise.chapter:02}-{exercise.name}.py"


def exercise_of(path: Path) -> Exercise | None:
    """The exercise that a file answers, by its name; None if there is none."""
    return CATALOGUE.get(path.stem.partition("-")[2])


def begin(exercise: Exercise, folder: Path) -> Path:
    """Write an exercise's stub into its file, unless the file exists."""
    path = path_of(exercise, folder)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with open(path, "x", encoding="utf-8") as file:
            file.write(f"import numpy as np\n\n\n{exercise.stub}")
    except FileExistsError:
        pass
    return path


def begin_anew(exercise: Exercise, folder: Path) -> tuple[Path, Path | None]:
    """Write the stub anew; the file as it was is kept.

    Returns
    -------
    path, kept
        Where the stub is, and where the former file is now, None if there was none.
    """
    path = path_of(exercise, folder)
    if not path.exists():
        return begin(exercise, folder), None
    number = 1
    while (kept := folder / KEPT / f"{path.stem}.{number}.py").exists():
        number += 1
    kept.parent.mkdir(exist_ok=True)
    path.rename(kept)
    return begin(exercise, folder), kept


def solved() -> set[str]:
    """Names of the exercises that ``check`` has found right, by the file of the progress.

    Raises
    ------
    ValueError
        The file is damaged.
    """
    name = os.environ.get(progress.PROGRESS_ENV)
    return set(progress.read(Path(name))["checks"]) if name else set()


def following(name: str | None, done: set[str]) -> Exercise | None:
    """The next exercise that is not done: after this one, or else from the beginning."""
    names = list(CATALOGUE)
    start = names.index(name) + 1 if name in CATALOGUE else 0
    left = [one for one in names[start:] + names[:start] if one not in done]
    return CATALOGUE[left[0]] if left else None
