"""Exercise of chapter 13: Unsure, or at odds?"""

import numpy as np

from dropnorm.exercises.spec import Exercise, Mistake


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
    mean = probability.mean(axis=0)
    total = -(mean * np.log(mean)).sum(axis=-1)
    single = -(probability * np.log(probability)).sum(axis=-1)
    return total, total - single.mean(axis=0)


def _entropy(p, axis=-1):
    return -(p * np.log(p)).sum(axis=axis)


def _entropy_by_torch(probability):
    import torch

    p = torch.tensor(probability)
    total = torch.distributions.Categorical(probs=p.mean(dim=0)).entropy()
    single = torch.distributions.Categorical(probs=p).entropy()
    return total.numpy(), (total - single.mean(dim=0)).numpy()


def _parts(total, passes):
    return total, total - passes


def _probabilities(rng, *shape):
    e = np.exp(1.5 * rng.standard_normal(shape))
    return e / e.sum(axis=-1, keepdims=True)


def _by_divergences(probability):
    mean = probability.mean(axis=0)
    log_mean, log_p = np.log(mean), np.log(probability)
    total = -(mean * log_mean).sum(axis=-1)
    return total, (probability * (log_p - log_mean)).sum(axis=-1).mean(axis=0)


EXERCISE = Exercise(
    name="predictive-entropy",
    chapter=13,
    stars=2,
    title="Unsure, or at odds?",
    hint=(
        "Two passes that are each sure of another class: the mean is unsure, the single passes "
        "are not."
    ),
    solution=predictive_entropy,
    cases=lambda rng: {
        "two sure passes that disagree": (np.array([[[0.99, 0.01]], [[0.01, 0.99]]]),),
        "two unsure passes that agree": (np.array([[[0.5, 0.5]], [[0.5, 0.5]]]),),
        "4 passes, 3 images, 3 classes": (_probabilities(rng, 4, 3, 3),),
        "3 passes, 5 images, 4 classes": (_probabilities(rng, 3, 5, 4),),
    },
    mistakes={
        "mean-of-entropies": Mistake(
            "Your total is the mean of the entropies. Average the probabilities first, then take "
            "the entropy of the mean.",
            lambda p: (_entropy(p).mean(axis=0), 0 * _entropy(p).mean(axis=0)),
        ),
        "entropies-swapped": Mistake(
            "The two entropies are swapped: total is that of the mean prediction. Disagreement is "
            "never negative.",
            lambda p: _parts(_entropy(p).mean(axis=0), _entropy(p.mean(axis=0))),
        ),
        "entropy-returned": Mistake(
            "The second value is the mean entropy of the passes. Asked for is what is left of the "
            "total without it.",
            lambda p: (_entropy(p.mean(axis=0)), _entropy(p).mean(axis=0)),
        ),
        "bits": Mistake(
            "Your entropy is in bits (log2). Asked for are nats: the natural logarithm.",
            lambda p: tuple(part / np.log(2) for part in predictive_entropy(p)),
        ),
        "sign": Mistake(
            "The minus of −Σ p log p is missing: an entropy is never negative.",
            lambda p: tuple(-part for part in predictive_entropy(p)),
        ),
        "mean-over-classes": Mistake(
            "You average over the classes. The entropy is a sum over them.",
            lambda p: tuple(part / p.shape[-1] for part in predictive_entropy(p)),
        ),
        "disagreement-reversed": Mistake(
            "Disagreement has the wrong sign: total minus the mean entropy of the passes.",
            lambda p: (
                _entropy(p.mean(axis=0)),
                _entropy(p).mean(axis=0) - _entropy(p.mean(axis=0)),
            ),
        ),
        "summed-over-images": Mistake(
            "Your sum runs over the images. Each image has its own entropy: sum over the last "
            "axis.",
            lambda p: _parts(_entropy(p.mean(axis=0), axis=0), _entropy(p, axis=1).mean(axis=0)),
        ),
        "probabilities-left-out": Mistake(
            "You average −log p over the classes without the weights p. An entropy is −Σ p log p.",
            lambda p: _parts(
                -np.log(p.mean(axis=0)).mean(axis=-1), -np.log(p).mean(axis=-1).mean(axis=0)
            ),
        ),
        "probabilities-left-out-of-the-sum": Mistake(
            "You sum −log p over the classes without the weights p. An entropy is −Σ p log p.",
            lambda p: _parts(
                -np.log(p.mean(axis=0)).sum(axis=-1), -np.log(p).sum(axis=-1).mean(axis=0)
            ),
        ),
        "spread-of-entropies": Mistake(
            "Your disagreement is the spread of the passes' entropies. Two passes can be equally "
            "sure of different classes: total minus their mean.",
            lambda p: (_entropy(p.mean(axis=0)), _entropy(p).std(axis=0)),
        ),
        "variance-of-probabilities": Mistake(
            "Your disagreement is the variance of the probabilities over the passes, summed over "
            "the classes. Asked for is the total minus the mean entropy.",
            lambda p: (_entropy(p.mean(axis=0)), p.var(axis=0).sum(axis=-1)),
        ),
        "share": Mistake(
            "Your disagreement is a share of the total. Asked for is the difference, in nats.",
            lambda p: (
                _entropy(p.mean(axis=0)),
                1 - _entropy(p).mean(axis=0) / _entropy(p.mean(axis=0)),
            ),
        ),
        "impurity": Mistake(
            "You use 1 − Σ p², the Gini impurity. An entropy is −Σ p log p.",
            lambda p: _parts(
                1 - (p.mean(axis=0) ** 2).sum(axis=-1), 1 - (p**2).sum(axis=-1).mean(axis=0)
            ),
        ),
        "geometric-mean": Mistake(
            "Your mean prediction averages log p (without a sum of 1). Average the probabilities.",
            lambda p: _parts(_entropy(np.exp(np.log(p).mean(axis=0))), _entropy(p).mean(axis=0)),
        ),
    },
    referees={"PyTorch": _entropy_by_torch},
    other_ways=(_by_divergences,),
    returns=("total", "disagreement"),
)
