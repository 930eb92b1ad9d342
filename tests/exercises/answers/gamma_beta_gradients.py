import numpy as np


def right_channel_by_channel(dy, x, eps):
    dweight, dbias = [], []
    for c in range(x.shape[1]):
        v, d = x[:, c], dy[:, c]
        dweight.append(np.sum(d * (v - v.mean()) / np.sqrt(v.var() + eps)))
        dbias.append(np.sum(d))
    return np.array(dweight), np.array(dbias)


def right_by_einsum(dy, x, eps):
    mean, var = x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3))
    dbias = np.einsum("nchw->c", dy)
    return (np.einsum("nchw,nchw->c", dy, x) - mean * dbias) / np.sqrt(var + eps), dbias


def _x_hat(x, eps):
    mean = x.mean(axis=(0, 2, 3)).reshape(1, -1, 1, 1)
    var = ((x - mean) ** 2).mean(axis=(0, 2, 3)).reshape(1, -1, 1, 1)
    return (x - mean) / np.sqrt(var + eps)


def means_for_sums(dy, x, eps):
    return np.mean(dy * _x_hat(x, eps), axis=(0, 2, 3)), np.mean(dy, axis=(0, 2, 3))


def not_normalised(dy, x, eps):
    centred = x - x.mean(axis=(0, 2, 3))[:, None, None]
    return np.einsum("nchw,nchw->c", dy, centred), np.einsum("nchw->c", dy)


def raw_x(dy, x, eps):
    return np.einsum("nchw,nchw->c", dy, x), np.einsum("nchw->c", dy)


def batch_axis_only(dy, x, eps):
    return sum(dy * _x_hat(x, eps)), sum(dy)


def swapped(dy, x, eps):
    return np.einsum("nchw->c", dy), np.einsum("nchw,nchw->c", dy, _x_hat(x, eps))


def all_axes(dy, x, eps):
    return np.sum(dy * _x_hat(x, eps)), np.sum(dy)


def eps_left_out(dy, x, eps):
    return np.einsum("nchw,nchw->c", dy, _x_hat(x, 0)), np.einsum("nchw->c", dy)


def unbiased(dy, x, eps):
    n = x.size // x.shape[1]
    centred = x - x.mean(axis=(0, 2, 3), keepdims=True)
    var = (centred**2).sum(axis=(0, 2, 3)) / (n - 1)
    return (dy * centred).sum(axis=(0, 2, 3)) / np.sqrt(var + eps), dy.sum(axis=(0, 2, 3))


def reshaped(dy, x, eps):
    return (dy * _x_hat(x, eps)).sum(axis=(0, 2, 3), keepdims=True), dy.sum(
        axis=(0, 2, 3), keepdims=True
    )


def product_of_sums(dy, x, eps):
    last = np.moveaxis(x, 1, 3)
    hat = np.abs(last - last.mean((0, 1, 2))) / np.sqrt(last.var((0, 1, 2)) + eps)
    dbias = np.moveaxis(dy, 1, 3).sum((0, 1, 2))
    return dbias * hat.sum((0, 1, 2)), dbias


def variance_for_deviation(dy, x, eps):
    last, g = np.moveaxis(x, 1, 3), np.moveaxis(dy, 1, 3)
    hat = (last - last.mean((0, 1, 2))) / (last.var((0, 1, 2)) + eps)
    return (g * hat).sum((0, 1, 2)), g.sum((0, 1, 2))


def eps_outside_root(dy, x, eps):
    last, g = np.moveaxis(x, 1, 3), np.moveaxis(dy, 1, 3)
    hat = (last - last.mean((0, 1, 2))) / (last.std((0, 1, 2)) + eps)
    return (g * hat).sum((0, 1, 2)), g.sum((0, 1, 2))


def per_image(dy, x, eps):
    last, g = np.moveaxis(x, 1, 3), np.moveaxis(dy, 1, 3)
    hat = (last - last.mean((0, 1, 2))) / np.sqrt(last.var((0, 1, 2)) + eps)
    return (g * hat).sum((1, 2)), g.sum((1, 2))


def statistics_of_the_image(dy, x, eps):
    hat = [
        (i - i.mean((1, 2), keepdims=True)) / np.sqrt(i.var((1, 2), keepdims=True) + eps) for i in x
    ]
    return np.einsum("nchw,nchw->c", dy, np.array(hat)), np.einsum("nchw->c", dy)


def mean_over_images(dy, x, eps):
    last, g = np.moveaxis(x, 1, 3), np.moveaxis(dy, 1, 3)
    hat = (last - last.mean((0, 1, 2))) / np.sqrt(last.var((0, 1, 2)) + eps)
    return (g * hat).sum((1, 2)).mean(0), g.sum((1, 2)).mean(0)
