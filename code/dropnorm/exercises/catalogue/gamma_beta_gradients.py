"""Exercise of chapter 06: Gradients with respect to γ and β."""

import numpy as np

from dropnorm import scratch as nn
from dropnorm.exercises.spec import Exercise, Mistake, slope, torch_gradients


def gamma_beta_gradients(dy, x, eps):
    """Gradients with respect to γ and β of batch norm of images, in training.

    Parameters
    ----------
    dy : array (N, C, H, W)
        Gradient of the loss with respect to y = γ x̂ + β.
    x : array (N, C, H, W)
        The input of the forward pass.
    eps : float
        Under the root, as in the forward pass.

    Returns
    -------
    dweight, dbias : arrays (C,)
        Gradients of the loss with respect to γ and β.
    """
    mean = x.mean(axis=(0, 2, 3), keepdims=True)
    var = x.var(axis=(0, 2, 3), keepdims=True)
    x_hat = (x - mean) / np.sqrt(var + eps)
    return (dy * x_hat).sum(axis=(0, 2, 3)), dy.sum(axis=(0, 2, 3))


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
    dweight = slope(lambda weight: loss(weight, start), start)
    dbias = slope(lambda bias: loss(start, bias), start)
    return dweight, dbias


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


EXERCISE = Exercise(
    name="gamma-beta-gradients",
    chapter=6,
    stars=2,
    title="Gradients with respect to γ and β",
    hint="γ multiplies x̂ at all places of its channel; β is added at all of them.",
    solution=gamma_beta_gradients,
    cases=lambda rng: {
        "2 images, 1 channel": (
            np.array([1.0, 3.0]).reshape(2, 1, 1, 1),
            np.array([5.0, 9.0]).reshape(2, 1, 1, 1),
            1e-12,
        ),
        "3 images, 2 channels, 2 × 3": (*_batch(rng, 3, 2, 2, 3), 0.1),
        "2 images, 3 channels, 3 × 3": (*_batch(rng, 2, 3, 3, 3), 0.5),
    },
    mistakes={
        "means-for-sums": Mistake(
            "You take means. γ and β serve all places of a channel: their gradients are sums.",
            lambda dy, x, eps: ((dy * _hat(x, eps)).mean(axis=(0, 2, 3)), dy.mean(axis=(0, 2, 3))),
        ),
        "not-normalised": Mistake(
            "dweight uses x − mean. γ multiplies x̂: divide by σ.",
            lambda dy, x, eps: _summed(dy * (x - x.mean(axis=(0, 2, 3), keepdims=True)), dy),
        ),
        "raw-x": Mistake("dweight uses x. γ multiplies x̂.", lambda dy, x, eps: _summed(dy * x, dy)),
        "batch-axis-only": Mistake(
            "You sum over the batch axis only: one gradient for each pixel. γ has one number per "
            "channel.",
            lambda dy, x, eps: _summed(dy * _hat(x, eps), dy, 0),
        ),
        "swapped": Mistake(
            "dweight and dbias are swapped.",
            lambda dy, x, eps: gamma_beta_gradients(dy, x, eps)[::-1],
        ),
        "all-axes": Mistake(
            "You sum over the channels, too. Each channel has its own γ and β.",
            lambda dy, x, eps: _summed(dy * _hat(x, eps), dy, (0, 1, 2, 3)),
        ),
        "eps-left-out": Mistake(
            "eps is missing in x̂.", lambda dy, x, eps: _summed(dy * _hat(x, 0.0), dy)
        ),
        "unbiased": Mistake(
            "Your x̂ is made with the unbiased variance. The forward pass has the biased one.",
            lambda dy, x, eps: _summed(dy * _hat(x, eps, 1), dy),
        ),
        "product-of-sums": Mistake(
            "dweight is a product of sums. Multiply dy by x̂ at each place first, then sum.",
            lambda dy, x, eps: (
                dy.sum(axis=(0, 2, 3)) * abs(_hat(x, eps)).sum(axis=(0, 2, 3)),
                dy.sum(axis=(0, 2, 3)),
            ),
        ),
        "variance-for-deviation": Mistake(
            "Your x̂ is divided by the variance. Divide by its root.",
            lambda dy, x, eps: _summed(
                dy * _hat(x, eps) / np.sqrt(x.var(axis=(0, 2, 3), keepdims=True) + eps), dy
            ),
        ),
        "eps-outside-root": Mistake(
            "eps is added outside the root. It belongs to the variance: √(var + eps).",
            lambda dy, x, eps: _summed(
                dy * _hat(x, 0.0) / (1 + eps / x.std(axis=(0, 2, 3), keepdims=True)), dy
            ),
        ),
        "per-image": Mistake(
            "You have a gradient for each image. γ and β serve the whole batch: sum over axis 0, "
            "too.",
            lambda dy, x, eps: _summed(dy * _hat(x, eps), dy, (2, 3)),
        ),
        "statistics-of-the-image": Mistake(
            "Your x̂ has a mean and a variance for each image (instance norm). Batch norm's are "
            "those of a channel in the whole batch.",
            lambda dy, x, eps: _summed(
                dy
                * (x - x.mean(axis=(2, 3), keepdims=True))
                / np.sqrt(x.var(axis=(2, 3), keepdims=True) + eps),
                dy,
            ),
        ),
        "mean-over-images": Mistake(
            "You sum over the pixels, and average over the images. The 1/N of a mean loss is in "
            "dy already.",
            lambda dy, x, eps: (
                (dy * _hat(x, eps)).sum(axis=(0, 2, 3)) / len(x),
                dy.sum(axis=(0, 2, 3)) / len(x),
            ),
        ),
    },
    referees={
        "central differences": _gamma_by_differences,
        "dropnorm.scratch": _gamma_by_layer,
        "PyTorch": _gamma_by_torch,
    },
    returns=("dweight", "dbias"),
)
