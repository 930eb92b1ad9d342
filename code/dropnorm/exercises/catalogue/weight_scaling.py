"""Exercise of chapter 05: The weights of the mean network."""

import numpy as np

from dropnorm.exercises.spec import Exercise, Mistake


def weight_scaling(x, weight, bias, p):
    """Evaluation of a dense layer whose inputs were dropped in training, *without* 1/(1 − p).

    In training the layer computed (x · mask) Wᵀ + b. In evaluation there is no mask, and the
    weights are scaled.

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
    outputs = [(x * mask) @ weight.T + bias for mask in masks]
    return sum(q * y for q, y in zip(probability, outputs, strict=True))


EXERCISE = Exercise(
    name="weight-scaling",
    chapter=5,
    stars=1,
    title="The weights of the mean network",
    hint="How often is each input there in training? Is the bias ever dropped?",
    solution=weight_scaling,
    cases=lambda rng: {
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
    mistakes={
        "keep-drop-swapped": Mistake(
            "You scale by p. An input is there with probability 1 − p.",
            lambda x, w, b, p: x @ (p * w).T + b,
        ),
        "scale-upside-down": Mistake(
            "You divide by 1 − p. That is right in training (inverted dropout); here the weights "
            "must shrink.",
            lambda x, w, b, p: x @ w.T / (1 - p) + b,
        ),
        "divided-by-p": Mistake(
            "You divide by p. An input is there with probability 1 − p: multiply by that.",
            lambda x, w, b, p: x @ w.T / p + b,
        ),
        "bias-scaled": Mistake(
            "You scale the bias, too. It was never dropped.",
            lambda x, w, b, p: (x @ w.T + b) * (1 - p),
        ),
        "not-scaled": Mistake(
            "The weights are not scaled: in evaluation more inputs arrive than in training.",
            lambda x, w, b, p: x @ w.T + b,
        ),
        "bias-left-out": Mistake("The bias is missing.", lambda x, w, b, p: x @ ((1 - p) * w).T),
        "scaled-twice": Mistake(
            "You scale twice, by (1 − p)²: the inputs and the weights? Once is enough.",
            lambda x, w, b, p: x @ w.T * (1 - p) ** 2 + b,
        ),
        "bias-alone-scaled": Mistake(
            "You scale the bias, and not the weights. Inputs were dropped, and inputs meet "
            "weights: scale these.",
            lambda x, w, b, p: x @ w.T + (1 - p) * b,
        ),
        "bias-divided": Mistake(
            "You divide the bias by 1 − p. It was never dropped: add it as it is.",
            lambda x, w, b, p: x @ ((1 - p) * w).T + b / (1 - p),
        ),
        "scaled-by-p-bias-by-keep": Mistake(
            "You scale the weights by p and the bias by 1 − p. An input is there with probability "
            "1 − p; the bias always is.",
            lambda x, w, b, p: x @ (p * w).T + (1 - p) * b,
        ),
        "all-scaled-by-p": Mistake(
            "You scale the whole output by p. An input is there with probability 1 − p, and the "
            "bias always.",
            lambda x, w, b, p: p * (x @ w.T + b),
        ),
        "scaled-by-root": Mistake(
            "You scale by √(1 − p). A mean is proportional to the probability itself, 1 − p.",
            lambda x, w, b, p: x @ w.T * np.sqrt(1 - p) + b,
        ),
        "all-divided": Mistake(
            "You divide the whole output by 1 − p, as inverted dropout does in training. Here the "
            "weights must shrink.",
            lambda x, w, b, p: (x @ w.T + b) / (1 - p),
        ),
    },
    referees={"the average over all masks": _average_of_masks},
    returns=("y",),
)
