"""Probe ``percentiles``: what the last hidden activation of an MLP receives, on the way."""

import copy
from typing import Any

import torch
from torch import nn

from dropnorm.experiments.probes.base import Batch, Observer
from dropnorm.experiments.probes.distributions import Movement, percentiles_of_first_unit
from dropnorm.experiments.trial import Trial


def observer(trial: Trial, images: torch.Tensor) -> Observer:
    """Looks in training mode without dropout, on ``images``.

    Returns
    -------
    observer
        Gives ``percentiles`` of the first unit's input (Ioffe and Szegedy, 2015, figure 1 b and c);
        ``moved``: how far the units have moved since the last look, see ``Movement``;
        ``deviation``: mean over the units of the standard deviation.
    """
    activation = f"{trial.activation}{trial.depth}"
    movement = Movement()

    def look(model: nn.Sequential, batch: Batch) -> dict[str, Any]:
        x = _input_of(model, activation, images)
        return {
            "percentiles": percentiles_of_first_unit(x),
            "moved": movement.since_last_look(activation, x),
            "deviation": (x.std(0) + 1e-8).mean().item(),
        }

    return look


def _input_of(model: nn.Sequential, layer_name: str, x: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        for name, layer in copy.deepcopy(model).train().named_children():
            if name == layer_name:
                return x
            x = x if isinstance(layer, nn.Dropout) else layer(x)
    layers = ", ".join(name for name, _ in model.named_children())
    raise ValueError(f"layer {layer_name!r}: expected one of {layers}")
