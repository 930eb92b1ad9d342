"""Exercise of chapter 07: Back from columns to the image."""

import numpy as np

from dropnorm.exercises.spec import Exercise, Mistake, slope


def col2im(columns, channels, height, width, kernel):
    """The transpose of im2col: each number goes back to its pixel, and adds up there.

    Parameters
    ----------
    columns : array (C · K · K, H' · W')
        Gradient with respect to the columns. Row (c · K + a) · K + b held pixel (c, i + a, j + b)
        in column i · W' + j.
    channels, height, width, kernel : int
        C, H, W and K. The kernel moves in steps of 1, without padding: H' = H − K + 1, W' = W − K +
        1.

    Returns
    -------
    image : array (C, H, W)
        Gradient with respect to the image.
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
    def loss(image):
        return (columns * _im2col(image, kernel)).sum()

    return slope(loss, np.ones((channels, height, width)))


def _col2im_by_torch(columns, channels, height, width, kernel):
    import torch

    return torch.nn.functional.fold(torch.tensor(columns)[None], (height, width), kernel)[0].numpy()


def _overwritten(columns, channels, height, width, kernel):
    h, w = height - kernel + 1, width - kernel + 1
    image = np.zeros((channels, height, width))
    parts = columns.reshape(channels, kernel, kernel, h, w)
    for a, b in np.ndindex(kernel, kernel):
        image[:, a : a + h, b : b + w] = parts[:, a, b]
    return image


def _without_last_places(columns, channels, height, width, kernel):
    parts = columns.reshape(len(columns), height - kernel + 1, width - kernel + 1).copy()
    parts[:, -1] = parts[:, :, -1] = 0
    return col2im(parts.reshape(columns.shape), channels, height, width, kernel)


def _reordered(order):
    """The kernel's rows, columns and channels taken in another order."""

    def mistaken(columns, channels, height, width, kernel):
        sizes = (channels, kernel, kernel)
        parts = columns.reshape(*(sizes[i] for i in order), -1).transpose(*np.argsort(order), 3)
        return col2im(parts.reshape(columns.shape), channels, height, width, kernel)

    return mistaken


EXERCISE = Exercise(
    name="col2im",
    chapter=7,
    stars=3,
    title="Back from columns to the image",
    hint="A pixel was copied into several columns. Its gradient is the sum of theirs.",
    solution=col2im,
    cases=lambda rng: {
        "1 channel, 3 × 3, kernel 2": (np.arange(16.0).reshape(4, 4), 1, 3, 3, 2),
        "2 channels, 4 × 5, kernel 2": (rng.standard_normal((8, 12)), 2, 4, 5, 2),
        "3 channels, 4 × 4, kernel 3": (rng.standard_normal((27, 4)), 3, 4, 4, 3),
    },
    mistakes={
        "overwritten": Mistake(
            "Numbers overwrite one another where patches overlap. Add them up: += instead of =.",
            _overwritten,
        ),
        "last-place-left-out": Mistake(
            "The last row and the last column of places are left out: your loops end one too "
            "early.",
            _without_last_places,
        ),
        "averaged": Mistake(
            "You average where patches overlap. The gradient of a pixel that is used twice is the "
            "sum.",
            lambda cols, c, h, w, k: (
                col2im(cols, c, h, w, k) / col2im(np.ones_like(cols), c, h, w, k)
            ),
        ),
        "kernel-transposed": Mistake(
            "Rows and columns of the kernel are swapped.", _reordered((0, 2, 1))
        ),
        "channels-last": Mistake(
            "You read the rows as (a, b, c). The channel is the slowest index: (c · K + a) · K + "
            "b.",
            _reordered((1, 2, 0)),
        ),
        "kernel-turned": Mistake(
            "The kernel's offsets run backwards.",
            lambda cols, c, h, w, k: col2im(
                cols.reshape(c, k * k, -1)[:, ::-1].reshape(cols.shape), c, h, w, k
            ),
        ),
        "places-transposed": Mistake(
            "You read the columns as j · H' + i. The row i is the slower index: i · W' + j.",
            lambda cols, c, h, w, k: col2im(
                cols.reshape(len(cols), w - k + 1, h - k + 1).swapaxes(1, 2).reshape(cols.shape),
                c,
                h,
                w,
                k,
            ),
        ),
        "averaged-over-the-kernel": Mistake(
            "You divide by K². A pixel gets the sum of what its copies get.",
            lambda cols, c, h, w, k: col2im(cols, c, h, w, k) / k**2,
        ),
        "rows-as-places": Mistake(
            "You read rows and columns of the array the wrong way round: a row holds one pixel of "
            "the kernel at all places.",
            lambda cols, c, h, w, k: col2im(cols.T.reshape(cols.shape), c, h, w, k),
        ),
    },
    referees={
        "central differences": _col2im_by_differences,
        "PyTorch": _col2im_by_torch,
    },
    returns=("image",),
)
