from itertools import product

import numpy as np


def right_by_enumeration(x, p):
    sums, weights = [], []
    for mask in product([0, 1], repeat=len(x)):
        kept = sum(mask)
        sums.append(np.dot(mask, x) / (1 - p))
        weights.append((1 - p) ** kept * p ** (len(x) - kept))
    mean = np.average(sums, weights=weights)
    return mean, np.average((np.array(sums) - mean) ** 2, weights=weights)


def right_term_by_term(x, p):
    mean = var = 0.0
    for value in x:
        mean += value
        second = (1 - p) * (value / (1 - p)) ** 2
        var += second - value**2
    return mean, var


def unscaled(x, p):
    keep = 1 - p
    return keep * np.sum(x), keep * (1 - keep) * np.sum(x**2)


def unscaled_variance(x, p):
    return np.sum(x), p * (1 - p) * np.dot(x, x)


def keep_drop_swapped(x, p):
    return np.sum(x), (1 - p) / p * np.dot(x, x)


def square_of_sum(x, p):
    total = sum(x)
    return total, p / (1 - p) * total * total


def standard_deviation(x, p):
    var = p / (1 - p) * np.dot(x, x)
    return np.sum(x), var**0.5


def not_squared(x, p):
    mean = np.sum(x)
    return mean, mean * p / (1 - p)


def mean_of_x(x, p):
    return np.mean(x), np.dot(x, x) * p / (1 - p)


def variance_of_x(x, p):
    return np.sum(x), np.mean((x - np.mean(x)) ** 2)


def second_moment(x, p):
    mean = np.sum(x)
    return mean, mean * mean + np.sum(x * x) * p / (1 - p)


def sum_of_mean_squares(x, p):
    return sum(x), sum(v**2 / (1 - p) for v in x)


def variance_scaled_once(x, p):
    scale = 1 / (1 - p)
    return x.sum(), scale * (p * (1 - p) * x**2).sum()


def mean_unscaled(x, p):
    return (x * (1 - p)).sum(), (x**2 * p / (1 - p)).sum()


def mean_scaled(x, p):
    return np.sum(x / (1 - p)), np.dot(x, x) * p / (1 - p)


def variance_of_the_mean(x, p):
    return x.sum(), (x * x).mean() / x.size * (p / (1 - p))
