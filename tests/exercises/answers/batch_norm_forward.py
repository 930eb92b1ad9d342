import numpy as np


def right_column_by_column(x, weight, bias, eps):
    y = np.empty_like(x)
    for c in range(x.shape[1]):
        v = x[:, c]
        y[:, c] = weight[c] * (v - np.mean(v)) / np.sqrt(np.var(v) + eps) + bias[c]
    return y


def right_with_the_inverse_root(x, weight, bias, eps):
    n = len(x)
    mu = x.sum(axis=0) / n
    xmu = x - mu
    ivar = (np.square(xmu).sum(axis=0) / n + eps) ** -0.5
    return xmu * ivar * weight + bias


def eps_outside_root(x, weight, bias, eps):
    x_hat = (x - x.mean(0)) / (x.std(0) + eps)
    return weight * x_hat + bias


def unbiased(x, weight, bias, eps):
    mu = x.mean(axis=0)
    var = ((x - mu) ** 2).sum(axis=0) / (len(x) - 1)
    return weight * (x - mu) / np.sqrt(var + eps) + bias


def over_features(x, weight, bias, eps):
    mu = x.mean(axis=1)[:, None]
    var = x.var(axis=1)[:, None]
    return weight * (x - mu) / np.sqrt(var + eps) + bias


def one_mean_for_all(x, weight, bias, eps):
    return weight * (x - np.mean(x)) / np.sqrt(np.var(x) + eps) + bias


def variance_for_deviation(x, weight, bias, eps):
    x_hat = (x - x.mean(axis=0)) / (x.var(axis=0) + eps)
    return x_hat * weight + bias


def eps_left_out(x, weight, bias, eps):
    x_hat = (x - x.mean(axis=0)) / x.std(axis=0)
    return x_hat * weight + bias


def mean_left_out(x, weight, bias, eps):
    std = np.sqrt(x.var(axis=0) + eps)
    return x / std * weight + bias


def not_scaled_and_shifted(x, weight, bias, eps):
    mu = np.mean(x, axis=0)
    return (x - mu) / np.sqrt(np.mean((x - mu) ** 2, axis=0) + eps)


def swapped_gamma_beta(x, weight, bias, eps):
    x_hat = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps)
    return bias * x_hat + weight


def shifted_before_scaled(x, weight, bias, eps):
    y = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps)
    y += bias
    y *= weight
    return y


def minimum_and_maximum(x, weight, bias, eps):
    low, high = x.min(axis=0), x.max(axis=0)
    return weight * (x - low) / (high - low + eps) + bias


def minimum_and_maximum_without_eps(x, weight, bias, eps):
    low, high = x.min(axis=0), x.max(axis=0)
    return weight * ((x - low) / (high - low)) + bias


def divided_by_the_range(x, weight, bias, eps):
    span = x.max(axis=0) - x.min(axis=0) + eps
    return (x - x.mean(axis=0)) / span * weight + bias


def absolute_deviation(x, weight, bias, eps):
    centred = x - x.mean(axis=0)
    return weight * centred / (np.mean(np.abs(centred), axis=0) + eps) + bias


def shifted_before_dividing(x, weight, bias, eps):
    y = (x - x.mean(axis=0)) * weight
    y = y + bias
    return y / np.sqrt(np.var(x, axis=0) + eps)


def root_mean_square(x, weight, bias, eps):
    square = np.einsum("nc,nc->c", x, x) / len(x)
    return x * weight * (square + eps) ** -0.5 + bias


def length_one(x, weight, bias, eps):
    centred = x - x.mean(axis=0)
    return weight * centred / np.sqrt((centred**2).sum(axis=0) + eps) + bias


def median(x, weight, bias, eps):
    middle = np.percentile(x, 50, axis=0)
    return weight * (x - middle) / np.sqrt(x.var(axis=0) + eps) + bias
