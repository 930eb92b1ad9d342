"""Exercise of chapter 06: Batch norm in evaluation."""

import numpy as np

from dropnorm.exercises.helpers import batch_norm_layer, column, running_state, shifted_images
from dropnorm.exercises.spec import Exercise, Mistake


def batch_norm_eval(x, running_mean, running_var, weight, bias, eps):
    """Batch norm of images in evaluation.

    Parameters
    ----------
    x : array (N, C, H, W)
    running_mean, running_var, weight, bias : arrays (C,)
        The stored statistics, γ and β.
    eps : float

    Returns
    -------
    y : array (N, C, H, W)
    """
    x_hat = (x - column(running_mean)) / column(np.sqrt(running_var + eps))
    return column(weight) * x_hat + column(bias)


def _eval_by_torch(x, running_mean, running_var, weight, bias, eps):
    import torch

    tensors = map(torch.tensor, (x, running_mean, running_var, weight, bias))
    return torch.nn.functional.batch_norm(*tensors, eps=eps).numpy()


def _with_gamma(rng, channels):
    mean, var = running_state(rng, channels)
    return mean, var, rng.uniform(0.5, 2, channels), rng.standard_normal(channels)


def _scaled(x, mean, divisor, w, b):
    return column(w) * (x - column(mean)) / column(divisor) + column(b)


EXERCISE = Exercise(
    name="batch-norm-eval",
    chapter=6,
    stars=1,
    title="Batch norm in evaluation",
    hint="Nothing is measured on x: the answer for an image does not depend on its companions.",
    solution=batch_norm_eval,
    cases=lambda rng: {
        "1 image, 1 pixel": (
            np.full((1, 1, 1, 1), 5.0),
            np.array([1.0]),
            np.array([4.0]),
            np.array([3.0]),
            np.array([0.5]),
            0.0,
        ),
        "2 channels": (shifted_images(rng, 3, 2, 2, 3), *_with_gamma(rng, 2), 0.1),
        "3 channels, 3 × 3": (shifted_images(rng, 2, 3, 3, 3), *_with_gamma(rng, 3), 0.01),
    },
    mistakes={
        "batch-statistics": Mistake(
            "You use the batch's own statistics. That is training; in evaluation the stored ones "
            "count.",
            lambda x, m, v, w, b, eps: _scaled(
                x, x.mean(axis=(0, 2, 3)), np.sqrt(x.var(axis=(0, 2, 3)) + eps), w, b
            ),
        ),
        "eps-outside-root": Mistake(
            "eps is added outside the root. It belongs to the variance.",
            lambda x, m, v, w, b, eps: _scaled(x, m, np.sqrt(v) + eps, w, b),
        ),
        "variance-for-deviation": Mistake(
            "You divide by the variance. Divide by its root.",
            lambda x, m, v, w, b, eps: _scaled(x, m, v + eps, w, b),
        ),
        "eps-left-out": Mistake(
            "eps is missing.", lambda x, m, v, w, b, eps: _scaled(x, m, np.sqrt(v), w, b)
        ),
        "mean-left-out": Mistake(
            "The running mean is not subtracted.",
            lambda x, m, v, w, b, eps: _scaled(x, 0 * m, np.sqrt(v + eps), w, b),
        ),
        "not-scaled-and-shifted": Mistake(
            "γ and β are missing.",
            lambda x, m, v, w, b, eps: _scaled(x, m, np.sqrt(v + eps), np.ones_like(w), 0 * b),
        ),
        "corrected": Mistake(
            "You correct running_var by n/(n − 1). What is stored is the unbiased variance, "
            "and nothing is counted in evaluation.",
            lambda x, m, v, w, b, eps: _scaled(
                x, m, np.sqrt(v * x[:, 0].size / max(x[:, 0].size - 1, 1) + eps), w, b
            ),
        ),
        "shifted-before-scaled": Mistake(
            "You add β before you multiply by γ. First γ x̂, then + β.",
            lambda x, m, v, w, b, eps: _scaled(x, m, np.sqrt(v + eps), w, w * b),
        ),
        "passed-through": Mistake(
            "You return x. Dropout does nothing in evaluation; batch norm still normalises.",
            lambda x, m, v, w, b, eps: x,
        ),
        "statistics-swapped": Mistake(
            "running_mean and running_var are exchanged: subtract the mean, divide by the root of "
            "the variance.",
            lambda x, m, v, w, b, eps: _scaled(x, v, np.sqrt(m + eps), w, b),
        ),
        "variance-of-the-batch": Mistake(
            "You subtract the running mean, but divide by the batch's own deviation. In "
            "evaluation both statistics are stored ones.",
            lambda x, m, v, w, b, eps: _scaled(x, m, np.sqrt(x.var(axis=(0, 2, 3)) + eps), w, b),
        ),
        "mean-of-the-batch": Mistake(
            "You divide by the running deviation, but subtract the batch's own mean. In "
            "evaluation both statistics are stored ones.",
            lambda x, m, v, w, b, eps: _scaled(x, x.mean(axis=(0, 2, 3)), np.sqrt(v + eps), w, b),
        ),
        "variance-made-biased": Mistake(
            "You multiply running_var by (n − 1)/n. It is used as it was stored: nothing is "
            "counted in evaluation.",
            lambda x, m, v, w, b, eps: _scaled(
                x, m, np.sqrt(v * (x[:, 0].size - 1) / x[:, 0].size + eps), w, b
            ),
        ),
        "swapped-gamma-beta": Mistake(
            "weight and bias are exchanged: γ (weight) multiplies, β (bias) is added.",
            lambda x, m, v, w, b, eps: _scaled(x, m, np.sqrt(v + eps), b, w),
        ),
        "statistics-moved-first": Mistake(
            "You move the running statistics towards the batch before you use them (momentum "
            "0.1). In evaluation they stay.",
            lambda x, m, v, w, b, eps: _scaled(
                x,
                0.9 * m + 0.1 * x.mean(axis=(0, 2, 3)),
                np.sqrt(0.9 * v + 0.1 * x.var(axis=(0, 2, 3)) + eps),
                w,
                b,
            ),
        ),
        "mean-not-divided": Mistake(
            "You subtract the mean after you have divided x by σ. x − mean is divided as a whole.",
            lambda x, m, v, w, b, eps: (
                column(w) * (x / column(np.sqrt(v + eps)) - column(m)) + column(b)
            ),
        ),
    },
    referees={
        "dropnorm.scratch": lambda x, m, v, w, b, eps: batch_norm_layer(m, v, w, b, eps).eval()(x),
        "PyTorch": _eval_by_torch,
    },
    returns=("y",),
)
