"""What probes are given, and how training calls them."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import torch
from torch import nn

from dropnorm.experiments.probes.registry import PROBES
from dropnorm.experiments.trial import Trial

# Images and their targets.
Batch = tuple[torch.Tensor, torch.Tensor]

# Looks at the network before a step, and at the batch of that step: numbers, or lists of numbers.
Observer = Callable[[nn.Sequential, Batch], dict[str, Any]]


@dataclass(frozen=True)
class Trained:
    """A trained network for a probe to examine; the probe works on copies.

    A copy (``copy.deepcopy``) of a network has a copy of its generator, in the state that it has
    then: so a probe leaves the training as it is.

    Parameters
    ----------
    trial
        How it was trained.
    model
        The network.
    splits
        Images and targets of ``train``, ``validation`` and ``test``.
    fit
        Trains the network of another trial.
    """

    trial: Trial
    model: nn.Sequential
    splits: dict[str, Batch]
    fit: Callable[[Trial], nn.Sequential]


def observer_of(trial: Trial, images: torch.Tensor) -> Observer | None:
    """The trial's probe if it looks at the network on the way.

    One that looks at distributions alone does so on ``images``, always the same.
    """
    if trial.probe == "none" or PROBES[trial.probe].when != "points":
        return None
    observer: Observer = _module(trial.probe).observer(trial, images)
    return observer


def measurements(trained: Trained) -> dict[str, Any]:
    """What the trial's probe measures on the trained network, if it looks at the end."""
    name = trained.trial.probe
    if name == "none" or PROBES[name].when != "end":
        return {}
    figures: dict[str, Any] = _module(name).measure(trained)
    return figures


def _module(name: str) -> Any:
    return import_module(f"dropnorm.experiments.probes.{name}")
