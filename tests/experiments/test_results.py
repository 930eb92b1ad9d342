"""Stored results: a study's records as tables, each record once, fresh from the disk."""

from dataclasses import replace

import pandas as pd
import pytest

from dropnorm import registry
from dropnorm.experiments import results, storage, studies
from dropnorm.experiments.records import ENGINE, Record
from dropnorm.experiments.study import Study, in_order, with_seeds
from dropnorm.experiments.trial import Trial


def record(trial: Trial, accuracy: float = 0.8) -> Record:
    return Record(
        trial=trial,
        curves={
            "step": [1, 2],
            "train_loss": [2.0, 1.0],
            "validation_loss": [2.0, 1.0],
            "validation_accuracy": [0.1, 0.3],
        },
        final={
            split: {"loss": 0.5, "accuracy": accuracy} for split in ("train", "validation", "test")
        },
        diverged=False,
        seconds=1.0,
        device="cpu",
        threads=1,
        versions={"engine": ENGINE},
    )


RATES = Study("rates", "?", with_seeds(3, [{"lr": lr} for lr in (0.01, 0.1)]))
NORMS = Study("norms", "?", with_seeds(2, [{"lr": 0.1}, {"lr": 0.1, "norm": "batch"}]))


@pytest.fixture
def folder(tmp_path):
    """All of RATES, and of NORMS what RATES has not."""
    storage.append(storage.path_of("rates", tmp_path), *map(record, reversed(RATES.trials)))
    own = [trial for trial in NORMS.trials if trial not in RATES.trials]
    storage.append(storage.path_of("norms", tmp_path), *map(record, own))
    return tmp_path


def test_a_study_has_its_records_in_its_order_whichever_file_they_are_in(folder):
    for study in (RATES, NORMS):
        stored = results.records(study, folder=folder)
        assert [run.trial for run in stored] == list(study.trials)


def test_of_two_studies_each_record_comes_once(folder):
    both = results.records(RATES, NORMS, folder=folder)
    assert [run.trial for run in both] == list(dict.fromkeys(RATES.trials + NORMS.trials))
    assert len(results.table(RATES, NORMS, folder=folder)) == len(both) == 8


def test_a_study_that_has_just_run_is_there(folder):
    longer = replace(RATES, trials=with_seeds(4, [{"lr": lr} for lr in (0.01, 0.1)]))
    assert len(results.table(longer, folder=folder)) == 6
    storage.append(storage.path_of("rates", folder), *map(record, longer.trials[6:]))
    assert len(results.table(longer, folder=folder)) == 8


def test_a_table_has_the_fields_of_the_trial_and_its_figures(folder):
    table = results.table(RATES, folder=folder)
    assert list(table.columns[: len(Trial().to_dict())]) == list(Trial().to_dict())
    assert set(table["condition"]) == {"plain"} and list(table["test_accuracy"]) == [0.8] * 6
    assert table["looks_accuracy"].tolist() == pytest.approx([0.2] * 6)


def test_curves_have_a_row_for_each_look(folder):
    curves = results.curves(RATES, folder=folder)
    assert len(curves) == 2 * len(RATES.trials)
    assert curves.groupby("key")["step"].apply(list).tolist() == [[1, 2]] * 6


def test_records_are_selected_by_all_the_fields_that_are_named():
    runs = [record(trial) for trial in (*RATES.trials, *NORMS.trials)]
    found = results.having(runs, lr=0.1, norm="batch")
    assert [run.trial for run in found] == [t for t in NORMS.trials if t.norm == "batch"]


def test_the_ratio_of_errors_is_the_mean_of_each_runs_own():
    runs = [record(Trial(seed=seed), accuracy=0.8) for seed in (0, 1)]
    for run, train in zip(runs, (0.9, 1.0), strict=True):
        run.final["train"]["accuracy"] = train
    assert results.error_ratio(runs) == pytest.approx((0.1 / 0.2 + 0 / 0.2) / 2)


def test_columns_keep_the_seeds_that_all_of_them_have():
    runs = [record(Trial(seed=seed), seed / 10) for seed in (0, 1, 2)]
    runs += [record(Trial(seed=seed, lr=0.1), seed / 5) for seed in (1, 2)]
    table = results.columns(
        runs, lambda run: run.trial.lr, lambda run: run.final["test"]["accuracy"]
    )
    expected = pd.DataFrame({0.05: [0.1, 0.2], 0.1: [0.2, 0.4]}, index=[1, 2])
    pd.testing.assert_frame_equal(table, expected)


def test_wide_is_in_percent_and_drops_a_seed_that_one_column_has_not():
    runs = [record(Trial(seed=seed)) for seed in (0, 1)] + [record(Trial(norm="batch"), 0.9)]
    wide = results.wide(results.table_of(runs), "norm")
    assert wide.to_dict("index") == {0: {"batch": 90.0, "none": 80.0}}


def test_seeds_are_outermost_and_every_trial_comes_once():
    trials = in_order(RATES.trials + NORMS.trials)
    assert len(set(trials)) == len(trials) == 8
    assert [trial.seed for trial in trials] == [0, 0, 0, 1, 1, 1, 2, 2]


def test_every_study_is_found_by_its_name_and_is_there_once():
    assert set(studies.STUDIES) <= set(registry.STUDIES.values())
    assert all(registry.find(study.name) is study for study in studies.STUDIES)
    constants = {id(value) for value in vars(studies).values() if isinstance(value, Study)}
    assert constants == {id(study) for study in studies.STUDIES}
    with pytest.raises(ValueError, match=r"study 'nothing': expected one of together, "):
        registry.find("nothing")
