"""Exercise of chapter 04: Max pooling, backward."""

import numpy as np

from dropnorm import scratch as nn
from dropnorm.exercises.spec import Cases, Exercise, Mistake


def max_pool_backward(dy, x, size):
    """The backward pass of max pooling over size × size patches that lie side by side.

    Parameters
    ----------
    dy : array (N, C, H // size, W // size)
        Gradient of the loss with respect to the pooled image.
    x : array (N, C, H, W)
        The input of the forward pass; size divides H and W.
    size : int

    Returns
    -------
    dx : array (N, C, H, W)
        Where a patch has several equal maxima, the first one (row by row) gets the gradient, as in
        PyTorch.
    """
    n, c, h, w = dy.shape
    patches = x.reshape(n, c, h, size, w, size).swapaxes(3, 4).reshape(n, c, h, w, size * size)
    wins = np.eye(size * size)[patches.argmax(axis=-1)] * dy[..., None]
    return wins.reshape(n, c, h, w, size, size).swapaxes(3, 4).reshape(x.shape)


def _spread(a, size):
    return a.repeat(size, axis=2).repeat(size, axis=3)


def _pooled(x, size):
    n, c, h, w = x.shape
    return x.reshape(n, c, h // size, size, w // size, size).max(axis=(3, 5))


def _ties(x, size):
    return x == _spread(_pooled(x, size), size)


def _pool_layer(dy, x, size):
    layer = nn.MaxPool2d(size)
    layer(x)
    return layer.backward(dy)


def _pool_by_torch(dy, x, size):
    import torch

    leaf = torch.tensor(x, requires_grad=True)
    torch.nn.functional.max_pool2d(leaf, size).backward(torch.tensor(dy))
    return leaf.grad.numpy()


def _pool_cases(rng: np.random.Generator) -> Cases:
    one = np.array([[[[1.0, 5.0], [3.0, 2.0]]]])
    tied = np.array([[[[0.0, 0.0, 1.0, 2.0], [0.0, 0.0, 2.0, 1.0]]]])
    return {
        "1 patch": (np.array([[[[7.0]]]]), one, 2),
        "2 × 2, random": (rng.standard_normal((2, 2, 2, 3)), rng.standard_normal((2, 2, 4, 6)), 2),
        "3 × 3, random": (rng.standard_normal((1, 2, 2, 1)), rng.standard_normal((1, 2, 6, 3)), 3),
        "ties": (np.array([[[[4.0, -6.0]]]]), tied, 2),
        "a patch of negatives": (
            np.array([[[[3.0]]]]),
            np.array([[[[-4.0, -2.0], [-1.0, -3.0]]]]),
            2,
        ),
    }


def _counted(x, size):
    n, c, h, w = x.shape
    return _ties(x, size).reshape(n, c, h // size, size, w // size, size).sum(axis=(3, 5))


def _patches_mixed(dy, x, size):
    patches = x.reshape(*dy.shape, size * size)
    return (np.eye(size * size)[patches.argmax(axis=-1)] * dy[..., None]).reshape(x.shape)


EXERCISE = Exercise(
    name="max-pool-backward",
    chapter=4,
    stars=3,
    title="Max pooling, backward",
    hint=(
        "Only the pixel that won passes its gradient on. How do you find it, and which one if two "
        "are equal?"
    ),
    solution=max_pool_backward,
    cases=_pool_cases,
    mistakes={
        "all-ties": Mistake(
            "All of several equal maxima get the whole gradient. Images are full of ties: take "
            "the first only.",
            lambda dy, x, k: _spread(dy, k) * _ties(x, k),
        ),
        "ties-shared": Mistake(
            "Equal maxima share the gradient. That is a fair choice; PyTorch's, asked for here, "
            "is the first one.",
            lambda dy, x, k: _spread(dy, k) * _ties(x, k) / _spread(_counted(x, k), k),
        ),
        "last-tie": Mistake(
            "Of several equal maxima the last one gets the gradient. Asked for is the first.",
            lambda dy, x, k: max_pool_backward(dy[..., ::-1, ::-1], x[..., ::-1, ::-1], k)[
                ..., ::-1, ::-1
            ],
        ),
        "maximum-from-zero": Mistake(
            "A patch of negative numbers gets no gradient: your maximum starts at 0. Start at the "
            "first pixel.",
            lambda dy, x, k: max_pool_backward(dy, x, k) * (x > 0),
        ),
        "average-pooling": Mistake(
            "The gradient is spread evenly: that is average pooling's. The maximum alone decides "
            "the output.",
            lambda dy, x, k: _spread(dy, k) / k**2,
        ),
        "everyone": Mistake(
            "Every pixel of a patch gets the gradient. Only the largest one has any influence.",
            lambda dy, x, k: _spread(dy, k),
        ),
        "times-x": Mistake(
            "You multiply by the value of the maximum. The slope is 1.",
            lambda dy, x, k: max_pool_backward(dy, x, k) * x,
        ),
        "smallest": Mistake(
            "The smallest pixel of each patch gets the gradient: argmin for argmax?",
            lambda dy, x, k: max_pool_backward(dy, -x, k),
        ),
        "first-pixel": Mistake(
            "The first pixel of each patch gets the gradient, whichever is largest.",
            lambda dy, x, k: max_pool_backward(dy, 0 * x, k),
        ),
        "patches-mixed": Mistake(
            "You reshape without bringing the rows of a patch together: then neighbours in memory "
            "form a patch. Move axes first, (h, size, w, size) to (h, w, size, size).",
            _patches_mixed,
        ),
        "first-tie-by-columns": Mistake(
            "Of several equal maxima the first one column by column gets the gradient. Asked for "
            "is the first row by row.",
            lambda dy, x, k: max_pool_backward(dy.swapaxes(2, 3), x.swapaxes(2, 3), k).swapaxes(
                2, 3
            ),
        ),
        "gradient-of-the-first-patch": Mistake(
            "The gradient of the first patch goes to all patches of a channel. Each patch has its "
            "own dy.",
            lambda dy, x, k: max_pool_backward(0 * dy + dy[:, :, :1, :1], x, k),
        ),
        "winner-averaged": Mistake(
            "The winner's gradient is divided by size². That factor is average pooling's; the "
            "slope of the maximum is 1.",
            lambda dy, x, k: max_pool_backward(dy, x, k) / k**2,
        ),
        "winners-of-the-first-channel": Mistake(
            "All channels pass their gradient on where the first channel has its maximum. Each "
            "channel has its own winners.",
            lambda dy, x, k: max_pool_backward(dy, 0 * x + x[:, :1], k),
        ),
        "largest-of-the-channel": Mistake(
            "Only the largest pixel of each channel gets a gradient. Each patch has its own "
            "winner.",
            lambda dy, x, k: max_pool_backward(dy, x, k) * (x == x.max(axis=(2, 3), keepdims=True)),
        ),
        "largest-magnitude": Mistake(
            "The pixel of largest absolute value gets the gradient. The maximum counts the sign: "
            "−4 is smaller than −1.",
            lambda dy, x, k: max_pool_backward(dy, abs(x), k),
        ),
    },
    referees={
        "dropnorm.scratch": _pool_layer,
        "PyTorch": _pool_by_torch,
    },
    returns=("dx",),
)
