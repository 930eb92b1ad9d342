"""Hoffer et al. (2017): large batches, and statistics over small ghost batches."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from dropnorm.experiments import results, statistics
from dropnorm.experiments.study import Study, with_seeds
from dropnorm.replications.networks import MNIST, SEEDS
from dropnorm.replications.scorecard import Replication, Row, change

PAPER = "Hoffer et al. 2017"


def _networks() -> Iterator[dict[str, Any]]:
    """30 epochs each."""
    five = {**MNIST, "model": "mlp", "depth": 5, "hidden": 256, "norm": "batch", "lr": 0.1}
    five |= {"n_train": 10_000}
    yield {**five, "steps": 3_000}
    for lr in (0.1, 0.4):
        large = {**five, "batch_size": 2_000, "steps": 150, "lr": lr}
        yield from ({**large, "ghost": ghost} for ghost in (0, 100))


GHOST = Study(
    "hoffer-ghost",
    "Large batches with and without ghost batches (2017)",
    with_seeds(SEEDS, _networks()),
)
STUDIES = (GHOST,)


def accuracies() -> pd.DataFrame:
    """Test accuracy in percent: a row a seed, columns "small", "large" and "large, ghost"."""
    rows = results.table(GHOST)
    arms = np.select([rows.batch_size == 100, rows.ghost > 0], ["small", "large, ghost"], "large")
    return results.wide(statistics.best_setting(rows.assign(arm=arms), "lr", ["arm"]), "arm")


LARGE_BATCHES = Replication(
    name="large batches",
    paper=PAPER,
    study=GHOST,
    differences=(
        "256 units a layer",
        "10,000 images",
        "batches of 2,000 with ghosts of 100 for 4,096 with 128",
    ),
)

ROWS = (
    Row(
        replication=LARGE_BATCHES,
        figure="large batches",
        effect="test accuracy after equal epochs, large batch − small, points",
        published="lower",
        measure=lambda: change(accuracies(), "large", "small"),
        sign=-1,
    ),
    Row(
        replication=LARGE_BATCHES,
        figure="ghost batches",
        effect="test accuracy of the large batch, ghost − whole, points",
        published="higher",
        measure=lambda: change(accuracies(), "large, ghost", "large"),
        sign=1,
    ),
)
