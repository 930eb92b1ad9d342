import numpy as np
from scipy.signal import convolve2d, correlate2d


def right_place_by_place(dy, x, weight):
    k, m = weight.shape[2:]
    dx, dw = np.zeros_like(x), np.zeros_like(weight)
    for i in range(dy.shape[2]):
        for j in range(dy.shape[3]):
            patch, g = x[:, :, i : i + k, j : j + m], dy[:, :, i, j]
            dx[:, :, i : i + k, j : j + m] += np.tensordot(g, weight, 1)
            dw += np.tensordot(g.T, patch, 1)
    return dx, dw, dy.sum((0, 2, 3))


def right_with_scipy(dy, x, weight):
    dx, dw = np.zeros_like(x), np.zeros_like(weight)
    for n, o, c in np.ndindex(len(x), len(weight), x.shape[1]):
        dx[n, c] += convolve2d(dy[n, o], weight[o, c])
        dw[o, c] += correlate2d(x[n, c], dy[n, o], "valid")
    return dx, dw, np.einsum("nohw->o", dy)


def _dx(dy, weight):
    """Slides the turned kernel over a padded dy."""
    k, m = weight.shape[2:]
    room = np.pad(dy, ((0, 0), (0, 0), (k - 1, k - 1), (m - 1, m - 1)))
    windows = np.lib.stride_tricks.sliding_window_view(room, (k, m), axis=(2, 3))
    return np.einsum("nohwkm,ockm->nchw", windows, weight[:, :, ::-1, ::-1])


def _dw(dy, x):
    windows = np.lib.stride_tricks.sliding_window_view(x, dy.shape[2:], axis=(2, 3))
    return np.einsum("nckmhw,nohw->ockm", windows, dy)


def dx_kernel_turned(dy, x, weight):
    k, m = weight.shape[2:]
    room = np.pad(dy, ((0, 0), (0, 0), (k - 1, k - 1), (m - 1, m - 1)))
    windows = np.lib.stride_tricks.sliding_window_view(room, (k, m), axis=(2, 3))
    dx = np.einsum("nohwkm,ockm->nchw", windows, weight)
    return dx, _dw(dy, x), dy.sum(axis=(0, 2, 3))


def dx_overwritten(dy, x, weight):
    k, m = weight.shape[2:]
    dx = np.zeros(x.shape)
    for i in range(dy.shape[2]):
        for j in range(dy.shape[3]):
            dx[:, :, i : i + k, j : j + m] = np.tensordot(dy[:, :, i, j], weight, 1)
    return dx, _dw(dy, x), dy.sum(axis=(0, 2, 3))


def dweight_kernel_turned(dy, x, weight):
    dw = np.zeros(weight.shape)
    for o, c, n in np.ndindex(*weight.shape[:2], len(x)):
        dw[o, c] += convolve2d(x[n, c], dy[n, o][::-1, ::-1], "valid")[::-1, ::-1]
    return _dx(dy, weight), dw, dy.sum(axis=(0, 2, 3))


def dweight_averaged(dy, x, weight):
    each = [_dw(g[None], image[None]) for g, image in zip(dy, x, strict=True)]
    return _dx(dy, weight), np.mean(each, axis=0), dy.sum(axis=(0, 2, 3))


def dweight_averaged_over_places(dy, x, weight):
    count = len(x) * dy.shape[2] * dy.shape[3]
    return _dx(dy, weight), _dw(dy, x) / count, dy.sum(axis=(0, 2, 3))


def dbias_averaged(dy, x, weight):
    return _dx(dy, weight), _dw(dy, x), [g.mean() for g in dy.swapaxes(0, 1)]


def dbias_averaged_over_images(dy, x, weight):
    return _dx(dy, weight), _dw(dy, x), dy.sum(axis=3).sum(axis=2).mean(axis=0)


def dbias_over_places_averaged(dy, x, weight):
    return _dx(dy, weight), _dw(dy, x), sum(g.mean(axis=(1, 2)) for g in dy)


def last_place_left_out(dy, x, weight):
    k, m = weight.shape[2:]
    dx, dw = np.zeros_like(x), np.zeros_like(weight)
    for i in range(dy.shape[2] - 1):
        for j in range(dy.shape[3] - 1):
            dx[:, :, i : i + k, j : j + m] += np.tensordot(dy[:, :, i, j], weight, 1)
            dw += np.tensordot(dy[:, :, i, j].T, x[:, :, i : i + k, j : j + m], 1)
    return dx, dw, dy.sum(axis=(0, 2, 3))
