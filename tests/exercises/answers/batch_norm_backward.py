import numpy as np


def right_by_the_graph(dy, x, weight, eps):
    n = len(x)
    centred = x - x.mean(axis=0)
    var = (centred**2).mean(axis=0)
    dx_hat = dy * weight
    dvar = (dx_hat * centred).sum(axis=0) * -0.5 * (var + eps) ** -1.5
    dmean = -(dx_hat / np.sqrt(var + eps)).sum(axis=0)
    return dx_hat / np.sqrt(var + eps) + dvar * 2 * centred / n + dmean / n


def right_with_sums(dy, x, weight, eps):
    n = len(x)
    std = np.sqrt(x.var(axis=0) + eps)
    x_hat = (x - x.mean(axis=0)) / std
    return weight / (n * std) * (n * dy - dy.sum(axis=0) - x_hat * (dy * x_hat).sum(axis=0))


def both_constants(dy, x, weight, eps):
    std = np.sqrt(x.var(axis=0) + eps)
    return dy * weight / std


def mean_constant(dy, x, weight, eps):
    n = len(x)
    centred = x - x.mean(axis=0)
    var = (centred**2).mean(axis=0)
    dx_hat = dy * weight
    dvar = (dx_hat * centred).sum(axis=0) * -0.5 * (var + eps) ** -1.5
    return dx_hat / np.sqrt(var + eps) + dvar * 2 * centred / n


def variance_constant(dy, x, weight, eps):
    std = np.sqrt(x.var(axis=0) + eps)
    dx_hat = dy * weight / std
    return dx_hat - dx_hat.mean(axis=0)


def variance_sign(dy, x, weight, eps):
    n = len(x)
    centred = x - x.mean(axis=0)
    var = (centred**2).mean(axis=0)
    dx_hat = dy * weight
    dvar = (dx_hat * centred).sum(axis=0) * 0.5 * (var + eps) ** -1.5
    dmean = -(dx_hat / np.sqrt(var + eps)).sum(axis=0)
    return dx_hat / np.sqrt(var + eps) + dvar * 2 * centred / n + dmean / n


def sums_for_means(dy, x, weight, eps):
    std = np.sqrt(x.var(axis=0) + eps)
    x_hat = (x - x.mean(axis=0)) / std
    return weight / std * (dy - np.sum(dy, axis=0) - x_hat * np.sum(dy * x_hat, axis=0))


def gamma_left_out(dy, x, weight, eps):
    n = len(x)
    std = np.sqrt(x.var(axis=0) + eps)
    x_hat = (x - x.mean(axis=0)) / std
    return (n * dy - dy.sum(axis=0) - x_hat * (dy * x_hat).sum(axis=0)) / (n * std)


def sigma_left_out(dy, x, weight, eps):
    x_hat = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps)
    g = dy * weight
    return g - g.mean(axis=0) - x_hat * (g * x_hat).mean(axis=0)


def not_normalised(dy, x, weight, eps):
    std = np.sqrt(x.var(axis=0) + eps)
    centred = x - x.mean(axis=0)
    return weight / std * (dy - dy.mean(axis=0) - centred * (dy * centred).mean(axis=0))


def unbiased(dy, x, weight, eps):
    var = ((x - x.mean(axis=0)) ** 2).sum(axis=0) / (len(x) - 1)
    std = np.sqrt(var + eps)
    x_hat = (x - x.mean(axis=0)) / std
    return weight / std * (dy - dy.mean(axis=0) - x_hat * (dy * x_hat).mean(axis=0))


def eps_left_out(dy, x, weight, eps):
    n, std = len(x), x.std(axis=0)
    x_hat = (x - x.mean(axis=0)) / std
    return weight / (n * std) * (n * dy - dy.sum(axis=0) - x_hat * (dy * x_hat).sum(axis=0))


def divided_by_variance(dy, x, weight, eps):
    var = x.var(axis=0) + eps
    x_hat = (x - x.mean(axis=0)) / np.sqrt(var)
    return weight / var * (dy - dy.mean(axis=0) - x_hat * (dy * x_hat).mean(axis=0))


def one_mean_for_all(dy, x, weight, eps):
    r = (x.var(axis=0) + eps) ** -0.5
    hat, g = (x - x.mean(axis=0)) * r, dy * weight
    return (g - g.mean() - hat * (g * hat).mean()) * r


def over_features(dy, x, weight, eps):
    r = (x.var(axis=0) + eps) ** -0.5
    hat, g = (x - x.mean(axis=0)) * r, dy * weight
    inner = np.einsum("nc,nc->n", g, hat) / x.shape[1]
    return (g - g.mean(axis=1)[:, None] - hat * inner[:, None]) * r


def eps_outside_root(dy, x, weight, eps):
    std = x.std(axis=0) + eps
    hat, g = (x - x.mean(axis=0)) / std, dy * weight
    return (g - g.mean(axis=0) - hat * (g * hat).mean(axis=0)) / std


def gamma_twice(dy, x, weight, eps):
    r = (x.var(axis=0) + eps) ** -0.5
    hat, g = (x - x.mean(axis=0)) * r, dy * weight
    return weight * r * (g - g.mean(axis=0) - hat * (g * hat).mean(axis=0))


def variance_term_twice(dy, x, weight, eps):
    r = (x.var(axis=0) + eps) ** -0.5
    g = dy * weight
    dvar = -((g * (x - x.mean(axis=0))).sum(axis=0)) * r**3
    return g * r - (g * r).mean(axis=0) + dvar * 2 * (x - x.mean(axis=0)) / len(x)


def variance_term_half(dy, x, weight, eps):
    r = (x.var(axis=0) + eps) ** -0.5
    g = dy * weight
    dvar = -0.5 * (g * (x - x.mean(axis=0))).sum(axis=0) * r**3
    return g * r - (g * r).mean(axis=0) + dvar * (x - x.mean(axis=0)) / len(x)


def raw_x(dy, x, weight, eps):
    g = dy * weight
    dx = g - g.mean(axis=0) - x * np.mean(g * x, axis=0)
    return dx / np.sqrt(x.var(axis=0) + eps)
