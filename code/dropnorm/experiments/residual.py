"""Residual networks for small images, with and without normalisation (He et al., 2016, 4.2)."""

from collections import OrderedDict

import torch
from torch import nn
from torch.nn.functional import pad, relu

from dropnorm.experiments.layers import Dropout
from dropnorm.experiments.trial import Trial

# Of a group norm.
GROUPS = 4


def residual_layers(layers: OrderedDict[str, nn.Module], trial: Trial, colours: int) -> None:
    """Add a network of 6n + 2 layers.

    A convolution, three stages of n blocks, global average pooling, ten logits. The stages have
    ``width``, 2 · ``width`` and 4 · ``width`` channels; each but the first begins with a stride of
    2.
    """
    width, in_blocks = trial.width, trial.dropout if trial.dropout_at != "fc" else 0.0
    layers["conv1"] = nn.Conv2d(colours, width, 3, padding=1, bias=trial.norm == "none")
    if trial.norm != "none":
        layers["norm1"] = _norm(trial.norm, width)
    layers["relu1"] = nn.ReLU()
    channels_in = width
    for stage, channels in enumerate((width, 2 * width, 4 * width), start=1):
        for block in range(1, (trial.depth - 2) // 6 + 1):
            stride = 2 if stage > 1 and block == 1 else 1
            layers[f"block{stage}_{block}"] = ResidualBlock(
                channels_in, channels, stride, trial.norm, in_blocks
            )
            channels_in = channels
    layers["pool"] = nn.AdaptiveAvgPool2d(1)
    layers["flatten"] = nn.Flatten()
    if trial.dropout and trial.dropout_at != "conv":
        layers["drop"] = Dropout(trial.dropout)
    layers["logits"] = nn.Linear(channels_in, 10)


class ResidualBlock(nn.Module):
    """relu(x + branch(x)); the branch is conv → norm → relu → dropout → conv → norm.

    Where the shape changes the shortcut takes every second pixel and fills the new channels with 0
    (option A of He et al., 2016). Dropout stands between the two convolutions (Zagoruyko and
    Komodakis, 2016). Without normalisation the branch has biases and is multiplied by a trained
    number that starts at 0: so every block starts as its shortcut, and depth does not make the
    activations grow (SkipInit: De and Smith, 2020).

    Parameters
    ----------
    channels_in, channels
        Of input (N, channels_in, H, W) and output (N, channels, H / stride, W / stride).
    stride
        Of the first convolution, 1 or 2.
    norm
        ``"batch"``, ``"group"`` (4 groups) or ``"none"``.
    p
        Probability of dropping an element.
    """

    def __init__(self, channels_in: int, channels: int, stride: int, norm: str, p: float) -> None:
        super().__init__()
        bare = norm == "none"
        self.stride, self.new_channels = stride, channels - channels_in
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride=stride, padding=1, bias=bare)
        self.norm1 = nn.Identity() if bare else _norm(norm, channels)
        self.drop = Dropout(p) if p else nn.Identity()
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=bare)
        self.norm2 = nn.Identity() if bare else _norm(norm, channels)
        self.scale = nn.Parameter(torch.zeros(())) if bare else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, channels_in, H, W) → (N, channels, H / stride, W / stride)."""
        branch: torch.Tensor = self.norm2(self.conv2(self.drop(relu(self.norm1(self.conv1(x))))))
        if self.scale is not None:
            branch = self.scale * branch
        shortcut = x[:, :, :: self.stride, :: self.stride]
        if self.new_channels:
            # pairs from the last axis backwards: none along W and H, zeros behind the channels
            shortcut = pad(shortcut, (0, 0, 0, 0, 0, self.new_channels))
        return relu(shortcut + branch)


def _norm(norm: str, channels: int) -> nn.Module:
    return nn.BatchNorm2d(channels) if norm == "batch" else nn.GroupNorm(GROUPS, channels)
