"""Frankle et al. (2020): what γ and β of batch norm reach alone, at random weights."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from dropnorm.experiments import results
from dropnorm.experiments.statistics import Interval, mean_interval
from dropnorm.experiments.studies.photographs import RESNET
from dropnorm.experiments.study import Study, with_seeds
from dropnorm.replications.networks import CIFAR_10, CNN, SEEDS
from dropnorm.replications.scorecard import Replication, Row, change

PAPER = "Frankle et al. 2020"


def _networks() -> Iterator[dict[str, Any]]:
    yield {"norm": "batch", "lr": 0.1}
    for width in (8, 16, 32):
        yield {"norm": "batch", "trains": "norm", "lr": 1.0, "width": width}


AFFINE = Study(
    "frankle-affine",
    "What do γ and β reach alone, at random weights? (2020)",
    with_seeds(SEEDS, _networks()),
)
# The paper's network on a fifth of its images; γ and β do not decay.
RESNET_AFFINE = Study(
    "frankle-resnet",
    "The same in a residual network, on photographs",
    with_seeds(
        SEEDS,
        [
            {
                **RESNET,
                "depth": 14,
                "norm": "batch",
                "trains": "norm",
                "weight_decay": 0.0,
                "decays": "all",
                "steps": 2_000,
                "lr": lr,
            }
            for lr in (0.1, 0.3, 1.0)
        ],
    ),
)
STUDIES = (AFFINE, RESNET_AFFINE)


def accuracies() -> pd.DataFrame:
    """Test accuracy in percent with γ and β trained alone: a row a seed, a column a width."""
    return results.wide(results.table(AFFINE).query("trains == 'norm'"), "width")


def _above_chance() -> Interval:
    """At the course's width, less the tenth that guessing gets."""
    return mean_interval(accuracies()[8].to_numpy() - 10)


SCALE_AND_SHIFT = Replication(
    name="scale and shift", paper=PAPER, study=AFFINE, differences=(CIFAR_10, CNN, "1,000 steps")
)

ROWS = (
    Row(
        replication=SCALE_AND_SHIFT,
        figure="ResNet-14",
        effect="test accuracy, γ and β trained alone − chance, points",
        published="+38",
        measure=_above_chance,
        value=38,
    ),
    Row(
        replication=SCALE_AND_SHIFT,
        figure="ResNet-110",
        effect="the same, four times the width − once, points",
        published="+21.5 (8 times the depth)",
        measure=lambda: change(accuracies(), 32, 8),
        value=21.5,
        incomparable="the paper makes the network deeper, we make it wider",
    ),
)
