"""Layers with random numbers of their own (dropout, noise after batch norm), and ghost batch norm."""

import math

import torch
from torch import nn


class _Random(nn.Module):
    """A layer that draws random numbers in training: from ``random``, or from PyTorch's stream where that is None.

    A network copied with ``copy.deepcopy`` gets a copy of the generator, in the state that it has then.
    """

    random: torch.Generator | None = None


def draw_from(model: nn.Module, random: torch.Generator) -> None:
    """Let all random layers of the model draw from one generator of its own.

    PyTorch's own stream belongs to the whole process: two networks that train in two threads would share it, and neither
    could be reproduced.
    """
    for layer in model.modules():
        if isinstance(layer, _Random):
            layer.random = random


class Dropout(_Random, nn.Dropout):
    """``nn.Dropout`` with a generator of its own; from equal streams both draw equal masks."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Same shape as ``x``."""
        if not self.training or self.p == 0:
            return x
        return x * torch.empty_like(x).bernoulli_(1 - self.p, generator=self.random).div_(
            1 - self.p
        )


class Dropout2d(_Random, nn.Dropout2d):
    """``nn.Dropout2d`` with a generator of its own; from equal streams both draw equal masks."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Same shape as ``x``, (N, C, H, W)."""
        if not self.training or self.p == 0:
            return x
        mask = torch.empty((*x.shape[:2], 1, 1), device=x.device, dtype=x.dtype)
        return x * mask.bernoulli_(1 - self.p, generator=self.random).div_(1 - self.p)


class ShiftingNoise(_Random):
    """In training, a random stretch and shift of every activation, from distributions that change at each step.

    For each channel a centre μ ~ U(−0.5, 0.5) and a scale σ ~ U(1, 1.25) are drawn; each activation becomes s·a + m with
    m ~ U(μ − 0.1, μ + 0.1) and s ~ N(σ, 0.1). In evaluation nothing happens. After Santurkar et al. (2018), who destroy with
    it the stable distributions that batch norm has just made.
    """

    def forward(self, a: torch.Tensor) -> torch.Tensor:
        """Same shape as ``a``, (N, C, …)."""
        if not self.training:
            return a
        own = {"generator": self.random, "device": a.device}
        channels = (1, a.shape[1], *[1] * (a.ndim - 2))
        centre = torch.rand(channels, **own) - 0.5
        scale = 1 + 0.25 * torch.rand(channels, **own)
        shift = centre + 0.1 * (2 * torch.empty_like(a).uniform_(generator=self.random) - 1)
        noise = torch.randn(a.numel(), **own).as_strided(
            a.shape, a.stride()
        )  # in a's own layout: 8 times as fast
        return (scale + 0.1 * noise) * a + shift


class GaussianDropout(_Random, nn.Dropout):
    """In training, every activation times a normal number of mean 1 and variance p/(1 − p), Bernoulli dropout's mean and
    variance; in evaluation nothing happens. After Srivastava et al. (2014), section 10.
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Same shape as ``x``."""
        if not self.training:
            return x
        return x * (
            1
            + math.sqrt(self.p / (1 - self.p)) * torch.empty_like(x).normal_(generator=self.random)
        )


class _GhostBatches:
    """Batch norm whose statistics in training are those of parts of the batch, the ghost batches, one after the other.

    The running statistics take in every ghost batch in turn; evaluation is batch norm's. After Hoffer et al. (2017).
    """

    def __init__(self, size: int, features: int) -> None:
        super().__init__(features)
        self.size = size

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Same shape as ``x``, (N, C, …); in training ``size`` must divide N."""
        if not self.training:
            return super().forward(x)
        if len(x) % self.size:
            raise ValueError(
                f"a batch of {len(x)} images: expected a multiple of the ghost batch, {self.size}"
            )
        return torch.cat([super(_GhostBatches, self).forward(part) for part in x.split(self.size)])


class GhostBatchNorm1d(_GhostBatches, nn.BatchNorm1d):
    """For (N, C)."""


class GhostBatchNorm2d(_GhostBatches, nn.BatchNorm2d):
    """For (N, C, H, W)."""
