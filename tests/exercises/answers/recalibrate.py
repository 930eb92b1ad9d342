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


def start_counts(batches):
    mean, var = 0.0, 1.0
    for count, x in enumerate(batches, start=2):
        mean = mean + (x.mean(axis=0) - mean) / count
        var = var + (x.var(axis=0, ddof=1) - var) / count
    return mean, var


def faded_from_the_first(batches):
    mean, var = batches[0].mean(axis=0), batches[0].var(axis=0, ddof=1)
    for x in batches[1:]:
        mean += 0.1 * (x.mean(axis=0) - mean)
        var += 0.1 * (x.var(axis=0, ddof=1) - var)
    return mean, var


def corrected_twice(batches):
    n = len(batches[0])
    squares = [((x - x.mean(axis=0)) ** 2).sum(axis=0) for x in batches]
    return np.mean([x.mean(axis=0) for x in batches], axis=0), sum(squares) * n / (
        n - 1
    ) ** 2 / len(batches)


def halves(batches):
    mean, var = batches[0].mean(axis=0), batches[0].var(axis=0, ddof=1)
    for x in batches[1:]:
        mean = (mean + x.mean(axis=0)) / 2
        var = (var + x.var(axis=0, ddof=1)) / 2
    return mean, var


def around_the_common_mean(batches):
    mean = np.mean([x.mean(axis=0) for x in batches], axis=0)
    squares = sum(((x - mean) ** 2).sum(axis=0) for x in batches)
    return mean, squares / len(batches) / (len(batches[0]) - 1)


def median(batches):
    means = [x.mean(axis=0) for x in batches]
    variances = [x.var(axis=0, ddof=1) for x in batches]
    return np.percentile(means, 50, axis=0), np.percentile(variances, 50, axis=0)
