"""Probe ``unfamiliar``: what a network answers about clothes turned round, and in fog."""

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from scipy import ndimage
from torch import nn

from dropnorm.experiments.evaluation import accuracy, scores_of
from dropnorm.experiments.inputs import PIXELS
from dropnorm.experiments.layers import draw_from
from dropnorm.experiments.model import generator
from dropnorm.experiments.probes.base import Trained
from dropnorm.experiments.probes.calibration import figures_of_merit
from dropnorm.experiments.probes.running_statistics import recalibrated
from dropnorm.experiments.uncertainty import Dropout, vote

# Degrees by which the images are turned.
ANGLES = (0, 15, 30, 45, 60, 75, 90)

# Share of light grey in every pixel.
FOG = (0.0, 0.2, 0.4, 0.6, 0.8)

# Test images that are looked at, and other images from which statistics are estimated anew.
IMAGES, OTHERS = 1_000, 200

# Thinned networks that vote.
MASKS = 50


def measure(trained: Trained) -> dict[str, Any]:
    """In evaluation mode, with 1,000 test images.

    Returns
    -------
    figures
        Lists over ANGLES: ``turned_accuracy``, ``turned_confidence`` (mean of the largest
        probability) and, of the mean of MASKS masks where there is dropout, ``voted_accuracy`` and
        ``voted_confidence``. Over FOG: accuracy ``fog``. With batch norm also what running
        statistics of OTHERS images, changed alike, bring: ``fog_renewed``, ``turned_renewed``
        (by 30°), and ``negative``, ``negative_renewed``.
    """
    trial, model = trained.trial, copy.deepcopy(trained.model).eval()
    images, labels = (part[:IMAGES] for part in trained.splits["test"])
    others = trained.splits["validation"][0][:OTHERS]
    mean, deviation = PIXELS[trial.data]

    def changed(x: torch.Tensor, change: Callable[[np.ndarray], np.ndarray]) -> torch.Tensor:
        pixels = np.clip(x.cpu().double().numpy() * deviation + mean, 0, 1)
        standardised = (change(pixels) - mean) / deviation
        return torch.from_numpy(standardised.astype(np.float32)).to(x.device)

    def right(change: Callable[[np.ndarray], np.ndarray], renew: bool = False) -> float:
        network = recalibrated(model, changed(others, change)) if renew else model
        return accuracy(scores_of(network, changed(images, change)), labels)

    draw_from(model, generator(trial.seed, "unfamiliar"))
    figures = _turned(model, [changed(images, partial(turned, angle=a)) for a in ANGLES], labels)
    fogs = [partial(in_fog, share=share) for share in FOG]
    figures["fog"] = [right(fog) for fog in fogs]
    if trial.norm == "batch":
        figures["fog_renewed"] = [right(fog, renew=True) for fog in fogs]
        figures["turned_renewed"] = right(partial(turned, angle=30), renew=True)
        figures["negative"] = right(negative)
        figures["negative_renewed"] = right(negative, renew=True)
    return figures


def _turned(model: nn.Module, by_angle: list[torch.Tensor], labels: torch.Tensor) -> dict[str, Any]:
    drops = any(isinstance(layer, Dropout) for layer in model.modules())
    figures: dict[str, Any] = {}
    for x in by_angle:
        answers = {"turned": scores_of(model, x).softmax(1)}
        if drops:
            answers["voted"] = vote(model, x, MASKS)
        for name, probabilities in answers.items():
            merit = figures_of_merit(probabilities, labels)
            for figure in ("accuracy", "confidence"):
                figures.setdefault(f"{name}_{figure}", []).append(merit[figure])
    return figures


def turned(pixels: np.ndarray, angle: float) -> np.ndarray:
    """Images (N, C, H, W) in [0, 1], turned by degrees about their middle; corners are black."""
    return np.clip(ndimage.rotate(pixels, angle, axes=(3, 2), reshape=False, order=1), 0, 1)


def in_fog(pixels: np.ndarray, share: float) -> np.ndarray:
    """Images in [0, 1] of which every pixel has moved a share of the way to light grey, 0.7."""
    return (1 - share) * pixels + 0.7 * share


def negative(pixels: np.ndarray) -> np.ndarray:
    """Images in [0, 1] with light and dark exchanged."""
    return 1 - pixels
