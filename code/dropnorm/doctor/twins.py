"""``compare``: an exported, traced, folded, averaged or converted model beside the one it was made from."""

import torch
from torch import Tensor, nn

from dropnorm.doctor.evaluation import SAME
from dropnorm.doctor.patient import STATISTICS, Patient, bare, changed, far, tensors, untouched
from dropnorm.doctor.report import Report

NOTED, BAR = (
    1e-3,
    1e-2,
)  # relative to the largest value of the answer: rounding, and what no rounding explains


def compare(a: nn.Module, b: nn.Module, images) -> Report:
    """Ask two models that should be the same function, in evaluation mode, and look for the cause of a difference.

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
        patients = [Patient(bare(model), images) for model in (a, b)]
        try:
            _compare(*patients, report)
        except Exception as error:
            report.failed = f"{type(error).__name__}: {error}".splitlines()[0][:300]
        finally:
            for patient in patients:
                patient.restore()
    report.unseen.append("each model by itself (doctor.examine)")
    return report


def _compare(one: Patient, other: Patient, report: Report) -> None:
    answer = one.ask(one.copy(False))
    copy = other.copy(False)
    twin = other.ask(copy)
    difference = far(answer, twin)
    report.summary = f"largest difference {difference:.1g} of the largest value"
    if difference <= NOTED:
        return
    causes = _causes(one, other)
    repeated = other.ask(other.copy(False), seed=2)
    if far(twin, repeated) > SAME:
        causes.insert(0, "the second answers at random: made in training mode")
    elif one.size > 2 and _alone(other, twin):
        causes.insert(0, "the second depends on the rest of the batch: made in training mode")
    evidence = "; ".join(
        [changed(answer, twin) or f"the answers differ by {difference:.1g}", *causes]
    )
    severity = "error" if difference > BAR else "note"
    report.add(
        "twins-differ",
        severity,
        type(other.model).__name__,
        "answers differently from the first",
        evidence,
    )


def _alone(patient: Patient, whole: list[Tensor]) -> bool:
    half = patient.size // 2
    try:
        part = patient.ask(patient.copy(False), patient.part(torch.arange(half)))
    except Exception:  # a model for this batch size alone
        return False
    return far([t[:half] for t in whole if t.ndim], part) > NOTED


def _causes(one: Patient, other: Patient) -> list[str]:
    """What differs in the two states, by name; the second's names may have a prefix."""
    ours, theirs = (
        {k: v for k, v in p.model.state_dict().items() if isinstance(v, Tensor)}
        for p in (one, other)
    )
    prefix = next(
        (p for p in ("", "module.", "_orig_mod.") if any(p + name in theirs for name in ours)), ""
    )
    pairs = {n: (v, theirs[prefix + n]) for n, v in ours.items() if prefix + n in theirs}
    unequal = [
        n for n, (v, w) in pairs.items() if v.shape != w.shape or far(tensors(v), tensors(w)) > 0
    ]
    statistics = [n for n in unequal if STATISTICS.search(n)]
    weights = [
        n for n in unequal if not STATISTICS.search(n) and not n.endswith("num_batches_tracked")
    ]
    kept = [n for n in pairs if STATISTICS.search(n) and n not in statistics]
    causes = (
        [f"running statistics differ ({statistics[0]} and {len(statistics) - 1} more)"]
        if statistics
        else []
    )
    causes += [f"weights differ ({weights[0]} and {len(weights) - 1} more)"] if weights else []
    if weights and kept and not statistics:
        causes.append("its statistics are those of the first: averaged weights need their own")
    missing = [n for n in ours if prefix + n not in theirs and STATISTICS.search(n)]
    causes += [f"it has no {missing[0]}"] if missing and pairs else []
    return causes
