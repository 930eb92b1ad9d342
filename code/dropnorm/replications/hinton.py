"""Hinton et al. (2012): the first figures of dropout."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from dropnorm.experiments import results
from dropnorm.experiments.study import Study, with_seeds
from dropnorm.replications import exact_results
from dropnorm.replications.networks import DROPOUT, MNIST, SEEDS
from dropnorm.replications.scorecard import Replication, Row, change

PAPER = "Hinton et al. 2012"


def _networks(lengths: dict[int, int]) -> Iterator[dict[str, Any]]:
    """Nothing, dropout of hidden units, and of pixels, too; ``lengths``: images → steps."""
    paper = {**MNIST, "model": "mlp", "depth": 2, "hidden": 800}
    for n_train, steps in lengths.items():
        for dropout in ({}, {"dropout": 0.5}, DROPOUT):
            yield {**paper, **dropout, "n_train": n_train, "steps": steps}


DROPOUT_ON_MNIST = Study(
    "hinton-dropout",
    "784-800-800-10: no dropout, hidden units, pixels, too (2012)",
    with_seeds(SEEDS, _networks({55_000: 5_500, 2_000: 3_000})),
)
LONGER = Study(
    "hinton-longer",
    "The same for 100 passes over 20,000 images instead of 10 over 55,000 (2012)",
    with_seeds(SEEDS, _networks({20_000: 20_000})),
)
STUDIES = (DROPOUT_ON_MNIST, LONGER)


def errors(study: Study, n_train: int) -> pd.DataFrame:
    """Errors in 10,000 test images: a row a seed, columns "none", "hidden", "hidden and pixels"."""
    rows = results.table(study).query("n_train == @n_train")
    names = {(0.0, 0.0): "none", (0.5, 0.0): "hidden", (0.5, 0.2): "hidden and pixels"}
    arms = [names[pair] for pair in zip(rows.dropout, rows.dropout_input, strict=True)]
    return 10_000 - 100 * results.wide(rows.assign(arm=arms), "arm").dropna()


MISTAKES = Replication(
    name="errors on MNIST",
    paper=PAPER,
    study=LONGER,
    differences=(
        "20,000 images for 60,000",
        "100 epochs for 3,000",
        "no limit on the weights",
        "a cosine for their schedule",
    ),
)
MEAN_NETWORK = Replication(name="mean network", paper=PAPER, study=None)

ROWS = (
    Row(
        replication=MISTAKES,
        figure="MNIST",
        effect="errors in 10,000 images, dropout of hidden units − none",
        published="−30 (160 to 130)",
        measure=lambda: change(errors(LONGER, 20_000), "hidden", "none"),
        value=-30,
    ),
    Row(
        replication=MISTAKES,
        figure="MNIST",
        effect="errors in 10,000 images, dropout of units and pixels − none",
        published="−50 (160 to 110)",
        measure=lambda: change(errors(LONGER, 20_000), "hidden and pixels", "none"),
        value=-50,
    ),
    Row(
        replication=MEAN_NETWORK,
        figure="the mean network",
        effect="its probabilities − the thinned networks' geometric mean",
        published="0, exactly",
        measure=lambda: exact_results.over_seeds(exact_results.geometric_mean),
    ),
)
