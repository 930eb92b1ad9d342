"""Exercises of chapter 06 on the backward pass of batch norm."""

import numpy as np

from dropnorm import scratch as nn
from dropnorm.exercises.catalogue.batch_norm import batch_norm_forward
from dropnorm.exercises.spec import Exercise, slope, torch_gradients


def batch_norm_backward(dy, x, weight, eps):
    """Gradient by the input of batch norm, in training.

    Parameters
    ----------
    dy : array (N, C)
        Gradient of the loss by y = γ x̂ + β.
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
    r = 1 / np.sqrt(x.var(axis=0) + eps)
    x_hat = (x - x.mean(axis=0)) * r
    return weight * r * (dy - dy.mean(axis=0) - x_hat * (dy * x_hat).mean(axis=0))


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


def _made(dy, x, w, eps, ones=1.0, along=1.0, x_hat=None):
    """dx with the two projections weighed by ``ones`` and ``along``."""
    hat, r = _parts(x, eps)
    hat = hat if x_hat is None else x_hat
    return w * r * (dy - ones * dy.mean(axis=0) - along * hat * (dy * hat).mean(axis=0))


BACKWARD = Exercise(
    "batch-norm-backward",
    *(6, 3, "Batch norm, backward"),
    "A change of dy that is constant over the batch, or proportional to x̂, reaches nothing below. What must be taken out?",
    batch_norm_backward,
    lambda rng: {
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
    {
        "both-constants": (
            "You take mean and variance for constants: dx = γ/σ · dy. That is right in evaluation only.",
            lambda dy, x, w, eps: _made(dy, x, w, eps, 0, 0),
        ),
        "mean-constant": (
            "You take the mean for a constant: subtract the mean of dy over the batch.",
            lambda dy, x, w, eps: _made(dy, x, w, eps, ones=0),
        ),
        "variance-constant": (
            "You take the variance for a constant: subtract x̂ times the mean of dy · x̂.",
            lambda dy, x, w, eps: _made(dy, x, w, eps, along=0),
        ),
        "variance-sign": (
            "The term of the variance has the wrong sign: it is subtracted.",
            lambda dy, x, w, eps: _made(dy, x, w, eps, along=-1),
        ),
        "sums-for-means": (
            "You subtract sums over the batch where means belong: 1/N is missing.",
            lambda dy, x, w, eps: _made(dy, x, w, eps, len(x), len(x)),
        ),
        "gamma-left-out": (
            "γ is missing: dy passes through it first.",
            lambda dy, x, w, eps: _made(dy, x, 1.0, eps),
        ),
        "sigma-left-out": (
            "The factor 1/σ is missing.",
            lambda dy, x, w, eps: _made(dy, x, w / _parts(x, eps)[1], eps),
        ),
        "not-normalised": (
            "You use x − mean where x̂ belongs: divide by σ.",
            lambda dy, x, w, eps: _made(dy, x, w, eps, x_hat=x - x.mean(axis=0)),
        ),
        "unbiased": (
            "Your variance divides by N − 1. The forward pass has the biased one.",
            lambda dy, x, w, eps: _unbiased(dy, x, w, eps),
        ),
        "eps-left-out": ("eps is missing.", lambda dy, x, w, eps: _made(dy, x, w, 0.0)),
        "divided-by-variance": (
            "You divide by the variance. The slope of x̂ is 1/σ.",
            lambda dy, x, w, eps: _made(dy, x, w * _parts(x, eps)[1], eps),
        ),
    },
    {"central differences": _by_differences, "PyTorch": _by_torch},
    ("dx",),
)


def _unbiased(dy, x, weight, eps):
    r = 1 / np.sqrt(x.var(axis=0, ddof=1) + eps)
    x_hat = (x - x.mean(axis=0)) * r
    return weight * r * (dy - dy.mean(axis=0) - x_hat * (dy * x_hat).mean(axis=0))


def gamma_beta_gradients(dy, x, eps):
    """Gradients by γ and β of batch norm of images, in training.

    Parameters
    ----------
    dy : array (N, C, H, W)
        Gradient of the loss by y = γ x̂ + β.
    x : array (N, C, H, W)
        The input of the forward pass.
    eps : float
        Under the root, as in the forward pass.

    Returns
    -------
    dweight, dbias : arrays (C,)
        Gradients of the loss by γ and β.
    """
    return (dy * _hat(x, eps)).sum(axis=(0, 2, 3)), dy.sum(axis=(0, 2, 3))


def _hat(x, eps, ddof=0):
    axes = (0, 2, 3)
    mean, var = x.mean(axis=axes, keepdims=True), x.var(axis=axes, keepdims=True, ddof=ddof)
    return (x - mean) / np.sqrt(var + eps)


def _gamma_by_layer(dy, x, eps):
    layer = nn.BatchNorm2d(x.shape[1], eps, dtype=float)
    layer(x)
    layer.backward(dy)
    return layer.grads["weight"], layer.grads["bias"]


def _gamma_by_differences(dy, x, eps):
    def loss(weight, bias):
        return (dy * (weight[:, None, None] * _hat(x, eps) + bias[:, None, None])).sum()

    start = np.ones(x.shape[1])
    return slope(lambda weight: loss(weight, start), start), slope(
        lambda bias: loss(start, bias), start
    )


def _gamma_by_torch(dy, x, eps):
    import torch

    def loss(weight, bias):
        y = torch.nn.functional.batch_norm(
            torch.tensor(x), None, None, weight, bias, training=True, eps=eps
        )
        return (torch.tensor(dy) * y).sum()

    return tuple(torch_gradients(loss, np.ones(x.shape[1]), np.zeros(x.shape[1])))


def _summed(product, dy, axes=(0, 2, 3)):
    return product.sum(axis=axes), dy.sum(axis=axes)


def _batch(rng, *shape):
    return rng.standard_normal(shape), 2 * rng.standard_normal(shape) + 1


GAMMA_BETA = Exercise(
    "gamma-beta-gradients",
    *(6, 2, "Gradients by γ and β"),
    "γ multiplies x̂ at all places of its channel; β is added at all of them.",
    gamma_beta_gradients,
    lambda rng: {
        "2 images, 1 channel": (
            np.array([1.0, 3.0]).reshape(2, 1, 1, 1),
            np.array([5.0, 9.0]).reshape(2, 1, 1, 1),
            1e-12,
        ),
        "3 images, 2 channels, 2 × 3": (*_batch(rng, 3, 2, 2, 3), 0.1),
        "2 images, 3 channels, 3 × 3": (*_batch(rng, 2, 3, 3, 3), 0.5),
    },
    {
        "means-for-sums": (
            "You take means. γ and β serve all places of a channel: their gradients are sums.",
            lambda dy, x, eps: ((dy * _hat(x, eps)).mean(axis=(0, 2, 3)), dy.mean(axis=(0, 2, 3))),
        ),
        "not-normalised": (
            "dweight uses x − mean. γ multiplies x̂: divide by σ.",
            lambda dy, x, eps: _summed(dy * (x - x.mean(axis=(0, 2, 3), keepdims=True)), dy),
        ),
        "raw-x": ("dweight uses x. γ multiplies x̂.", lambda dy, x, eps: _summed(dy * x, dy)),
        "batch-axis-only": (
            "You sum over the batch axis only: one gradient for each pixel. γ has one number per channel.",
            lambda dy, x, eps: _summed(dy * _hat(x, eps), dy, 0),
        ),
        "swapped": (
            "dweight and dbias are swapped.",
            lambda dy, x, eps: gamma_beta_gradients(dy, x, eps)[::-1],
        ),
        "all-axes": (
            "You sum over the channels, too. Each channel has its own γ and β.",
            lambda dy, x, eps: _summed(dy * _hat(x, eps), dy, (0, 1, 2, 3)),
        ),
        "eps-left-out": ("eps is missing in x̂.", lambda dy, x, eps: _summed(dy * _hat(x, 0.0), dy)),
        "unbiased": (
            "Your x̂ is made with the unbiased variance. The forward pass has the biased one.",
            lambda dy, x, eps: _summed(dy * _hat(x, eps, 1), dy),
        ),
    },
    {
        "central differences": _gamma_by_differences,
        "dropnorm.scratch": _gamma_by_layer,
        "PyTorch": _gamma_by_torch,
    },
    ("dweight", "dbias"),
)

EXERCISES = (BACKWARD, GAMMA_BETA)
