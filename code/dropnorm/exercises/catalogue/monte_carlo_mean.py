"""Exercise of chapter 02: A committee of thinned networks."""

import numpy as np

from dropnorm.exercises.helpers import softmax
from dropnorm.exercises.spec import Exercise, Mistake


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
    e = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities = e / e.sum(axis=-1, keepdims=True)
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


EXERCISE = Exercise(
    name="monte-carlo-mean",
    chapter=2,
    stars=2,
    title="A committee of thinned networks",
    hint=(
        "First the softmax of each pass, then the statistics. Which axis are the classes, which "
        "the passes?"
    ),
    solution=monte_carlo_mean,
    cases=lambda rng: {
        "2 passes, 1 image, 2 classes": (np.array([[[0.0, 1.0]], [[2.0, 0.0]]]),),
        "5 passes, 3 images, 4 classes": (2 * rng.standard_normal((5, 3, 4)),),
        "3 passes, 3 images, 3 classes": (2 * rng.standard_normal((3, 3, 3)),),
        "logits near 1,000": (1000 + rng.standard_normal((4, 2, 3)),),
        "an image near 1,000, another near 0": (
            np.array([[[1000.0, 999.0], [0.0, 1.0]], [[1001.0, 1000.0], [2.0, 0.0]]]),
        ),
    },
    mistakes={
        "softmax-of-mean": Mistake(
            "You average the logits, then take the softmax: that is the geometric mean. Average "
            "the probabilities.",
            lambda z: (softmax(z.mean(axis=0)), softmax(z).std(axis=0)),
        ),
        "one-maximum": Mistake(
            "You subtract one maximum from the whole array. Rows far below it become 0/0: each "
            "has its own, keepdims=True.",
            lambda z: _moments(_by_one_maximum(z)),
        ),
        "unstable-softmax": Mistake(
            "exp(1000) overflows. Subtract the largest logit of each row first; the probabilities "
            "stay the same.",
            lambda z: _moments(np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)),
        ),
        "softmax-over-images": Mistake(
            "Your softmax runs over the images of the batch. The probabilities of each image must "
            "add up to 1: last axis.",
            lambda z: _moments(softmax(z, axis=1)),
        ),
        "softmax-over-passes": Mistake(
            "Your softmax runs over the passes. It belongs on the classes, the last axis.",
            lambda z: _moments(softmax(z, axis=0)),
        ),
        "averaged-over-images": Mistake(
            "Mean and std run over the images, axis 1. Axis 0 counts the passes.",
            lambda z: _moments(softmax(z), axis=1),
        ),
        "unbiased-std": Mistake(
            "Your std divides by passes − 1 (ddof=1). Asked for is division by their number.",
            lambda z: _moments(softmax(z), ddof=1),
        ),
        "variance": Mistake(
            "You return the variance. The standard deviation is its root.",
            lambda z: (softmax(z).mean(axis=0), softmax(z).var(axis=0)),
        ),
        "softmax-left-out": Mistake(
            "These are mean and std of the logits. Turn each pass into probabilities first.",
            _moments,
        ),
        "std-of-logits": Mistake(
            "Your std is that of the logits. Take it over the probabilities.",
            lambda z: (softmax(z).mean(axis=0), z.std(axis=0)),
        ),
        "standard-error": Mistake(
            "You divide the standard deviation by the root of the number of passes: that is the "
            "error of the mean.",
            lambda z: (softmax(z).mean(axis=0), softmax(z).std(axis=0) / np.sqrt(len(z))),
        ),
        "spread-over-classes": Mistake(
            "Your std is the spread over the classes of one prediction. Asked for is how far the "
            "passes differ in each class: axis 0.",
            lambda z: (softmax(z).mean(axis=0), softmax(z).std(axis=-1)),
        ),
        "spread-of-the-mean": Mistake(
            "Your std is that of the mean prediction over its classes. Asked for is how far the "
            "passes differ in each class.",
            lambda z: (softmax(z).mean(axis=0), softmax(z).mean(axis=0).std(axis=-1)),
        ),
        "absolute-deviation": Mistake(
            "You take the mean absolute deviation. A standard deviation is the root of the mean "
            "square.",
            lambda z: (
                softmax(z).mean(axis=0),
                abs(softmax(z) - softmax(z).mean(axis=0)).mean(axis=0),
            ),
        ),
        "range": Mistake(
            "You return the range of the passes, largest minus smallest. Asked for is their "
            "standard deviation.",
            lambda z: (softmax(z).mean(axis=0), np.ptp(softmax(z), axis=0)),
        ),
        "votes": Mistake(
            "You count votes: the share of passes that choose each class. Asked for is the mean "
            "of the probabilities.",
            lambda z: _moments(np.eye(z.shape[-1])[z.argmax(axis=-1)]),
        ),
        "log-probabilities": Mistake(
            "You average the logarithms of the probabilities. Average the probabilities "
            "themselves.",
            lambda z: _moments(
                z
                - z.max(axis=-1, keepdims=True)
                - np.log(np.exp(z - z.max(axis=-1, keepdims=True)).sum(axis=-1, keepdims=True))
            ),
        ),
    },
    referees={"PyTorch": _committee_by_torch},
    returns=("mean", "std"),
)
