"""Wu and He (2018): small batches with batch norm and with group norm."""

import pandas as pd

from dropnorm.experiments import results, statistics, studies
from dropnorm.replications.networks import CNN, IMAGENET
from dropnorm.replications.scorecard import Replication, Row, change

PAPER = "Wu & He 2018"


def accuracies() -> pd.DataFrame:
    """Test accuracy in percent, each at its own rate: a row a seed, columns (norm, batch)."""
    rows = results.table(studies.BATCH_SIZE)
    own = statistics.best_setting(rows, "lr", ["norm", "batch_size"])
    wide = own.pivot(index="seed", columns=["norm", "batch_size"], values="test_accuracy")
    return 100 * wide.dropna()


BATCHES = Replication(
    name="small batches",
    paper=PAPER,
    study=studies.BATCH_SIZE,
    differences=(IMAGENET, CNN, "batch size for batch size on each of 8 GPUs"),
    before_rule=True,
)

ROWS = (
    Row(
        replication=BATCHES,
        figure="ResNet-50",
        effect="test accuracy at 2 images a batch, batch − group norm, points",
        published="−10.6",
        measure=lambda: change(accuracies(), ("batch", 2), ("group", 2)),
        value=-10.6,
    ),
    Row(
        replication=BATCHES,
        figure="ResNet-50",
        effect="test accuracy at 32 images a batch, batch − group norm, points",
        published="+0.5",
        measure=lambda: change(accuracies(), ("batch", 32), ("group", 32)),
        value=0.5,
    ),
    Row(
        replication=BATCHES,
        figure="ResNet-50",
        effect="test accuracy of batch norm, 2 images a batch − 32, points",
        published="−11.1",
        measure=lambda: change(accuracies(), ("batch", 2), ("batch", 32)),
        value=-11.1,
    ),
)
