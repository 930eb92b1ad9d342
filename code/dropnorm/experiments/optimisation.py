"""A trial's optimiser, its learning rate from step to step, and its limit on weights."""

import math
from typing import Any

import torch
from torch import nn

from dropnorm.experiments.trial import Trial


def learning_rate(trial: Trial, step: int) -> float:
    """Learning rate of step 0 … steps − 1."""
    if trial.schedule == "constant":
        return trial.lr
    return trial.lr * (0.5 * (1 + math.cos(math.pi * step / trial.steps)))


def optimiser_of(trial: Trial, model: nn.Module) -> torch.optim.Optimizer:
    """The trial's optimiser; ``scale`` of a parameter group is the factor on its learning rate."""
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            scale = trial.logits_rate if name.startswith("logits.") else 1.0
            # biases, and the scale and shift of a norm, have one axis
            spared = trial.decays == "weights" and parameter.ndim < 2
            decay = 0.0 if spared else trial.weight_decay
            groups.setdefault((scale, decay), []).append(parameter)
    options: list[dict[str, Any]] = [
        {"params": parameters, "scale": scale, "weight_decay": decay}
        for (scale, decay), parameters in groups.items()
    ]
    if trial.optimiser == "adamw":
        return torch.optim.AdamW(options, lr=trial.lr)
    return torch.optim.SGD(options, lr=trial.lr, momentum=trial.momentum)


def set_learning_rate(optimiser: torch.optim.Optimizer, trial: Trial, step: int) -> None:
    """Give every parameter group its learning rate of a step."""
    for group in optimiser.param_groups:
        group["lr"] = group["scale"] * learning_rate(trial, step)


def limit_norms(model: nn.Module, largest: float) -> None:
    """Max-norm: scale the incoming weights of a unit back to a Euclidean norm of ``largest``.

    Of every unit whose weights are longer.
    """
    with torch.no_grad():
        for weight in model.parameters():
            if weight.ndim > 1:
                weight.copy_(torch.renorm(weight, 2, 0, largest))
