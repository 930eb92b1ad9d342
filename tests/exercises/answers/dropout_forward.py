import numpy as np


def right_with_where(x, u, p, training):
    if not training:
        return x
    return np.where(u < p, 0.0, x / (1 - p))


def right_in_a_loop(x, u, p, training):
    y = np.zeros(x.shape)
    for index in np.ndindex(*x.shape):
        if not training:
            y[index] = x[index]
        elif u[index] >= p:
            y[index] = x[index] / (1 - p)
    return y


def keep_drop_swapped(x, u, p, training):
    if not training:
        return x
    mask = u < p
    return mask * x / (1 - p)


def keep_probability(x, u, p, training):
    if training:
        keep = np.where(u < p, 1, 0)
        x = x * keep / p
    return x


def scale_left_out(x, u, p, training):
    if not training:
        return x
    y = x.copy()
    y[u < p] = 0
    return y


def scale_upside_down(x, u, p, training):
    if training:
        return np.where(u >= p, x, 0) * (1 - p)
    return x


def scaled_by_p(x, u, p, training):
    mask = (u >= p).astype(float)
    return x * mask / p if training else x


def other_draw(x, u, p, training):
    keep_prob = 1.0 - p
    if training:
        return x * (u < keep_prob) / keep_prob
    return x


def mask_shared(x, u, p, training):
    if not training:
        return x
    mask = u[0] >= p
    return mask * x / (1 - p)


def active_in_evaluation(x, u, p, training):
    y = np.array(x)
    y[u < p] = 0.0
    return y / (1 - p)


def scaled_in_evaluation(x, u, p, training):
    if not training:
        return (1 - p) * x
    return (u >= p) * x / (1 - p)


def boundary(x, u, p, training):
    if not training:
        return x
    mask = np.zeros_like(x)
    mask[u > p] = 1 / (1 - p)
    return x * mask


def original_dropout(x, u, p, training):
    return np.where(u >= p, x, 0) if training else (1 - p) * x


def scaled_by_what_was_kept(x, u, p, training):
    mask = u >= p
    return x * mask / mask.mean() if training else x


def drop_share_kept(x, u, p, training):
    if not training:
        return x.copy()
    return np.where(u > 1 - p, x, 0.0) / p if p > 0 else np.zeros_like(x)


def scaled_by_root(x, u, p, training):
    mask = np.where(u < p, 0, (1 - p) ** -0.5)
    return x * mask if training else x


def scaled_by_one_plus_p(x, u, p, training):
    return np.where(u >= p, x + p * x, 0) if training else x


def sum_kept(x, u, p, training):
    if not training:
        return x
    kept = np.where(u < p, 0, x)
    return kept / kept.sum() * x.sum()


def fixed_number(x, u, p, training):
    if not training:
        return x
    y = x.copy().reshape(-1)
    y[np.argsort(u, axis=None)[: round(p * x.size)]] = 0
    return y.reshape(x.shape) / (1 - p)
