import numpy as np


def _bn(h, eps):
    return (h - h.mean(0)) / np.sqrt(h.var(0) + eps)


def _drop(h, u, p):
    return np.where(u >= p, h, 0) / (1 - p)


def right_step_by_step(x, weight1, weight2, u, p, eps):
    h = np.einsum("nd,hd->nh", x, weight1)
    h -= h.mean(axis=0)
    h /= np.sqrt((h**2).mean(axis=0) + eps)
    h[h < 0] = 0
    h[u < p] = 0
    return x + np.einsum("nh,dh->nd", h / (1 - p), weight2)


def right_unit_by_unit(x, weight1, weight2, u, p, eps):
    y = x.copy()
    for j, w in enumerate(weight1):
        unit = x @ w
        unit = (unit - unit.mean()) / (unit.var() + eps) ** 0.5
        unit = unit * (unit > 0) * (u[:, j] >= p) / (1 - p)
        y += np.outer(unit, weight2[:, j])
    return y


def sum_left_out(x, weight1, weight2, u, p, eps):
    return _drop(_bn(x @ weight1.T, eps).clip(0), u, p) @ weight2.T


def relu_on_the_sum(x, weight1, weight2, u, p, eps):
    y = x + _drop(_bn(x @ weight1.T, eps).clip(0), u, p) @ weight2.T
    return y.clip(0)


def sum_of_normalised(x, weight1, weight2, u, p, eps):
    f = _drop(_bn(x @ weight1.T, eps).clip(0), u, p) @ weight2.T
    return _bn(x, eps) + f


def dropout_before_norm(x, weight1, weight2, u, p, eps):
    h = x @ weight1.T
    for layer in (lambda h: _drop(h, u, p), lambda h: _bn(h, eps), lambda h: h.clip(0)):
        h = layer(h)
    return x + h @ weight2.T


def relu_before_norm(x, weight1, weight2, u, p, eps):
    h = x @ weight1.T
    for layer in (lambda h: h.clip(0), lambda h: _bn(h, eps), lambda h: _drop(h, u, p)):
        h = layer(h)
    return x + h @ weight2.T


def relu_left_out(x, weight1, weight2, u, p, eps):
    return x + _drop(_bn(x @ weight1.T, eps), u, p) @ weight2.T


def norm_left_out(x, weight1, weight2, u, p, eps):
    return x + _drop((x @ weight1.T).clip(0), u, p) @ weight2.T


def norm_of_the_input(x, weight1, weight2, u, p, eps):
    return x + _drop((_bn(x, eps) @ weight1.T).clip(0), u, p) @ weight2.T


def norm_along_rows(x, weight1, weight2, u, p, eps):
    h = _bn(weight1 @ x.T, eps).T
    return x + _drop(h.clip(0), u, p) @ weight2.T


def scale_left_out(x, weight1, weight2, u, p, eps):
    h = _bn(x @ weight1.T, eps).clip(0)
    h[u < p] = 0
    return x + h @ weight2.T


def dropout_left_out(x, weight1, weight2, u, p, eps):
    return x + _bn(x @ weight1.T, eps).clip(0) @ weight2.T


def mask_turned_round(x, weight1, weight2, u, p, eps):
    h = _bn(x @ weight1.T, eps).clip(0)
    h[u >= p] = 0
    return x + (h / (1 - p)) @ weight2.T
