"""Srivastava et al. (2014) on photographs of house numbers (SVHN), and on linear regression."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import pandas as pd

from dropnorm.experiments import results, studies
from dropnorm.experiments.statistics import Interval
from dropnorm.experiments.study import PILOT_SEEDS, Study, with_seeds
from dropnorm.replications import exact_results
from dropnorm.replications.networks import CNN, SEEDS
from dropnorm.replications.scorecard import Replication, Row, change
from dropnorm.replications.srivastava.setup import PAPER

# Dropout in the dense layer, and in all layers with the paper's probabilities for input,
# convolutions and dense layer.
PLACES_OF_THE_PAPER: dict[str, dict[str, Any]] = {
    "dense": {"dropout": 0.5},
    "all": {"dropout": 0.5, "dropout_at": "both", "dropout_conv": 0.25, "dropout_input": 0.1},
}

# 38 passes, as in the study that the gain in the dense layer is read from; the course's network,
# and one that is four times as wide.
STEPS = 3_000
WIDTHS: dict[str, dict[str, Any]] = {"narrow": {}, "wide": {"width": 32, "hidden": 512}}

# By the rule of ``statistics.best_setting``, over the pilot.
LEARNING_RATE = {
    ("narrow", "dense"): 0.01,
    ("narrow", "all"): 0.01,
    ("wide", "dense"): 0.01,
    ("wide", "all"): 0.01,
}


def _networks() -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    for (size, width), (name, places) in product(WIDTHS.items(), PLACES_OF_THE_PAPER.items()):
        yield (size, name), {**width, **places, "steps": STEPS}


PLACES_RATES = Study(
    "srivastava-places-rates",
    "SVHN: which learning rate with dropout in the dense layer, and in all layers? (2014)",
    with_seeds(
        PILOT_SEEDS,
        [{**network, "lr": lr} for _, network in _networks() for lr in (0.003, 0.01, 0.03, 0.1)],
    ),
    pilot=True,
)
PLACES_STUDY = Study(
    "srivastava-places",
    "SVHN: dropout in the dense layer, and in all layers (2014)",
    with_seeds(SEEDS, [{**network, "lr": LEARNING_RATE[name]} for name, network in _networks()]),
)
STUDIES = (PLACES_RATES, PLACES_STUDY)


def _dense_layer() -> Interval:
    """After three times the course's usual steps."""
    rows = results.table(studies.SCHEDULE).query("steps == @STEPS")
    return change(100 - results.wide(rows, "condition"), "dropout", "plain")


def errors_by_places(size: str) -> pd.DataFrame:
    """Test error in percent of the narrow or the wide network: a column a place, a row a seed."""
    arms = {name: {**network, "lr": LEARNING_RATE[name]} for name, network in _networks()}
    return 100 - results.accuracies(PLACES_STUDY, arms)[size]


def _all_layers() -> Interval:
    """Of the wide network, which is nearer to theirs."""
    return change(errors_by_places("wide"), "all", "dense")


SVHN = ("Fashion-MNIST for SVHN", "5,000 images", CNN)
TIME = Replication(
    name="dropout after longer training",
    paper=PAPER,
    study=studies.SCHEDULE,
    differences=(*SVHN, "38 passes; after 13 there is no gain, see the picture"),
    before_rule=True,
)
PLACES = Replication(
    name="places of dropout",
    paper=PAPER,
    study=PLACES_STUDY,
    differences=(*SVHN, "32 and 64 channels and 512 units, for 96 to 256 and 2,048"),
)
RIDGE = Replication(name="ridge regression", paper=PAPER, study=None)

ROWS = (
    Row(
        replication=TIME,
        figure="SVHN",
        effect="test error, dropout in the dense layer − none, points",
        published="−0.93",
        measure=_dense_layer,
        value=-0.93,
    ),
    Row(
        replication=PLACES,
        figure="SVHN",
        effect="test error, dropout in all layers − in the dense one, points",
        published="−0.47",
        measure=_all_layers,
        value=-0.47,
    ),
    Row(
        replication=RIDGE,
        figure="§ 9.1",
        effect="linear regression, weights with dropout − ridge's",
        published="0, exactly",
        measure=lambda: exact_results.over_seeds(exact_results.ridge),
    ),
)
