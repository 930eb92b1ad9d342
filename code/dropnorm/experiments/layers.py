"""Layers that draw random numbers (dropout, noise after batch norm), and ghost batch norm."""

import math
from collections.abc import Callable

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


class RandomLayer(nn.Module):
    """Draws random numbers in training: from ``random``, or from PyTorch's stream if that is None.

    A network copied with ``copy.deepcopy`` gets a copy of the generator, in the state that it has
    then.
    """

    random: torch.Generator | None = None


def draw_from(model: nn.Module, random: torch.Generator) -> None:
    """Let all random layers of the model draw from one generator.

    PyTorch's own stream belongs to the whole process: two networks that train in two threads would
    share it, and neither could be reproduced.
    """
    for layer in model.modules():
        if isinstance(layer, RandomLayer):
            layer.random = random


class Dropout(RandomLayer, nn.Dropout):
    """``nn.Dropout`` with a generator of its own; from equal streams both draw equal masks."""

    def mask(self, x: torch.Tensor) -> torch.Tensor:
        """What ``x`` is multiplied by in training: 0 or 1/(1 − p), drawn in x's order in memory."""
        mask = torch.empty_like(x).bernoulli_(1 - self.p, generator=self.random)
        return mask.div_(1 - self.p)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Same shape as ``x``."""
        return x * self.mask(x) if self.training and self.p > 0 else x


class Dropout2d(RandomLayer, nn.Dropout2d):
    """``nn.Dropout2d`` with a generator of its own; from equal streams both draw equal masks."""

    def mask(self, x: torch.Tensor) -> torch.Tensor:
        """What ``x`` is multiplied by in training: (N, C, 1, 1) numbers, 0 or 1/(1 − p)."""
        mask = torch.empty((*x.shape[:2], 1, 1), device=x.device, dtype=x.dtype)
        return mask.bernoulli_(1 - self.p, generator=self.random).div_(1 - self.p)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Same shape as ``x``, (N, C, H, W)."""
        return x * self.mask(x) if self.training and self.p > 0 else x


class GaussianDropout(RandomLayer, nn.Dropout):
    """In training, every activation times a normal number; in evaluation nothing happens.

    Its mean is 1 and its variance p/(1 − p), those of Bernoulli dropout. After Srivastava et al.
    (2014), section 10.
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Same shape as ``x``."""
        if not self.training:
            return x
        noise = torch.empty_like(x).normal_(generator=self.random)
        return x * (1 + math.sqrt(self.p / (1 - self.p)) * noise)


class ShiftingNoise(RandomLayer):
    """In training, a random stretch and shift of every activation; in evaluation nothing happens.

    The distributions change at each step. For each channel a centre μ ~ U(−0.5, 0.5) and a scale
    σ ~ U(1, 1.25) are drawn; each activation becomes s·a + m with m ~ U(μ − 0.1, μ + 0.1) and
    s ~ N(σ, 0.1). After Santurkar et al. (2018), who destroy with it the stable distributions that
    batch norm has just made.
    """

    def forward(self, a: torch.Tensor) -> torch.Tensor:
        """Same shape as ``a``, (N, C, …)."""
        if not self.training:
            return a
        random, device = self.random, a.device
        channels = (1, a.shape[1], *[1] * (a.ndim - 2))
        centre = torch.rand(channels, generator=random, device=device) - 0.5
        scale = 1 + 0.25 * torch.rand(channels, generator=random, device=device)
        shift = centre + 0.1 * (2 * torch.empty_like(a).uniform_(generator=random) - 1)
        # drawn in one line and then seen in a's own layout: 8 times as fast
        noise = torch.randn(a.numel(), generator=random, device=device)
        noise = noise.as_strided(a.shape, a.stride())
        return (scale + 0.1 * noise) * a + shift


class GhostStatistics(_BatchNorm):
    """A batch norm with the statistics of parts of the batch, see ``in_ghost_batches``.

    Parameters
    ----------
    size
        Images of a part; in training it must divide N.
    features
        Features or channels, as of the batch norm.
    """

    def __init__(self, size: int, features: int) -> None:
        super().__init__(features)
        self.size = size

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Same shape as ``x``."""
        normalise = super().forward
        return in_ghost_batches(normalise, x, self.size) if self.training else normalise(x)


class GhostBatchNorm1d(GhostStatistics, nn.BatchNorm1d):
    """Of (N, C)."""


class GhostBatchNorm2d(GhostStatistics, nn.BatchNorm2d):
    """Of (N, C, H, W)."""


def in_ghost_batches(
    normalise: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor, size: int
) -> torch.Tensor:
    """Normalise parts of the batch, the ghost batches, one after the other.

    The running statistics take in every ghost batch in turn. After Hoffer et al. (2017).
    """
    if len(x) % size:
        raise ValueError(
            f"a batch of {len(x)} images: expected a multiple of the ghost batch, {size}"
        )
    return torch.cat([normalise(part) for part in x.split(size)])
