"""Li et al. (2019): dropout in front of batch norm shifts the variance between the two modes."""

from collections.abc import Callable
from functools import partial

import pandas as pd

from dropnorm.experiments import results, studies
from dropnorm.experiments.statistics import Interval
from dropnorm.experiments.studies.photographs import MANY, PHOTO_RATE
from dropnorm.experiments.study import Study, with_seeds
from dropnorm.replications.networks import CNN, SEEDS
from dropnorm.replications.scorecard import Replication, Row, change

PAPER = "Li et al. 2019"

ON_PHOTOGRAPHS = Study(
    "li-photographs",
    "Dropout before batch norm on photographs, with the old statistics and with new ones (2019)",
    with_seeds(
        SEEDS,
        [
            {
                **MANY,
                "norm": "batch",
                "dropout": 0.5,
                "dropout_at": "both",
                "dropout_order": "before",
                "lr": PHOTO_RATE["both"],
                "probe": "recalibration",
            }
        ],
    ),
)
STUDIES = (ON_PHOTOGRAPHS,)


def accuracies() -> pd.DataFrame:
    """Test accuracy in percent: a row a seed, a column for each order.

    No dropout; dropout 0.5 before and after batch norm; before, with new statistics.
    """
    runs = [
        run
        for run in results.records(studies.DROPOUT_ORDER)
        if run.trial.dropout == 0 or (run.trial.dropout == 0.5 and run.trial.dropout_at == "both")
    ]
    trained = results.columns(
        runs,
        lambda run: run.trial.dropout_order if run.trial.dropout else "none",
        results.accuracy,
    )
    renewed = {
        run.trial.seed: 100 * run.probe["recalibrated"]["accuracy"]
        for run in runs
        if run.trial.dropout and run.trial.dropout_order == "before"
    }
    return trained.assign(**{"before, new statistics": pd.Series(renewed)}).dropna()


def on_photographs() -> pd.DataFrame:
    """The same on 10,000 photographs: no dropout, before, before with new statistics."""
    dropped = results.records(ON_PHOTOGRAPHS)
    bare = results.having(
        results.records(studies.PHOTO_CNN), n_train=10_000, norm="batch", dropout=0.0
    )
    return pd.DataFrame(
        {
            "none": {run.trial.seed: results.accuracy(run) for run in bare},
            "before": {run.trial.seed: results.accuracy(run) for run in dropped},
            "before, new statistics": {
                run.trial.seed: 100 * run.probe["test"]["accuracy"] for run in dropped
            },
        }
    ).dropna()


def _change(accuracies_of: Callable[[], pd.DataFrame], a: str, b: str) -> Interval:
    return change(accuracies_of(), a, b)


ORDER = Replication(
    name="order",
    paper=PAPER,
    study=studies.DROPOUT_ORDER,
    differences=("Fashion-MNIST for CIFAR-100", CNN),
    before_rule=True,
)

PHOTOGRAPHS = Replication(
    name="order on photographs",
    paper=PAPER,
    study=ON_PHOTOGRAPHS,
    differences=("CIFAR-10 for CIFAR-100", CNN, "10,000 images"),
)

ROWS = tuple(
    Row(
        replication=replication,
        figure=figure,
        effect=effect,
        published=published,
        measure=partial(_change, accuracies_of, a, b),
        value=value,
    )
    for replication, figure, accuracies_of in (
        (ORDER, "DenseNet", accuracies),
        (PHOTOGRAPHS, "DenseNet, on photographs", on_photographs),
    )
    for effect, a, b, published, value in (
        (
            "test accuracy, dropout 0.5 before batch norm − none, points",
            "before",
            "none",
            "−8.87",
            -8.87,
        ),
        (
            "test accuracy, new statistics − the old, points",
            "before, new statistics",
            "before",
            "+4.47",
            4.47,
        ),
    )
)
