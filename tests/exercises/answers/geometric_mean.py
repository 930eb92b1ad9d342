import numpy as np
from scipy.special import logsumexp, softmax


def right_by_product(log_p, weight):
    result = np.ones(log_p.shape[1:])
    for one, w in zip(log_p, weight, strict=True):
        result *= np.exp(one) ** w
    return result / result.sum(axis=1)[:, None]


def right_in_logs(log_p, weight):
    mean = (weight.reshape(-1, 1, 1) * log_p).sum(axis=0)
    return np.exp(mean - logsumexp(mean, axis=-1, keepdims=True))


def arithmetic_mean(log_p, weight):
    return np.average(np.exp(log_p), axis=0, weights=weight)


def not_normalised(log_p, weight):
    result = np.ones(log_p.shape[1:])
    for one, w in zip(log_p, weight, strict=True):
        result *= np.exp(w * one)
    return result


def weights_left_out(log_p, weight):
    mean = np.mean(log_p, axis=0)
    return softmax(mean, axis=1)


def normalised_over_images(log_p, weight):
    unnormed = np.exp(np.average(log_p, axis=0, weights=weight))
    return unnormed / unnormed.sum(axis=0)


def product_without_root(log_p, weight):
    product = np.prod(np.exp(log_p), axis=0)
    return product / product.sum(axis=-1, keepdims=True)


def log_returned(log_p, weight):
    mean = np.average(log_p, axis=0, weights=weight)
    return mean - logsumexp(mean, axis=1, keepdims=True)


def log_not_taken(log_p, weight):
    return softmax(np.average(np.exp(log_p), axis=0, weights=weight), axis=1)


def harmonic_mean(log_p, weight):
    h = 1 / np.einsum("m,mnc->nc", weight, 1 / np.exp(log_p))
    return h / h.sum(axis=-1)[:, None]


def harmonic_unnormalised(log_p, weight):
    return 1 / sum(share / np.exp(one) for share, one in zip(weight, log_p, strict=True))


def powers_of_two(log_p, weight):
    product = np.power(2.0, np.einsum("m,mnc->nc", weight, log_p))
    return product / product.sum(axis=1)[:, None]


def largest(log_p, weight):
    p = np.exp(log_p).max(axis=0)
    return p / p.sum(axis=1, keepdims=True)


def smallest(log_p, weight):
    p = np.exp(log_p).min(axis=0)
    return p / p.sum(axis=1, keepdims=True)


def mean_square_root(log_p, weight):
    p = np.sqrt(np.tensordot(weight, np.exp(log_p) ** 2, axes=1))
    return p / p.sum(axis=1, keepdims=True)


def divided_by_networks(log_p, weight):
    mean = np.mean([q * one for q, one in zip(weight, log_p, strict=True)], axis=0)
    p = np.exp(mean)
    return p / p.sum(axis=1, keepdims=True)
