"""Figures 9 and 10 of Srivastava et al. (2014): rates of dropout, numbers of images."""

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from dropnorm.experiments import results
from dropnorm.experiments.statistics import Interval, mean_interval
from dropnorm.experiments.study import Study, with_seeds
from dropnorm.replications.networks import DROPOUT, MNIST, SEEDS
from dropnorm.replications.scorecard import Replication, Row, change
from dropnorm.replications.srivastava.setup import (
    IMAGES,
    MOMENTUM,
    PAPER,
    QUARTER,
    UPDATES,
    WIDTHS,
)

# Steps that the CPU allows at the training images of figure 10, and at 2,000 besides.
STEPS = {
    100: 1_500,
    500: 1_500,
    1_000: 1_500,
    2_000: 3_000,
    5_000: 3_000,
    10_000: 3_000,
    50_000: 6_000,
}


def _rates() -> Iterator[dict[str, Any]]:
    """Initial weights shrink with √(1 − p): dropout's noise does not enlarge activations."""
    three = {**MNIST, "model": "mlp", "n_train": 2_000, "steps": 3_000}
    fixed_units = [(256, p) for p in (0.0, 0.2, 0.4, 0.5, 0.6, 0.8)]
    fixed_kept = [(64, 0.0), (128, 0.5), (320, 0.8), (64, 0.8)]
    for hidden, p in fixed_units + fixed_kept:
        yield {**three, "hidden": hidden, "dropout": p, "init_scale": round(math.sqrt(1 - p), 3)}


def _sizes() -> Iterator[dict[str, Any]]:
    for n_train, steps in STEPS.items():
        # With the probe at 2,000 images, it is a trial of ``srivastava-norms`` and stored once.
        probe = {"probe": "averaging"} if n_train == 2_000 else {}
        for network in ({}, {**DROPOUT, **probe}):
            yield {**QUARTER, **network, "n_train": n_train, "steps": steps}


def _longer(n_train: int, steps: int) -> Iterator[dict[str, Any]]:
    for network in ({}, DROPOUT):
        yield {**QUARTER, **network, "n_train": n_train, "steps": steps}


RATE = Study(
    "srivastava-rate",
    "Dropout rate with 256 units a layer, and with kept units held at 64 (2014, fig. 9)",
    with_seeds(SEEDS, _rates()),
)
SIZE = Study(
    "srivastava-size",
    "Gain of dropout from 100 to 50,000 images (2014, fig. 10)",
    with_seeds(SEEDS, _sizes()),
)
LONGER = Study(
    "srivastava-longer",
    "Gain of dropout at 10,000 images after 12,000 steps (2014, fig. 10)",
    with_seeds(SEEDS, _longer(10_000, 12_000)),
)
LONGEST = Study(
    "srivastava-longest",
    "Gain of dropout at 50,000 images after 60,000 steps (2014, fig. 10)",
    with_seeds(SEEDS, _longer(50_000, 60_000)),
)
STUDIES = (RATE, SIZE, LONGER, LONGEST)


def _errors(study: Study, columns: list[str], split: str = "test") -> pd.DataFrame:
    """Error in percent: a row a seed, a column for each entry of the columns."""
    rows = results.table(study)
    return (
        100 - 100 * rows.pivot(index="seed", columns=columns, values=f"{split}_accuracy").dropna()
    )


def errors_by_rate(split: str = "test") -> pd.DataFrame:
    """Error in percent: a row a seed, a column for each (units, p)."""
    return _errors(RATE, ["hidden", "dropout"], split)


def gains_by_size() -> pd.DataFrame:
    """Gain of dropout in points of test error: a row a seed, a column for each number of images."""
    error = _errors(SIZE, ["n_train", "dropout"])
    return pd.DataFrame({n: error[n, 0.0] - error[n, 0.5] for n in STEPS})


def gain_after_longer_training(study: Study = LONGER) -> "pd.Series[float]":
    """The same for one number of images, after the many steps of LONGER or LONGEST."""
    error = _errors(study, ["dropout"])
    return error[0.0] - error[0.5]


def _error_of_few_images() -> float:
    rows = results.table(SIZE).query("n_train == 100 and dropout == 0")
    return float(100 - 100 * rows.test_accuracy.mean())


def _no_dropout() -> Interval:
    """Without dropout, less the mean of p = 0.2 to 0.6."""
    error = errors_by_rate()
    dropped = error[[(256, p) for p in (0.2, 0.4, 0.5, 0.6)]].mean(axis=1)
    return mean_interval((error[256, 0.0] - dropped).to_numpy())


def _gain(n_train: int) -> Interval:
    return mean_interval(gains_by_size()[n_train].to_numpy())


RATES = Replication(
    name="rates",
    paper=PAPER,
    study=RATE,
    differences=(
        "64 to 320 units a layer for 2,048",
        IMAGES,
        UPDATES,
        MOMENTUM,
        "initial weights scaled by the root of the keep probability",
    ),
)
SIZES = Replication(
    name="sizes",
    paper=PAPER,
    study=SIZE,
    differences=(WIDTHS, "1,500 to 6,000 updates for a million", MOMENTUM),
)
LONGER_SIZES = Replication(
    name="sizes, longer",
    paper=PAPER,
    study=LONGEST,
    differences=(WIDTHS, "60,000 updates for a million", MOMENTUM),
)

# In this paper p is the probability of keeping a unit.
ROWS = (
    Row(
        replication=RATES,
        figure="fig. 9a",
        effect="test error, keep 0.4 − keep 0.8, points",
        published="flat in between",
        measure=lambda: change(errors_by_rate(), (256, 0.6), (256, 0.2)),
        level=lambda: errors_by_rate()[256, 0.2].mean(),
    ),
    Row(
        replication=RATES,
        figure="fig. 9a",
        effect="test error, keep 1 − mean of 0.4 to 0.8, points",
        published="higher",
        measure=_no_dropout,
        sign=1,
    ),
    Row(
        replication=RATES,
        figure="fig. 9a",
        effect="training error, keep 0.2 − keep 0.5, points",
        published="higher",
        measure=lambda: change(errors_by_rate("train"), (256, 0.8), (256, 0.5)),
        sign=1,
    ),
    Row(
        replication=RATES,
        figure="fig. 9b",
        effect="test error at keep 0.2, 320 units − 256, points",
        published="lower: 1.7 for 2.7 at keep 0.1",
        measure=lambda: change(errors_by_rate(), (320, 0.8), (256, 0.8)),
        sign=-1,
    ),
    Row(
        replication=RATES,
        figure="fig. 9b",
        effect="test error, 128 units at keep 0.5 − 64 at keep 1, points",
        published="lower",
        measure=lambda: change(errors_by_rate(), (128, 0.5), (64, 0.0)),
        sign=-1,
    ),
    Row(
        replication=SIZES,
        figure="fig. 10",
        effect="gain of dropout with 100 images, points of error",
        published="none",
        measure=lambda: _gain(100),
        level=_error_of_few_images,
    ),
    Row(
        replication=SIZES,
        figure="fig. 10",
        effect="gain of dropout with 1,000 images, points of error",
        published="a gain",
        measure=lambda: _gain(1_000),
        sign=1,
    ),
    Row(
        replication=LONGER_SIZES,
        figure="fig. 10",
        effect="gain of dropout with 50,000 images, points of error",
        published="a gain, smaller",
        measure=lambda: mean_interval(gain_after_longer_training(LONGEST).to_numpy()),
        sign=1,
    ),
)
