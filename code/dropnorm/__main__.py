"""Command line: ``python -m dropnorm``."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from dropnorm import data, repository
from dropnorm.data import subset
from dropnorm.doctor.command import doctor
from dropnorm.study_command import study_app

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Dropout and batch norm, put to the test.",
)
data_app = typer.Typer(no_args_is_help=True, help="The images.")
app.add_typer(data_app, name="data")
app.add_typer(study_app, name="study")
app.command("doctor")(doctor)


@data_app.command("subset")
def data_subset(path: Annotated[Path, typer.Argument(help="where to write the .npz")]) -> None:
    """Write the shipped subset of Fashion-MNIST anew from the full set."""
    typer.echo(subset.make(path))


@data_app.command("fetch")
def data_fetch(name: Annotated[str, typer.Argument(help="fashion-mnist or mnist")]) -> None:
    """Find or download a full set and check it."""
    typer.echo(f"{data.fetch(name)}: every file is the published one")


@app.command("exercises")
def list_exercises(
    name: Annotated[str | None, typer.Argument(help="an exercise, to see its stub")] = None,
) -> None:
    """List the coding exercises, or show what one of them asks for."""
    from dropnorm import exercises

    try:
        typer.echo(exercises.exercises() if name is None else exercises.stub(name))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


@app.command("lab", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def lab(
    context: typer.Context, start: Annotated[bool, typer.Option(help="open JupyterLab, too")] = True
) -> None:
    """Copy the chapters to my-course/ and open JupyterLab where you left off; further options go to JupyterLab."""
    from coursebook import workspace
    from dropnorm.exercises.progress import VARIABLE

    try:
        for sentence in workspace.prepare():
            typer.echo(sentence)
        chapter = workspace.where_left_off()
    except (ValueError, OSError) as error:
        raise typer.BadParameter(str(error)) from None
    typer.echo(f"You are at {chapter.relative_to(workspace.MINE).as_posix()}.")
    if start:
        os.environ.setdefault(VARIABLE, str(workspace.MINE / "progress.json"))
        command = [
            sys.executable,
            "-m",
            "jupyterlab",
            f"--ServerApp.root_dir={workspace.MINE}",
            str(chapter),
            *context.args,
        ]
        if (
            os.name == "nt"
        ):  # there execv goes back to the shell at once, and a blank in a path ends an argument
            raise typer.Exit(subprocess.run(command, check=False).returncode)
        os.execv(sys.executable, command)


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(
            errors="replace"
        )  # a pipe on Windows takes 200 characters; γ and − are not among them
    try:
        app()
    except repository.NoRepository as error:
        sys.exit(str(error))
