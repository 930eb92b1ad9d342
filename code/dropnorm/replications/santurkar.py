"""Santurkar et al. (2018): batch norm helps even with noise after it, and without activations."""

from functools import partial

import numpy as np

from dropnorm.experiments import results, statistics, studies
from dropnorm.experiments.records import Record
from dropnorm.experiments.statistics import Interval
from dropnorm.experiments.studies.photographs import MANY
from dropnorm.experiments.study import Study, with_seeds
from dropnorm.replications.networks import CIFAR_10, CNN
from dropnorm.replications.scorecard import Replication, Row, change

PAPER = "Santurkar et al. 2018"

ON_PHOTOGRAPHS = Study(
    "santurkar-photographs",
    "Is batch norm with noise after it faster on photographs? (2018)",
    with_seeds(
        10,
        [
            {**MANY, "norm": norm, "steps": 1_000, "lr": 0.03}
            for norm in ("none", "batch", "noisy batch")
        ],
    ),
)
STUDIES = (ON_PHOTOGRAPHS,)


def early_accuracy(run: Record, last_step: int = 150) -> float:
    """Mean validation accuracy in percent over the first looks: how fast a run starts."""
    looks = zip(run.curves["step"], run.curves["validation_accuracy"], strict=True)
    return 100 * float(np.mean([accuracy for step, accuracy in looks if step <= last_step]))


def _noisy_lead(study: Study) -> Interval:
    """Both at rate 0.03."""
    runs = [
        run
        for run in results.records(study)
        if run.trial.lr == 0.03 and run.trial.norm in ("none", "noisy batch")
    ]
    norms = results.columns(runs, lambda run: run.trial.norm, early_accuracy)
    return change(norms, "noisy batch", "none")


def _linear_lead() -> Interval:
    """24 linear layers, each network at its own rate."""
    rows = statistics.best_setting(results.table(studies.DEEP_LINEAR), "lr", ["norm"])
    return change(results.wide(rows, "norm"), "batch", "none")


NOISY = Replication(
    name="noisy batch norm",
    paper=PAPER,
    study=studies.TRAINING_PROBES,
    differences=(CIFAR_10, CNN),
    before_rule=True,
)
PHOTOGRAPHS = Replication(
    name="noisy batch norm on photographs",
    paper=PAPER,
    study=ON_PHOTOGRAPHS,
    differences=(CNN, "10,000 images"),
)
LINEAR = Replication(
    name="deep linear network",
    paper=PAPER,
    study=studies.DEEP_LINEAR,
    differences=(
        "24 layers of 32 units for 25 of 10",
        "Fashion-MNIST in batches of 64 for made-up data at once",
    ),
    before_rule=True,
)

ROWS = (
    *(
        Row(
            replication=replication,
            figure=figure,
            effect="validation accuracy up to step 150, noisy batch norm − plain, points",
            published="faster",
            measure=partial(_noisy_lead, study),
            sign=1,
        )
        for replication, study, figure in (
            (NOISY, studies.TRAINING_PROBES, "noisy batch norm"),
            (PHOTOGRAPHS, ON_PHOTOGRAPHS, "noisy batch norm, on CIFAR-10"),
        )
    ),
    Row(
        replication=LINEAR,
        figure="deep linear network",
        effect="test accuracy, batch norm − plain, points",
        published="better",
        measure=_linear_lead,
        sign=1,
        incomparable="theirs is the training loss of a regression at one rate, ours the test "
        "accuracy of ten classes, each at its own rate",
    ),
)
