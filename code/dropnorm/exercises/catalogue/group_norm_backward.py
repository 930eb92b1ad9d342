"""Exercise of chapter 07: Group norm, backward."""

import numpy as np

from dropnorm import scratch as nn
from dropnorm.exercises.helpers import column, varied_images
from dropnorm.exercises.spec import Cases, Exercise, Mistake, slope, torch_gradients


def group_norm_backward(dy, x, groups, weight, eps):
    """Gradient with respect to the input of group norm.

    Parameters
    ----------
    dy : array (N, C, H, W)
        Gradient of the loss with respect to y = γ x̂ + β.
    x : array (N, C, H, W)
        The input of the forward pass.
    groups : int
        Divides C; neighbouring channels of an image form a group, which has one mean and one
        variance.
    weight : array (C,)
        γ, one for each channel.
    eps : float
        Under the root, as in the forward pass.

    Returns
    -------
    dx : array (N, C, H, W)
    """
    rows = x.reshape(len(x) * groups, -1)
    std = np.sqrt(rows.var(axis=1, keepdims=True) + eps)
    x_hat = (rows - rows.mean(axis=1, keepdims=True)) / std
    dx_hat = (dy * column(weight)).reshape(rows.shape)
    along = x_hat * (dx_hat * x_hat).mean(axis=1, keepdims=True)
    return ((dx_hat - dx_hat.mean(axis=1, keepdims=True) - along) / std).reshape(x.shape)


def _grouped(x, groups):
    return x.reshape(len(x), groups, -1, *x.shape[2:])


def _parts(x, groups, eps, ddof=0):
    parts, axes = _grouped(x, groups), (2, 3, 4)
    r = 1 / np.sqrt(parts.var(axis=axes, keepdims=True, ddof=ddof) + eps)
    return (parts - parts.mean(axis=axes, keepdims=True)) * r, r


def _backward(dy, x, groups, weight, eps, ones=1.0, along=1.0, ddof=0, late_gamma=False):
    """dx with the two projections weighed by ``ones`` and ``along``, and γ before or after them."""
    x_hat, r = _parts(x, groups, eps, ddof)
    axes = (2, 3, 4)
    dx_hat = _grouped(dy if late_gamma else dy * column(weight), groups)
    constant = dx_hat.mean(axis=axes, keepdims=True)
    sideways = x_hat * (dx_hat * x_hat).mean(axis=axes, keepdims=True)
    dx = (r * (dx_hat - ones * constant - along * sideways)).reshape(x.shape)
    return dx * column(weight) if late_gamma else dx


def _interleaved(dy, x, groups, weight, eps):
    order = np.arange(x.shape[1]).reshape(-1, groups).T.ravel()
    dx = np.empty_like(x)
    dx[:, order] = _backward(dy[:, order], x[:, order], groups, weight[order], eps)
    return dx


def _means_of_the_batch(dy, x, groups, weight, eps):
    x_hat, r = _parts(x, groups, eps)
    scale = np.broadcast_to(r, x_hat.shape).reshape(x.shape)
    x_hat, dx_hat, axes = x_hat.reshape(x.shape), dy * column(weight), (0, 2, 3)
    dx = dx_hat - dx_hat.mean(axis=axes, keepdims=True)
    return scale * (dx - x_hat * (dx_hat * x_hat).mean(axis=axes, keepdims=True))


def _by_differences(dy, x, groups, weight, eps):
    def loss(v):
        return (dy * column(weight) * _parts(v, groups, eps)[0].reshape(x.shape)).sum()

    return slope(loss, x)


def _by_layer(dy, x, groups, weight, eps):
    layer = nn.GroupNorm(groups, len(weight), eps, dtype=float)
    layer.params["weight"][...] = weight
    layer(x)
    return layer.backward(dy)


def _by_torch(dy, x, groups, weight, eps):
    import torch

    def loss(v):
        y = torch.nn.functional.group_norm(v, groups, torch.tensor(weight), eps=eps)
        return (torch.tensor(dy) * y).sum()

    return torch_gradients(loss, x)[0]


def _cases(rng: np.random.Generator) -> Cases:
    def draw(*shape):
        return rng.standard_normal(shape), varied_images(rng, *shape)

    return {
        "1 image, 3 channels, 1 group, eps = 0.1": (
            np.array([1.0, 0.0, 0.0]).reshape(1, 3, 1, 1),
            np.array([1.0, 2.0, 6.0]).reshape(1, 3, 1, 1),
            1,
            np.array([2.0, 1.0, 0.5]),
            0.1,
        ),
        "4 channels, 2 groups, eps = 0.1": (*draw(3, 4, 2, 3), 2, rng.uniform(0.5, 2, 4), 0.1),
        "6 channels, 3 groups, eps = 0.5": (*draw(2, 6, 3, 2), 3, rng.uniform(0.5, 2, 6), 0.5),
    }


EXERCISE = Exercise(
    name="group-norm-backward",
    chapter=7,
    stars=3,
    title="Group norm, backward",
    hint=(
        "It is batch norm's formula with other means. But the channels of a group have different "
        "γ: where does γ belong, inside the means or before them?"
    ),
    solution=group_norm_backward,
    cases=_cases,
    mistakes={
        "gamma-after-the-means": Mistake(
            "You multiply by γ at the end, as batch norm may. The channels of a group have "
            "different γ: dy · γ goes into the means.",
            lambda dy, x, g, w, eps: _backward(dy, x, g, w, eps, late_gamma=True),
        ),
        "gamma-left-out": Mistake(
            "γ is missing: dy passes through it first.",
            lambda dy, x, g, w, eps: _backward(dy, x, g, np.ones_like(w), eps),
        ),
        "both-constants": Mistake(
            "You take mean and variance for constants. They depend on x, in evaluation as well.",
            lambda dy, x, g, w, eps: _backward(dy, x, g, w, eps, 0, 0),
        ),
        "mean-constant": Mistake(
            "You take the mean for a constant: subtract the mean of dy · γ over the group.",
            lambda dy, x, g, w, eps: _backward(dy, x, g, w, eps, ones=0),
        ),
        "variance-constant": Mistake(
            "You take the variance for a constant: subtract x̂ times the mean of dy · γ · x̂.",
            lambda dy, x, g, w, eps: _backward(dy, x, g, w, eps, along=0),
        ),
        "means-of-the-batch": Mistake(
            "Your two means run over the batch, as in batch norm. x̂ is right; but a group's "
            "statistics depend on its own image alone.",
            _means_of_the_batch,
        ),
        "instance-norm": Mistake(
            "Each channel has its own statistics (instance norm). The channels of a group share "
            "them.",
            lambda dy, x, g, w, eps: _backward(dy, x, x.shape[1], w, eps),
        ),
        "layer-norm": Mistake(
            "All channels share their statistics (layer norm). Each group has its own.",
            lambda dy, x, g, w, eps: _backward(dy, x, 1, w, eps),
        ),
        "interleaved-groups": Mistake(
            "Your groups take every second (third, …) channel. Neighbouring channels form a group.",
            _interleaved,
        ),
        "unbiased": Mistake(
            "Your variance divides by the number − 1. Norms normalise with the biased one.",
            lambda dy, x, g, w, eps: _backward(dy, x, g, w, eps, ddof=1),
        ),
        "eps-left-out": Mistake(
            "eps is missing.", lambda dy, x, g, w, eps: _backward(dy, x, g, w, 0.0)
        ),
        "variance-sign": Mistake(
            "The term of the variance has the wrong sign: it is subtracted.",
            lambda dy, x, g, w, eps: _backward(dy, x, g, w, eps, along=-1),
        ),
        "sigma-left-out": Mistake(
            "The factor 1/σ is missing.",
            lambda dy, x, g, w, eps: (
                _grouped(_backward(dy, x, g, w, eps), g) / _parts(x, g, eps)[1]
            ).reshape(x.shape),
        ),
        "group-size-for-groups": Mistake(
            "You take groups for the number of channels in a group.",
            lambda dy, x, g, w, eps: _backward(dy, x, x.shape[1] // g, w, eps),
        ),
    },
    referees={
        "central differences": _by_differences,
        "dropnorm.scratch": _by_layer,
        "PyTorch": _by_torch,
    },
    returns=("dx",),
)
