"""Paired comparisons: every figure with its interval."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import bdtr, stdtrit  # not scipy.stats, which takes a second to import

from dropnorm.experiments.records import Record


class Interval(NamedTuple):
    """A mean with the ends of its 95 % interval, and the number of seeds."""

    mean: float
    low: float
    high: float
    n: int

    def __format__(self, spec: str) -> str:
        """Mean and interval, each number as ``spec`` says: ``f"{effect:+.1f}"`` is ``+1.2 (+0.7 to +1.7)``."""
        mean, low, high = (format(number, spec) for number in self[:3])
        return f"{mean} ({low} to {high})"

    def told(self, spec: str) -> str:
        """With its seeds, each number as ``spec`` says, as tables have it: ``+1.2 [+0.7, +1.7], 10 seeds``."""
        mean, low, high = (format(number, spec).replace("-", "−").replace("inf", "∞") for number in self[:3])
        return f"{mean} [{low}, {high}], {self.n} seeds"


def mean_interval(values: np.ndarray, confidence: float = 0.95) -> Interval:
    """Mean of independent values, with the t interval.

    Parameters
    ----------
    values
        One number per seed, at least two.
    confidence
        Between 0 and 1.

    Raises
    ------
    ValueError
        Fewer than two values, or one that is not finite.
    """
    values = np.asarray(values, dtype=float)
    if values.ndim != 1 or len(values) < 2 or not np.isfinite(values).all():
        raise ValueError(f"values={values!r}: expected at least two finite numbers")
    standard_error = values.std(ddof=1) / np.sqrt(len(values))
    mean, half = values.mean(), stdtrit(len(values) - 1, (1 + confidence) / 2) * standard_error
    return Interval(float(mean), float(mean - half), float(mean + half), len(values))


def by_seed(table: pd.DataFrame, column: str, value: str = "test_accuracy") -> pd.DataFrame:
    """One row a seed, one column for each entry of ``column``.

    Raises
    ------
    ValueError
        A seed is missing somewhere, or a cell of the table has more than one record: then nothing is paired.
    """
    if table.duplicated([column, "seed"]).any():
        raise ValueError(f"{column!r} and seed do not tell the records apart: select one condition first")
    wide = table.pivot(index="seed", columns=column, values=value)
    if wide.isna().any().any():
        raise ValueError(f"not every seed has every {column!r}: {wide.isna().sum().to_dict()} missing")
    return wide


def complete(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of the seeds that have every setting of the table; studies may have more seeds at some points."""
    settings = table.groupby("seed").size()
    return table[table["seed"].map(settings) == settings.max()]


def paired_difference(a: pd.Series, b: pd.Series) -> Interval:
    """Mean of a − b over the seeds, with its 95 % t interval. Both must have the same seeds as index."""
    if not a.index.sort_values().equals(b.index.sort_values()):
        raise ValueError(f"seeds differ: {sorted(a.index)} and {sorted(b.index)}")
    return mean_interval((a - b).to_numpy())


def interaction(four: pd.DataFrame) -> Interval:
    """(both − batch norm) − (dropout − plain): what dropout brings with batch norm beyond what it brings without."""
    return mean_interval((four["both"] - four["batch norm"] - four["dropout"] + four["plain"]).to_numpy())


def best_setting(table: pd.DataFrame, over: str, within: list[str], by: str = "validation_accuracy") -> pd.DataFrame:
    """The rows whose ``over`` has the best mean of ``by`` over the seeds, chosen within each group.

    Selection is on validation; report the test columns of what comes back.
    """
    means = table.groupby([*within, over])[by].mean()
    best = means.loc[means.groupby(level=within).idxmax()].reset_index()[[*within, over]]
    return table.merge(best, on=[*within, over])


def steps_to(records: Iterable[Record], accuracy: float) -> pd.Series:
    """Steps after which each run first reached a validation accuracy, at the resolution of its curve; ∞ if it never did.

    Parameters
    ----------
    records
        Runs to compare; they should have the same number of steps.
    accuracy
        Fraction, between 0 and 1.

    Returns
    -------
    steps
        One number a record, indexed by condition, learning rate and seed.
    """
    if not 0 < accuracy < 1:
        raise ValueError(f"accuracy={accuracy!r}: expected a fraction between 0 and 1")
    rows = []
    for record in records:
        reached = zip(record.curves["step"], record.curves["validation_accuracy"], strict=True)
        first = next((step for step, now in reached if now >= accuracy), np.inf)
        rows.append((record.trial.condition, record.trial.lr, record.trial.seed, first))
    frame = pd.DataFrame(rows, columns=["condition", "lr", "seed", "steps"])
    return frame.set_index(["condition", "lr", "seed"])["steps"]


def median_interval(values: np.ndarray, confidence: float = 0.95) -> Interval:
    """Median of independent values with the interval between two order statistics (the sign test's): ∞ is allowed.

    A run that never reached its goal counts as slower than all that did, and nothing is assumed about how much slower.

    Raises
    ------
    ValueError
        Too few values for the confidence (95 % needs six), or one that is not a number.
    """
    values = np.sort(np.asarray(values, dtype=float))
    if values.ndim != 1 or np.isnan(values).any():
        raise ValueError(f"values={values!r}: expected numbers")
    below = bdtr(np.arange(len(values)), len(values), 0.5)  # how probable it is that at most so many lie below the median
    k = int(np.searchsorted(below, (1 - confidence) / 2))
    if k == 0:
        raise ValueError(f"{len(values)} values: too few for an interval of {100 * confidence:g} %")
    middle = values[(len(values) - 1) // 2], values[len(values) // 2]
    median = middle[0] if middle[0] == middle[1] else sum(middle) / 2
    return Interval(float(median), float(values[k - 1]), float(values[-k]), len(values))
