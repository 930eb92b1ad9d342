"""Garbin et al. (2020): dropout and batch norm, alone and together."""

from functools import partial

from dropnorm.experiments import results, studies
from dropnorm.experiments.statistics import Interval
from dropnorm.replications.networks import CIFAR_10, CNN
from dropnorm.replications.scorecard import Replication, Row, change

PAPER = "Garbin et al. 2020"


def _gain(network: str) -> Interval:
    return change(results.four_networks(20_000), network, "plain")


FOUR_NETWORKS = Replication(
    name="the four networks",
    paper=PAPER,
    study=studies.TOGETHER,
    differences=(CIFAR_10, CNN, "20,000 images", "ten seeds for single runs"),
    before_rule=True,
)

ROWS = tuple(
    Row(
        replication=FOUR_NETWORKS,
        figure="the 2×2",
        effect=f"test accuracy, {network} − plain, points",
        published=published,
        measure=partial(_gain, network),
        value=value,
    )
    for network, published, value in (
        ("dropout", "−4.66", -4.66),
        ("batch norm", "+4.06", 4.06),
        ("both", "+0.46", 0.46),
    )
)
