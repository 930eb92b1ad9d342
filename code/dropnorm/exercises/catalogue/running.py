"""Exercises of chapter 06 on running statistics: batch norm has two modes."""

import numpy as np

from dropnorm import scratch as nn
from dropnorm.exercises.spec import Cases, Exercise


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
    return (1 - momentum) * running_mean + momentum * mean, (
        1 - momentum
    ) * running_var + momentum * var


def _tracked_by_torch(running_mean, running_var, x, momentum):
    import torch

    mean, var = torch.tensor(running_mean), torch.tensor(running_var)
    torch.nn.functional.batch_norm(torch.tensor(x), mean, var, training=True, momentum=momentum)
    return mean.numpy(), var.numpy()


def layer_with(running_mean, running_var, weight=None, bias=None, eps=1e-5, momentum=0.1):
    """The package's layer in this state."""
    layer = nn.BatchNorm2d(len(running_mean), eps, momentum, dtype=float)
    layer.buffers["running_mean"][...], layer.buffers["running_var"][...] = (
        running_mean,
        running_var,
    )
    if weight is not None:
        layer.params["weight"][...], layer.params["bias"][...] = weight, bias
    return layer


def _tracked_by_layer(running_mean, running_var, x, momentum):
    layer = layer_with(running_mean, running_var, momentum=momentum)
    layer(x)
    return layer.buffers["running_mean"], layer.buffers["running_var"]


def state(rng, channels):
    """A running mean and variance drawn at random."""
    return rng.standard_normal(channels), rng.uniform(0.5, 2, channels)


def batch(rng, *shape):
    """Images whose channels have different means."""
    return 2 * rng.standard_normal(shape) + np.arange(1.0, shape[1] + 1)[:, None, None]


def _running_cases(rng: np.random.Generator) -> Cases:
    return {
        "from 0 and 1, momentum 0.1": (
            np.zeros(1),
            np.ones(1),
            np.array([1.0, 3.0, 5.0]).reshape(3, 1, 1, 1),
            0.1,
        ),
        "2 channels, momentum 0.3": (*state(rng, 2), batch(rng, 3, 2, 2, 2), 0.3),
        "2 × 3 pixels, momentum 0.8": (*state(rng, 3), batch(rng, 4, 3, 2, 3), 0.8),
    }


def _moved(mean, var, x, m, new_mean=None, new_var=None):
    new_mean = x.mean(axis=(0, 2, 3)) if new_mean is None else new_mean
    new_var = x.var(axis=(0, 2, 3), ddof=1) if new_var is None else new_var
    return (1 - m) * mean + m * new_mean, (1 - m) * var + m * new_var


def _unbiased_by_n(x):
    return x.var(axis=(0, 2, 3)) * len(x) / (len(x) - 1)


RUNNING = Exercise(
    "running-statistics",
    *(6, 2, "Running statistics"),
    "momentum weighs the new batch here. And which of the two variances is stored?",
    running_statistics,
    _running_cases,
    {
        "biased-variance": (
            "Biased variance in running_var. The batch is normalised with it, but stored is the one divided by N·H·W − 1.",
            lambda mean, var, x, m: _moved(mean, var, x, m, new_var=x.var(axis=(0, 2, 3))),
        ),
        "momentum-turned-round": (
            "momentum is turned round: it weighs the new batch in PyTorch, the old value in Keras.",
            lambda mean, var, x, m: _moved(mean, var, x, 1 - m),
        ),
        "standard-deviation": (
            "You store the standard deviation. running_var is a variance.",
            lambda mean, var, x, m: _moved(mean, var, x, m, new_var=x.std(axis=(0, 2, 3), ddof=1)),
        ),
        "overwritten": (
            "The old values are lost: you return the batch's own statistics.",
            lambda mean, var, x, m: _moved(mean, var, x, 1),
        ),
        "not-faded": (
            "The old values do not fade: multiply them by 1 − momentum.",
            lambda mean, var, x, m: (
                mean + m * x.mean(axis=(0, 2, 3)),
                var + m * x.var(axis=(0, 2, 3), ddof=1),
            ),
        ),
        "count-is-batch": (
            "You correct by N/(N − 1). A channel's variance is over N·H·W numbers: that is the count.",
            lambda mean, var, x, m: _moved(mean, var, x, m, new_var=_unbiased_by_n(x)),
        ),
        "batch-axis-only": (
            "Statistics over the batch axis only, then averaged over pixels: that misses the variance between pixels.",
            lambda mean, var, x, m: _moved(
                mean, var, x, m, new_var=x.var(axis=0, ddof=1).mean(axis=(1, 2))
            ),
        ),
        "unchanged": (
            "The running statistics come back as they were.",
            lambda mean, var, x, m: (mean, var),
        ),
    },
    {"dropnorm.scratch": _tracked_by_layer, "PyTorch": _tracked_by_torch},
    ("running_mean", "running_var"),
)


def batch_norm_modes(x, running_mean, running_var, training, momentum, eps):
    """Batch norm of features with its memory, without γ and β.

    Parameters
    ----------
    x : array (N, C)
    running_mean, running_var : arrays (C,)
        Before the batch.
    training : bool
    momentum : float
        Weight of the new batch.
    eps : float

    Returns
    -------
    y : array (N, C)
    running_mean, running_var : arrays (C,)
        After the batch.
    """
    if not training:
        return (
            (x - running_mean) / np.sqrt(running_var + eps),
            running_mean.copy(),
            running_var.copy(),
        )
    mean, var = x.mean(axis=0), x.var(axis=0)
    new_mean = (1 - momentum) * running_mean + momentum * mean
    new_var = (1 - momentum) * running_var + momentum * var * len(x) / (len(x) - 1)
    return (x - mean) / np.sqrt(var + eps), new_mean, new_var


def _modes_by_torch(x, running_mean, running_var, training, momentum, eps):
    import torch

    x, mean, var = map(torch.tensor, (x, running_mean, running_var))
    y = torch.nn.functional.batch_norm(x, mean, var, training=training, momentum=momentum, eps=eps)
    return y.numpy(), mean.numpy(), var.numpy()


def _modes_cases(rng: np.random.Generator) -> Cases:
    x = 2 * rng.standard_normal((5, 3)) + 1
    return {
        "training, 1 and 3": (np.array([[1.0], [3.0]]), np.zeros(1), np.ones(1), True, 0.1, 1e-12),
        "evaluation, 1 and 3": (
            np.array([[1.0], [3.0]]),
            np.array([2.0]),
            np.array([4.0]),
            False,
            0.1,
            0.0,
        ),
        "training, 5 × 3": (x, *state(rng, 3), True, 0.3, 0.01),
        "evaluation, 5 × 3": (x, *state(rng, 3), False, 0.3, 0.01),
    }


def _normal(x, mean, var, eps):
    return (x - mean) / np.sqrt(var + eps)


def _modes(
    x, m, v, training, momentum, eps, ddof=0, stored=1, turned=False, moves=False, own="batch"
):
    """Both modes with one thing changed."""
    mean, var = x.mean(axis=0), x.var(axis=0, ddof=ddof)
    k = 1 - momentum if turned else momentum
    new = (1 - k) * m + k * mean, (1 - k) * v + k * x.var(axis=0, ddof=stored)
    if not training:
        return _normal(x, m, v, eps), *(new if moves else (m, v))
    used = {"batch": (mean, var), "running": (m, v), "moved": new}[own]
    return _normal(x, *used, eps), *new


MODES = Exercise(
    "batch-norm-modes",
    *(6, 3, "Two functions in one layer"),
    "Write down first, for each mode: which statistics are used, and which are changed?",
    batch_norm_modes,
    _modes_cases,
    {
        "updated-in-eval": (
            "Statistics updated in eval: the running ones must not move there, or each test image leaves a trace.",
            lambda *a: _modes(*a, moves=True),
        ),
        "batch-statistics-in-eval": (
            "In evaluation you normalise by the batch's own statistics. The running ones are for that.",
            lambda x, m, v, t, k, eps: (
                _normal(x, x.mean(axis=0), x.var(axis=0), eps),
                *_modes(x, m, v, t, k, eps)[1:],
            ),
        ),
        "mode-ignored": (
            "You do the same in both modes: in evaluation, too, the batch's statistics are used and stored.",
            lambda x, m, v, t, k, eps: _modes(x, m, v, True, k, eps),
        ),
        "modes-swapped": (
            "The two modes are swapped.",
            lambda x, m, v, t, k, eps: _modes(x, m, v, not t, k, eps),
        ),
        "running-statistics-in-training": (
            "In training you normalise by the running statistics. Use the batch's own.",
            lambda *a: _modes(*a, own="running"),
        ),
        "moved-statistics-in-training": (
            "In training you normalise by the running statistics after their move. Use the batch's own.",
            lambda *a: _modes(*a, own="moved"),
        ),
        "biased-variance": (
            "Biased variance in running_var: stored is the one divided by N − 1.",
            lambda *a: _modes(*a, stored=0),
        ),
        "normalised-by-unbiased": (
            "You normalise by the unbiased variance. It is for running_var only.",
            lambda *a: _modes(*a, ddof=1),
        ),
        "variances-swapped": (
            "The two variances are swapped: normalise by the biased one, store the unbiased one.",
            lambda *a: _modes(*a, ddof=1, stored=0),
        ),
        "momentum-turned-round": (
            "momentum is turned round: here it weighs the new batch.",
            lambda *a: _modes(*a, turned=True),
        ),
    },
    {"PyTorch": _modes_by_torch},
    ("y", "running_mean", "running_var"),
)

EXERCISES = (RUNNING, MODES)
