"""What fresh running statistics would gain on a trained model, measured on the reader's images.

The images are halved. Statistics are estimated on one half and judged on the other, and the other
way round, so that no image is normalised with statistics that it helped to make. Statistics as
training leaves them (dropout on) against statistics without dropout, at the same weights: the
difference is what dropout before the norm costs. Statistics of a few hundred images are noisy
themselves, which this difference cancels; the gain over the stored ones is a low guess.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from dropnorm.doctor.patient import Patient, failure, is_norm, set_mode
from dropnorm.doctor.report import Report

FEWEST, BATCH = 64, 128  # images to measure with; images in a pass
BAR = 0.5  # points: a smaller gain is no warning


def examine_gain(patient: Patient, labels: Tensor, reached: bool, report: Report) -> None:
    """Measure, where the model is trained and there are images enough; say so where it is not."""
    means = [norm.running_mean for norm in _norms(patient.model)]
    if not means:
        report.unseen.append("statistics (no batch norm)")
        return
    if not any(mean.any() for mean in means if mean is not None):
        report.unseen.append("what fresh statistics gain (the model is not trained)")
        return
    if len(labels) != patient.size or patient.size < FEWEST:
        reason = f"{patient.size} labelled images, at least {FEWEST} needed"
        report.unseen.append(f"what fresh statistics gain ({reason})")
        return
    half = torch.arange(patient.size) % 2 == 0
    stored, noisy, clean = torch.zeros(3, patient.size)
    try:
        for chosen in (half, ~half):
            stored[chosen] = _accuracy(patient, patient.copy(False), chosen, labels)
            noisy[chosen] = _accuracy(patient, _fresh(patient, ~chosen, True), chosen, labels)
            clean[chosen] = _accuracy(patient, _fresh(patient, ~chosen, False), chosen, labels)
    except Exception as error:
        report.unseen.append(f"what fresh statistics gain ({failure(error, 120)})")
        return
    for name, difference in (("gain", clean - stored), ("dropout", clean - noisy)):
        mean, spread = _interval(difference)
        report.measured |= {name: mean, f"{name}_low": mean - spread, f"{name}_high": mean + spread}
    measured = "dropout-before-norm", "dropout", "statistics without dropout's noise"
    if not (reached and _judge(report, patient.size, *measured)):
        _judge(report, patient.size, "stats-stale", "gain", "statistics of these images")


def _judge(report: Report, images: int, check: str, name: str, description: str) -> bool:
    """Write a figure into the finding it belongs to; True if it makes a warning of it."""
    mean, low, high = (report.measured[name + end] for end in ("", "_low", "_high"))
    figure = f"{description}: {mean:+.1f} points on {images} images ({low:+.1f} to {high:+.1f})"
    warning = low > 0 and mean >= BAR
    noted = [finding for finding in report.findings if finding.check == check]
    for finding in noted[:1]:
        finding.evidence = figure
        finding.severity = "warning" if warning else finding.severity
        report.sort()
    if warning and not noted:
        report.add(check, "batch norms", figure)
    return warning


def _norms(model: nn.Module) -> list[_BatchNorm]:
    """Those with running statistics."""
    norms = [layer for layer in model.modules() if is_norm(layer)]
    return [norm for norm in norms if norm.running_mean is not None]


def _fresh(patient: Patient, chosen: Tensor, dropout: bool) -> nn.Module:
    """A copy with the average of statistics over the chosen images, with or without dropout."""
    model = patient.copy(dropout)
    norms = _norms(model)
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.train().reset_running_stats()
        norm.momentum = None  # PyTorch's way to say: the plain average
    for part in chosen.nonzero()[:, 0].split(BATCH):
        if len(part) > 1:
            patient.ask(model, patient.part(part), seed=4)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    return set_mode(model, False)


def _accuracy(patient: Patient, model: nn.Module, chosen: Tensor, labels: Tensor) -> Tensor:
    """Share of right predictions for each chosen image: 0 or 1, for maps anything between."""
    shares = []
    for part in chosen.nonzero()[:, 0].split(BATCH):
        predictions = patient.ask(model, patient.part(part))[0].argmax(1).cpu()
        right = (predictions == labels[part].cpu()).float()
        shares.append(right.reshape(len(part), -1).mean(1))
    return torch.cat(shares)


def _interval(difference: Tensor) -> tuple[float, float]:
    """Mean and half the width of the 95 % interval, in points."""
    spread = 1.96 * float(difference.double().std()) / math.sqrt(len(difference))
    return 100 * float(difference.double().mean()), 100 * spread
