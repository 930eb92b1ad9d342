"""Probe ``rotations``: how sure thinned networks are of a turned digit 1.

After Gal and Ghahramani (2016), figure 4.
"""

import copy
import math
from typing import Any

import torch
from torch.nn.functional import affine_grid, grid_sample

from dropnorm.experiments.evaluation import scores_of
from dropnorm.experiments.layers import draw_from
from dropnorm.experiments.probes.base import Trained
from dropnorm.experiments.uncertainty import monte_carlo

# Degrees, clockwise: twelve rotations (the paper gives twelve pictures, no angles).
ANGLES = tuple(range(0, 120, 10))

# How many test images of a 1 are turned.
ROTATED = 100

# Thinned networks that are asked.
PASSES = 100


def measure(trained: Trained) -> dict[str, Any]:
    """What PASSES thinned networks say of a digit 1 turned by ANGLES.

    Returns
    -------
    figures
        For the first 1 of the test images, by angle: ``probabilities`` (mean over the passes, ten
        classes), ``spread`` (standard deviation over the passes of the predicted class's
        probability). Over the first ROTATED ones, by angle: ``right`` (share still called 1),
        ``entropy`` (of the mean probabilities, nats), ``information`` (that entropy minus the
        passes' mean entropy: how much they disagree, nats), ``sure`` (probability of the predicted
        class with weight scaling).
    """
    images, labels = trained.splits["test"]
    model = copy.deepcopy(trained.model).eval()
    draw_from(model, torch.Generator(images.device).manual_seed(trained.trial.seed))
    ones = images[labels == 1][:ROTATED]
    figures: dict[str, list[Any]] = {}
    for angle in ANGLES:
        turned = rotated(ones, angle)
        passes = monte_carlo(model, turned, PASSES)  # (pass, image, class)
        mean = passes.mean(0)
        measured = {
            "probabilities": mean[0].tolist(),
            "spread": passes[:, 0, mean[0].argmax()].std().item(),
            "right": (mean.argmax(1) == 1).double().mean().item(),
            "entropy": _entropy(mean).mean().item(),
            "information": (_entropy(mean) - _entropy(passes).mean(0)).mean().item(),
            "sure": scores_of(model, turned).softmax(1).amax(1).mean().item(),
        }
        for name, value in measured.items():
            figures.setdefault(name, []).append(value)
    return figures


def rotated(images: torch.Tensor, angle: float) -> torch.Tensor:
    """Images (N, 1, H, W) turned clockwise about their centre; the corners repeat the border.

    ``angle`` is in degrees.
    """
    turn = math.radians(angle)
    matrix = torch.tensor(
        [[math.cos(turn), math.sin(turn), 0], [-math.sin(turn), math.cos(turn), 0]],
        device=images.device,
    )
    grid = affine_grid(matrix.expand(len(images), 2, 3), list(images.shape), align_corners=False)
    return grid_sample(images, grid, padding_mode="border", align_corners=False)


def _entropy(probabilities: torch.Tensor) -> torch.Tensor:
    """In nats, along the last axis."""
    return -torch.special.xlogy(probabilities, probabilities).sum(-1)
