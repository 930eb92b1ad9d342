"""Exercises of chapters 04 and 07 on training: a numerical gradient, a step of SGD, and what a layer costs."""

import numpy as np

from dropnorm import scratch as nn
from dropnorm.exercises.spec import Cases, Exercise


def numerical_gradient(f, x, step):
    """The gradient of a function of many numbers, by central differences.

    Parameters
    ----------
    f : function
        Takes an array of the shape of x and returns a number.
    x : array of any shape
        Must be as it was when you return.
    step : float
        h in (f(x + h) − f(x − h)) / 2h, for one element of x at a time.

    Returns
    -------
    gradient : array of the shape of x
    """
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        shift = np.zeros_like(x)
        shift[index] = step
        gradient[index] = (f(x + shift) - f(x - shift)) / (2 * step)
    return gradient


def _cube(x):
    return float((x**3).sum())


def _mixed(x):
    return float(np.exp(x[0, 0]) * x[0, 1] ** 2 + np.prod(x[1]))


def _one_sided(f, x, step, sign=1.0):
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        shift = np.zeros_like(x)
        shift[index] = sign * step
        gradient[index] = (f(x + shift) - f(x)) / (sign * step)
    return gradient


def _shift_stays(f, x, step):
    x, gradient = x.copy(), np.empty_like(x)
    for index in np.ndindex(x.shape):
        x[index] += step
        above = f(x)
        x[index] -= 2 * step
        gradient[index] = (above - f(x)) / (2 * step)
    return gradient


def _shift_not_undone(f, x, step):
    x, gradient = x.copy(), np.empty_like(x)
    for index in np.ndindex(x.shape):
        here = f(x)
        x[index] += step
        gradient[index] = (f(x) - here) / step
    return gradient


NUMERICAL = Exercise(
    "numerical-gradient",
    *(4, 2, "A gradient check of your own"),
    "np.ndindex(x.shape) runs over all places of any array. Shift one element of a copy, up and down.",
    numerical_gradient,
    lambda rng: {
        "x³ at 1, step 0.1": (_cube, np.array([1.0]), 0.1),
        "x³ at three points, step 0.01": (_cube, np.array([-1.0, 0.5, 2.0]), 0.01),
        "a mixed function, 2 × 3": (_mixed, rng.uniform(0.5, 2, (2, 3)), 0.05),
    },
    {
        "one-sided": (
            "This is the one-sided difference, (f(x + h) − f(x))/h. Its error is h, that of the central one h².",
            _one_sided,
        ),
        "backward-difference": (
            "This is the one-sided difference backwards, (f(x) − f(x − h))/h. Go up and down.",
            lambda f, x, h: _one_sided(f, x, h, -1.0),
        ),
        "two-forgotten": (
            "Your gradient is twice too large: from x − h to x + h it is 2h.",
            lambda f, x, h: 2 * numerical_gradient(f, x, h),
        ),
        "half-step": (
            "You shift by h/2 and divide by h. That is a central difference, with half the step asked for.",
            lambda f, x, h: numerical_gradient(f, x, h / 2),
        ),
        "not-divided": (
            "You forgot to divide by 2h.",
            lambda f, x, h: 2 * h * numerical_gradient(f, x, h),
        ),
        "all-at-once": (
            "You shift all elements at once and get the sum of all slopes. One element at a time.",
            lambda f, x, h: np.full_like(x, (f(x + h) - f(x - h)) / (2 * h)),
        ),
        "shift-stays": (
            "The shift of one element is still there when the next one is shifted. Put the element back.",
            _shift_stays,
        ),
        "shift-stays-one-sided": (
            "One-sided differences, and the shift of one element is still there when the next one is shifted.",
            _shift_not_undone,
        ),
        "sign": (
            "The sign is wrong: f(x + h) comes first.",
            lambda f, x, h: -numerical_gradient(f, x, h),
        ),
    },
    {},
    ("gradient",),
)


def sgd_step(w, v, grad, lr, momentum, weight_decay):
    """One step of SGD with momentum and weight decay, as in PyTorch.

    Parameters
    ----------
    w, v, grad : arrays of one shape
        Parameter, velocity before the step, and gradient of the loss.
    lr : float
        Learning rate; it scales the velocity when the parameter moves, and is not part of the velocity.
    momentum : float
        What is left of the old velocity. The new gradient counts in full.
    weight_decay : float
        λ: λ w is added to the gradient first.

    Returns
    -------
    w, v : arrays of the same shape
        After the step.
    """
    v = momentum * v + grad + weight_decay * w
    return w - lr * v, v


def _sgd_by_torch(w, v, grad, lr, momentum, weight_decay):
    import torch
    from torch.optim.sgd import sgd

    w, v, grad = map(torch.tensor, (w, v, grad))
    settings = {"lr": lr, "momentum": momentum, "weight_decay": weight_decay}
    sgd([w], [grad], [v], foreach=False, dampening=0.0, nesterov=False, maximize=False, **settings)
    return w.numpy(), v.numpy()


def _sgd_cases(rng: np.random.Generator) -> Cases:
    one = np.array([1.0]), np.array([2.0]), np.array([3.0])
    many = tuple(rng.standard_normal((3, 2)) for _ in range(3))
    return {
        "w = 1, v = 2, grad = 3": (*one, 0.1, 0.5, 0.0),
        "with weight decay": (*one, 0.1, 0.5, 0.2),
        "random": (*many, 0.3, 0.9, 0.01),
    }


def _stepped(w, v, g, lr, mu, decay, new=None):
    v = mu * v + g + decay * w if new is None else new
    return w - lr * v, v


SGD = Exercise(
    "sgd-momentum",
    *(4, 2, "A step of SGD"),
    "In this order: add the decay to the gradient, update the velocity, move the parameter.",
    sgd_step,
    _sgd_cases,
    {
        "uphill": (
            "The step goes uphill. Subtract lr · v.",
            lambda w, v, g, lr, mu, d: (w + lr * (mu * v + g + d * w), mu * v + g + d * w),
        ),
        "dampened": (
            "You weigh the gradient by 1 − momentum, as in a running mean. In PyTorch it counts in full.",
            lambda w, v, g, lr, mu, d: _stepped(
                w, v, g, lr, mu, d, mu * v + (1 - mu) * (g + d * w)
            ),
        ),
        "rate-in-velocity": (
            "Your velocity contains the learning rate. That is another convention: it differs once the rate changes.",
            lambda w, v, g, lr, mu, d: (w - mu * v - lr * (g + d * w), mu * v + lr * (g + d * w)),
        ),
        "downhill-velocity": (
            "Your velocity points downhill, v = μ v − lr · g. That is another convention; here w − lr · v.",
            lambda w, v, g, lr, mu, d: (w + mu * v - lr * (g + d * w), mu * v - lr * (g + d * w)),
        ),
        "old-velocity": (
            "You move by the old velocity. Update it first.",
            lambda w, v, g, lr, mu, d: (w - lr * v, mu * v + g + d * w),
        ),
        "momentum-left-out": (
            "The old velocity is lost: v = momentum · v + grad.",
            lambda w, v, g, lr, mu, d: _stepped(w, v, g, lr, mu, d, g + d * w),
        ),
        "momentum-one": (
            "The old velocity is not damped: multiply it by momentum.",
            lambda w, v, g, lr, mu, d: _stepped(w, v, g, lr, mu, d, v + g + d * w),
        ),
        "decay-left-out": (
            "The weight decay is missing: add weight_decay · w to the gradient.",
            lambda w, v, g, lr, mu, d: _stepped(w, v, g, lr, mu, d, mu * v + g),
        ),
        "decay-decoupled": (
            "You shrink the weight beside the velocity, as AdamW does. Here the decay is part of the gradient, and so of v.",
            lambda w, v, g, lr, mu, d: (w - lr * (mu * v + g) - lr * d * w, mu * v + g),
        ),
        "decay-sign": (
            "The weight decay has the wrong sign: it makes weights grow.",
            lambda w, v, g, lr, mu, d: _stepped(w, v, g, lr, mu, d, mu * v + g - d * w),
        ),
        "nesterov": (
            "This is Nesterov's step, grad + momentum · v with the new v. Asked for is the plain one.",
            lambda w, v, g, lr, mu, d: (
                w - lr * (g + d * w + mu * (mu * v + g + d * w)),
                mu * v + g + d * w,
            ),
        ),
    },
    {"PyTorch": _sgd_by_torch},
    ("w", "v"),
)


def layer_cost(in_channels, out_channels, kernel, height, width):
    """What a convolution with bias costs, for one image.

    Parameters
    ----------
    in_channels, out_channels, kernel : int
        The kernel is square: kernel × kernel pixels.
    height, width : int
        Of the *output*.

    Returns
    -------
    parameters, multiplications : int
        Numbers to learn, and products of a weight and a pixel in one forward pass.
    """
    weights = in_channels * out_channels * kernel**2
    return weights + out_channels, weights * height * width


def _counted(in_channels, out_channels, kernel, height, width):
    conv = nn.Conv2d(in_channels, out_channels, kernel, rng=0)
    size = sum(array.size for array in conv.params.values())
    one = conv(np.zeros((1, in_channels, kernel, kernel), np.float32)).size
    return size, conv.params["weight"][0].size * one * height * width


COST = Exercise(
    "layer-cost",
    *(7, 1, "Parameters and work of a convolution"),
    "How many numbers does one output pixel of one channel need? How many such pixels are there?",
    layer_cost,
    lambda rng: {
        "1 → 1 channel, kernel 3, 2 × 2": (1, 1, 3, 2, 2),
        "4 → 8 channels, kernel 3, 14 × 14": (4, 8, 3, 14, 14),
        "3 → 5 channels, kernel 5, 6 × 7": (3, 5, 5, 6, 7),
    },
    {
        "bias-forgotten": (
            "The biases are missing among the parameters: one for each output channel.",
            lambda c, o, k, h, w: (c * o * k**2, c * o * k**2 * h * w),
        ),
        "bias-multiplied": (
            "A bias is added, not multiplied: it is a parameter, but no multiplication.",
            lambda c, o, k, h, w: (c * o * k**2 + o, (c * o * k**2 + o) * h * w),
        ),
        "kernel-not-squared": (
            "A kernel has kernel × kernel numbers.",
            lambda c, o, k, h, w: (c * o * k + o, c * o * k * h * w),
        ),
        "places-forgotten": (
            "The weights are used anew at each pixel of the output: times height · width.",
            lambda c, o, k, h, w: (c * o * k**2 + o, c * o * k**2),
        ),
        "one-channel-in": (
            "Each output channel has a kernel for every input channel, not one in all.",
            lambda c, o, k, h, w: (o * k**2 + o, o * k**2 * h * w),
        ),
        "bias-per-input": (
            "There is one bias for each output channel, not for each input channel.",
            lambda c, o, k, h, w: (c * o * k**2 + c, c * o * k**2 * h * w),
        ),
        "bias-per-kernel": (
            "There is one bias for each output channel, not for each pair of channels.",
            lambda c, o, k, h, w: (c * o * k**2 + c * o, c * o * k**2 * h * w),
        ),
    },
    {"dropnorm.scratch": _counted},
    ("parameters", "multiplications"),
)

EXERCISES = (NUMERICAL, SGD, COST)
