"""Scores of a network on many images, their loss, and what share of them is right."""

import math

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from dropnorm.experiments.records import Figures, rounded


def scores_of(model: nn.Module, images: torch.Tensor, batch_size: int = 500) -> torch.Tensor:
    """Output of the model, in the mode that it is in, without gradients.

    It gets ``batch_size`` images at a time.
    """
    with torch.no_grad():
        return torch.cat([model(batch) for batch in images.split(batch_size)])


def accuracy(scores: torch.Tensor, labels: torch.Tensor) -> float:
    """Share of the rows of (N, classes) whose largest entry is the label's."""
    return (scores.argmax(1) == labels).double().mean().item()


def loss_of(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy an image (nats), of classes or of pixels.

    Where the targets are pixels it is summed over an image's pixels.
    """
    if targets.is_floating_point():
        return binary_cross_entropy_with_logits(logits, targets, reduction="sum") / len(targets)
    return cross_entropy(logits, targets)


def figures_of(logits: torch.Tensor, targets: torch.Tensor) -> Figures:
    """Loss (nats; None if not finite) and accuracy (fraction).

    Of logits (N, classes), or of an autoencoder's (N, pixels): its accuracy is the share of pixels
    that come out on their side of ½.
    """
    loss = loss_of(logits, targets).item()
    if targets.is_floating_point():
        right = ((logits > 0) == (targets > 0.5)).double().mean().item()
    else:
        right = accuracy(logits, targets)
    return {"loss": rounded(loss) if math.isfinite(loss) else None, "accuracy": rounded(right)}


def evaluate(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> Figures:
    """``figures_of`` the model's output in evaluation mode; the mode is restored."""
    mode = model.training
    model.eval()
    logits = scores_of(model, images, 100)  # so few stay in the processor's cache
    model.train(mode)
    return figures_of(logits, labels)
