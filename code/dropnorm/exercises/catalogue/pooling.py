"""Exercises of chapters 04 and 07 that send gradients back to pixels: max pooling, and the columns of a convolution."""

import numpy as np

from dropnorm import scratch as nn
from dropnorm.exercises.spec import Cases, Exercise, slope


def max_pool_backward(dy, x, size):
    """The backward pass of max pooling over size × size patches that lie side by side.

    Parameters
    ----------
    dy : array (N, C, H // size, W // size)
        Gradient of the loss by the pooled image.
    x : array (N, C, H, W)
        The input of the forward pass; size divides H and W.
    size : int

    Returns
    -------
    dx : array (N, C, H, W)
        Where a patch has several equal maxima, the first one (row by row) gets the gradient, as in PyTorch.
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


MAX_POOL = Exercise(
    "max-pool-backward",
    *(4, 3, "Max pooling, backward"),
    "Only the pixel that won passes its gradient on. How do you find it, and which one if two are equal?",
    max_pool_backward,
    _pool_cases,
    {
        "all-ties": (
            "All of several equal maxima get the whole gradient. Images are full of ties: take the first only.",
            lambda dy, x, k: _spread(dy, k) * _ties(x, k),
        ),
        "ties-shared": (
            "Equal maxima share the gradient. That is a fair choice; PyTorch's, asked for here, is the first one.",
            lambda dy, x, k: _spread(dy, k) * _ties(x, k) / _spread(_counted(x, k), k),
        ),
        "last-tie": (
            "Of several equal maxima the last one gets the gradient. Asked for is the first.",
            lambda dy, x, k: max_pool_backward(dy[..., ::-1, ::-1], x[..., ::-1, ::-1], k)[
                ..., ::-1, ::-1
            ],
        ),
        "maximum-from-zero": (
            "A patch of negative numbers gets no gradient: your maximum starts at 0. Start at the first pixel.",
            lambda dy, x, k: max_pool_backward(dy, x, k) * (x > 0),
        ),
        "average-pooling": (
            "The gradient is spread evenly: that is average pooling's. The maximum alone decides the output.",
            lambda dy, x, k: _spread(dy, k) / k**2,
        ),
        "everyone": (
            "Every pixel of a patch gets the gradient. Only the largest one has any influence.",
            lambda dy, x, k: _spread(dy, k),
        ),
        "times-x": (
            "You multiply by the value of the maximum. The slope is 1.",
            lambda dy, x, k: max_pool_backward(dy, x, k) * x,
        ),
        "smallest": (
            "The smallest pixel of each patch gets the gradient: argmin for argmax?",
            lambda dy, x, k: max_pool_backward(dy, -x, k),
        ),
        "first-pixel": (
            "The first pixel of each patch gets the gradient, whichever is largest.",
            lambda dy, x, k: max_pool_backward(dy, 0 * x, k),
        ),
    },
    {"dropnorm.scratch": _pool_layer, "PyTorch": _pool_by_torch},
    ("dx",),
)


def _counted(x, size):
    n, c, h, w = x.shape
    return _ties(x, size).reshape(n, c, h // size, size, w // size, size).sum(axis=(3, 5))


def col2im(columns, channels, height, width, kernel):
    """The transpose of im2col: each number goes back to the pixel it was copied from, and adds up there.

    Parameters
    ----------
    columns : array (C · K · K, H' · W')
        Gradient by the columns. Row (c · K + a) · K + b held pixel (c, i + a, j + b) in column i · W' + j.
    channels, height, width, kernel : int
        C, H, W and K. The kernel moves in steps of 1, without padding: H' = H − K + 1, W' = W − K + 1.

    Returns
    -------
    image : array (C, H, W)
        Gradient by the image.
    """
    out_height, out_width = height - kernel + 1, width - kernel + 1
    parts = columns.reshape(channels, kernel, kernel, out_height, out_width)
    image = np.zeros((channels, height, width))
    for a, b in np.ndindex(kernel, kernel):
        image[:, a : a + out_height, b : b + out_width] += parts[:, a, b]
    return image


def _im2col(image, kernel):
    windows = np.lib.stride_tricks.sliding_window_view(image, (kernel, kernel), axis=(1, 2))
    return windows.transpose(0, 3, 4, 1, 2).reshape(image.shape[0] * kernel**2, -1)


def _col2im_by_differences(columns, channels, height, width, kernel):
    return slope(
        lambda image: (columns * _im2col(image, kernel)).sum(), np.ones((channels, height, width))
    )


def _col2im_by_torch(columns, channels, height, width, kernel):
    import torch

    return torch.nn.functional.fold(torch.tensor(columns)[None], (height, width), kernel)[0].numpy()


def _overwritten(columns, channels, height, width, kernel):
    h, w = height - kernel + 1, width - kernel + 1
    image, parts = (
        np.zeros((channels, height, width)),
        columns.reshape(channels, kernel, kernel, h, w),
    )
    for a, b in np.ndindex(kernel, kernel):
        image[:, a : a + h, b : b + w] = parts[:, a, b]
    return image


def _reordered(order):
    """The kernel's rows, columns and channels taken in another order."""

    def mistaken(columns, channels, height, width, kernel):
        sizes = (channels, kernel, kernel)
        parts = columns.reshape(*(sizes[i] for i in order), -1).transpose(*np.argsort(order), 3)
        return col2im(parts.reshape(columns.shape), channels, height, width, kernel)

    return mistaken


COL2IM = Exercise(
    "col2im",
    *(7, 3, "Back from columns to the image"),
    "A pixel was copied into several columns. Its gradient is the sum of theirs.",
    col2im,
    lambda rng: {
        "1 channel, 3 × 3, kernel 2": (np.arange(16.0).reshape(4, 4), 1, 3, 3, 2),
        "2 channels, 4 × 5, kernel 2": (rng.standard_normal((8, 12)), 2, 4, 5, 2),
        "3 channels, 4 × 4, kernel 3": (rng.standard_normal((27, 4)), 3, 4, 4, 3),
    },
    {
        "overwritten": (
            "Numbers overwrite one another where patches overlap. Add them up: += instead of =.",
            _overwritten,
        ),
        "averaged": (
            "You average where patches overlap. The gradient of a pixel that is used twice is the sum.",
            lambda cols, c, h, w, k: (
                col2im(cols, c, h, w, k) / col2im(np.ones_like(cols), c, h, w, k)
            ),
        ),
        "kernel-transposed": ("Rows and columns of the kernel are swapped.", _reordered((0, 2, 1))),
        "channels-last": (
            "You read the rows as (a, b, c). The channel is the slowest index: (c · K + a) · K + b.",
            _reordered((1, 2, 0)),
        ),
        "kernel-turned": (
            "The kernel's offsets run backwards.",
            lambda cols, c, h, w, k: col2im(
                cols.reshape(c, k * k, -1)[:, ::-1].reshape(cols.shape), c, h, w, k
            ),
        ),
        "places-transposed": (
            "You read the columns as j · H' + i. The row i is the slower index: i · W' + j.",
            lambda cols, c, h, w, k: col2im(
                cols.reshape(len(cols), w - k + 1, h - k + 1).swapaxes(1, 2).reshape(cols.shape),
                c,
                h,
                w,
                k,
            ),
        ),
    },
    {"central differences": _col2im_by_differences, "PyTorch": _col2im_by_torch},
    ("image",),
)

EXERCISES = (MAX_POOL, COL2IM)
