"""Probe ``sparsity``: how active the hidden units of an autoencoder are.

After Srivastava et al. (2014), figures 7 and 8.
"""

from typing import Any

import torch

from dropnorm.experiments.evaluation import scores_of
from dropnorm.experiments.probes.base import Trained
from dropnorm.experiments.probes.hidden_layer import split_at_logits

# At which the distributions of activations are kept.
QUANTILES = tuple(k / 20 for k in range(21))


def measure(trained: Trained) -> dict[str, Any]:
    """Of the hidden units in evaluation mode, on the test images.

    Returns
    -------
    figures
        ``mean``: mean activation over units and images. ``active``: share of activations above 0.
        ``dead``: share of units that never are. ``unit_means``, ``activations``: the units' means,
        and all activations, at QUANTILES. ``scale``: mean norm of a unit's outgoing weights, since
        halved activations with doubled weights are the same autoencoder. ``peak``: mean over units
        of the share of a unit's squared incoming weights in the 9 pixels where they are largest.
    """
    network, logits = split_at_logits(trained.model)
    hidden = scores_of(network, trained.splits["test"][0])
    quantiles = torch.tensor(QUANTILES, device=hidden.device)
    squared = network.get_parameter("dense1.weight").detach().square()
    return {
        "mean": hidden.mean().item(),
        "active": (hidden > 0).double().mean().item(),
        "dead": (hidden <= 0).all(0).double().mean().item(),
        "unit_means": torch.quantile(hidden.mean(0), quantiles).tolist(),
        "activations": torch.quantile(hidden[:1_000].flatten(), quantiles).tolist(),
        "scale": logits.weight.detach().norm(dim=0).mean().item(),
        "peak": (squared.topk(9, dim=1).values.sum(1) / squared.sum(1)).mean().item(),
    }
