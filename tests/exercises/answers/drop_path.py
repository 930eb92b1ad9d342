import numpy as np


def right_image_by_image(x, branch, u, p, training):
    y = x + branch
    if training:
        for i, number in enumerate(u):
            y[i] = x[i] + branch[i] / (1 - p) if number >= p else x[i]
    return y


def right_with_einsum(x, branch, u, p, training):
    gate = np.where(u < p, 0.0, 1 / (1 - p)) if training else np.ones(len(u))
    return x + np.einsum("n,nchw->nchw", gate, branch)


def _gate(u, p):
    return (u >= p).reshape(-1, 1, 1, 1).astype(float)


def scale_left_out(x, branch, u, p, training):
    if not training:
        return x + branch
    y = x.copy()
    y[u >= p] += branch[u >= p]
    return y


def scale_on_the_sum(x, branch, u, p, training):
    if not training:
        return x + branch
    y = x.copy()
    for i in range(len(x)):
        if u[i] >= p:
            y[i] = (x[i] + branch[i]) / (1 - p)
    return y


def sum_dropped(x, branch, u, p, training):
    y = x + branch
    if training:
        y = y * _gate(u, p) / (1 - p)
    return y


def input_dropped(x, branch, u, p, training):
    return (x * _gate(u, p) / (1 - p) if training else x) + branch


def input_left_out(x, branch, u, p, training):
    return _gate(u, p) * branch / (1 - p) if training else branch.copy()


def mask_turned_round(x, branch, u, p, training):
    if training:
        branch = branch * (u < p)[:, None, None, None] / (1 - p)
    return x + branch


def one_draw_for_all(x, branch, u, p, training):
    if training:
        if u[0] < p:
            return x.copy()
        branch = branch / (1 - p)
    return x + branch


def scaled_by_p(x, branch, u, p, training):
    if training:
        with np.errstate(all="ignore"):
            return x + branch * _gate(u, p) / (p if p > 0 else np.nan)
    return x + branch


def dropped_in_evaluation(x, branch, u, p, training):
    return x + branch * np.where(u >= p, 1 / (1 - p), 0)[:, None, None, None]


def scaled_in_evaluation(x, branch, u, p, training):
    survival = 1 - p
    return x + (_gate(u, p) if training else survival) * branch


def strictly_above_p(x, branch, u, p, training):
    if not training:
        return x + branch
    return x + branch * (u > p).reshape(-1, 1, 1, 1) / (1 - p)
