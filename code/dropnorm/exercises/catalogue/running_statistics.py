"""Exercise of chapter 06: Running statistics."""

import numpy as np

from dropnorm.exercises.helpers import batch_norm_layer, running_state, shifted_images
from dropnorm.exercises.spec import Cases, Exercise, Mistake


def running_statistics(running_mean, running_var, x, momentum):
    """Move the running statistics of batch norm towards those of a new batch, as PyTorch does.

    Parameters
    ----------
    running_mean, running_var : arrays (C,)
    x : array (N, C, H, W)
        The new batch.
    momentum : float
        Weight of the *new* batch.

    Returns
    -------
    running_mean, running_var : arrays (C,)
        After the batch. The variance that is stored is the unbiased one.
    """
    mean, var = x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3), ddof=1)
    new_mean = (1 - momentum) * running_mean + momentum * mean
    new_var = (1 - momentum) * running_var + momentum * var
    return new_mean, new_var


def _tracked_by_torch(running_mean, running_var, x, momentum):
    import torch

    mean, var = torch.tensor(running_mean), torch.tensor(running_var)
    torch.nn.functional.batch_norm(torch.tensor(x), mean, var, training=True, momentum=momentum)
    return mean.numpy(), var.numpy()


def _tracked_by_layer(running_mean, running_var, x, momentum):
    layer = batch_norm_layer(running_mean, running_var, momentum=momentum)
    layer(x)
    return layer.buffers["running_mean"], layer.buffers["running_var"]


def _running_cases(rng: np.random.Generator) -> Cases:
    return {
        "from 0 and 1, momentum 0.1": (
            np.zeros(1),
            np.ones(1),
            np.array([1.0, 3.0, 5.0]).reshape(3, 1, 1, 1),
            0.1,
        ),
        "2 channels, momentum 0.3": (*running_state(rng, 2), shifted_images(rng, 3, 2, 2, 2), 0.3),
        "2 × 3 pixels, momentum 0.8": (
            *running_state(rng, 3),
            shifted_images(rng, 4, 3, 2, 3),
            0.8,
        ),
    }


def _moved(mean, var, x, m, new_mean=None, new_var=None):
    new_mean = x.mean(axis=(0, 2, 3)) if new_mean is None else new_mean
    new_var = x.var(axis=(0, 2, 3), ddof=1) if new_var is None else new_var
    return (1 - m) * mean + m * new_mean, (1 - m) * var + m * new_var


def _unbiased_by_n(x):
    return x.var(axis=(0, 2, 3)) * len(x) / (len(x) - 1)


def _around(x, centre, lost):
    squares = ((x - centre[:, None, None]) ** 2).sum(axis=(0, 2, 3))
    return squares / (x[:, 0].size - lost)


def _as_of_a_mixture(mean, var, x, m):
    new_mean, new_var = _moved(mean, var, x, m)
    return new_mean, new_var + m * (1 - m) * (x.mean(axis=(0, 2, 3)) - mean) ** 2


def _in_steps(running_mean, running_var, x, momentum):
    n = x.size // x.shape[1]
    mean = x.sum(axis=(0, 2, 3)) / n
    new_mean = running_mean + momentum * (mean - running_mean)
    squares = ((x - mean[:, None, None]) ** 2).sum(axis=(0, 2, 3))
    unbiased = squares / (n - 1)
    return new_mean, running_var + momentum * (unbiased - running_var)


def _corrected_by_hand(running_mean, running_var, x, momentum):
    n = x.size // x.shape[1]
    mean, biased = x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3))
    new_mean = (1 - momentum) * running_mean + momentum * mean
    unbiased = biased * n / (n - 1)
    return new_mean, (1 - momentum) * running_var + momentum * unbiased


EXERCISE = Exercise(
    name="running-statistics",
    chapter=6,
    stars=2,
    title="Running statistics",
    hint="momentum weighs the new batch here. And which of the two variances is stored?",
    solution=running_statistics,
    cases=_running_cases,
    mistakes={
        "biased-variance": Mistake(
            "Biased variance in running_var. The batch is normalised with it, but stored is the "
            "one divided by N·H·W − 1.",
            lambda mean, var, x, m: _moved(mean, var, x, m, new_var=x.var(axis=(0, 2, 3))),
        ),
        "momentum-turned-round": Mistake(
            "momentum is turned round: it weighs the new batch in PyTorch, the old value in Keras.",
            lambda mean, var, x, m: _moved(mean, var, x, 1 - m),
        ),
        "standard-deviation": Mistake(
            "You store the standard deviation. running_var is a variance.",
            lambda mean, var, x, m: _moved(mean, var, x, m, new_var=x.std(axis=(0, 2, 3), ddof=1)),
        ),
        "overwritten": Mistake(
            "The old values are lost: you return the batch's own statistics.",
            lambda mean, var, x, m: _moved(mean, var, x, 1),
        ),
        "not-faded": Mistake(
            "The old values do not fade: multiply them by 1 − momentum.",
            lambda mean, var, x, m: (
                mean + m * x.mean(axis=(0, 2, 3)),
                var + m * x.var(axis=(0, 2, 3), ddof=1),
            ),
        ),
        "count-is-batch": Mistake(
            "You correct by N/(N − 1). A channel's variance is over N·H·W numbers: that is the "
            "count.",
            lambda mean, var, x, m: _moved(mean, var, x, m, new_var=_unbiased_by_n(x)),
        ),
        "batch-axis-only": Mistake(
            "Statistics over the batch axis only, then averaged over pixels: that misses the "
            "variance between pixels.",
            lambda mean, var, x, m: _moved(
                mean, var, x, m, new_var=x.var(axis=0, ddof=1).mean(axis=(1, 2))
            ),
        ),
        "unchanged": Mistake(
            "The running statistics come back as they were.", lambda mean, var, x, m: (mean, var)
        ),
        "variances-of-images": Mistake(
            "You average the variances of the single images. What lies between their means is "
            "lost: one variance over axes 0, 2, 3.",
            lambda mean, var, x, m: _moved(
                mean, var, x, m, new_var=x.var(axis=(2, 3), ddof=1).mean(axis=0)
            ),
        ),
        "biased-variances-of-images": Mistake(
            "You average the biased variances of the single images. What lies between their means "
            "is lost: one unbiased variance over axes 0, 2, 3.",
            lambda mean, var, x, m: _moved(
                mean, var, x, m, new_var=x.var(axis=(2, 3)).mean(axis=0)
            ),
        ),
        "mixture": Mistake(
            "You add the gap between the old and the new mean to the variance, as for a mixture "
            "of two batches. Here the two variances are only averaged.",
            _as_of_a_mixture,
        ),
        "around-the-running-mean": Mistake(
            "Your variance is measured around the old running mean. A batch varies around its own "
            "mean.",
            lambda mean, var, x, m: _moved(mean, var, x, m, new_var=_around(x, mean, 1)),
        ),
        "around-the-running-mean-biased": Mistake(
            "Your variance is measured around the old running mean, and biased. A batch varies "
            "around its own mean; divide by the number − 1.",
            lambda mean, var, x, m: _moved(mean, var, x, m, new_var=_around(x, mean, 0)),
        ),
        "corrected-as-a-whole": Mistake(
            "You correct the stored variance as a whole by n/(n − 1). Only the batch's share is "
            "biased: what was stored before is corrected already.",
            lambda mean, var, x, m: (
                _moved(mean, var, x, m)[0],
                _moved(mean, var, x, m, new_var=x.var(axis=(0, 2, 3)))[1]
                * x[:, 0].size
                / (x[:, 0].size - 1),
            ),
        ),
        "weights-squared": Mistake(
            "You square the weights in the variance, as for a sum of independent numbers. Here "
            "the variances are only averaged.",
            lambda mean, var, x, m: (
                _moved(mean, var, x, m)[0],
                (1 - m) ** 2 * var + m**2 * x.var(axis=(0, 2, 3), ddof=1),
            ),
        ),
        "halves": Mistake(
            "Old and new count half each. momentum is the weight of the new batch.",
            lambda mean, var, x, m: _moved(mean, var, x, 0.5),
        ),
        "around-the-moved-mean": Mistake(
            "Your variance is measured around the running mean after its move. A batch varies "
            "around its own mean.",
            lambda mean, var, x, m: _moved(
                mean, var, x, m, new_var=_around(x, _moved(mean, var, x, m)[0], 1)
            ),
        ),
    },
    referees={
        "dropnorm.scratch": _tracked_by_layer,
        "PyTorch": _tracked_by_torch,
    },
    other_ways=(_in_steps, _corrected_by_hand),
    returns=("running_mean", "running_var"),
)
