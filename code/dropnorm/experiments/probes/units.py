"""Probe ``units``: how much a network relies on single units of its dense hidden layer."""

from typing import Any

import torch

from dropnorm.experiments.evaluation import accuracy, scores_of
from dropnorm.experiments.model import generator
from dropnorm.experiments.probes.base import Trained
from dropnorm.experiments.probes.hidden_layer import split_at_logits

# Shares of the hidden units taken out together.
REMOVED = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)

# Random choices of the units that are taken out, for each share.
CHOICES = 20


def measure(trained: Trained) -> dict[str, Any]:
    """Take units out, alone and together, in evaluation mode on the test images.

    Returns
    -------
    figures
        ``lost``: accuracy lost without each unit alone (fraction, largest first). ``left``:
        accuracy with a share of REMOVED units taken out, the mean of CHOICES random choices.
        ``active``: share of activations above 0. ``mean``: mean activation. ``dead``: share of
        units that never are above 0. ``correlation``: mean |r| between pairs of units that are not
        dead.
    """
    images, labels = trained.splits["test"]
    network, logits = split_at_logits(trained.model)
    random = generator(trained.trial.seed, "units")
    with torch.no_grad():
        hidden = scores_of(network, images, 100)
        scores = logits(hidden)
        whole = accuracy(scores, labels)
        # what each unit adds to the logits: (unit, image, class)
        contributions = hidden.T[:, :, None] * logits.weight.T[:, None, :]
        lost = [whole - accuracy(scores - part, labels) for part in contributions]
        left = []
        for share in REMOVED:
            removed = round(share * len(contributions))
            accuracies = []
            for _ in range(CHOICES):
                mask = torch.randperm(len(contributions), generator=random) >= removed
                accuracies.append(accuracy(logits(hidden * mask.to(hidden)), labels))
            left.append(sum(accuracies) / CHOICES)
        alive = (hidden > 0).any(0)
        r = torch.corrcoef(hidden[:, alive].T).abs().fill_diagonal_(0)
        return {
            "lost": sorted(lost, reverse=True),
            "left": left,
            "active": (hidden > 0).double().mean().item(),
            "mean": hidden.mean().item(),
            "dead": 1 - alive.double().mean().item(),
            "correlation": (r.sum() / max(1, r.numel() - len(r))).item(),
        }
