"""Probe ``recalibration``: how far running statistics are off, and what new ones bring."""

from typing import Any

from dropnorm.experiments.probes.base import Trained
from dropnorm.experiments.probes.running_statistics import (
    IMAGES,
    accuracy_and_loss,
    channel_mean,
    channel_variance,
    inputs_of_norms,
    recalibrated,
    running_statistics,
)


def measure(trained: Trained) -> dict[str, Any]:
    """Against the statistics of evaluation, without any training.

    Returns
    -------
    figures
        ``variances``: for each batch norm, in order, the mean over its channels of running variance
        divided by the variance that comes in in evaluation. ``means``: the same of
        |running mean − mean that comes in|, in standard deviations of what comes in.
        ``validation`` and ``test``: accuracy and loss after the running statistics were computed
        anew without dropout.
    """
    model, images = trained.model, trained.splits["train"][0][:IMAGES]
    variances, means = [], []
    for norm, x in inputs_of_norms(model, images).values():
        running_mean, running_var = running_statistics(norm)
        variance = channel_variance(x)
        variances.append((running_var / variance).mean().item())
        means.append(((running_mean - channel_mean(x)).abs() / variance.sqrt()).mean().item())
    again = recalibrated(model, images)
    return {
        "variances": variances,
        "means": means,
        "validation": accuracy_and_loss(again, trained.splits["validation"]),
        "test": accuracy_and_loss(again, trained.splits["test"]),
    }
