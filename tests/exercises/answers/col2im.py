import numpy as np


def right_number_by_number(columns, channels, height, width, kernel):
    out_height, out_width = height - kernel + 1, width - kernel + 1
    image = np.zeros((channels, height, width))
    for row in range(columns.shape[0]):
        c, a, b = row // kernel**2, row // kernel % kernel, row % kernel
        for place in range(columns.shape[1]):
            i, j = divmod(place, out_width)
            image[c, i + a, j + b] += columns[row, place]
    assert place + 1 == out_height * out_width
    return image


def right_place_by_place(columns, channels, height, width, kernel):
    out_width = width - kernel + 1
    image = np.zeros((channels, height, width))
    for place, column in enumerate(columns.T):
        i, j = place // out_width, place % out_width
        image[:, i : i + kernel, j : j + kernel] += column.reshape(channels, kernel, kernel)
    return image


def overwritten(columns, channels, height, width, kernel):
    h, w = height - kernel + 1, width - kernel + 1
    image = np.zeros((channels, height, width))
    for c in range(channels):
        for a in range(kernel):
            for b in range(kernel):
                row = (c * kernel + a) * kernel + b
                image[c, a : a + h, b : b + w] = columns[row].reshape(h, w)
    return image


def averaged(columns, channels, height, width, kernel):
    out_width = width - kernel + 1
    image, count = np.zeros((channels, height, width)), np.zeros((height, width))
    for place, column in enumerate(columns.T):
        i, j = place // out_width, place % out_width
        image[:, i : i + kernel, j : j + kernel] += column.reshape(channels, kernel, kernel)
        count[i : i + kernel, j : j + kernel] += 1
    return image / count


def kernel_transposed(columns, channels, height, width, kernel):
    out_width = width - kernel + 1
    image = np.zeros((channels, height, width))
    for place, column in enumerate(columns.T):
        i, j = place // out_width, place % out_width
        patch = column.reshape(channels, kernel, kernel).transpose(0, 2, 1)
        image[:, i : i + kernel, j : j + kernel] += patch
    return image


def channels_last(columns, channels, height, width, kernel):
    out_width = width - kernel + 1
    image = np.zeros((channels, height, width))
    for place, column in enumerate(columns.T):
        i, j = place // out_width, place % out_width
        patch = column.reshape(kernel, kernel, channels)
        image[:, i : i + kernel, j : j + kernel] += np.moveaxis(patch, 2, 0)
    return image


def kernel_turned(columns, channels, height, width, kernel):
    out_width = width - kernel + 1
    image = np.zeros((channels, height, width))
    for place, column in enumerate(columns.T):
        i, j = place // out_width, place % out_width
        patch = column.reshape(channels, kernel, kernel)
        image[:, i : i + kernel, j : j + kernel] += patch[:, ::-1, ::-1]
    return image


def places_transposed(columns, channels, height, width, kernel):
    out_height = height - kernel + 1
    image = np.zeros((channels, height, width))
    for place, column in enumerate(columns.T):
        j, i = divmod(place, out_height)
        image[:, i : i + kernel, j : j + kernel] += column.reshape(channels, kernel, kernel)
    return image


def last_place_left_out(columns, channels, height, width, kernel):
    out_height, out_width = height - kernel + 1, width - kernel + 1
    image = np.zeros((channels, height, width))
    for i in range(out_height - 1):
        for j in range(out_width - 1):
            patch = columns[:, i * out_width + j].reshape(channels, kernel, kernel)
            image[:, i : i + kernel, j : j + kernel] += patch
    return image


def averaged_over_the_kernel(columns, channels, height, width, kernel):
    h, w = height - kernel + 1, width - kernel + 1
    parts = columns.reshape(channels, kernel, kernel, h, w)
    image = np.zeros((channels, height, width))
    for a, b in np.ndindex(kernel, kernel):
        image[:, a : a + h, b : b + w] += parts[:, a, b] / kernel / kernel
    return image


def rows_as_places(columns, channels, height, width, kernel):
    h, w = height - kernel + 1, width - kernel + 1
    parts = columns.ravel(order="F").reshape(channels, kernel, kernel, h, w)
    image = np.zeros((channels, height, width))
    for i, j in np.ndindex(h, w):
        image[:, i : i + kernel, j : j + kernel] += parts[:, :, :, i, j]
    return image
