"""Li et al. (2019): dropout in front of batch norm shifts the variance between the two modes."""

import pandas as pd

from dropnorm.experiments import results, studies
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


ORDER = Replication(
    name="order",
    paper=PAPER,
    study=studies.DROPOUT_ORDER,
    differences=("Fashion-MNIST for CIFAR-100", CNN),
    before_rule=True,
)

ROWS = (
    Row(
        replication=ORDER,
        figure="DenseNet",
        effect="test accuracy, dropout 0.5 before batch norm − none, points",
        published="−8.87",
        measure=lambda: change(accuracies(), "before", "none"),
        value=-8.87,
    ),
    Row(
        replication=ORDER,
        figure="DenseNet",
        effect="test accuracy, new statistics − the old, points",
        published="+4.47",
        measure=lambda: change(accuracies(), "before, new statistics", "before"),
        value=4.47,
    ),
)
