"""Exercise of chapter 04: A dense layer, backward."""

import numpy as np

from dropnorm.exercises.spec import Exercise, Mistake, slope, torch_gradients


def linear_backward(dy, x, weight):
    """The backward pass of y = x Wᵀ + b.

    Parameters
    ----------
    dy : array (N, out_features)
        Gradient of the loss with respect to y.
    x : array (N, in_features)
    weight : array (out_features, in_features)

    Returns
    -------
    dx : array (N, in_features)
    dweight : array (out_features, in_features)
    dbias : array (out_features,)
        Gradients of the loss with respect to x, W and b.
    """
    return dy @ weight, dy.T @ x, dy.sum(axis=0)


def _linear_by_differences(dy, x, weight):
    bias = np.zeros(len(weight))
    return (
        slope(lambda v: (dy * (v @ weight.T)).sum(), x),
        slope(lambda v: (dy * (x @ v.T)).sum(), weight),
        slope(lambda v: (dy * (x @ weight.T + v)).sum(), bias),
    )


def _linear_by_torch(dy, x, weight):
    import torch

    def loss(x, weight, bias):
        return (torch.tensor(dy) * torch.nn.functional.linear(x, weight, bias)).sum()

    return tuple(torch_gradients(loss, x, weight, np.zeros(len(weight))))


EXERCISE = Exercise(
    name="linear-backward",
    chapter=4,
    stars=2,
    title="A dense layer, backward",
    hint=(
        "Each gradient has the shape of what it belongs to. Only one product of dy, x and W has "
        "this shape."
    ),
    solution=linear_backward,
    cases=lambda rng: {
        "1 row, 2 → 1": (np.array([[2.0]]), np.array([[1.0, -3.0]]), np.array([[0.5, 4.0]])),
        "4 rows, 3 → 2": (
            rng.standard_normal((4, 2)),
            rng.standard_normal((4, 3)),
            rng.standard_normal((2, 3)),
        ),
        "3 rows, 3 → 3": (
            rng.standard_normal((3, 3)),
            rng.standard_normal((3, 3)),
            rng.standard_normal((3, 3)),
        ),
    },
    mistakes={
        "bias-mean": Mistake(
            "dbias is a mean over the batch. The bias is added in every row: sum over the rows.",
            lambda dy, x, w: (dy @ w, dy.T @ x, dy.mean(axis=0)),
        ),
        "weight-mean": Mistake(
            "dweight is divided by N. The 1/N of a mean loss is in dy already.",
            lambda dy, x, w: (dy @ w, dy.T @ x / len(x), dy.sum(axis=0)),
        ),
        "all-means": Mistake(
            "dweight and dbias are divided by N. The 1/N of a mean loss is in dy already; it "
            "would come twice.",
            lambda dy, x, w: (dy @ w, dy.T @ x / len(x), dy.mean(axis=0)),
        ),
        "weight-transposed": Mistake(
            "dweight is transposed. It has the shape of W: (out_features, in_features).",
            lambda dy, x, w: (dy @ w, x.T @ dy, dy.sum(axis=0)),
        ),
        "wrong-side": Mistake(
            "dx = dy Wᵀ works for a square W only, and is wrong there, too. Forward has Wᵀ, so "
            "backward has W.",
            lambda dy, x, w: (dy @ w.T, dy.T @ x, dy.sum(axis=0)),
        ),
        "bias-over-features": Mistake(
            "dbias is summed over the features. Sum over the rows, axis 0.",
            lambda dy, x, w: (dy @ w, dy.T @ x, dy.sum(axis=1)),
        ),
        "bias-not-summed": Mistake(
            "dbias is dy itself. One bias serves all rows: sum over them.",
            lambda dy, x, w: (dy @ w, dy.T @ x, dy),
        ),
        "dx-without-weight": Mistake(
            "dx is dy itself. What comes to x has passed through W.",
            lambda dy, x, w: (dy, dy.T @ x, dy.sum(axis=0)),
        ),
        "weight-from-dx": Mistake(
            "dweight is made from dx. It comes from dy, the gradient with respect to the layer's "
            "output, and from x.",
            lambda dy, x, w: (dy @ w, (dy @ w).T @ x, dy.sum(axis=0)),
        ),
        "weight-per-row": Mistake(
            "dweight has one matrix for each row. All rows share W: sum over them.",
            lambda dy, x, w: (dy @ w, dy[:, :, None] * x[:, None, :], dy.sum(axis=0)),
        ),
        "bias-one-number": Mistake(
            "dbias is one number, summed over the features as well. There is one bias for each "
            "output: sum over the rows only.",
            lambda dy, x, w: (dy @ w, dy.T @ x, dy.sum()),
        ),
        "downhill": Mistake(
            "You return all gradients with a minus. The step of SGD brings the minus; backward "
            "does not.",
            lambda dy, x, w: (-dy @ w, -dy.T @ x, -dy.sum(axis=0)),
        ),
        "everything-averaged": Mistake(
            "All three gradients are divided by N. The 1/N of a mean loss is in dy already.",
            lambda dy, x, w: (dy @ w / len(x), dy.T @ x / len(x), dy.mean(axis=0)),
        ),
        "bias-through-weight": Mistake(
            "dbias has passed through W: you sum dx. The bias is added after W: sum dy.",
            lambda dy, x, w: (dy @ w, dy.T @ x, (dy @ w).sum(axis=0)),
        ),
        "dx-mean": Mistake(
            "dx is divided by N. The 1/N of a mean loss is in dy already.",
            lambda dy, x, w: (dy @ w / len(x), dy.T @ x, dy.sum(axis=0)),
        ),
        "weight-one-row": Mistake(
            "dweight is made from the first row alone. All rows share W: sum over them.",
            lambda dy, x, w: (dy @ w, dy[:1].T @ x[:1], dy.sum(axis=0)),
        ),
    },
    referees={
        "central differences": _linear_by_differences,
        "PyTorch": _linear_by_torch,
    },
    returns=("dx", "dweight", "dbias"),
)
