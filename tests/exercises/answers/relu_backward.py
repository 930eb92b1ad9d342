import numpy as np


def right_with_where(dy, x):
    return np.where(x > 0, dy, 0.0)


def right_by_assignment(dy, x):
    dx = dy.copy()
    dx[x <= 0] = 0
    return dx


def always_one(dy, x):
    y = np.maximum(x, 0)
    return dy * (y >= 0)


def always_one__again(dy, x):
    return 1.0 * dy


def mask_complement(dy, x):
    dx = dy.copy()
    dx[x >= 0] = 0
    return dx


def gradient_clipped(dy, x):
    return np.where(dy > 0, dy, 0)


def gradient_clipped_too(dy, x):
    dx = np.where(x > 0, dy, 0)
    dx[dx < 0] = 0
    return dx


def times_x(dy, x):
    y = np.where(x > 0, x, 0)
    return dy * y


def slope_alone(dy, x):
    return np.where(x > 0, 1.0, 0.0)


def negative_side(dy, x):
    dx = dy.copy()
    dx[x < 0] *= -1
    dx[x == 0] = 0
    return dx


def kink(dy, x):
    dx = dy.copy()
    dx[x < 0] = 0
    return dx


def changed_input(dy, x):
    dy[x <= 0] = 0
    return dy


def times_input(dy, x):
    return np.multiply(x, dy)


def forward_again(dy, x):
    return np.where(x > 0, x, 0)


def leaky(dy, x):
    dx = dy.copy()
    dx[x <= 0] *= 0.01
    return dx


def sigmoid_slope(dy, x):
    s = 1 / (1 + np.exp(-x))
    return dy * s * (1 - s)


def both_positive(dy, x):
    product = dy * x
    return np.where(product > 0, product, 0)


def added(dy, x):
    return np.where(x > 0, 1.0, 0.0) + dy
