"""Images row by row, as a convolution multiplies its kernels by them."""

from collections.abc import Iterator
from math import gcd
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

PLACES = 112  # in a row of a block of images: at about this number matrix products are fastest


class Axis(NamedTuple):
    """Where a kernel is applied along one axis of an image; all sizes are in pixels.

    At each of ``outputs`` places, number i of the kernel meets pixel place · stride + i · dilation
    − before; where there is no such pixel, it meets a zero.
    """

    size: int
    kernel: int
    stride: int
    dilation: int
    before: int
    outputs: int

    @classmethod
    def padded(
        cls, size: int, kernel: int, stride: int, dilation: int, before: int, after: int
    ) -> "Axis":
        """With zeros before and after the pixels: as many places as the kernel fits into.

        These are ⌊(padded size − reach) / stride⌋ + 1; less than 1 for too small an image.
        """
        reach = dilation * (kernel - 1) + 1
        outputs = (size + before + after - reach) // stride + 1
        return cls(size, kernel, stride, dilation, before, outputs)

    @property
    def reach(self) -> int:
        """From the kernel's first pixel to its last, both counted."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def span(self) -> int:
        """From the first pixel or zero that the kernel meets to the last, both counted."""
        return (self.outputs - 1) * self.stride + self.reach

    @property
    def places(self) -> int:
        """Steps of the stride until the next image begins.

        Where there are more than ``outputs``, the kernel runs over the edge at the last ones.
        """
        # One border is enough: the zeros after an image are also those before the next one.
        after = self.span - self.size - self.before
        bordered = self.size + max(self.before, after)
        return max((bordered + self.stride - 1) // self.stride, self.outputs)

    def backward(self) -> Iterator[tuple[slice, slice, "Axis"]]:
        """The way of a gradient back from the places to the pixels: a convolution, too.

        Pixels that lie one stride apart meet the same numbers of the kernel. Yields such pixels,
        these numbers from last to first, and where they have to be applied to the gradient of the
        outputs, so that each pixel gets back what it has met.
        """
        common = gcd(self.stride, self.dilation)
        for pixel in range(min(self.stride, self.size)):
            shifts = [pixel + self.before - i * self.dilation for i in range(self.kernel)]
            numbers = [i for i, shift in enumerate(shifts) if shift % self.stride == 0]
            if not numbers:
                continue  # the stride leaps over these pixels
            last = numbers[-1]
            yield (
                slice(pixel, None, self.stride),
                slice(last, None, -self.stride // common),
                Axis(
                    size=self.outputs,
                    kernel=len(numbers),
                    stride=1,
                    dilation=self.dilation // common,
                    before=-shifts[last] // self.stride,
                    outputs=(self.size - 1 - pixel) // self.stride + 1,
                ),
            )


def within(size: int, shift: int, stride: int, places: int) -> tuple[slice, slice]:
    """Which of the places 0, 1, 2, … have a pixel at place · stride + shift, and these pixels."""
    first = max(0, -(shift // stride))
    stop = max(first, min(places, (size - 1 - shift) // stride + 1))
    start, end = (place * stride + shift for place in (first, stop))
    return slice(first, stop), slice(start, end, stride)


class Rows:
    """Some images in memory, row by row, and the matrices that lie in it.

    Row h holds row h of all channels, one after the other, and in each channel row h of all images
    side by side. Two images of one channel of 2 × 2 pixels with a padding of 1::

        row 0   . . . . . . .
        row 1   . a b . e f .
        row 2   . c d . g h .
        row 3   . . . . . . .

    What a kernel of three rows meets at the places of output row h are rows h, h + 1 and h + 2 of
    all channels: one piece of the memory, and a matrix as it stands. That of the next output row
    begins a row later, that of the kernel's next column a number later. So nothing is copied but
    the images, once. Where the kernel runs over the edge of an image, the numbers belong to no
    output.

    Parameters
    ----------
    images, channels, groups
        Sizes, and the parts into which the channels are divided.
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
        self._vertical, self._horizontal = vertical, horizontal
        stride, length = horizontal.stride, images * horizontal.places
        over_the_edge = (horizontal.reach - 1) // stride
        row = (channels // groups, length + over_the_edge)
        # pixels that lie one stride apart are neighbours here: for each phase of the stride rows of
        # their own
        memory = np.zeros((groups, stride, vertical.span, *row), dtype)
        self._pixels = memory[..., :length].reshape(*memory.shape[:4], images, -1)
        windows = sliding_window_view(memory, vertical.reach, axis=2)
        windows = windows[:, :, :: vertical.stride, ..., :: vertical.dilation]
        # (groups, stride, H', kernel rows, C / groups, numbers in a row)
        windows = np.moveaxis(windows, -1, 3)
        self._pieces = []
        for column in range(horizontal.kernel):
            start, phase = divmod(column * horizontal.dilation, stride)
            self._pieces.append(windows[:, phase, ..., start : start + length])

    def fill(self, x: np.ndarray) -> list[np.ndarray]:
        """Images (N, C, H, W) → what each column of the kernel meets.

        Matrices (groups, H', kernel rows · C / groups, N · places), views if the dilation is 1.
        """
        vertical, horizontal = self._vertical, self._horizontal
        # (groups, H, C / groups, N, W)
        pixels = in_groups(x, len(self._pixels)).transpose(0, 3, 2, 1, 4)
        rows, met_rows = within(x.shape[2], -vertical.before, 1, vertical.span)
        for phase in range(horizontal.stride):
            shift = phase - horizontal.before
            places, met = within(x.shape[3], shift, horizontal.stride, horizontal.places)
            self._pixels[:, phase, rows, ..., places] = pixels[:, met_rows, ..., met]
        return [piece.reshape(*piece.shape[:2], -1, piece.shape[-1]) for piece in self._pieces]


def rows_of(
    x: np.ndarray, groups: int, vertical: Axis, horizontal: Axis
) -> Iterator[tuple[slice, list[np.ndarray]]]:
    """A few images at a time and what the kernel meets; the next ones take the same memory."""
    # the smallest matrices, of one channel, cost by the call: fewer calls
    places = PLACES if x.shape[1] > groups else 2 * PLACES
    images, at_once = 0, max(1, places // horizontal.outputs)
    for start in range(0, len(x), at_once):
        block = slice(start, min(start + at_once, len(x)))
        if images != block.stop - start:  # the first block, and a smaller one at the end
            images = block.stop - start
            rows = Rows(images, x.shape[1], groups, vertical, horizontal, x.dtype)
        yield block, rows.fill(x[block])


def in_groups(x: np.ndarray, groups: int) -> np.ndarray:
    """View (groups, N, C / groups, H, W) of images (N, C, H, W)."""
    return x.reshape(len(x), groups, -1, *x.shape[2:]).swapaxes(0, 1)
