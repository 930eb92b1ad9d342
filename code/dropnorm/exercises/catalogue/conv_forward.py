"""Exercise of chapter 04: A convolution, forward."""

import numpy as np

from dropnorm import scratch as nn
from dropnorm.exercises.spec import Cases, Exercise, Mistake


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
        y[n, o, i, j] is bias[o] plus the sum of weight[o] times the patch of image n whose first
        pixel is i, j.
    """
    patches = np.lib.stride_tricks.sliding_window_view(x, weight.shape[2:], axis=(2, 3))
    return np.einsum("ncijkl,ockl->noij", patches, weight) + bias[:, None, None]


def _last_left_out(x, weight, bias):
    y = conv_forward(x, weight, bias)
    y[..., -1, :] = y[..., -1] = 0
    return y


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


EXERCISE = Exercise(
    name="conv-forward",
    chapter=4,
    stars=3,
    title="A convolution, forward",
    hint=(
        "Loop over the places i, j. At each one you have a patch (N, C, K, L) and kernels (O, C, "
        "K, L): multiply, and sum what?"
    ),
    solution=conv_forward,
    cases=_conv_cases,
    mistakes={
        "kernel-turned": Mistake(
            "Your kernel is turned by 180°, as mathematicians have it. Neural networks slide the "
            "kernel as it is.",
            lambda x, w, b: conv_forward(x, w[:, :, ::-1, ::-1], b),
        ),
        "bias-left-out": Mistake("The bias is missing.", lambda x, w, b: conv_forward(x, w, 0 * b)),
        "channels-averaged": Mistake(
            "You average over the input channels. Sum over them.",
            lambda x, w, b: conv_forward(x, w / w.shape[1], b),
        ),
        "first-channel-only": Mistake(
            "Only the first input channel counts in your result. Sum over all of them.",
            lambda x, w, b: conv_forward(x[:, :1], w[:, :1], b),
        ),
        "kernel-transposed": Mistake(
            "Rows and columns of your kernel are swapped.",
            lambda x, w, b: conv_forward(x, w.swapaxes(2, 3), b),
        ),
        "weight-axes-swapped": Mistake(
            "Input and output channels of the weight are swapped: weight[o, c].",
            lambda x, w, b: conv_forward(x, w.swapaxes(0, 1), b),
        ),
        "bias-per-channel-in": Mistake(
            "The bias is added once for each input channel. It belongs to the output channel: "
            "once.",
            lambda x, w, b: conv_forward(x, w, b * w.shape[1]),
        ),
        "last-place-left-out": Mistake(
            "The last row and the last column of the output are not computed: your loops end one "
            "place too early. range(H − K + 1) has all of them.",
            lambda x, w, b: _last_left_out(x, w, b),
        ),
        "bias-on-columns": Mistake(
            "Your bias lies along the last axis. NumPy lines shapes up from the right: bias[:, "
            "None, None].",
            lambda x, w, b: conv_forward(x, w, 0 * b) + b,
        ),
        "patches-averaged": Mistake(
            "You take the mean over the kernel's patch and the channels. A convolution is a sum.",
            lambda x, w, b: conv_forward(x, w / w[0].size, b),
        ),
        "kernel-averaged": Mistake(
            "You take the mean over the pixels of a patch, and sum over the channels only. A "
            "convolution sums over both.",
            lambda x, w, b: conv_forward(x, w / w[0, 0].size, b),
        ),
        "summed-before-multiplying": Mistake(
            "You sum image and kernel over the channels first, then multiply. Each channel has "
            "its own kernel: multiply, then sum.",
            lambda x, w, b: conv_forward(
                x.sum(axis=1, keepdims=True), w.sum(axis=1, keepdims=True), b
            ),
        ),
        "places-side-by-side": Mistake(
            "Your kernel moves by its own size: patches lie side by side, as in pooling. The "
            "stride is 1.",
            lambda x, w, b: conv_forward(x, w, b)[:, :, :: w.shape[2], :: w.shape[3]],
        ),
        "bias-multiplied": Mistake(
            "You multiply by the bias. It is added.",
            lambda x, w, b: conv_forward(x, w, 0 * b) * b[:, None, None],
        ),
        "kernel-upside-down": Mistake(
            "The rows of your kernel run upwards. The kernel's first row meets the patch's first "
            "row.",
            lambda x, w, b: conv_forward(x, w[:, :, ::-1], b),
        ),
    },
    referees={
        "dropnorm.scratch": _conv_layer,
        "PyTorch": _conv_by_torch,
    },
    returns=("y",),
)
