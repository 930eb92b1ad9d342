"""Exercises on dropout as an average of many networks: chapters 02, 05 and 13."""

import numpy as np

from dropnorm.exercises.spec import Cases, Exercise


def softmax(logits: np.ndarray, axis: int = -1) -> np.ndarray:
    """Probabilities from logits."""
    e = np.exp(logits - logits.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def monte_carlo_mean(logits):
    """A committee: mean and spread of the class probabilities over several passes with dropout.

    Parameters
    ----------
    logits : array (passes, N, C)
        Of each pass, for each of N images; some may be as large as 1,000.

    Returns
    -------
    mean : array (N, C)
        Mean over the passes of the softmax probabilities.
    std : array (N, C)
        Their standard deviation over the passes (divide by their number).
    """
    probabilities = softmax(logits)
    return probabilities.mean(axis=0), probabilities.std(axis=0)


def _committee_by_torch(logits):
    import torch

    probabilities = torch.softmax(torch.tensor(logits), dim=-1)
    return probabilities.mean(dim=0).numpy(), probabilities.std(dim=0, correction=0).numpy()


def _by_one_maximum(z):
    e = np.exp(z - z.max())
    return e / e.sum(axis=-1, keepdims=True)


def _moments(p, axis=0, ddof=0):
    return p.mean(axis=axis), p.std(axis=axis, ddof=ddof)


MONTE_CARLO = Exercise(
    "monte-carlo-mean",
    *(2, 2, "A committee of thinned networks"),
    "First the softmax of each pass, then the statistics. Which axis are the classes, which the passes?",
    monte_carlo_mean,
    lambda rng: {
        "2 passes, 1 image, 2 classes": (np.array([[[0.0, 1.0]], [[2.0, 0.0]]]),),
        "5 passes, 3 images, 4 classes": (2 * rng.standard_normal((5, 3, 4)),),
        "3 passes, 3 images, 3 classes": (2 * rng.standard_normal((3, 3, 3)),),
        "logits near 1,000": (1000 + rng.standard_normal((4, 2, 3)),),
        "an image near 1,000, another near 0": (
            np.array([[[1000.0, 999.0], [0.0, 1.0]], [[1001.0, 1000.0], [2.0, 0.0]]]),
        ),
    },
    {
        "softmax-of-mean": (
            "You average the logits, then take the softmax: that is the geometric mean. Average the probabilities.",
            lambda z: (softmax(z.mean(axis=0)), softmax(z).std(axis=0)),
        ),
        "one-maximum": (
            "You subtract one maximum from the whole array. Rows far below it become 0/0: each has its own, keepdims=True.",
            lambda z: _moments(_by_one_maximum(z)),
        ),
        "unstable-softmax": (
            "exp(1000) overflows. Subtract the largest logit of each row first; the probabilities stay the same.",
            lambda z: _moments(np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)),
        ),
        "softmax-over-images": (
            "Your softmax runs over the images of the batch. The probabilities of each image must add up to 1: last axis.",
            lambda z: _moments(softmax(z, axis=1)),
        ),
        "softmax-over-passes": (
            "Your softmax runs over the passes. It belongs on the classes, the last axis.",
            lambda z: _moments(softmax(z, axis=0)),
        ),
        "averaged-over-images": (
            "Mean and std run over the images, axis 1. Axis 0 counts the passes.",
            lambda z: _moments(softmax(z), axis=1),
        ),
        "unbiased-std": (
            "Your std divides by passes − 1 (ddof=1). Asked for is division by their number.",
            lambda z: _moments(softmax(z), ddof=1),
        ),
        "variance": (
            "You return the variance. The standard deviation is its root.",
            lambda z: (softmax(z).mean(axis=0), softmax(z).var(axis=0)),
        ),
        "softmax-left-out": (
            "These are mean and std of the logits. Turn each pass into probabilities first.",
            _moments,
        ),
        "std-of-logits": (
            "Your std is that of the logits. Take it over the probabilities.",
            lambda z: (softmax(z).mean(axis=0), z.std(axis=0)),
        ),
        "standard-error": (
            "You divide the standard deviation by the root of the number of passes: that is the error of the mean.",
            lambda z: (softmax(z).mean(axis=0), softmax(z).std(axis=0) / np.sqrt(len(z))),
        ),
    },
    {"PyTorch": _committee_by_torch},
    ("mean", "std"),
)


def weight_scaling(x, weight, bias, p):
    """Evaluation of a dense layer whose inputs were dropped in training *without* the scale 1/(1 − p).

    In training the layer computed (x · mask) Wᵀ + b. In evaluation there is no mask, and the weights are scaled.

    Parameters
    ----------
    x : array (N, in_features)
    weight : array (out_features, in_features)
    bias : array (out_features,)
    p : float
        Probability of dropping, 0 <= p < 1.

    Returns
    -------
    y : array (N, out_features)
        The mean over all masks of the layer's output in training.
    """
    return x @ ((1 - p) * weight).T + bias


def _average_of_masks(x, weight, bias, p):
    masks = (np.arange(2 ** x.shape[1])[:, None] >> np.arange(x.shape[1])) & 1
    probability = np.prod(np.where(masks, 1 - p, p), axis=1)
    return sum(
        q * ((x * mask) @ weight.T + bias) for q, mask in zip(probability, masks, strict=True)
    )


WEIGHT_SCALING = Exercise(
    "weight-scaling",
    *(5, 1, "The weights of the mean network"),
    "How often is each input there in training? Is the bias ever dropped?",
    weight_scaling,
    lambda rng: {
        "p = 0.5": (
            np.array([[1.0, 2.0]]),
            np.array([[1.0, 1.0], [3.0, -1.0]]),
            np.array([10.0, 0.0]),
            0.5,
        ),
        "p = 0.2": (
            rng.standard_normal((3, 4)),
            rng.standard_normal((2, 4)),
            rng.standard_normal(2),
            0.2,
        ),
        "p = 0.9": (
            rng.standard_normal((2, 3)),
            rng.standard_normal((4, 3)),
            rng.standard_normal(4),
            0.9,
        ),
        "p = 0": (
            rng.standard_normal((2, 3)),
            rng.standard_normal((3, 3)),
            rng.standard_normal(3),
            0.0,
        ),
    },
    {
        "keep-drop-swapped": (
            "You scale by p. An input is there with probability 1 − p.",
            lambda x, w, b, p: x @ (p * w).T + b,
        ),
        "scale-upside-down": (
            "You divide by 1 − p. That is right in training (inverted dropout); here the weights must shrink.",
            lambda x, w, b, p: x @ w.T / (1 - p) + b,
        ),
        "divided-by-p": (
            "You divide by p. An input is there with probability 1 − p: multiply by that.",
            lambda x, w, b, p: x @ w.T / p + b,
        ),
        "bias-scaled": (
            "You scale the bias, too. It was never dropped.",
            lambda x, w, b, p: (x @ w.T + b) * (1 - p),
        ),
        "not-scaled": (
            "The weights are not scaled: in evaluation more inputs arrive than in training.",
            lambda x, w, b, p: x @ w.T + b,
        ),
        "bias-left-out": ("The bias is missing.", lambda x, w, b, p: x @ ((1 - p) * w).T),
        "scaled-twice": (
            "You scale twice, by (1 − p)²: the inputs and the weights? Once is enough.",
            lambda x, w, b, p: x @ w.T * (1 - p) ** 2 + b,
        ),
    },
    {"the average over all masks": _average_of_masks},
    ("y",),
)


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
    return softmax(np.tensordot(weight, log_p, axes=1))


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


GEOMETRIC = Exercise(
    "geometric-mean",
    *(5, 2, "What the evaluated network equals"),
    "The logarithm of a product of powers is a sum. What brings the rows back to 1?",
    geometric_mean,
    _geometric_cases,
    {
        "arithmetic-mean": (
            "This is the arithmetic mean of the probabilities. The geometric one averages their logarithms.",
            lambda log_p, w: _weighted(w, np.exp(log_p)),
        ),
        "not-normalised": (
            "The rows do not add up to 1: divide by their sum.",
            lambda log_p, w: np.exp(_weighted(w, log_p)),
        ),
        "weights-left-out": (
            "All networks count the same. Use weight: with p ≠ 0.5 some masks are more probable than others.",
            lambda log_p, w: softmax(log_p.mean(axis=0)),
        ),
        "normalised-over-images": (
            "The columns add up to 1, not the rows: the sum runs over images. Classes are the last axis.",
            lambda log_p, w: softmax(_weighted(w, log_p), axis=0),
        ),
        "product-without-root": (
            "You multiply the probabilities without the powers: add up weight · log p, not log p.",
            lambda log_p, w: softmax(log_p.sum(axis=0)),
        ),
        "log-returned": (
            "You return log probabilities. Take exp.",
            lambda log_p, w: np.log(softmax(_weighted(w, log_p))),
        ),
        "log-not-taken": (
            "You average the probabilities and take their softmax. Average the logarithms, which you are given.",
            lambda log_p, w: softmax(_weighted(w, np.exp(log_p))),
        ),
    },
    {"the product of powers": _product_of_powers},
    ("probability",),
)

EXERCISES = (MONTE_CARLO, WEIGHT_SCALING, GEOMETRIC)
