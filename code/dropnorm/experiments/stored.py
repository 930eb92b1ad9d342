"""The stored records as the ledger and the scorecard read them: a study's runs, its table, and columns to compare."""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

import pandas as pd

from dropnorm.experiments import records, statistics, studies
from dropnorm.experiments.records import Record


def runs(study: str) -> tuple[Record, ...]:
    """A study's records, in its order."""
    return tuple(studies.load(study))


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
    """The 2×2 at ``n_train`` images, in points: a column for each network, each at its own learning rate."""
    rows = table("together").query("n_train == @n_train")
    return wide(statistics.best_setting(rows, "lr", ["condition"]), "condition", value)


def at(study: str, query: str, column: str, value: str = "test_accuracy") -> pd.DataFrame:
    """``wide`` for the rows of a study that the query selects."""
    return wide(table(study).query(query), column, value)


def columns(
    records: Iterable[Record], name: Callable[[Record], object], figure: Callable[[Record], float]
) -> pd.DataFrame:
    """A figure of each run: a row for each seed that all columns have, a column for each name that ``name`` gives."""
    found: dict[object, dict[int, float]] = {}
    for record in records:
        found.setdefault(name(record), {})[record.trial.seed] = figure(record)
    return pd.DataFrame(found).dropna()


def own_rates(n_train: int) -> pd.Series:
    """The own learning rate of each of the four networks at ``n_train`` images, by the rule of ``best_setting``."""
    rows = table("together").query("n_train == @n_train")
    return statistics.best_setting(rows, "lr", ["condition"]).groupby("condition").lr.first()


def speed_up(n_train: int, rates: Mapping[str, float], goal: float = 0.8) -> pd.Series:
    """Steps to a validation accuracy, plain over batch norm, each at its rate: a ratio for each seed."""
    found = [
        r
        for r in runs("together")
        if r.trial.n_train == n_train and r.trial.lr == rates.get(r.trial.condition)
    ]
    steps = statistics.steps_to(found, goal).droplevel("lr").unstack("condition")
    return (steps["plain"] / steps["batch norm"]).dropna()


def places() -> pd.DataFrame:
    """Dropout at four places of the CNN, 5,000 images, each at its own rate: test accuracy in percent, a column a place.

    A seed that a place has not is missing there.
    """
    rows = table("dropout-rate").query("n_train == 5_000 and dropout > 0")
    rows = rows.assign(place=rows.dropout_at + " " + rows.dropout_unit)
    own = statistics.best_setting(rows, "dropout", ["place"])
    names = {
        "fc element": "dense",
        "conv element": "elements",
        "conv channel": "channels",
        "both element": "everywhere",
    }
    return 100 * own.pivot(index="seed", columns="place", values="test_accuracy").rename(
        columns=names
    )
