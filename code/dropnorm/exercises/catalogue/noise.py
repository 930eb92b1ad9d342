"""Exercises on other noise than dropout's: whole channels, and Gaussian."""

import numpy as np

from dropnorm import scratch as nn
from dropnorm.exercises.catalogue.dropout import with_numbers
from dropnorm.exercises.spec import Cases, Exercise


def channel_dropout(x, u, p):
    """Dropout of whole channels, in training.

    Parameters
    ----------
    x : array (N, C, H, W)
    u : array (N, C)
        Uniform random numbers, 0 <= u < 1: a channel of an image is kept where u >= p.
    p : float
        Probability of dropping, 0 <= p < 1.

    Returns
    -------
    y : array (N, C, H, W)
        Scaled so that its mean over all masks is x.
    """
    return x * (u >= p)[:, :, None, None] / (1 - p)


def _channel_cases(rng: np.random.Generator) -> Cases:
    u = np.array([[0.1, 0.3, 0.9], [0.8, 0.2, 0.4]])
    return {
        "2 images, 3 channels, p = 0.25": (np.ones((2, 3, 2, 2)), u, 0.25),
        "images as large as the mask, p = 0.35": (rng.standard_normal((2, 3, 2, 3)), u, 0.35),
        "4 images, 4 channels, p = 0.6": (
            rng.standard_normal((4, 4, 4, 4)),
            rng.random((4, 4)),
            0.6,
        ),
        "u exactly p": (np.ones((1, 4, 1, 2)), np.array([[0.0, 0.25, 0.5, 0.75]]), 0.25),
        "p = 0": (rng.standard_normal((1, 2, 2, 1)), np.array([[0.0, 0.5]]), 0.0),
    }


def _channel_mistake(mask, x, p):
    return x * mask / (1 - p)


CHANNEL = Exercise(
    "channel-dropout",
    *(5, 2, "Dropout of whole channels"),
    "The mask has shape (N, C). Which shape does it need so that it meets axes 0 and 1 of x, and spreads over 2 and 3?",
    channel_dropout,
    _channel_cases,
    {
        "mask-on-pixels": (
            "Your mask lies over the last two axes: NumPy lines shapes up from the right. Give it two axes more.",
            lambda x, u, p: _channel_mistake(u >= p, x, p),
        ),
        "mask-shared": (
            "All images share the mask of the first one. Each image draws its own channels.",
            lambda x, u, p: _channel_mistake((u[:1] >= p)[:, :, None, None], x, p),
        ),
        "boundary": (
            "Where u equals p exactly you drop; keep where u >= p. With p = 0 and u = 0 a channel would be lost.",
            lambda x, u, p: _channel_mistake((u > p)[:, :, None, None], x, p),
        ),
        "scaled-by-p": (
            "You divide by p. Divide by the probability of being kept, 1 − p.",
            lambda x, u, p: x * (u >= p)[:, :, None, None] / p,
        ),
        "whole-images": (
            "You drop whole images: all channels of an image share one number.",
            lambda x, u, p: _channel_mistake((u[:, :1] >= p)[:, :, None, None], x, p),
        ),
        "keep-drop-swapped": (
            "Keep and drop are mixed up: keep where u >= p.",
            lambda x, u, p: _channel_mistake((u < p)[:, :, None, None], x, p),
        ),
        "scale-left-out": (
            "What is kept is not scaled: divide by 1 − p, as for single elements.",
            lambda x, u, p: x * (u >= p)[:, :, None, None],
        ),
        "scaled-by-what-was-kept": (
            "You divide by the fraction that this mask happened to keep. The scale is 1/(1 − p), the same for every mask.",
            lambda x, u, p: x * (u >= p)[:, :, None, None] / (u >= p).mean(),
        ),
        "axes-swapped": (
            "Axes N and C of the mask are swapped: u[n, c] belongs to channel c of image n.",
            lambda x, u, p: _channel_mistake((u >= p).T[:, :, None, None], x, p),
        ),
    },
    {"dropnorm.scratch": lambda x, u, p: with_numbers(nn.Dropout2d(p), u)(x)},
    ("y",),
)


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


GAUSSIAN = Exercise(
    "gaussian-dropout",
    *(5, 1, "Gaussian dropout"),
    "The noise of dropout is 0 or 1/(1 − p). What is its variance? A standard normal z times s has variance s².",
    gaussian_dropout,
    lambda rng: {
        "p = 0.5": (np.array([1.0, 2.0, -4.0]), np.array([1.0, -1.0, 0.5]), 0.5),
        "p = 0.2": (np.array([1.0, 2.0, -4.0]), np.array([1.0, -1.0, 0.5]), 0.2),
        "p = 0.7, random": (rng.standard_normal((3, 4)), rng.standard_normal((3, 4)), 0.7),
        "p = 0": (np.array([1.0, -2.0]), np.array([0.5, -1.0]), 0.0),
    },
    {
        "variance-for-deviation": (
            "You multiply z by the variance p/(1 − p). Multiply by its root, the standard deviation.",
            lambda x, z, p: x * (1 + p / (1 - p) * z),
        ),
        "noise-of-mean-zero": (
            "Your noise has mean 0, so y has, too. It must be 1 on average.",
            lambda x, z, p: x * np.sqrt(p / (1 - p)) * z,
        ),
        "noise-added": (
            "You add the noise to x. Dropout multiplies: a value of 0 stays 0, a large one gets much noise.",
            lambda x, z, p: x + np.sqrt(p / (1 - p)) * z,
        ),
        "keep-drop-swapped": (
            "Keep and drop are mixed up: with p near 0 the noise must vanish.",
            lambda x, z, p: x * (1 + np.sqrt((1 - p) / p) * z),
        ),
        "unscaled-variance": (
            "Your noise has variance p(1 − p), that of a mask which is not scaled by 1/(1 − p).",
            lambda x, z, p: x * (1 + np.sqrt(p * (1 - p)) * z),
        ),
        "variance-is-p": (
            "Your noise has variance p. It should be p/(1 − p).",
            lambda x, z, p: x * (1 + np.sqrt(p) * z),
        ),
        "deviation-is-p": (
            "Your noise has standard deviation p. Its variance should be p/(1 − p).",
            lambda x, z, p: x * (1 + p * z),
        ),
    },
    {"dropnorm.scratch": lambda x, z, p: with_numbers(nn.GaussianDropout(p), z)(x)},
    ("y",),
)

EXERCISES = (CHANNEL, GAUSSIAN)
