"""Srivastava et al. (2014) on photographs of house numbers (SVHN), and on linear regression."""

from dropnorm.experiments import results, studies
from dropnorm.experiments.statistics import Interval
from dropnorm.replications import exact_results
from dropnorm.replications.networks import CNN
from dropnorm.replications.scorecard import Replication, Row, change
from dropnorm.replications.srivastava.setup import PAPER


def _dense_layer() -> Interval:
    """After three times the course's usual steps."""
    rows = results.table(studies.SCHEDULE).query("steps == 3_000")
    return change(100 - results.wide(rows, "condition"), "dropout", "plain")


def _all_layers() -> Interval:
    """Each place at its own rate of dropout."""
    errors = 100 - results.places(5_000)[["everywhere", "dense"]].dropna()
    return change(errors, "everywhere", "dense")


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
    study=studies.DROPOUT_RATE,
    differences=SVHN,
    before_rule=True,
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
