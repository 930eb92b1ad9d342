import math

import numpy as np


def right_with_the_root(x, z, p):
    noise = 1 + math.sqrt(p / (1 - p)) * z
    return x * noise


def right_expanded(x, z, p):
    variance = 1 / (1 - p) - 1
    return x + x * z * variance**0.5


def variance_for_deviation(x, z, p):
    noise = 1 + z * p / (1 - p)
    return noise * x


def noise_of_mean_zero(x, z, p):
    alpha = p / (1 - p)
    return x * z * alpha**0.5


def noise_added(x, z, p):
    noise = math.sqrt(p / (1 - p)) * z
    return x + noise


def keep_drop_swapped(x, z, p):
    std = np.sqrt((1 - p) / p)
    return x * (z * std + 1)


def unscaled_variance(x, z, p):
    std = math.sqrt(p - p * p)
    return x * (1 + std * z)


def variance_is_p(x, z, p):
    return x + x * z * p**0.5


def deviation_is_p(x, z, p):
    return x + p * x * z


def scaled_besides(x, z, p):
    noise = (p / (1 - p)) ** 0.5 * z + 1
    return noise * x / (1 - p)


def inverse_keep_deviation(x, z, p):
    return x + x * z / (1 - p)


def second_moment(x, z, p):
    return x * (1 + z * (1 - p) ** -0.5)


def mean_of_the_mask(x, z, p):
    return (1 - p) * x + x * z * np.sqrt(p / (1 - p))


def divided_by_keep_squared(x, z, p):
    return x * (1 + np.sqrt(p / (1 - p) ** 2) * z)


def noise_cut_off(x, z, p):
    noise = 1 + z * np.sqrt(p / (1 - p))
    noise[noise < 0] = 0
    return x * noise
