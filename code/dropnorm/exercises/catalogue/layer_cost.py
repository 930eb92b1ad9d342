"""Exercise of chapter 07: Parameters and work of a convolution."""

import numpy as np

from dropnorm import scratch as nn
from dropnorm.exercises.spec import Exercise, Mistake


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


EXERCISE = Exercise(
    name="layer-cost",
    chapter=7,
    stars=1,
    title="Parameters and work of a convolution",
    hint=(
        "How many numbers does one output pixel of one channel need? How many such pixels are "
        "there?"
    ),
    solution=layer_cost,
    cases=lambda rng: {
        "1 → 1 channel, kernel 3, 2 × 2": (1, 1, 3, 2, 2),
        "4 → 8 channels, kernel 3, 14 × 14": (4, 8, 3, 14, 14),
        "3 → 5 channels, kernel 5, 6 × 7": (3, 5, 5, 6, 7),
    },
    mistakes={
        "bias-forgotten": Mistake(
            "The biases are missing among the parameters: one for each output channel.",
            lambda c, o, k, h, w: (c * o * k**2, c * o * k**2 * h * w),
        ),
        "bias-multiplied": Mistake(
            "A bias is added, not multiplied: it is a parameter, but no multiplication.",
            lambda c, o, k, h, w: (c * o * k**2 + o, (c * o * k**2 + o) * h * w),
        ),
        "kernel-not-squared": Mistake(
            "A kernel has kernel × kernel numbers.",
            lambda c, o, k, h, w: (c * o * k + o, c * o * k * h * w),
        ),
        "places-forgotten": Mistake(
            "The weights are used anew at each pixel of the output: times height · width.",
            lambda c, o, k, h, w: (c * o * k**2 + o, c * o * k**2),
        ),
        "one-channel-in": Mistake(
            "Each output channel has a kernel for every input channel, not one in all.",
            lambda c, o, k, h, w: (o * k**2 + o, o * k**2 * h * w),
        ),
        "bias-per-input": Mistake(
            "There is one bias for each output channel, not for each input channel.",
            lambda c, o, k, h, w: (c * o * k**2 + c, c * o * k**2 * h * w),
        ),
        "bias-per-kernel": Mistake(
            "There is one bias for each output channel, not for each pair of channels.",
            lambda c, o, k, h, w: (c * o * k**2 + c * o, c * o * k**2 * h * w),
        ),
        "weights-for-each-place": Mistake(
            "You count weights for each place of the output. All places share one kernel: the "
            "parameters do not depend on height and width.",
            lambda c, o, k, h, w: (c * o * k**2 * h * w + o, c * o * k**2 * h * w),
        ),
        "bias-for-each-place": Mistake(
            "You count a bias for each place of the output. All places of a channel share one.",
            lambda c, o, k, h, w: (c * o * k**2 + o * h * w, c * o * k**2 * h * w),
        ),
        "channels-added": Mistake(
            "You add the numbers of channels. Each pair of an input and an output channel has a "
            "kernel: multiply.",
            lambda c, o, k, h, w: ((c + o) * k**2 + o, (c + o) * k**2 * h * w),
        ),
        "one-bias": Mistake(
            "You count one bias in all. Each output channel has its own.",
            lambda c, o, k, h, w: (c * o * k**2 + 1, c * o * k**2 * h * w),
        ),
        "bias-for-each-weight": Mistake(
            "A bias stands beside each weight in your count. There is one for each output channel.",
            lambda c, o, k, h, w: (2 * c * o * k**2, c * o * k**2 * h * w),
        ),
        "depthwise": Mistake(
            "Each input channel has one kernel in your count (depthwise). In an ordinary "
            "convolution each pair of channels has one.",
            lambda c, o, k, h, w: (c * k**2 + o, c * k**2 * h * w),
        ),
    },
    referees={"dropnorm.scratch": _counted},
    returns=("parameters", "multiplications"),
)
