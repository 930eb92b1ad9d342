"""Before a trained network is used on other data: new running statistics, frozen parts."""

from collections.abc import Iterable

import torch
from torch import nn

BatchNorm = nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d | nn.SyncBatchNorm


def recalibrate(model: nn.Module, batches: Iterable[torch.Tensor]) -> None:
    """Estimate all running statistics anew: the plain average over ``batches``.

    The weights stay as they are. Batch norms run in training mode, all else in evaluation mode.
    Modes and momenta are as before afterwards. Wu and Johnson (2021) call it PreciseBN.
    ``torch.optim.swa_utils.update_bn`` differs: it puts the whole model into training mode, so that
    dropout takes part in the statistics, and it passes over a model without batch norm, or batches
    that are none, in silence.

    Parameters
    ----------
    model
        Has at least one batch norm.
    batches
        Inputs of the model; labels are not needed.

    Raises
    ------
    ValueError
        No batch norm, or no batch.
    """
    norms = [layer for layer in model.modules() if isinstance(layer, BatchNorm)]
    if not norms:
        raise ValueError("model: expected at least one batch norm, found none")
    modes = [(layer, layer.training) for layer in model.modules()]
    momenta = [norm.momentum for norm in norms]
    n_batches = 0
    model.eval()
    for norm in norms:
        norm.train().reset_running_stats()
        norm.momentum = None  # PyTorch's way to say: the plain average of all batches
    try:
        with torch.no_grad():
            for batch in batches:
                model(batch)
                n_batches += 1
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
        for layer, mode in modes:
            layer.training = mode
    if not n_batches:
        raise ValueError(
            "batches: expected at least one, got none; the running statistics are now reset"
        )


def freeze(*parts: nn.Module) -> None:
    """Stop what training changes in these parts: gradients, running statistics, dropout.

    A later ``model.train()`` would set the last two in motion again: use
    :func:`train_except`.
    """
    for part in parts:
        part.requires_grad_(False).eval()


def train_except(model: nn.Module, frozen: Iterable[nn.Module]) -> None:
    """Training mode for the model, evaluation mode for its frozen parts."""
    model.train()
    for part in frozen:
        part.eval()
