"""Exercise of chapter 03: Which numbers share a mean?"""

import numpy as np

from dropnorm.exercises.helpers import varied_images
from dropnorm.exercises.spec import Exercise, Mistake


def channel_statistics(x):
    """Mean and variance of each channel.

    Parameters
    ----------
    x : array (N, C, H, W)
        May have a mean that is large compared with its standard deviation.

    Returns
    -------
    mean, var : arrays (C,)
        Over images and pixels; the variance divides by their number.
    """
    return x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3))


def _statistics_by_torch(x):
    import torch

    var, mean = torch.var_mean(torch.tensor(x), dim=(0, 2, 3), correction=0)
    return mean.numpy(), var.numpy()


def _over(*axes):
    return lambda x: (x.mean(axis=axes), x.var(axis=axes))


def _in_steps(x):
    n = x.size // x.shape[1]
    mean = x.sum(axis=(0, 2, 3)) / n
    squares = ((x - mean[:, None, None]) ** 2).sum(axis=(0, 2, 3))
    return mean, squares / n


EXERCISE = Exercise(
    name="channel-statistics",
    chapter=3,
    stars=1,
    title="Which numbers share a mean?",
    hint="A channel's numbers lie on three of the four axes.",
    solution=channel_statistics,
    cases=lambda rng: {
        "2 images, 1 channel, 1 × 2": (np.array([1.0, 2.0, 3.0, 6.0]).reshape(2, 1, 1, 2),),
        "4 images, 3 channels, 2 × 5": (varied_images(rng, 4, 3, 2, 5),),
        "3 images, 3 channels, 3 × 3": (varied_images(rng, 3, 3, 3, 3),),
        "mean of 10⁷": (varied_images(rng, 2, 2, 3, 3) + 1e7,),
    },
    mistakes={
        "batch-axis-only": Mistake(
            "Statistics over the batch axis only: a mean for each pixel. All pixels of a channel "
            "share one.",
            _over(0),
        ),
        "per-image": Mistake(
            "You have a mean for each image and channel (instance norm). The images of the batch "
            "share it, too.",
            _over(2, 3),
        ),
        "per-image-all-channels": Mistake(
            "You have a mean for each image, over its channels (layer norm). Each channel has its "
            "own: keep axis 1.",
            _over(1, 2, 3),
        ),
        "all-axes": Mistake(
            "One mean for everything. Each channel has its own: keep axis 1.", _over(0, 1, 2, 3)
        ),
        "channels-last": Mistake(
            "You keep the last axis. The layout is N, C, H, W: channels are axis 1.", _over(0, 1, 2)
        ),
        "unbiased": Mistake(
            "Your variance divides by the number − 1. Batch norm normalises with the biased one.",
            lambda x: (x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3), ddof=1)),
        ),
        "standard-deviation": Mistake(
            "You return the standard deviation. The variance is its square.",
            lambda x: (x.mean(axis=(0, 2, 3)), x.std(axis=(0, 2, 3))),
        ),
        "mean-square": Mistake(
            "This is the mean square. Subtract the mean before you square.",
            lambda x: (x.mean(axis=(0, 2, 3)), (x**2).mean(axis=(0, 2, 3))),
        ),
        "divided-by-images": Mistake(
            "You divide the sum of squares by the number of images only. A channel has N·H·W "
            "numbers.",
            lambda x: (x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3)) * x.shape[2] * x.shape[3]),
        ),
        "sums-by-images": Mistake(
            "You add up over the pixels and divide by the number of images alone. A channel has "
            "N·H·W numbers.",
            lambda x: (
                x.sum(axis=(2, 3)).mean(axis=0),
                x.var(axis=(0, 2, 3)) * x.shape[2] * x.shape[3],
            ),
        ),
        "variance-of-the-means": Mistake(
            "Your variance is that of the images' means. What varies inside an image counts, too: "
            "all N·H·W numbers at once.",
            lambda x: (x.mean(axis=(0, 2, 3)), x.mean(axis=(2, 3)).var(axis=0)),
        ),
        "absolute-deviation": Mistake(
            "You take the mean absolute deviation. A variance is the mean of the squares.",
            lambda x: (
                x.mean(axis=(0, 2, 3)),
                abs(x - x.mean(axis=(0, 2, 3), keepdims=True)).mean(axis=(0, 2, 3)),
            ),
        ),
        "mean-not-squared": Mistake(
            "You subtract the mean from the mean square. Subtract its square: E[x²] − E[x]².",
            lambda x: (
                x.mean(axis=(0, 2, 3)),
                (x**2).mean(axis=(0, 2, 3)) - x.mean(axis=(0, 2, 3)),
            ),
        ),
        "shared-mean": Mistake(
            "Your variance is measured around one mean of all channels. Each channel varies "
            "around its own.",
            lambda x: (x.mean(axis=(0, 2, 3)), ((x - x.mean()) ** 2).mean(axis=(0, 2, 3))),
        ),
    },
    referees={"PyTorch": _statistics_by_torch},
    other_ways=(_in_steps,),
    returns=("mean", "var"),
    telltale={
        "mean of 10⁷": (
            "cancellation",
            "Right but for a large mean. E[x²] − E[x]² subtracts two huge, nearly equal numbers: "
            "subtract the mean first.",
        ),
    },
)
