"""Exercise of chapter 06: Batch norm of features."""

import numpy as np

from dropnorm.exercises.helpers import batch_norm_by_layer, batch_norm_by_torch, normalised
from dropnorm.exercises.spec import Cases, Exercise, Mistake


def batch_norm_forward(x, weight, bias, eps):
    """Batch norm of features, in training.

    Parameters
    ----------
    x : array (N, C)
    weight, bias : arrays (C,)
        γ and β.
    eps : float
        Added to the variance, under the root.

    Returns
    -------
    y : array (N, C)
        γ x̂ + β, where x̂ is x with mean 0 and variance 1 (nearly, because of eps) over the batch.
    """
    x_hat = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps)
    return weight * x_hat + bias


def _feature_cases(rng: np.random.Generator) -> Cases:
    return {
        "3 and 8": (np.array([[3.0], [8.0]]), np.array([1.0]), np.array([0.0]), 1e-12),
        "5 × 3, eps = 0.1": (
            3 * rng.standard_normal((5, 3)) + 2,
            rng.uniform(0.5, 2, 3),
            rng.standard_normal(3),
            0.1,
        ),
        "4 × 4, eps = 0.01": (
            0.3 * rng.standard_normal((4, 4)),
            rng.uniform(0.5, 2, 4),
            rng.standard_normal(4),
            0.01,
        ),
        "a constant feature": (
            np.array([[1.0, 2.0], [3.0, 2.0], [8.0, 2.0]]),
            np.array([2.0, 3.0]),
            np.array([1.0, -1.0]),
            1e-5,
        ),
    }


def _in_steps(x, weight, bias, eps):
    n = len(x)
    mean = x.sum(axis=0) / n
    centred = x - mean
    var = (centred**2).sum(axis=0) / n
    std = np.sqrt(var + eps)
    x_hat = centred / std
    return weight * x_hat + bias


EXERCISE = Exercise(
    name="batch-norm-forward",
    chapter=6,
    stars=1,
    title="Batch norm of features",
    hint="Four steps: mean, variance, normalise, scale and shift. Each column of x is a feature.",
    solution=batch_norm_forward,
    cases=_feature_cases,
    mistakes={
        "eps-outside-root": Mistake(
            "eps is added outside the root. It belongs to the variance: √(var + eps).",
            lambda x, w, b, eps: normalised(x, w, b, divisor=lambda var: np.sqrt(var) + eps),
        ),
        "unbiased": Mistake(
            "You divide by N − 1 in the variance. Batch norm normalises with the biased variance.",
            lambda x, w, b, eps: normalised(x, w, b, ddof=1, eps=eps),
        ),
        "over-features": Mistake(
            "Mean and variance run over the features of a row (layer norm). They run over the "
            "batch, axis 0.",
            lambda x, w, b, eps: normalised(x, w, b, axes=1, eps=eps),
        ),
        "one-mean-for-all": Mistake(
            "One mean and variance for the whole array. Each feature has its own: axis 0.",
            lambda x, w, b, eps: normalised(x, w, b, axes=(0, 1), eps=eps),
        ),
        "variance-for-deviation": Mistake(
            "You divide by the variance. Divide by its root.",
            lambda x, w, b, eps: normalised(x, w, b, divisor=lambda var: var + eps),
        ),
        "eps-left-out": Mistake(
            "eps is missing: with a constant feature you divide 0 by 0.",
            lambda x, w, b, eps: normalised(x, w, b),
        ),
        "mean-left-out": Mistake(
            "The mean is not subtracted.",
            lambda x, w, b, eps: w * x / np.sqrt(x.var(axis=0) + eps) + b,
        ),
        "not-scaled-and-shifted": Mistake(
            "γ and β are missing: this is x̂.", lambda x, w, b, eps: normalised(x, 1, 0, eps=eps)
        ),
        "swapped-gamma-beta": Mistake(
            "weight and bias are swapped: γ (weight) multiplies, β (bias) is added.",
            lambda x, w, b, eps: normalised(x, b, w, eps=eps),
        ),
        "shifted-before-scaled": Mistake(
            "You add β before you multiply by γ. First γ x̂, then + β.",
            lambda x, w, b, eps: w * (normalised(x, 1, 0, eps=eps) + b),
        ),
        "minimum-and-maximum": Mistake(
            "You bring each feature to the range from 0 to 1, by minimum and maximum. Batch norm "
            "makes mean 0 and variance 1.",
            lambda x, w, b, eps: w * (x - x.min(axis=0)) / (np.ptp(x, axis=0) + eps) + b,
        ),
        "minimum-and-maximum-without-eps": Mistake(
            "You bring each feature to the range from 0 to 1, by minimum and maximum. Batch norm "
            "makes mean 0 and variance 1, and eps guards it.",
            lambda x, w, b, eps: w * (x - x.min(axis=0)) / np.ptp(x, axis=0) + b,
        ),
        "divided-by-the-range": Mistake(
            "You divide by the range, maximum minus minimum. Divide by the standard deviation.",
            lambda x, w, b, eps: w * (x - x.mean(axis=0)) / (np.ptp(x, axis=0) + eps) + b,
        ),
        "absolute-deviation": Mistake(
            "You divide by the mean absolute deviation. Divide by the standard deviation, the "
            "root of the mean square.",
            lambda x, w, b, eps: (
                w * (x - x.mean(axis=0)) / (abs(x - x.mean(axis=0)).mean(axis=0) + eps) + b
            ),
        ),
        "shifted-before-dividing": Mistake(
            "You add β before you divide by σ. First x̂, then γ x̂ + β.",
            lambda x, w, b, eps: (w * (x - x.mean(axis=0)) + b) / np.sqrt(x.var(axis=0) + eps),
        ),
        "root-mean-square": Mistake(
            "You divide by the root of the mean square of x (RMS norm). Batch norm divides by the "
            "deviation from the mean.",
            lambda x, w, b, eps: w * x / np.sqrt((x**2).mean(axis=0) + eps) + b,
        ),
        "length-one": Mistake(
            "You divide each feature by its length, √Σ(x − mean)². Then its squares add up to 1; "
            "batch norm makes their mean 1.",
            lambda x, w, b, eps: (
                w * (x - x.mean(axis=0)) / np.sqrt(len(x) * x.var(axis=0) + eps) + b
            ),
        ),
        "median": Mistake(
            "You subtract the median. Batch norm subtracts the mean.",
            lambda x, w, b, eps: w * (x - np.median(x, axis=0)) / np.sqrt(x.var(axis=0) + eps) + b,
        ),
    },
    referees={
        "dropnorm.scratch": batch_norm_by_layer,
        "PyTorch": batch_norm_by_torch,
    },
    other_ways=(_in_steps,),
    returns=("y",),
)
