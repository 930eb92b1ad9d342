"""Exercise of chapter 07: A block that is sometimes not there."""

import numpy as np

from dropnorm import scratch as nn
from dropnorm.exercises.helpers import layer_with_numbers
from dropnorm.exercises.spec import Cases, Exercise, Mistake


def drop_path(x, branch, u, p, training):
    """Stochastic depth: a residual block's sum, without f(x) for some images.

    Parameters
    ----------
    x : array (N, C, H, W)
        Input of the block.
    branch : array (N, C, H, W)
        f(x), what the block adds.
    u : array (N,)
        Uniform random numbers, 0 <= u < 1. The block is kept for the images where u >= p.
    p : float
        Probability of dropping, 0 <= p < 1.
    training : bool
        False: evaluation, where nothing is dropped.

    Returns
    -------
    y : array (N, C, H, W)
        In training, scaled so that the mean of y over all masks is x + branch.
    """
    if not training:
        return x + branch
    return x + branch * (u >= p)[:, None, None, None] / (1 - p)


def _by_layer(x, branch, u, p, training):
    layer = layer_with_numbers(nn.DropPath, p, u).train(training)
    return x + layer(branch)


def _cases(rng: np.random.Generator) -> Cases:
    def drawn(*shape):
        return rng.standard_normal(shape), rng.standard_normal(shape)

    ones = np.ones((3, 1, 2, 2))
    return {
        "3 images, p = 0.25": (ones, 3 * ones, np.array([0.1, 0.7, 0.3]), 0.25, True),
        "the same in evaluation": (ones, 3 * ones, np.array([0.1, 0.7, 0.3]), 0.25, False),
        "u exactly p": (*drawn(4, 2, 1, 3), np.array([0.5, 0.0, 0.75, 0.25]), 0.5, True),
        "as many pixels as images, p = 0.6": (
            *drawn(4, 4, 4, 4),
            np.array([0.9, 0.2, 0.7, 0.4]),
            0.6,
            True,
        ),
        "p = 0": (*drawn(2, 3, 2, 2), np.array([0.0, 0.5]), 0.0, True),
        "random, evaluation": (*drawn(3, 2, 2, 4), rng.random(3), 0.35, False),
    }


def _image_mask(u, p):
    return (u >= p)[:, None, None, None]


EXERCISE = Exercise(
    name="drop-path",
    chapter=7,
    stars=2,
    title="A block that is sometimes not there",
    hint=(
        "For an image whose block is dropped y is x itself. And how must f(x) be scaled where it "
        "is kept?"
    ),
    solution=drop_path,
    cases=_cases,
    mistakes={
        "scale-left-out": Mistake(
            "You don't scale what is kept: the mean over all masks is x + (1 − p) · branch.",
            lambda x, f, u, p, t: x + f * (_image_mask(u, p) if t else 1),
        ),
        "scale-on-the-sum": Mistake(
            "You scale the whole sum where the block is kept. x is always there, so it needs no "
            "scale.",
            lambda x, f, u, p, t: np.where(_image_mask(u, p), (x + f) / (1 - p), x) if t else x + f,
        ),
        "sum-dropped": Mistake(
            "You drop x as well. The way around the block always stays open.",
            lambda x, f, u, p, t: (x + f) * _image_mask(u, p) / (1 - p) if t else x + f,
        ),
        "input-dropped": Mistake(
            "You drop x and keep f(x). It is the other way round.",
            lambda x, f, u, p, t: f + x * _image_mask(u, p) / (1 - p) if t else x + f,
        ),
        "input-left-out": Mistake(
            "x is missing: the block gives x plus what is left of f(x).",
            lambda x, f, u, p, t: drop_path(0 * x, f, u, p, t),
        ),
        "mask-turned-round": Mistake(
            "You keep where u < p. An image's block is kept where u >= p.",
            lambda x, f, u, p, t: x + f * ~_image_mask(u, p) / (1 - p) if t else x + f,
        ),
        "one-draw-for-all": Mistake(
            "The first number of u decides for all images. Each image has its own.",
            lambda x, f, u, p, t: drop_path(x, f, np.full_like(u, u[0]), p, t),
        ),
        "scaled-by-p": Mistake(
            "You divide by p, the probability of dropping. Divide by that of keeping, 1 − p.",
            lambda x, f, u, p, t: x + f * _image_mask(u, p) / (p or np.nan) if t else x + f,
        ),
        "dropped-in-evaluation": Mistake(
            "You drop in evaluation, too.", lambda x, f, u, p, t: drop_path(x, f, u, p, True)
        ),
        "scaled-in-evaluation": Mistake(
            "This is stochastic depth as in its paper: not scaled in training, f(x) times 1 − p "
            "in evaluation. Here the scale belongs to training.",
            lambda x, f, u, p, t: x + f * (_image_mask(u, p) if t else 1 - p),
        ),
        "strictly-above-p": Mistake(
            "Where u equals p exactly the block is kept: u >= p.",
            lambda x, f, u, p, t: drop_path(x, f, np.where(u == p, -1.0, u), p, t),
        ),
    },
    referees={"dropnorm.scratch": _by_layer},
    returns=("y",),
)
