"""Probe ``calibration``: are a network's probabilities right?"""

import copy
from typing import Any

import torch
from torch.nn.functional import nll_loss

from dropnorm.experiments.evaluation import accuracy, scores_of
from dropnorm.experiments.layers import draw_from
from dropnorm.experiments.model import generator
from dropnorm.experiments.probes.base import Trained
from dropnorm.experiments.uncertainty import calibration_error, vote

# Thinned networks that vote.
VOTES = 50


def measure(trained: Trained) -> dict[str, Any]:
    """In evaluation mode, and as the vote of thinned networks where there is dropout.

    Returns
    -------
    figures
        ``single``, and ``votes`` (VOTES masks) for a network with dropout: ``figures_of_merit`` of
        the probabilities of each.
    """
    images, labels = trained.splits["test"]
    model = copy.deepcopy(trained.model).eval()
    figures = {"single": figures_of_merit(scores_of(model, images).softmax(1), labels)}
    if trained.trial.dropout:
        draw_from(model, generator(trained.trial.seed, "calibration"))
        figures["votes"] = figures_of_merit(vote(model, images, VOTES), labels)
    return figures


def figures_of_merit(probabilities: torch.Tensor, labels: torch.Tensor) -> dict[str, float]:
    """Figures of merit of probabilities (N, classes).

    Returns
    -------
    figures
        ``accuracy``; ``loss``: cross-entropy (nats); ``error``: expected calibration error over 15
        bins; ``confidence``: mean of the largest probability; ``auroc``: how well its size tells
        right answers from wrong ones, the probability that a right answer is surer than a wrong one
        (½: not at all).
    """
    confidence, predicted = probabilities.max(1)
    return {
        "accuracy": accuracy(probabilities, labels),
        "loss": nll_loss(probabilities.clamp_min(1e-12).log(), labels).item(),
        "error": calibration_error(probabilities, labels),
        "confidence": confidence.double().mean().item(),
        "auroc": _auroc(confidence, predicted == labels),
    }


def _auroc(confidence: torch.Tensor, right: torch.Tensor) -> float:
    """The Mann–Whitney statistic: the share of pairs in which the right answer is the surer one.

    Of all pairs of a right and a wrong answer; a tie counts half.
    """
    wrong, n_right = confidence[~right].sort().values, int(right.sum())
    if n_right == 0 or n_right == len(right):
        return float("nan")
    below = torch.searchsorted(wrong, confidence[right], side="left")
    not_above = torch.searchsorted(wrong, confidence[right], side="right")
    return ((below + not_above).double().mean() / (2 * len(wrong))).item()
