"""Probe ``ensemble``: what the mean probabilities of networks trained apart bring."""

import copy
from dataclasses import replace
from typing import Any

import torch

from dropnorm.experiments.evaluation import scores_of
from dropnorm.experiments.probes.base import Trained
from dropnorm.experiments.probes.calibration import figures_of_merit

# Networks of an ensemble.
MEMBERS = 5

# Between the seeds of an ensemble's members: no trial of a study has one of theirs.
OTHER_SEEDS = 10_000


def measure(trained: Trained) -> dict[str, Any]:
    """The votes of up to MEMBERS networks, on the test images.

    The trial's network is the first member; the others are the same trial from other seeds: other
    initial weights, another order of batches, other masks.

    Returns
    -------
    figures
        For 1 … MEMBERS members ``accuracy``, ``loss`` (nats) and ``error`` (of calibration) of
        their mean probabilities.
    """
    trial, model = trained.trial, trained.model
    images, labels = trained.splits["test"]
    total = torch.zeros(len(labels), 10, device=images.device)
    figures: dict[str, list[float]] = {"accuracy": [], "loss": [], "error": []}
    for member in range(1, MEMBERS + 1):
        if member > 1:
            seed = OTHER_SEEDS * (member - 1) + trial.seed
            model = trained.fit(replace(trial, probe="none", seed=seed))
        total += scores_of(copy.deepcopy(model).eval(), images).softmax(1)
        merit = figures_of_merit(total / member, labels)
        for name, values in figures.items():
            values.append(merit[name])
    return figures
