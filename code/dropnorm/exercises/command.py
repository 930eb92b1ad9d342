"""``python -m dropnorm exercises``: list, show, reset, and check files whenever they are saved."""

import os
import runpy
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from dropnorm import exercises, repository
from dropnorm.exercises import files, progress, project
from dropnorm.exercises.catalogue import CATALOGUE
from dropnorm.exercises.spec import Exercise

POLL_SECONDS = 0.3  # between two looks at the files
CHECK_SECONDS = 600  # for a check in a process of its own, imports included

app = typer.Typer(invoke_without_command=True, help="The coding exercises, and their checker.")

NAME = typer.Argument(help="an exercise, such as dropout-backward")
FILE = typer.Argument(help="a file with your function")
FOLDER = typer.Option(help="where your files are; my-course/exercises in the course's folder")


@app.callback()
def exercises_command(context: typer.Context) -> None:
    """List the exercises: which are done, and what is next."""
    _note_progress()
    if context.invoked_subcommand is None:
        typer.echo(exercises.exercises())
        done = _solved()
        typer.echo(project.standing(done))
        following = files.following(None, done)
        if project.NAME not in done and done.issuperset(project.EXERCISES):
            typer.echo("\nNext: hand your parts to project.train, at the end of chapter 07.")
        elif following:
            typer.echo(f"\nNext: {following.name}. Work on it: python -m dropnorm exercises watch")


@app.command()
def show(name: Annotated[str, NAME]) -> None:
    """Show what an exercise asks for: a stub to begin with."""
    typer.echo(_exercise(name).stub)


@app.command()
def check(file: Annotated[Path, FILE]) -> None:
    """Check the function in a file that is called after an exercise, as 05-dropout-backward.py.

    Exit code 0: right. 1: not yet. 2: there is no such exercise, or no function.
    """
    exercise = files.exercise_of(file)
    if exercise is None:
        _refuse(f"{file.name}: no exercise has this name")
    name = exercise.solution.__name__
    try:
        found: dict[str, Any] = runpy.run_path(str(file))
    except Exception as error:
        _refuse(f"{file.name} stops with an error: {type(error).__name__}: {error}")
    if name not in found:
        _refuse(f"{file.name} has no function {name}")
    verdict = exercises.check(exercise.name, found[name])
    typer.echo(verdict)
    raise typer.Exit(0 if verdict else 1)


@app.command()
def watch(
    name: Annotated[str | None, NAME] = None, folder: Annotated[Path | None, FOLDER] = None
) -> None:
    """Check each exercise whose file you save, in any editor; begin the next one when it is right.

    It starts with the exercise that is named, or with the first that is not done. Ctrl-C ends it.
    """
    place = folder or _folder()
    current = _exercise(name) if name else files.following(None, _solved())
    if current is None:
        typer.echo("All exercises are done.")
        return
    _offer(current, place)
    try:
        for file in saved(place):
            typer.echo(f"\n{file.name}")
            exercise = files.exercise_of(file)
            is_right = _checked(file)
            if exercise and is_right:
                current = files.following(exercise.name, _solved())
                if current is None:
                    typer.echo("All exercises are done.")
                    return
                _offer(current, place)
    except KeyboardInterrupt:
        typer.echo("")


@app.command()
def reset(name: Annotated[str, NAME], folder: Annotated[Path | None, FOLDER] = None) -> None:
    """Begin an exercise's file anew from its stub; what you wrote is kept beside it."""
    path, kept = files.begin_anew(_exercise(name), folder or _folder())
    typer.echo(f"{path}: the stub" + (f"; your file as it was is {kept}" if kept else ""))


def saved(folder: Path, pause: Callable[[float], Any] = time.sleep) -> Iterator[Path]:
    """Each file of an exercise that is saved from now on, without end."""
    times = _times(folder)
    while True:
        pause(POLL_SECONDS)
        now = _times(folder)
        for path, moment in now.items():
            if path in times and times[path] != moment:
                yield path
        times = now


def _times(folder: Path) -> dict[Path, int]:
    found = {}
    for path in sorted(folder.glob("*.py")):
        try:
            found[path] = path.stat().st_mtime_ns
        except FileNotFoundError:  # some editors save by renaming
            continue
    return found


def _checked(file: Path) -> bool:
    """Check a file in a process of its own: whatever the code does, the watch goes on."""
    command = [sys.executable, "-m", "dropnorm", "exercises", "check", str(file)]
    try:
        return subprocess.run(command, check=False, timeout=CHECK_SECONDS).returncode == 0
    except subprocess.TimeoutExpired:
        typer.echo(f"{file.name} did not come to an end.")
        return False


def _offer(exercise: Exercise, folder: Path) -> None:
    path = files.begin(exercise, folder)
    typer.echo(f"\n{'★' * exercise.stars} {exercise.title} (chapter {exercise.chapter:02})")
    typer.echo(f"Edit {path}: it is checked whenever you save it. Ctrl-C ends this.")


def _exercise(name: str) -> Exercise:
    try:
        exercises.stub(name)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    return CATALOGUE[name]


def _folder() -> Path:
    return repository.needed_by("exercises watch") / "my-course" / "exercises"


def _note_progress() -> None:
    """Have the progress noted where `lab` has it, unless another file is named."""
    root = repository.folder()
    if (root / "chapters").is_dir():
        os.environ.setdefault(progress.PROGRESS_ENV, str(root / "my-course" / "progress.json"))


def _solved() -> set[str]:
    try:
        return files.solved()
    except (ValueError, OSError) as error:
        typer.echo(f"(Your progress cannot be read: {error}.)")
        return set()


def _refuse(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)
