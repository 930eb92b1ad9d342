import numpy as np


def right_with_loops(x, u, p):
    y = np.zeros_like(x)
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            if u[n, c] >= p:
                y[n, c] = x[n, c] / (1 - p)
    return y


def right_by_einsum(x, u, p):
    return np.einsum("nchw,nc->nchw", x, (u >= p) / (1 - p))


def mask_on_pixels(x, u, p):
    mask = u >= p
    return x * mask / (1 - p)


def mask_shared(x, u, p):
    y = x / (1 - p)
    for c in range(x.shape[1]):
        if u[0, c] < p:
            y[:, c] = 0
    return y


def whole_images(x, u, p):
    y = x / (1 - p)
    y[u[:, 0] < p] = 0
    return y


def keep_drop_swapped(x, u, p):
    y = x / (1 - p)
    y[u >= p] = 0
    return y


def scale_left_out(x, u, p):
    y = x.copy()
    y[u < p] = 0
    return y


def scaled_by_what_was_kept(x, u, p):
    keep = (u >= p).astype(float)
    return x * keep[..., None, None] * keep.size / keep.sum()


def axes_swapped(x, u, p):
    mask = (u >= p).T.reshape(x.shape[1], x.shape[0], 1, 1)
    return x * mask / (1 - p)


def changed_input(x, u, p):
    x[u < p] = 0
    return x / (1 - p)


def boundary(x, u, p):
    return x * (u > p)[..., None, None] / (1 - p)


def scaled_by_p(x, u, p):
    return np.where((u >= p)[:, :, None, None], x, 0) / p


def keep_probability(x, u, p):
    return np.where((u < p)[:, :, None, None], x / p if p else x, 0)


def scale_upside_down(x, u, p):
    return x * ((u >= p) * (1 - p))[..., None, None]


def keep_drop_swapped_unscaled(x, u, p):
    y = x.copy()
    y[u >= p] = 0
    return y


def drop_share_kept(x, u, p):
    y = np.zeros_like(x)
    y[u > 1 - p] = x[u > 1 - p]
    return y / p


def other_draw(x, u, p):
    y = x / (1 - p)
    y[u >= 1 - p] = 0
    return y


def scaled_by_root(x, u, p):
    return np.einsum("nchw,nc->nchw", x, (u >= p) * (1 - p) ** -0.5)


def scaled_twice(x, u, p):
    mask = np.where(u >= p, 1 / (1 - p), 0)
    return x * mask[..., None, None] / (1 - p)


def same_channels_everywhere(x, u, p):
    y = x / (1 - p)
    y[:, u.min(axis=0) < p] = 0
    return y
