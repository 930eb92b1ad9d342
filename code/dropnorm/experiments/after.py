"""What one does with a trained network: ask it several times, ask how sure it is, recalibrate it, freeze parts of it."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd


def monte_carlo(model: nn.Module, images: torch.Tensor, passes: int) -> torch.Tensor:
    """Class probabilities of ``passes`` thinned networks: dropout stays on, everything else is in evaluation mode.

    The model's modes are as before afterwards. Source: Gal and Ghahramani (2016).

    Parameters
    ----------
    model
        Gives logits (N, classes); has at least one dropout layer with p > 0.
    images
        Its input, N examples.
    passes
        How many masks to draw for each image, at least 1.

    Returns
    -------
    probabilities
        Shape (passes, N, classes). The prediction is the mean over the first axis.

    Raises
    ------
    ValueError
        ``passes`` below 1, or a model without dropout: then all passes would be the same.
    """
    if passes < 1:
        raise ValueError(f"passes={passes}: expected at least 1")
    dropouts = [layer for layer in model.modules() if isinstance(layer, _DropoutNd) and layer.p > 0]
    if not dropouts:
        raise ValueError("model: expected a dropout layer with p > 0, found none")
    modes = [(layer, layer.training) for layer in model.modules()]
    model.eval()
    try:
        for layer in dropouts:
            layer.train()
        with torch.no_grad():
            return torch.stack([model(images).softmax(1) for _ in range(passes)])
    finally:
        for layer, mode in modes:
            layer.training = mode


def reliability(probabilities: torch.Tensor, labels: torch.Tensor, bins: int = 15) -> pd.DataFrame:
    """The reliability diagram's numbers: how often the network is right among the images where it is equally sure.

    Parameters
    ----------
    probabilities
        Shape (N, classes), rows that add up to 1.
    labels
        Classes, shape (N,).
    bins
        How many bins of equal width between 0 and 1; a confidence on an edge belongs to the lower bin.

    Returns
    -------
    table
        One row for each bin that is not empty, indexed by the bin: ``confidence`` (mean of the largest probability),
        ``accuracy`` (fraction right), ``share`` (fraction of all images).

    Raises
    ------
    ValueError
        Wrong shapes, rows that are not probabilities, no image, or fewer than one bin.
    """
    if bins < 1:
        raise ValueError(f"bins={bins}: expected at least 1")
    if probabilities.ndim != 2 or labels.shape != probabilities.shape[:1] or not len(labels):
        shapes = f"probabilities {tuple(probabilities.shape)}, labels {tuple(labels.shape)}"
        raise ValueError(f"{shapes}: expected (N, classes) and (N,), N at least 1")
    sums = probabilities.double().sum(1)
    if not (probabilities >= 0).all() or not torch.allclose(sums, torch.ones_like(sums), atol=1e-4):
        raise ValueError(
            "probabilities: expected rows of numbers >= 0 that add up to 1; were these logits?"
        )
    confidence, predicted = probabilities.double().max(1)
    images = pd.DataFrame(
        {"confidence": confidence.numpy(), "accuracy": (predicted == labels).double().numpy()}
    )
    groups = images.groupby(
        np.ceil(images["confidence"] * bins).clip(1, bins).astype(int).rename("bin")
    )
    return groups.mean().assign(share=groups.size() / len(images))


def calibration_error(probabilities: torch.Tensor, labels: torch.Tensor, bins: int = 15) -> float:
    """Expected calibration error (Naeini et al., 2015; Guo et al., 2017): the mean of |accuracy − confidence| over the bins.

    Each bin counts by its share of the images. Between 0 (calibrated) and 1. Parameters and errors as in
    :func:`reliability`. Few images or many bins raise it by chance alone.
    """
    table = reliability(probabilities, labels, bins)
    return float((table["share"] * (table["accuracy"] - table["confidence"]).abs()).sum())


def recalibrate(model: nn.Module, batches: Iterable[torch.Tensor]) -> None:
    """Estimate all running statistics anew: the plain average over ``batches``, with the weights as they are.

    Batch norms run in training mode, all else (dropout) in evaluation mode. Modes and momenta are as before afterwards. Wu
    and Johnson (2021) call it PreciseBN.

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
    norms = [layer for layer in model.modules() if isinstance(layer, _BatchNorm)]
    if not norms:
        raise ValueError("model: expected at least one batch norm, found none")
    modes, momenta = (
        [(layer, layer.training) for layer in model.modules()],
        [norm.momentum for norm in norms],
    )
    model.eval()
    for norm in norms:
        norm.train().reset_running_stats()
        norm.momentum = None  # PyTorch's way to say: the plain average of all batches
    try:
        with torch.no_grad():
            for batch in batches:
                model(batch)
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
        for layer, mode in modes:
            layer.training = mode
    if norms[0].num_batches_tracked == 0:
        raise ValueError(
            "batches: expected at least one, got none; the running statistics are now reset"
        )


def freeze(*parts: nn.Module) -> None:
    """Stop everything that training changes in these parts: gradients, running statistics and dropout.

    A later ``model.train()`` would set the last two in motion again: use :func:`train_except` instead.
    """
    for part in parts:
        part.requires_grad_(False).eval()


def train_except(model: nn.Module, frozen: Iterable[nn.Module]) -> None:
    """Training mode for the model, evaluation mode for its frozen parts."""
    model.train()
    for part in frozen:
        part.eval()
