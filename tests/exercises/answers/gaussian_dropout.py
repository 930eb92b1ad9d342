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
