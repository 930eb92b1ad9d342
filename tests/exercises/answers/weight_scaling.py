import numpy as np


def right_on_the_inputs(x, weight, bias, p):
    return np.dot(x * (1 - p), weight.T) + bias


def right_row_by_row(x, weight, bias, p):
    return np.array(
        [[(1 - p) * np.dot(w, row) + b for w, b in zip(weight, bias, strict=True)] for row in x]
    )


def keep_drop_swapped(x, weight, bias, p):
    scaled = weight * p
    return np.dot(x, scaled.T) + bias


def scale_upside_down(x, weight, bias, p):
    keep = 1 - p
    return np.dot(x, weight.T / keep) + bias


def bias_scaled(x, weight, bias, p):
    y = np.dot(x, weight.T) + bias
    return (1 - p) * y


def not_scaled(x, weight, bias, p):
    return np.einsum("ni,oi->no", x, weight) + bias


def bias_left_out(x, weight, bias, p):
    return np.einsum("ni,oi->no", x, weight) * (1 - p)


def scaled_twice(x, weight, bias, p):
    x = x * (1 - p)
    weight = weight * (1 - p)
    return x @ weight.T + bias


def divided_by_p(x, weight, bias, p):
    return x @ (weight / p).T + bias


def bias_alone_scaled(x, weight, bias, p):
    return np.einsum("ni,oi->no", x, weight) + bias * (1 - p)


def bias_divided(x, weight, bias, p):
    keep = 1 - p
    return keep * (x @ weight.T) + bias / keep


def scaled_by_p_bias_by_keep(x, weight, bias, p):
    return p * np.dot(x, weight.T) + bias - p * bias


def all_scaled_by_p(x, weight, bias, p):
    return (x @ weight.T + bias) * p


def scaled_by_root(x, weight, bias, p):
    return x @ (weight * (1 - p) ** 0.5).T + bias


def all_divided(x, weight, bias, p):
    y = x @ weight.T
    y = y + bias
    return y / (1 - p)
