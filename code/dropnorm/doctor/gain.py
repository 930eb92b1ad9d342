"""What fresh running statistics would gain on a trained model, measured on the reader's own images.

The images are halved. Statistics are estimated on one half and judged on the other, and the other way round, so that
no image is normalised with statistics that it helped to make. Statistics as training leaves them (dropout on) against
statistics without dropout, at the same weights: the difference is what dropout before the norm costs. Statistics of a
few hundred images are noisy themselves, which this difference cancels; the gain over the stored ones is a low guess.
"""

import math

import torch
from torch import Tensor, nn

from dropnorm.doctor.patient import Patient, is_norm, set_mode
from dropnorm.doctor.report import Report

FEWEST, BATCH = 64, 128  # images to measure with; images in a pass
BAR = 0.5  # points: a smaller gain is no warning


def examine_gain(patient: Patient, labels: Tensor, reached: bool, report: Report) -> None:
    """Measure, where the model is trained and images and labels allow it; say so where they do not."""
    norms = [
        layer
        for layer in patient.model.modules()
        if is_norm(layer) and layer.running_mean is not None
    ]
    trained = [n for n in norms if bool((n.running_mean != 0).any())]
    if not trained:
        report.unseen.append(
            "what fresh statistics gain (the model is not trained)"
            if norms
            else "statistics (no batch norm)"
        )
        return
    if len(labels) != patient.size or patient.size < FEWEST:
        report.unseen.append(
            f"what fresh statistics gain ({patient.size} labelled images, at least {FEWEST} needed)"
        )
        return
    half = torch.arange(patient.size) % 2 == 0
    stored = torch.zeros(patient.size)
    with_noise, without = stored.clone(), stored.clone()
    try:
        for chosen in (half, ~half):
            stored[chosen] = _right(patient, patient.copy(False), chosen, labels)
            with_noise[chosen] = _right(patient, _fresh(patient, ~chosen, True), chosen, labels)
            without[chosen] = _right(patient, _fresh(patient, ~chosen, False), chosen, labels)
    except Exception as error:
        report.unseen.append(f"what fresh statistics gain ({type(error).__name__}: {error})"[:150])
        return
    gain, noise = without - stored, without - with_noise
    for name, difference in (("gain", gain), ("dropout", noise)):
        mean, spread = _interval(difference)
        report.measured |= {name: mean, f"{name}_low": mean - spread, f"{name}_high": mean + spread}
    _say(reached, patient.size, report)


def _say(reached: bool, n: int, report: Report) -> None:
    for name, check, which in (
        ("dropout", "dropout-before-norm", "statistics without dropout's noise"),
        ("gain", "stats-stale", "statistics of these images"),
    ):
        mean, low, high = (report.measured[name + end] for end in ("", "_low", "_high"))
        figure = f"{which}: {mean:+.1f} points on {n} images ({low:+.1f} to {high:+.1f})"
        if name == "dropout" and not reached:
            continue
        found = [finding for finding in report.findings if finding.check == check]
        if low > 0 and mean >= BAR:
            if found:
                found[0].severity, found[0].evidence = "warning", figure
            else:
                report.add(
                    check,
                    "warning",
                    "batch norms",
                    "the stored statistics are not those of these images",
                    figure,
                )
            return
        if found:
            found[0].evidence = figure


def _fresh(patient: Patient, chosen: Tensor, dropout: bool) -> nn.Module:
    """A copy with the plain average of statistics over the chosen images, with or without dropout."""
    model = patient.copy(dropout)
    norms = [
        layer for layer in model.modules() if is_norm(layer) and layer.running_mean is not None
    ]
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


def _right(patient: Patient, model: nn.Module, chosen: Tensor, labels: Tensor) -> Tensor:
    """Share of right predictions for each chosen image: 0 or 1, for maps anything between."""
    shares = []
    for part in chosen.nonzero()[:, 0].split(BATCH):
        scores = patient.ask(model, patient.part(part))[0]
        shares.append(
            (scores.argmax(1).cpu() == labels[part].cpu()).float().reshape(len(part), -1).mean(1)
        )
    return torch.cat(shares)


def _interval(difference: Tensor) -> tuple[float, float]:
    """Mean and half the width of the 95 % interval, in points."""
    spread = 1.96 * float(difference.double().std()) / math.sqrt(len(difference))
    return 100 * float(difference.double().mean()), 100 * spread
