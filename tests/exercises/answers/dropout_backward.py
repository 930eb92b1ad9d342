import numpy as np


def right_with_where(dy, mask, p):
    return np.where(mask, dy / (1 - p), 0)


def right_in_a_loop(dy, mask, p):
    dx = np.zeros(dy.shape)
    for index in np.ndindex(*dy.shape):
        if mask[index]:
            dx[index] = dy[index] / (1.0 - p)
    return dx


def mask_left_out(dy, mask, p):
    scale = 1 / (1 - p)
    return scale * dy


def scale_left_out(dy, mask, p):
    return np.where(mask, dy, 0)


def scaled_twice(dy, mask, p):
    noise = mask / (1 - p)
    return dy * noise / (1 - p)


def scale_upside_down(dy, mask, p):
    dx = dy * (1 - p)
    dx[~mask] = 0
    return dx


def mask_complement(dy, mask, p):
    dx = dy / (1 - p)
    dx[mask] = 0
    return dx


def keep_drop_swapped(dy, mask, p):
    return np.where(mask, dy / p, 0)


def passed_through(dy, mask, p):
    return dy


def changed_input(dy, mask, p):
    dy *= mask
    dy /= 1 - p
    return dy


def nothing_returned(dy, mask, p):
    dx = dy * mask / (1 - p)
    print(dx)


def precision(dy, mask, p):
    return (dy * mask / (1 - p)).astype(np.float32)


def not_repeatable(dy, mask, p):
    mask = np.random.random(dy.shape) >= p  # noqa: NPY002
    return dy * mask / (1 - p)


def sign(dy, mask, p):
    return -dy * mask / (1 - p)


def scaled_by_what_was_kept(dy, mask, p):
    return dy * mask * mask.size / mask.sum()


def odds_for_scale(dy, mask, p):
    return np.where(mask, dy * p / (1 - p), 0)


def scaled_by_root(dy, mask, p):
    return dy * mask * (1 - p) ** -0.5


def dropped_unscaled(dy, mask, p):
    dx = dy.copy()
    dx[mask] /= 1 - p
    return dx


def scaled_by_one_plus_p(dy, mask, p):
    return dy * mask + p * dy * mask


def averaged(dy, mask, p):
    return np.where(mask, dy, 0) / ((1 - p) * mask.size)


def sum_kept(dy, mask, p):
    kept = np.where(mask, dy, 0)
    return kept / kept.sum() * dy.sum()
