"""Random changes of training images."""

from collections.abc import Callable

import torch
from torch.nn.functional import pad


def shifted_and_mirrored(
    largest_shift: int, black: torch.Tensor, random: torch.Generator
) -> Callable[[torch.Tensor], torch.Tensor]:
    """A function that shifts and mirrors every image of a batch at random, anew at each call.

    Parameters
    ----------
    largest_shift
        Pixels: each image moves by up to so many, down or up and to the right or left; then it is
        mirrored at even odds. 0: nothing happens.
    black
        What comes in at the border, shape (C, 1, 1).
    random
        A generator on the CPU.

    Returns
    -------
    augment
        Images (N, C, H, W) to images of the same shape, channels last in memory.
    """

    def augment(images: torch.Tensor) -> torch.Tensor:
        if largest_shift == 0:
            return images
        n, _, height, width = images.shape
        down, right = torch.randint(2 * largest_shift + 1, (2, n, 1), generator=random)
        mirrored = torch.randint(2, (n, 1), generator=random).bool()
        rows = down + torch.arange(height)
        columns = right + torch.arange(width)
        columns = torch.where(mirrored, columns.flip(1), columns)
        edge = black.to(images.device)
        padded = pad(images - edge, [largest_shift] * 4) + edge
        # indices beside a slice come first in the result: (N, H, W, C), channels last already
        image = torch.arange(n)[:, None, None]
        moved = padded[image, :, rows[:, :, None], columns[:, None, :]]
        return moved.permute(0, 3, 1, 2)

    return augment
