"""Exercise of chapter 06: Fold batch norm into the convolution."""

import numpy as np

from dropnorm import scratch as nn
from dropnorm.exercises.helpers import column
from dropnorm.exercises.spec import Cases, Exercise, Mistake


def fold_into_conv(weight, bias, running_mean, running_var, gamma, beta, eps):
    """The convolution that equals a convolution followed by batch norm in evaluation.

    Parameters
    ----------
    weight : array (O, C, K, K)
    bias : array (O,)
        Of the convolution.
    running_mean, running_var, gamma, beta : arrays (O,)
        Of the batch norm.
    eps : float

    Returns
    -------
    weight : array (O, C, K, K)
    bias : array (O,)
    """
    scale = gamma / np.sqrt(running_var + eps)
    return weight * scale[:, None, None, None], (bias - running_mean) * scale + beta


def _fold_layers(weight, bias, running_mean, running_var, gamma, beta, eps):
    conv = nn.Conv2d(weight.shape[1], weight.shape[0], weight.shape[2:], dtype=float)
    norm = nn.BatchNorm2d(len(gamma), eps, dtype=float)
    arrays = (
        conv.params["weight"],
        conv.params["bias"],
        *norm.buffers.values(),
        *norm.params.values(),
    )
    for array, values in zip(
        arrays, (weight, bias, running_mean, running_var, 0, gamma, beta), strict=True
    ):
        array[...] = values
    folded = nn.fold(conv, norm.eval())
    return folded.params["weight"], folded.params["bias"]


def _fold_by_torch(weight, bias, running_mean, running_var, gamma, beta, eps):
    import torch

    tensors = map(torch.tensor, (weight, bias, running_mean, running_var))
    folded = torch.nn.utils.fusion.fuse_conv_bn_weights(
        *tensors, eps, torch.tensor(gamma), torch.tensor(beta)
    )
    return tuple(part.detach().numpy() for part in folded)


def _fold_cases(rng: np.random.Generator) -> Cases:
    def draw(out, inner, size):
        norm = (
            rng.standard_normal(out),
            rng.uniform(0.5, 3, out),
            rng.uniform(0.5, 2, out),
            rng.standard_normal(out),
        )
        return rng.standard_normal((out, inner, size, size)), rng.standard_normal(out), *norm

    one = np.full((1, 1, 1, 1), 2.0), *map(np.array, ([1.0], [3.0], [4.0], [5.0], [0.5]))
    return {
        "1 number": (*one, 0.0),
        "3 out, 2 in": (*draw(3, 2, 2), 0.1),
        "3 out, 3 in": (*draw(3, 3, 3), 0.01),
    }


def _folded(w, b, m, v, g, beta, eps, scale=None):
    scale = g / np.sqrt(v + eps) if scale is None else scale
    return w * scale[:, None, None, None], (b - m) * scale + beta


def _in_steps(weight, bias, running_mean, running_var, gamma, beta, eps):
    std = np.sqrt(running_var + eps)
    scale = gamma / std
    shift = beta - running_mean * scale
    return weight * scale[:, None, None, None], bias * scale + shift


EXERCISE = Exercise(
    name="fold-into-conv",
    chapter=6,
    stars=2,
    title="Fold batch norm into the convolution",
    hint="Write γ (w·x + b − mean)/σ + β out, and collect what multiplies x.",
    solution=fold_into_conv,
    cases=_fold_cases,
    mistakes={
        "running-mean-forgotten": Mistake(
            "The running mean is missing in the bias: (b − running_mean) · scale + β.",
            lambda w, b, m, v, g, beta, eps: _folded(w, b, 0 * m, v, g, beta, eps),
        ),
        "bias-not-scaled": Mistake(
            "The convolution's bias is not scaled. It passes through batch norm, too.",
            lambda w, b, m, v, g, beta, eps: (
                _folded(w, b, m, v, g, beta, eps)[0],
                b - m * g / np.sqrt(v + eps) + beta,
            ),
        ),
        "old-bias-forgotten": Mistake(
            "The convolution's own bias is missing.",
            lambda w, b, m, v, g, beta, eps: _folded(w, 0 * b, m, v, g, beta, eps),
        ),
        "beta-scaled": Mistake(
            "β is scaled, too. It is added after the scaling.",
            lambda w, b, m, v, g, beta, eps: _folded(w, b + beta, m, v, g, 0, eps),
        ),
        "variance-for-deviation": Mistake(
            "You divide by the variance. Divide by its root.",
            lambda w, b, m, v, g, beta, eps: _folded(w, b, m, v, g, beta, eps, g / (v + eps)),
        ),
        "eps-left-out": Mistake(
            "eps is missing.", lambda w, b, m, v, g, beta, eps: _folded(w, b, m, v, g, beta, 0)
        ),
        "eps-outside-root": Mistake(
            "eps is added outside the root. It belongs to the variance.",
            lambda w, b, m, v, g, beta, eps: _folded(
                w, b, m, v, g, beta, eps, g / (np.sqrt(v) + eps)
            ),
        ),
        "scaled-along-inputs": Mistake(
            "You scale along the input channels. Batch norm comes after the convolution: axis 0, "
            "the output channels.",
            lambda w, b, m, v, g, beta, eps: (
                w * column(g / np.sqrt(v + eps)),
                _folded(w, b, m, v, g, beta, eps)[1],
            ),
        ),
        "scaled-along-columns": Mistake(
            "Your scale lies along the last axis of the weight, the kernel's columns. Output "
            "channels are axis 0.",
            lambda w, b, m, v, g, beta, eps: (
                w * (g / np.sqrt(v + eps)),
                _folded(w, b, m, v, g, beta, eps)[1],
            ),
        ),
        "gamma-left-out": Mistake(
            "γ is missing in the scale.",
            lambda w, b, m, v, g, beta, eps: _folded(w, b, m, v, 1.0, beta, eps),
        ),
        "eps-after-the-root": Mistake(
            "eps is added to γ/σ as a whole, after the root. It belongs to the variance: γ/√(var "
            "+ eps).",
            lambda w, b, m, v, g, beta, eps: _folded(
                w, b, m, v, g, beta, eps, g / np.sqrt(v) + eps
            ),
        ),
        "mean-not-scaled": Mistake(
            "The running mean is subtracted without the scale. It is subtracted from the "
            "convolution's output, which is scaled after that.",
            lambda w, b, m, v, g, beta, eps: (
                _folded(w, b, m, v, g, beta, eps)[0],
                b * g / np.sqrt(v + eps) - m + beta,
            ),
        ),
        "upside-down": Mistake(
            "Your scale is upside down: γ/σ multiplies, σ/γ does not.",
            lambda w, b, m, v, g, beta, eps: _folded(
                w, b, m, v, g, beta, eps, np.sqrt(v + eps) / g
            ),
        ),
        "weight-unchanged": Mistake(
            "The weights come back as they were. What multiplies x is scaled by γ/σ, too.",
            lambda w, b, m, v, g, beta, eps: (w, _folded(w, b, m, v, g, beta, eps)[1]),
        ),
        "swapped-gamma-beta": Mistake(
            "γ and β are exchanged: γ is in the scale, β is added.",
            lambda w, b, m, v, g, beta, eps: _folded(w, b, m, v, beta, g, eps),
        ),
        "mean-added": Mistake(
            "The running mean is added. Batch norm subtracts it.",
            lambda w, b, m, v, g, beta, eps: _folded(w, b, -m, v, g, beta, eps),
        ),
    },
    referees={
        "dropnorm.scratch": _fold_layers,
        "PyTorch": _fold_by_torch,
    },
    other_ways=(_in_steps,),
    returns=("weight", "bias"),
)
