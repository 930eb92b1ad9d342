import numpy as np


def right_channel_by_channel(weight, bias, running_mean, running_var, gamma, beta, eps):
    new_weight, new_bias = weight.copy(), bias.copy()
    for o in range(len(weight)):
        s = gamma[o] / (running_var[o] + eps) ** 0.5
        new_weight[o] *= s
        new_bias[o] = s * (bias[o] - running_mean[o]) + beta[o]
    return new_weight, new_bias


def right_by_einsum(weight, bias, running_mean, running_var, gamma, beta, eps):
    scale = gamma / np.sqrt(running_var + eps)
    return np.einsum("ocij,o->ocij", weight, scale), beta + scale * bias - scale * running_mean


def running_mean_forgotten(weight, bias, running_mean, running_var, gamma, beta, eps):
    scale = gamma / np.sqrt(running_var + eps)
    return np.einsum("ocij,o->ocij", weight, scale), scale * bias + beta


def bias_not_scaled(weight, bias, running_mean, running_var, gamma, beta, eps):
    scale = gamma / np.sqrt(running_var + eps)
    return np.einsum("ocij,o->ocij", weight, scale), bias + (beta - scale * running_mean)


def old_bias_forgotten(weight, bias, running_mean, running_var, gamma, beta, eps):
    scale = gamma / np.sqrt(running_var + eps)
    return np.einsum("ocij,o->ocij", weight, scale), beta - scale * running_mean


def beta_scaled(weight, bias, running_mean, running_var, gamma, beta, eps):
    scale = gamma / np.sqrt(running_var + eps)
    return np.einsum("ocij,o->ocij", weight, scale), (bias - running_mean + beta) * scale


def variance_for_deviation(weight, bias, running_mean, running_var, gamma, beta, eps):
    scale = gamma / (running_var + eps)
    return np.einsum("ocij,o->ocij", weight, scale), (bias - running_mean) * scale + beta


def eps_left_out(weight, bias, running_mean, running_var, gamma, beta, eps):
    scale = gamma * running_var**-0.5
    return np.einsum("ocij,o->ocij", weight, scale), (bias - running_mean) * scale + beta


def eps_outside_root(weight, bias, running_mean, running_var, gamma, beta, eps):
    scale = gamma / (running_var**0.5 + eps)
    return np.einsum("ocij,o->ocij", weight, scale), (bias - running_mean) * scale + beta


def scaled_along_inputs(weight, bias, running_mean, running_var, gamma, beta, eps):
    scale = gamma / np.sqrt(running_var + eps)
    return weight * scale.reshape(1, -1, 1, 1), (bias - running_mean) * scale + beta


def scaled_along_columns(weight, bias, running_mean, running_var, gamma, beta, eps):
    scale = gamma / np.sqrt(running_var + eps)
    return scale * weight, scale * (bias - running_mean) + beta


def gamma_left_out(weight, bias, running_mean, running_var, gamma, beta, eps):
    std = np.sqrt(running_var + eps)
    return weight / std.reshape(-1, 1, 1, 1), (bias - running_mean) / std + beta


def eps_after_the_root(weight, bias, running_mean, running_var, gamma, beta, eps):
    s = gamma * running_var**-0.5 + eps
    return np.einsum("oikl,o->oikl", weight, s), bias * s - running_mean * s + beta


def mean_not_scaled(weight, bias, running_mean, running_var, gamma, beta, eps):
    s = gamma * (running_var + eps) ** -0.5
    return np.einsum("oikl,o->oikl", weight, s), bias * s + beta - running_mean


def upside_down(weight, bias, running_mean, running_var, gamma, beta, eps):
    s = gamma * (running_var + eps) ** -0.5
    return weight / s[:, None, None, None], (bias - running_mean) / s + beta


def weight_unchanged(weight, bias, running_mean, running_var, gamma, beta, eps):
    s = gamma * (running_var + eps) ** -0.5
    return weight.copy(), bias * s - running_mean * s + beta


def swapped_gamma_beta(weight, bias, running_mean, running_var, gamma, beta, eps):
    s = beta * (running_var + eps) ** -0.5
    return np.einsum("oikl,o->oikl", weight, s), bias * s - running_mean * s + gamma


def mean_added(weight, bias, running_mean, running_var, gamma, beta, eps):
    s = gamma * (running_var + eps) ** -0.5
    return np.einsum("oikl,o->oikl", weight, s), bias * s + running_mean * s + beta
