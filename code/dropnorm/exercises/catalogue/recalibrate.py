"""Exercise of chapter 13: Recalibrate running statistics."""

import numpy as np

from dropnorm import scratch as nn
from dropnorm.exercises.spec import Cases, Exercise, Mistake


def recalibrate(batches):
    """Running statistics estimated anew, as PyTorch does with momentum=None: a plain average.

    Parameters
    ----------
    batches : list of arrays (N, C)
        What arrives at the batch norm. N is the same for all.

    Returns
    -------
    running_mean, running_var : arrays (C,)
        Averages of the batches' means, and of their unbiased variances.
    """
    means = [x.mean(axis=0) for x in batches]
    variances = [x.var(axis=0, ddof=1) for x in batches]
    return np.mean(means, axis=0), np.mean(variances, axis=0)


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
    means = np.array([x.mean(axis=axis) for x in batches])
    variances = np.array([x.var(axis=axis, ddof=ddof) for x in batches])
    return means, variances


def _faded(batches, momentum, mean, var):
    for new_mean, new_var in zip(*_moments(batches), strict=True):
        mean = (1 - momentum) * mean + momentum * new_mean
        var = (1 - momentum) * var + momentum * new_var
    return mean, var


EXERCISE = Exercise(
    name="recalibrate",
    chapter=13,
    stars=2,
    title="Recalibrate running statistics",
    hint="Every batch counts the same. What does running_var store of a batch?",
    solution=recalibrate,
    cases=_recalibration_cases,
    mistakes={
        "biased-variance": Mistake(
            "Biased variance: running_var averages the unbiased ones, divided by N − 1.",
            lambda batches: tuple(part.mean(axis=0) for part in _moments(batches, 0)),
        ),
        "exponential-average": Mistake(
            "You fade with momentum 0.1 from 0 and 1: the start is still in it. Take the plain "
            "average.",
            lambda batches: _faded(batches, 0.1, 0.0, 1.0),
        ),
        "pooled": Mistake(
            "You take the statistics of all batches together. That counts the variance between "
            "batches, too; asked for are averages.",
            lambda batches: (
                np.concatenate(batches).mean(axis=0),
                np.concatenate(batches).var(axis=0, ddof=1),
            ),
        ),
        "pooled-biased": Mistake(
            "You take the biased statistics of all batches together. Average the batches' own "
            "unbiased variances.",
            lambda batches: (
                np.concatenate(batches).mean(axis=0),
                np.concatenate(batches).var(axis=0),
            ),
        ),
        "last-batch": Mistake(
            "You return the last batch's statistics. Average over all batches.",
            lambda batches: tuple(part[-1] for part in _moments(batches)),
        ),
        "summed": Mistake(
            "You add the statistics up. Divide by the number of batches.",
            lambda batches: tuple(part.sum(axis=0) for part in _moments(batches)),
        ),
        "standard-deviation": Mistake(
            "You average standard deviations. running_var is a variance.",
            lambda batches: (
                _moments(batches)[0].mean(axis=0),
                np.sqrt(_moments(batches)[1]).mean(axis=0),
            ),
        ),
        "variance-of-means": Mistake(
            "This is the variance of the batches' means. Average their variances.",
            lambda batches: (_moments(batches)[0].mean(axis=0), _moments(batches)[0].var(axis=0)),
        ),
    },
    referees={
        "dropnorm.scratch": _recalibrated_layer,
        "PyTorch": _recalibrated_by_torch,
    },
    returns=("running_mean", "running_var"),
)
