"""``python -m dropnorm doctor``: examine a model from the command line."""

import importlib
import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer


def doctor(
    target: Annotated[
        str, typer.Argument(help="my.models:build, a module and what makes (or is) the model")
    ],
    shape: Annotated[
        list[str], typer.Option("--input", help="8x3x32x32; again for a further input")
    ] = [],  # noqa: B006
    weights: Annotated[Path | None, typer.Option(help="a state_dict, from torch.save")] = None,
    data: Annotated[
        Path | None, typer.Option(help="images, or (images, labels), from torch.save")
    ] = None,
    json: Annotated[Path | None, typer.Option(help="write the report here as JSON")] = None,
    fail_on: Annotated[
        str, typer.Option(help="error or warning: the lowest that gives exit code 1")
    ] = "warning",
    ignore: Annotated[list[str], typer.Option(help="a check to leave out; again for more")] = [],  # noqa: B006
) -> None:
    """Examine your own model for what goes wrong with dropout and batch norm.

    Exit code 0: nothing at or above the bar. 1: something. 2: it could not be examined.
    """
    if fail_on not in ("error", "warning"):
        _refuse(f"--fail-on {fail_on}: expected error or warning")
    if not shape and data is None:
        _refuse("expected --input, such as 8x3x32x32, or --data")
    from dropnorm.doctor.examination import examine

    try:
        images, labels = _data(data) if data else (_noise(shape), None)
        report = examine(_model(target, weights), images, labels, ignore=ignore)
    except Exception as error:  # whatever the reader's code raises
        _refuse(f"{type(error).__name__}: {error}")
    typer.echo(report)
    if json is not None:
        json.write_text(report.json(), encoding="utf-8")
    if report.failed:
        raise typer.Exit(2)
    raise typer.Exit(0 if report.ok(fail_on) else 1)


def _refuse(why: str) -> NoReturn:
    typer.echo(f"could not examine: {why}", err=True)
    raise typer.Exit(2)


def _model(target: str, weights: Path | None):
    import torch

    module, _, name = target.partition(":")
    if not name:
        raise ValueError(f"{target!r}: expected module:name, such as my.models:build")
    sys.path.insert(0, os.getcwd())
    try:
        made = importlib.import_module(module)
    finally:
        sys.path.remove(os.getcwd())
    for part in name.split("."):
        made = getattr(made, part)
    model = made if isinstance(made, torch.nn.Module) else made()
    if weights is not None:
        model.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    return model


def _noise(shapes: list[str]):
    import torch

    made = []
    for shape in shapes:
        sizes = shape.lower().split("x")
        if not all(size.isdigit() and int(size) for size in sizes):
            raise ValueError(f"--input {shape}: expected positive whole numbers, such as 8x3x32x32")
        made.append(
            torch.randn([int(size) for size in sizes], generator=torch.Generator().manual_seed(0))
        )
    return made[0] if len(made) == 1 else tuple(made)


def _data(path: Path):
    import torch

    found = torch.load(path, map_location="cpu", weights_only=True)
    if isinstance(found, dict) and "images" in found:
        return found["images"], found.get("labels")
    return tuple(found) if isinstance(found, list | tuple) and len(found) == 2 else (found, None)
