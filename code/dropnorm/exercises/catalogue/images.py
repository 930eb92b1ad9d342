"""Exercises of chapter 04 on convolution, forward."""

import numpy as np

from dropnorm import scratch as nn
from dropnorm.exercises.spec import Cases, Exercise


def conv_output_size(size, kernel, stride, padding):
    """How many pixels a convolution puts out along one axis.

    Parameters
    ----------
    size, kernel, stride : int
        Pixels of the input, of the kernel, and from one place of the kernel to the next; at least 1. The kernel is no
        larger than the padded input.
    padding : int
        Zeros on each side, at least 0.

    Returns
    -------
    out : int
        A whole number; a place where the kernel does not fit does not count.
    """
    return (size + 2 * padding - kernel) // stride + 1


def _count_places(size, kernel, stride, padding):
    return len(range(0, size + 2 * padding - kernel + 1, stride))


OUTPUT_SIZE = Exercise(
    "conv-output-size",
    *(4, 1, "How large is the output?"),
    "Where can the kernel's first pixel stand? Count these places, from the first to the last.",
    conv_output_size,
    lambda rng: {
        "28 pixels, kernel 3": (28, 3, 1, 0),
        "28 pixels, kernel 3, padding 1": (28, 3, 1, 1),
        "28 pixels, kernel 5, stride 2, padding 2": (28, 5, 2, 2),
        "7 pixels, kernel 2, stride 3": (7, 2, 3, 0),
        "kernel as large as the image": (5, 5, 2, 0),
        "random": tuple(
            int(n)
            for n in (
                rng.integers(20, 40),
                rng.integers(2, 6),
                rng.integers(2, 4),
                rng.integers(1, 4),
            )
        ),
    },
    {
        "padding-once": (
            "You count the padding once. There are zeros on both sides: 2 · padding.",
            lambda n, k, s, p: (n + p - k) // s + 1,
        ),
        "padding-squared": (
            "You square the padding. There are zeros on both sides: 2 · padding.",
            lambda n, k, s, p: (n + p**2 - k) // s + 1,
        ),
        "one-forgotten": (
            "One too few: the first place counts, too. With kernel = size there is one place, not none.",
            lambda n, k, s, p: (n + 2 * p - k) // s,
        ),
        "rounded-up": (
            "You round up. The last, incomplete step does not count: round down.",
            lambda n, k, s, p: -(-(n + 2 * p - k) // s) + 1,
        ),
        "stride-ignored": ("The stride is missing.", lambda n, k, s, p: n + 2 * p - k + 1),
        "padding-ignored": ("The padding is missing.", lambda n, k, s, p: (n - k) // s + 1),
        "kernel-ignored": (
            "The kernel's size is missing: it must fit as a whole.",
            lambda n, k, s, p: (n + 2 * p - 1) // s + 1,
        ),
        "not-whole": (
            "You get a float, and parts of a pixel. Use //, which rounds down.",
            lambda n, k, s, p: (n + 2 * p - k) / s + 1,
        ),
        "one-before-dividing": (
            "You add the 1 before you divide by the stride. Count the steps first, then add the first place.",
            lambda n, k, s, p: (n + 2 * p - k + 1) // s,
        ),
    },
    {"counting places": _count_places},
    ("out",),
)


def conv_forward(x, weight, bias):
    """A convolution as neural networks have it, stride 1, no padding.

    Parameters
    ----------
    x : array (N, C, H, W)
    weight : array (O, C, K, L)
        A kernel for each output channel and each input channel.
    bias : array (O,)

    Returns
    -------
    y : array (N, O, H − K + 1, W − L + 1)
        y[n, o, i, j] is bias[o] plus the sum of weight[o] times the patch of image n whose first pixel is i, j.
    """
    patches = np.lib.stride_tricks.sliding_window_view(x, weight.shape[2:], axis=(2, 3))
    return np.einsum("ncijkl,ockl->noij", patches, weight) + bias[:, None, None]


def _conv_layer(x, weight, bias):
    layer = nn.Conv2d(weight.shape[1], weight.shape[0], weight.shape[2:], dtype=float)
    layer.params["weight"][...], layer.params["bias"][...] = weight, bias
    return layer(x)


def _conv_by_torch(x, weight, bias):
    import torch

    return torch.nn.functional.conv2d(*map(torch.tensor, (x, weight, bias))).numpy()


def _conv_cases(rng: np.random.Generator) -> Cases:
    one = np.arange(9.0).reshape(1, 1, 3, 3)

    def draw(*shape):
        return rng.standard_normal(shape)

    return {
        "1 image 3 × 3, kernel 2 × 2": (
            one,
            np.array([[[[1.0, 2.0], [0.0, -1.0]]]]),
            np.array([10.0]),
        ),
        "2 channels in, 3 out": (draw(2, 2, 4, 5), draw(3, 2, 2, 2), draw(3)),
        "2 channels in, 2 out": (draw(1, 2, 4, 4), draw(2, 2, 3, 3), draw(2)),
        "kernel 2 × 3": (draw(2, 1, 4, 4), draw(2, 1, 2, 3), draw(2)),
    }


CONV = Exercise(
    "conv-forward",
    *(4, 3, "A convolution, forward"),
    "Loop over the places i, j. At each one you have a patch (N, C, K, L) and kernels (O, C, K, L): multiply, and sum what?",
    conv_forward,
    _conv_cases,
    {
        "kernel-turned": (
            "Your kernel is turned by 180°, as mathematicians have it. Neural networks slide the kernel as it is.",
            lambda x, w, b: conv_forward(x, w[:, :, ::-1, ::-1], b),
        ),
        "bias-left-out": ("The bias is missing.", lambda x, w, b: conv_forward(x, w, 0 * b)),
        "channels-averaged": (
            "You average over the input channels. Sum over them.",
            lambda x, w, b: conv_forward(x, w / w.shape[1], b),
        ),
        "first-channel-only": (
            "Only the first input channel counts in your result. Sum over all of them.",
            lambda x, w, b: conv_forward(x[:, :1], w[:, :1], b),
        ),
        "kernel-transposed": (
            "Rows and columns of your kernel are swapped.",
            lambda x, w, b: conv_forward(x, w.swapaxes(2, 3), b),
        ),
        "weight-axes-swapped": (
            "Input and output channels of the weight are swapped: weight[o, c].",
            lambda x, w, b: conv_forward(x, w.swapaxes(0, 1), b),
        ),
        "bias-per-channel-in": (
            "The bias is added once for each input channel. It belongs to the output channel: once.",
            lambda x, w, b: conv_forward(x, w, b * w.shape[1]),
        ),
        "bias-on-columns": (
            "Your bias lies along the last axis. NumPy lines shapes up from the right: bias[:, None, None].",
            lambda x, w, b: conv_forward(x, w, 0 * b) + b,
        ),
    },
    {"dropnorm.scratch": _conv_layer, "PyTorch": _conv_by_torch},
    ("y",),
)


EXERCISES = (OUTPUT_SIZE, CONV)
