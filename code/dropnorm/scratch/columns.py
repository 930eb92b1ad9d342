"""Images to columns and back (im2col, col2im): what a convolution multiplies its kernels by."""

from typing import NamedTuple

import numpy as np


class Axis(NamedTuple):
    """Where a kernel is applied along one axis of an image; all sizes are in pixels."""

    size: int
    kernel: int
    stride: int
    dilation: int
    before: int
    after: int

    @property
    def reach(self) -> int:
        """From the kernel's first pixel to its last, both counted."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def outputs(self) -> int:
        """How often the kernel fits into the padded image: ⌊(padded size − reach) / stride⌋ + 1."""
        return (self.size + self.before + self.after - self.reach) // self.stride + 1

    @property
    def places(self) -> int:
        """Steps of the stride until the next image begins.

        Where there are more than ``outputs``, the kernel runs over the edge at the last ones.
        """
        # One border is enough: the zeros after an image are also those before the next one.
        bordered = self.size + max(self.before, self.after)
        return max((bordered + self.stride - 1) // self.stride, self.outputs)

    @property
    def pitch(self) -> int:
        """Pixels from the beginning of one image to that of the next."""
        return self.places * self.stride


class Columns:
    """The columns of a block of images, in memory that serves one block after the other.

    Each channel is one long line in memory: its padded images, row after row. Two images of 2 × 2
    pixels with a padding of 1 share their zeros, those between rows and those between images::

        . . .
        . a b
        . c d        line:  . . . . a b . c d . . . . e f . g h . . . .
        . . .
        . e f
        . g h
        . . .

    In the line the right neighbour of every pixel comes 1 later and the one below it ``pitch``
    (here 3) later. So all pixels that the kernel's number (i, j) is multiplied by are the line
    itself, from i · pitch + j on: one long copy for each channel, which is fast. Where the kernel
    runs over the edge of an image, the numbers belong to no output, and ``inside`` leaves them out.

    Parameters
    ----------
    images, channels, groups
        Sizes of a block, and the parts into which the channels are divided.
    vertical, horizontal
        Where the kernel is applied, along rows and along columns.
    dtype
        Of the images.
    """

    def __init__(
        self,
        images: int,
        channels: int,
        groups: int,
        vertical: Axis,
        horizontal: Axis,
        dtype: np.dtype,
    ) -> None:
        self.vertical, self.horizontal = vertical, horizontal
        self._length = images * vertical.pitch * horizontal.pitch
        beyond = max(
            self._start(vertical.reach - 1, horizontal.reach - 1),
            self._start(vertical.before, horizontal.before),
        )
        self._line = np.zeros((channels, self._length + beyond), dtype)
        kernel, places = (vertical.kernel, horizontal.kernel), (vertical.places, horizontal.places)
        self._parts = np.empty((groups, *kernel, channels // groups, images, *places), dtype)
        # the same memory: a matrix for each group, with a column for each place
        self.matrix = self._parts.reshape(groups, -1, images * places[0] * places[1])

    def fill(self, x: np.ndarray) -> np.ndarray:
        """im2col: images (N, C, H, W) → columns (groups, kernel area · C / groups, places)."""
        self._pixels(self._line)[...] = x.swapaxes(0, 1)
        for i, j in np.ndindex(self.vertical.kernel, self.horizontal.kernel):
            part = self._parts[:, i, j]
            part[...] = self._shifted(self._line, i, j).reshape(part.shape)
        return self.matrix

    def add_up(self) -> np.ndarray:
        """col2im, the transpose of ``fill``: (N, C, H, W), each pixel the sum of its copies."""
        line = np.zeros_like(self._line)
        for i, j in np.ndindex(self.vertical.kernel, self.horizontal.kernel):
            part = self._parts[:, i, j]
            pixels = self._shifted(line, i, j).reshape(part.shape)
            pixels += part
        return self._pixels(line).swapaxes(0, 1)

    def inside(self, product: np.ndarray) -> np.ndarray:
        """View (N, O, H', W') of (…, places): those where the kernel lies within one image."""
        vertical, horizontal = self.vertical, self.horizontal
        images = product.reshape(-1, self._parts.shape[4], vertical.places, horizontal.places)
        return images[:, :, : vertical.outputs, : horizontal.outputs].swapaxes(0, 1)

    def _start(self, down: int, right: int) -> int:
        """How far behind a pixel its neighbour stands in the line, so many rows and columns on."""
        return down * self.horizontal.pitch + right

    def _shifted(self, line: np.ndarray, i: int, j: int) -> np.ndarray:
        """View (C, N, places, places): what the kernel's number (i, j) meets at each place."""
        vertical, horizontal = self.vertical, self.horizontal
        start = self._start(i * vertical.dilation, j * horizontal.dilation)
        pixels = line[:, start : start + self._length]
        # each step of the stride is an axis of its own; its first pixel is the place
        steps = (vertical.places, vertical.stride, horizontal.places, horizontal.stride)
        return pixels.reshape(len(line), -1, *steps)[:, :, :, 0, :, 0]

    def _pixels(self, line: np.ndarray) -> np.ndarray:
        """View (C, N, H, W): the images without their zeros."""
        vertical, horizontal = self.vertical, self.horizontal
        start = self._start(vertical.before, horizontal.before)
        padded = line[:, start : start + self._length].reshape(
            len(line), -1, vertical.pitch, horizontal.pitch
        )
        return padded[:, :, : vertical.size, : horizontal.size]
