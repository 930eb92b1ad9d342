import numpy as np


def right_channel_by_channel(x, running_mean, running_var, weight, bias, eps):
    y = np.empty_like(x)
    for c in range(x.shape[1]):
        y[:, c] = (x[:, c] - running_mean[c]) / (running_var[c] + eps) ** 0.5 * weight[c] + bias[c]
    return y


def right_as_scale_and_shift(x, running_mean, running_var, weight, bias, eps):
    scale = weight / np.sqrt(running_var + eps)
    shift = bias - running_mean * scale
    return x * scale.reshape(1, -1, 1, 1) + shift.reshape(1, -1, 1, 1)


def batch_statistics(x, running_mean, running_var, weight, bias, eps):
    mean, var = x.mean(axis=(0, 2, 3), keepdims=True), x.var(axis=(0, 2, 3), keepdims=True)
    return weight[:, None, None] * (x - mean) / np.sqrt(var + eps) + bias[:, None, None]


def eps_outside_root(x, running_mean, running_var, weight, bias, eps):
    scale = weight / (np.sqrt(running_var) + eps)
    return (x - running_mean[:, None, None]) * scale[:, None, None] + bias[:, None, None]


def variance_for_deviation(x, running_mean, running_var, weight, bias, eps):
    scale = weight / (running_var + eps)
    return (x - running_mean[:, None, None]) * scale[:, None, None] + bias[:, None, None]


def eps_left_out(x, running_mean, running_var, weight, bias, eps):
    scale = weight * running_var**-0.5
    return (x - running_mean[:, None, None]) * scale[:, None, None] + bias[:, None, None]


def mean_left_out(x, running_mean, running_var, weight, bias, eps):
    scale = weight / np.sqrt(running_var + eps)
    return x * scale[:, None, None] + bias[:, None, None]


def not_scaled_and_shifted(x, running_mean, running_var, weight, bias, eps):
    return (x - running_mean[:, None, None]) / np.sqrt(running_var + eps)[:, None, None]


def shifted_before_scaled(x, running_mean, running_var, weight, bias, eps):
    y = (x - running_mean[:, None, None]) / np.sqrt(running_var + eps)[:, None, None]
    return (y + bias[:, None, None]) * weight[:, None, None]


def passed_through(x, running_mean, running_var, weight, bias, eps):
    return x


def corrected(x, running_mean, running_var, weight, bias, eps):
    n = len(x) * x.shape[2] * x.shape[3]
    var = (running_var * n / max(n - 1, 1))[:, None, None]
    y = (x - running_mean[:, None, None]) / np.sqrt(var + eps)
    return weight[:, None, None] * y + bias[:, None, None]


def statistics_swapped(x, running_mean, running_var, weight, bias, eps):
    divisor = np.sqrt(running_mean + eps)[:, None, None]
    return weight[:, None, None] * (x - running_var[:, None, None]) / divisor + bias[:, None, None]


def variance_of_the_batch(x, running_mean, running_var, weight, bias, eps):
    last = np.moveaxis(x, 1, 3)
    var = last.reshape(-1, last.shape[3]).var(axis=0)
    return np.moveaxis((last - running_mean) / np.sqrt(var + eps) * weight + bias, 3, 1)


def mean_of_the_batch(x, running_mean, running_var, weight, bias, eps):
    last = np.moveaxis(x, 1, 3)
    mean = last.mean(axis=(0, 1, 2))
    return np.moveaxis((last - mean) / np.sqrt(running_var + eps) * weight + bias, 3, 1)


def variance_made_biased(x, running_mean, running_var, weight, bias, eps):
    n = x.size / x.shape[1]
    last = (np.moveaxis(x, 1, 3) - running_mean) / np.sqrt(running_var - running_var / n + eps)
    return np.moveaxis(last * weight + bias, 3, 1)


def swapped_gamma_beta(x, running_mean, running_var, weight, bias, eps):
    last = (np.moveaxis(x, 1, 3) - running_mean) / np.sqrt(running_var + eps)
    return np.moveaxis(last * bias + weight, 3, 1)


def statistics_moved_first(x, running_mean, running_var, weight, bias, eps):
    last = np.moveaxis(x, 1, 3)
    mean = running_mean + 0.1 * (last.mean((0, 1, 2)) - running_mean)
    var = running_var + 0.1 * (last.var((0, 1, 2)) - running_var)
    return np.moveaxis((last - mean) / np.sqrt(var + eps) * weight + bias, 3, 1)


def mean_not_divided(x, running_mean, running_var, weight, bias, eps):
    last = np.moveaxis(x, 1, 3) / np.sqrt(running_var + eps) - running_mean
    return np.moveaxis(last * weight + bias, 3, 1)
