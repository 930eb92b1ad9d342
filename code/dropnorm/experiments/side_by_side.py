"""Networks of one shape as one wide network.

Their channels lie behind each other: every convolution has one group a network, every batch norm
normalises each network's channels by themselves.
"""

from collections.abc import Sequence
from typing import Any, TypeVar

import torch
from torch import nn

from dropnorm.experiments.layers import Dropout, Dropout2d

Layer = TypeVar("Layer", bound=nn.Module)


class SideBySide(nn.Module):
    """R networks as one: input (N, R, 28, 28), one channel a network; output (N, R, 10)."""

    def __init__(self, networks: Sequence[nn.Sequential]) -> None:
        super().__init__()
        columns = zip(*(network.children() for network in networks), strict=True)
        self.layers = nn.Sequential(*(_side_by_side(column) for column in columns))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits of every network."""
        logits: torch.Tensor = self.layers(x)
        return logits


class _Dense(nn.Module):
    """One dense layer a network: (N, R, in) → (N, R, out)."""

    def __init__(self, layers: Sequence[nn.Linear]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.stack([layer.weight.detach() for layer in layers]))
        self.bias = nn.Parameter(torch.stack([layer.bias.detach() for layer in layers]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x, weight = x.transpose(0, 1), self.weight.transpose(1, 2)
        return torch.baddbmm(self.bias[:, None], x, weight).transpose(0, 1)


class _BatchNorm1d(nn.Module):
    """Batch norm of (N, R, features): each network's features are features of their own."""

    def __init__(self, layers: Sequence[nn.BatchNorm1d]) -> None:
        super().__init__()
        self.norm = _joined(nn.BatchNorm1d(len(layers) * layers[0].num_features), layers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = self.norm(x.flatten(1))
        return y.view(x.shape)


class _LayerNorm(nn.Module):
    """Layer norm of (N, R, features)."""

    def __init__(self, layers: Sequence[nn.LayerNorm]) -> None:
        super().__init__()
        self.shape = layers[0].normalized_shape
        self.weight = nn.Parameter(torch.stack([layer.weight.detach() for layer in layers]))
        self.bias = nn.Parameter(torch.stack([layer.bias.detach() for layer in layers]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.layer_norm(x, self.shape) * self.weight + self.bias


class _Dropout(nn.Module):
    """Each network's own dropout layer draws its mask, as it would for that network alone."""

    def __init__(self, layers: Sequence[Dropout | Dropout2d]) -> None:
        super().__init__()
        self.layers = tuple(layers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, R, features), or (N, R · C, H, W)."""
        if not self.training:
            return x
        if x.ndim == 3:
            alone = x.new_empty(len(x), x.shape[2])
            return x * torch.stack([layer.mask(alone) for layer in self.layers], 1)
        n, channels, height, width = x.shape
        alone = torch.empty(
            (n, channels // len(self.layers), height, width),
            device=x.device,
            dtype=x.dtype,
            memory_format=torch.channels_last,  # as in a network alone: the order of the mask
        )
        return x * torch.cat([layer.mask(alone) for layer in self.layers], 1)


class _Flatten(nn.Module):
    """(N, R · C, H, W) → (N, R, C · H · W)."""

    def __init__(self, networks: int) -> None:
        super().__init__()
        self.networks = networks

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.reshape(len(x), self.networks, -1)


def _side_by_side(column: Sequence[Any]) -> nn.Module:
    """The layers that stand at one place of all networks, all of one class, as one."""
    one: nn.Module = column[0]
    n = len(column)
    match one:
        case nn.Conv2d():
            channels = n * one.in_channels, n * one.out_channels
            return _joined(nn.Conv2d(*channels, 3, padding=1, groups=n), column)
        case nn.BatchNorm2d():
            return _joined(nn.BatchNorm2d(n * one.num_features), column)
        case nn.GroupNorm():
            return _joined(nn.GroupNorm(n * one.num_groups, n * one.num_channels), column)
        case nn.InstanceNorm2d():
            return _joined(nn.InstanceNorm2d(n * one.num_features, affine=True), column)
        case nn.Linear():
            return _Dense(column)
        case nn.BatchNorm1d():
            return _BatchNorm1d(column)
        case nn.LayerNorm():
            return _LayerNorm(column)
        case Dropout() | Dropout2d():
            return _Dropout(column)
        case nn.Flatten():
            return _Flatten(n)
    return one  # without numbers of its own: activation, pooling


def _joined(wide: Layer, layers: Sequence[nn.Module]) -> Layer:
    """``wide`` with the parameters and buffers of all layers behind each other."""
    states = [layer.state_dict() for layer in layers]
    wide.load_state_dict(
        {
            # a count of batches has no axis: one for all
            name: value if value.ndim == 0 else torch.cat([state[name] for state in states])
            for name, value in states[0].items()
        }
    )
    return wide
