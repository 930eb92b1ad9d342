import math

import numpy as np


def right_with_math(x, size):
    def ends(n):
        return [(math.floor(i * n / size), math.ceil((i + 1) * n / size)) for i in range(size)]

    rows = [
        np.stack([x[:, :, a:b, c:d].mean((2, 3)) for c, d in ends(x.shape[3])], axis=2)
        for a, b in ends(x.shape[2])
    ]
    return np.stack(rows, axis=2)


def right_axis_by_axis(x, size):
    for axis in (2, 3):
        n, parts = x.shape[axis], []
        for i in range(size):
            index = np.arange(i * n // size, ((i + 1) * n + size - 1) // size)
            parts.append(np.take(x, index, axis).mean(axis, keepdims=True))
        x = np.concatenate(parts, axis)
    return x


def _loops(x, size, start, stop, value=np.mean):
    n, c, h, w = x.shape
    y = np.zeros((n, c, size, size))
    for i in range(size):
        for j in range(size):
            patch = x[:, :, start(i, h) : stop(i, h), start(j, w) : stop(j, w)]
            y[:, :, i, j] = value(value(patch, axis=3), axis=2)
    return y


def end_rounded_down(x, size):
    return _loops(x, size, lambda i, n: int(i * n / size), lambda i, n: int((i + 1) * n / size))


def start_rounded_up(x, size):
    def up(i, n):
        return math.ceil(i * n / size)

    return _loops(x, size, up, lambda i, n: up(i + 1, n))


def even_patches(x, size):
    return _loops(x, size, lambda i, n: i * (n // size), lambda i, n: (i + 1) * (n // size))


def large_steps(x, size):
    def step(n):
        return (n + size - 1) // size

    return _loops(x, size, lambda i, n: min(i * step(n), n - 1), lambda i, n: (i + 1) * step(n))


def sum(x, size):
    return _loops(
        x, size, lambda i, n: i * n // size, lambda i, n: math.ceil((i + 1) * n / size), np.sum
    )


def maximum(x, size):
    return _loops(
        x, size, lambda i, n: i * n // size, lambda i, n: math.ceil((i + 1) * n / size), np.max
    )


def rows_and_columns(x, size):
    y = np.zeros((*x.shape[:2], size, size))
    for i in range(size):
        for j in range(size):
            a, b = i * x.shape[2] // size, math.ceil((i + 1) * x.shape[2] / size)
            c, d = j * x.shape[3] // size, math.ceil((j + 1) * x.shape[3] / size)
            y[:, :, j, i] = x[:, :, a:b, c:d].mean(axis=(2, 3))
    return y


def shares_of_rows(x, size):
    big = x.repeat(size, axis=2).repeat(size, axis=3)
    n, c, h, w = x.shape
    return big.reshape(n, c, size, h, size, w).mean(axis=(3, 5))


def first_pixels(x, size):
    rows = np.arange(size) * x.shape[2] // size
    columns = np.arange(size) * x.shape[3] // size
    return x[:, :, rows][..., columns]
