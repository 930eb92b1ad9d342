import numpy as np


def right_with_two_returns(x, running_mean, running_var, training, momentum, eps):
    if training:
        mean, var = x.mean(axis=0), x.var(axis=0)
        running_mean = running_mean + momentum * (mean - running_mean)
        running_var = running_var + momentum * (x.var(axis=0, ddof=1) - running_var)
    else:
        mean, var = running_mean, running_var
    return (x - mean) / np.sqrt(var + eps), running_mean, running_var


def right_column_by_column(x, running_mean, running_var, training, momentum, eps):
    y, mean, var = x.copy(), running_mean.copy(), running_var.copy()
    n = len(x)
    for c in range(x.shape[1]):
        m, v = mean[c], var[c]
        if training:
            m = sum(x[:, c]) / n
            v = sum((x[:, c] - m) ** 2) / n
            mean[c] = momentum * m + (1 - momentum) * mean[c]
            var[c] = momentum * v * n / (n - 1) + (1 - momentum) * var[c]
        y[:, c] = (x[:, c] - m) / (v + eps) ** 0.5
    return y, mean, var


def updated_in_eval(x, running_mean, running_var, training, momentum, eps):
    mean, var = x.mean(axis=0), x.var(axis=0)
    new_mean = (1 - momentum) * running_mean + momentum * mean
    new_var = (1 - momentum) * running_var + momentum * x.var(axis=0, ddof=1)
    if not training:
        mean, var = running_mean, running_var
    return (x - mean) / np.sqrt(var + eps), new_mean, new_var


def batch_statistics_in_eval(x, running_mean, running_var, training, momentum, eps):
    y = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps)
    if training:
        running_mean = (1 - momentum) * running_mean + momentum * x.mean(axis=0)
        running_var = (1 - momentum) * running_var + momentum * x.var(axis=0, ddof=1)
    return y, running_mean, running_var


def mode_ignored(x, running_mean, running_var, training, momentum, eps):
    mean, var = x.mean(axis=0), x.var(axis=0)
    running_mean = (1 - momentum) * running_mean + momentum * mean
    running_var = (1 - momentum) * running_var + momentum * var * len(x) / (len(x) - 1)
    return (x - mean) / np.sqrt(var + eps), running_mean, running_var


def modes_swapped(x, running_mean, running_var, training, momentum, eps):
    if training:
        return (x - running_mean) / np.sqrt(running_var + eps), running_mean, running_var
    mean, var = x.mean(axis=0), x.var(axis=0)
    running_mean = (1 - momentum) * running_mean + momentum * mean
    running_var = (1 - momentum) * running_var + momentum * x.var(axis=0, ddof=1)
    return (x - mean) / np.sqrt(var + eps), running_mean, running_var


def running_statistics_in_training(x, running_mean, running_var, training, momentum, eps):
    y = (x - running_mean) / np.sqrt(running_var + eps)
    if training:
        running_mean = (1 - momentum) * running_mean + momentum * x.mean(axis=0)
        running_var = (1 - momentum) * running_var + momentum * x.var(axis=0, ddof=1)
    return y, running_mean, running_var


def moved_statistics_in_training(x, running_mean, running_var, training, momentum, eps):
    if training:
        running_mean = (1 - momentum) * running_mean + momentum * x.mean(axis=0)
        running_var = (1 - momentum) * running_var + momentum * x.var(axis=0, ddof=1)
    y = (x - running_mean) / np.sqrt(running_var + eps)
    return y, running_mean, running_var


def biased_variance(x, running_mean, running_var, training, momentum, eps):
    mean, var = running_mean, running_var
    if training:
        mean, var = x.mean(axis=0), x.var(axis=0)
        running_mean = (1 - momentum) * running_mean + momentum * mean
        running_var = (1 - momentum) * running_var + momentum * var
    return (x - mean) / np.sqrt(var + eps), running_mean, running_var


def normalised_by_unbiased(x, running_mean, running_var, training, momentum, eps):
    mean, var = running_mean, running_var
    if training:
        mean, var = x.mean(axis=0), x.var(axis=0, ddof=1)
        running_mean = (1 - momentum) * running_mean + momentum * mean
        running_var = (1 - momentum) * running_var + momentum * var
    return (x - mean) / np.sqrt(var + eps), running_mean, running_var


def variances_swapped(x, running_mean, running_var, training, momentum, eps):
    mean, var = running_mean, running_var
    if training:
        mean, var = x.mean(axis=0), x.var(axis=0, ddof=1)
        running_mean = (1 - momentum) * running_mean + momentum * mean
        running_var = (1 - momentum) * running_var + momentum * x.var(axis=0)
    return (x - mean) / np.sqrt(var + eps), running_mean, running_var


def momentum_turned_round(x, running_mean, running_var, training, momentum, eps):
    mean, var = running_mean, running_var
    if training:
        mean, var = x.mean(axis=0), x.var(axis=0)
        running_mean = momentum * running_mean + (1 - momentum) * mean
        running_var = momentum * running_var + (1 - momentum) * x.var(axis=0, ddof=1)
    return (x - mean) / np.sqrt(var + eps), running_mean, running_var


def eps_stored(x, running_mean, running_var, training, momentum, eps):
    if not training:
        return (x - running_mean) / np.sqrt(running_var + eps), running_mean, running_var
    mean, var = x.mean(0), x.var(0) + eps
    stored = x.var(0, ddof=1) + eps
    new = running_var + momentum * (stored - running_var)
    return (x - mean) / np.sqrt(var), running_mean + momentum * (mean - running_mean), new


def biased_eps_stored(x, running_mean, running_var, training, momentum, eps):
    if not training:
        return (x - running_mean) / np.sqrt(running_var + eps), running_mean, running_var
    mean, var = x.mean(0), x.var(0) + eps
    new = running_var + momentum * (var - running_var)
    return (x - mean) / np.sqrt(var), running_mean + momentum * (mean - running_mean), new


def standard_deviation(x, running_mean, running_var, training, momentum, eps):
    if not training:
        return (x - running_mean) / np.sqrt(running_var + eps), running_mean, running_var
    mean, old = x.mean(0), 1 - momentum
    new = old * running_var + momentum * np.sqrt(x.var(0, ddof=1))
    return (x - mean) / np.sqrt(x.var(0) + eps), old * running_mean + momentum * mean, new


def overwritten(x, running_mean, running_var, training, momentum, eps):
    if not training:
        return (x - running_mean) / np.sqrt(running_var + eps), running_mean, running_var
    mean = x.mean(0)
    return (x - mean) / np.sqrt(x.var(0) + eps), mean, x.var(0, ddof=1)


def not_faded(x, running_mean, running_var, training, momentum, eps):
    if not training:
        return (x - running_mean) / np.sqrt(running_var + eps), running_mean, running_var
    mean, more = x.mean(0), momentum * x.var(0, ddof=1)
    y = (x - mean) / np.sqrt(x.var(0) + eps)
    return y, running_mean + momentum * mean, running_var + more


def never_updated(x, running_mean, running_var, training, momentum, eps):
    mean, var = (x.mean(0), x.var(0)) if training else (running_mean, running_var)
    return (x - mean) / np.sqrt(var + eps), running_mean, running_var


def variance_for_deviation(x, running_mean, running_var, training, momentum, eps):
    if not training:
        return (x - running_mean) / (running_var + eps), running_mean, running_var
    mean, old = x.mean(0), 1 - momentum
    new = old * running_var + momentum * x.var(0, ddof=1)
    return (x - mean) / (x.var(0) + eps), old * running_mean + momentum * mean, new


def eps_outside_root(x, running_mean, running_var, training, momentum, eps):
    if not training:
        return (x - running_mean) / (running_var**0.5 + eps), running_mean, running_var
    mean, old = x.mean(0), 1 - momentum
    new = old * running_var + momentum * x.var(0, ddof=1)
    return (x - mean) / (x.std(0) + eps), old * running_mean + momentum * mean, new


def eps_corrected_and_stored(x, running_mean, running_var, training, momentum, eps):
    if not training:
        return (x - running_mean) / np.sqrt(running_var + eps), running_mean, running_var
    n, mean, var = len(x), x.mean(0), x.var(0) + eps
    new = running_var + momentum * (var / (n - 1) * n - running_var)
    return (x - mean) / np.sqrt(var), running_mean + momentum * (mean - running_mean), new
