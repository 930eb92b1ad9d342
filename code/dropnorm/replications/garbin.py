"""Garbin et al. (2020): dropout and batch norm, alone and together."""

from functools import partial

from dropnorm.experiments import results, studies
from dropnorm.experiments.statistics import Interval
from dropnorm.replications.networks import CIFAR_10, CNN
from dropnorm.replications.scorecard import Replication, Row, change

PAPER = "Garbin et al. 2020"


def _on_clothes(network: str) -> Interval:
    return change(results.four_networks(20_000), network, "plain")


def _on_photographs(network: str) -> Interval:
    rows = results.table(studies.PHOTO_CNN).query("n_train == 10000")
    return change(results.wide(rows, "condition"), network, "plain")


FOUR_NETWORKS = Replication(
    name="the four networks",
    paper=PAPER,
    study=studies.TOGETHER,
    differences=(CIFAR_10, CNN, "20,000 images", "ten seeds for single runs"),
    before_rule=True,
)

ON_PHOTOGRAPHS = Replication(
    name="the four networks on photographs",
    paper=PAPER,
    study=studies.PHOTO_CNN,
    differences=(CNN, "10,000 images", "ten seeds for single runs"),
)

ROWS = tuple(
    Row(
        replication=replication,
        figure=figure,
        effect=f"test accuracy, {network} − plain, points",
        published=published,
        measure=partial(measure, network),
        value=value,
    )
    for replication, figure, measure in (
        (FOUR_NETWORKS, "the 2×2", _on_clothes),
        (ON_PHOTOGRAPHS, "the 2×2, on CIFAR-10", _on_photographs),
    )
    for network, published, value in (
        ("dropout", "−4.66", -4.66),
        ("batch norm", "+4.06", 4.06),
        ("both", "+0.46", 0.46),
    )
)
