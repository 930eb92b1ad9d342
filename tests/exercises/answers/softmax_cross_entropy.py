import numpy as np
from scipy.special import log_softmax, logsumexp, softmax


def right_with_logsumexp(logits, labels):
    n = len(labels)
    loss = np.mean(logsumexp(logits, axis=1) - logits[range(n), labels])
    grad = softmax(logits, axis=1)
    grad[range(n), labels] -= 1
    return loss, grad / n


def right_row_by_row(logits, labels):
    loss, grad = 0.0, np.zeros_like(logits)
    for i, (z, t) in enumerate(zip(logits, labels, strict=True)):
        log_p = log_softmax(z)
        loss -= log_p[t] / len(labels)
        grad[i] = np.exp(log_p) / len(labels)
        grad[i, t] -= 1 / len(labels)
    return loss, grad


def gradient_of_the_sum(logits, labels):
    rows = np.arange(len(labels))
    log_p = log_softmax(logits, axis=1)
    grad = np.exp(log_p)
    grad[rows, labels] -= 1
    return -log_p[rows, labels].mean(), grad


def sum__over_the_batch(logits, labels):
    rows = np.arange(len(labels))
    log_p = log_softmax(logits, axis=1)
    grad = np.exp(log_p)
    grad[rows, labels] -= 1
    return -np.sum(log_p[rows, labels]), grad


def sum_in_the_loss(logits, labels):
    log_p = log_softmax(logits, axis=1)
    loss = 0.0
    for i, t in enumerate(labels):
        loss = loss - log_p[i, t]
    one_hot = np.zeros_like(logits)
    one_hot[np.arange(len(labels)), labels] = 1
    return loss, (np.exp(log_p) - one_hot) / len(labels)


def labels_forgotten(logits, labels):
    log_p = log_softmax(logits, axis=1)
    loss = -np.mean([log_p[i, t] for i, t in enumerate(labels)])
    return loss, np.exp(log_p) / len(labels)


def sign(logits, labels):
    n = len(labels)
    log_p = log_softmax(logits, axis=1)
    grad = softmax(logits, axis=1)
    grad[np.arange(n), labels] -= 1
    return np.mean(log_p[np.arange(n), labels]), grad / n


def gradient_sign(logits, labels):
    n = len(labels)
    log_p = log_softmax(logits, axis=1)
    one_hot = np.eye(logits.shape[1])[labels]
    return -(one_hot * log_p).sum() / n, (one_hot - np.exp(log_p)) / n


def softmax_over_batch(logits, labels):
    shifted = logits - logits.max(axis=0)
    p = np.exp(shifted) / np.exp(shifted).sum(axis=0)
    n = len(labels)
    loss = -np.log(p[np.arange(n), labels]).mean()
    p[np.arange(n), labels] -= 1
    return loss, p / n


def mean_over_classes(logits, labels):
    log_p = log_softmax(logits, axis=1)
    grad = np.exp(log_p)
    grad[np.arange(len(labels)), labels] -= 1
    return -log_p[np.arange(len(labels)), labels].mean(), grad / grad.size


def bits(logits, labels):
    n = len(labels)
    log_p = log_softmax(logits, axis=1)
    grad = np.exp(log_p)
    grad[np.arange(n), labels] -= 1
    return -np.mean(log_p[np.arange(n), labels] / np.log(2)), grad / n


def unstable_softmax(logits, labels):
    n = len(labels)
    e = np.exp(logits)
    p = e / e.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(n), labels]).mean()
    p[np.arange(n), labels] -= 1
    return loss, p / n


def unstable_softmax__hidden_by_a_small_number(logits, labels):
    n = len(labels)
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(n), labels] + 1e-300).mean()
    p[np.arange(n), labels] -= 1
    return loss, p / n


def log_of_zero(logits, labels):
    """The usual code: stable, but for the logarithm."""
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(len(labels)), labels]).mean()
    p[np.arange(len(labels)), labels] -= 1
    return loss, p / len(labels)


def one_maximum(logits, labels):
    e = np.exp(logits - logits.max())
    p = e / e.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(len(labels)), labels]).mean()
    p[np.arange(len(labels)), labels] -= 1
    return loss, p / len(labels)


def labels_in_all_rows(logits, labels):
    rows = np.arange(len(labels))
    log_p = log_softmax(logits, axis=1)
    grad = np.exp(log_p)
    grad[:, labels] -= 1
    return -log_p[rows, labels].mean(), grad / len(labels)


def slope_once_more(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    total = e.sum(axis=1)
    p, rows = e / total[:, None], np.arange(len(labels))
    shifted = (logits - logits.max(axis=1, keepdims=True))[rows, labels]
    error = p.copy()
    error[rows, labels] -= 1
    return (np.log(total) - shifted).mean(), error * p * (1 - p) / len(labels)


def label_subtracted(logits, labels):
    shifted = logits - logits.max(axis=1, keepdims=True)
    e, rows = np.exp(shifted), np.arange(len(labels))
    loss = (np.log(e.sum(axis=1)) - shifted[rows, labels]).mean()
    p = e / e.sum(axis=1, keepdims=True)
    p[rows, labels] -= labels
    return loss, p / len(labels)


def loss_over_classes(logits, labels):
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    target = np.eye(logits.shape[1])[labels]
    return -(target * log_p).mean(), (np.exp(log_p) - target) / len(labels)


def predicted_class(logits, labels):
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    target = np.eye(logits.shape[1])[labels]
    return -log_p.max(axis=1).mean(), (np.exp(log_p) - target) / len(labels)


def squared_error(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    error = e / e.sum(axis=1, keepdims=True)
    error[range(len(labels)), labels] -= 1
    return (error**2).sum() / len(labels), error / len(labels)


def only_the_right_class(logits, labels):
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    rows, n = np.arange(len(labels)), len(labels)
    gradient = np.zeros_like(logits)
    gradient[rows, labels] = (np.exp(log_p[rows, labels]) - 1) / n
    return -log_p[rows, labels].sum() / n, gradient
