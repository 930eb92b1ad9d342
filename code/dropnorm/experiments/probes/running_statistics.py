"""Running statistics of batch norms against those of their inputs, and new ones."""

import copy

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from dropnorm.experiments.evaluation import accuracy, scores_of
from dropnorm.experiments.finetuning import BatchNorm, recalibrate
from dropnorm.experiments.probes.base import Batch

# Training images on which statistics are computed.
IMAGES = 2_000


def inputs_of_norms(
    model: nn.Module, images: torch.Tensor
) -> dict[str, tuple[BatchNorm, torch.Tensor]]:
    """Each batch norm with what comes into it in evaluation mode, by its name, in their order."""
    inputs: dict[str, tuple[BatchNorm, torch.Tensor]] = {}
    copied = copy.deepcopy(model).eval()
    for name, layer in copied.named_modules():
        if isinstance(layer, BatchNorm):
            layer.register_forward_pre_hook(
                lambda norm, x, name=name: inputs.update({name: (norm, x[0])})
            )
    with torch.no_grad():
        copied(images)
    return inputs


def running_statistics(norm: BatchNorm) -> tuple[torch.Tensor, torch.Tensor]:
    """Running mean and running variance, each of shape (C,)."""
    assert norm.running_mean is not None and norm.running_var is not None
    return norm.running_mean, norm.running_var


def channel_mean(x: torch.Tensor) -> torch.Tensor:
    """(N, C, …) → (C,)."""
    return x.mean([axis for axis in range(x.ndim) if axis != 1])


def channel_variance(x: torch.Tensor) -> torch.Tensor:
    """(N, C, …) → (C,), divided by the number of values."""
    return x.var([axis for axis in range(x.ndim) if axis != 1], correction=0)


def recalibrated(model: nn.Module, images: torch.Tensor) -> nn.Module:
    """A copy in evaluation mode with new running statistics.

    They are the means over ``images`` in batches of 500, without dropout.
    """
    model = copy.deepcopy(model).eval()
    recalibrate(model, images.split(500))
    return model


def accuracy_and_loss(model: nn.Module, part: Batch) -> dict[str, float]:
    """``accuracy`` (fraction) and ``loss`` (nats) in the mode that the model is in."""
    images, labels = part
    scores = scores_of(model, images)
    return {"accuracy": accuracy(scores, labels), "loss": cross_entropy(scores, labels).item()}
