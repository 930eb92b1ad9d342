"""Exercise of chapter 05: Gaussian dropout."""

import numpy as np

from dropnorm import scratch as nn
from dropnorm.exercises.helpers import layer_with_numbers
from dropnorm.exercises.spec import Exercise, Mistake


def gaussian_dropout(x, z, p):
    """Gaussian dropout, in training: x times noise of mean 1 that is as loud as dropout's own.

    Parameters
    ----------
    x : array of any shape
    z : array of the same shape
        Standard normal random numbers.
    p : float
        The noise has the variance of inverted dropout with probability p of dropping, 0 <= p < 1.

    Returns
    -------
    y : array of the same shape
    """
    return x * (1 + np.sqrt(p / (1 - p)) * z)


EXERCISE = Exercise(
    name="gaussian-dropout",
    chapter=5,
    stars=1,
    title="Gaussian dropout",
    hint=(
        "The noise of dropout is 0 or 1/(1 − p). What is its variance? A standard normal z times "
        "s has variance s²."
    ),
    solution=gaussian_dropout,
    cases=lambda rng: {
        "p = 0.5": (np.array([1.0, 2.0, -4.0]), np.array([1.0, -1.0, 0.5]), 0.5),
        "p = 0.2": (np.array([1.0, 2.0, -4.0]), np.array([1.0, -1.0, 0.5]), 0.2),
        "p = 0.7, random": (rng.standard_normal((3, 4)), rng.standard_normal((3, 4)), 0.7),
        "p = 0": (np.array([1.0, -2.0]), np.array([0.5, -1.0]), 0.0),
    },
    mistakes={
        "variance-for-deviation": Mistake(
            "You multiply z by the variance p/(1 − p). Multiply by its root, the standard "
            "deviation.",
            lambda x, z, p: x * (1 + p / (1 - p) * z),
        ),
        "noise-of-mean-zero": Mistake(
            "Your noise has mean 0, so y has, too. It must be 1 on average.",
            lambda x, z, p: x * np.sqrt(p / (1 - p)) * z,
        ),
        "noise-added": Mistake(
            "You add the noise to x. Dropout multiplies: a value of 0 stays 0, a large one gets "
            "much noise.",
            lambda x, z, p: x + np.sqrt(p / (1 - p)) * z,
        ),
        "keep-drop-swapped": Mistake(
            "Keep and drop are mixed up: with p near 0 the noise must vanish.",
            lambda x, z, p: x * (1 + np.sqrt((1 - p) / p) * z),
        ),
        "unscaled-variance": Mistake(
            "Your noise has variance p(1 − p), that of a mask which is not scaled by 1/(1 − p).",
            lambda x, z, p: x * (1 + np.sqrt(p * (1 - p)) * z),
        ),
        "variance-is-p": Mistake(
            "Your noise has variance p. It should be p/(1 − p).",
            lambda x, z, p: x * (1 + np.sqrt(p) * z),
        ),
        "deviation-is-p": Mistake(
            "Your noise has standard deviation p. Its variance should be p/(1 − p).",
            lambda x, z, p: x * (1 + p * z),
        ),
        "scaled-besides": Mistake(
            "You divide by 1 − p besides. The noise has mean 1 already: nothing is missing that "
            "must be made up for.",
            lambda x, z, p: x * (1 + np.sqrt(p / (1 - p)) * z) / (1 - p),
        ),
        "inverse-keep-deviation": Mistake(
            "Your noise has standard deviation 1/(1 − p). Its variance should be p/(1 − p): none "
            "at all with p = 0.",
            lambda x, z, p: x * (1 + z / (1 - p)),
        ),
        "second-moment": Mistake(
            "Your noise has the variance 1/(1 − p), which is the mean square of a mask. Its "
            "variance is less by the square of its mean, 1: p/(1 − p).",
            lambda x, z, p: x * (1 + z / np.sqrt(1 - p)),
        ),
        "mean-of-the-mask": Mistake(
            "Your noise has the mean 1 − p. It should be 1, so that y is x on average.",
            lambda x, z, p: x * (1 - p + np.sqrt(p / (1 - p)) * z),
        ),
        "divided-by-keep-squared": Mistake(
            "Your noise has variance p/(1 − p)². The mask's variance is p(1 − p), and the scale "
            "divides it by (1 − p)²: one factor cancels.",
            lambda x, z, p: x * (1 + np.sqrt(p) / (1 - p) * z),
        ),
        "noise-cut-off": Mistake(
            "You cut the noise off at 0. It may be negative: cut off, its mean is not 1 any more.",
            lambda x, z, p: x * np.maximum(1 + np.sqrt(p / (1 - p)) * z, 0),
        ),
    },
    referees={
        "dropnorm.scratch": lambda x, z, p: layer_with_numbers(nn.GaussianDropout, p, z)(x),
    },
    returns=("y",),
)
