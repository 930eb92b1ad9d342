"""Exercises of chapter 04: backward passes of the dense layer and ReLU, and the loss."""

import numpy as np

from dropnorm import scratch as nn
from dropnorm.exercises.catalogue.averaging import softmax
from dropnorm.exercises.spec import Cases, Exercise, slope, torch_gradients


def linear_backward(dy, x, weight):
    """The backward pass of y = x Wᵀ + b.

    Parameters
    ----------
    dy : array (N, out_features)
        Gradient of the loss by y.
    x : array (N, in_features)
    weight : array (out_features, in_features)

    Returns
    -------
    dx : array (N, in_features)
    dweight : array (out_features, in_features)
    dbias : array (out_features,)
        Gradients of the loss by x, W and b.
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


LINEAR = Exercise(
    "linear-backward",
    *(4, 2, "A dense layer, backward"),
    "Each gradient has the shape of what it belongs to. Only one product of dy, x and W has this shape.",
    linear_backward,
    lambda rng: {
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
    {
        "bias-mean": (
            "dbias is a mean over the batch. The bias is added in every row: sum over the rows.",
            lambda dy, x, w: (dy @ w, dy.T @ x, dy.mean(axis=0)),
        ),
        "weight-mean": (
            "dweight is divided by N. The 1/N of a mean loss is in dy already.",
            lambda dy, x, w: (dy @ w, dy.T @ x / len(x), dy.sum(axis=0)),
        ),
        "all-means": (
            "dweight and dbias are divided by N. The 1/N of a mean loss is in dy already; it would come twice.",
            lambda dy, x, w: (dy @ w, dy.T @ x / len(x), dy.mean(axis=0)),
        ),
        "weight-transposed": (
            "dweight is transposed. It has the shape of W: (out_features, in_features).",
            lambda dy, x, w: (dy @ w, x.T @ dy, dy.sum(axis=0)),
        ),
        "wrong-side": (
            "dx = dy Wᵀ works for a square W only, and is wrong there, too. Forward has Wᵀ, so backward has W.",
            lambda dy, x, w: (dy @ w.T, dy.T @ x, dy.sum(axis=0)),
        ),
        "bias-over-features": (
            "dbias is summed over the features. Sum over the rows, axis 0.",
            lambda dy, x, w: (dy @ w, dy.T @ x, dy.sum(axis=1)),
        ),
        "bias-not-summed": (
            "dbias is dy itself. One bias serves all rows: sum over them.",
            lambda dy, x, w: (dy @ w, dy.T @ x, dy),
        ),
        "dx-without-weight": (
            "dx is dy itself. What comes to x has passed through W.",
            lambda dy, x, w: (dy, dy.T @ x, dy.sum(axis=0)),
        ),
    },
    {"central differences": _linear_by_differences, "PyTorch": _linear_by_torch},
    ("dx", "dweight", "dbias"),
)


def relu_backward(dy, x):
    """The backward pass of y = max(x, 0).

    Parameters
    ----------
    dy : array of any shape
        Gradient of the loss by y.
    x : array of the same shape
        The input of the forward pass.

    Returns
    -------
    dx : array of the same shape
        Gradient of the loss by x; 0 where x is exactly 0, as in PyTorch.
    """
    return dy * (x > 0)


def _relu_layer(dy, x):
    layer = nn.ReLU()
    layer(x)
    return layer.backward(dy)


def _relu_by_torch(dy, x):
    import torch

    return torch_gradients(lambda v: (torch.tensor(dy) * torch.relu(v)).sum(), x)[0]


RELU = Exercise(
    "relu-backward",
    *(4, 1, "ReLU, backward"),
    "The slope of max(x, 0) is 1 on one side of zero and 0 on the other. It multiplies dy.",
    relu_backward,
    lambda rng: {
        "x = −2, 0.5, 3": (np.array([5.0, -7.0, 2.0]), np.array([-2.0, 0.5, 3.0])),
        "random, 3 × 4": (rng.standard_normal((3, 4)), rng.standard_normal((3, 4))),
        "x exactly 0": (np.array([5.0, -7.0]), np.array([0.0, 0.0])),
    },
    {
        "always-one": (
            "Your derivative is 1 everywhere. Do you test y >= 0, or the output instead of the input?",
            lambda dy, x: dy,
        ),
        "mask-complement": (
            "The gradient flows where x is negative. It is the other way round.",
            lambda dy, x: dy * (x < 0),
        ),
        "gradient-clipped": (
            "You apply ReLU to dy. Negative gradients must pass, too: the sign of x decides, not that of dy.",
            lambda dy, x: np.maximum(dy, 0),
        ),
        "gradient-clipped-too": (
            "Negative gradients are lost: you apply ReLU to dy besides. Only the sign of x decides.",
            lambda dy, x: np.maximum(dy, 0) * (x > 0),
        ),
        "times-x": (
            "You multiply by the output, max(x, 0). The slope is 1 there, not x.",
            lambda dy, x: dy * np.maximum(x, 0),
        ),
        "slope-alone": (
            "This is the slope of ReLU. Multiply it by dy: the chain rule.",
            lambda dy, x: (x > 0) * 1.0,
        ),
        "negative-side": (
            "Where x is negative you return −dy, the slope of |x|. The slope of ReLU is 0 there.",
            lambda dy, x: dy * np.sign(x),
        ),
        "kink": (
            "At x = 0 exactly your gradient passes. Any number between 0 and 1 is a fair choice; PyTorch's is 0: x > 0.",
            lambda dy, x: dy * (x >= 0),
        ),
        "half-at-kink": (
            "At x = 0 exactly you take half the gradient, as central differences do. PyTorch's choice is 0.",
            lambda dy, x: dy * np.heaviside(x, 0.5),
        ),
    },
    {"dropnorm.scratch": _relu_layer, "PyTorch": _relu_by_torch},
    ("dx",),
)


def softmax_cross_entropy(logits, labels):
    """Mean cross-entropy of a batch, and its gradient.

    Parameters
    ----------
    logits : array (N, C)
        Some may be as large as 1,000.
    labels : integer array (N,)
        The right class of each row, 0 to C − 1.

    Returns
    -------
    loss : float
        Mean over the rows of −log(softmax probability of the right class), in nats.
    dlogits : array (N, C)
        Gradient of the loss by the logits.
    """
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(labels)), labels].mean(), (
        np.exp(log_p) - np.eye(logits.shape[1])[labels]
    ) / len(labels)


def _loss_by_differences(logits, labels):
    def loss(z):
        return nn.softmax_cross_entropy(z, labels)[0]

    return loss(logits), slope(loss, logits)


def _loss_by_torch(logits, labels):
    import torch

    def loss(z):
        return torch.nn.functional.cross_entropy(z, torch.tensor(labels))

    return loss(torch.tensor(logits)).item(), torch_gradients(loss, logits)[0]


def _loss_cases(rng: np.random.Generator) -> Cases:
    return {
        "1 row, 2 classes": (np.array([[1.0, 3.0]]), np.array([0])),
        "4 rows, 3 classes": (2 * rng.standard_normal((4, 3)), np.array([2, 0, 1, 1])),
        "3 rows, 3 classes": (2 * rng.standard_normal((3, 3)), np.array([0, 2, 2])),
        "logits of 1,000": (
            np.array([[1000.0, 0.0, -1000.0], [998.0, 1000.0, 999.0]]),
            np.array([1, 0]),
        ),
        "a row near 1,000, another near 0": (
            np.array([[1000.0, 999.0], [0.0, 1.0]]),
            np.array([1, 0]),
        ),
    }


def _made(logits, labels, p=None, loss_scale=1.0, scale=1.0):
    """Loss and gradient, each changed by one mistake."""
    loss, _ = softmax_cross_entropy(logits, labels)
    p = softmax(logits) if p is None else p
    return loss * loss_scale, (p - np.eye(logits.shape[1])[labels]) / len(labels) * scale


def _naive(logits, labels, axis):
    p = softmax(logits, axis)
    return -np.log(p[np.arange(len(labels)), labels]).mean(), (
        p - np.eye(logits.shape[1])[labels]
    ) / len(labels)


def _overflowing(logits, labels, e=None):
    e = np.exp(logits) if e is None else e
    p = e / e.sum(axis=1, keepdims=True)
    return -np.log(p[np.arange(len(labels)), labels]).mean(), (
        p - np.eye(p.shape[1])[labels]
    ) / len(labels)


def _one_maximum(logits, labels):
    return _overflowing(logits, labels, np.exp(logits - logits.max()))


OVERFLOWS = (
    "Large logits fail: exp(1000) overflows, log(0) is −∞. Subtract the largest logit of each row, and compute log "
    "softmax as z − log Σ exp z. A small number added inside the log is wrong, too."
)

CROSS_ENTROPY = Exercise(
    "softmax-cross-entropy",
    *(4, 2, "The loss and its gradient"),
    "Take the logarithm of the softmax by hand first: log(exp(z)/Σ) = z − log Σ. Then subtract the largest z.",
    softmax_cross_entropy,
    _loss_cases,
    {
        "gradient-of-the-sum": (
            "dlogits is the gradient of the summed loss: the mean brings a 1/N.",
            lambda z, t: _made(z, t, scale=len(t)),
        ),
        "sum": (
            "You sum over the batch, in loss and gradient. Asked for is the mean: otherwise the step grows with the batch.",
            lambda z, t: _made(z, t, loss_scale=len(t), scale=len(t)),
        ),
        "sum-in-the-loss": (
            "The loss is a sum over the rows. Asked for is the mean.",
            lambda z, t: _made(z, t, loss_scale=len(t)),
        ),
        "labels-forgotten": (
            "dlogits is softmax/N. Subtract 1 at the right class first.",
            lambda z, t: (_made(z, t)[0], softmax(z) / len(t)),
        ),
        "sign": (
            "The loss has the wrong sign: −log of a probability is positive.",
            lambda z, t: (-_made(z, t)[0], _made(z, t)[1]),
        ),
        "gradient-sign": (
            "dlogits has the wrong sign: softmax − one-hot. A step against it must raise the right logit.",
            lambda z, t: _made(z, t, scale=-1),
        ),
        "softmax-over-batch": (
            "Your softmax runs over the rows of the batch. Each row's probabilities add up to 1: axis 1.",
            lambda z, t: _naive(z, t, 0),
        ),
        "log-of-zero": (
            "Your softmax is stable, its logarithm is not: a tiny probability becomes 0, and log(0) is −∞. "
            "Compute the log softmax as z − log Σ exp z.",
            lambda z, t: (_naive(z, t, 1)[0], _made(z, t)[1]),
        ),
        "unstable-softmax": (
            OVERFLOWS,
            _overflowing,
        ),
        "one-maximum": (
            "You subtract one maximum from the whole array. Rows far below it become 0/0: each has its own, keepdims=True.",
            _one_maximum,
        ),
        "mean-over-classes": (
            "dlogits is divided by N·C. The mean is over the N rows only.",
            lambda z, t: _made(z, t, scale=1 / z.shape[1]),
        ),
        "bits": (
            "The loss is in bits (log2). Use the natural logarithm.",
            lambda z, t: _made(z, t, loss_scale=1 / np.log(2)),
        ),
        "logits-not-probabilities": (
            "dlogits is made from the logits. Its formula has the probabilities: (softmax − one-hot)/N.",
            lambda z, t: _made(z, t, p=z),
        ),
    },
    {
        "central differences": _loss_by_differences,
        "PyTorch": _loss_by_torch,
        "dropnorm.scratch": nn.softmax_cross_entropy,
    },
    ("loss", "dlogits"),
    {
        "logits of 1,000": (
            "unstable-softmax",
            OVERFLOWS,
        )
    },
)

EXERCISES = (LINEAR, RELU, CROSS_ENTROPY)
