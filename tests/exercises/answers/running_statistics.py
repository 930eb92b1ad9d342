import numpy as np


def right_as_a_step(running_mean, running_var, x, momentum):
    n = x.size // x.shape[1]
    mean, var = x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3)) * n / (n - 1)
    return running_mean + momentum * (mean - running_mean), running_var + momentum * (
        var - running_var
    )


def right_channel_by_channel(running_mean, running_var, x, momentum):
    mean, var = running_mean.copy(), running_var.copy()
    for c in range(x.shape[1]):
        values = x[:, c].ravel()
        mean[c] = (1 - momentum) * mean[c] + momentum * values.mean()
        var[c] = (1 - momentum) * var[c] + momentum * values.var(ddof=1)
    return mean, var


def biased_variance(running_mean, running_var, x, momentum):
    mean, var = x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3))
    return running_mean * (1 - momentum) + mean * momentum, running_var * (
        1 - momentum
    ) + var * momentum


def momentum_turned_round(running_mean, running_var, x, momentum):
    n = x.size / x.shape[1]
    mean, var = x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3)) * n / (n - 1)
    return momentum * running_mean + (1 - momentum) * mean, momentum * running_var + (
        1 - momentum
    ) * var


def standard_deviation(running_mean, running_var, x, momentum):
    mean, std = x.mean(axis=(0, 2, 3)), x.std(axis=(0, 2, 3), ddof=1)
    return running_mean * (1 - momentum) + mean * momentum, running_var * (
        1 - momentum
    ) + std * momentum


def overwritten(running_mean, running_var, x, momentum):
    running_mean = x.mean(axis=(0, 2, 3))
    running_var = x.var(axis=(0, 2, 3), ddof=1)
    return running_mean, running_var


def not_faded(running_mean, running_var, x, momentum):
    return running_mean + momentum * x.mean(axis=(0, 2, 3)), running_var + momentum * x.var(
        axis=(0, 2, 3), ddof=1
    )


def count_is_batch(running_mean, running_var, x, momentum):
    n = x.shape[0]
    mean, var = x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3)) * n / (n - 1)
    return (1 - momentum) * running_mean + momentum * mean, (
        1 - momentum
    ) * running_var + momentum * var


def batch_axis_only(running_mean, running_var, x, momentum):
    mean = x.mean(axis=0).mean(axis=(-1, -2))
    var = x.var(axis=0, ddof=1).mean(axis=(-1, -2))
    return (1 - momentum) * running_mean + momentum * mean, (
        1 - momentum
    ) * running_var + momentum * var


def unchanged(running_mean, running_var, x, momentum):
    mean, var = x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3))
    mean = (1 - momentum) * running_mean + momentum * mean
    var = (1 - momentum) * running_var + momentum * var
    return running_mean, running_var


def changed_input(running_mean, running_var, x, momentum):
    running_mean *= 1 - momentum
    running_mean += momentum * x.mean(axis=(0, 2, 3))
    running_var *= 1 - momentum
    running_var += momentum * x.var(axis=(0, 2, 3), ddof=1)
    return running_mean, running_var


def biased_variance__and_momentum_on_the_mean(running_mean, running_var, x, momentum):
    mean = momentum * running_mean + (1 - momentum) * x.mean(axis=(0, 2, 3))
    return mean, (1 - momentum) * running_var + momentum * np.var(x, axis=(0, 2, 3))


def variances_of_images(running_mean, running_var, x, momentum):
    mean = x.mean(axis=(0, 2, 3))
    var = np.mean([image.var(axis=(1, 2), ddof=1) for image in x], axis=0)
    old = 1 - momentum
    return old * running_mean + momentum * mean, old * running_var + momentum * var


def biased_variances_of_images(running_mean, running_var, x, momentum):
    mean = x.mean(axis=(0, 2, 3))
    var = np.mean([image.var(axis=(1, 2)) for image in x], axis=0)
    old = 1 - momentum
    return old * running_mean + momentum * mean, old * running_var + momentum * var


def mixture(running_mean, running_var, x, momentum):
    mean, var = x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3), ddof=1)
    old, gap = 1 - momentum, running_mean - mean
    spread = old * running_var + momentum * var + old * momentum * gap * gap
    return old * running_mean + momentum * mean, spread


def around_the_running_mean(running_mean, running_var, x, momentum):
    last = np.moveaxis(x, 1, 3).reshape(-1, x.shape[1])
    var = np.square(last - running_mean).sum(axis=0) / (len(last) - 1)
    old = 1 - momentum
    return old * running_mean + momentum * last.mean(axis=0), old * running_var + momentum * var


def around_the_running_mean_biased(running_mean, running_var, x, momentum):
    last = np.moveaxis(x, 1, 3).reshape(-1, x.shape[1])
    var = np.square(last - running_mean).mean(axis=0)
    old = 1 - momentum
    return old * running_mean + momentum * last.mean(axis=0), old * running_var + momentum * var


def corrected_as_a_whole(running_mean, running_var, x, momentum):
    n, old = x.size // x.shape[1], 1 - momentum
    var = old * running_var + momentum * x.var(axis=(0, 2, 3))
    return old * running_mean + momentum * x.mean(axis=(0, 2, 3)), var / (n - 1) * n


def weights_squared(running_mean, running_var, x, momentum):
    old = 1 - momentum
    mean = old * running_mean + momentum * x.mean(axis=(0, 2, 3))
    return mean, old * old * running_var + momentum * momentum * x.var(axis=(0, 2, 3), ddof=1)


def halves(running_mean, running_var, x, momentum):
    mean = (running_mean + x.mean(axis=(0, 2, 3))) / 2
    return mean, (running_var + x.var(axis=(0, 2, 3), ddof=1)) / 2


def around_the_moved_mean(running_mean, running_var, x, momentum):
    last = np.moveaxis(x, 1, 3).reshape(-1, x.shape[1])
    new_mean = running_mean + momentum * (last.mean(axis=0) - running_mean)
    var = np.square(last - new_mean).sum(axis=0) / (len(last) - 1)
    return new_mean, (1 - momentum) * running_var + momentum * var
