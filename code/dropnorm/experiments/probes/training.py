"""Probe ``training``: distributions and gradients on the way.

Are the distributions of activations stable, and is the loss smooth along the gradient? Both have
been named as the reason why batch norm works: Ioffe and Szegedy (2015), Santurkar et al. (2018).
"""

import copy
from typing import Any

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from dropnorm.experiments.layers import draw_from
from dropnorm.experiments.probes.base import Batch, Observer
from dropnorm.experiments.probes.distributions import Movement, percentiles_of_first_unit
from dropnorm.experiments.trial import Trial

Tensors = dict[str, torch.Tensor]

# Steps along the gradient, in learning rates (Santurkar et al., 2018).
STEP_LENGTHS = (0.5, 1.0, 2.0, 4.0)


def observer(trial: Trial, images: torch.Tensor) -> Observer:
    """``distributions`` and ``along_the_gradient``, both on the batch of the coming step."""
    movement = Movement()

    def look(model: nn.Sequential, batch: Batch) -> dict[str, Any]:
        return distributions(model, batch[0], movement) | along_the_gradient(model, batch, trial.lr)

    return look


def distributions(model: nn.Sequential, images: torch.Tensor, movement: Movement) -> dict[str, Any]:
    """What each ReLU receives in training mode.

    Returns
    -------
    figures
        ``percentiles`` of what the ReLU behind the dense layer's first unit receives; ``moved``:
        for each hidden layer how far its units have moved since the last look, see ``Movement``.
    """
    entering: Tensors = {}
    copied = copy.deepcopy(model).train()
    hooks = [
        layer.register_forward_pre_hook(
            lambda _, x, name=name: entering.update({name: x[0].detach()})
        )
        for name, layer in copied.named_children()
        if isinstance(layer, nn.ReLU)
    ]
    with torch.no_grad():
        copied(images)
    for hook in hooks:
        hook.remove()
    return {
        "percentiles": percentiles_of_first_unit(entering["relu3"]),
        "moved": [movement.since_last_look(name, x) for name, x in entering.items()],
    }


def along_the_gradient(model: nn.Sequential, batch: Batch, lr: float) -> dict[str, float]:
    """How well the gradient predicts the loss in its direction, and what earlier layers change.

    Returns
    -------
    figures
        ``lowest``, ``highest``: loss on the same batch at STEP_LENGTHS learning rates along the
        gradient. ``change``: the largest ‖g' − g‖/‖g‖ there. ``covariate``: cosine between the
        dense layer's gradient before and after the convolutions alone took a step: internal
        covariate shift as Santurkar et al. (2018) measure it; 1 means that it notices nothing.
    """
    weights = {name: w.detach() for name, w in model.named_parameters()}
    _, gradient = _loss_and_gradient(model, batch, weights)
    losses, changes = [], []
    for length in STEP_LENGTHS:
        stepped = {name: w - length * lr * gradient[name] for name, w in weights.items()}
        loss, gradient_there = _loss_and_gradient(model, batch, stepped)
        difference = {name: gradient_there[name] - g for name, g in gradient.items()}
        losses.append(loss)
        changes.append((_norm(difference) / _norm(gradient)).item())
    convolutions_stepped = {
        name: w - lr * gradient[name] if name.startswith(("conv", "norm1", "norm2")) else w
        for name, w in weights.items()
    }
    _, gradient_there = _loss_and_gradient(model, batch, convolutions_stepped)
    dense, dense_there = (g["dense.weight"].flatten() for g in (gradient, gradient_there))
    return {
        "lowest": min(losses),
        "highest": max(losses),
        "change": max(changes),
        "covariate": torch.cosine_similarity(dense, dense_there, dim=0).item(),
    }


def _norm(tensors: Tensors) -> torch.Tensor:
    """Euclidean norm of all numbers together."""
    return torch.sqrt(sum(((t**2).sum() for t in tensors.values()), start=torch.zeros(())))


def _loss_and_gradient(
    model: nn.Sequential, batch: Batch, weights: Tensors
) -> tuple[float, Tensors]:
    """With batch statistics and the same noise at every call, on a copy with other weights."""
    images, labels = batch
    copied = copy.deepcopy(model).train()
    draw_from(copied, torch.Generator(images.device).manual_seed(0))
    with torch.no_grad():
        for name, w in copied.named_parameters():
            w.copy_(weights[name])
    loss = cross_entropy(copied(images), labels)
    names, parameters = zip(*copied.named_parameters(), strict=True)
    gradient = torch.autograd.grad(loss, parameters)
    return loss.item(), dict(zip(names, gradient, strict=True))
