"""The stored records as the ledger and the scorecard read them: a study's runs, its table, and columns to compare."""

from functools import lru_cache

import pandas as pd

from dropnorm.experiments import records, statistics, studies
from dropnorm.experiments.records import Record


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
