"""Exercises of chapters 06 and 13 on batch norm in evaluation: apply the stored statistics, and estimate them anew."""

import numpy as np

from dropnorm import scratch as nn
from dropnorm.exercises.catalogue.batch_norm import column
from dropnorm.exercises.catalogue.running import batch, layer_with, state
from dropnorm.exercises.spec import Cases, Exercise


def batch_norm_eval(x, running_mean, running_var, weight, bias, eps):
    """Batch norm of images in evaluation.

    Parameters
    ----------
    x : array (N, C, H, W)
    running_mean, running_var, weight, bias : arrays (C,)
        The stored statistics, γ and β.
    eps : float

    Returns
    -------
    y : array (N, C, H, W)
    """
    return column(weight) * (x - column(running_mean)) / np.sqrt(
        column(running_var) + eps
    ) + column(bias)


def _eval_by_torch(x, running_mean, running_var, weight, bias, eps):
    import torch

    return torch.nn.functional.batch_norm(
        *map(torch.tensor, (x, running_mean, running_var, weight, bias)), eps=eps
    ).numpy()


def _with_gamma(rng, channels):
    return *state(rng, channels), rng.uniform(0.5, 2, channels), rng.standard_normal(channels)


def _scaled(x, mean, divisor, w, b):
    return column(w) * (x - column(mean)) / column(divisor) + column(b)


EVALUATION = Exercise(
    "batch-norm-eval",
    *(6, 1, "Batch norm in evaluation"),
    "Nothing is measured on x: the answer for an image does not depend on its companions.",
    batch_norm_eval,
    lambda rng: {
        "1 image, 1 pixel": (
            np.full((1, 1, 1, 1), 5.0),
            *map(np.array, ([1.0], [4.0], [3.0], [0.5])),
            0.0,
        ),
        "2 channels": (batch(rng, 3, 2, 2, 3), *_with_gamma(rng, 2), 0.1),
        "3 channels, 3 × 3": (batch(rng, 2, 3, 3, 3), *_with_gamma(rng, 3), 0.01),
    },
    {
        "batch-statistics": (
            "You use the batch's own statistics. That is training; in evaluation the stored ones count.",
            lambda x, m, v, w, b, eps: _scaled(
                x, x.mean(axis=(0, 2, 3)), np.sqrt(x.var(axis=(0, 2, 3)) + eps), w, b
            ),
        ),
        "eps-outside-root": (
            "eps is added outside the root. It belongs to the variance.",
            lambda x, m, v, w, b, eps: _scaled(x, m, np.sqrt(v) + eps, w, b),
        ),
        "variance-for-deviation": (
            "You divide by the variance. Divide by its root.",
            lambda x, m, v, w, b, eps: _scaled(x, m, v + eps, w, b),
        ),
        "eps-left-out": (
            "eps is missing.",
            lambda x, m, v, w, b, eps: _scaled(x, m, np.sqrt(v), w, b),
        ),
        "mean-left-out": (
            "The running mean is not subtracted.",
            lambda x, m, v, w, b, eps: _scaled(x, 0 * m, np.sqrt(v + eps), w, b),
        ),
        "not-scaled-and-shifted": (
            "γ and β are missing.",
            lambda x, m, v, w, b, eps: _scaled(x, m, np.sqrt(v + eps), np.ones_like(w), 0 * b),
        ),
        "shifted-before-scaled": (
            "You add β before you multiply by γ. First γ x̂, then + β.",
            lambda x, m, v, w, b, eps: _scaled(x, m, np.sqrt(v + eps), w, w * b),
        ),
        "passed-through": (
            "You return x. Dropout does nothing in evaluation; batch norm still normalises.",
            lambda x, m, v, w, b, eps: x,
        ),
    },
    {
        "dropnorm.scratch": lambda x, m, v, w, b, eps: layer_with(m, v, w, b, eps).eval()(x),
        "PyTorch": _eval_by_torch,
    },
    ("y",),
)


def recalibrate(batches):
    """Running statistics estimated anew: the plain average over batches, as PyTorch does with momentum=None.

    Parameters
    ----------
    batches : list of arrays (N, C)
        What arrives at the batch norm. N is the same for all.

    Returns
    -------
    running_mean, running_var : arrays (C,)
        Averages of the batches' means, and of their unbiased variances.
    """
    return np.mean([x.mean(axis=0) for x in batches], axis=0), np.mean(
        [x.var(axis=0, ddof=1) for x in batches], axis=0
    )


def _recalibrated_layer(batches):
    norm = nn.BatchNorm1d(batches[0].shape[1], dtype=float)
    nn.recalibrate(norm, batches)
    return norm.buffers["running_mean"], norm.buffers["running_var"]


def _recalibrated_by_torch(batches):
    import torch

    norm = torch.nn.BatchNorm1d(batches[0].shape[1], momentum=None, dtype=torch.float64)
    for x in batches:
        norm(torch.tensor(x))
    return norm.running_mean.numpy(), norm.running_var.numpy()


def _recalibration_cases(rng: np.random.Generator) -> Cases:
    def draw(count, n, c):
        return [
            rng.standard_normal((n, c)) * (1 + i) + rng.standard_normal(c) for i in range(count)
        ]

    return {
        "2 batches of 2": ([np.array([[0.0], [2.0]]), np.array([[4.0], [8.0]])],),
        "4 batches, 5 × 3": (draw(4, 5, 3),),
        "3 batches, 3 × 3": (draw(3, 3, 3),),
    }


def _moments(batches, ddof=1, axis=0):
    return np.array([x.mean(axis=axis) for x in batches]), np.array(
        [x.var(axis=axis, ddof=ddof) for x in batches]
    )


def _faded(batches, momentum, mean, var):
    for new_mean, new_var in zip(*_moments(batches), strict=True):
        mean, var = (
            (1 - momentum) * mean + momentum * new_mean,
            (1 - momentum) * var + momentum * new_var,
        )
    return mean, var


RECALIBRATE = Exercise(
    "recalibrate",
    *(13, 2, "Recalibrate running statistics"),
    "Every batch counts the same. What does running_var store of a batch?",
    recalibrate,
    _recalibration_cases,
    {
        "biased-variance": (
            "Biased variance: running_var averages the unbiased ones, divided by N − 1.",
            lambda batches: tuple(part.mean(axis=0) for part in _moments(batches, 0)),
        ),
        "exponential-average": (
            "You fade with momentum 0.1 from 0 and 1: the start is still in it. Take the plain average.",
            lambda batches: _faded(batches, 0.1, 0.0, 1.0),
        ),
        "pooled": (
            "You take the statistics of all batches together. That counts the variance between batches, too; asked for are "
            "averages.",
            lambda batches: (
                np.concatenate(batches).mean(axis=0),
                np.concatenate(batches).var(axis=0, ddof=1),
            ),
        ),
        "pooled-biased": (
            "You take the biased statistics of all batches together. Average the batches' own unbiased variances.",
            lambda batches: (
                np.concatenate(batches).mean(axis=0),
                np.concatenate(batches).var(axis=0),
            ),
        ),
        "last-batch": (
            "You return the last batch's statistics. Average over all batches.",
            lambda batches: tuple(part[-1] for part in _moments(batches)),
        ),
        "summed": (
            "You add the statistics up. Divide by the number of batches.",
            lambda batches: tuple(part.sum(axis=0) for part in _moments(batches)),
        ),
        "standard-deviation": (
            "You average standard deviations. running_var is a variance.",
            lambda batches: (
                _moments(batches)[0].mean(axis=0),
                np.sqrt(_moments(batches)[1]).mean(axis=0),
            ),
        ),
        "variance-of-means": (
            "This is the variance of the batches' means. Average their variances.",
            lambda batches: (_moments(batches)[0].mean(axis=0), _moments(batches)[0].var(axis=0)),
        ),
    },
    {"dropnorm.scratch": _recalibrated_layer, "PyTorch": _recalibrated_by_torch},
    ("running_mean", "running_var"),
)

EXERCISES = (EVALUATION, RECALIBRATE)
