"""The stored records as the ledger and the scorecard read them: a study's runs, its table, and columns to compare."""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

import pandas as pd

from dropnorm.experiments import records, statistics, studies
from dropnorm.experiments.records import Record
from dropnorm.experiments.statistics import Interval, mean_interval, median_interval


@lru_cache
def runs(study: str) -> tuple[Record, ...]:
    """A study's records, in its order; all files are read once."""
    return tuple(studies.chosen(studies.find(study), _all()))


@lru_cache
def _all() -> dict[str, Record]:
    return records.read_all()


@lru_cache
def table(study: str) -> pd.DataFrame:
    """One row a record, as ``records.table`` gives it, with ``gap``: training minus test accuracy (a fraction)."""
    frame = records.table(runs(study))
    return frame.assign(gap=frame.train_accuracy - frame.test_accuracy)


def wide(rows: pd.DataFrame, column: str, value: str = "test_accuracy") -> pd.DataFrame:
    """A column for each entry of ``column``, a row for each seed that all of them have; in points."""
    everywhere = rows.groupby("seed")[column].nunique().eq(rows[column].nunique())
    return 100 * statistics.by_seed(rows[rows.seed.map(everywhere)], column, value)


@lru_cache
def four(n_train: int, value: str = "test_accuracy") -> pd.DataFrame:
    """The 2×2 at ``n_train`` images, in points: a column for each network, each at the learning rate best on validation."""
    rows = table("together").query("n_train == @n_train")
    return wide(statistics.best_setting(rows, "lr", ["condition"]), "condition", value)


def at(study: str, query: str, column: str, value: str = "test_accuracy") -> pd.DataFrame:
    """``wide`` for the rows of a study that the query selects."""
    return wide(table(study).query(query), column, value)


def columns(records: Iterable[Record], name: Callable[[Record], object], figure: Callable[[Record], float]) -> pd.DataFrame:
    """A figure of each run: a row for each seed that all columns have, a column for each name that ``name`` gives."""
    found: dict[object, dict[int, float]] = {}
    for record in records:
        found.setdefault(name(record), {})[record.trial.seed] = figure(record)
    return pd.DataFrame(found).dropna()


def own_rates(n_train: int) -> pd.Series:
    """The learning rate of each of the four networks that is best on validation at ``n_train`` images."""
    rows = table("together").query("n_train == @n_train")
    return statistics.best_setting(rows, "lr", ["condition"]).groupby("condition").lr.first()


def speed_up(n_train: int, rates: Mapping[str, float]) -> Interval:
    """Steps to 80 % on validation, plain over batch norm, each at its rate: the median over the seeds."""
    found = [r for r in runs("together") if r.trial.n_train == n_train and r.trial.lr == rates[r.trial.condition]]
    steps = statistics.steps_to(found, 0.8).droplevel("lr").unstack("condition")
    return median_interval(steps["plain"] / steps["batch norm"])


def best_place(query: str) -> tuple[float, Interval]:
    """Dropout at one place, 5,000 images: the rate that is best on validation there, and its gain over none, in points."""
    rows = table("dropout-rate").query("n_train == 5_000")
    none = 100 * rows.query("dropout == 0").set_index("seed").test_accuracy
    here = statistics.best_setting(rows.query(f"dropout > 0 and ({query})").assign(place=0), "dropout", ["place"])
    gain = (100 * here.set_index("seed").test_accuracy - none).dropna()
    return here.dropout.iloc[0], mean_interval(gain)
