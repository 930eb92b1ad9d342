"""Probe ``shift``: the variance shift that dropout makes in front of a batch norm.

Between training and evaluation, as Li et al. (2018) describe it.
"""

import copy
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn.functional import conv2d

from dropnorm.experiments.finetuning import BatchNorm
from dropnorm.experiments.probes.base import Trained
from dropnorm.experiments.probes.running_statistics import (
    IMAGES,
    accuracy_and_loss,
    channel_variance,
    inputs_of_norms,
    recalibrated,
    running_statistics,
)


def measure(trained: Trained) -> dict[str, Any]:
    """The shift of each batch norm, on training images; and what new statistics bring.

    Returns
    -------
    figures
        By the name of each batch norm, the mean over its channels of running variance divided by
        the variance that comes in in evaluation: ``measured``; and ``predicted`` by
        ``predicted_shift``. ``recalibrated``: test accuracy and loss after the running statistics
        were computed anew without dropout.
    """
    model, images = trained.model, trained.splits["train"][0][:IMAGES]
    measured = {}
    for name, (norm, x) in inputs_of_norms(model, images).items():
        _, running_var = running_statistics(norm)
        measured[name] = (running_var / channel_variance(x)).mean().item()
    return {
        "measured": measured,
        "predicted": predicted_shift(model, images),
        "recalibrated": accuracy_and_loss(recalibrated(model, images), trained.splits["test"]),
    }


@dataclass(frozen=True)
class _DropoutOnTheWay:
    """A dropout layer between two norms, and what it does to the second one's input."""

    layer: nn.Dropout | nn.Dropout2d
    x: torch.Tensor  # what the dropout receives
    linear_before: bool  # whether it stands behind the weights, right in front of the norm

    def added_variance(self, linear: nn.Module | None, before: torch.Tensor) -> torch.Tensor:
        """The variance that it adds to each channel of the norm's input.

        ``linear`` is the layer with weights between the two norms and ``before`` its input.
        """
        noise = self.layer.p / (1 - self.layer.p)
        return noise * self._second_moment(linear, before)

    def _second_moment(self, linear: nn.Module | None, before: torch.Tensor) -> torch.Tensor:
        """Σ E[(wᵢ xᵢ)²] over what has a mask of its own: single elements, or whole channels."""
        whole_channels = isinstance(self.layer, nn.Dropout2d)
        if self.linear_before:
            return (self.x**2).mean([axis for axis in range(self.x.ndim) if axis != 1])
        if isinstance(linear, nn.Linear):
            if not whole_channels:
                return (before**2).mean(0) @ linear.weight.T**2
            # a flattened channel is dropped together, too: (N, channel, its elements)
            channels = self.x.shape[1]
            parts = torch.einsum(
                "nci,oci->nco",
                before.view(len(before), channels, -1),
                linear.weight.view(len(linear.weight), channels, -1),
            )
            return (parts**2).mean(0).sum(0)
        assert isinstance(linear, nn.Conv2d)
        w, channels = linear.weight, before.shape[1]
        if not whole_channels:
            return conv2d(before**2, w**2, padding=1).mean((0, 2, 3))
        # what each input channel alone gives to each output channel: (N, in · out, H, W)
        kernels = w.transpose(0, 1).reshape(-1, 1, *w.shape[2:])
        alone = conv2d(before, kernels, padding=1, groups=channels)
        return (alone**2).mean((0, 2, 3)).view(channels, -1).sum(0)


@torch.no_grad()
def predicted_shift(model: nn.Sequential, images: torch.Tensor) -> dict[str, float]:
    """Training variance over evaluation variance of each batch norm's input, by formula.

    From the dropout between the norm and the one before it. For y = Σ wᵢ·xᵢ·mᵢ/(1−p) with
    independent masks m the training variance is Var(Σ wᵢ xᵢ) + p/(1−p) · Σ wᵢ² E[xᵢ²]; for dropout
    right before the norm, where y = x·m/(1−p), it is Var(x) + p/(1−p) · E[x²], the formula of
    Li et al. (2018).
    """
    ratios: dict[str, float] = {}
    noisy = x = before = images  # x: as noisy, but without the dropout since the last norm
    dropout: _DropoutOnTheWay | None = None
    linear: nn.Module | None = None
    for name, layer in copy.deepcopy(model).train().named_children():
        if isinstance(layer, BatchNorm):
            added = dropout.added_variance(linear, before) if dropout else torch.zeros(())
            ratios[name] = (1 + added / channel_variance(x)).mean().item()
            noisy = x = layer(noisy)
            dropout = linear = None
            continue
        if isinstance(layer, nn.Dropout | nn.Dropout2d):
            dropout = _DropoutOnTheWay(layer, x, linear_before=linear is not None)
        else:
            if isinstance(layer, nn.Conv2d | nn.Linear):
                linear, before = layer, x
            x = layer(x)
        noisy = layer(noisy)
    return ratios
