import numpy as np


def _each(values):
    return values[None, :, None, None]


def right_by_rows(dy, x, weight, eps):
    """As for (N, C), once the pixels stand in the batch axis."""
    channels = x.shape[1]
    rows, drows = (a.transpose(0, 2, 3, 1).reshape(-1, channels) for a in (x, dy))
    n, std = len(rows), np.sqrt(rows.var(axis=0) + eps)
    hat = (rows - rows.mean(axis=0)) / std
    dweight, dbias = (drows * hat).sum(axis=0), drows.sum(axis=0)
    dx = weight / (n * std) * (n * drows - dbias - hat * dweight)
    return dx.reshape(len(x), *x.shape[2:], channels).transpose(0, 3, 1, 2), dweight, dbias


def right_by_the_graph(dy, x, weight, eps):
    axes, n = (0, 2, 3), x.size / x.shape[1]
    centred = x - _each(x.mean(axis=axes))
    var = (centred**2).mean(axis=axes)
    r = 1 / np.sqrt(var + eps)
    dhat = dy * _each(weight)
    dvar = (dhat * centred).sum(axis=axes) * -0.5 * r**3
    dmean = -dhat.sum(axis=axes) * r
    dx = dhat * _each(r) + centred * _each(2 * dvar / n) + _each(dmean / n)
    return dx, (dy * centred).sum(axis=axes) * r, dy.sum(axis=axes)


def _parts(x, eps, axes=(0, 2, 3), ddof=0):
    std = np.sqrt(x.var(axis=axes, keepdims=True, ddof=ddof) + eps)
    return (x - x.mean(axis=axes, keepdims=True)) / std, std


def _sums(dy, hat):
    return np.einsum("nchw,nchw->c", dy, hat), np.einsum("nchw->c", dy)


def batch_axis_only(dy, x, weight, eps):
    hat, std = _parts(x, eps)
    dx = _each(weight) / std * (dy - dy.mean(axis=0) - hat * (dy * hat).mean(axis=0))
    return dx, *_sums(dy, hat)


def pixels_only(dy, x, weight, eps):
    hat, std = _parts(x, eps)
    mean = dy.mean(axis=(2, 3), keepdims=True)
    along = (dy * hat).mean(axis=(2, 3), keepdims=True)
    return _each(weight) / std * (dy - mean - hat * along), *_sums(dy, hat)


def statistics_of_the_image(dy, x, weight, eps):
    hat, std = _parts(x, eps, axes=(2, 3))
    mean = dy.mean(axis=(0, 2, 3), keepdims=True)
    along = (dy * hat).mean(axis=(0, 2, 3), keepdims=True)
    return _each(weight) / std * (dy - mean - hat * along), *_sums(dy, hat)


def both_constants(dy, x, weight, eps):
    hat, std = _parts(x, eps)
    return dy * _each(weight) / std, *_sums(dy, hat)


def mean_constant(dy, x, weight, eps):
    hat, std = _parts(x, eps)
    along = (dy * hat).mean(axis=(0, 2, 3), keepdims=True)
    return _each(weight) / std * (dy - hat * along), *_sums(dy, hat)


def variance_constant(dy, x, weight, eps):
    hat, std = _parts(x, eps)
    dhat = dy * _each(weight)
    return (dhat - dhat.mean(axis=(0, 2, 3), keepdims=True)) / std, *_sums(dy, hat)


def means_for_sums(dy, x, weight, eps):
    dx, _, _ = right_by_rows(dy, x, weight, eps)
    return dx, (dy * _parts(x, eps)[0]).mean(axis=(0, 2, 3)), dy.mean(axis=(0, 2, 3))


def gamma_left_out(dy, x, weight, eps):
    return right_by_rows(dy, x, 1.0, eps)


def unbiased(dy, x, weight, eps):
    hat, std = _parts(x, eps, ddof=1)
    mean = dy.mean(axis=(0, 2, 3), keepdims=True)
    along = (dy * hat).mean(axis=(0, 2, 3), keepdims=True)
    return _each(weight) / std * (dy - mean - hat * along), *_sums(dy, hat)


def eps_left_out(dy, x, weight, eps):
    return right_by_the_graph(dy, x, weight, 0)


def eps_outside_root(dy, x, weight, eps):
    g, last = np.moveaxis(dy, 1, 3), np.moveaxis(x, 1, 3)
    std = last.std((0, 1, 2)) + eps
    hat = (last - last.mean((0, 1, 2))) / std
    dx = weight / std * (g - g.mean((0, 1, 2)) - hat * (g * hat).mean((0, 1, 2)))
    return np.moveaxis(dx, 3, 1), (g * hat).sum((0, 1, 2)), g.sum((0, 1, 2))


def sums_for_means(dy, x, weight, eps):
    g, last = np.moveaxis(dy, 1, 3), np.moveaxis(x, 1, 3)
    std = np.sqrt(last.var((0, 1, 2)) + eps)
    hat = (last - last.mean((0, 1, 2))) / std
    dweight, dbias = (g * hat).sum((0, 1, 2)), g.sum((0, 1, 2))
    return np.moveaxis(weight / std * (g - dbias - hat * dweight), 3, 1), dweight, dbias


def variance_sign(dy, x, weight, eps):
    g, last = np.moveaxis(dy, 1, 3), np.moveaxis(x, 1, 3)
    std = np.sqrt(last.var((0, 1, 2)) + eps)
    hat = (last - last.mean((0, 1, 2))) / std
    dx = weight / std * (g - g.mean((0, 1, 2)) + hat * (g * hat).mean((0, 1, 2)))
    return np.moveaxis(dx, 3, 1), (g * hat).sum((0, 1, 2)), g.sum((0, 1, 2))


def sigma_left_out(dy, x, weight, eps):
    g, last = np.moveaxis(dy, 1, 3), np.moveaxis(x, 1, 3)
    hat = (last - last.mean((0, 1, 2))) / np.sqrt(last.var((0, 1, 2)) + eps)
    dx = weight * (g - g.mean((0, 1, 2)) - hat * (g * hat).mean((0, 1, 2)))
    return np.moveaxis(dx, 3, 1), (g * hat).sum((0, 1, 2)), g.sum((0, 1, 2))


def gamma_in_all(dy, x, weight, eps):
    g, last = np.moveaxis(dy, 1, 3) * weight, np.moveaxis(x, 1, 3)
    std = np.sqrt(last.var((0, 1, 2)) + eps)
    hat = (last - last.mean((0, 1, 2))) / std
    dx = (g - g.mean((0, 1, 2)) - hat * (g * hat).mean((0, 1, 2))) / std
    return np.moveaxis(dx, 3, 1), (g * hat).sum((0, 1, 2)), g.sum((0, 1, 2))
