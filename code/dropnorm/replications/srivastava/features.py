"""Figures 7 and 8 of Srivastava et al. (2014): the features of an autoencoder."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from dropnorm.experiments import results
from dropnorm.experiments.statistics import Interval, mean_interval
from dropnorm.experiments.study import Study, with_seeds
from dropnorm.replications.networks import MNIST, SEEDS
from dropnorm.replications.scorecard import Replication, Row, change
from dropnorm.replications.srivastava.setup import PAPER


def _autoencoders() -> Iterator[dict[str, Any]]:
    network = {**MNIST, "model": "autoencoder", "depth": 1, "hidden": 256, "probe": "sparsity"}
    for p in (0.0, 0.5):
        yield {**network, "n_train": 10_000, "steps": 3_000, "lr": 0.001, "dropout": p}


AUTOENCODER = Study(
    "srivastava-autoencoder",
    "Does dropout make the features of an autoencoder sparse? (2014, figs. 7, 8)",
    with_seeds(SEEDS, _autoencoders()),
)
STUDIES = (AUTOENCODER,)


def features(name: str) -> pd.DataFrame:
    """A figure of the probe ``sparsity``: a row a seed, columns 0.0 and 0.5, the dropout."""
    runs = results.records(AUTOENCODER)
    return results.columns(runs, lambda run: run.trial.dropout, lambda run: run.probe[name])


def _activation() -> Interval:
    """Change of the mean hidden activation, in percent."""
    mean = features("mean")
    return mean_interval((100 * mean[0.5] / mean[0.0] - 100).to_numpy())


FEATURES = Replication(
    name="features", paper=PAPER, study=AUTOENCODER, differences=("10,000 images, 3,000 updates",)
)

ROWS = (
    Row(
        replication=FEATURES,
        figure="figs. 7, 8",
        effect="mean activation of hidden units, change by dropout, %",
        published="−65 (2.0 to 0.7)",
        measure=_activation,
        value=-65,
    ),
    Row(
        replication=FEATURES,
        figure="fig. 7",
        effect="share of a unit's squared weights in its 9 strongest pixels, change by dropout, "
        "points",
        published="more local, by eye",
        measure=lambda: change(100 * features("peak"), 0.5, 0.0),
        sign=1,
    ),
)
