"""Exercise of chapter 05: What the evaluated network equals."""

import numpy as np

from dropnorm.exercises.helpers import softmax
from dropnorm.exercises.spec import Cases, Exercise, Mistake


def geometric_mean(log_p, weight):
    """Normalised geometric mean of the predictions of several networks.

    Parameters
    ----------
    log_p : array (M, N, C)
        Log probabilities of C classes, of M networks, for N images.
    weight : array (M,)
        How probable each network is; adds up to 1.

    Returns
    -------
    probability : array (N, C)
        Proportional to the product over networks of P ** weight; each row adds up to 1.
    """
    product = np.exp(np.tensordot(weight, log_p, axes=1))
    return product / product.sum(axis=1, keepdims=True)


def _product_of_powers(log_p, weight):
    product = np.prod(np.exp(log_p) ** weight[:, None, None], axis=0)
    return product / product.sum(axis=1, keepdims=True)


def _geometric_cases(rng: np.random.Generator) -> Cases:
    two = np.log(np.array([[[0.5, 0.5]], [[0.9, 0.1]]]))
    random = np.log(softmax(2 * rng.standard_normal((4, 3, 3))))
    weight = rng.random(4)
    return {
        "2 networks, 1 image, 2 classes": (two, np.array([0.5, 0.5])),
        "unequal weights": (two, np.array([0.2, 0.8])),
        "4 networks, 3 images, 3 classes": (random, weight / weight.sum()),
    }


def _weighted(weight, values):
    return np.tensordot(weight, values, axes=1)


EXERCISE = Exercise(
    name="geometric-mean",
    chapter=5,
    stars=2,
    title="What the evaluated network equals",
    hint="The logarithm of a product of powers is a sum. What brings the rows back to 1?",
    solution=geometric_mean,
    cases=_geometric_cases,
    mistakes={
        "arithmetic-mean": Mistake(
            "This is the arithmetic mean of the probabilities. The geometric one averages their "
            "logarithms.",
            lambda log_p, w: _weighted(w, np.exp(log_p)),
        ),
        "not-normalised": Mistake(
            "The rows do not add up to 1: divide by their sum.",
            lambda log_p, w: np.exp(_weighted(w, log_p)),
        ),
        "weights-left-out": Mistake(
            "All networks count the same. Use weight: with p ≠ 0.5 some masks are more probable "
            "than others.",
            lambda log_p, w: softmax(log_p.mean(axis=0)),
        ),
        "normalised-over-images": Mistake(
            "The columns add up to 1, not the rows: the sum runs over images. Classes are the "
            "last axis.",
            lambda log_p, w: softmax(_weighted(w, log_p), axis=0),
        ),
        "product-without-root": Mistake(
            "You multiply the probabilities without the powers: add up weight · log p, not log p.",
            lambda log_p, w: softmax(log_p.sum(axis=0)),
        ),
        "log-returned": Mistake(
            "You return log probabilities. Take exp.",
            lambda log_p, w: np.log(softmax(_weighted(w, log_p))),
        ),
        "log-not-taken": Mistake(
            "You average the probabilities and take their softmax. Average the logarithms, which "
            "you are given.",
            lambda log_p, w: softmax(_weighted(w, np.exp(log_p))),
        ),
        "harmonic-mean": Mistake(
            "This is the harmonic mean, of 1/P. The geometric one averages logarithms.",
            lambda log_p, w: (
                1
                / _weighted(w, np.exp(-log_p))
                / (1 / _weighted(w, np.exp(-log_p))).sum(axis=1, keepdims=True)
            ),
        ),
        "harmonic-unnormalised": Mistake(
            "This is the harmonic mean, of 1/P, and its rows do not add up to 1. The geometric "
            "one averages logarithms.",
            lambda log_p, w: 1 / _weighted(w, np.exp(-log_p)),
        ),
        "powers-of-two": Mistake(
            "You take powers of 2. The logarithms are natural ones: take exp.",
            lambda log_p, w: softmax(np.log(2) * _weighted(w, log_p)),
        ),
        "largest": Mistake(
            "You take the largest probability among the networks. All have a say, each by its "
            "weight.",
            lambda log_p, w: softmax(log_p.max(axis=0)),
        ),
        "smallest": Mistake(
            "You take the smallest probability among the networks. All have a say, each by its "
            "weight.",
            lambda log_p, w: softmax(log_p.min(axis=0)),
        ),
        "mean-square-root": Mistake(
            "You take the root of the mean square of the probabilities. The geometric mean "
            "averages their logarithms.",
            lambda log_p, w: softmax(np.log(_weighted(w, np.exp(2 * log_p))) / 2),
        ),
        "divided-by-networks": Mistake(
            "You divide the weighted sum by the number of networks besides. The weights add up to "
            "1 already.",
            lambda log_p, w: softmax(_weighted(w, log_p) / len(w)),
        ),
    },
    referees={"the product of powers": _product_of_powers},
    returns=("probability",),
)
