import numpy as np


def right_with_cumulative_average(batches):
    mean = var = 0.0
    for k, x in enumerate(batches, start=1):
        mean = mean + (x.mean(axis=0) - mean) / k
        var = var + (x.var(axis=0, ddof=1) - var) / k
    return mean, var


def right_on_a_stack(batches):
    x = np.stack(batches)
    n = x.shape[1]
    return x.mean(axis=(0, 1)), x.var(axis=1).mean(axis=0) * n / (n - 1)


def biased_variance(batches):
    x = np.stack(batches)
    return x.mean(axis=1).mean(axis=0), x.var(axis=1).mean(axis=0)


def exponential_average(batches):
    c = batches[0].shape[1]
    mean, var = np.zeros(c), np.ones(c)
    for x in batches:
        mean = 0.9 * mean + 0.1 * x.mean(axis=0)
        var = 0.9 * var + 0.1 * x.var(axis=0, ddof=1)
    return mean, var


def pooled(batches):
    x = np.vstack(batches)
    return x.mean(axis=0), x.var(axis=0, ddof=1)


def pooled_biased(batches):
    x = np.vstack(batches)
    return x.mean(axis=0), ((x - x.mean(axis=0)) ** 2).mean(axis=0)


def last_batch(batches):
    for x in batches:
        mean, var = x.mean(axis=0), x.var(axis=0, ddof=1)
    return mean, var


def summed(batches):
    mean = var = 0
    for x in batches:
        mean = mean + x.mean(axis=0)
        var = var + x.var(axis=0, ddof=1)
    return mean, var


def standard_deviation(batches):
    x = np.stack(batches)
    return x.mean(axis=(0, 1)), x.std(axis=1, ddof=1).mean(axis=0)


def variance_of_means(batches):
    means = np.array([x.mean(axis=0) for x in batches])
    return means.mean(axis=0), means.var(axis=0)
