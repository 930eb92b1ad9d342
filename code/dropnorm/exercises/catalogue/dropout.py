"""Exercises on dropout itself: forward, backward, and how loud it is."""

import numpy as np

from dropnorm import scratch as nn
from dropnorm.exercises.spec import Cases, Exercise, slope, torch_gradients


class Given:
    """In the place of a random generator: hands out the numbers it was given."""

    def __init__(self, numbers: np.ndarray) -> None:
        self.numbers = numbers

    def random(self, shape: tuple[int, ...], dtype: type) -> np.ndarray:
        """The numbers, in this shape."""
        return self.numbers.reshape(shape)

    def standard_normal(self, shape: tuple[int, ...], dtype: type) -> np.ndarray:
        """A copy of the numbers, in this shape."""
        return self.numbers.reshape(shape).copy()


def with_numbers(layer: nn.Layer, numbers: np.ndarray) -> nn.Layer:
    """The layer, its random numbers given."""
    layer.rng = Given(numbers)
    return layer


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


FORWARD = Exercise(
    "dropout-forward",
    *(2, 1, "Dropout, forward"),
    "Half of the units, doubled, have the same sum on average. What is the factor for any p?",
    dropout_forward,
    _forward_cases,
    {
        "keep-drop-swapped": (
            "Keep and drop are mixed up: p is the probability of dropping, so keep where u >= p. At p = 0.5 nobody notices.",
            _in_training(lambda x, u, p: x * (u < p) / (1 - p)),
        ),
        "keep-probability": (
            "You treat p as the probability of keeping, in mask and scale. Here p is the probability of dropping.",
            _in_training(lambda x, u, p: x * (u < p) / p),
        ),
        "scale-left-out": (
            "What is kept is not scaled. Then the output is too small on average: divide by 1 − p.",
            _in_training(lambda x, u, p: x * (u >= p)),
        ),
        "scale-upside-down": (
            "You multiply by 1 − p where you should divide. What survives must grow to make up for what is missing.",
            _in_training(lambda x, u, p: x * (u >= p) * (1 - p)),
        ),
        "scaled-by-p": (
            "You divide by p. Divide by the probability of being kept, 1 − p.",
            _in_training(lambda x, u, p: x * (u >= p) / p),
        ),
        "other-draw": (
            "Your mask has the right rate but is not the one asked for: keep where u >= p (you keep where u < 1 − p).",
            _in_training(lambda x, u, p: x * (u < 1 - p) / (1 - p)),
        ),
        "mask-shared": (
            "All rows of the batch share one mask. Each element has its own random number.",
            _in_training(lambda x, u, p: x * (u[:1] >= p) / (1 - p)),
        ),
        "active-in-evaluation": (
            "Dropout is active in evaluation. With training=False return x as it is.",
            lambda x, u, p, training: x * (u >= p) / (1 - p),
        ),
        "scaled-in-evaluation": (
            "You scale twice: by 1/(1 − p) in training, by 1 − p in evaluation. Inverted dropout does nothing there.",
            lambda x, u, p, training: x * (u >= p) / (1 - p) if training else x * (1 - p),
        ),
        "original-dropout": (
            "This is the dropout of 2014: unscaled in training, times 1 − p in evaluation. Inverted dropout divides "
            "by 1 − p in training, and does nothing in evaluation.",
            lambda x, u, p, training: x * (u >= p) if training else x * (1 - p),
        ),
        "scaled-by-what-was-kept": (
            "You divide by the fraction that this mask happened to keep. The scale is 1/(1 − p), the same for every mask.",
            _in_training(lambda x, u, p: x * (u >= p) / (u >= p).mean()),
        ),
        "boundary": (
            "Where u equals p exactly you drop; keep where u >= p. With p = 0 and u = 0 an element would be lost.",
            _in_training(lambda x, u, p: x * (u > p) / (1 - p)),
        ),
    },
    {
        "dropnorm.scratch": lambda x, u, p, training: with_numbers(nn.Dropout(p), u).train(
            training
        )(x)
    },
    ("y",),
)


def dropout_moments(x, p):
    """Mean and variance, over all masks, of the sum of x after inverted dropout.

    Parameters
    ----------
    x : array (D,)
    p : float
        Probability of dropping, 0 <= p < 1. Each element is dropped independently.

    Returns
    -------
    mean, var : float
        Of the sum over the D elements.
    """
    return x.sum(), p / (1 - p) * (x**2).sum()


def _moments_by_enumeration(x, p):
    masks = (np.arange(2 ** len(x))[:, None] >> np.arange(len(x))) & 1
    weight = np.prod(np.where(masks, 1 - p, p), axis=1)
    sums = masks @ x / (1 - p)
    mean = weight @ sums
    return mean, weight @ (sums - mean) ** 2


MOMENTS = Exercise(
    "dropout-moments",
    *(2, 2, "How loud is dropout?"),
    "Start with a single element: it is 0 with probability p, else x/(1 − p). Variances of independent terms add up.",
    dropout_moments,
    lambda rng: {
        "x = (2, 4), p = 0.5": (np.array([2.0, 4.0]), 0.5),
        "one element, p = 0.2": (np.array([3.0]), 0.2),
        "random, p = 0.3": (rng.standard_normal(6) + 1, 0.3),
        "random, p = 0.9": (rng.standard_normal(5) - 1, 0.9),
        "p = 0": (np.array([3.0, -1.0]), 0.0),
    },
    {
        "unscaled": (
            "These are the moments without the scale 1/(1 − p). Inverted dropout divides what it keeps by 1 − p.",
            lambda x, p: ((1 - p) * x.sum(), p * (1 - p) * (x**2).sum()),
        ),
        "unscaled-variance": (
            "The variance is that of the mask, p(1 − p). The mask is divided by 1 − p, so its variance by (1 − p)².",
            lambda x, p: (x.sum(), p * (1 - p) * (x**2).sum()),
        ),
        "keep-drop-swapped": (
            "Keep and drop are mixed up: you have (1 − p)/p in the variance. With p = 0 it must be zero.",
            lambda x, p: (x.sum(), (1 - p) / p * (x**2).sum()),
        ),
        "square-of-sum": (
            "You square the sum. The elements are dropped independently: add up the squares.",
            lambda x, p: (x.sum(), p / (1 - p) * x.sum() ** 2),
        ),
        "standard-deviation": (
            "You return the standard deviation as var. Leave the root out.",
            lambda x, p: (x.sum(), np.sqrt(p / (1 - p) * (x**2).sum())),
        ),
        "not-squared": (
            "You add up x instead of x². A variance grows with the square.",
            lambda x, p: (x.sum(), p / (1 - p) * x.sum()),
        ),
        "variance-of-x": (
            "You take the variance of x itself. The question is how much the sum varies from mask to mask.",
            lambda x, p: (x.sum(), x.var()),
        ),
        "mean-of-x": (
            "You take the mean over the elements. Asked for is the mean of the sum.",
            lambda x, p: (x.mean(), p / (1 - p) * (x**2).sum()),
        ),
    },
    {"the enumeration of all masks": _moments_by_enumeration},
    ("mean", "var"),
)


def dropout_backward(dy, mask, p):
    """The backward pass of y = x · mask / (1 − p).

    Parameters
    ----------
    dy : array of any shape
        Gradient of the loss by y.
    mask : bool array of the same shape
        True where the element was kept in the forward pass.
    p : float
        Probability of dropping, 0 <= p < 1.

    Returns
    -------
    dx : array of the same shape
        Gradient of the loss by x.
    """
    return dy * mask / (1 - p)


def _backward_cases(rng: np.random.Generator) -> Cases:
    half = np.array([[True, False, True], [False, True, True]])
    return {
        "p = 0.5, 2 × 3": (np.array([[1.0, 2.0, 3.0], [-1.0, -2.0, -3.0]]), half, 0.5),
        "p = 0.75, 2 × 3": (np.array([[1.0, 2.0, 3.0], [-1.0, -2.0, -3.0]]), half, 0.75),
        "p = 0.2, random": (rng.standard_normal((4, 5)), rng.random((4, 5)) >= 0.2, 0.2),
        "p = 0.6, images": (
            rng.standard_normal((2, 2, 3, 3)),
            rng.random((2, 2, 3, 3)) >= 0.6,
            0.6,
        ),
        "p = 0": (np.array([[1.0, -2.0, 3.0]]), np.ones((1, 3), bool), 0.0),
    }


BACKWARD = Exercise(
    "dropout-backward",
    *(5, 1, "Dropout, backward"),
    "y is x times a number. What is the derivative of a · x by x?",
    dropout_backward,
    _backward_cases,
    {
        "mask-left-out": (
            "The mask is left out: dropped units get a gradient, too. What was multiplied by 0 forward gets 0 backward.",
            lambda dy, mask, p: dy / (1 - p),
        ),
        "scale-left-out": (
            "The scale is left out: your gradient is too small by 1 − p. Forward divides by 1 − p, so backward must.",
            lambda dy, mask, p: dy * mask,
        ),
        "scaled-twice": (
            "Your gradient is too large by 1/(1 − p). Is it scaled twice?",
            lambda dy, mask, p: dy * mask / (1 - p) ** 2,
        ),
        "scale-upside-down": (
            "You multiply by 1 − p where forward divides. Backward has the same factor as forward, not its inverse.",
            lambda dy, mask, p: dy * mask * (1 - p),
        ),
        "scaled-by-what-was-kept": (
            "You divide by the fraction that this mask happened to keep. The scale is 1/(1 − p), the same for every mask.",
            lambda dy, mask, p: dy * mask / mask.mean(),
        ),
        "mask-complement": (
            "You used the mask's complement: the gradient flows where the unit was dropped. True means kept.",
            lambda dy, mask, p: dy * ~mask / (1 - p),
        ),
        "keep-drop-swapped": (
            "Keep and drop are mixed up in the scale: you divide by p. p is the probability of dropping.",
            lambda dy, mask, p: dy * mask / p,
        ),
        "passed-through": (
            "You return dy unchanged. That is the backward pass of evaluation; in training the mask and the scale count.",
            lambda dy, mask, p: dy,
        ),
    },
    {
        "central differences": lambda dy, mask, p: slope(
            lambda x: (dy * (x * mask / (1 - p))).sum(), np.ones_like(dy)
        ),
        "PyTorch": lambda dy, mask, p: torch_gradients(
            lambda x, d, m: (d * (x * m / (1 - p))).sum(), np.ones_like(dy), dy, mask * 1.0
        )[0],
    },
    ("dx",),
)


EXERCISES = (FORWARD, MOMENTS, BACKWARD)
