"""Exercises on batch norm, forward: chapters 03 and 06."""

import numpy as np

from dropnorm import scratch as nn
from dropnorm.exercises.spec import Cases, Exercise


def column(values):
    """(C,) → (C, 1, 1), ready to meet (N, C, H, W)."""
    return np.asarray(values)[:, None, None]


def channel_statistics(x):
    """Mean and variance of each channel.

    Parameters
    ----------
    x : array (N, C, H, W)
        May have a mean that is large compared with its standard deviation.

    Returns
    -------
    mean, var : arrays (C,)
        Over images and pixels; the variance divides by their number.
    """
    return x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3))


def _statistics_by_torch(x):
    import torch

    var, mean = torch.var_mean(torch.tensor(x), dim=(0, 2, 3), correction=0)
    return mean.numpy(), var.numpy()


def _images(rng, *shape):
    return rng.standard_normal(shape) * np.arange(1.0, shape[1] + 1)[
        :, None, None
    ] + rng.standard_normal((shape[1], 1, 1))


def _over(*axes):
    return lambda x: (x.mean(axis=axes), x.var(axis=axes))


STATISTICS = Exercise(
    "channel-statistics",
    *(3, 1, "Which numbers share a mean?"),
    "A channel's numbers lie on three of the four axes.",
    channel_statistics,
    lambda rng: {
        "2 images, 1 channel, 1 × 2": (np.array([1.0, 2.0, 3.0, 6.0]).reshape(2, 1, 1, 2),),
        "4 images, 3 channels, 2 × 5": (_images(rng, 4, 3, 2, 5),),
        "3 images, 3 channels, 3 × 3": (_images(rng, 3, 3, 3, 3),),
        "mean of 10⁷": (_images(rng, 2, 2, 3, 3) + 1e7,),
    },
    {
        "batch-axis-only": (
            "Statistics over the batch axis only: a mean for each pixel. All pixels of a channel share one.",
            _over(0),
        ),
        "per-image": (
            "You have a mean for each image and channel (instance norm). The images of the batch share it, too.",
            _over(2, 3),
        ),
        "per-image-all-channels": (
            "You have a mean for each image, over its channels (layer norm). Each channel has its own: keep axis 1.",
            _over(1, 2, 3),
        ),
        "all-axes": (
            "One mean for everything. Each channel has its own: keep axis 1.",
            _over(0, 1, 2, 3),
        ),
        "channels-last": (
            "You keep the last axis. The layout is N, C, H, W: channels are axis 1.",
            _over(0, 1, 2),
        ),
        "unbiased": (
            "Your variance divides by the number − 1. Batch norm normalises with the biased one.",
            lambda x: (x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3), ddof=1)),
        ),
        "standard-deviation": (
            "You return the standard deviation. The variance is its square.",
            lambda x: (x.mean(axis=(0, 2, 3)), x.std(axis=(0, 2, 3))),
        ),
        "mean-square": (
            "This is the mean square. Subtract the mean before you square.",
            lambda x: (x.mean(axis=(0, 2, 3)), (x**2).mean(axis=(0, 2, 3))),
        ),
    },
    {"PyTorch": _statistics_by_torch},
    ("mean", "var"),
    {
        "mean of 10⁷": (
            "cancellation",
            "Right but for a large mean. E[x²] − E[x]² subtracts two huge, nearly equal numbers: subtract the mean first.",
        )
    },
)


def batch_norm_forward(x, weight, bias, eps):
    """Batch norm of features, in training.

    Parameters
    ----------
    x : array (N, C)
    weight, bias : arrays (C,)
        γ and β.
    eps : float
        Added to the variance, under the root.

    Returns
    -------
    y : array (N, C)
        γ x̂ + β, where x̂ is x with mean 0 and variance 1 (nearly, because of eps) over the batch.
    """
    return weight * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps) + bias


def by_layer(x, weight, bias, eps, norm=nn.BatchNorm1d):
    """The same by the package's layer."""
    layer = norm(len(weight), eps, dtype=float)
    layer.params["weight"][...], layer.params["bias"][...] = weight, bias
    return layer(x)


def by_torch(x, weight, bias, eps):
    """The same by PyTorch."""
    import torch

    x, weight, bias = map(torch.tensor, (x, weight, bias))
    return torch.nn.functional.batch_norm(
        x, None, None, weight, bias, training=True, eps=eps
    ).numpy()


def normed(x, weight, bias, axes=0, ddof=0, divisor=None, eps=0.0):
    """Batch norm in training with one thing changed: axes, ddof, or what the root makes of variance and eps."""
    mean, var = x.mean(axis=axes, keepdims=True), x.var(axis=axes, ddof=ddof, keepdims=True)
    return weight * (x - mean) / (np.sqrt(var + eps) if divisor is None else divisor(var)) + bias


def _feature_cases(rng: np.random.Generator) -> Cases:
    return {
        "3 and 8": (np.array([[3.0], [8.0]]), np.array([1.0]), np.array([0.0]), 1e-12),
        "5 × 3, eps = 0.1": (
            3 * rng.standard_normal((5, 3)) + 2,
            rng.uniform(0.5, 2, 3),
            rng.standard_normal(3),
            0.1,
        ),
        "4 × 4, eps = 0.01": (
            0.3 * rng.standard_normal((4, 4)),
            rng.uniform(0.5, 2, 4),
            rng.standard_normal(4),
            0.01,
        ),
        "a constant feature": (
            np.array([[1.0, 2.0], [3.0, 2.0], [8.0, 2.0]]),
            np.array([2.0, 3.0]),
            np.array([1.0, -1.0]),
            1e-5,
        ),
    }


FORWARD = Exercise(
    "batch-norm-forward",
    *(6, 1, "Batch norm of features"),
    "Four steps: mean, variance, normalise, scale and shift. Each column of x is a feature.",
    batch_norm_forward,
    _feature_cases,
    {
        "eps-outside-root": (
            "eps is added outside the root. It belongs to the variance: √(var + eps).",
            lambda x, w, b, eps: normed(x, w, b, divisor=lambda var: np.sqrt(var) + eps),
        ),
        "unbiased": (
            "You divide by N − 1 in the variance. Batch norm normalises with the biased variance.",
            lambda x, w, b, eps: normed(x, w, b, ddof=1, eps=eps),
        ),
        "over-features": (
            "Mean and variance run over the features of a row (layer norm). They run over the batch, axis 0.",
            lambda x, w, b, eps: normed(x, w, b, axes=1, eps=eps),
        ),
        "one-mean-for-all": (
            "One mean and variance for the whole array. Each feature has its own: axis 0.",
            lambda x, w, b, eps: normed(x, w, b, axes=(0, 1), eps=eps),
        ),
        "variance-for-deviation": (
            "You divide by the variance. Divide by its root.",
            lambda x, w, b, eps: normed(x, w, b, divisor=lambda var: var + eps),
        ),
        "eps-left-out": (
            "eps is missing: with a constant feature you divide 0 by 0.",
            lambda x, w, b, eps: normed(x, w, b),
        ),
        "mean-left-out": (
            "The mean is not subtracted.",
            lambda x, w, b, eps: w * x / np.sqrt(x.var(axis=0) + eps) + b,
        ),
        "not-scaled-and-shifted": (
            "γ and β are missing: this is x̂.",
            lambda x, w, b, eps: normed(x, 1, 0, eps=eps),
        ),
        "swapped-gamma-beta": (
            "weight and bias are swapped: γ (weight) multiplies, β (bias) is added.",
            lambda x, w, b, eps: normed(x, b, w, eps=eps),
        ),
        "shifted-before-scaled": (
            "You add β before you multiply by γ. First γ x̂, then + β.",
            lambda x, w, b, eps: w * (normed(x, 1, 0, eps=eps) + b),
        ),
    },
    {"dropnorm.scratch": by_layer, "PyTorch": by_torch},
    ("y",),
)


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
    return normed(x, column(weight), column(bias), (0, 2, 3), eps=eps)


def _image_cases(rng: np.random.Generator) -> Cases:
    return {
        "2 images, 1 channel, 1 × 2": (
            np.array([1.0, 2.0, 3.0, 6.0]).reshape(2, 1, 1, 2),
            np.ones(1),
            np.zeros(1),
            0.1,
        ),
        "3 images, 2 channels, 2 × 5": (
            _images(rng, 3, 2, 2, 5),
            rng.uniform(0.5, 2, 2),
            rng.standard_normal(2),
            0.1,
        ),
        "3 images, 3 channels, 3 × 3": (
            _images(rng, 3, 3, 3, 3),
            rng.uniform(0.5, 2, 3),
            rng.standard_normal(3),
            0.01,
        ),
    }


def _axes(*axes):
    return lambda x, w, b, eps: normed(x, column(w), column(b), axes, eps=eps)


PER_CHANNEL = Exercise(
    "batch-norm-per-channel",
    *(6, 2, "Batch norm of images"),
    "keepdims=True saves you from thinking about shapes of the mean. γ needs two more axes, by hand.",
    batch_norm_per_channel,
    _image_cases,
    {
        "batch-axis-only": (
            "Statistics over the batch axis only: each pixel has its own mean. All pixels of a channel share one.",
            _axes(0),
        ),
        "per-image": (
            "Each image has its own statistics (instance norm). The batch shares them: axes 0, 2, 3.",
            _axes(2, 3),
        ),
        "per-image-all-channels": (
            "Each image has one mean for all channels (layer norm). Axes 0, 2, 3.",
            _axes(1, 2, 3),
        ),
        "all-axes": (
            "One mean and variance for the whole batch. Each channel has its own: axes 0, 2, 3.",
            _axes(0, 1, 2, 3),
        ),
        "unbiased": (
            "Your variance divides by N·H·W − 1. Batch norm normalises with the biased one.",
            lambda x, w, b, eps: normed(x, column(w), column(b), (0, 2, 3), 1, eps=eps),
        ),
        "gamma-on-columns": (
            "γ and β lie along the last axis. NumPy lines shapes up from the right: weight[:, None, None].",
            lambda x, w, b, eps: normed(x, w, b, (0, 2, 3), eps=eps),
        ),
        "eps-outside-root": (
            "eps is added outside the root. It belongs to the variance: √(var + eps).",
            lambda x, w, b, eps: normed(
                x, column(w), column(b), (0, 2, 3), divisor=lambda var: np.sqrt(var) + eps
            ),
        ),
        "not-scaled-and-shifted": (
            "γ and β are missing: this is x̂.",
            lambda x, w, b, eps: normed(x, 1, 0, (0, 2, 3), eps=eps),
        ),
    },
    {
        "dropnorm.scratch": lambda x, w, b, eps: by_layer(x, w, b, eps, nn.BatchNorm2d),
        "PyTorch": by_torch,
    },
    ("y",),
)

EXERCISES = (STATISTICS, FORWARD, PER_CHANNEL)
