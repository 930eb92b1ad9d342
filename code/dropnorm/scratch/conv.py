"""Convolution of images, as matrix products of the kernels and rows of pixels."""

import itertools
from typing import Literal

import numpy as np
from numpy.typing import DTypeLike

from dropnorm.scratch.arguments import Seed, flag, float_type, generator, pair, refusal, whole
from dropnorm.scratch.base import Layer, check_gradient, check_input
from dropnorm.scratch.rows import Axis, in_groups, rows_of


class Conv2d(Layer):
    """y[n, o] = Σ over c, i, j of weight[o, c, i, j] · (x[n, c] shifted by i, j) + bias[o].

    Parameters
    ----------
    in_channels, out_channels
        C and O.
    kernel_size, stride
        Whole numbers, or pairs (rows, columns).
    padding
        Zeros on both sides: a whole number, a pair (rows, columns), or ``"same"``: as many as give
        an output of the input's size (the one too many of an odd number comes last); with stride 1
        only.
    dilation
        From one pixel under the kernel to the next; a whole number, or a pair.
    groups
        Divides C and O: each of so many parts of the output channels sees one part of the input
        channels. With ``groups`` = C, each channel has kernels of its own: a depthwise convolution.
    bias
        False leaves out the bias.
    rng
        Draws the initial weights, uniform in ±1/√(C / groups · kernel area) as in PyTorch.
    dtype
        float32 or float64.

    Raises
    ------
    ValueError
        An argument is out of range.
    """

    _x: np.ndarray
    _axes: tuple[Axis, Axis]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] | Literal["same"] = 0,
        dilation: int | tuple[int, int] = 1,
        groups: int = 1,
        bias: bool = True,
        *,
        rng: Seed = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__()
        whole("in_channels", in_channels)
        whole("out_channels", out_channels)
        self.kernel_size = pair("kernel_size", kernel_size)
        self.stride = pair("stride", stride)
        self.dilation = pair("dilation", dilation)
        self.groups = whole("groups", groups)
        if in_channels % groups or out_channels % groups:
            allowed = f"a divisor of in_channels={in_channels} and of out_channels={out_channels}"
            raise refusal("groups", groups, allowed)
        self.padding: tuple[int, int] | Literal["same"]
        if isinstance(padding, str) and padding == "same":
            if self.stride != (1, 1):
                raise refusal("padding", padding, f"whole numbers, as stride={stride} is not 1")
            self.padding = "same"
        else:
            self.padding = pair("padding", padding, least=0)
        shape = (out_channels, in_channels // groups, *self.kernel_size)
        rng, dtype = generator(rng), float_type(dtype)
        bound = 1 / np.sqrt(np.prod(shape[1:]))
        self.params["weight"] = rng.uniform(-bound, bound, shape).astype(dtype)
        if flag("bias", bias):
            self.params["bias"] = rng.uniform(-bound, bound, out_channels).astype(dtype)

    def forward(self, x: np.ndarray) -> np.ndarray:
        """(N, C, H, W) → (N, O, H', W'): y = Σ over columns of the kernel of weight · rows + bias.

        H' = ⌊(H + 2 · padding − dilation · (kernel − 1) − 1) / stride⌋ + 1.
        """
        weight = self.params["weight"]
        channels = weight.shape[1] * self.groups
        layout = f"(N, {channels}, H, W)"
        check_input(self, x, layout, ndim=(4,), channels=channels, dtype=weight.dtype)
        vertical, horizontal = self._axes = self._axes_of(x.shape[2:])
        self._x = x
        self._output_shape = (len(x), len(weight), vertical.outputs, horizontal.outputs)
        y = np.empty(self._output_shape, x.dtype)
        convolve(x, weight, self.params.get("bias"), self._axes, self.groups, y)
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """dW = Σ dy · rows and db = Σ dy; dx is a convolution of dy.

        A pixel that met weight[o, c, i, j] at an output gets weight[o, c, i, j] · dy back from it,
        and this output lies i rows and j columns *before* the pixel. So kernels are turned round,
        and o and c change places. With a stride of 2, every second pixel met the same numbers of
        the kernel: each such set of pixels has a convolution of its own.
        """
        check_gradient(self, dy)
        self.grads["weight"] = self._weight_gradient(dy)
        if "bias" in self.params:
            self.grads["bias"] = dy.sum(axis=(0, 2, 3))
        dx, turned = np.zeros_like(self._x), self._inputs_first()
        vertical, horizontal = self._axes
        ways = itertools.product(vertical.backward(), horizontal.backward())
        for (rows, i, down), (columns, j, right) in ways:
            pixels = dx[:, :, rows, columns]
            convolve(dy, turned[:, :, i, j], None, (down, right), self.groups, pixels)
        return dx

    def _weight_gradient(self, dy: np.ndarray) -> np.ndarray:
        """Σ dy · rows, where the rows are laid out again: to keep them would take more memory."""
        weight, (vertical, horizontal) = self.params["weight"], self._axes
        outputs, channels, down, right = weight.shape
        size = outputs // self.groups
        # for each column of the kernel: (groups, kernel rows · C / groups, O / groups)
        parts = np.zeros((right, self.groups, down * channels, size), dy.dtype)
        for block, matrices in rows_of(self._x, self.groups, vertical, horizontal):
            # (groups, N, O / groups, H', W') → (groups, H', N, W', O / groups)
            dproduct = in_groups(dy[block], self.groups).transpose(0, 3, 1, 4, 2)
            # places over the edge of an image have no output, and a gradient of 0
            at_places = np.zeros((*dproduct.shape[:3], horizontal.places, size), dy.dtype)
            at_places[..., : horizontal.outputs, :] = dproduct
            at_places = at_places.reshape(*at_places.shape[:2], -1, size)
            for part, matrix in zip(parts, matrices, strict=True):
                part += (matrix @ at_places).sum(axis=1)
        parts = parts.reshape(right, self.groups, down, channels, size)
        return np.ascontiguousarray(parts.transpose(1, 4, 3, 2, 0)).reshape(weight.shape)

    def _inputs_first(self) -> np.ndarray:
        """(O, C / groups, …) → (C, O / groups, …): the kernels of the way back."""
        weight = self.params["weight"]
        by_group = weight.reshape(self.groups, -1, *weight.shape[1:])
        return by_group.swapaxes(1, 2).reshape(-1, by_group.shape[1], *weight.shape[2:])

    def _axes_of(self, size: tuple[int, ...]) -> tuple[Axis, Axis]:
        """Where the kernel is applied to images of this size, along rows and along columns."""
        settings = zip(size, self.kernel_size, self.stride, self.dilation, strict=True)
        borders = self._borders()
        vertical, horizontal = (
            Axis.padded(*sizes, *border) for sizes, border in zip(settings, borders, strict=True)
        )
        if vertical.outputs < 1 or horizontal.outputs < 1:
            raise ValueError(
                f"Conv2d: an image of {size} with padding {self.padding} is smaller than "
                f"the kernel {self.kernel_size}"
            )
        return vertical, horizontal

    def _borders(self) -> list[tuple[int, int]]:
        """Zeros before and after an image, along rows and along columns."""
        if self.padding != "same":
            return [(zeros, zeros) for zeros in self.padding]
        pairs = zip(self.kernel_size, self.dilation, strict=True)
        totals = [dilation * (kernel - 1) for kernel, dilation in pairs]
        return [(total // 2, total - total // 2) for total in totals]


def convolve(
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None,
    axes: tuple[Axis, Axis],
    groups: int,
    y: np.ndarray,
) -> None:
    """Write the convolution of ``x`` to ``y``, (N, O, H', W'), a few images at a time."""
    # for each column of the kernel: (groups, 1, O / groups, kernel rows · C / groups)
    kernels = np.ascontiguousarray(weight.transpose(3, 0, 2, 1))
    kernels = kernels.reshape(len(kernels), groups, 1, len(weight) // groups, -1)
    for block, matrices in rows_of(x, groups, *axes):
        product = kernels[0] @ matrices[0]
        for kernel, matrix in zip(kernels[1:], matrices[1:], strict=True):
            product += kernel @ matrix
        if bias is not None:
            product += bias.reshape(groups, 1, -1, 1)
        # (groups, H', O / groups, N · places) → (groups, N, O / groups, H', W')
        images = product.reshape(*product.shape[:3], -1, axes[1].places)[..., : y.shape[3]]
        in_groups(y[block], groups)[...] = images.transpose(0, 3, 2, 1, 4)
