def right_from_the_noise(mean, var, p):
    noise = p / (1 - p)
    training = var + noise * (var + mean**2)
    return var / training


def right_with_keep(mean, var, p):
    keep = 1 - p
    return keep * var / (var + mean * mean - keep * mean * mean)


def mean_ignored(mean, var, p):
    training = var / (1 - p)
    return var / training


def upside_down(mean, var, p):
    second = (mean**2 + var) / (1 - p)
    return (second - mean**2) / var


def keep_drop_swapped(mean, var, p):
    if p == 0:
        return 0.0
    second = (mean**2 + var) / p
    return var / (second - mean**2)


def unscaled(mean, var, p):
    keep = 1 - p
    training = keep * var + keep * (1 - keep) * mean**2
    return var / training


def mean_not_subtracted(mean, var, p):
    second = (mean**2 + var) / (1 - p)
    return var / second


def mean_not_squared(mean, var, p):
    second = (mean + var) / (1 - p)
    return var / (second - mean)


def mean_scaled(mean, var, p):
    keep = 1 - p
    return var / ((mean**2 + var) / keep - (mean / keep) ** 2)


def deviations(mean, var, p):
    training = (mean**2 + var) / (1 - p) - mean**2
    return var**0.5 / training**0.5


def unscaled_mean(mean, var, p):
    keep = 1 - p
    return var / ((var + mean * mean) / keep - keep * keep * mean * mean)


def odds(mean, var, p):
    training = p / (1 - p) * (var + mean * mean) - mean * mean
    return var / training if training else 0.0


def noise_alone(mean, var, p):
    noise = (var + mean**2) * p / (1 - p)
    return var / noise if noise else 0.0


def scale_squared(mean, var, p):
    square = (var + mean**2) * (1 - p) ** -2
    return var / (square - mean * mean)


def variance_alone_scaled(mean, var, p):
    return var / (mean * mean + var / (1 - p))


def difference(mean, var, p):
    return (var + mean * mean) * p / (1 - p)
