"""Claims that follow from what a layer is, checked on PyTorch's layers: 1, 7, 8, 9, 17."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import inf

import numpy as np
import torch
from torch import nn

from dropnorm.claims.effects import Identity, Range
from dropnorm.claims.verdict import Claim

SEEDS = range(10)


def _zeros() -> Iterator[Identity]:
    """Shares of zeros off p, and changes of an input in evaluation mode."""
    layer, x = nn.Dropout(0.3), torch.ones(100_000)
    shares, changes = [], []
    for seed in SEEDS:
        with _draws(seed):
            shares.append((layer.train()(x) == 0).double().mean().item())
        changes.append((layer.eval()(x) - x).abs().max().item())
    furthest = 100 * np.abs(np.array(shares) - 0.3).max()
    quantity = "share of zeros in 100,000, off 0.3 by at most, points"
    yield Identity("training, p = 0.3", quantity, furthest, Range(0, 0.7))
    yield Identity("evaluation", "largest change of an input", max(changes))


def _dropped_units() -> Iterator[Identity]:
    """What a dropped unit adds to the next layer, and the gradient that it gets."""
    forward, backward = [], []
    for seed in SEEDS:
        with _draws(seed):
            x = torch.rand(64, 50, requires_grad=True)
            dropout, dense = nn.Dropout(0.5), nn.Linear(50, 10)
            hidden = dropout(x)
            dense(hidden).square().sum().backward()
        dropped = hidden == 0
        forward.append(hidden[dropped].abs().max().item())
        assert x.grad is not None
        backward.append(x.grad[dropped].abs().max().item())
    for setting, values in (("forward", forward), ("backward", backward)):
        yield Identity(setting, "largest magnitude at a dropped unit", max(values))


def _moments(seed: int, axes: tuple[int, ...]) -> tuple[float, float]:
    """Largest |mean| and |standard deviation − 1| of a batch norm's output over some axes."""
    with _draws(seed):
        x = 3 + 5 * torch.randn(16, 4, 6, 6, dtype=torch.float64) * torch.rand(1, 4, 1, 1)
        y = nn.BatchNorm2d(4, eps=1e-30, dtype=torch.float64)(x)
    return y.mean(axes).abs().max().item(), (y.std(axes, correction=0) - 1).abs().max().item()


def _standardised() -> Iterator[Identity]:
    for i, moment in enumerate(("mean", "standard deviation")):
        worst = max(_moments(seed, (0, 2, 3))[i] for seed in SEEDS)
        yield Identity(moment, f"largest error of a channel's {moment}", worst)


def _channels() -> Iterator[Identity]:
    whole = max(_moments(seed, (0, 2, 3))[0] for seed in SEEDS)
    yield Identity("per channel", "largest |mean| over N, H, W", whole)
    single = min(_moments(seed, (0,))[0] for seed in SEEDS)
    quantity = "largest |mean| over N alone, at least"
    yield Identity("not per single position", quantity, single, Range(0.1, inf))


def _undone() -> Iterator[Identity]:
    """With γ = √(σ² + ε) and β = μ the output is the input."""
    errors = []
    for seed in SEEDS:
        with _draws(seed):
            x = 3 + 5 * torch.randn(64, 8, dtype=torch.float64)
        layer = nn.BatchNorm1d(8, eps=1e-5, dtype=torch.float64)
        with torch.no_grad():
            layer.weight.copy_((x.var(0, correction=0) + layer.eps).sqrt())
            layer.bias.copy_(x.mean(0))
            errors.append((layer(x) - x).abs().max().item())
    setting = "that they can, with γ = √(σ² + ε), β = μ"
    yield Identity(setting, "largest |output − input|", max(errors))


@contextmanager
def _draws(seed: int) -> Iterator[None]:
    """PyTorch's random numbers from a seed, and afterwards as if nothing had been drawn."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield


CLAIMS = (
    Claim(
        number=1,
        text="Dropout sets a random fraction of units to zero, in training only.",
        measure=_zeros,
    ),
    Claim(
        number=7,
        text="A dropped unit adds nothing forward and gets no update backward.",
        measure=_dropped_units,
    ),
    Claim(
        number=8,
        text="Batch norm subtracts the mini-batch mean and divides by its standard deviation,",
        measure=_standardised,
    ),
    Claim(
        number=9,
        text="for each dimension (channel) separately,",
        measure=_channels,
    ),
    Claim(
        number=17,
        text="Learnable scale and shift let the network adapt, or undo, the normalisation.",
        measure=_undone,
    ),
)
