"""Pooling: the largest or the mean of each patch of an image."""

from collections.abc import Iterable

import numpy as np

from dropnorm.scratch.arguments import pair, refusal
from dropnorm.scratch.base import Layer, check_gradient, check_input


class _Pool2d(Layer):
    """What max and average pooling share: the patches, and their way back to the pixels."""

    padding_value = 0.0  # what stands outside an image
    _x_shape: tuple[int, ...]

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
            allowed = f"at most half of kernel_size={self.kernel_size}: a patch needs a pixel"
            raise refusal("padding", padding, allowed)

    def _corners(self, padded: np.ndarray) -> list[np.ndarray]:
        """Views (N, C, H', W'): the first pixel of every patch, the second of every patch, …

        Patches are read row by row. The maximum of all patches is the maximum of these few arrays.
        """
        (rows, columns), (down, right) = self.kernel_size, self.stride
        height, width = padded.shape[2] - rows + 1, padded.shape[3] - columns + 1
        return [
            padded[:, :, i : i + height : down, j : j + width : right]
            for i, j in np.ndindex(rows, columns)
        ]

    def _pad(self, x: np.ndarray) -> np.ndarray:
        """Images with their padding; refuses what is no batch of images, or has no patch."""
        check_input(self, x, "(N, C, H, W)", ndim=(4,))
        (above, left), (height, width) = self.padding, x.shape[2:]
        if height + 2 * above < self.kernel_size[0] or width + 2 * left < self.kernel_size[1]:
            raise ValueError(
                f"{type(self).__name__}: an image of {x.shape[2:]} is smaller than "
                f"kernel_size={self.kernel_size}"
            )
        self._x_shape = x.shape
        if not above and not left:
            return x
        border = ((0, 0), (0, 0), (above, above), (left, left))
        return np.pad(x, border, constant_values=self.padding_value)

    def _add_up(self, dcorners: Iterable[np.ndarray], dtype: np.dtype) -> np.ndarray:
        """The transpose of padding and corners: a pixel gets the sum over all its patches."""
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
        Whole numbers, or pairs (rows, columns). Without a stride patches lie side by side:
        stride = kernel size. Padding at most half of the kernel size.

    Raises
    ------
    ValueError
        A size is out of range.
    """

    padding_value = -np.inf
    _wins: np.ndarray

    def forward(self, x: np.ndarray) -> np.ndarray:
        """(N, C, H, W) → (N, C, H', W'), H' = ⌊(H + 2 · padding − kernel) / stride⌋ + 1."""
        corners = np.stack(self._corners(self._pad(x)))
        y: np.ndarray = corners.max(axis=0)
        self._output_shape = y.shape
        self._wins = (corners == y) | np.isnan(corners)  # a NaN is the largest, as in PyTorch
        # of several equal maxima only the first one wins
        free = ~self._wins[0]
        for wins in self._wins[1:]:
            wins &= free
            free &= ~wins
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """dx: the sum of dy over all patches of which a pixel is the first largest."""
        check_gradient(self, dy)
        return self._add_up((dy * wins for wins in self._wins), dy.dtype)


class AvgPool2d(_Pool2d):
    """The mean of each patch of ``kernel_size`` pixels; padding counts as zeros, as in PyTorch.

    Parameters and errors as for ``MaxPool2d``.
    """

    def forward(self, x: np.ndarray) -> np.ndarray:
        """(N, C, H, W) → (N, C, H', W'), H' = ⌊(H + 2 · padding − kernel) / stride⌋ + 1."""
        corners = self._corners(self._pad(x))
        self._output_shape = corners[0].shape
        return sum(corners) / x.dtype.type(len(corners))

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """Every pixel of a patch of n gets dy/n."""
        check_gradient(self, dy)
        area = int(np.prod(self.kernel_size))
        return self._add_up([dy / dy.dtype.type(area)] * area, dy.dtype)


class AdaptiveAvgPool2d(Layer):
    """The mean of each channel, global average pooling (Lin et al., 2014).

    Parameters
    ----------
    output_size
        1. (PyTorch allows other sizes, with patches of unequal size.)

    Raises
    ------
    ValueError
        Another size.
    """

    _x_shape: tuple[int, ...]

    def __init__(self, output_size: int) -> None:
        super().__init__()
        if pair("output_size", output_size) != (1, 1):
            raise refusal("output_size", output_size, "1: one mean for each channel")

    def forward(self, x: np.ndarray) -> np.ndarray:
        """(N, C, H, W) → (N, C, 1, 1)."""
        check_input(self, x, "(N, C, H, W)", ndim=(4,))
        self._x_shape, self._output_shape = x.shape, (*x.shape[:2], 1, 1)
        return x.mean(axis=(2, 3), keepdims=True)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """Each of H · W pixels gets dy / (H · W)."""
        check_gradient(self, dy)
        pixels = self._x_shape[2] * self._x_shape[3]
        return np.broadcast_to(dy / dy.dtype.type(pixels), self._x_shape).copy()
