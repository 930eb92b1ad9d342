import numpy as np


def right_channel_by_channel(x, weight, bias, eps):
    y = x.copy()
    for c in range(x.shape[1]):
        v = x[:, c]
        y[:, c] = (v - v.mean()) / np.sqrt(v.var() + eps) * weight[c] + bias[c]
    return y


def right_by_flattening(x, weight, bias, eps):
    n, c, h, w = x.shape
    flat = x.transpose(0, 2, 3, 1).reshape(-1, c)
    flat = (flat - flat.mean(axis=0)) / np.sqrt(flat.var(axis=0) + eps) * weight + bias
    return flat.reshape(n, h, w, c).transpose(0, 3, 1, 2)


def batch_axis_only(x, weight, bias, eps):
    x_hat = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps)
    return x_hat * weight.reshape(-1, 1, 1) + bias.reshape(-1, 1, 1)


def per_image(x, weight, bias, eps):
    y = np.empty_like(x)
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            v = x[n, c]
            y[n, c] = weight[c] * (v - v.mean()) / np.sqrt(v.var() + eps) + bias[c]
    return y


def per_image_all_channels(x, weight, bias, eps):
    x_hat = np.stack([(image - image.mean()) / np.sqrt(image.var() + eps) for image in x])
    return x_hat * weight.reshape(-1, 1, 1) + bias.reshape(-1, 1, 1)


def all_axes(x, weight, bias, eps):
    x_hat = (x - x.mean()) / np.sqrt(x.var() + eps)
    return x_hat * weight.reshape(-1, 1, 1) + bias.reshape(-1, 1, 1)


def unbiased(x, weight, bias, eps):
    var = x.var(axis=(0, 2, 3), ddof=1)
    scale = weight / np.sqrt(var + eps)
    shift = bias - scale * x.mean(axis=(0, 2, 3))
    return x * scale[:, None, None] + shift[:, None, None]


def gamma_on_columns(x, weight, bias, eps):
    mean = x.mean(axis=(0, 2, 3), keepdims=True)
    var = x.var(axis=(0, 2, 3), keepdims=True)
    return weight * (x - mean) / np.sqrt(var + eps) + bias


def eps_outside_root(x, weight, bias, eps):
    scale = weight / (x.std(axis=(0, 2, 3)) + eps)
    shift = bias - scale * x.mean(axis=(0, 2, 3))
    return x * scale[:, None, None] + shift[:, None, None]


def not_scaled_and_shifted(x, weight, bias, eps):
    mean = x.mean(axis=(0, 2, 3))[None, :, None, None]
    var = x.var(axis=(0, 2, 3))[None, :, None, None]
    return (x - mean) / np.sqrt(var + eps)


def exception(x, weight, bias, eps):
    mean = x.mean(axis=(0, 2, 3))
    return (x - mean) / np.sqrt(x.var(axis=(0, 2, 4)) + eps)


def variance_for_deviation(x, weight, bias, eps):
    last = np.moveaxis(x, 1, 3)
    x_hat = (last - last.mean((0, 1, 2))) / (last.var((0, 1, 2)) + eps)
    return np.moveaxis(x_hat * weight + bias, 3, 1)


def swapped_gamma_beta(x, weight, bias, eps):
    last = np.moveaxis(x, 1, 3)
    x_hat = (last - last.mean((0, 1, 2))) / np.sqrt(last.var((0, 1, 2)) + eps)
    return np.moveaxis(x_hat * bias + weight, 3, 1)


def eps_left_out(x, weight, bias, eps):
    last = np.moveaxis(x, 1, 3)
    x_hat = (last - last.mean((0, 1, 2))) / last.std((0, 1, 2))
    return np.moveaxis(x_hat * weight + bias, 3, 1)


def shifted_before_scaled(x, weight, bias, eps):
    last = np.moveaxis(x, 1, 3)
    x_hat = (last - last.mean((0, 1, 2))) / np.sqrt(last.var((0, 1, 2)) + eps)
    return np.moveaxis((x_hat + bias) * weight, 3, 1)


def minimum_and_maximum(x, weight, bias, eps):
    last = np.moveaxis(x, 1, 3)
    low, high = last.min((0, 1, 2)), last.max((0, 1, 2))
    return np.moveaxis((last - low) / (high - low + eps) * weight + bias, 3, 1)


def variance_of_the_means(x, weight, bias, eps):
    means = np.array([image.mean(axis=(1, 2)) for image in x])
    last = np.moveaxis(x, 1, 3)
    x_hat = (last - means.mean(axis=0)) / np.sqrt(means.var(axis=0) + eps)
    return np.moveaxis(x_hat * weight + bias, 3, 1)


def mean_left_out(x, weight, bias, eps):
    last = np.moveaxis(x, 1, 3)
    return np.moveaxis(last / np.sqrt(last.var((0, 1, 2)) + eps) * weight + bias, 3, 1)
