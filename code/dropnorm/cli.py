"""The commands of ``python -m dropnorm``."""

import runpy
import sys
from pathlib import Path
from typing import Annotated

import typer

from dropnorm import data, repository
from dropnorm.data import subset
from dropnorm.doctor.command import doctor
from dropnorm.exercises.command import app as exercises_app
from dropnorm.study_command import study_app

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Dropout and batch norm, put to the test.",
)
data_app = typer.Typer(no_args_is_help=True, help="The images.")
app.add_typer(data_app, name="data")
app.add_typer(study_app, name="study")
app.add_typer(exercises_app, name="exercises")
app.command("doctor")(doctor)


@data_app.command("subset")
def data_subset(path: Annotated[Path, typer.Argument(help="where to write the .npz")]) -> None:
    """Write the shipped subset of Fashion-MNIST anew from the full set."""
    typer.echo(subset.make(path))


@data_app.command("fetch")
def data_fetch(name: Annotated[str, typer.Argument(help="fashion-mnist or mnist")]) -> None:
    """Find or download a full set and check it."""
    typer.echo(f"{data.fetch(name)}: every file is the published one")


@app.command(
    "lab",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    add_help_option=False,
)
def lab(context: typer.Context) -> None:
    """Copy the chapters to my-course/ and open JupyterLab where you left off."""
    # The package knows nothing of the website: it hands over to the program that does, by its name.
    sys.argv = ["python -m dropnorm lab", "--course", str(repository.needed_by("lab"))]
    sys.argv += context.args
    runpy.run_module("coursebook", run_name="__main__")
