"""Ioffe and Szegedy (2015), the paper on batch normalization."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from dropnorm.experiments import results, studies
from dropnorm.experiments.records import Record
from dropnorm.experiments.statistics import Interval, mean_interval, median_interval
from dropnorm.experiments.study import Study, with_seeds
from dropnorm.replications.networks import CNN, IMAGENET, MNIST, SEEDS
from dropnorm.replications.scorecard import Replication, Row

PAPER = "Ioffe & Szegedy 2015"


def _networks() -> Iterator[dict[str, Any]]:
    paper = {**MNIST, "pixels": "binary", "n_train": 55_000, "batch_size": 60}
    paper |= {"model": "mlp", "hidden": 100, "activation": "sigmoid", "probe": "percentiles"}
    paper |= {"momentum": 0.0, "schedule": "constant"}
    settings: list[dict[str, Any]] = [{"lr": 0.1, "steps": 50_000}]
    settings += [{"lr": lr, "steps": 5_000} for lr in (0.5, 2.0)]
    settings += [{"lr": 0.1, "steps": 5_000, "init_scale": scale} for scale in (0.1, 0.3)]
    for setting in settings:
        yield from ({**paper, **setting, "norm": norm} for norm in ("none", "batch"))


SIGMOID = Study(
    "ioffe-sigmoid",
    "Three layers of sigmoids with and without batch norm (2015, fig. 1)",
    with_seeds(SEEDS, _networks()),
)
STUDIES = (SIGMOID,)


def sigmoid_runs(
    norm: str, lr: float = 0.1, steps: int = 50_000, init_scale: float = 1.0
) -> list[Record]:
    """Networks of sigmoids, by seed."""
    runs = []
    for run in results.records(SIGMOID):
        trial = run.trial
        setting = (trial.norm, trial.lr, trial.steps, trial.init_scale)
        if setting == (norm, lr, steps, init_scale):
            runs.append(run)
    return sorted(runs, key=lambda run: run.trial.seed)


def mean_movement(run: Record) -> float:
    """How far the inputs of the last sigmoid move from look to look, in standard deviations."""
    return float(np.mean(run.probe["moved"][1:]))


def _lead(figure: Callable[[Record], float]) -> Interval:
    """Batch norm less plain."""
    pairs = zip(sigmoid_runs("batch"), sigmoid_runs("none"), strict=True)
    return mean_interval(np.array([figure(batch) - figure(plain) for batch, plain in pairs]))


def _early_accuracy(run: Record) -> float:
    """Validation accuracy in percent at the look nearest to step 1,000."""
    nearest = int(np.argmin(np.abs(np.array(run.curves["step"]) - 1_000)))
    return 100 * run.curves["validation_accuracy"][nearest]


def _speed_up() -> Interval:
    runs = results.at_rates(5_000, results.own_rates(5_000))
    return median_interval(results.speed_up(runs).to_numpy())


SIGMOIDS = Replication(
    name="sigmoids",
    paper=PAPER,
    study=SIGMOID,
    differences=(
        "learning rate 0.1 and initial weights of standard deviation 1/√inputs: the paper gives "
        "neither",
    ),
)
STEPS = Replication(
    name="steps", paper=PAPER, study=studies.TOGETHER, differences=(IMAGENET, CNN), before_rule=True
)

ROWS = (
    Row(
        replication=SIGMOIDS,
        figure="fig. 1a",
        effect="validation accuracy near 1,000 steps, batch norm − plain, points",
        published="higher",
        measure=lambda: _lead(_early_accuracy),
        sign=1,
    ),
    Row(
        replication=SIGMOIDS,
        figure="fig. 1a",
        effect="test accuracy after 50,000 steps, batch norm − plain, points",
        published="higher",
        measure=lambda: _lead(results.accuracy),
        sign=1,
    ),
    Row(
        replication=SIGMOIDS,
        figure="fig. 1b, c",
        effect="movement of the last sigmoid's input, batch norm − plain, standard deviations",
        published="steadier",
        measure=lambda: _lead(mean_movement),
        sign=-1,
    ),
    Row(
        replication=STEPS,
        figure="ImageNet",
        effect="steps to one accuracy, plain / batch norm",
        published="2.3 (31.0M / 13.3M)",
        measure=_speed_up,
        value=2.33,
        incomparable="steps to the plain Inception's best accuracy on ImageNet; ours are steps to "
        "80 % in a small CNN",
    ),
)
