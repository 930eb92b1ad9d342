"""Paired comparisons: every figure with its interval."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import bdtr, stdtrit  # not scipy.stats, which takes a second to import

from dropnorm.experiments.records import Record


def signed(value: object, spec: str = "+z.2f") -> str:
    """A number or an interval, written as ``spec`` says, with a true minus."""
    return format(value, spec).replace("-", "−")


class Interval(NamedTuple):
    """A mean with the ends of its 95 % interval, and the number of seeds."""

    mean: float
    low: float
    high: float
    n: int

    def __format__(self, spec: str) -> str:
        """Mean and interval, each number as ``spec`` says.

        ``f"{effect:+.1f}"`` is ``−1.2 [−1.5, −0.9]``.
        """
        mean, low, high = (signed(number, spec).replace("inf", "∞") for number in self[:3])
        return f"{mean} [{low}, {high}]"

    def back(self, base: float) -> "Interval":
        """The interval of a ratio, from that of its logarithm to this base."""
        return Interval(base**self.mean, base**self.low, base**self.high, self.n)


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
        A seed is missing somewhere, or a cell of the table has more than one record: then nothing
        is paired.
    """
    if table.duplicated([column, "seed"]).any():
        raise ValueError(
            f"{column!r} and seed do not tell the records apart: select one condition first"
        )
    wide = table.pivot(index="seed", columns=column, values=value)
    if wide.isna().any().any():
        raise ValueError(
            f"not every seed has every {column!r}: {wide.isna().sum().to_dict()} missing"
        )
    return wide


def complete(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of the seeds that have every setting of the table.

    Studies may have more seeds at some points.
    """
    settings = table.groupby("seed").size()
    return table[table["seed"].map(settings) == settings.max()]


def paired_difference(a: pd.Series, b: pd.Series) -> Interval:
    """Mean of a − b over the seeds, with its 95 % t interval. Both have the seeds as index."""
    if not a.index.sort_values().equals(b.index.sort_values()):
        raise ValueError(f"seeds differ: {sorted(a.index)} and {sorted(b.index)}")
    return mean_interval((a - b).to_numpy())


def interaction(four: pd.DataFrame) -> Interval:
    """(both − batch norm) − (dropout − plain).

    What dropout brings with batch norm beyond what it brings without.
    """
    return mean_interval(
        (four["both"] - four["batch norm"] - four["dropout"] + four["plain"]).to_numpy()
    )


# Settings whose mean validation accuracy is within a quarter of a point of the best one's count as
# equally good. Over ten paired seeds the difference between two good learning rates has a standard
# error of 0.1 to 0.2 points, and all of them are judged on the same 5,000 images: a smaller lead
# decides nothing.
NEAR = 0.0025

# A learning rate is *usable* if its validation accuracy is within one point of the best: about what
# a layer brings.
TOLERANCE = 0.01

# Points below the median of its arm from which on a run counts as lost: 18 times the scatter of the
# study SEEDS.
LOST = 5.0


def best_setting(table: pd.DataFrame, over: str, within: list[str]) -> pd.DataFrame:
    """The rows at each group's own setting of ``over``.

    That is the fastest of those that end as well as the best: the rule of the whole book, for
    learning rates as for rates of dropout. Settings end as well as the best if their mean
    validation accuracy over the seeds is within ``NEAR`` of it. Of those, the one with the highest
    mean validation accuracy *on the way*, over all looks of the curve: a choice between equals
    should not slow an arm down. Report the test columns of what comes back.

    Parameters
    ----------
    table
        As ``results.table`` gives it, with ``validation_accuracy`` and ``looks_accuracy``.
    over
        The column to choose in.
    within
        The columns whose groups choose for themselves.
    """
    means = table.groupby([*within, over])[["validation_accuracy", "looks_accuracy"]].mean()
    final = means.validation_accuracy
    good = means[final >= final.groupby(level=within).transform("max") - NEAR].looks_accuracy
    best = means.loc[good.groupby(level=within).idxmax()].reset_index()[[*within, over]]
    return table.merge(best, on=[*within, over])


def usable(table: pd.DataFrame, tolerance: float = TOLERANCE) -> pd.DataFrame:
    """Lowest and highest usable learning rate of every network and seed, and the width between.

    As decimal logarithms.

    Parameters
    ----------
    table
        Runs at several rates; only seeds that have all of them count (see ``complete``).
    tolerance
        How far below the same seed's best validation accuracy a usable rate may lie, a fraction.

    Returns
    -------
    edges
        Columns ``min``, ``max`` and ``width``, in decades; a row for each condition and seed.
    """
    if not 0 < tolerance < 1:
        raise ValueError(f"tolerance={tolerance!r}: expected a fraction between 0 and 1")
    table = complete(table)
    best = table.groupby(["condition", "seed"])["validation_accuracy"].transform("max")
    good = table[table["validation_accuracy"] >= best - tolerance]
    ends = good.groupby(["condition", "seed"])["lr"].agg(["min", "max"])
    edges = ends.apply(np.log10)
    return edges.assign(width=edges["max"] - edges["min"])


def has_lost_runs(accuracy: np.ndarray) -> bool:
    """Whether sound and lost runs mix in an arm: some lie ``LOST`` points from its median."""
    accuracy = np.asarray(accuracy, dtype=float)
    return bool((np.abs(accuracy - np.median(accuracy)) > LOST).any())


def steps_to(records: Iterable[Record], accuracy: float) -> pd.Series:
    """Steps after which each run first reached a validation accuracy; ∞ if it never did.

    Between two looks of the curve accuracy is taken to rise on a straight line, so that ratios of
    steps are no steps of the grid of looks. A run that is there at its first look gets the step of
    that look.

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
        trial, curves = record.trial, record.curves
        steps = _crossing(curves["step"], curves["validation_accuracy"], accuracy)
        rows.append((trial.condition, trial.lr, trial.seed, steps))
    frame = pd.DataFrame(rows, columns=["condition", "lr", "seed", "steps"])
    return frame.set_index(["condition", "lr", "seed"])["steps"]


def _crossing(steps: list[int], reached: list[float], goal: float) -> float:
    """Where the line through the looks first meets the goal."""
    first = next((i for i, accuracy in enumerate(reached) if accuracy >= goal), None)
    if first is None:
        return float("inf")
    if first == 0:
        return float(steps[0])
    last_step, step = steps[first - 1], steps[first]
    below, above = reached[first - 1], reached[first]
    return last_step + (step - last_step) * (goal - below) / (above - below)


def median_interval(values: np.ndarray, confidence: float = 0.95) -> Interval:
    """Median of independent values with the interval between two order statistics: ∞ is allowed.

    The interval is the sign test's. A run that never reached its goal counts as slower than all
    that did, and nothing is assumed about how much slower.

    Raises
    ------
    ValueError
        Too few values for the confidence (95 % needs six), or one that is not a number.
    """
    values = np.sort(np.asarray(values, dtype=float))
    if values.ndim != 1 or np.isnan(values).any():
        raise ValueError(f"values={values!r}: expected numbers")
    # how probable it is that at most so many lie below the median
    below = bdtr(np.arange(len(values)), len(values), 0.5)
    k = int(np.searchsorted(below, (1 - confidence) / 2))
    if k == 0:
        raise ValueError(f"{len(values)} values: too few for an interval of {100 * confidence:g} %")
    middle = values[(len(values) - 1) // 2], values[len(values) // 2]
    median = middle[0] if middle[0] == middle[1] else sum(middle) / 2
    return Interval(float(median), float(values[k - 1]), float(values[-k]), len(values))


def paired_effect(a: "pd.Series[float]", b: "pd.Series[float]") -> tuple[str, Interval]:
    """Mean of a − b over the seeds of both; the median where an arm mixes sound and lost runs.

    Parameters
    ----------
    a, b
        Accuracies in percent, by seed. Seeds that only one of them has do not count.

    Returns
    -------
    which, effect
        "mean" with its t interval, or "median" with the interval between two of the seeds: at 95 %,
        and with five seeds, where none has 95 %, at 93 % from the lowest to the highest.
    """
    both = pd.concat({"a": a, "b": b}, axis=1).dropna()
    difference = (both["a"] - both["b"]).to_numpy()
    if any(has_lost_runs(both[arm].to_numpy()) for arm in both):
        return "median", median_interval(difference, 0.95 if len(difference) > 5 else 0.93)
    return "mean", mean_interval(difference)
