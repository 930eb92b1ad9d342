"""Probe ``averaging``: what a vote of thinned networks brings, against weight scaling."""

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch.nn.functional import cross_entropy, nll_loss

from dropnorm.experiments.evaluation import accuracy, scores_of
from dropnorm.experiments.layers import draw_from
from dropnorm.experiments.model import generator
from dropnorm.experiments.probes.base import Trained
from dropnorm.experiments.probes.hidden_layer import split_at_logits
from dropnorm.experiments.uncertainty import monte_carlo

# How many thinned networks vote.
PASSES = (1, 2, 5, 10, 20, 50, 100)


def measure(trained: Trained) -> dict[str, Any]:
    """The vote of networks thinned by dropout at the dense layers, on the test images.

    Returns
    -------
    figures
        ``vote``, ``vote_loss``: accuracy and cross-entropy (nats) of the mean probabilities of
        PASSES thinned networks. ``scaled``, ``scaled_loss``: those of weight scaling, that is, of
        evaluation mode.
    """
    _, labels = trained.splits["test"]
    cnn = trained.trial.model == "cnn"
    scaled, thinned = _thinned_at_hidden_layer(trained) if cnn else _thinned_everywhere(trained)
    lowest = 0.0 if cnn else 1e-12  # records of the CNN were made without a limit
    total = torch.zeros_like(scaled)
    vote, vote_loss = [], []
    for passes in range(1, max(PASSES) + 1):
        total += thinned()
        if passes in PASSES:
            mean = (total / passes).clamp_min(lowest)
            vote.append(accuracy(total, labels))
            vote_loss.append(nll_loss(mean.log(), labels).item())
    return {
        "vote": vote,
        "scaled": accuracy(scaled, labels),
        "vote_loss": vote_loss,
        "scaled_loss": cross_entropy(scaled, labels).item(),
    }


# The logits with weight scaling, and a function that draws the probabilities of a thinned network.
Thinned = tuple[torch.Tensor, Callable[[], torch.Tensor]]


@torch.no_grad()
def _thinned_at_hidden_layer(trained: Trained) -> Thinned:
    """The CNN, whose last hidden layer alone is thinned: what comes before is computed once."""
    network, logits = split_at_logits(trained.model)
    hidden = scores_of(network, trained.splits["test"][0], 100)
    random, keep = generator(trained.trial.seed, "averaging"), 1 - trained.trial.dropout

    @torch.no_grad()
    def thinned() -> torch.Tensor:
        mask = torch.rand(hidden.shape, generator=random).to(hidden) < keep
        return logits(hidden * mask / keep).softmax(1)

    return logits(hidden), thinned


def _thinned_everywhere(trained: Trained) -> Thinned:
    """An MLP, thinned at every dropout layer."""
    images, _ = trained.splits["test"]
    model = copy.deepcopy(trained.model).eval()
    draw_from(model, torch.Generator(images.device).manual_seed(trained.trial.seed))

    def thinned() -> torch.Tensor:
        return torch.cat([monte_carlo(model, part, passes=1)[0] for part in images.split(500)])

    return scores_of(model, images), thinned
