"""Exercise of chapter 06: Two functions in one layer."""

from functools import partial

import numpy as np

from dropnorm.exercises.helpers import running_state
from dropnorm.exercises.spec import Cases, Exercise, Mistake


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
    new_var = (1 - momentum) * running_var + momentum * x.var(axis=0, ddof=1)
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
        "training, 5 × 3": (x, *running_state(rng, 3), True, 0.3, 0.01),
        "evaluation, 5 × 3": (x, *running_state(rng, 3), False, 0.3, 0.01),
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


EXERCISE = Exercise(
    name="batch-norm-modes",
    chapter=6,
    stars=3,
    title="Two functions in one layer",
    hint="Write down first, for each mode: which statistics are used, and which are changed?",
    solution=batch_norm_modes,
    cases=_modes_cases,
    mistakes={
        "updated-in-eval": Mistake(
            "Statistics updated in eval: the running ones must not move there, or each test image "
            "leaves a trace.",
            partial(_modes, moves=True),
        ),
        "batch-statistics-in-eval": Mistake(
            "In evaluation you normalise by the batch's own statistics. The running ones are for "
            "that.",
            lambda x, m, v, t, k, eps: (
                _normal(x, x.mean(axis=0), x.var(axis=0), eps),
                *_modes(x, m, v, t, k, eps)[1:],
            ),
        ),
        "mode-ignored": Mistake(
            "You do the same in both modes: in evaluation, too, the batch's statistics are used "
            "and stored.",
            lambda x, m, v, t, k, eps: _modes(x, m, v, True, k, eps),
        ),
        "modes-swapped": Mistake(
            "The two modes are swapped.", lambda x, m, v, t, k, eps: _modes(x, m, v, not t, k, eps)
        ),
        "running-statistics-in-training": Mistake(
            "In training you normalise by the running statistics. Use the batch's own.",
            partial(_modes, own="running"),
        ),
        "moved-statistics-in-training": Mistake(
            "In training you normalise by the running statistics after their move. Use the "
            "batch's own.",
            partial(_modes, own="moved"),
        ),
        "biased-variance": Mistake(
            "Biased variance in running_var: stored is the one divided by N − 1.",
            partial(_modes, stored=0),
        ),
        "normalised-by-unbiased": Mistake(
            "You normalise by the unbiased variance. It is for running_var only.",
            partial(_modes, ddof=1),
        ),
        "variances-swapped": Mistake(
            "The two variances are swapped: normalise by the biased one, store the unbiased one.",
            partial(_modes, ddof=1, stored=0),
        ),
        "momentum-turned-round": Mistake(
            "momentum is turned round: here it weighs the new batch.",
            partial(_modes, turned=True),
        ),
        "eps-stored": Mistake(
            "The variance that is stored has eps in it. eps guards the division only.",
            lambda x, m, v, t, k, eps: (
                *_modes(x, m, v, t, k, eps)[:2],
                _modes(x, m, v, t, k, eps)[2] + (k * eps if t else 0),
            ),
        ),
        "biased-eps-stored": Mistake(
            "The variance that is stored has eps in it, and is biased. eps guards the division "
            "only; stored is the variance divided by N − 1.",
            lambda x, m, v, t, k, eps: (
                *_modes(x, m, v, t, k, eps)[:2],
                _modes(x, m, v, t, k, eps, stored=0)[2] + (k * eps if t else 0),
            ),
        ),
        "standard-deviation": Mistake(
            "You store the standard deviation. running_var is a variance.",
            lambda x, m, v, t, k, eps: (
                *_modes(x, m, v, t, k, eps)[:2],
                (1 - k) * v + k * x.std(axis=0, ddof=1) if t else v,
            ),
        ),
        "overwritten": Mistake(
            "The old running statistics are lost: you store those of the batch. momentum is the "
            "weight of the new ones.",
            lambda x, m, v, t, k, eps: _modes(x, m, v, t, 1, eps),
        ),
        "not-faded": Mistake(
            "The old running statistics do not fade: multiply them by 1 − momentum.",
            lambda x, m, v, t, k, eps: (
                _modes(x, m, v, t, k, eps)[0],
                m + k * x.mean(axis=0) * t,
                v + k * x.var(axis=0, ddof=1) * t,
            ),
        ),
        "never-updated": Mistake(
            "The running statistics never move. In training they move towards those of the batch.",
            lambda x, m, v, t, k, eps: (_modes(x, m, v, t, k, eps)[0], m, v),
        ),
        "variance-for-deviation": Mistake(
            "You divide by the variance. Divide by its root, in both modes.",
            lambda x, m, v, t, k, eps: (
                _modes(x, m, v, t, k, eps)[0] / np.sqrt((x.var(axis=0) if t else v) + eps),
                *_modes(x, m, v, t, k, eps)[1:],
            ),
        ),
        "eps-outside-root": Mistake(
            "eps is added outside the root. It belongs to the variance, in both modes.",
            lambda x, m, v, t, k, eps: (
                (x - (x.mean(axis=0) if t else m)) / ((x.std(axis=0) if t else np.sqrt(v)) + eps),
                *_modes(x, m, v, t, k, eps)[1:],
            ),
        ),
        "eps-corrected-and-stored": Mistake(
            "The variance that is stored has eps in it, and is corrected with it. eps guards the "
            "division only.",
            lambda x, m, v, t, k, eps: (
                *_modes(x, m, v, t, k, eps)[:2],
                _modes(x, m, v, t, k, eps)[2] + (k * eps * len(x) / (len(x) - 1) if t else 0),
            ),
        ),
    },
    referees={"PyTorch": _modes_by_torch},
    returns=("y", "running_mean", "running_var"),
)
