import math


def right_by_counting(size, kernel, stride, padding):
    places, start = 0, -padding
    while start + kernel <= size + padding:
        places += 1
        start += stride
    return places


def right_by_floor(size, kernel, stride, padding):
    return math.floor((size - kernel + 2 * padding) / stride + 1)


def padding_once(size, kernel, stride, padding):
    return (size - kernel + padding) // stride + 1


def one_forgotten(size, kernel, stride, padding):
    return int((size + 2 * padding - kernel) / stride)


def rounded_up(size, kernel, stride, padding):
    return math.ceil((size + 2 * padding - kernel) / stride) + 1


def stride_ignored(size, kernel, stride, padding):
    return size - kernel + 1 + 2 * padding


def padding_ignored(size, kernel, stride, padding):
    return int((size - kernel) / stride) + 1


def kernel_ignored(size, kernel, stride, padding):
    return len(range(-padding, size + padding, stride))


def not_whole(size, kernel, stride, padding):
    return 1 + (size + 2 * padding - kernel) / stride


def float_for_whole(size, kernel, stride, padding):
    return float((size + 2 * padding - kernel) // stride + 1)


def one_before_dividing(size, kernel, stride, padding):
    return (size + 2 * padding - kernel + 1) // stride


def padding_squared(size, kernel, stride, padding):
    return (size - kernel + padding**2) // stride + 1


def kernel_halved(size, kernel, stride, padding):
    half = kernel // 2
    return (size + 2 * padding - half - half - 1) // stride + 1


def dilated(size, kernel, stride, padding):
    extent = 2 * kernel - 1
    return (size + 2 * padding - extent) // stride + 1


def same_padding(size, kernel, stride, padding):
    return (size + stride - 1) // stride


def transposed_convolution(size, kernel, stride, padding):
    return stride * (size - 1) + kernel - 2 * padding


def divided_first(size, kernel, stride, padding):
    steps = (size + padding + padding) // stride
    return steps - kernel + 1


def padding_added_after(size, kernel, stride, padding):
    return 1 + (size - kernel) // stride + padding * 2


def patches_side_by_side(size, kernel, stride, padding):
    return (size + 2 * padding) // kernel
