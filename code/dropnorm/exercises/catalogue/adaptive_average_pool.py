"""Exercise of chapter 07: An average of any size."""

import numpy as np

from dropnorm.exercises.spec import Cases, Exercise, Mistake


def adaptive_average_pool(x, size):
    """Average pooling to a given size, as PyTorch's AdaptiveAvgPool2d.

    Parameters
    ----------
    x : array (N, C, H, W)
    size : int
        Rows and columns of the result, at most H and W; it need not divide them.

    Returns
    -------
    y : array (N, C, size, size)
        y[n, c, i, j] is the mean of the rows from ⌊i · H / size⌋ up to, but without, ⌈(i + 1) · H /
        size⌉, in the columns found alike from j and W. Neighbouring patches may overlap.
    """
    return _pooled(x, size, lambda i, n: i * n // size, lambda i, n: -(-(i + 1) * n // size))


def _pooled(x, size, start, stop, value=np.mean):
    height, width = x.shape[2:]
    y = np.empty((*x.shape[:2], size, size))
    for i, j in np.ndindex(size, size):
        rows = slice(start(i, height), stop(i, height))
        patch = x[:, :, rows, start(j, width) : stop(j, width)]
        y[:, :, i, j] = value(patch, axis=(2, 3))
    return y


def _by_repeating(x, size):
    """Each row ``size`` times, then H of them at a time: wholly equal patches of shares."""
    height, width = x.shape[2:]
    weights = []
    for length in (height, width):
        touched = np.repeat(np.eye(length), size, axis=0).reshape(size, length, length).any(axis=1)
        weights.append(touched / touched.sum(axis=1, keepdims=True))
    return np.einsum("ih,jw,nchw->ncij", *weights, x)


def _by_pytorch(x, size):
    import torch

    return torch.nn.functional.adaptive_avg_pool2d(torch.tensor(x), size).numpy()


def _ceiling(a, b):
    return -(-a // b)


def _between(start, stop, value=np.mean):
    """Patches with other ends, functions of i, H and size."""

    def mistaken(x, size):
        return _pooled(
            x, size, lambda i, n: start(i, n, size), lambda i, n: stop(i, n, size), value
        )

    return mistaken


def _floor_start(i, n, size):
    return i * n // size


def _ceiling_stop(i, n, size):
    return _ceiling((i + 1) * n, size)


def _even_patches(x, size):
    a, b = x.shape[2] // size, x.shape[3] // size
    cut = x[:, :, : a * size, : b * size]
    return cut.reshape(*x.shape[:2], size, a, size, b).mean(axis=(3, 5))


def _by_shares(x, size):
    """Each patch has H/size rows, those at its ends with a share."""
    y = x
    for axis in (2, 3):
        fine = np.repeat(y, size, axis)
        parts = np.split(fine, size, axis)
        y = np.stack([part.mean(axis=axis) for part in parts], axis)
    return y


def _cases(rng: np.random.Generator) -> Cases:
    return {
        "4 × 4 to 2 × 2": (np.arange(16.0).reshape(1, 1, 4, 4), 2),
        "5 × 5 to 2 × 2": (np.arange(25.0).reshape(1, 1, 5, 5), 2),
        "7 × 5 to 3 × 3": (rng.standard_normal((2, 3, 7, 5)), 3),
        "8 × 11 to 5 × 5": (rng.standard_normal((1, 2, 8, 11)), 5),
        "6 × 4 to 1 × 1": (rng.standard_normal((2, 2, 6, 4)), 1),
        "nothing to pool": (rng.standard_normal((1, 2, 3, 3)), 3),
    }


EXERCISE = Exercise(
    name="adaptive-average-pool",
    chapter=7,
    stars=2,
    title="An average of any size",
    hint=(
        "For each i write down the first row and the first row that no longer belongs: i * H // "
        "size, and the same with i + 1, rounded up. -(-a // b) rounds up."
    ),
    solution=adaptive_average_pool,
    cases=_cases,
    mistakes={
        "end-rounded-down": Mistake(
            "Your patches end at ⌊(i + 1) · H / size⌋, so they never overlap. The end is rounded "
            "up.",
            _between(_floor_start, lambda i, n, size: (i + 1) * n // size),
        ),
        "start-rounded-up": Mistake(
            "Your patches start at ⌈i · H / size⌉. The start is rounded down.",
            _between(lambda i, n, size: _ceiling(i * n, size), _ceiling_stop),
        ),
        "even-patches": Mistake(
            "You take patches of H // size rows and leave the rest out. Patches may differ in "
            "size and overlap, but no pixel is left out.",
            _even_patches,
        ),
        "large-steps": Mistake(
            "All your patches have ⌈H / size⌉ rows, one starting where the other ends, so the "
            "last ones are short or empty.",
            _between(
                lambda i, n, size: min(i * _ceiling(n, size), n - 1),
                lambda i, n, size: min((i + 1) * _ceiling(n, size), n),
            ),
        ),
        "sum": Mistake(
            "You add up. Asked for is the mean.", _between(_floor_start, _ceiling_stop, np.sum)
        ),
        "maximum": Mistake(
            "You take the maximum. Asked for is the mean.",
            _between(_floor_start, _ceiling_stop, np.max),
        ),
        "rows-and-columns": Mistake(
            "Rows and columns of your result are swapped.",
            lambda x, size: adaptive_average_pool(x, size).swapaxes(2, 3),
        ),
        "shares-of-rows": Mistake(
            "You give rows at the end of a patch a share only, as when an image is made smaller. "
            "Each row that a patch touches counts in full.",
            _by_shares,
        ),
        "first-pixels": Mistake(
            "You take one pixel of each patch. Asked for is the mean of all.",
            _between(_floor_start, lambda i, n, size: i * n // size + 1),
        ),
    },
    referees={"matrices of rows": _by_repeating, "PyTorch": _by_pytorch},
    returns=("y",),
)
