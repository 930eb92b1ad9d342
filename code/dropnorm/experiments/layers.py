"""Layers that PyTorch does not have: noise after batch norm, Gaussian dropout, ghost batch norm."""

import math

import torch
from torch import nn


class ShiftingNoise(nn.Module):
    """In training, a random stretch and shift of every activation, from distributions that change at each step.

    For each channel a centre μ ~ U(−0.5, 0.5) and a scale σ ~ U(1, 1.25) are drawn; each activation becomes s·a + m with
    m ~ U(μ − 0.1, μ + 0.1) and s ~ N(σ, 0.1). In evaluation nothing happens. After Santurkar et al. (2018), who destroy with
    it the stable distributions that batch norm has just made.
    """

    def forward(self, a: torch.Tensor) -> torch.Tensor:
        """Same shape as ``a``, (N, C, …)."""
        if not self.training:
            return a
        channels = (1, a.shape[1], *[1] * (a.ndim - 2))
        centre = torch.rand(channels, device=a.device) - 0.5
        scale = 1 + 0.25 * torch.rand(channels, device=a.device)
        shift = centre + 0.1 * (2 * torch.rand_like(a) - 1)
        noise = torch.randn(a.numel(), device=a.device).as_strided(a.shape, a.stride())  # randn_like is 8 times slower here
        return (scale + 0.1 * noise) * a + shift


class GaussianDropout(nn.Dropout):
    """In training, every activation times a normal number of mean 1 and variance p/(1 − p), Bernoulli dropout's mean and
    variance; in evaluation nothing happens. After Srivastava et al. (2014), section 10.
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Same shape as ``x``."""
        return x * (1 + math.sqrt(self.p / (1 - self.p)) * torch.randn_like(x)) if self.training else x


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
            raise ValueError(f"a batch of {len(x)} images: expected a multiple of the ghost batch, {self.size}")
        return torch.cat([super(_GhostBatches, self).forward(part) for part in x.split(self.size)])


class GhostBatchNorm1d(_GhostBatches, nn.BatchNorm1d):
    """For (N, C)."""


class GhostBatchNorm2d(_GhostBatches, nn.BatchNorm2d):
    """For (N, C, H, W)."""
