"""Exercises of chapters 06, 13 and 15: folding, merging and recalibrating statistics, and norms without a batch."""

import numpy as np

from dropnorm import scratch as nn
from dropnorm.exercises.catalogue.batch_norm import column
from dropnorm.exercises.spec import Cases, Exercise


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


FOLD = Exercise(
    "fold-into-conv",
    *(6, 2, "Fold batch norm into the convolution"),
    "Write γ (w·x + b − mean)/σ + β out, and collect what multiplies x.",
    fold_into_conv,
    _fold_cases,
    {
        "running-mean-forgotten": (
            "The running mean is missing in the bias: (b − running_mean) · scale + β.",
            lambda w, b, m, v, g, beta, eps: _folded(w, b, 0 * m, v, g, beta, eps),
        ),
        "bias-not-scaled": (
            "The convolution's bias is not scaled. It passes through batch norm, too.",
            lambda w, b, m, v, g, beta, eps: (
                _folded(w, b, m, v, g, beta, eps)[0],
                b - m * g / np.sqrt(v + eps) + beta,
            ),
        ),
        "old-bias-forgotten": (
            "The convolution's own bias is missing.",
            lambda w, b, m, v, g, beta, eps: _folded(w, 0 * b, m, v, g, beta, eps),
        ),
        "beta-scaled": (
            "β is scaled, too. It is added after the scaling.",
            lambda w, b, m, v, g, beta, eps: _folded(w, b + beta, m, v, g, 0, eps),
        ),
        "variance-for-deviation": (
            "You divide by the variance. Divide by its root.",
            lambda w, b, m, v, g, beta, eps: _folded(w, b, m, v, g, beta, eps, g / (v + eps)),
        ),
        "eps-left-out": (
            "eps is missing.",
            lambda w, b, m, v, g, beta, eps: _folded(w, b, m, v, g, beta, 0),
        ),
        "eps-outside-root": (
            "eps is added outside the root. It belongs to the variance.",
            lambda w, b, m, v, g, beta, eps: _folded(
                w, b, m, v, g, beta, eps, g / (np.sqrt(v) + eps)
            ),
        ),
        "scaled-along-inputs": (
            "You scale along the input channels. Batch norm comes after the convolution: axis 0, the output channels.",
            lambda w, b, m, v, g, beta, eps: (
                w * column(g / np.sqrt(v + eps)),
                _folded(w, b, m, v, g, beta, eps)[1],
            ),
        ),
        "scaled-along-columns": (
            "Your scale lies along the last axis of the weight, the kernel's columns. Output channels are axis 0.",
            lambda w, b, m, v, g, beta, eps: (
                w * (g / np.sqrt(v + eps)),
                _folded(w, b, m, v, g, beta, eps)[1],
            ),
        ),
        "gamma-left-out": (
            "γ is missing in the scale.",
            lambda w, b, m, v, g, beta, eps: _folded(w, b, m, v, 1.0, beta, eps),
        ),
    },
    {"dropnorm.scratch": _fold_layers, "PyTorch": _fold_by_torch},
    ("weight", "bias"),
)


def merge_statistics(mean_a, var_a, n_a, mean_b, var_b, n_b):
    """Statistics of a batch of which two devices hold a part each.

    Parameters
    ----------
    mean_a, var_a, mean_b, var_b : arrays (C,)
        Mean and biased variance of each part. The means may be large compared with the standard deviations.
    n_a, n_b : int
        How many numbers each part has.

    Returns
    -------
    mean, var : arrays (C,)
        Of the whole, the variance biased, too.
    """
    n, gap = n_a + n_b, mean_b - mean_a
    return mean_a + gap * n_b / n, (n_a * var_a + n_b * var_b) / n + gap**2 * n_a * n_b / n**2


def _merge_cases(rng: np.random.Generator) -> Cases:
    def parts(offset, n_a, n_b):
        a, b = (
            offset + rng.standard_normal((n_a, 2)),
            offset + 1 + 2 * rng.standard_normal((n_b, 2)),
        )
        return a.mean(axis=0), a.var(axis=0), n_a, b.mean(axis=0), b.var(axis=0), n_b

    return {
        "(0, 2) and (4, 6)": (
            np.array([1.0]),
            np.array([1.0]),
            2,
            np.array([5.0]),
            np.array([1.0]),
            2,
        ),
        "10 and 30 numbers": parts(0.0, 10, 30),
        "20 and 5 numbers": parts(3.0, 20, 5),
        "means near 10⁸": parts(1e8, 8, 24),
    }


def _merged(ma, va, na, mb, vb, nb, between):
    n = na + nb
    return (na * ma + nb * mb) / n, (na * va + nb * vb) / n + between * (mb - ma) ** 2


MERGE = Exercise(
    "merge-statistics",
    *(6, 3, "Two halves, one variance"),
    "A variance within the parts, and one between them: how far is each mean from the common one?",
    merge_statistics,
    _merge_cases,
    {
        "gap-forgotten": (
            "The variance between the parts is missing: their means differ, too.",
            lambda ma, va, na, mb, vb, nb: _merged(ma, va, na, mb, vb, nb, 0.0),
        ),
        "unweighted": (
            "You average as if both parts were equally large. Weigh by their counts.",
            lambda ma, va, na, mb, vb, nb: ((ma + mb) / 2, (va + vb) / 2 + (mb - ma) ** 2 / 4),
        ),
        "unweighted-without-gap": (
            "You average means and variances. Weigh by the counts, and add the variance between the means.",
            lambda ma, va, na, mb, vb, nb: ((ma + mb) / 2, (va + vb) / 2),
        ),
        "unbiased": (
            "You divide by n − 1. Asked for is the biased variance.",
            lambda ma, va, na, mb, vb, nb: _divided(ma, va, na, mb, vb, nb, na + nb - 1),
        ),
        "gap-squared-weights": (
            "The squared gap has the factor 1/n too often, or too seldom: n_a n_b / n², not n_a n_b / n.",
            lambda ma, va, na, mb, vb, nb: _merged(ma, va, na, mb, vb, nb, na * nb / (na + nb)),
        ),
        "weights-swapped": (
            "The counts are swapped in the mean: each part's mean weighs by its own count.",
            lambda ma, va, na, mb, vb, nb: (
                (nb * ma + na * mb) / (na + nb),
                merge_statistics(ma, va, na, mb, vb, nb)[1],
            ),
        ),
        "not-divided": (
            "The variance is a sum of squares. Divide by the number.",
            lambda ma, va, na, mb, vb, nb: _divided(ma, va, na, mb, vb, nb, 1),
        ),
        "gap-not-squared": (
            "The gap between the means is not squared.",
            lambda ma, va, na, mb, vb, nb: (
                _merged(ma, va, na, mb, vb, nb, 0)[0],
                _merged(ma, va, na, mb, vb, nb, 0)[1] + (mb - ma) * na * nb / (na + nb) ** 2,
            ),
        ),
    },
    {},
    ("mean", "var"),
    {
        "means near 10⁸": (
            "cancellation",
            "Right but for large means. E[x²] − E[x]² subtracts two huge, nearly equal numbers: use the means' gap.",
        )
    },
)


def _divided(ma, va, na, mb, vb, nb, by):
    mean, var = merge_statistics(ma, va, na, mb, vb, nb)
    return mean, var * (na + nb) / by


EXERCISES = (FOLD, MERGE)
