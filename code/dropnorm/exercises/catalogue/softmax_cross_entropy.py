"""Exercise of chapter 04: The loss and its gradient."""

import numpy as np

from dropnorm import scratch as nn
from dropnorm.exercises.helpers import softmax
from dropnorm.exercises.spec import Cases, Exercise, Mistake, slope, torch_gradients


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
        Gradient of the loss with respect to the logits.
    """
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    loss = -log_p[np.arange(len(labels)), labels].mean()
    return loss, (np.exp(log_p) - np.eye(logits.shape[1])[labels]) / len(labels)


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


def _variant(logits, labels, p=None, loss_scale=1.0, scale=1.0):
    """Loss and gradient, each changed by one mistake."""
    loss, _ = softmax_cross_entropy(logits, labels)
    p = softmax(logits) if p is None else p
    return loss * loss_scale, (p - np.eye(logits.shape[1])[labels]) / len(labels) * scale


def _of_probabilities(p, labels):
    """Loss and gradient by the formula, from probabilities that may be 0 or NaN."""
    loss = -np.log(p[np.arange(len(labels)), labels]).mean()
    return loss, (p - np.eye(p.shape[1])[labels]) / len(labels)


def _naive(logits, labels, axis):
    return _of_probabilities(softmax(logits, axis), labels)


def _overflowing(logits, labels):
    e = np.exp(logits)
    return _of_probabilities(e / e.sum(axis=1, keepdims=True), labels)


def _one_maximum(logits, labels):
    return _overflowing(logits - logits.max(), labels)


OVERFLOWS = (
    "Large logits fail: exp(1000) overflows, log(0) is −∞. Subtract the largest logit of each row, "
    "and compute log softmax as z − log Σ exp z. A small number added inside the log is wrong, too."
)


def _in_steps(logits, labels):
    n, shifted = len(labels), logits - logits.max(axis=1, keepdims=True)
    e = np.exp(shifted)
    total = e.sum(axis=1, keepdims=True)
    one_hot = np.eye(logits.shape[1])[labels]
    loss = (np.log(total).sum() - (one_hot * shifted).sum()) / n
    return loss, (e / total - one_hot) / n


EXERCISE = Exercise(
    name="softmax-cross-entropy",
    chapter=4,
    stars=2,
    title="The loss and its gradient",
    hint=(
        "Take the logarithm of the softmax by hand first: log(exp(z)/Σ) = z − log Σ. Then "
        "subtract the largest z."
    ),
    solution=softmax_cross_entropy,
    cases=_loss_cases,
    mistakes={
        "gradient-of-the-sum": Mistake(
            "dlogits is the gradient of the summed loss: the mean brings a 1/N.",
            lambda z, t: _variant(z, t, scale=len(t)),
        ),
        "sum": Mistake(
            "You sum over the batch, in loss and gradient. Asked for is the mean: otherwise the "
            "step grows with the batch.",
            lambda z, t: _variant(z, t, loss_scale=len(t), scale=len(t)),
        ),
        "sum-in-the-loss": Mistake(
            "The loss is a sum over the rows. Asked for is the mean.",
            lambda z, t: _variant(z, t, loss_scale=len(t)),
        ),
        "labels-forgotten": Mistake(
            "dlogits is softmax/N. Subtract 1 at the right class first.",
            lambda z, t: (_variant(z, t)[0], softmax(z) / len(t)),
        ),
        "sign": Mistake(
            "The loss has the wrong sign: −log of a probability is positive.",
            lambda z, t: (-_variant(z, t)[0], _variant(z, t)[1]),
        ),
        "gradient-sign": Mistake(
            "dlogits has the wrong sign: softmax − one-hot. A step against it must raise the "
            "right logit.",
            lambda z, t: _variant(z, t, scale=-1),
        ),
        "softmax-over-batch": Mistake(
            "Your softmax runs over the rows of the batch. Each row's probabilities add up to 1: "
            "axis 1.",
            lambda z, t: _naive(z, t, 0),
        ),
        "log-of-zero": Mistake(
            "Your softmax is stable, its logarithm is not: a tiny probability becomes 0, and "
            "log(0) is −∞. Compute the log softmax as z − log Σ exp z.",
            lambda z, t: (_naive(z, t, 1)[0], _variant(z, t)[1]),
        ),
        "unstable-softmax": Mistake(OVERFLOWS, _overflowing),
        "one-maximum": Mistake(
            "You subtract one maximum from the whole array. Rows far below it become 0/0: each "
            "has its own, keepdims=True.",
            _one_maximum,
        ),
        "labels-in-all-rows": Mistake(
            "You subtract 1 at the classes of all labels in every row: `p[:, labels]`. Each row "
            "has one right class: `p[np.arange(N), labels]`.",
            lambda z, t: (
                _variant(z, t)[0],
                (softmax(z) - np.eye(z.shape[1])[t].any(axis=0)) / len(t),
            ),
        ),
        "mean-over-classes": Mistake(
            "dlogits is divided by N·C. The mean is over the N rows only.",
            lambda z, t: _variant(z, t, scale=1 / z.shape[1]),
        ),
        "bits": Mistake(
            "The loss is in bits (log2). Use the natural logarithm.",
            lambda z, t: _variant(z, t, loss_scale=1 / np.log(2)),
        ),
        "logits-not-probabilities": Mistake(
            "dlogits is made from the logits. Its formula has the probabilities: (softmax − "
            "one-hot)/N.",
            lambda z, t: _variant(z, t, p=z),
        ),
        "slope-once-more": Mistake(
            "You multiply softmax − one-hot by p(1 − p), as after a sigmoid. The slope of the "
            "softmax is in it already.",
            lambda z, t: (_variant(z, t)[0], _variant(z, t)[1] * softmax(z) * (1 - softmax(z))),
        ),
        "label-subtracted": Mistake(
            "You subtract the label's number at the right class. Subtract 1 there: the label only "
            "says where.",
            lambda z, t: (
                _variant(z, t)[0],
                (softmax(z) - np.eye(z.shape[1])[t] * t[:, None]) / len(t),
            ),
        ),
        "loss-over-classes": Mistake(
            "The loss is divided by N·C. It is a mean over the N rows: each has one right class.",
            lambda z, t: _variant(z, t, loss_scale=1 / z.shape[1]),
        ),
        "predicted-class": Mistake(
            "Your loss is that of the class with the largest logit. Asked for is that of the "
            "right class, the label.",
            lambda z, t: (_variant(z, z.argmax(axis=1))[0], _variant(z, t)[1]),
        ),
        "squared-error": Mistake(
            "Your loss is the squared error of the probabilities. Cross-entropy is −log of the "
            "right class's probability.",
            lambda z, t: (
                ((softmax(z) - np.eye(z.shape[1])[t]) ** 2).sum(axis=1).mean(),
                _variant(z, t)[1],
            ),
        ),
        "only-the-right-class": Mistake(
            "Your gradient is 0 but for the right class. All logits of a row share the softmax: "
            "the others get p/N.",
            lambda z, t: (_variant(z, t)[0], _variant(z, t)[1] * np.eye(z.shape[1])[t]),
        ),
    },
    referees={
        "central differences": _loss_by_differences,
        "PyTorch": _loss_by_torch,
        "dropnorm.scratch": nn.softmax_cross_entropy,
    },
    other_ways=(_in_steps,),
    returns=("loss", "dlogits"),
    telltale={
        "logits of 1,000": (
            "unstable-softmax",
            OVERFLOWS,
        ),
    },
)
