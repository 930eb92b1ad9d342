"""The runner: resumes after any end, and never doubles a trial."""

import pytest
from distributed import LocalCluster
from filelock import FileLock
from typer.testing import CliRunner

from dropnorm.__main__ import app
from dropnorm.data import DataError
from dropnorm.experiments import records
from dropnorm.experiments.records import RecordError
from dropnorm.experiments.runner import missing, run_study
from dropnorm.experiments.studies import STUDIES, Study
from dropnorm.experiments.training import run_trial
from dropnorm.experiments.trial import Trial

TINY = {"n_train": 60, "n_validation": 100, "n_test": 100, "width": 4, "hidden": 8, "batch_size": 20, "steps": 3}
STUDY = Study("tiny", "Does the runner work?", tuple(Trial(seed=seed, **TINY) for seed in range(5)))


@pytest.fixture(scope="module")
def undisturbed():
    return {trial.key: run_trial(trial) for trial in STUDY.trials}


def assert_complete(folder, undisturbed):
    stored = records.read(records.path_of("tiny", folder))
    assert sorted(r.trial.key for r in stored) == sorted(undisturbed)
    assert all(r.same_figures(undisturbed[r.trial.key]) for r in stored)


def test_a_study_goes_on_where_it_was_cut_off(tmp_path, undisturbed):
    path = records.path_of("tiny", tmp_path)
    assert run_study(STUDY, jobs=0, limit=2, folder=tmp_path) == 2
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(RecordError, match="line 2"):
        missing(STUDY, tmp_path)
    assert run_study(STUDY, jobs=2, folder=tmp_path) == 4
    assert_complete(tmp_path, undisturbed)
    assert path.with_suffix(".torn").exists()
    assert run_study(STUDY, folder=tmp_path) == 0


def test_any_dask_scheduler_will_do(tmp_path, undisturbed):
    with LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0") as cluster:
        run_study(STUDY, scheduler=cluster.scheduler_address, folder=tmp_path)
    assert_complete(tmp_path, undisturbed)


def test_two_runs_at_once_are_refused(tmp_path):
    with FileLock(tmp_path / "tiny.lock"), pytest.raises(RecordError, match="written by another run"):
        run_study(STUDY, folder=tmp_path)


def test_a_damaged_record_stops_the_run_before_anything_is_written(tmp_path):
    path = records.path_of("tiny", tmp_path)
    path.write_text("not a record\n")
    with pytest.raises(RecordError, match="line 1 is not a whole record"):
        run_study(STUDY, folder=tmp_path)
    assert path.read_text() == "not a record\n"


def test_the_command_line_names_an_unknown_study_and_those_there_are():
    result = CliRunner().invoke(app, ["study", "run", "togehter"])
    assert result.exit_code == 2 and "togehter" in result.output and "together" in result.output


def test_the_command_line_lists_every_study_with_its_question():
    output = CliRunner().invoke(app, ["study", "list"]).output
    assert all(study.name in output and study.question in output for study in STUDIES.values())


def test_verify_names_an_edited_figure_and_fails(tmp_path, monkeypatch):
    monkeypatch.setitem(STUDIES, "tiny", STUDY)
    path = records.path_of("tiny", tmp_path)
    records.append(path, run_trial(STUDY.trials[0]))
    arguments = ["study", "verify", "tiny", "--sample", "1", "--folder", str(tmp_path)]
    good = CliRunner().invoke(app, arguments)
    assert good.exit_code == 0 and "identical" in good.output
    path.write_text(path.read_text().replace('"diverged":false', '"diverged":true'))
    bad = CliRunner().invoke(app, arguments)
    assert bad.exit_code == 1 and "line 1 is edited" in bad.output


def test_verify_without_the_data_says_so_and_shows_no_traceback(tmp_path, monkeypatch):
    monkeypatch.setitem(STUDIES, "tiny", STUDY)
    records.append(records.path_of("tiny", tmp_path), run_trial(STUDY.trials[0]))
    monkeypatch.setattr("dropnorm.experiments.training.run_trial", _no_data)
    result = CliRunner().invoke(app, ["study", "verify", "tiny", "--folder", str(tmp_path)])
    assert result.exit_code == 1 and "not here" in result.output and isinstance(result.exception, SystemExit)


def _no_data(trial):
    raise DataError("not here")
