import numpy as np


def right_channel_by_channel(x):
    mean = np.array([x[:, c].mean() for c in range(x.shape[1])])
    return mean, np.array([((x[:, c] - m) ** 2).mean() for c, m in enumerate(mean)])


def right_with_channels_first(x):
    rows = x.transpose(1, 0, 2, 3).reshape(x.shape[1], -1)
    centred = rows - rows.mean(axis=1, keepdims=True)
    return rows.mean(axis=1), (centred * centred).sum(axis=1) / rows.shape[1]


def batch_axis_only(x):
    mean = x.mean(axis=0)
    return mean, ((x - mean) ** 2).mean(axis=0)


def per_image(x):
    flat = x.reshape(x.shape[0], x.shape[1], -1)
    return flat.mean(axis=2), flat.var(axis=2)


def per_image_all_channels(x):
    flat = x.reshape(len(x), -1)
    return flat.mean(axis=1), flat.var(axis=1)


def all_axes(x):
    return np.mean(x), np.var(x)


def channels_last(x):
    flat = x.reshape(-1, x.shape[-1])
    return flat.mean(axis=0), flat.var(axis=0)


def unbiased(x):
    n = x.size // x.shape[1]
    mean = x.sum(axis=(0, 2, 3)) / n
    return mean, ((x - mean[:, None, None]) ** 2).sum(axis=(0, 2, 3)) / (n - 1)


def standard_deviation(x):
    return x.mean(axis=(0, 2, 3)), np.sqrt(x.var(axis=(0, 2, 3)))


def cancellation(x):
    mean = x.mean(axis=(0, 2, 3))
    return mean, (x**2).mean(axis=(0, 2, 3)) - mean**2


def mean_square(x):
    n = x.size / x.shape[1]
    return x.sum(axis=(0, 2, 3)) / n, np.square(x).sum(axis=(0, 2, 3)) / n


def reshaped(x):
    return x.mean(axis=(0, 2, 3), keepdims=True), x.var(axis=(0, 2, 3), keepdims=True)


def divided_by_images(x):
    mean = x.mean(axis=(0, 2, 3))
    squares = ((x - mean[:, None, None]) ** 2).sum(axis=(0, 2, 3))
    return mean, squares / len(x)


def sums_by_images(x):
    n, right = len(x), x.mean(axis=(0, 2, 3), keepdims=True)
    return x.sum(axis=(0, 2, 3)) / n, ((x - right) ** 2).sum(axis=(0, 2, 3)) / n


def variance_of_the_means(x):
    means = np.array([image.mean(axis=(1, 2)) for image in x])
    return means.mean(axis=0), ((means - means.mean(axis=0)) ** 2).mean(axis=0)


def absolute_deviation(x):
    rows = x.swapaxes(0, 1).reshape(x.shape[1], -1)
    mean = rows.mean(axis=1)
    return mean, np.abs(rows - mean[:, None]).mean(axis=1)


def mean_not_squared(x):
    mean = np.einsum("nchw->c", x) / x[:, 0].size
    return mean, np.einsum("nchw,nchw->c", x, x) / x[:, 0].size - mean


def shared_mean(x):
    centre = x.sum() / x.size
    return x.mean(axis=(0, 2, 3)), np.square(x - centre).mean(axis=(0, 2, 3))
