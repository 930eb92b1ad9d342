import numpy as np


def right_from_the_common_mean(mean_a, var_a, n_a, mean_b, var_b, n_b):
    share = n_b / (n_a + n_b)
    mean = mean_a + share * (mean_b - mean_a)
    within = (1 - share) * var_a + share * var_b
    between = (1 - share) * (mean_a - mean) ** 2 + share * (mean_b - mean) ** 2
    return mean, within + between


def right_with_sums_of_squares(mean_a, var_a, n_a, mean_b, var_b, n_b):
    n = n_a + n_b
    squares = n_a * var_a + n_b * var_b + (mean_a - mean_b) ** 2 * n_a * n_b / n
    return np.average([mean_a, mean_b], axis=0, weights=[n_a, n_b]), squares / n


def gap_forgotten(mean_a, var_a, n_a, mean_b, var_b, n_b):
    mean = np.average([mean_a, mean_b], axis=0, weights=[n_a, n_b])
    return mean, np.average([var_a, var_b], axis=0, weights=[n_a, n_b])


def unweighted(mean_a, var_a, n_a, mean_b, var_b, n_b):
    mean = 0.5 * (mean_a + mean_b)
    return mean, 0.5 * (var_a + (mean_a - mean) ** 2 + var_b + (mean_b - mean) ** 2)


def unweighted_without_gap(mean_a, var_a, n_a, mean_b, var_b, n_b):
    return np.mean([mean_a, mean_b], axis=0), np.mean([var_a, var_b], axis=0)


def unbiased(mean_a, var_a, n_a, mean_b, var_b, n_b):
    n, gap = n_a + n_b, mean_b - mean_a
    squares = n_a * var_a + n_b * var_b + gap * gap * n_a * n_b / n
    return mean_a + gap * n_b / n, squares / (n - 1)


def gap_squared_weights(mean_a, var_a, n_a, mean_b, var_b, n_b):
    n, gap = n_a + n_b, mean_b - mean_a
    return mean_a + gap * n_b / n, (n_a * var_a + n_b * var_b) / n + gap**2 * n_a * n_b / n


def weights_swapped(mean_a, var_a, n_a, mean_b, var_b, n_b):
    n, gap = n_a + n_b, mean_b - mean_a
    return mean_b - gap * n_b / n, (n_a * var_a + n_b * var_b) / n + gap**2 * n_a * n_b / n**2


def not_divided(mean_a, var_a, n_a, mean_b, var_b, n_b):
    n, gap = n_a + n_b, mean_b - mean_a
    return mean_a + gap * n_b / n, n_a * var_a + n_b * var_b + gap**2 * n_a * n_b / n


def gap_not_squared(mean_a, var_a, n_a, mean_b, var_b, n_b):
    n, gap = n_a + n_b, mean_b - mean_a
    return mean_a + gap * n_b / n, (n_a * var_a + n_b * var_b) / n + gap * n_a * n_b / n**2


def cancellation(mean_a, var_a, n_a, mean_b, var_b, n_b):
    n = n_a + n_b
    mean = (n_a * mean_a + n_b * mean_b) / n
    second = (n_a * (var_a + mean_a**2) + n_b * (var_b + mean_b**2)) / n
    return mean, second - mean**2


def gap_quartered(mean_a, var_a, n_a, mean_b, var_b, n_b):
    share = n_a / (n_a + n_b)
    mean = share * mean_a + (1 - share) * mean_b
    return mean, share * var_a + (1 - share) * var_b + ((mean_a - mean_b) / 2) ** 2


def deviations_averaged(mean_a, var_a, n_a, mean_b, var_b, n_b):
    q = n_b / (n_a + n_b)
    std = (1 - q) * var_a**0.5 + q * var_b**0.5
    gap = mean_b - mean_a
    return mean_a + q * gap, std * std + q * (1 - q) * gap * gap


def pooled(mean_a, var_a, n_a, mean_b, var_b, n_b):
    q, gap = n_b / (n_a + n_b), mean_b - mean_a
    within = np.average([var_a, var_b], axis=0, weights=[n_a - 1, n_b - 1])
    return mean_a + q * gap, within + q * (1 - q) * gap * gap


def gap_in_full(mean_a, var_a, n_a, mean_b, var_b, n_b):
    q = n_b / (n_a + n_b)
    return mean_a + q * (mean_b - mean_a), (1 - q) * var_a + q * var_b + (mean_a - mean_b) ** 2


def variances_added(mean_a, var_a, n_a, mean_b, var_b, n_b):
    q, gap = n_b / (n_a + n_b), mean_b - mean_a
    return mean_a + q * gap, var_a + var_b + q * (1 - q) * gap**2


def weights_swapped_in_the_variance(mean_a, var_a, n_a, mean_b, var_b, n_b):
    q, gap = n_b / (n_a + n_b), mean_b - mean_a
    return mean_a + q * gap, q * var_a + (1 - q) * var_b + q * (1 - q) * gap**2
