"""Softmax cross-entropy and accuracy."""

import numpy as np

from dropnorm.scratch.arguments import FLOATS


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """log softmax over the last axis, safe for large logits."""
    # log softmax is the same for z and z − max z; exp of the latter cannot overflow
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def softmax_cross_entropy(logits: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean cross-entropy of a batch, and its gradient.

    Parameters
    ----------
    logits
        float, shape (N, classes).
    labels
        Integers in 0 … classes − 1, shape (N,).

    Returns
    -------
    loss
        In nats.
    dlogits
        (softmax − one-hot) / N, shape (N, classes).

    Raises
    ------
    ValueError
        A shape does not fit, or a label is not one of the classes.
    """
    labels = _checked_labels(logits, labels)
    rows = np.arange(len(labels))
    log_probabilities = log_softmax(logits)
    # gradient: softmax − one-hot, over N because the loss is a mean
    dlogits = np.exp(log_probabilities)
    dlogits[rows, labels] -= 1
    dlogits /= len(labels)
    return float(-log_probabilities[rows, labels].mean()), dlogits


def accuracy(logits: np.ndarray, labels: np.ndarray) -> float:
    """Fraction of rows whose largest logit is the label's; arguments as for the loss."""
    labels = _checked_labels(logits, labels)
    return float((logits.argmax(axis=1) == labels).mean())


def _checked_labels(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The labels as an array, if they and the logits fit each other; else a ValueError."""
    if not isinstance(logits, np.ndarray) or logits.dtype not in FLOATS:
        kind = getattr(logits, "dtype", type(logits).__name__)
        raise ValueError(f"logits are {kind}, expected a float32 or float64 array")
    if logits.ndim != 2 or len(logits) == 0:
        raise ValueError(f"logits have shape {logits.shape}, expected (N, classes) with N >= 1")
    labels = np.asarray(labels)
    if labels.shape != logits.shape[:1] or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(
            f"labels are {labels.dtype} of shape {labels.shape}, "
            f"expected integers of shape {logits.shape[:1]}"
        )
    if labels.min() < 0 or labels.max() >= logits.shape[1]:
        raise ValueError(
            f"labels run from {labels.min()} to {labels.max()}, expected 0 to {logits.shape[1] - 1}"
        )
    return labels
