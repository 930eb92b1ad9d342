import numpy as np


def right_group_by_group(x, groups, weight, bias, eps):
    y, size = np.empty_like(x), x.shape[1] // groups
    for n in range(len(x)):
        for g in range(groups):
            part = x[n, g * size : (g + 1) * size]
            y[n, g * size : (g + 1) * size] = (part - part.mean()) / np.sqrt(part.var() + eps)
    return y * weight[:, None, None] + bias[:, None, None]


def right_on_rows(x, groups, weight, bias, eps):
    rows = x.reshape(len(x) * groups, -1)
    rows = (rows - rows.mean(axis=1, keepdims=True)) / np.sqrt(
        rows.var(axis=1, keepdims=True) + eps
    )
    return np.einsum("nchw,c->nchw", rows.reshape(x.shape), weight) + bias.reshape(1, -1, 1, 1)


def batch_included(x, groups, weight, bias, eps):
    y, size = np.empty_like(x), x.shape[1] // groups
    for g in range(groups):
        part = x[:, g * size : (g + 1) * size]
        y[:, g * size : (g + 1) * size] = (part - part.mean()) / np.sqrt(part.var() + eps)
    return y * weight[:, None, None] + bias[:, None, None]


def instance_norm(x, groups, weight, bias, eps):
    mean, var = x.mean(axis=(2, 3), keepdims=True), x.var(axis=(2, 3), keepdims=True)
    return (x - mean) / np.sqrt(var + eps) * weight[:, None, None] + bias[:, None, None]


def layer_norm(x, groups, weight, bias, eps):
    mean, var = x.mean(axis=(1, 2, 3), keepdims=True), x.var(axis=(1, 2, 3), keepdims=True)
    return (x - mean) / np.sqrt(var + eps) * weight[:, None, None] + bias[:, None, None]


def interleaved_groups(x, groups, weight, bias, eps):
    y = np.empty_like(x)
    for n in range(len(x)):
        for g in range(groups):
            part = x[n, g::groups]
            y[n, g::groups] = (part - part.mean()) / np.sqrt(part.var() + eps)
    return y * weight[:, None, None] + bias[:, None, None]


def group_size_for_groups(x, groups, weight, bias, eps):
    y = np.empty_like(x)
    for n in range(len(x)):
        for start in range(0, x.shape[1], groups):
            part = x[n, start : start + groups]
            y[n, start : start + groups] = (part - part.mean()) / np.sqrt(part.var() + eps)
    return y * weight[:, None, None] + bias[:, None, None]


def pixels_apart(x, groups, weight, bias, eps):
    parts = np.split(x, groups, axis=1)
    normed = [
        (p - p.mean(1, keepdims=True)) / np.sqrt(p.var(1, keepdims=True) + eps) for p in parts
    ]
    return np.concatenate(normed, axis=1) * weight[:, None, None] + bias[:, None, None]


def unbiased(x, groups, weight, bias, eps):
    rows = x.reshape(len(x) * groups, -1)
    rows = (rows - rows.mean(axis=1, keepdims=True)) / np.sqrt(
        rows.var(axis=1, keepdims=True, ddof=1) + eps
    )
    return rows.reshape(x.shape) * weight[:, None, None] + bias[:, None, None]


def eps_outside_root(x, groups, weight, bias, eps):
    rows = x.reshape(len(x) * groups, -1)
    rows = (rows - rows.mean(axis=1, keepdims=True)) / (rows.std(axis=1, keepdims=True) + eps)
    return rows.reshape(x.shape) * weight[:, None, None] + bias[:, None, None]


def not_scaled_and_shifted(x, groups, weight, bias, eps):
    rows = x.reshape(len(x) * groups, -1)
    rows = (rows - rows.mean(axis=1, keepdims=True)) / np.sqrt(
        rows.var(axis=1, keepdims=True) + eps
    )
    return rows.reshape(x.shape)


def variance_for_deviation(x, groups, weight, bias, eps):
    rows = x.reshape(len(x) * groups, -1)
    hat = (rows - rows.mean(1, keepdims=True)) / (rows.var(1, keepdims=True) + eps)
    return np.moveaxis(np.moveaxis(hat.reshape(x.shape), 1, 3) * weight + bias, 3, 1)


def swapped_gamma_beta(x, groups, weight, bias, eps):
    rows = x.reshape(len(x) * groups, -1)
    hat = (rows - rows.mean(1, keepdims=True)) / np.sqrt(rows.var(1, keepdims=True) + eps)
    return np.moveaxis(np.moveaxis(hat.reshape(x.shape), 1, 3) * bias + weight, 3, 1)


def shifted_before_scaled(x, groups, weight, bias, eps):
    rows = x.reshape(len(x) * groups, -1)
    hat = (rows - rows.mean(1, keepdims=True)) / np.sqrt(rows.var(1, keepdims=True) + eps)
    return np.moveaxis((np.moveaxis(hat.reshape(x.shape), 1, 3) + bias) * weight, 3, 1)


def batch_norm(x, groups, weight, bias, eps):
    last = np.moveaxis(x, 1, 3)
    hat = (last - last.mean((0, 1, 2))) / np.sqrt(last.var((0, 1, 2)) + eps)
    return np.moveaxis(hat * weight + bias, 3, 1)
