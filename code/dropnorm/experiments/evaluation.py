"""Scores of a network on many images, and what share of them is right."""

import torch
from torch import nn


def scores_of(model: nn.Module, images: torch.Tensor, part: int = 500) -> torch.Tensor:
    """Output of the model, in the mode that it is in, on ``part`` images at a time, without gradients."""
    with torch.no_grad():
        return torch.cat([model(some) for some in images.split(part)])


def accuracy(scores: torch.Tensor, labels: torch.Tensor) -> float:
    """Share of the rows of (N, classes) whose largest entry is the label's."""
    return (scores.argmax(1) == labels).double().mean().item()
