"""Exercises of chapters 05 and 13 in which averages over masks become formulas: ridge regression, entropies."""

import numpy as np

from dropnorm.exercises.spec import Exercise


def dropout_ridge(x, target, p):
    """Weights of linear regression with inverted dropout on its inputs, averaged over all masks.

    Parameters
    ----------
    x : array (N, D)
        Inputs, *not* standardised: the columns have different sizes.
    target : array (N,)
    p : float
        Probability of dropping an input, 0 <= p < 1.

    Returns
    -------
    weight : array (D,)
        Minimises the mean over all masks of Σ (target − (x · mask / (1 − p)) @ weight)². There is no bias.
    """
    gram = x.T @ x
    return np.linalg.solve(gram + p / (1 - p) * np.diag(np.diag(gram)), x.T @ target)


def _by_enumeration(x, target, p):
    masks = (np.arange(2 ** x.shape[1])[:, None] >> np.arange(x.shape[1])) & 1
    gram = moment = 0.0
    for mask in masks:
        probability, noisy = np.prod(np.where(mask, 1 - p, p)), x * mask / (1 - p)
        gram, moment = gram + probability * noisy.T @ noisy, moment + probability * noisy.T @ target
    return np.linalg.solve(gram, moment)


def _ridge(x, target, penalty):
    return np.linalg.solve(x.T @ x + penalty, x.T @ target)


def _squares(x):
    return np.diag((x**2).sum(axis=0))


RIDGE = Exercise(
    "dropout-ridge",
    *(5, 3, "Dropout in linear regression is ridge regression"),
    "Dropout leaves the prediction's mean and adds the variance p/(1 − p) · (x_d w_d)² for each input. Sum over the rows.",
    dropout_ridge,
    lambda rng: {
        "one input, p = 0.5": (np.array([[1.0], [2.0]]), np.array([2.0, 4.0]), 0.5),
        "columns of different size, p = 0.3": (
            rng.standard_normal((8, 3)) * (1, 3, 0.3),
            rng.standard_normal(8),
            0.3,
        ),
        "correlated columns, p = 0.8": (
            rng.standard_normal((7, 2)) @ rng.standard_normal((2, 4))
            + 0.1 * rng.standard_normal((7, 4)),
            rng.standard_normal(7),
            0.8,
        ),
    },
    {
        "penalty-without-n": (
            "Your penalty is p/(1 − p), the same for any amount of data. It comes once for each row: sum x² over the rows.",
            lambda x, y, p: _ridge(x, y, p / (1 - p) * np.eye(x.shape[1])),
        ),
        "columns-alike": (
            "Your penalty is n · p/(1 − p) for every weight. That holds for standardised columns; here each has its Σ x².",
            lambda x, y, p: _ridge(x, y, len(x) * p / (1 - p) * np.eye(x.shape[1])),
        ),
        "keep-drop-swapped": (
            "Keep and drop are mixed up: with p = 0 the penalty must vanish.",
            lambda x, y, p: _ridge(x, y, (1 - p) / p * _squares(x)),
        ),
        "no-penalty": (
            "This is plain least squares. The variance that dropout adds costs, too: it is the penalty.",
            lambda x, y, p: _ridge(x, y, 0),
        ),
        "unscaled-variance": (
            "Your penalty is p(1 − p) Σ x², that of a mask without the scale 1/(1 − p).",
            lambda x, y, p: _ridge(x, y, p * (1 - p) * _squares(x)),
        ),
        "penalty-is-p": (
            "Your penalty is p Σ x². It should be p/(1 − p) Σ x².",
            lambda x, y, p: _ridge(x, y, p * _squares(x)),
        ),
        "mean-square": (
            "Your penalty has the mean of x² over the rows, but xᵀx is a sum. Use sums in both, or means in both.",
            lambda x, y, p: _ridge(x, y, p / (1 - p) * _squares(x) / len(x)),
        ),
        "full-gram": (
            "You penalise with the whole matrix xᵀx. Masks of different inputs are independent: only its diagonal counts.",
            lambda x, y, p: _ridge(x, y, p / (1 - p) * x.T @ x),
        ),
    },
    {"the enumeration of all masks": _by_enumeration},
    ("weight",),
)


def predictive_entropy(probability):
    """How unsure a committee is, and how much of that is disagreement.

    Parameters
    ----------
    probability : array (passes, N, C)
        Class probabilities of several passes with dropout, all above 0.

    Returns
    -------
    total : array (N,)
        Entropy −Σ p log p of the mean prediction, in nats.
    disagreement : array (N,)
        total minus the mean entropy of the single passes (the mutual information).
    """
    total = _entropy(probability.mean(axis=0))
    return total, total - _entropy(probability).mean(axis=0)


def _entropy(p, axis=-1):
    return -(p * np.log(p)).sum(axis=axis)


def _entropy_by_torch(probability):
    import torch

    p = torch.tensor(probability)
    total = torch.distributions.Categorical(probs=p.mean(dim=0)).entropy()
    return total.numpy(), (
        total - torch.distributions.Categorical(probs=p).entropy().mean(dim=0)
    ).numpy()


def _parts(total, passes):
    return total, total - passes


def _probabilities(rng, *shape):
    e = np.exp(1.5 * rng.standard_normal(shape))
    return e / e.sum(axis=-1, keepdims=True)


ENTROPY = Exercise(
    "predictive-entropy",
    *(13, 2, "Unsure, or at odds?"),
    "Two passes that are each sure of another class: the mean is unsure, the single passes are not.",
    predictive_entropy,
    lambda rng: {
        "two sure passes that disagree": (np.array([[[0.99, 0.01]], [[0.01, 0.99]]]),),
        "two unsure passes that agree": (np.array([[[0.5, 0.5]], [[0.5, 0.5]]]),),
        "4 passes, 3 images, 3 classes": (_probabilities(rng, 4, 3, 3),),
        "3 passes, 5 images, 4 classes": (_probabilities(rng, 3, 5, 4),),
    },
    {
        "mean-of-entropies": (
            "Your total is the mean of the entropies. Average the probabilities first, then take the entropy of the mean.",
            lambda p: (_entropy(p).mean(axis=0), 0 * _entropy(p).mean(axis=0)),
        ),
        "entropies-swapped": (
            "The two entropies are swapped: total is that of the mean prediction. Disagreement is never negative.",
            lambda p: _parts(_entropy(p).mean(axis=0), _entropy(p.mean(axis=0))),
        ),
        "entropy-returned": (
            "The second value is the mean entropy of the passes. Asked for is what is left of the total without it.",
            lambda p: (_entropy(p.mean(axis=0)), _entropy(p).mean(axis=0)),
        ),
        "bits": (
            "Your entropy is in bits (log2). Asked for are nats: the natural logarithm.",
            lambda p: tuple(part / np.log(2) for part in predictive_entropy(p)),
        ),
        "sign": (
            "The minus of −Σ p log p is missing: an entropy is never negative.",
            lambda p: tuple(-part for part in predictive_entropy(p)),
        ),
        "mean-over-classes": (
            "You average over the classes. The entropy is a sum over them.",
            lambda p: tuple(part / p.shape[-1] for part in predictive_entropy(p)),
        ),
        "disagreement-reversed": (
            "Disagreement has the wrong sign: total minus the mean entropy of the passes.",
            lambda p: (
                _entropy(p.mean(axis=0)),
                _entropy(p).mean(axis=0) - _entropy(p.mean(axis=0)),
            ),
        ),
        "summed-over-images": (
            "Your sum runs over the images. Each image has its own entropy: sum over the last axis.",
            lambda p: _parts(_entropy(p.mean(axis=0), axis=0), _entropy(p, axis=1).mean(axis=0)),
        ),
    },
    {"PyTorch": _entropy_by_torch},
    ("total", "disagreement"),
)

EXERCISES = (RIDGE, ENTROPY)
