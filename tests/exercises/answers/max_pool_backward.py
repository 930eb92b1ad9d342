import numpy as np


def right_with_loops(dy, x, size):
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dy.shape):
        patch = x[n, c, i * size : (i + 1) * size, j * size : (j + 1) * size]
        a, b = np.unravel_index(patch.argmax(), patch.shape)
        dx[n, c, i * size + a, j * size + b] = dy[n, c, i, j]
    return dx


def right_corner_by_corner(dy, x, size):
    corners = [x[:, :, a::size, b::size] for a in range(size) for b in range(size)]
    winner = np.argmax(corners, axis=0)
    dx = np.zeros_like(x)
    for k in range(size * size):
        dx[:, :, k // size :: size, k % size :: size] = np.where(winner == k, dy, 0)
    return dx


def all_ties(dy, x, size):
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dy.shape):
        rows, cols = slice(i * size, (i + 1) * size), slice(j * size, (j + 1) * size)
        patch = x[n, c, rows, cols]
        dx[n, c, rows, cols] = (patch == patch.max()) * dy[n, c, i, j]
    return dx


def ties_shared(dy, x, size):
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dy.shape):
        rows, cols = slice(i * size, (i + 1) * size), slice(j * size, (j + 1) * size)
        wins = x[n, c, rows, cols] == x[n, c, rows, cols].max()
        dx[n, c, rows, cols] = wins / wins.sum() * dy[n, c, i, j]
    return dx


def last_tie(dy, x, size):
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dy.shape):
        best, place = -np.inf, None
        for a in range(i * size, (i + 1) * size):
            for b in range(j * size, (j + 1) * size):
                if x[n, c, a, b] >= best:
                    best, place = x[n, c, a, b], (a, b)
        dx[n, c, place[0], place[1]] = dy[n, c, i, j]
    return dx


def average_pooling(dy, x, size):
    return np.kron(dy, np.ones((size, size)) / size**2)


def everyone(dy, x, size):
    return np.repeat(np.repeat(dy, size, axis=-1), size, axis=-2)


def times_x(dy, x, size):
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dy.shape):
        patch = x[n, c, i * size : (i + 1) * size, j * size : (j + 1) * size]
        a, b = np.unravel_index(patch.argmax(), patch.shape)
        dx[n, c, i * size + a, j * size + b] = dy[n, c, i, j] * patch.max()
    return dx


def smallest(dy, x, size):
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dy.shape):
        patch = x[n, c, i * size : (i + 1) * size, j * size : (j + 1) * size]
        a, b = divmod(int(patch.argmin()), size)
        dx[n, c, i * size + a, j * size + b] = dy[n, c, i, j]
    return dx


def first_pixel(dy, x, size):
    dx = np.zeros_like(x)
    dx[:, :, ::size, ::size] = dy
    return dx


def exception(dy, x, size):
    return dy * (x == x.max())


def maximum_from_zero(dy, x, size):
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(dy.shape):
        best, place = 0.0, None
        for a, b in np.ndindex(size, size):
            value = x[n, c, i * size + a, j * size + b]
            if value > best:
                best, place = value, (i * size + a, j * size + b)
        if place is not None:
            dx[n, c][place] = dy[n, c, i, j]
    return dx


def patches_mixed(dy, x, size):
    rows = x.reshape(-1, size * size)
    dx = np.zeros_like(rows)
    dx[np.arange(len(rows)), rows.argmax(axis=1)] = dy.ravel()
    return dx.reshape(x.shape)


def first_tie_by_columns(dy, x, size):
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(dy.shape):
        patch = x[n, c, i * size : (i + 1) * size, j * size : (j + 1) * size]
        b, a = divmod(patch.ravel(order="F").argmax(), size)
        dx[n, c, i * size + a, j * size + b] = dy[n, c, i, j]
    return dx


def gradient_of_the_first_patch(dy, x, size):
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(dy.shape):
        patch = x[n, c, i * size : (i + 1) * size, j * size : (j + 1) * size]
        a, b = np.unravel_index(patch.argmax(), patch.shape)
        dx[n, c, i * size + a, j * size + b] = dy[n, c, 0, 0]
    return dx


def winner_averaged(dy, x, size):
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(dy.shape):
        patch = x[n, c, i * size : (i + 1) * size, j * size : (j + 1) * size]
        a, b = np.unravel_index(patch.argmax(), patch.shape)
        dx[n, c, i * size + a, j * size + b] = dy[n, c, i, j] / patch.size
    return dx


def winners_of_the_first_channel(dy, x, size):
    dx = np.zeros_like(x)
    for n, i, j in np.ndindex(len(dy), *dy.shape[2:]):
        patch = x[n, 0, i * size : (i + 1) * size, j * size : (j + 1) * size]
        a, b = np.unravel_index(patch.argmax(), patch.shape)
        dx[n, :, i * size + a, j * size + b] = dy[n, :, i, j]
    return dx


def largest_of_the_channel(dy, x, size):
    dx = np.zeros_like(x)
    for n, c in np.ndindex(x.shape[:2]):
        i, j = np.unravel_index(x[n, c].argmax(), x.shape[2:])
        best = x[n, c, i, j]
        for a, b in np.argwhere(x[n, c] == best):
            first = (x[n, c, a // size * size :, b // size * size :][:size, :size] == best).argmax()
            if first == a % size * size + b % size:
                dx[n, c, a, b] = dy[n, c, a // size, b // size]
    return dx


def largest_magnitude(dy, x, size):
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(dy.shape):
        patch = x[n, c, i * size : (i + 1) * size, j * size : (j + 1) * size]
        a, b = divmod(int(np.argmax(patch**2)), size)
        dx[n, c, i * size + a, j * size + b] = dy[n, c, i, j]
    return dx
