"""Probes of dense networks, after figures of papers: percentiles, votes, sparsity, rotations."""

import copy
import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn.functional import affine_grid, cross_entropy, grid_sample, nll_loss

from dropnorm.experiments.after import monte_carlo
from dropnorm.experiments.evaluation import accuracy as _accuracy
from dropnorm.experiments.evaluation import scores_of as _scores
from dropnorm.experiments.layers import draw_from
from dropnorm.experiments.trial import Trial

ANGLES = tuple(range(0, 120, 10))
"""Degrees, clockwise: twelve rotations of a digit 1 (Gal and Ghahramani, 2016, give twelve pictures, no angles)."""

ROTATED = 100
"""How many test images of a 1 are turned."""

QUANTILES = tuple(k / 20 for k in range(21))
"""At which the distributions of activations are kept."""


def percentiles(
    trial: Trial, images: torch.Tensor
) -> Callable[[nn.Sequential, Any], dict[str, Any]]:
    """A probe for the way: what the last hidden activation receives, in training mode without dropout, on ``images``.

    Returns
    -------
    probe
        Takes the network (and the batch, unused), gives ``percentiles``: the 15th, 50th and 85th of the first unit's input
        (Ioffe and Szegedy, 2015, figure 1 b and c); ``moved``: root mean square over the units of the change of a unit's
        mean since the last look, in standard deviations that it had then; ``deviation``: mean over the units of the
        standard deviation.
    """
    before: list[tuple[torch.Tensor, torch.Tensor]] = []

    def probe(model: nn.Sequential, _: Any) -> dict[str, Any]:
        x = _last_input(model, f"{trial.activation}{trial.depth}", images)
        now = (x.mean(0), x.std(0) + 1e-8)
        mean, deviation = before.pop() if before else now
        before.append(now)
        return {
            "percentiles": torch.quantile(x[:, 0], torch.tensor([0.15, 0.5, 0.85])).tolist(),
            "moved": ((now[0] - mean) / deviation).square().mean().sqrt().item(),
            "deviation": now[1].mean().item(),
        }

    return probe


def _last_input(model: nn.Sequential, name: str, x: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        for layer_name, layer in copy.deepcopy(model).train().named_children():
            if layer_name == name:
                return x
            x = x if isinstance(layer, nn.Dropout) else layer(x)
    raise ValueError(f"layer {name!r}: expected one of {', '.join(dict(model.named_children()))}")


def averaging(
    model: nn.Sequential,
    images: torch.Tensor,
    labels: torch.Tensor,
    seed: int,
    passes: Sequence[int],
) -> dict[str, Any]:
    """Votes of networks thinned at every dropout layer, against weight scaling: ``probes.averaging`` for all layers.

    Returns
    -------
    figures
        ``vote``, ``vote_loss``: accuracy and cross-entropy (nats) of the mean probabilities of so many thinned networks as
        ``passes`` says, one number each; ``scaled``, ``scaled_loss``: those of weight scaling (evaluation mode).
    """
    model = copy.deepcopy(model).eval()
    draw_from(model, torch.Generator(images.device).manual_seed(seed))
    scaled = _scores(model, images)
    total, vote, vote_loss = torch.zeros_like(scaled), [], []
    for k in range(1, max(passes) + 1):
        total += torch.cat([monte_carlo(model, part, 1)[0] for part in images.split(500)])
        if k in passes:
            vote.append(_accuracy(total, labels))
            vote_loss.append(nll_loss((total / k).clamp_min(1e-12).log(), labels).item())
    return {
        "vote": vote,
        "vote_loss": vote_loss,
        "scaled": _accuracy(scaled, labels),
        "scaled_loss": cross_entropy(scaled, labels).item(),
    }


def sparsity(model: nn.Sequential, images: torch.Tensor) -> dict[str, Any]:
    """How active the hidden units of an autoencoder are, in evaluation mode (Srivastava et al., 2014, figures 7 and 8).

    Returns
    -------
    figures
        ``mean``: mean activation over units and images. ``active``: share of activations above 0. ``dead``: share of units
        that never are. ``unit_means``, ``activations``: the units' means, and all activations, at QUANTILES. ``scale``: mean
        norm of a unit's outgoing weights, since halved activations with doubled weights are the same autoencoder.
        ``peak``: mean over units of the share of a unit's squared incoming weights in the 9 pixels where they are largest.
    """
    rest = copy.deepcopy(model).eval()
    logits, rest.logits = rest.logits, nn.Identity()
    hidden = _scores(rest, images)
    at = torch.tensor(QUANTILES, device=hidden.device)
    squared = rest.dense1.weight.detach().square()
    return {
        "mean": hidden.mean().item(),
        "active": (hidden > 0).double().mean().item(),
        "dead": (hidden <= 0).all(0).double().mean().item(),
        "unit_means": torch.quantile(hidden.mean(0), at).tolist(),
        "activations": torch.quantile(hidden[:1_000].flatten(), at).tolist(),
        "scale": logits.weight.detach().norm(dim=0).mean().item(),
        "peak": (squared.topk(9, dim=1).values.sum(1) / squared.sum(1)).mean().item(),
    }


def rotations(
    model: nn.Sequential, images: torch.Tensor, labels: torch.Tensor, seed: int
) -> dict[str, Any]:
    """What 100 thinned networks say of a digit 1 turned by ANGLES (Gal and Ghahramani, 2016, figure 4).

    Returns
    -------
    figures
        For the first 1 of the test images, by angle: ``probabilities`` (mean over the passes, ten classes), ``spread``
        (standard deviation over the passes of the predicted class's probability). Over the first ROTATED ones, by angle:
        ``right`` (share still called 1), ``entropy`` (of the mean probabilities, nats), ``information`` (that entropy minus
        the passes' mean entropy: how much they disagree, nats), ``sure`` (probability of the predicted class with weight
        scaling).
    """
    model = copy.deepcopy(model).eval()
    draw_from(model, torch.Generator(images.device).manual_seed(seed))
    ones = images[labels == 1][:ROTATED]
    figures: dict[str, list] = {
        k: [] for k in ("probabilities", "spread", "right", "entropy", "information", "sure")
    }
    for angle in ANGLES:
        turned = rotated(ones, angle)
        passes = monte_carlo(model, turned, 100)
        mean = passes.mean(0)
        figures["probabilities"].append(mean[0].tolist())
        figures["spread"].append(passes[:, 0, mean[0].argmax()].std().item())
        figures["right"].append((mean.argmax(1) == 1).double().mean().item())
        figures["entropy"].append(_entropy(mean).mean().item())
        figures["information"].append((_entropy(mean) - _entropy(passes).mean(0)).mean().item())
        figures["sure"].append(_scores(model, turned).softmax(1).amax(1).mean().item())
    return figures


def rotated(images: torch.Tensor, angle: float) -> torch.Tensor:
    """Images (N, 1, H, W) turned clockwise by ``angle`` degrees about their centre; the corners repeat the border."""
    turn = math.radians(angle)
    matrix = torch.tensor(
        [[math.cos(turn), math.sin(turn), 0], [-math.sin(turn), math.cos(turn), 0]],
        device=images.device,
    )
    grid = affine_grid(matrix.expand(len(images), 2, 3), list(images.shape), align_corners=False)
    return grid_sample(images, grid, padding_mode="border", align_corners=False)


def _entropy(probabilities: torch.Tensor) -> torch.Tensor:
    return -torch.special.xlogy(probabilities, probabilities).sum(-1)
