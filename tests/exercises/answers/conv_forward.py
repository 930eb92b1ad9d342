import numpy as np
from scipy.signal import convolve2d, correlate2d


def right_with_loops_over_places(x, weight, bias):
    k, m = weight.shape[2:]
    y = np.zeros((len(x), len(weight), x.shape[2] - k + 1, x.shape[3] - m + 1))
    for i in range(y.shape[2]):
        for j in range(y.shape[3]):
            patch = x[:, :, i : i + k, j : j + m].reshape(len(x), -1)
            y[:, :, i, j] = patch @ weight.reshape(len(weight), -1).T + bias
    return y


def right_with_scipy(x, weight, bias):
    return np.array(
        [
            [sum(correlate2d(c, w, "valid") for c, w in zip(image, kernels, strict=True)) + b]
            for image in x
            for kernels, b in zip(weight, bias, strict=True)
        ]
    ).reshape(
        len(x), len(weight), x.shape[2] - weight.shape[2] + 1, x.shape[3] - weight.shape[3] + 1
    )


def _slide(x, weight):
    """Sum over shifted copies; used by the wrong answers below."""
    k, m = weight.shape[2:]
    h, w = x.shape[2] - k + 1, x.shape[3] - m + 1
    return sum(
        np.einsum("nchw,oc->nohw", x[:, :, i : i + h, j : j + w], weight[:, :, i, j])
        for i in range(k)
        for j in range(m)
    )


def kernel_turned(x, weight, bias):
    out = []
    for image in x:
        maps = []
        for o in range(len(weight)):
            maps.append(
                sum(convolve2d(image[c], weight[o, c], mode="valid") for c in range(len(image)))
                + bias[o]
            )
        out.append(maps)
    return np.array(out)


def bias_left_out(x, weight, bias):
    return _slide(x, weight)


def channels_averaged(x, weight, bias):
    return _slide(x, weight) / x.shape[1] + bias.reshape(1, -1, 1, 1)


def first_channel_only(x, weight, bias):
    out = [[correlate2d(image[0], kernel[0], "valid") for kernel in weight] for image in x]
    return np.array(out) + bias[None, :, None, None]


def kernel_transposed(x, weight, bias):
    return _slide(x, weight.transpose(0, 1, 3, 2)) + bias[None, :, None, None]


def weight_axes_swapped(x, weight, bias):
    k, m = weight.shape[2:]
    h, w = x.shape[2] - k + 1, x.shape[3] - m + 1
    y = sum(
        np.einsum("nchw,co->nohw", x[:, :, i : i + h, j : j + w], weight[:, :, i, j])
        for i in range(k)
        for j in range(m)
    )
    return y + bias[:, None, None]


def bias_per_channel_in(x, weight, bias):
    parts = [
        _slide(x[:, c : c + 1], weight[:, c : c + 1]) + bias[:, None, None]
        for c in range(x.shape[1])
    ]
    return sum(parts)


def bias_on_columns(x, weight, bias):
    return _slide(x, weight) + bias


def last_place_left_out(x, weight, bias):
    k, m = weight.shape[2:]
    h, w = x.shape[2] - k + 1, x.shape[3] - m + 1
    y = np.zeros((len(x), len(weight), h, w))
    for i in range(h - 1):
        for j in range(w - 1):
            patch = x[:, :, i : i + k, j : j + m]
            y[:, :, i, j] = np.einsum("nckm,ockm->no", patch, weight) + bias
    return y


def patches_averaged(x, weight, bias):
    k, m = weight.shape[2:]
    y = np.empty((len(x), len(weight), x.shape[2] - k + 1, x.shape[3] - m + 1))
    for n, o, i, j in np.ndindex(y.shape):
        y[n, o, i, j] = np.mean(x[n, :, i : i + k, j : j + m] * weight[o]) + bias[o]
    return y


def kernel_averaged(x, weight, bias):
    k, m = weight.shape[2:]
    y = np.empty((len(x), len(weight), x.shape[2] - k + 1, x.shape[3] - m + 1))
    for n, o, i, j in np.ndindex(y.shape):
        product = x[n, :, i : i + k, j : j + m] * weight[o]
        y[n, o, i, j] = product.mean(axis=(1, 2)).sum() + bias[o]
    return y


def summed_before_multiplying(x, weight, bias):
    gray, flat = x.sum(axis=1)[:, None], weight.sum(axis=1)[:, None]
    return _slide(gray, flat) + bias[:, None, None]


def places_side_by_side(x, weight, bias):
    k, m = weight.shape[2:]
    h, w = x.shape[2] // k, x.shape[3] // m
    y = np.empty((len(x), len(weight), h, w))
    for i, j in np.ndindex(h, w):
        patch = x[:, :, i * k : (i + 1) * k, j * m : (j + 1) * m]
        y[:, :, i, j] = np.einsum("nckm,ockm->no", patch, weight) + bias
    return y


def bias_multiplied(x, weight, bias):
    return _slide(x, weight) * bias.reshape(1, -1, 1, 1)


def kernel_upside_down(x, weight, bias):
    k, m = weight.shape[2:]
    h, w = x.shape[2] - k + 1, x.shape[3] - m + 1
    y = np.zeros((len(x), len(weight), h, w)) + bias[:, None, None]
    for a, c in np.ndindex(k, m):
        part = x[:, :, a : a + h, c : c + w]
        y += np.einsum("nchw,oc->nohw", part, weight[:, :, k - 1 - a, c])
    return y
