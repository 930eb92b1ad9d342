import numpy as np


def right_by_the_graph(dy, x, groups, weight, eps):
    rows = x.reshape(len(x) * groups, -1)
    dhat = (dy * weight[:, None, None]).reshape(rows.shape)
    n = rows.shape[1]
    centred = rows - rows.mean(axis=1, keepdims=True)
    r = 1 / np.sqrt((centred**2).mean(axis=1, keepdims=True) + eps)
    dvar = (dhat * centred).sum(axis=1, keepdims=True) * -0.5 * r**3
    dmean = -dhat.sum(axis=1, keepdims=True) * r
    return (dhat * r + 2 * centred * dvar / n + dmean / n).reshape(x.shape)


def right_image_by_image(dy, x, groups, weight, eps):
    dx, size = np.empty_like(x), x.shape[1] // groups
    for image in range(len(x)):
        for start in range(0, x.shape[1], size):
            part = slice(start, start + size)
            dx[image, part] = _of_a_group(dy[image, part], x[image, part], weight[part], eps)
    return dx


def _of_a_group(dy, x, weight, eps):
    std = np.sqrt(x.var() + eps)
    hat, g = (x - x.mean()) / std, dy * weight[:, None, None]
    return (g - g.mean() - hat * (g * hat).mean()) / std


def _each_group(dy, x, groups, formula):
    """``formula(dy, x, channels)`` for every group of every image."""
    dx, size = np.empty_like(x), x.shape[1] // groups
    for image in range(len(x)):
        for start in range(0, x.shape[1], size):
            part = slice(start, start + size)
            dx[image, part] = formula(dy[image, part], x[image, part], part)
    return dx


def _hat_and_std(x, eps, ddof=0):
    std = np.sqrt(x.var(ddof=ddof) + eps)
    return (x - x.mean()) / std, std


def gamma_after_the_means(dy, x, groups, weight, eps):
    def formula(dy, x, part):
        hat, std = _hat_and_std(x, eps)
        return weight[part, None, None] / std * (dy - dy.mean() - hat * (dy * hat).mean())

    return _each_group(dy, x, groups, formula)


def gamma_left_out(dy, x, groups, weight, eps):
    return right_image_by_image(dy, x, groups, np.ones(len(weight)), eps)


def both_constants(dy, x, groups, weight, eps):
    return _each_group(
        dy, x, groups, lambda dy, x, part: dy * weight[part, None, None] / _hat_and_std(x, eps)[1]
    )


def mean_constant(dy, x, groups, weight, eps):
    def formula(dy, x, part):
        hat, std = _hat_and_std(x, eps)
        g = dy * weight[part, None, None]
        return (g - hat * (g * hat).mean()) / std

    return _each_group(dy, x, groups, formula)


def variance_constant(dy, x, groups, weight, eps):
    def formula(dy, x, part):
        g = dy * weight[part, None, None]
        return (g - g.mean()) / _hat_and_std(x, eps)[1]

    return _each_group(dy, x, groups, formula)


def means_of_the_batch(dy, x, groups, weight, eps):
    hat = _each_group(dy, x, groups, lambda dy, x, part: _hat_and_std(x, eps)[0])
    std = _each_group(dy, x, groups, lambda dy, x, part: np.full(x.shape, _hat_and_std(x, eps)[1]))
    g = dy * weight[:, None, None]
    mean = g.mean(axis=(0, 2, 3), keepdims=True)
    return (g - mean - hat * (g * hat).mean(axis=(0, 2, 3), keepdims=True)) / std


def instance_norm(dy, x, groups, weight, eps):
    return right_image_by_image(dy, x, x.shape[1], weight, eps)


def layer_norm(dy, x, groups, weight, eps):
    return right_by_the_graph(dy, x, 1, weight, eps)


def interleaved_groups(dy, x, groups, weight, eps):
    dx = np.empty_like(x)
    for group in range(groups):
        part = slice(group, None, groups)
        dx[:, part] = right_by_the_graph(dy[:, part], x[:, part], 1, weight[part], eps)
    return dx


def unbiased(dy, x, groups, weight, eps):
    def formula(dy, x, part):
        hat, std = _hat_and_std(x, eps, ddof=1)
        g = dy * weight[part, None, None]
        return (g - g.mean() - hat * (g * hat).mean()) / std

    return _each_group(dy, x, groups, formula)


def eps_left_out(dy, x, groups, weight, eps):
    return right_by_the_graph(dy, x, groups, weight, 0)


def variance_sign(dy, x, groups, weight, eps):
    rows = x.reshape(len(x) * groups, -1)
    r = (rows.var(1) + eps)[:, None] ** -0.5
    hat, g = (rows - rows.mean(1)[:, None]) * r, (dy * weight[:, None, None]).reshape(rows.shape)
    return ((g - g.mean(1)[:, None] + hat * (g * hat).mean(1)[:, None]) * r).reshape(x.shape)


def sigma_left_out(dy, x, groups, weight, eps):
    rows = x.reshape(len(x) * groups, -1)
    r = (rows.var(1) + eps)[:, None] ** -0.5
    hat, g = (rows - rows.mean(1)[:, None]) * r, (dy * weight[:, None, None]).reshape(rows.shape)
    return (g - g.mean(1)[:, None] - hat * (g * hat).mean(1)[:, None]).reshape(x.shape)


def group_size_for_groups(dy, x, groups, weight, eps):
    rows = x.reshape(len(x) * (x.shape[1] // groups), -1)
    r = (rows.var(1) + eps)[:, None] ** -0.5
    hat, g = (rows - rows.mean(1)[:, None]) * r, (dy * weight[:, None, None]).reshape(rows.shape)
    return ((g - g.mean(1)[:, None] - hat * (g * hat).mean(1)[:, None]) * r).reshape(x.shape)
