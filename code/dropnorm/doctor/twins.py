"""``compare``: an exported, traced, folded or averaged model beside the one it was made from."""

from typing import Any

import torch
from torch import Tensor, nn

from dropnorm.doctor.evaluation import SAME
from dropnorm.doctor.patient import (
    STATISTICS,
    Patient,
    bare,
    changed,
    failure,
    far,
    tensors,
    untouched,
)
from dropnorm.doctor.report import Report

# relative to the largest value of the answer: rounding, and what no rounding explains
NOTED, BAR = 1e-3, 1e-2
ROUNDED = 0.1  # what weights of eight bits explain


def compare(a: nn.Module, b: nn.Module, images: Any) -> Report:
    """Ask two models that should be the same function, in evaluation mode, and look for causes.

    Parameters
    ----------
    a, b
        The model, and what was made of it. Neither is touched.
    images
        As for :func:`~dropnorm.doctor.examine`.

    Raises
    ------
    ValueError
        ``a`` or ``b`` is not a module.
    """
    for name, model in (("a", a), ("b", b)):
        if not isinstance(model, nn.Module):
            raise ValueError(f"{name}={type(model).__name__}: expected a torch.nn.Module")
    report = Report(f"{type(bare(a)).__name__} and {type(bare(b)).__name__}")
    with untouched():
        one, other = Patient(bare(a), images), Patient(bare(b), images)
        try:
            _compare(one, other, report)
        except Exception as error:
            report.failed = failure(error, 300)
        finally:
            one.restore()
            other.restore()
    report.unseen.append("each model by itself (doctor.examine)")
    return report


def _compare(one: Patient, other: Patient, report: Report) -> None:
    answer = one.ask(one.copy(False))
    twin = other.ask(other.copy(False))
    difference = far(answer, twin)
    report.summary = f"largest difference {difference:.1g} of the largest value"
    if difference <= NOTED:
        return
    causes = _causes(one, other)
    if far(twin, other.ask(other.copy(False), seed=2)) > SAME:
        causes.insert(0, "the second answers at random: made in training mode")
    elif one.size > 2 and _depends_on_batch(other, twin):
        causes.insert(0, "the second depends on the rest of the batch: made in training mode")
    predictions = changed(answer, twin) or f"the answers differ by {difference:.1g}"
    evidence = "; ".join([predictions, *causes])
    rounded = any("quantized" in type(part).__module__ for part in other.model.modules())
    severity = "error" if difference > (ROUNDED if rounded else BAR) else "note"
    report.add("twins-differ", type(other.model).__name__, evidence, severity)


def _depends_on_batch(patient: Patient, whole: list[Tensor]) -> bool:
    half = patient.size // 2
    try:
        part = patient.ask(patient.copy(False), patient.part(torch.arange(half)))
    except Exception:  # a model for this batch size alone
        return False
    return far([t[:half] for t in whole if t.ndim], part) > BAR


def _causes(one: Patient, other: Patient) -> list[str]:
    """What differs in the two states, by name; the second's names may have a prefix."""
    ours, theirs = _state(one.model), _state(other.model)
    prefixes = ("", "module.", "_orig_mod.")
    prefix = next((p for p in prefixes if any(p + name in theirs for name in ours)), "")
    pairs = {n: (v, theirs[prefix + n]) for n, v in ours.items() if prefix + n in theirs}
    unequal = {n for n, (v, w) in pairs.items() if far(tensors(v), tensors(w)) > 0}
    all_statistics = [n for n in ours if STATISTICS.search(n)]
    statistics = [n for n in all_statistics if n in unequal]
    counters = [n for n in ours if n.endswith("num_batches_tracked")]
    weights = [n for n in pairs if n in unequal and n not in [*all_statistics, *counters]]

    causes = []
    for what, names in (("running statistics", statistics), ("weights", weights)):
        if names:
            causes.append(f"{what} differ ({names[0]} and {len(names) - 1} more)")
    if weights and not statistics and any(n in pairs for n in all_statistics):
        causes.append("its statistics are those of the first: averaged weights need their own")
    missing = [n for n in all_statistics if n not in pairs]
    if missing and pairs:
        causes.append(f"it has no {missing[0]}")
    return causes


def _state(model: nn.Module) -> dict[str, Tensor]:
    return {k: v for k, v in model.state_dict().items() if isinstance(v, Tensor)}
