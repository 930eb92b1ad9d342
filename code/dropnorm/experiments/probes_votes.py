"""Probes of probabilities: are they right, and what do votes of several networks bring?"""

import base64
import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import nll_loss

from dropnorm.experiments.after import calibration_error, monte_carlo
from dropnorm.experiments.evaluation import scores_of
from dropnorm.experiments.layers import draw_from
from dropnorm.experiments.model import generator
from dropnorm.experiments.records import Record
from dropnorm.experiments.trial import Trial

VOTES = 50
"""Thinned networks that vote."""

MEMBERS = 5
"""Networks of an ensemble."""

OTHER_SEEDS = 10_000
"""Between the seeds of an ensemble's members: no trial of a study has one of theirs."""


def calibration(
    model: nn.Module, images: torch.Tensor, labels: torch.Tensor, trial: Trial
) -> dict[str, Any]:
    """Are the network's probabilities right? In evaluation mode, and as the vote of thinned networks where it has dropout.

    Returns
    -------
    figures
        ``single``, and ``votes`` (VOTES masks) for a network with dropout: ``judged`` of the probabilities of each.
    """
    model = copy.deepcopy(model).eval()
    figures = {"single": judged(scores_of(model, images).softmax(1), labels)}
    if trial.dropout:
        draw_from(model, generator(trial.seed, "calibration"))
        mean = torch.cat([monte_carlo(model, part, VOTES).mean(0) for part in images.split(100)])
        figures["votes"] = judged(mean, labels)
    return figures


def answers(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> dict[str, str]:
    """Which images the network gets right, in evaluation mode: ``right``, a bit for each; :func:`right_images` reads it."""
    right = scores_of(copy.deepcopy(model).eval(), images).argmax(1) == labels
    return {"right": base64.b64encode(np.packbits(right.cpu().numpy())).decode()}


def right_images(record: Record) -> np.ndarray:
    """For each test image whether the network of a record with the probe ``answers`` got it right: booleans (n_test,)."""
    bits = np.frombuffer(base64.b64decode(record.probe["right"]), np.uint8)
    return np.unpackbits(bits, count=record.trial.n_test).astype(bool)


def judged(probabilities: torch.Tensor, labels: torch.Tensor) -> dict[str, float]:
    """Figures of merit of probabilities (N, classes).

    Returns
    -------
    figures
        ``accuracy``; ``loss``: cross-entropy (nats); ``error``: expected calibration error over 15 bins; ``confidence``:
        mean of the largest probability; ``auroc``: how well its size tells right answers from wrong ones, the probability
        that a right answer is surer than a wrong one (½: not at all).
    """
    confidence, predicted = probabilities.max(1)
    right = predicted == labels
    return {
        "accuracy": right.double().mean().item(),
        "loss": nll_loss(probabilities.clamp_min(1e-12).log(), labels).item(),
        "error": calibration_error(probabilities, labels),
        "confidence": confidence.double().mean().item(),
        "auroc": _auroc(confidence, right),
    }


def _auroc(confidence: torch.Tensor, right: torch.Tensor) -> float:
    """The Mann–Whitney statistic: of all pairs of a right and a wrong answer the share in which the right one is surer."""
    wrong, n = confidence[~right].sort().values, int(right.sum())
    if n == 0 or n == len(right):
        return float("nan")
    below, not_above = (
        torch.searchsorted(wrong, confidence[right], side=side) for side in ("left", "right")
    )
    return ((below + not_above).double().mean() / (2 * len(wrong))).item()


def ensemble(
    model: nn.Module,
    images: torch.Tensor,
    labels: torch.Tensor,
    trial: Trial,
    fit: Callable[[Trial], nn.Module],
) -> dict[str, Any]:
    """What the mean probabilities of networks trained apart bring.

    The trial's network is the first member; the others are the same trial from other seeds: other initial weights, another
    order of batches, other masks.

    Returns
    -------
    figures
        For 1 … MEMBERS members ``accuracy``, ``loss`` (nats) and ``error`` (of calibration) of their mean probabilities.
    """
    total = torch.zeros(len(labels), 10, device=images.device)
    figures: dict[str, list[float]] = {"accuracy": [], "loss": [], "error": []}
    for member in range(1, MEMBERS + 1):
        if member > 1:
            other = replace(trial, probe="none", seed=OTHER_SEEDS * (member - 1) + trial.seed)
            model = fit(other)
        total += scores_of(copy.deepcopy(model).eval(), images).softmax(1)
        one = judged(total / member, labels)
        for name, values in figures.items():
            values.append(one[name])
    return figures
