"""Exercise of chapter 06: Batch norm of images."""

import numpy as np

from dropnorm import scratch as nn
from dropnorm.exercises.helpers import (
    batch_norm_by_layer,
    batch_norm_by_torch,
    column,
    normalised,
    varied_images,
)
from dropnorm.exercises.spec import Cases, Exercise, Mistake


def batch_norm_per_channel(x, weight, bias, eps):
    """Batch norm of images, in training: one mean and one variance per channel.

    Parameters
    ----------
    x : array (N, C, H, W)
    weight, bias : arrays (C,)
        γ and β.
    eps : float
        Added to the variance, under the root.

    Returns
    -------
    y : array (N, C, H, W)
    """
    mean = x.mean(axis=(0, 2, 3), keepdims=True)
    var = x.var(axis=(0, 2, 3), keepdims=True)
    x_hat = (x - mean) / np.sqrt(var + eps)
    return column(weight) * x_hat + column(bias)


def _image_cases(rng: np.random.Generator) -> Cases:
    return {
        "2 images, 1 channel, 1 × 2": (
            np.array([1.0, 2.0, 3.0, 6.0]).reshape(2, 1, 1, 2),
            np.ones(1),
            np.zeros(1),
            0.1,
        ),
        "3 images, 2 channels, 2 × 5": (
            varied_images(rng, 3, 2, 2, 5),
            rng.uniform(0.5, 2, 2),
            rng.standard_normal(2),
            0.1,
        ),
        "3 images, 3 channels, 3 × 3": (
            varied_images(rng, 3, 3, 3, 3),
            rng.uniform(0.5, 2, 3),
            rng.standard_normal(3),
            0.01,
        ),
    }


def _axes(*axes):
    return lambda x, w, b, eps: normalised(x, column(w), column(b), axes, eps=eps)


EXERCISE = Exercise(
    name="batch-norm-per-channel",
    chapter=6,
    stars=2,
    title="Batch norm of images",
    hint=(
        "keepdims=True saves you from thinking about shapes of the mean. γ needs two more axes, "
        "by hand."
    ),
    solution=batch_norm_per_channel,
    cases=_image_cases,
    mistakes={
        "batch-axis-only": Mistake(
            "Statistics over the batch axis only: each pixel has its own mean. All pixels of a "
            "channel share one.",
            _axes(0),
        ),
        "per-image": Mistake(
            "Each image has its own statistics (instance norm). The batch shares them: axes 0, 2, "
            "3.",
            _axes(2, 3),
        ),
        "per-image-all-channels": Mistake(
            "Each image has one mean for all channels (layer norm). Axes 0, 2, 3.", _axes(1, 2, 3)
        ),
        "all-axes": Mistake(
            "One mean and variance for the whole batch. Each channel has its own: axes 0, 2, 3.",
            _axes(0, 1, 2, 3),
        ),
        "unbiased": Mistake(
            "Your variance divides by N·H·W − 1. Batch norm normalises with the biased one.",
            lambda x, w, b, eps: normalised(x, column(w), column(b), (0, 2, 3), 1, eps=eps),
        ),
        "gamma-on-columns": Mistake(
            "γ and β lie along the last axis. NumPy lines shapes up from the right: weight[:, "
            "None, None].",
            lambda x, w, b, eps: normalised(x, w, b, (0, 2, 3), eps=eps),
        ),
        "eps-outside-root": Mistake(
            "eps is added outside the root. It belongs to the variance: √(var + eps).",
            lambda x, w, b, eps: normalised(
                x, column(w), column(b), (0, 2, 3), divisor=lambda var: np.sqrt(var) + eps
            ),
        ),
        "not-scaled-and-shifted": Mistake(
            "γ and β are missing: this is x̂.",
            lambda x, w, b, eps: normalised(x, 1, 0, (0, 2, 3), eps=eps),
        ),
        "variance-for-deviation": Mistake(
            "You divide by the variance. Divide by its root.",
            lambda x, w, b, eps: normalised(
                x, column(w), column(b), (0, 2, 3), divisor=lambda var: var + eps
            ),
        ),
        "swapped-gamma-beta": Mistake(
            "weight and bias are exchanged: γ (weight) multiplies, β (bias) is added.",
            lambda x, w, b, eps: normalised(x, column(b), column(w), (0, 2, 3), eps=eps),
        ),
        "eps-left-out": Mistake(
            "eps is missing: it is added to the variance.",
            lambda x, w, b, eps: normalised(x, column(w), column(b), (0, 2, 3)),
        ),
        "shifted-before-scaled": Mistake(
            "You add β before you multiply by γ. First γ x̂, then + β.",
            lambda x, w, b, eps: column(w) * normalised(x, 1, column(b), (0, 2, 3), eps=eps),
        ),
        "minimum-and-maximum": Mistake(
            "You bring each channel to the range from 0 to 1, by minimum and maximum. Batch norm "
            "makes mean 0 and variance 1.",
            lambda x, w, b, eps: (
                column(w)
                * (x - x.min(axis=(0, 2, 3), keepdims=True))
                / (np.ptp(x, axis=(0, 2, 3), keepdims=True) + eps)
                + column(b)
            ),
        ),
        "variance-of-the-means": Mistake(
            "Your variance is that of the images' means. What varies inside an image counts, too: "
            "all N·H·W numbers at once.",
            lambda x, w, b, eps: (
                column(w)
                * (x - x.mean(axis=(0, 2, 3), keepdims=True))
                / column(np.sqrt(x.mean(axis=(2, 3)).var(axis=0) + eps))
                + column(b)
            ),
        ),
        "mean-left-out": Mistake(
            "The mean is not subtracted.",
            lambda x, w, b, eps: (
                column(w) * x / np.sqrt(x.var(axis=(0, 2, 3), keepdims=True) + eps) + column(b)
            ),
        ),
    },
    referees={
        "dropnorm.scratch": lambda x, w, b, eps: batch_norm_by_layer(x, w, b, eps, nn.BatchNorm2d),
        "PyTorch": batch_norm_by_torch,
    },
    returns=("y",),
)
