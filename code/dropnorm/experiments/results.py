"""The stored results of studies: ``results.table(studies.TOGETHER)``, the one road to a figure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

import pandas as pd

from dropnorm.experiments import statistics, storage, studies
from dropnorm.experiments.records import Record
from dropnorm.experiments.study import Study
from dropnorm.experiments.trial import Trial


def records(*chosen: Study, folder: Path = storage.RESULTS) -> list[Record]:
    """The stored records of studies, each in the study's order, each record once.

    A trial that several studies ask for is stored once, with one of them; a study that has just run
    is there.

    Raises
    ------
    RecordError
        There is no such folder, or the line of one of the trials is damaged.
    """
    by_key: dict[str, Record] = {}
    for study in chosen:
        keys = [trial.key for trial in study.trials]
        stored = storage.find(keys, folder, storage.path_of(study.name, folder))
        by_key |= {key: stored[key] for key in keys if key in stored}
    return list(by_key.values())


def having(runs: Iterable[Record], **fields: Any) -> list[Record]:
    """The records whose trials have these values in these fields."""
    return [
        run
        for run in runs
        if all(getattr(run.trial, name) == value for name, value in fields.items())
    ]


def table(*chosen: Study, folder: Path = storage.RESULTS) -> pd.DataFrame:
    """The stored results of studies as ``table_of`` gives them, one row a trained network."""
    return table_of(records(*chosen, folder=folder))


def curves(*chosen: Study, folder: Path = storage.RESULTS) -> pd.DataFrame:
    """The stored curves of studies as ``curves_of`` gives them, one row a look."""
    return curves_of(records(*chosen, folder=folder))


def table_of(runs: Iterable[Record]) -> pd.DataFrame:
    """One row a record.

    Its columns: the trial's fields, ``condition``, final figures (``test_accuracy``, …),
    ``diverged``, ``seconds``, and ``looks_accuracy``, the mean validation accuracy over all looks
    of the curve: how fast a run was.
    """
    return pd.DataFrame(
        {
            **run.trial.to_dict(),
            "condition": run.trial.condition,
            **{
                f"{split}_{name}": value
                for split, figures in run.final.items()
                for name, value in figures.items()
            },
            "looks_accuracy": fmean(run.curves["validation_accuracy"]),
            "diverged": run.diverged,
            "seconds": run.seconds,
        }
        for run in runs
    )


def curves_of(runs: Iterable[Record]) -> pd.DataFrame:
    """One row a look: ``key``, ``condition``, ``seed``, ``lr``, ``n_train`` and the curves."""
    return pd.concat(
        pd.DataFrame(run.curves).assign(
            key=run.trial.key,
            condition=run.trial.condition,
            seed=run.trial.seed,
            lr=run.trial.lr,
            n_train=run.trial.n_train,
        )
        for run in runs
    )


def accuracy(run: Record, split: str = "test") -> float:
    """Accuracy in percent."""
    fraction = run.final[split]["accuracy"]
    assert fraction is not None, "only a loss can be missing"
    return 100 * fraction


def error_ratio(runs: Iterable[Record]) -> float:
    """Errors on training images, as they are stored, for each on validation images; the mean."""
    return fmean(
        (100 - accuracy(run, "train")) / (100 - accuracy(run, "validation")) for run in runs
    )


def columns(
    runs: Iterable[Record], name: Callable[[Record], object], figure: Callable[[Record], float]
) -> pd.DataFrame:
    """A figure of each run: a column for each ``name``, a row for each seed that all have."""
    figures: dict[object, dict[int, float]] = {}
    for run in runs:
        figures.setdefault(name(run), {})[run.trial.seed] = figure(run)
    return pd.DataFrame(figures).dropna()


def accuracies(study: Study, arms: Mapping[Any, dict[str, Any]], **shared: Any) -> pd.DataFrame:
    """Test accuracy in percent: a column for each arm of a study, a row a seed that all have.

    Parameters
    ----------
    arms
        The fields of each arm's trials, without the seed.
    shared
        Fields that all arms have besides.
    """
    names = {Trial(**fields, **shared): name for name, fields in arms.items()}
    return columns(records(study), lambda run: names[replace(run.trial, seed=0)], accuracy)


def wide(rows: pd.DataFrame, column: str, value: str = "test_accuracy") -> pd.DataFrame:
    """In percent, a column for each entry of ``column``, a row for each seed that all have."""
    everywhere = rows.groupby("seed")[column].nunique().eq(rows[column].nunique())
    return 100 * statistics.by_seed(rows[rows.seed.map(everywhere)], column, value)


def own_rates(n_train: int) -> dict[str, float]:
    """The own learning rate of each of the four networks, by the rule of ``best_setting``."""
    rows = table(studies.TOGETHER).query("n_train == @n_train")
    best = statistics.best_setting(rows, "lr", ["condition"])
    return dict(zip(best["condition"], best["lr"], strict=True))


def four_networks(n_train: int, value: str = "test_accuracy") -> pd.DataFrame:
    """The 2×2 in percent: a column for each network, each at its own learning rate."""
    rows = table(studies.TOGETHER).query("n_train == @n_train")
    return wide(statistics.best_setting(rows, "lr", ["condition"]), "condition", value)


def at_rates(n_train: int, rates: Mapping[str, float]) -> list[Record]:
    """The records of the 2×2, each network at its learning rate."""
    return [
        run
        for run in records(studies.TOGETHER)
        if run.trial.n_train == n_train and run.trial.lr == rates.get(run.trial.condition)
    ]


def speed_up(runs: Iterable[Record], goal: float = 0.8) -> "pd.Series[float]":
    """Steps to a validation accuracy, plain over batch norm; one ratio a seed.

    Parameters
    ----------
    runs
        Of the 2×2, each network at one learning rate.
    goal
        A fraction.
    """
    steps = statistics.steps_to(runs, goal).droplevel("lr").unstack("condition")
    return (steps["plain"] / steps["batch norm"]).dropna()


def places(n: int) -> pd.DataFrame:
    """Dropout at each place of the CNN, at the place's own rate of dropout.

    Parameters
    ----------
    n
        Training images: 5,000, or 1,000, where the input is among the places.

    Returns
    -------
    pandas.DataFrame
        Test accuracy in percent by seed, a column a place. A seed that a place has not is missing
        there.
    """
    study = studies.DROPOUT_RATE if n == 5_000 else studies.PLACES_OF_DROPOUT
    return own_places(table(study).query(f"n_train == {n}"))


def own_places(rows: pd.DataFrame) -> pd.DataFrame:
    """Dropout at each place, at the place's own rate of those in the rows of one setting.

    Test accuracy in percent by seed, a column a place.
    """
    rows = with_places(rows).query("p > 0")
    own = statistics.best_setting(rows, "p", ["place"])
    return 100 * own.pivot(index="seed", columns="place", values="test_accuracy")


def with_places(rows: pd.DataFrame) -> pd.DataFrame:
    """A table with two columns more: ``place`` of dropout in the CNN, and its rate ``p``."""
    place = (rows.dropout_at + " " + rows.dropout_unit).replace(
        {
            "fc element": "dense",
            "conv element": "elements",
            "conv channel": "channels",
            "both element": "everywhere",
        }
    )
    return rows.assign(
        place=place.mask(rows.dropout_input > 0, "input"), p=rows.dropout + rows.dropout_input
    )
