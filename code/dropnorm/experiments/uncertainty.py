"""How sure a network is: votes of thinned networks, and whether its probabilities are right."""

import numpy as np
import pandas as pd
import torch
from torch import nn

Dropout = (
    nn.Dropout
    | nn.Dropout1d
    | nn.Dropout2d
    | nn.Dropout3d
    | nn.AlphaDropout
    | nn.FeatureAlphaDropout
)


def monte_carlo(model: nn.Module, images: torch.Tensor, passes: int) -> torch.Tensor:
    """Class probabilities of ``passes`` thinned networks.

    Dropout stays on, everything else is in evaluation mode; the model's modes are as before
    afterwards. Source: Gal and Ghahramani (2016).

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
    dropouts = [layer for layer in model.modules() if isinstance(layer, Dropout) and layer.p > 0]
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
        for module, mode in modes:
            module.training = mode


def vote(model: nn.Module, images: torch.Tensor, passes: int) -> torch.Tensor:
    """Mean class probabilities (N, classes) of ``passes`` thinned networks, for many images.

    See :func:`monte_carlo`, which gets 100 images at a time.
    """
    return torch.cat([monte_carlo(model, part, passes).mean(0) for part in images.split(100)])


def reliability(probabilities: torch.Tensor, labels: torch.Tensor, bins: int = 15) -> pd.DataFrame:
    """The reliability diagram's numbers.

    How often is the network right among the images where it is equally sure?

    Parameters
    ----------
    probabilities
        Shape (N, classes), rows that add up to 1.
    labels
        Classes, shape (N,).
    bins
        How many bins of equal width between 0 and 1; a confidence on an edge belongs to the lower
        bin.

    Returns
    -------
    table
        One row for each bin that is not empty, indexed by the bin: ``confidence`` (mean of the
        largest probability), ``accuracy`` (fraction right), ``share`` (fraction of all images).

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
    # bin b holds (b − 1)/bins < confidence ≤ b/bins
    bin_of_image = np.ceil(images["confidence"] * bins).clip(1, bins).astype(int).rename("bin")
    groups = images.groupby(bin_of_image)
    return groups.mean().assign(share=groups.size() / len(images))


def calibration_error(probabilities: torch.Tensor, labels: torch.Tensor, bins: int = 15) -> float:
    """Expected calibration error: the mean of |accuracy − confidence| over the bins.

    Each bin counts by its share of the images. Between 0 (calibrated) and 1. Parameters and errors
    as in :func:`reliability`. Few images or many bins raise it by chance alone. Source: Naeini et
    al. (2015), Guo et al. (2017).
    """
    table = reliability(probabilities, labels, bins)
    return float((table["share"] * (table["accuracy"] - table["confidence"]).abs()).sum())
