import numpy as np


def right_on_a_copy(f, x, step):
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += step
        down[i] -= step
        gradient[i] = (f(up) - f(down)) / (2 * step)
    return gradient


def right_on_flat_units(f, x, step):
    units = np.eye(x.size).reshape(x.size, *x.shape) * step
    return np.array([(f(x + e) - f(x - e)) / step / 2 for e in units]).reshape(x.shape)


def one_sided(f, x, step):
    gradient = np.zeros(x.shape)
    here = f(x)
    for i in np.ndindex(x.shape):
        up = x.copy()
        up[i] += step
        gradient[i] = (f(up) - here) / step
    return gradient


def backward_difference(f, x, step):
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        down = x.copy()
        down[i] -= step
        gradient[i] = (f(x) - f(down)) / step
    return gradient


def two_forgotten(f, x, step):
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += step
        down[i] -= step
        gradient[i] = (f(up) - f(down)) / step
    return gradient


def half_step(f, x, step):
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += step / 2
        down[i] -= step / 2
        gradient[i] = (f(up) - f(down)) / step
    return gradient


def not_divided(f, x, step):
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        e = np.zeros(x.shape)
        e[i] = step
        gradient[i] = f(x + e) - f(x - e)
    return gradient


def all_at_once(f, x, step):
    return (f(x + step) - f(x - step)) / (2 * step) * np.ones(x.shape)


def shift_stays(f, x, step):
    x = x.copy()
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        x[i] = x[i] + step
        above = f(x)
        x[i] = x[i] - 2 * step
        below = f(x)
        gradient[i] = (above - below) / (2 * step)
    return gradient


def shift_stays_one_sided(f, x, step):
    x = np.array(x)
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        before = f(x)
        x[i] += step
        gradient[i] = (f(x) - before) / step
    return gradient


def changed_input(f, x, step):
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        x[i] += step
        above = f(x)
        x[i] -= 2 * step
        gradient[i] = (above - f(x)) / (2 * step)
    return gradient


def sign(f, x, step):
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        e = np.zeros(x.shape)
        e[i] = step
        gradient[i] = (f(x - e) - f(x + e)) / (2 * step)
    return gradient


def relative_step(f, x, step):
    g = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        h = step * abs(x[i])
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        g[i] = (f(up) - f(down)) / (2 * h)
    return g


def row_at_once(f, x, step):
    g = np.zeros_like(x)
    for i in range(len(x)):
        above, below = x.copy(), x.copy()
        above[i] = above[i] + step
        below[i] = below[i] - step
        g[i] = (f(above) - f(below)) / 2 / step
    return g


def double_step(f, x, step):
    g = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        up = x.copy()
        up[i] += 2 * step
        g[i] = (f(up) - f(x)) / (2 * step)
    return g


def second_derivative(f, x, step):
    g = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        e = np.zeros_like(x)
        e[i] = step
        g[i] = (f(x + e) - 2 * f(x) + f(x - e)) / step**2
    return g


def step_squared(f, x, step):
    g = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        e = np.zeros_like(x)
        e[i] = step
        g[i] = (f(x + e) - f(x - e)) / step**2
    return g


def averaged(f, x, step):
    g = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        e = np.zeros_like(x)
        e[i] = step
        g[i] = (f(x + e) - f(x - e)) / (2 * step * x.size)
    return g


def factor_for_step(f, x, step):
    g = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] *= 1 + step
        down[i] *= 1 - step
        g[i] = (f(up) - f(down)) / (2 * step)
    return g
