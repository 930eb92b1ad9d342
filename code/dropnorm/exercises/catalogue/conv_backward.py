"""Exercise of chapter 07: A convolution, backward."""

import numpy as np

from dropnorm import scratch as nn
from dropnorm.exercises.spec import Cases, Exercise, Mistake, torch_gradients


def conv_backward(dy, x, weight):
    """The backward pass of a convolution, stride 1, no padding.

    Parameters
    ----------
    dy : array (N, O, H − K + 1, W − L + 1)
        Gradient of the loss with respect to y, where y[n, o, i, j] is bias[o] plus the sum of
        weight[o] times the patch of image n whose first pixel is i, j.
    x : array (N, C, H, W)
        The input of the forward pass.
    weight : array (O, C, K, L)

    Returns
    -------
    dx : array (N, C, H, W)
    dweight : array (O, C, K, L)
    dbias : array (O,)
        Gradients of the loss with respect to x, weight and bias.
    """
    dx, dweight = np.zeros(x.shape), np.zeros(weight.shape)
    height, width = dy.shape[2:]
    for a, b in np.ndindex(weight.shape[2:]):
        seen = np.s_[:, :, a : a + height, b : b + width]  # the pixels that weight[…, a, b] meets
        dx[seen] += np.einsum("nohw,oc->nchw", dy, weight[:, :, a, b])
        dweight[:, :, a, b] = np.einsum("nohw,nchw->oc", dy, x[seen])
    return dx, dweight, dy.sum(axis=(0, 2, 3))


def _by_layer(dy, x, weight):
    layer = nn.Conv2d(weight.shape[1], weight.shape[0], weight.shape[2:], dtype=float)
    layer.params["weight"][...] = weight
    layer(x)
    return layer.backward(dy), layer.grads["weight"], layer.grads["bias"]


def _by_pytorch(dy, x, weight):
    import torch

    def loss(x, weight, bias):
        return (torch.tensor(dy) * torch.nn.functional.conv2d(x, weight, bias)).sum()

    return torch_gradients(loss, x, weight, np.zeros(len(weight)))


def _overwritten(dy, x, weight):
    dx, dweight, dbias = conv_backward(dy, x, weight)
    kernel = weight.shape[2:]
    for i, j in np.ndindex(dy.shape[2:]):
        patch = np.s_[:, :, i : i + kernel[0], j : j + kernel[1]]
        dx[patch] = np.einsum("no,ockl->nckl", dy[:, :, i, j], weight)
    return dx, dweight, dbias


def _last_place_left_out(dy, x, weight):
    dx, dweight, _ = conv_backward(dy * _but_the_last(dy), x, weight)
    return dx, dweight, dy.sum(axis=(0, 2, 3))


def _but_the_last(dy):
    kept = np.ones(dy.shape[2:])
    kept[-1] = kept[:, -1] = 0
    return kept


def _with_dx(change):
    """The gradient of x with another kernel."""

    def mistaken(dy, x, weight):
        return conv_backward(dy, x, change(weight))[0], *conv_backward(dy, x, weight)[1:]

    return mistaken


def _with(dweight=lambda d, dy: d, dbias=lambda d, dy: d):
    """The parameters' gradients changed, given dy."""

    def mistaken(dy, x, weight):
        dx, dw, db = conv_backward(dy, x, weight)
        return dx, dweight(dw, dy), dbias(db, dy)

    return mistaken


def _cases(rng: np.random.Generator) -> Cases:
    def drawn(n, c, o, size, kernel):
        place = [s - k + 1 for s, k in zip(size, kernel, strict=True)]
        return (
            rng.standard_normal((n, o, *place)),
            rng.standard_normal((n, c, *size)),
            rng.standard_normal((o, c, *kernel)),
        )

    return {
        "1 image 3 × 3, kernel 2 × 2": (
            np.array([[[[1.0, 0], [0, 2]]]]),
            np.arange(9.0).reshape(1, 1, 3, 3),
            np.array([[[[1.0, 2], [3, 4]]]]),
        ),
        "2 images, 2 channels in, 3 out": drawn(2, 2, 3, (4, 5), (2, 2)),
        "3 images, 3 channels in, 2 out, kernel 3 × 3": drawn(3, 3, 2, (5, 4), (3, 3)),
        "kernel 2 × 3": drawn(2, 1, 2, (4, 4), (2, 3)),
    }


EXERCISE = Exercise(
    name="conv-backward",
    chapter=7,
    stars=3,
    title="A convolution, backward",
    hint=(
        "y[n, o, i, j] took weight[o, c, a, b] · x[n, c, i + a, j + b]. Go through the places (a, "
        "b) of the kernel: what does dy hand to that pixel, and what to that weight?"
    ),
    solution=conv_backward,
    cases=_cases,
    mistakes={
        "dx-kernel-turned": Mistake(
            "dx is made with the kernel turned by 180°. If you slide over a padded dy, the kernel "
            "has to be turned; if you add up patches, it stays as it is.",
            _with_dx(lambda w: w[:, :, ::-1, ::-1]),
        ),
        "dx-overwritten": Mistake(
            "In dx patches overwrite one another where they overlap. A pixel used twice gets the "
            "sum: += instead of =.",
            _overwritten,
        ),
        "dweight-kernel-turned": Mistake(
            "dweight is turned by 180°.", _with(lambda d, dy: d[:, :, ::-1, ::-1])
        ),
        "dweight-averaged": Mistake(
            "You average dweight over the images. The loss's own mean is in dy already: sum.",
            _with(lambda d, dy: d / len(dy)),
        ),
        "dweight-averaged-over-places": Mistake(
            "You average dweight over images and places. A weight used at many places gets the "
            "sum.",
            _with(lambda d, dy: d / dy[:, 0].size),
        ),
        "dbias-averaged": Mistake(
            "You average dbias over images and places. Sum.",
            _with(dbias=lambda d, dy: dy.mean(axis=(0, 2, 3))),
        ),
        "dbias-averaged-over-images": Mistake(
            "You average dbias over the images. Sum.",
            _with(dbias=lambda d, dy: d / len(dy)),
        ),
        "dbias-over-places-averaged": Mistake(
            "You average dbias over the places of an image. Sum over images and places.",
            _with(dbias=lambda d, dy: dy.mean(axis=(2, 3)).sum(axis=0)),
        ),
        "last-place-left-out": Mistake(
            "The last row and the last column of dy are left out: your loops end one place too "
            "early.",
            _last_place_left_out,
        ),
    },
    referees={"dropnorm.scratch": _by_layer, "PyTorch": _by_pytorch},
    returns=("dx", "dweight", "dbias"),
)
