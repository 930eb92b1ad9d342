"""Layers for images: convolution and pooling."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.lib.stride_tricks import as_strided

from dropnorm.scratch.arguments import flag, float_type, generator, pair, refuse, whole
from dropnorm.scratch.base import Layer, check_gradient, check_input

BLOCK_BYTES = 2**21  # columns of this size stay in the cache of one core while they are used


class Conv2d(Layer):
    """y[n, o] = Σ over c, i, j of weight[o, c, i, j] · (x[n, c] shifted by i, j) + bias[o].

    Parameters
    ----------
    in_channels, out_channels
        C and O.
    kernel_size, stride, padding
        Whole numbers, or pairs (rows, columns). Padding is with zeros, on both sides.
    bias
        False leaves out the bias.
    rng
        Draws the initial weights, uniform in ±1/√(C · kernel area) as in PyTorch.
    dtype
        float32 or float64.

    Raises
    ------
    ValueError
        An argument is out of range.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0,
        bias: bool = True,
        *,
        rng=None,
        dtype=np.float32,
    ) -> None:
        super().__init__()
        self.kernel_size = pair("kernel_size", kernel_size)
        self.stride = pair("stride", stride)
        self.padding = pair("padding", padding, least=0)
        shape = (
            whole("out_channels", out_channels),
            whole("in_channels", in_channels),
            *self.kernel_size,
        )
        rng, dtype = generator(rng), float_type(dtype)
        bound = 1 / np.sqrt(np.prod(shape[1:]))
        self.params["weight"] = rng.uniform(-bound, bound, shape).astype(dtype)
        if flag("bias", bias):
            self.params["bias"] = rng.uniform(-bound, bound, out_channels).astype(dtype)
        self._x = self._y_shape = None

    def forward(self, x: np.ndarray) -> np.ndarray:
        """(N, C, H, W) → (N, O, H', W') with H' = ⌊(H + 2 · padding − kernel) / stride⌋ + 1: y = weight · columns + bias."""
        weight = self.params["weight"]
        check_input(self, x, f"(N, {weight.shape[1]}, H, W)", (4,), weight.shape[1], weight.dtype)
        self._x, self._y_shape = x, (len(x), len(weight), *self._output_size(x.shape[2:]))
        y, weight = np.empty(self._y_shape, x.dtype), self._weight_rows()
        for some, columns in self._blocks():
            product = weight @ columns
            if "bias" in self.params:
                product += self.params["bias"][:, None]
            y[some] = self._valid(product)
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """dW = Σ dy · columnsᵀ, db = Σ dy; the columns' gradient is Wᵀ · dy, and dx the sum over all copies of a pixel."""
        check_gradient(self, dy, self._y_shape)
        weight = self._weight_rows()
        dweight, dx = np.zeros_like(weight), np.empty_like(self._x)
        for some, columns in self._blocks():
            dproduct = np.zeros((len(weight), columns.shape[1]), dy.dtype)
            self._valid(dproduct)[...] = dy[some]
            dweight += dproduct @ columns.T
            np.matmul(weight.T, dproduct, out=columns)
            dx[some] = self._add_up(columns, len(dy[some]))
        channels_last = dweight.reshape(-1, *self.kernel_size, self._x.shape[1])
        self.grads["weight"] = channels_last.transpose(0, 3, 1, 2).copy()
        if "bias" in self.params:
            self.grads["bias"] = dy.sum(axis=(0, 2, 3))
        return dx

    def _weight_rows(self) -> np.ndarray:
        """(O, kernel area · C), in the order of the columns."""
        weight = self.params["weight"]
        return weight.transpose(0, 2, 3, 1).reshape(len(weight), -1)

    def _output_size(self, size: tuple[int, int]) -> tuple[int, int]:
        sizes = zip(size, self.kernel_size, self.stride, self.padding, strict=True)
        height, width = ((n + 2 * p - k) // s + 1 for n, k, s, p in sizes)
        if height < 1 or width < 1:
            raise ValueError(
                f"Conv2d: an image of {size} with padding {self.padding} is smaller than the kernel {self.kernel_size}"
            )
        return height, width

    def _blocks(self) -> Iterator[tuple[slice, np.ndarray]]:
        """As many images at a time as the cache holds, and their columns: all shifted copies of the channels."""
        area, places = self.params["weight"][0].size, int(np.prod(self._places()))
        bytes_per_image = max(area, self._y_shape[1]) * places * self._x.itemsize
        total, at_once = len(self._x), max(1, BLOCK_BYTES // bytes_per_image)
        for start in range(0, total, at_once):
            some = slice(start, min(start + at_once, total))
            images = some.stop - start
            if start == 0 or images < at_once:
                inside, shifted = self._line(images)
                columns = np.empty((area, images * places), self._x.dtype)
            inside[...] = self._x[some].swapaxes(0, 1)
            columns.reshape(shifted.shape)[...] = shifted
            yield some, columns

    def _valid(self, product: np.ndarray) -> np.ndarray:
        """View (n, O, H', W') of a matrix (O, places): only those places where the kernel lies within one image."""
        height, width = self._y_shape[2:]
        return product.reshape(len(product), -1, *self._places())[:, :, :height, :width].swapaxes(
            0, 1
        )

    def _add_up(self, columns: np.ndarray, images: int) -> np.ndarray:
        """The transpose of copying: the numbers of ``columns`` go back to the pixels they came from, and add up there."""
        inside, shifted = self._line(images)
        columns = columns.reshape(shifted.shape)
        for i, j in np.ndindex(self.kernel_size):
            shifted[i, j] += columns[i, j]
        return inside.swapaxes(0, 1)

    def _line(self, images: int) -> tuple[np.ndarray, np.ndarray]:
        """A line of zeros in memory, with room for padded images one after the other, and two views of it.

        inside
            (C, images, H, W): the pixels. The zeros between two rows, or two images, are the padding of both.
        shifted
            (kernel rows, kernel columns, C, images, places): all that the kernel's number (i, j) is multiplied by. It is
            the line from i rows and j columns further on, in steps of the stride: one long copy, which is fast. Where the
            kernel runs over an image's edge the result means nothing, and ``_valid`` leaves it out.
        """
        _, channels, height, width = self._x.shape
        (above, left), (down, right), places = self.padding, self.stride, self._places()
        rows, pitch = places[0] * down, places[1] * right
        line = np.zeros(
            (channels * images * rows + self.kernel_size[0]) * pitch + self.kernel_size[1],
            self._x.dtype,
        )
        channel, image, row, pixel = (
            n * line.itemsize for n in (images * rows * pitch, rows * pitch, pitch, 1)
        )
        inside = as_strided(
            line[above * pitch + left :],
            (channels, images, height, width),
            (channel, image, row, pixel),
        )
        shape = (*self.kernel_size, channels, images, *places)
        return inside, as_strided(
            line, shape, (row, pixel, channel, image, row * down, pixel * right)
        )

    def _places(self) -> tuple[int, ...]:
        """Rows and columns of places where the kernel is applied to an image, those over its edge included."""
        sizes = zip(self._x.shape[2:], self.padding, self.stride, self._y_shape[2:], strict=True)
        return tuple(max(-(-(n + p) // s), out) for n, p, s, out in sizes)


class _Pool2d(Layer):
    """What max and average pooling share: the patches, and their way back to the pixels."""

    beyond = 0.0  # what stands outside an image

    def __init__(
        self,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] | None = None,
        padding: int | tuple[int, int] = 0,
    ) -> None:
        super().__init__()
        self.kernel_size = pair("kernel_size", kernel_size)
        self.stride = self.kernel_size if stride is None else pair("stride", stride)
        self.padding = pair("padding", padding, least=0)
        if any(2 * p > k for p, k in zip(self.padding, self.kernel_size, strict=True)):
            raise refuse(
                "padding",
                padding,
                f"at most half of kernel_size={self.kernel_size}: a patch needs a pixel",
            )
        self._x_shape = None

    def _corners(self, x: np.ndarray) -> list[np.ndarray]:
        """Views of padded images: the first pixel of every patch, the second of every patch, …, row by row."""
        (rows, cols), (down, right) = self.kernel_size, self.stride
        height, width = x.shape[2] - rows + 1, x.shape[3] - cols + 1
        return [
            x[:, :, i : i + height : down, j : j + width : right] for i, j in np.ndindex(rows, cols)
        ]

    def _pad(self, x: np.ndarray) -> np.ndarray:
        """Images with their padding; checks them."""
        check_input(self, x, "(N, C, H, W)", (4,))
        (above, left), (height, width) = self.padding, x.shape[2:]
        if height + 2 * above < self.kernel_size[0] or width + 2 * left < self.kernel_size[1]:
            raise ValueError(
                f"{type(self).__name__}: an image of {x.shape[2:]} is smaller than kernel_size={self.kernel_size}"
            )
        self._x_shape = x.shape
        if not above and not left:
            return x
        return np.pad(
            x, ((0, 0), (0, 0), (above, above), (left, left)), constant_values=self.beyond
        )

    def _add_up(self, dcorners: Iterable[np.ndarray], dtype: np.dtype) -> np.ndarray:
        """The transpose of padding and taking corners: a pixel gets the sum over all patches that hold it."""
        (above, left), (images, channels, height, width) = self.padding, self._x_shape
        dx = np.zeros((images, channels, height + 2 * above, width + 2 * left), dtype)
        for corner, dcorner in zip(self._corners(dx), dcorners, strict=True):
            corner += dcorner
        return dx[:, :, above : above + height, left : left + width]


class MaxPool2d(_Pool2d):
    """The largest of each patch of ``kernel_size`` pixels.

    A border too narrow for a patch is left out, as in PyTorch; padding never wins.

    Parameters
    ----------
    kernel_size, stride, padding
        Whole numbers, or pairs (rows, columns). Without a stride patches lie side by side: stride = kernel size. Padding
        at most half of the kernel size.

    Raises
    ------
    ValueError
        A size is out of range.
    """

    beyond = -np.inf

    def forward(self, x: np.ndarray) -> np.ndarray:
        """(N, C, H, W) → (N, C, H', W') with H' = ⌊(H + 2 · padding − kernel) / stride⌋ + 1."""
        corners = np.stack(self._corners(self._pad(x)))
        y = corners.max(axis=0)
        self._wins = (corners == y) | (corners != corners)  # a NaN is the largest, as in PyTorch
        free = ~self._wins[0]
        for wins in self._wins[1:]:
            wins &= free
            free &= ~wins
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """dx: the sum of dy over all patches of which a pixel is the first largest."""
        check_gradient(self, dy, self._x_shape and self._wins.shape[1:])
        return self._add_up((dy * wins for wins in self._wins), dy.dtype)


class AvgPool2d(_Pool2d):
    """The mean of each patch of ``kernel_size`` pixels; zeros of the padding are counted, as in PyTorch.

    Parameters and errors as for ``MaxPool2d``.
    """

    def forward(self, x: np.ndarray) -> np.ndarray:
        """(N, C, H, W) → (N, C, H', W') with H' = ⌊(H + 2 · padding − kernel) / stride⌋ + 1."""
        corners = self._corners(self._pad(x))
        self._y_shape = corners[0].shape
        return sum(corners) / x.dtype.type(len(corners))

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """Every pixel of a patch of n gets dy/n."""
        check_gradient(self, dy, self._x_shape and self._y_shape)
        area = int(np.prod(self.kernel_size))
        return self._add_up([dy / dy.dtype.type(area)] * area, dy.dtype)


class AdaptiveAvgPool2d(Layer):
    """The mean of each channel, whatever the image's size: global average pooling (Lin et al., 2014).

    Parameters
    ----------
    output_size
        1. (PyTorch allows other sizes, with patches of unequal size.)

    Raises
    ------
    ValueError
        Another size.
    """

    def __init__(self, output_size: int) -> None:
        super().__init__()
        if pair("output_size", output_size) != (1, 1):
            raise refuse("output_size", output_size, "1: one mean for each channel")
        self._shape = None

    def forward(self, x: np.ndarray) -> np.ndarray:
        """(N, C, H, W) → (N, C, 1, 1)."""
        check_input(self, x, "(N, C, H, W)", (4,))
        self._shape = x.shape
        return x.mean(axis=(2, 3), keepdims=True)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """Each of H · W pixels gets dy / (H · W)."""
        check_gradient(self, dy, self._shape and (*self._shape[:2], 1, 1))
        pixels = self._shape[2] * self._shape[3]
        return np.broadcast_to(dy / dy.dtype.type(pixels), self._shape).copy()
