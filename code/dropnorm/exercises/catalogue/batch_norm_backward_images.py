"""Exercise of chapter 07: Batch norm of images, backward."""

import numpy as np

from dropnorm import scratch as nn
from dropnorm.exercises.helpers import column, varied_images
from dropnorm.exercises.spec import Cases, Exercise, Mistake, slope, torch_gradients

AXES = (0, 2, 3)


def batch_norm_backward_images(dy, x, weight, eps):
    """All three gradients of batch norm of images, in training.

    Parameters
    ----------
    dy : array (N, C, H, W)
        Gradient of the loss with respect to y = γ x̂ + β.
    x : array (N, C, H, W)
        The input of the forward pass.
    weight : array (C,)
        γ.
    eps : float
        Under the root, as in the forward pass.

    Returns
    -------
    dx : array (N, C, H, W)
        A channel's mean and variance depend on all its pixels in all images.
    dweight, dbias : arrays (C,)
        Gradients with respect to γ and β.
    """
    std = np.sqrt(x.var(axis=AXES, keepdims=True) + eps)
    x_hat = (x - x.mean(axis=AXES, keepdims=True)) / std
    dx_hat = dy * column(weight)
    along = x_hat * (dx_hat * x_hat).mean(axis=AXES, keepdims=True)
    dx = (dx_hat - dx_hat.mean(axis=AXES, keepdims=True) - along) / std
    return dx, (dy * x_hat).sum(axis=AXES), dy.sum(axis=AXES)


def _parts(x, eps, ddof=0, axes=AXES):
    r = 1 / np.sqrt(x.var(axis=axes, keepdims=True, ddof=ddof) + eps)
    return (x - x.mean(axis=axes, keepdims=True)) * r, r


def _gradients(dy, x, weight, eps, ones=1.0, along=1.0, ddof=0, mean_axes=AXES, hat_axes=AXES):
    """The three, with the two projections weighed by ``ones`` and ``along``."""
    x_hat, r = _parts(x, eps, ddof, hat_axes)
    constant = dy.mean(axis=mean_axes, keepdims=True)
    sideways = x_hat * (dy * x_hat).mean(axis=mean_axes, keepdims=True)
    dx = column(weight) * r * (dy - ones * constant - along * sideways)
    return dx, (dy * x_hat).sum(axis=AXES), dy.sum(axis=AXES)


def _means_for_sums(dy, x, weight, eps):
    dx, dweight, dbias = _gradients(dy, x, weight, eps)
    places = x.size / x.shape[1]
    return dx, dweight / places, dbias / places


def _by_differences(dy, x, weight, eps):
    def loss(x, weight, bias):
        return (dy * (column(weight) * _parts(x, eps)[0] + column(bias))).sum()

    bias = np.zeros_like(weight)
    return (
        slope(lambda v: loss(v, weight, bias), x),
        slope(lambda v: loss(x, v, bias), weight),
        slope(lambda v: loss(x, weight, v), bias),
    )


def _by_layer(dy, x, weight, eps):
    layer = nn.BatchNorm2d(len(weight), eps, dtype=float)
    layer.params["weight"][...] = weight
    layer(x)
    return layer.backward(dy), layer.grads["weight"], layer.grads["bias"]


def _by_torch(dy, x, weight, eps):
    import torch

    def loss(x, weight, bias):
        y = torch.nn.functional.batch_norm(x, None, None, weight, bias, training=True, eps=eps)
        return (torch.tensor(dy) * y).sum()

    return tuple(torch_gradients(loss, x, weight, np.zeros_like(weight)))


def _cases(rng: np.random.Generator) -> Cases:
    def draw(*shape):
        return rng.standard_normal(shape), varied_images(rng, *shape), rng.uniform(0.5, 2, shape[1])

    return {
        "1 image, 1 channel, 1 × 3, eps = 0.1": (
            np.array([1.0, 0.0, 0.0]).reshape(1, 1, 1, 3),
            np.array([1.0, 2.0, 6.0]).reshape(1, 1, 1, 3),
            np.array([2.0]),
            0.1,
        ),
        "3 images, 2 channels, 2 × 3, eps = 0.5": (*draw(3, 2, 2, 3), 0.5),
        "2 images, 3 channels, 3 × 2, eps = 0.1": (*draw(2, 3, 3, 2), 0.1),
    }


def _eps_outside(dy, x, weight, eps):
    centred = x - x.mean(axis=AXES, keepdims=True)
    std = x.std(axis=AXES, keepdims=True) + eps
    x_hat = centred / std
    sideways = x_hat * (dy * x_hat).mean(axis=AXES, keepdims=True)
    dx = column(weight) / std * (dy - dy.mean(axis=AXES, keepdims=True) - sideways)
    return dx, (dy * x_hat).sum(axis=AXES), dy.sum(axis=AXES)


EXERCISE = Exercise(
    name="batch-norm-backward-images",
    chapter=7,
    stars=2,
    title="Batch norm of images, backward",
    hint=(
        "Which numbers have one mean and one variance? Over exactly these run the two means of dx, "
        "and the sums of the other two gradients."
    ),
    solution=batch_norm_backward_images,
    cases=_cases,
    mistakes={
        "batch-axis-only": Mistake(
            "The two means in dx run over the batch axis only. A channel's statistics depend on "
            "its pixels, too.",
            lambda dy, x, w, eps: _gradients(dy, x, w, eps, mean_axes=0),
        ),
        "pixels-only": Mistake(
            "The two means in dx run over the pixels of each image alone. The images of a batch "
            "share their statistics.",
            lambda dy, x, w, eps: _gradients(dy, x, w, eps, mean_axes=(2, 3)),
        ),
        "statistics-of-the-image": Mistake(
            "Your x̂ has a mean and a variance for each image (instance norm). Batch norm's are "
            "those of a channel in the whole batch.",
            lambda dy, x, w, eps: _gradients(dy, x, w, eps, hat_axes=(2, 3)),
        ),
        "both-constants": Mistake(
            "You take mean and variance for constants: dx = γ/σ · dy. That is right in evaluation "
            "only.",
            lambda dy, x, w, eps: _gradients(dy, x, w, eps, 0, 0),
        ),
        "mean-constant": Mistake(
            "In dx you take the mean for a constant: subtract the mean of dy.",
            lambda dy, x, w, eps: _gradients(dy, x, w, eps, ones=0),
        ),
        "variance-constant": Mistake(
            "In dx you take the variance for a constant: subtract x̂ times the mean of dy · x̂.",
            lambda dy, x, w, eps: _gradients(dy, x, w, eps, along=0),
        ),
        "means-for-sums": Mistake(
            "dweight and dbias are means. γ and β serve all places of a channel: their gradients "
            "are sums.",
            _means_for_sums,
        ),
        "gamma-left-out": Mistake(
            "γ is missing in dx: dy passes through it first.",
            lambda dy, x, w, eps: _gradients(dy, x, np.ones_like(w), eps),
        ),
        "unbiased": Mistake(
            "Your variance divides by the number − 1. The forward pass has the biased one.",
            lambda dy, x, w, eps: _gradients(dy, x, w, eps, ddof=1),
        ),
        "eps-left-out": Mistake("eps is missing.", lambda dy, x, w, eps: _gradients(dy, x, w, 0.0)),
        "eps-outside-root": Mistake(
            "eps is added outside the root. It belongs to the variance: √(var + eps).",
            _eps_outside,
        ),
        "sums-for-means": Mistake(
            "In dx you subtract sums where means belong: each is divided by N·H·W.",
            lambda dy, x, w, eps: _gradients(dy, x, w, eps, x[:, 0].size, x[:, 0].size),
        ),
        "variance-sign": Mistake(
            "The term of the variance in dx has the wrong sign: it is subtracted.",
            lambda dy, x, w, eps: _gradients(dy, x, w, eps, along=-1),
        ),
        "sigma-left-out": Mistake(
            "The factor 1/σ is missing in dx.",
            lambda dy, x, w, eps: (
                _gradients(dy, x, w, eps)[0] / _parts(x, eps)[1],
                *_gradients(dy, x, w, eps)[1:],
            ),
        ),
        "gamma-in-all": Mistake(
            "dweight and dbias are multiplied by γ. γ stands on the way to x only: dy · x̂ and dy "
            "are summed as they are.",
            lambda dy, x, w, eps: (
                _gradients(dy, x, w, eps)[0],
                w * _gradients(dy, x, w, eps)[1],
                w * _gradients(dy, x, w, eps)[2],
            ),
        ),
    },
    referees={
        "central differences": _by_differences,
        "dropnorm.scratch": _by_layer,
        "PyTorch": _by_torch,
    },
    returns=("dx", "dweight", "dbias"),
)
