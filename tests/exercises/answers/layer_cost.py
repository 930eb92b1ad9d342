import numpy as np


def right_with_loops(in_channels, out_channels, kernel, height, width):
    parameters = multiplications = 0
    for _ in range(out_channels):
        parameters += 1 + in_channels * kernel * kernel
        multiplications += in_channels * kernel * kernel * height * width
    return parameters, multiplications


def right_by_counting_an_array(in_channels, out_channels, kernel, height, width):
    weight = np.zeros((out_channels, in_channels, kernel, kernel))
    return weight.size + len(weight), weight.size * np.zeros((height, width)).size


def bias_forgotten(in_channels, out_channels, kernel, height, width):
    weight = np.zeros((out_channels, in_channels, kernel, kernel))
    return weight.size, weight.size * height * width


def bias_multiplied(in_channels, out_channels, kernel, height, width):
    parameters = out_channels * (in_channels * kernel * kernel + 1)
    return parameters, parameters * height * width


def kernel_not_squared(in_channels, out_channels, kernel, height, width):
    weights = out_channels * in_channels * kernel
    return weights + out_channels, weights * height * width


def places_forgotten(in_channels, out_channels, kernel, height, width):
    weights = out_channels * in_channels * kernel * kernel
    return weights + out_channels, weights


def one_channel_in(in_channels, out_channels, kernel, height, width):
    weights = out_channels * kernel * kernel
    return weights + out_channels, weights * height * width


def bias_per_input(in_channels, out_channels, kernel, height, width):
    weights = out_channels * in_channels * kernel * kernel
    return weights + in_channels, height * width * weights


def bias_per_kernel(in_channels, out_channels, kernel, height, width):
    kernels = out_channels * in_channels
    return kernels * (kernel * kernel + 1), kernels * kernel * kernel * height * width


def weights_for_each_place(in_channels, out_channels, kernel, height, width):
    work = height * width * in_channels * out_channels * kernel * kernel
    return work + out_channels, work


def bias_for_each_place(in_channels, out_channels, kernel, height, width):
    weights = in_channels * out_channels * kernel * kernel
    return weights + out_channels * height * width, weights * height * width


def channels_added(in_channels, out_channels, kernel, height, width):
    weights = kernel * kernel * in_channels + kernel * kernel * out_channels
    return weights + out_channels, weights * height * width


def one_bias(in_channels, out_channels, kernel, height, width):
    weights = kernel * kernel * in_channels * out_channels
    return weights + 1, weights * height * width


def bias_for_each_weight(in_channels, out_channels, kernel, height, width):
    weights = kernel * kernel * in_channels * out_channels
    return weights + weights, weights * height * width


def depthwise(in_channels, out_channels, kernel, height, width):
    weights = in_channels * kernel * kernel
    return weights + out_channels, weights * height * width
