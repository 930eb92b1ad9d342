"""``examine``: one call, one report."""

import time
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from dropnorm.doctor.evaluation import examine_evaluation
from dropnorm.doctor.gain import examine_gain
from dropnorm.doctor.patient import Patient, bare, is_dropout, is_norm, untouched
from dropnorm.doctor.report import Report, ignored
from dropnorm.doctor.settings import examine_loader, examine_optimizer, examine_settings
from dropnorm.doctor.training import examine_training


def examine(
    model: nn.Module,
    images,
    labels: Tensor | None = None,
    *,
    optimizer: torch.optim.Optimizer | None = None,
    loader: Iterable | None = None,
    call: Callable | None = None,
    ignore: Iterable[str] = (),
) -> Report:
    """Examine a model for what goes wrong with dropout and batch norm. The model is not touched.

    Passes run on copies, in evaluation and in training mode, without a backward pass. A model that raises gives a
    report that says so.

    Parameters
    ----------
    model
        Any module, on any device.
    images
        A batch it is called with, two examples or more; a tuple for several inputs, a mapping for named ones.
    labels
        Classes, shape (N,), or (N, …) for maps. With a trained model and at least 64 images that it was not trained
        on (512 are better), the report says what fresh statistics would gain.
    optimizer, loader
        To be looked at as well. Nothing is loaded.
    call
        ``call(model, images)`` where ``model(images)`` is not enough.
    ignore
        Names of checks to leave out.

    Raises
    ------
    ValueError
        ``model`` is not a module, or ``ignore`` names a check that does not exist.
    """
    if not isinstance(model, nn.Module):
        raise ValueError(f"model={type(model).__name__}: expected a torch.nn.Module")
    report, start = Report(type(bare(model)).__name__, ignored(ignore)), time.perf_counter()
    with untouched():
        _run(model, images, labels, optimizer, loader, call, report, start)
    return report


def _run(model, images, labels, optimizer, loader, call, report: Report, start: float) -> None:
    inner = bare(model)
    parts = list(inner.modules())
    if isinstance(model, nn.DataParallel) and any(map(is_norm, parts)):
        report.add(
            "norm-per-device",
            "note",
            "DataParallel",
            "each device normalises its own share of the batch",
        )
    examine_settings(inner, report)
    if optimizer is not None:
        examine_optimizer(inner, optimizer, report)
    if loader is not None:
        examine_loader(inner, loader, report)
    patient = Patient(inner, images, call)
    try:
        called = examine_evaluation(patient, report)
        reached = examine_training(patient, report, called)
        if labels is not None:
            examine_gain(patient, labels, reached, report)
    except Exception as error:
        report.failed = f"{type(error).__name__}: {error}".splitlines()[0][:300]
    finally:
        patient.restore()
    untouched_words = (
        "your model was not touched"
        if patient.saved is None
        else "your model could not be copied: put back"
    )
    counts = f"{sum(map(is_dropout, parts))} dropouts, {sum(map(is_norm, parts))} batch norms"
    report.summary = f"{counts} · {patient.passes} passes, {time.perf_counter() - start:.1f} s · {untouched_words}"
    report.unseen += ["what fresh statistics gain (no labels)"] if labels is None else []
    report.unseen += ["weight decay (no optimizer)"] if optimizer is None else []
    report.unseen += ["the last batch (no loader)"] if loader is None else []
    report.unseen += (
        ["whether answers depend on the batch (fewer than two examples)"]
        if patient.size < 2
        else []
    )
    report.unseen.append("the training loop (doctor.watch)")
