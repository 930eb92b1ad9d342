"""``python -m dropnorm doctor``: examine a model from the command line."""

import importlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from torch import Tensor, nn

TARGET = typer.Argument(help="my.models:build, a module and what makes (or is) the model")
SHAPE = typer.Option("--input", help="8x3x32x32; again for a further input")
WEIGHTS = typer.Option(help="a state_dict, from torch.save")
DATA = typer.Option(help="images, or (images, labels), from torch.save")
JSON = typer.Option(help="write the report here as JSON")
FAIL_ON = typer.Option(help="error or warning: the lowest that gives exit code 1")
IGNORE = typer.Option(help="a check to leave out; again for more")


def doctor(
    target: Annotated[str, TARGET],
    shape: Annotated[list[str] | None, SHAPE] = None,
    weights: Annotated[Path | None, WEIGHTS] = None,
    data: Annotated[Path | None, DATA] = None,
    json: Annotated[Path | None, JSON] = None,
    fail_on: Annotated[str, FAIL_ON] = "warning",
    ignore: Annotated[list[str] | None, IGNORE] = None,
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
        images, labels = _data(data) if data else (_noise(shape or []), None)
        report = examine(_model(target, weights), images, labels, ignore=ignore or ())
    except Exception as error:  # whatever the reader's code raises
        _refuse(f"{type(error).__name__}: {error}")
    typer.echo(report)
    if json is not None:
        json.write_text(report.json(), encoding="utf-8")
    if report.failed:
        raise typer.Exit(2)
    raise typer.Exit(0 if report.ok(fail_on) else 1)


def _refuse(reason: str) -> NoReturn:
    typer.echo(f"could not examine: {reason}", err=True)
    raise typer.Exit(2)


def _model(target: str, weights: Path | None) -> "nn.Module":
    import torch

    module, _, name = target.partition(":")
    if not name:
        raise ValueError(f"{target!r}: expected module:name, such as my.models:build")
    sys.path.insert(0, os.getcwd())
    try:
        built: Any = importlib.import_module(module)
    finally:
        sys.path.remove(os.getcwd())
    for part in name.split("."):
        built = getattr(built, part)
    model = built if isinstance(built, torch.nn.Module) else built()
    if weights is not None:
        model.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    return model


def _noise(shapes: list[str]) -> "Tensor | tuple[Tensor, ...]":
    import torch

    inputs = []
    for shape in shapes:
        sizes = shape.lower().split("x")
        if not all(size.isdigit() and int(size) for size in sizes):
            raise ValueError(f"--input {shape}: expected positive whole numbers, such as 8x3x32x32")
        generator = torch.Generator().manual_seed(0)
        inputs.append(torch.randn([int(size) for size in sizes], generator=generator))
    return inputs[0] if len(inputs) == 1 else tuple(inputs)


def _data(path: Path) -> tuple[Any, Any]:
    import torch

    content = torch.load(path, map_location="cpu", weights_only=True)
    if isinstance(content, dict) and "images" in content:
        return content["images"], content.get("labels")
    pair = isinstance(content, list | tuple) and len(content) == 2
    return tuple(content) if pair else (content, None)
