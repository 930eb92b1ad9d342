"""Exercise of chapter 07: Dropout and batch norm in a residual block."""

import numpy as np

from dropnorm.exercises.spec import Cases, Exercise, Mistake


def residual_block(x, weight1, weight2, u, p, eps):
    """A residual block of dense layers, in training: y = x + f(x).

    In f follow one another: a dense layer, batch norm, ReLU, dropout, a dense layer. The dense
    layers have no bias; batch norm has neither γ nor β.

    Parameters
    ----------
    x : array (N, D)
    weight1 : array (H, D)
        Of the first dense layer, x Wᵀ.
    weight2 : array (D, H)
        Of the second.
    u : array (N, H)
        Uniform random numbers, 0 <= u < 1: dropout keeps where u >= p.
    p : float
        Probability of dropping, 0 <= p < 1. What is kept is scaled by 1/(1 − p).
    eps : float
        Added to the variance over the batch, under the root.

    Returns
    -------
    y : array (N, D)
    """
    hidden = _normalised(x @ weight1.T, eps)
    return x + _dropped(np.maximum(hidden, 0), u, p) @ weight2.T


def _normalised(h, eps, axis=0):
    mean, var = h.mean(axis=axis, keepdims=True), h.var(axis=axis, keepdims=True)
    return (h - mean) / np.sqrt(var + eps)


def _dropped(h, u, p):
    return h * (u >= p) / (1 - p)


def _relu(h):
    return np.maximum(h, 0)


def _f(x, w1, w2, u, p, eps):
    return residual_block(x, w1, w2, u, p, eps) - x


def _by_pytorch(x, weight1, weight2, u, p, eps):
    import torch

    linear, norm = torch.nn.functional.linear, torch.nn.functional.batch_norm
    x, w1, w2, u = map(torch.tensor, (x, weight1, weight2, u))
    hidden = norm(linear(x, w1), None, None, training=True, eps=eps).relu()
    return (x + linear(torch.where(u < p, 0, hidden / (1 - p)), w2)).numpy()


def _cases(rng: np.random.Generator) -> Cases:
    def drawn(n, d, h):
        x = rng.standard_normal((n, d)) + np.arange(1.0, d + 1)
        return x, rng.standard_normal((h, d)), rng.standard_normal((d, h)), rng.random((n, h))

    small = np.array([[1.0, 2], [3, 5], [4, -1]])
    return {
        "3 rows, weights 1": (
            small,
            np.array([[1.0, 0], [0, 1]]),
            np.array([[1.0, 0], [0, 1]]),
            np.array([[0.9, 0.2], [0.5, 0.6], [0.3, 0.9]]),
            0.5,
            0.1,
        ),
        "6 rows, 3 → 5 → 3": (*drawn(6, 3, 5), 0.4, 1e-3),
        "7 rows, 4 → 3 → 4": (*drawn(7, 4, 3), 0.2, 0.5),
        "p = 0": (*drawn(4, 3, 2), 0.0, 1e-5),
    }


EXERCISE = Exercise(
    name="residual-block",
    chapter=7,
    stars=2,
    title="Dropout and batch norm in a residual block",
    hint=(
        "Write the five steps of f one below the other, each on the result of the one before. "
        "Which of them touches x itself?"
    ),
    solution=residual_block,
    cases=_cases,
    mistakes={
        "sum-left-out": Mistake("This is f(x) alone. The block gives x + f(x).", _f),
        "relu-on-the-sum": Mistake(
            "You have a ReLU after the sum, as the first residual networks did. Here the way "
            "around is left as it is.",
            lambda *a: _relu(residual_block(*a)),
        ),
        "sum-of-normalised": Mistake(
            "You add f(x) to x after batch norm. The way around carries x itself.",
            lambda x, w1, w2, u, p, e: _normalised(x, e) + _f(x, w1, w2, u, p, e),
        ),
        "dropout-before-norm": Mistake(
            "Your dropout stands before batch norm, so its zeros change the batch's mean and "
            "variance. It comes after the ReLU.",
            lambda x, w1, w2, u, p, e: x + _relu(_normalised(_dropped(x @ w1.T, u, p), e)) @ w2.T,
        ),
        "relu-before-norm": Mistake(
            "Your ReLU stands before batch norm. Here it comes after.",
            lambda x, w1, w2, u, p, e: x + _dropped(_normalised(_relu(x @ w1.T), e), u, p) @ w2.T,
        ),
        "relu-left-out": Mistake(
            "The ReLU is missing: without it the two dense layers are nearly one.",
            lambda x, w1, w2, u, p, e: x + _dropped(_normalised(x @ w1.T, e), u, p) @ w2.T,
        ),
        "norm-left-out": Mistake(
            "Batch norm is missing.",
            lambda x, w1, w2, u, p, e: x + _dropped(_relu(x @ w1.T), u, p) @ w2.T,
        ),
        "norm-of-the-input": Mistake(
            "You normalise x before the first dense layer. Batch norm follows that layer.",
            lambda x, w1, w2, u, p, e: x + _dropped(_relu(_normalised(x, e) @ w1.T), u, p) @ w2.T,
        ),
        "norm-along-rows": Mistake(
            "You normalise each row over its units: that is layer norm. Batch norm goes over the "
            "batch, axis 0.",
            lambda x, w1, w2, u, p, e: (
                x + _dropped(_relu(_normalised(x @ w1.T, e, axis=1)), u, p) @ w2.T
            ),
        ),
        "scale-left-out": Mistake(
            "Dropout's scale 1/(1 − p) is missing.",
            lambda x, w1, w2, u, p, e: x + (1 - p) * _f(x, w1, w2, u, p, e),
        ),
        "dropout-left-out": Mistake(
            "Dropout is missing.",
            lambda x, w1, w2, u, p, e: residual_block(x, w1, w2, u, 0.0, e),
        ),
        "mask-turned-round": Mistake(
            "You keep where u < p. Keep where u >= p.",
            lambda x, w1, w2, u, p, e: (
                x + (_relu(_normalised(x @ w1.T, e)) * (u < p) / (1 - p)) @ w2.T
            ),
        ),
    },
    referees={"PyTorch": _by_pytorch},
    returns=("y",),
)
