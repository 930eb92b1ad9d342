"""``examine``: one call, one report."""

import time
from collections.abc import Callable, Iterable
from typing import Any

from torch import Tensor, nn
from torch.optim import Optimizer

from dropnorm.doctor.evaluation import examine_evaluation
from dropnorm.doctor.gain import examine_gain
from dropnorm.doctor.patient import Patient, bare, failure, is_dropout, is_norm, untouched
from dropnorm.doctor.report import Report, ignored
from dropnorm.doctor.settings import examine_loader, examine_optimizer, examine_settings
from dropnorm.doctor.training import examine_training


def examine(
    model: nn.Module,
    images: Any,
    labels: Tensor | None = None,
    *,
    optimizer: Optimizer | None = None,
    loader: Iterable[Any] | None = None,
    call: Callable[[nn.Module, Any], Any] | None = None,
    ignore: str | Iterable[str] = (),
) -> Report:
    """Examine a model for what goes wrong with dropout and batch norm. The model is not touched.

    Passes run on copies, in evaluation and in training mode, without a backward pass. A model that
    raises gives a report that says so.

    Parameters
    ----------
    model
        Any module, on any device.
    images
        A batch it is called with, two examples or more; a tuple for several inputs, a mapping for
        named ones.
    labels
        Classes, shape (N,), or (N, …) for maps. With a trained model and at least 64 images that it
        was not trained on (512 are better), the report says what fresh statistics would gain.
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
    inner, start = bare(model), time.perf_counter()
    report = Report(type(inner).__name__, ignored(ignore))
    with untouched():
        if isinstance(model, nn.DataParallel) and any(map(is_norm, inner.modules())):
            report.add("norm-per-device", "DataParallel")
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
            report.failed = failure(error, 300)
        finally:
            patient.restore()
        layers = list(inner.modules())
        dropouts, norms = sum(map(is_dropout, layers)), sum(map(is_norm, layers))
    care = "could not be copied: put back" if patient.saved else "was not touched"
    seconds = time.perf_counter() - start
    report.summary = f"{dropouts} dropouts, {norms} batch norms · "
    report.summary += f"{patient.passes} passes, {seconds:.1f} s · your model {care}"
    few = "whether answers depend on the batch (fewer than two examples)"
    unseen = [
        (labels is None, "what fresh statistics gain (no labels)"),
        (optimizer is None, "weight decay (no optimizer)"),
        (loader is None, "the last batch (no loader)"),
        (patient.size < 2, few),
        (True, "the training loop (doctor.watch)"),
    ]
    report.unseen += [words for missing, words in unseen if missing]
    return report
