"""Paired comparisons: every figure with its interval."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats


class Interval(NamedTuple):
    """A mean with the ends of its 95 % interval, and the number of seeds."""

    mean: float
    low: float
    high: float
    n: int


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
    mean, half = values.mean(), stats.t.ppf((1 + confidence) / 2, len(values) - 1) * stats.sem(values)
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
