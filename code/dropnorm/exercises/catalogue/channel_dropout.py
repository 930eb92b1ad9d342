"""Exercise of chapter 05: Dropout of whole channels."""

import numpy as np

from dropnorm import scratch as nn
from dropnorm.exercises.helpers import layer_with_numbers
from dropnorm.exercises.spec import Cases, Exercise, Mistake


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


EXERCISE = Exercise(
    name="channel-dropout",
    chapter=5,
    stars=2,
    title="Dropout of whole channels",
    hint=(
        "The mask has shape (N, C). Which shape does it need so that it meets axes 0 and 1 of x, "
        "and spreads over 2 and 3?"
    ),
    solution=channel_dropout,
    cases=_channel_cases,
    mistakes={
        "mask-on-pixels": Mistake(
            "Your mask lies over the last two axes: NumPy lines shapes up from the right. Give it "
            "two axes more.",
            lambda x, u, p: _channel_mistake(u >= p, x, p),
        ),
        "mask-shared": Mistake(
            "All images share the mask of the first one. Each image draws its own channels.",
            lambda x, u, p: _channel_mistake((u[:1] >= p)[:, :, None, None], x, p),
        ),
        "boundary": Mistake(
            "Where u equals p exactly you drop; keep where u >= p. With p = 0 and u = 0 a channel "
            "would be lost.",
            lambda x, u, p: _channel_mistake((u > p)[:, :, None, None], x, p),
        ),
        "scaled-by-p": Mistake(
            "You divide by p. Divide by the probability of being kept, 1 − p.",
            lambda x, u, p: x * (u >= p)[:, :, None, None] / p,
        ),
        "keep-probability": Mistake(
            "You treat p as the probability of keeping, in mask and scale. Here p is the "
            "probability of dropping.",
            lambda x, u, p: x * (u < p)[:, :, None, None] / p,
        ),
        "scale-upside-down": Mistake(
            "You multiply by 1 − p where you should divide. What survives must grow to make up "
            "for what is missing.",
            lambda x, u, p: x * (u >= p)[:, :, None, None] * (1 - p),
        ),
        "whole-images": Mistake(
            "You drop whole images: all channels of an image share one number.",
            lambda x, u, p: _channel_mistake((u[:, :1] >= p)[:, :, None, None], x, p),
        ),
        "keep-drop-swapped": Mistake(
            "Keep and drop are mixed up: keep where u >= p.",
            lambda x, u, p: _channel_mistake((u < p)[:, :, None, None], x, p),
        ),
        "scale-left-out": Mistake(
            "What is kept is not scaled: divide by 1 − p, as for single elements.",
            lambda x, u, p: x * (u >= p)[:, :, None, None],
        ),
        "scaled-by-what-was-kept": Mistake(
            "You divide by the fraction that this mask happened to keep. The scale is 1/(1 − p), "
            "the same for every mask.",
            lambda x, u, p: x * (u >= p)[:, :, None, None] / (u >= p).mean(),
        ),
        "axes-swapped": Mistake(
            "Axes N and C of the mask are swapped: u[n, c] belongs to channel c of image n.",
            lambda x, u, p: _channel_mistake((u >= p).T[:, :, None, None], x, p),
        ),
        "keep-drop-swapped-unscaled": Mistake(
            "Keep and drop are mixed up, and what is kept is not scaled: keep where u >= p, and "
            "divide by 1 − p.",
            lambda x, u, p: x * (u < p)[:, :, None, None],
        ),
        "drop-share-kept": Mistake(
            "You keep a share p of the channels, those with u above 1 − p. p is the probability "
            "of dropping: keep where u >= p.",
            lambda x, u, p: x * (u > 1 - p)[:, :, None, None] / p,
        ),
        "other-draw": Mistake(
            "Your mask has the right rate but is not the one asked for: keep where u >= p (you "
            "keep where u < 1 − p).",
            lambda x, u, p: _channel_mistake((u < 1 - p)[:, :, None, None], x, p),
        ),
        "scaled-by-root": Mistake(
            "You divide by √(1 − p). That keeps the mean square, not the mean: divide by 1 − p.",
            lambda x, u, p: x * (u >= p)[:, :, None, None] / np.sqrt(1 - p),
        ),
        "scaled-twice": Mistake(
            "You scale twice, by 1/(1 − p)². Once is enough, however many pixels a channel has.",
            lambda x, u, p: x * (u >= p)[:, :, None, None] / (1 - p) ** 2,
        ),
        "same-channels-everywhere": Mistake(
            "A channel is kept only if all images keep it. Each image draws its own channels.",
            lambda x, u, p: _channel_mistake((u >= p).all(axis=0)[:, None, None], x, p),
        ),
    },
    referees={
        "dropnorm.scratch": lambda x, u, p: layer_with_numbers(nn.Dropout2d, p, u)(x),
    },
    returns=("y",),
)
