"""Exercise of chapter 15: Group norm."""

import numpy as np

from dropnorm.exercises.helpers import column, normalised, varied_images
from dropnorm.exercises.spec import Cases, Exercise, Mistake


def group_norm(x, groups, weight, bias, eps):
    """Group norm: each image's channels are normalised in groups; the batch does not matter.

    Parameters
    ----------
    x : array (N, C, H, W)
    groups : int
        Divides C; neighbouring channels form a group. 1 is layer norm, C is instance norm.
    weight, bias : arrays (C,)
        γ and β, one for each channel.
    eps : float
        Added to the variance, under the root.

    Returns
    -------
    y : array (N, C, H, W)
        The same in training and evaluation.
    """
    parts = x.reshape(len(x), groups, -1, *x.shape[2:])
    mean = parts.mean(axis=(2, 3, 4), keepdims=True)
    var = parts.var(axis=(2, 3, 4), keepdims=True)
    x_hat = ((parts - mean) / np.sqrt(var + eps)).reshape(x.shape)
    return column(weight) * x_hat + column(bias)


def _normed(x, groups, weight, bias, eps, axes=(2, 3, 4), ddof=0, outside=False):
    parts = x.reshape(len(x), groups, -1, *x.shape[2:])
    mean, var = parts.mean(axis=axes, keepdims=True), parts.var(axis=axes, keepdims=True, ddof=ddof)
    y = (parts - mean) / (np.sqrt(var) + eps if outside else np.sqrt(var + eps))
    return weight * y.reshape(x.shape) + bias


def _by_torch(x, groups, weight, bias, eps):
    import torch

    x, weight, bias = map(torch.tensor, (x, weight, bias))
    return torch.nn.functional.group_norm(x, groups, weight, bias, eps).numpy()


def _interleaved(x, groups, weight, bias, eps):
    order = np.arange(x.shape[1]).reshape(-1, groups).T.ravel()
    y = np.empty_like(x)
    y[:, order] = _normed(x[:, order], groups, 1, 0, eps)
    return column(weight) * y + column(bias)


def _cases(rng: np.random.Generator) -> Cases:
    def draw(n, c, h, w):
        x = varied_images(rng, n, c, h, w)
        return x, rng.uniform(0.5, 2, c), rng.standard_normal(c)

    x, weight, bias = draw(3, 4, 2, 4)
    y, gamma, beta = draw(2, 6, 3, 2)
    return {
        "1 image, 2 channels, 1 group": (
            np.array([1.0, 5.0]).reshape(1, 2, 1, 1),
            1,
            np.ones(2),
            np.zeros(2),
            0.0,
        ),
        "4 channels, 2 groups": (x, 2, weight, bias, 0.1),
        "6 channels, 3 groups": (y, 3, gamma, beta, 0.01),
    }


def _divided_by_variance(x, groups, weight, bias, eps):
    var = x.reshape(len(x), groups, -1).var(axis=2).repeat(x.shape[1] // groups, axis=1)
    hat = _normed(x, groups, 1, 0, eps)
    return column(weight) * hat / np.sqrt(var + eps)[:, :, None, None] + column(bias)


EXERCISE = Exercise(
    name="group-norm",
    chapter=15,
    stars=2,
    title="Group norm",
    hint=(
        "Reshape to (N, groups, C / groups, H, W), normalise over the last three axes, reshape "
        "back."
    ),
    solution=group_norm,
    cases=_cases,
    mistakes={
        "batch-included": Mistake(
            "Your statistics run over the batch, too. Group norm treats each image alone.",
            lambda x, g, w, b, eps: _normed(x, g, column(w), column(b), eps, (0, 2, 3, 4)),
        ),
        "instance-norm": Mistake(
            "Each channel has its own statistics (instance norm). The channels of a group share "
            "them.",
            lambda x, g, w, b, eps: _normed(x, x.shape[1], column(w), column(b), eps),
        ),
        "layer-norm": Mistake(
            "All channels share their statistics (layer norm). Each group has its own.",
            lambda x, g, w, b, eps: _normed(x, 1, column(w), column(b), eps),
        ),
        "interleaved-groups": Mistake(
            "Your groups take every second (third, …) channel. Neighbouring channels form a group.",
            _interleaved,
        ),
        "group-size-for-groups": Mistake(
            "You take groups for the number of channels in a group.",
            lambda x, g, w, b, eps: _normed(x, x.shape[1] // g, column(w), column(b), eps),
        ),
        "pixels-apart": Mistake(
            "Each pixel has its own statistics: you average over the channels of a group only. "
            "Pixels share them, too.",
            lambda x, g, w, b, eps: _normed(x, g, column(w), column(b), eps, 2),
        ),
        "unbiased": Mistake(
            "Your variance divides by the number − 1. Norms normalise with the biased one.",
            lambda x, g, w, b, eps: _normed(x, g, column(w), column(b), eps, ddof=1),
        ),
        "eps-outside-root": Mistake(
            "eps is added outside the root. It belongs to the variance.",
            lambda x, g, w, b, eps: _normed(x, g, column(w), column(b), eps, outside=True),
        ),
        "not-scaled-and-shifted": Mistake(
            "γ and β are missing.", lambda x, g, w, b, eps: _normed(x, g, 1, 0, eps)
        ),
        "variance-for-deviation": Mistake(
            "You divide by the variance. Divide by its root.",
            _divided_by_variance,
        ),
        "swapped-gamma-beta": Mistake(
            "weight and bias are exchanged: γ (weight) multiplies, β (bias) is added.",
            lambda x, g, w, b, eps: _normed(x, g, column(b), column(w), eps),
        ),
        "shifted-before-scaled": Mistake(
            "You add β before you multiply by γ. First γ x̂, then + β.",
            lambda x, g, w, b, eps: _normed(x, g, column(w), column(w * b), eps),
        ),
        "batch-norm": Mistake(
            "This is batch norm: one mean and variance for each channel of the batch. Group norm "
            "has them for each image and group.",
            lambda x, g, w, b, eps: normalised(x, column(w), column(b), (0, 2, 3), eps=eps),
        ),
    },
    referees={"PyTorch": _by_torch},
    returns=("y",),
)
