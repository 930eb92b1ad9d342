"""Convolution of images, as one matrix product for each block of them."""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import DTypeLike

from dropnorm.scratch.arguments import Seed, flag, float_type, generator, pair, refusal, whole
from dropnorm.scratch.base import Layer, check_gradient, check_input
from dropnorm.scratch.columns import Axis, Columns

BLOCK_BYTES = 2**21  # columns of this size stay in the cache of one core while they are used


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
        """(N, C, H, W) → (N, O, H', W'): y = weight · columns + bias.

        H' = ⌊(H + 2 · padding − dilation · (kernel − 1) − 1) / stride⌋ + 1.
        """
        weight = self.params["weight"]
        channels = weight.shape[1] * self.groups
        layout = f"(N, {channels}, H, W)"
        check_input(self, x, layout, ndim=(4,), channels=channels, dtype=weight.dtype)
        vertical, horizontal = self._axes = self._axes_of(x.shape[2:])
        self._x = x
        self._output_shape = (len(x), len(weight), vertical.outputs, horizontal.outputs)
        kernels, y = self._kernels(), np.empty(self._output_shape, x.dtype)
        for block, columns in self._blocks():
            product = kernels @ columns.fill(x[block])
            if "bias" in self.params:
                product += self.params["bias"].reshape(self.groups, -1, 1)
            y[block] = columns.inside(product)
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """dW = Σ dy · columnsᵀ and db = Σ dy; the gradient of the columns is Wᵀ · dy.

        dx is the sum over all copies of a pixel in the columns. These are built again, not kept
        from ``forward``: that saves memory, and costs little.
        """
        check_gradient(self, dy)
        kernels, dx = self._kernels(), np.empty_like(self._x)
        dkernels = np.zeros_like(kernels)
        for block, columns in self._blocks():
            matrix = columns.fill(self._x[block])
            # dy at the places inside an image, 0 at those over its edge
            dproduct = np.zeros((*kernels.shape[:2], matrix.shape[2]), dy.dtype)
            columns.inside(dproduct)[...] = dy[block]
            dkernels += dproduct @ matrix.swapaxes(1, 2)
            # written over the columns, which are not needed any more
            np.matmul(kernels.swapaxes(1, 2), dproduct, out=matrix)
            dx[block] = columns.add_up()
        # (groups, O / groups, kernel area · C / groups) → (O, C / groups, kernel rows, kernel
        # columns)
        dweight = dkernels.reshape(dy.shape[1], *self.kernel_size, -1)
        self.grads["weight"] = dweight.transpose(0, 3, 1, 2).copy()
        if "bias" in self.params:
            self.grads["bias"] = dy.sum(axis=(0, 2, 3))
        return dx

    def _kernels(self) -> np.ndarray:
        """(groups, O / groups, kernel area · C / groups), in the order of the columns."""
        weight = self.params["weight"]
        rows = weight.transpose(0, 2, 3, 1)
        return rows.reshape(self.groups, len(weight) // self.groups, -1)

    def _axes_of(self, size: tuple[int, ...]) -> tuple[Axis, Axis]:
        """Where the kernel is applied to images of this size, along rows and along columns."""
        settings = zip(size, self.kernel_size, self.stride, self.dilation, strict=True)
        borders = self._borders()
        vertical, horizontal = (
            Axis(*sizes, *border) for sizes, border in zip(settings, borders, strict=True)
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

    def _blocks(self) -> Iterator[tuple[slice, Columns]]:
        """As many images at a time as the cache holds, and the memory for their columns."""
        weight, channels = self.params["weight"], self._x.shape[1]
        vertical, horizontal = self._axes
        largest = max(channels * weight[0, 0].size, len(weight))
        bytes_per_image = largest * vertical.places * horizontal.places * self._x.itemsize
        total, at_once = len(self._x), max(1, BLOCK_BYTES // bytes_per_image)
        images = 0
        for start in range(0, total, at_once):
            block = slice(start, min(start + at_once, total))
            if images != block.stop - start:  # the first block, and a smaller one at the end
                images = block.stop - start
                columns = Columns(
                    images, channels, self.groups, vertical, horizontal, self._x.dtype
                )
            yield block, columns
