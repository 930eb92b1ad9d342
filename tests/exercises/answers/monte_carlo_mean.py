import numpy as np
from scipy.special import log_softmax, softmax


def right_by_scipy(logits):
    p = softmax(logits, axis=2)
    return np.mean(p, 0), np.std(p, 0)


def right_in_a_loop(logits):
    total = squares = 0.0
    for z in logits:
        p = np.exp(log_softmax(z, axis=1))
        total, squares = total + p, squares + p**2
    mean = total / len(logits)
    return mean, np.sqrt(np.maximum(squares / len(logits) - mean**2, 0))


def softmax_of_mean(logits):
    p = softmax(logits, axis=-1)
    return softmax(logits.mean(axis=0), axis=-1), p.std(axis=0)


def softmax_over_images(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return p.mean(axis=0), p.std(axis=0)


def softmax_over_passes(logits):
    e = np.exp(logits - logits.max())
    p = e / e.sum(axis=0)
    return p.mean(axis=0), p.std(axis=0)


def averaged_over_images(logits):
    p = softmax(logits, axis=-1)
    return p.mean(axis=1), p.std(axis=1)


def unbiased_std(logits):
    p = np.stack([softmax(z, axis=-1) for z in logits])
    mean = sum(p) / len(p)
    return mean, np.sqrt(sum((q - mean) ** 2 for q in p) / (len(p) - 1))


def variance(logits):
    p = softmax(logits, axis=-1)
    return p.mean(axis=0), np.var(p, axis=0)


def softmax_left_out(logits):
    return np.mean(logits, axis=0), np.std(logits, axis=0)


def unstable_softmax(logits):
    e = np.exp(logits)
    p = e / e.sum(axis=-1, keepdims=True)
    return p.mean(axis=0), p.std(axis=0)


def one_maximum(logits):
    e = np.exp(logits - np.max(logits))
    p = e / e.sum(axis=2, keepdims=True)
    return p.mean(axis=0), p.std(axis=0)


def spread_over_classes(logits):
    e = np.exp(logits - logits.max(-1, keepdims=True))
    p = e / e.sum(-1, keepdims=True)
    return p.mean(0), p.std(-1)


def spread_of_the_mean(logits):
    e = np.exp(logits - np.max(logits, axis=2)[..., None])
    mean = np.average(e / np.sum(e, axis=2)[..., None], axis=0)
    return mean, mean.std(axis=1)


def absolute_deviation(logits):
    e = np.exp(logits - logits.max(axis=-1, keepdims=True))
    p = e / e.sum(axis=-1, keepdims=True)
    mean = p.mean(axis=0)
    return mean, np.mean(np.abs(p - mean), axis=0)


def range(logits):
    e = np.exp(logits - logits.max(axis=-1, keepdims=True))
    p = e / e.sum(axis=-1, keepdims=True)
    return p.mean(axis=0), p.max(axis=0) - p.min(axis=0)


def votes(logits):
    votes = (np.arange(logits.shape[-1]) == logits.argmax(axis=-1)[..., None]).astype(float)
    return votes.mean(axis=0), votes.std(axis=0)


def log_probabilities(logits):
    shifted = logits - logits.max(-1)[..., None]
    log_p = shifted - np.log(np.sum(np.exp(shifted), -1))[..., None]
    return log_p.mean(0), log_p.std(0)
