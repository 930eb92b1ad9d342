"""Exercise of chapter 06: Batch norm, backward."""

import numpy as np

from dropnorm.exercises.catalogue.batch_norm_forward import batch_norm_forward
from dropnorm.exercises.spec import Exercise, Mistake, slope, torch_gradients


def batch_norm_backward(dy, x, weight, eps):
    """Gradient with respect to the input of batch norm, in training.

    Parameters
    ----------
    dy : array (N, C)
        Gradient of the loss with respect to y = γ x̂ + β.
    x : array (N, C)
        The input of the forward pass.
    weight : array (C,)
        γ.
    eps : float
        Under the root, as in the forward pass.

    Returns
    -------
    dx : array (N, C)
        The batch's mean and variance depend on x, too.
    """
    std = np.sqrt(x.var(axis=0, keepdims=True) + eps)
    x_hat = (x - x.mean(axis=0, keepdims=True)) / std
    dx_hat = dy * weight
    along = x_hat * (dx_hat * x_hat).mean(axis=0, keepdims=True)
    return (dx_hat - dx_hat.mean(axis=0, keepdims=True) - along) / std


def _by_differences(dy, x, weight, eps):
    return slope(lambda v: (dy * batch_norm_forward(v, weight, 0.0, eps)).sum(), x)


def _by_torch(dy, x, weight, eps):
    import torch

    def loss(v):
        y = torch.nn.functional.batch_norm(
            v, None, None, torch.tensor(weight), training=True, eps=eps
        )
        return (torch.tensor(dy) * y).sum()

    return torch_gradients(loss, x)[0]


def _parts(x, eps):
    r = 1 / np.sqrt(x.var(axis=0) + eps)
    return (x - x.mean(axis=0)) * r, r


def _variant(dy, x, w, eps, ones=1.0, along=1.0, x_hat=None):
    """dx with the two projections weighed by ``ones`` and ``along``."""
    hat, r = _parts(x, eps)
    hat = hat if x_hat is None else x_hat
    return w * r * (dy - ones * dy.mean(axis=0) - along * hat * (dy * hat).mean(axis=0))


def _unbiased(dy, x, weight, eps):
    r = 1 / np.sqrt(x.var(axis=0, ddof=1) + eps)
    x_hat = (x - x.mean(axis=0)) * r
    return weight * r * (dy - dy.mean(axis=0) - x_hat * (dy * x_hat).mean(axis=0))


def _with_one_mean(dy, x, weight, eps):
    (hat, r), dx_hat = _parts(x, eps), dy * weight
    return r * (dx_hat - dx_hat.mean() - hat * (dx_hat * hat).mean())


def _eps_outside(dy, x, weight, eps):
    hat = (x - x.mean(axis=0)) / (x.std(axis=0) + eps)
    inner = dy - dy.mean(axis=0) - hat * (dy * hat).mean(axis=0)
    return weight / (x.std(axis=0) + eps) * inner


def _in_steps(dy, x, weight, eps):
    n, centred = len(x), x - x.mean(axis=0)
    std = np.sqrt((centred**2).mean(axis=0) + eps)
    dx_hat = dy * weight
    dvar = -0.5 * (dx_hat * centred).sum(axis=0) / std**3
    dmean = -(dx_hat / std).sum(axis=0)
    return dx_hat / std + 2 * dvar * centred / n + dmean / n


def _gamma_outside(dy, x, weight, eps):
    std = np.sqrt(x.var(axis=0) + eps)
    x_hat = (x - x.mean(axis=0)) / std
    return weight / std * (dy - dy.mean(axis=0) - x_hat * (dy * x_hat).mean(axis=0))


def _collected(dy, x, weight, eps):
    n, std = len(x), np.sqrt(x.var(axis=0) + eps)
    x_hat = (x - x.mean(axis=0)) / std
    return weight / (n * std) * (n * dy - dy.sum(axis=0) - x_hat * (dy * x_hat).sum(axis=0))


EXERCISE = Exercise(
    name="batch-norm-backward",
    chapter=6,
    stars=3,
    title="Batch norm, backward",
    hint=(
        "A change of dy that is constant over the batch, or proportional to x̂, reaches nothing "
        "below. What must be taken out?"
    ),
    solution=batch_norm_backward,
    cases=lambda rng: {
        "3 × 1, eps = 0.1": (
            np.array([[1.0], [0.0], [0.0]]),
            np.array([[1.0], [2.0], [6.0]]),
            np.array([2.0]),
            0.1,
        ),
        "5 × 3, eps = 0.01": (
            rng.standard_normal((5, 3)),
            2 * rng.standard_normal((5, 3)) + 1,
            rng.uniform(0.5, 2, 3),
            0.01,
        ),
        "4 × 4, eps = 0.5": (
            rng.standard_normal((4, 4)),
            rng.standard_normal((4, 4)) - 1,
            rng.uniform(0.5, 2, 4),
            0.5,
        ),
    },
    mistakes={
        "both-constants": Mistake(
            "You take mean and variance for constants: dx = γ/σ · dy. That is right in evaluation "
            "only.",
            lambda dy, x, w, eps: _variant(dy, x, w, eps, 0, 0),
        ),
        "mean-constant": Mistake(
            "You take the mean for a constant: subtract the mean of dy over the batch.",
            lambda dy, x, w, eps: _variant(dy, x, w, eps, ones=0),
        ),
        "variance-constant": Mistake(
            "You take the variance for a constant: subtract x̂ times the mean of dy · x̂.",
            lambda dy, x, w, eps: _variant(dy, x, w, eps, along=0),
        ),
        "variance-sign": Mistake(
            "The term of the variance has the wrong sign: it is subtracted.",
            lambda dy, x, w, eps: _variant(dy, x, w, eps, along=-1),
        ),
        "sums-for-means": Mistake(
            "You subtract sums over the batch where means belong: 1/N is missing.",
            lambda dy, x, w, eps: _variant(dy, x, w, eps, len(x), len(x)),
        ),
        "gamma-left-out": Mistake(
            "γ is missing: dy passes through it first.",
            lambda dy, x, w, eps: _variant(dy, x, 1.0, eps),
        ),
        "sigma-left-out": Mistake(
            "The factor 1/σ is missing.",
            lambda dy, x, w, eps: _variant(dy, x, w / _parts(x, eps)[1], eps),
        ),
        "not-normalised": Mistake(
            "You use x − mean where x̂ belongs: divide by σ.",
            lambda dy, x, w, eps: _variant(dy, x, w, eps, x_hat=x - x.mean(axis=0)),
        ),
        "unbiased": Mistake(
            "Your variance divides by N − 1. The forward pass has the biased one.",
            lambda dy, x, w, eps: _unbiased(dy, x, w, eps),
        ),
        "eps-left-out": Mistake("eps is missing.", lambda dy, x, w, eps: _variant(dy, x, w, 0.0)),
        "divided-by-variance": Mistake(
            "You divide by the variance. The slope of x̂ is 1/σ.",
            lambda dy, x, w, eps: _variant(dy, x, w * _parts(x, eps)[1], eps),
        ),
        "one-mean-for-all": Mistake(
            "Your means run over the whole array. Each feature has its own: axis 0.",
            _with_one_mean,
        ),
        "over-features": Mistake(
            "Your means run over the features of a row. They run over the batch, axis 0.",
            lambda dy, x, w, eps: (
                _parts(x, eps)[1]
                * (
                    w * dy
                    - (w * dy).mean(axis=1, keepdims=True)
                    - _parts(x, eps)[0] * (w * dy * _parts(x, eps)[0]).mean(axis=1, keepdims=True)
                )
            ),
        ),
        "eps-outside-root": Mistake(
            "eps is added outside the root. It belongs to the variance: √(var + eps).",
            _eps_outside,
        ),
        "gamma-twice": Mistake(
            "γ multiplies twice: dy passes through it once.",
            lambda dy, x, w, eps: _variant(dy, x, w * w, eps),
        ),
        "variance-term-twice": Mistake(
            "The term of the variance is twice too large. The 2 of the square's slope meets the "
            "1/2 of the root's: they cancel.",
            lambda dy, x, w, eps: _variant(dy, x, w, eps, along=2),
        ),
        "variance-term-half": Mistake(
            "The term of the variance is half of what it should be: the slope of the square "
            "brings a 2, that of the root 1/2.",
            lambda dy, x, w, eps: _variant(dy, x, w, eps, along=0.5),
        ),
        "raw-x": Mistake(
            "The term of the variance uses x where x̂ belongs: subtract the mean and divide by σ.",
            lambda dy, x, w, eps: _variant(dy, x, w, eps, x_hat=x),
        ),
    },
    referees={
        "central differences": _by_differences,
        "PyTorch": _by_torch,
    },
    other_ways=(
        _in_steps,
        _collected,
    ),
    returns=("dx",),
)
