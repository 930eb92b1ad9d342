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


class Line:
    """The padded images of each channel, row after row in one line of memory, and views of it.

    Two images of 2 × 2 pixels with a padding of 1 share their zeros, those between rows and those
    between images::

        . . .
        . a b
        . c d        line:  . . . . a b . c d . . . . e f . g h . . . .
        . . .
        . e f
        . g h
        . . .

    In the line the right neighbour of every pixel comes 1 later and the one below it ``pitch``
    (here 3) later. So all pixels that the kernel's number (i, j) is multiplied by are the line
    itself, from i · pitch + j on: one long piece for each channel, which is copied fast. Where the
    kernel runs over the edge of an image, the numbers belong to no output.

    Attributes
    ----------
    memory
        (C, length).
    pixels
        View (C, N, H, W): the images without their zeros.
    pieces
        For each number of the kernel, row by row, a view (groups, C / groups, N, places, places) of
        what it meets at each place.
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
        pitch, length = horizontal.pitch, images * vertical.pitch * horizontal.pitch
        first_pixel = vertical.before * pitch + horizontal.before
        starts = [
            i * vertical.dilation * pitch + j * horizontal.dilation
            for i, j in np.ndindex(vertical.kernel, horizontal.kernel)
        ]
        self.memory = np.zeros((channels, length + max(first_pixel, *starts)), dtype)
        padded = self.memory[:, first_pixel : first_pixel + length]
        padded = padded.reshape(channels, images, vertical.pitch, pitch)
        self.pixels = padded[:, :, : vertical.size, : horizontal.size]
        # each step of the stride is an axis of its own; its first pixel is the place
        steps = (vertical.places, vertical.stride, horizontal.places, horizontal.stride)
        shape = (groups, channels // groups, images, *steps)
        self.pieces = [
            self.memory[:, start : start + length].reshape(shape)[..., 0, :, 0] for start in starts
        ]


class Columns:
    """The columns of a block of images, in memory that serves one block after the other.

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
        self._line, self._sums = (
            Line(images, channels, groups, vertical, horizontal, dtype) for _ in range(2)
        )
        kernel = (vertical.kernel, horizontal.kernel)
        places = (images, vertical.places, horizontal.places)
        columns = np.empty((groups, *kernel, channels // groups, *places), dtype)
        self._parts = [columns[:, i, j] for i, j in np.ndindex(*kernel)]
        # the same memory: for each group a matrix with a column for each place
        self._matrix = columns.reshape(groups, -1, np.prod(places))
        self._places, self._outputs = places, (vertical.outputs, horizontal.outputs)

    def fill(self, x: np.ndarray) -> np.ndarray:
        """im2col: images (N, C, H, W) → columns (groups, kernel area · C / groups, places)."""
        self._line.pixels[...] = x.swapaxes(0, 1)
        for part, piece in zip(self._parts, self._line.pieces, strict=True):
            part[...] = piece
        return self._matrix

    def add_up(self) -> np.ndarray:
        """col2im, the transpose of ``fill``: (N, C, H, W), each pixel the sum of its copies."""
        self._sums.memory[...] = 0
        for part, piece in zip(self._parts, self._sums.pieces, strict=True):
            piece += part
        return self._sums.pixels.swapaxes(0, 1)

    def inside(self, product: np.ndarray) -> np.ndarray:
        """View (N, O, H', W') of (…, places): those where the kernel lies within one image."""
        height, width = self._outputs
        images = product.reshape(-1, *self._places)
        return images[:, :, :height, :width].swapaxes(0, 1)
