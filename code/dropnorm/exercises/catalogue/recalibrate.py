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


def _around_the_common_mean(batches):
    mean = np.concatenate(batches).mean(axis=0)
    variances = [((x - mean) ** 2).sum(axis=0) / (len(x) - 1) for x in batches]
    return mean, np.mean(variances, axis=0)


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
        "start-counts": Mistake(
            "The starting values 0 and 1 count as one more batch. Plain averages have the batches "
            "alone in them.",
            lambda batches: (
                _moments(batches)[0].sum(axis=0) / (len(batches) + 1),
                (1 + _moments(batches)[1].sum(axis=0)) / (len(batches) + 1),
            ),
        ),
        "faded-from-the-first": Mistake(
            "You fade with momentum 0.1 from the first batch on: it has far more weight than the "
            "others. All batches count the same.",
            lambda batches: _faded(
                batches[1:], 0.1, batches[0].mean(axis=0), batches[0].var(axis=0, ddof=1)
            ),
        ),
        "corrected-twice": Mistake(
            "The variance is corrected by N/(N − 1) twice. ddof=1 does it once.",
            lambda batches: (
                _moments(batches)[0].mean(axis=0),
                _moments(batches)[1].mean(axis=0) * len(batches[0]) / (len(batches[0]) - 1),
            ),
        ),
        "halves": Mistake(
            "Each batch counts half of what is there: (old + new)/2. Then the last ones count "
            "most; divide the sum by the number of batches.",
            lambda batches: _faded(
                batches[1:], 0.5, batches[0].mean(axis=0), batches[0].var(axis=0, ddof=1)
            ),
        ),
        "around-the-common-mean": Mistake(
            "Your variances are measured around the mean of all batches. Each batch varies around "
            "its own.",
            _around_the_common_mean,
        ),
        "median": Mistake(
            "You take medians over the batches. Asked for are averages.",
            lambda batches: tuple(np.median(part, axis=0) for part in _moments(batches)),
        ),
    },
    referees={
        "dropnorm.scratch": _recalibrated_layer,
        "PyTorch": _recalibrated_by_torch,
    },
    returns=("running_mean", "running_var"),
)
