"""Exercise of chapter 02: How loud is dropout?"""

import numpy as np

from dropnorm.exercises.spec import Exercise, Mistake


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


EXERCISE = Exercise(
    name="dropout-moments",
    chapter=2,
    stars=2,
    title="How loud is dropout?",
    hint=(
        "Start with a single element: it is 0 with probability p, else x/(1 − p). Variances of "
        "independent terms add up."
    ),
    solution=dropout_moments,
    cases=lambda rng: {
        "x = (2, 4), p = 0.5": (np.array([2.0, 4.0]), 0.5),
        "one element, p = 0.2": (np.array([3.0]), 0.2),
        "random, p = 0.3": (rng.standard_normal(6) + 1, 0.3),
        "random, p = 0.9": (rng.standard_normal(5) - 1, 0.9),
        "p = 0": (np.array([3.0, -1.0]), 0.0),
    },
    mistakes={
        "unscaled": Mistake(
            "These are the moments without the scale 1/(1 − p). Inverted dropout divides what it "
            "keeps by 1 − p.",
            lambda x, p: ((1 - p) * x.sum(), p * (1 - p) * (x**2).sum()),
        ),
        "unscaled-variance": Mistake(
            "The variance is that of the mask, p(1 − p). The mask is divided by 1 − p, so its "
            "variance by (1 − p)².",
            lambda x, p: (x.sum(), p * (1 - p) * (x**2).sum()),
        ),
        "keep-drop-swapped": Mistake(
            "Keep and drop are mixed up: you have (1 − p)/p in the variance. With p = 0 it must "
            "be zero.",
            lambda x, p: (x.sum(), (1 - p) / p * (x**2).sum()),
        ),
        "square-of-sum": Mistake(
            "You square the sum. The elements are dropped independently: add up the squares.",
            lambda x, p: (x.sum(), p / (1 - p) * x.sum() ** 2),
        ),
        "standard-deviation": Mistake(
            "You return the standard deviation as var. Leave the root out.",
            lambda x, p: (x.sum(), np.sqrt(p / (1 - p) * (x**2).sum())),
        ),
        "not-squared": Mistake(
            "You add up x instead of x². A variance grows with the square.",
            lambda x, p: (x.sum(), p / (1 - p) * x.sum()),
        ),
        "variance-of-x": Mistake(
            "You take the variance of x itself. The question is how much the sum varies from mask "
            "to mask.",
            lambda x, p: (x.sum(), x.var()),
        ),
        "mean-of-x": Mistake(
            "You take the mean over the elements. Asked for is the mean of the sum.",
            lambda x, p: (x.mean(), p / (1 - p) * (x**2).sum()),
        ),
        "second-moment": Mistake(
            "You return the mean square of the sum, E[S²]. A variance is E[S²] − E[S]².",
            lambda x, p: (x.sum(), x.sum() ** 2 + p / (1 - p) * (x**2).sum()),
        ),
        "sum-of-mean-squares": Mistake(
            "You add up E[y²] = x²/(1 − p) of each element. Subtract the square of its mean, x²: "
            "a variance is what is left.",
            lambda x, p: (x.sum(), (x**2).sum() / (1 - p)),
        ),
        "variance-scaled-once": Mistake(
            "You divide the mask's variance p(1 − p) by 1 − p. A factor comes squared into a "
            "variance: divide by (1 − p)².",
            lambda x, p: (x.sum(), p * (x**2).sum()),
        ),
        "mean-unscaled": Mistake(
            "Your mean is that of dropout without the scale, (1 − p) Σx. Inverted dropout leaves "
            "the mean as it was.",
            lambda x, p: ((1 - p) * x.sum(), p / (1 - p) * (x**2).sum()),
        ),
        "mean-scaled": Mistake(
            "You divide the mean by 1 − p. The scale and the elements that are missing cancel: "
            "the mean is Σx.",
            lambda x, p: (x.sum() / (1 - p), p / (1 - p) * (x**2).sum()),
        ),
        "variance-of-the-mean": Mistake(
            "You return the variance of the mean of the elements, smaller by n². Asked for is "
            "that of their sum.",
            lambda x, p: (x.sum(), p / (1 - p) * (x**2).sum() / len(x) ** 2),
        ),
    },
    referees={"the enumeration of all masks": _moments_by_enumeration},
    returns=("mean", "var"),
)
