"""Exercise of chapter 02: Dropout, forward."""

import numpy as np

from dropnorm import scratch as nn
from dropnorm.exercises.helpers import layer_with_numbers
from dropnorm.exercises.spec import Cases, Exercise, Mistake


def dropout_forward(x, u, p, training):
    """Inverted dropout, with the random numbers given.

    Parameters
    ----------
    x : array of any shape
    u : array of the same shape
        Uniform random numbers, 0 <= u < 1. An element is kept where u >= p.
    p : float
        Probability of *dropping*, 0 <= p < 1.
    training : bool
        False: evaluation, where dropout does nothing.

    Returns
    -------
    y : array of the same shape
        In training, what is kept is scaled so that the mean of y over all masks is x.
    """
    return x * (u >= p) / (1 - p) if training else x.copy()


def _forward_cases(rng: np.random.Generator) -> Cases:
    x, u = rng.standard_normal((3, 4)), rng.random((3, 4))
    u[0] = 0.05, 0.2, 0.5, 0.95
    edge = np.array([0.0, 0.25, 0.5, 0.75])
    return {
        "p = 0.25, a few numbers": (
            np.array([1.0, 2.0, 3.0, 4.0]),
            np.array([0.1, 0.3, 0.9, 0.2]),
            0.25,
            True,
        ),
        "p = 0.1": (x, u, 0.1, True),
        "p = 0.7": (x, u, 0.7, True),
        "evaluation, p = 0.4": (x, u, 0.4, False),
        "images, p = 0.3": (rng.standard_normal((2, 3, 2, 2)), rng.random((2, 3, 2, 2)), 0.3, True),
        "u exactly p": (np.ones(4), edge, 0.25, True),
        "p = 0": (np.array([1.0, -2.0, 3.0]), np.array([0.0, 0.5, 0.9]), 0.0, True),
    }


def _in_training(y):
    """The mistake ``y`` in training, the right thing in evaluation."""
    return lambda x, u, p, training: y(x, u, p) if training else x


def _by_layer(x, u, p, training):
    return layer_with_numbers(nn.Dropout, p, u).train(training)(x)


EXERCISE = Exercise(
    name="dropout-forward",
    chapter=2,
    stars=1,
    title="Dropout, forward",
    hint="Half of the units, doubled, have the same sum on average. What is the factor for any p?",
    solution=dropout_forward,
    cases=_forward_cases,
    mistakes={
        "keep-drop-swapped": Mistake(
            "Keep and drop are mixed up: p is the probability of dropping, so keep where u >= p. "
            "At p = 0.5 nobody notices.",
            _in_training(lambda x, u, p: x * (u < p) / (1 - p)),
        ),
        "keep-probability": Mistake(
            "You treat p as the probability of keeping, in mask and scale. Here p is the "
            "probability of dropping.",
            _in_training(lambda x, u, p: x * (u < p) / p),
        ),
        "scale-left-out": Mistake(
            "What is kept is not scaled. Then the output is too small on average: divide by 1 − p.",
            _in_training(lambda x, u, p: x * (u >= p)),
        ),
        "scale-upside-down": Mistake(
            "You multiply by 1 − p where you should divide. What survives must grow to make up "
            "for what is missing.",
            _in_training(lambda x, u, p: x * (u >= p) * (1 - p)),
        ),
        "scaled-by-p": Mistake(
            "You divide by p. Divide by the probability of being kept, 1 − p.",
            _in_training(lambda x, u, p: x * (u >= p) / p),
        ),
        "other-draw": Mistake(
            "Your mask has the right rate but is not the one asked for: keep where u >= p (you "
            "keep where u < 1 − p).",
            _in_training(lambda x, u, p: x * (u < 1 - p) / (1 - p)),
        ),
        "mask-shared": Mistake(
            "All rows of the batch share one mask. Each element has its own random number.",
            _in_training(lambda x, u, p: x * (u[:1] >= p) / (1 - p)),
        ),
        "active-in-evaluation": Mistake(
            "Dropout is active in evaluation. With training=False return x as it is.",
            lambda x, u, p, training: x * (u >= p) / (1 - p),
        ),
        "scaled-in-evaluation": Mistake(
            "You scale twice: by 1/(1 − p) in training, by 1 − p in evaluation. Inverted dropout "
            "does nothing there.",
            lambda x, u, p, training: x * (u >= p) / (1 - p) if training else x * (1 - p),
        ),
        "original-dropout": Mistake(
            "This is the dropout of 2014: unscaled in training, times 1 − p in evaluation. "
            "Inverted dropout divides by 1 − p in training, and does nothing in evaluation.",
            lambda x, u, p, training: x * (u >= p) if training else x * (1 - p),
        ),
        "scaled-by-what-was-kept": Mistake(
            "You divide by the fraction that this mask happened to keep. The scale is 1/(1 − p), "
            "the same for every mask.",
            _in_training(lambda x, u, p: x * (u >= p) / (u >= p).mean()),
        ),
        "boundary": Mistake(
            "Where u equals p exactly you drop; keep where u >= p. With p = 0 and u = 0 an "
            "element would be lost.",
            _in_training(lambda x, u, p: x * (u > p) / (1 - p)),
        ),
        "drop-share-kept": Mistake(
            "You keep a share p of the elements, those with u above 1 − p. p is the probability "
            "of dropping: keep where u >= p.",
            _in_training(lambda x, u, p: x * (u > 1 - p) / p if p else 0 * x),
        ),
        "scaled-by-root": Mistake(
            "You divide by √(1 − p). That keeps the mean square, not the mean: divide by 1 − p.",
            _in_training(lambda x, u, p: x * (u >= p) / np.sqrt(1 - p)),
        ),
        "scaled-by-one-plus-p": Mistake(
            "You multiply by 1 + p. To make up for a share p that is lost, divide by what is "
            "left, 1 − p.",
            _in_training(lambda x, u, p: x * (u >= p) * (1 + p)),
        ),
        "sum-kept": Mistake(
            "You scale so that the sum of this very draw stays as it was. The scale is 1/(1 − p) "
            "for every draw; only the mean over all masks is x.",
            _in_training(lambda x, u, p: x * (u >= p) * (x.sum() / (x * (u >= p)).sum())),
        ),
        "fixed-number": Mistake(
            "You drop a fixed share, those with the smallest u. Each element has its own chance: "
            "keep where u >= p, however many that are.",
            _in_training(
                lambda x, u, p: (
                    x
                    * (u.ravel().argsort().argsort().reshape(u.shape) >= round(p * u.size))
                    / (1 - p)
                )
            ),
        ),
    },
    referees={"dropnorm.scratch": _by_layer},
    returns=("y",),
)
