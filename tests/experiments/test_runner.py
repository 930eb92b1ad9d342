"""The runner: resumes after any end, and never doubles a trial."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import dask
import pytest
import tiny_trials
from distributed import Client, LocalCluster
from filelock import FileLock
from typer.testing import CliRunner

from dropnorm import study_command
from dropnorm.cli import app
from dropnorm.data import DataError
from dropnorm.experiments import runner, storage
from dropnorm.experiments.records import RecordError
from dropnorm.experiments.reproduction import comparison
from dropnorm.experiments.runner import TrialsFailedError, missing, run_study
from dropnorm.experiments.study import Study
from dropnorm.experiments.training import run_trial
from dropnorm.experiments.trial import Trial
from dropnorm.registry import STUDIES

TINY = tiny_trials.TINY | {"n_train": 60, "steps": 3}
STUDY = Study("tiny", "Does the runner work?", tuple(Trial(seed=seed, **TINY) for seed in range(5)))


@pytest.fixture(scope="module")
def undisturbed():
    return {trial.key: run_trial(trial) for trial in STUDY.trials}


def assert_complete(folder, undisturbed):
    stored = storage.read(storage.path_of("tiny", folder))
    assert sorted(r.trial.key for r in stored) == sorted(undisturbed)
    assert all(r.same_figures(undisturbed[r.trial.key]) for r in stored)


def test_a_torn_line_of_another_study_does_not_stop_this_one(tmp_path, undisturbed):
    (tmp_path / "other.jsonl").write_text('{"torn', encoding="utf-8")
    assert run_study(STUDY, jobs=0, folder=tmp_path) == 5
    assert_complete(tmp_path, undisturbed)


def test_a_study_goes_on_where_it_was_cut_off(tmp_path, undisturbed):
    path = storage.path_of("tiny", tmp_path)
    assert run_study(STUDY, jobs=0, limit=2, folder=tmp_path) == 2
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(RecordError, match="line 2"):
        missing(STUDY, tmp_path)
    assert run_study(STUDY, jobs=2, folder=tmp_path) == 4
    assert_complete(tmp_path, undisturbed)
    assert path.with_suffix(".torn").exists()
    assert run_study(STUDY, folder=tmp_path) == 0


@pytest.mark.parametrize("threads", [1, 4])
def test_any_dask_scheduler_will_do_and_workers_may_have_threads(tmp_path, threads):
    trials = tuple(
        Trial(seed=seed, dropout=0.5, norm="batch", **TINY | {"steps": 20}) for seed in range(12)
    )
    with LocalCluster(
        n_workers=1, threads_per_worker=threads, processes=False, dashboard_address=":0"
    ) as cluster:
        assert (
            run_study(
                Study("tiny", "", trials), scheduler=cluster.scheduler_address, folder=tmp_path
            )
            == 12
        )
    assert_complete(tmp_path, {trial.key: run_trial(trial) for trial in trials})


@pytest.mark.parametrize("jobs", [0, 2])
def test_a_trial_that_fails_is_named_at_the_end_and_no_other_is_lost(tmp_path, undisturbed, jobs):
    bad = Trial(seed=2, **TINY | {"n_validation": 6_000})  # there are 5,000
    with pytest.raises(
        TrialsFailedError, match=f"1 failed, all others are stored.*n=6000.*{bad.key}"
    ):
        run_study(Study("tiny", "", (bad, *STUDY.trials)), jobs=jobs, folder=tmp_path)
    assert_complete(tmp_path, undisturbed)


def test_a_trial_that_failed_runs_again_next_time(tmp_path, undisturbed, monkeypatch):
    monkeypatch.setattr(runner, "run_trial", _fail_on_seed_1)
    with pytest.raises(TrialsFailedError, match="ZeroDivisionError: once"):
        run_study(STUDY, jobs=0, folder=tmp_path)
    monkeypatch.undo()
    assert run_study(STUDY, jobs=0, folder=tmp_path) == 1
    assert_complete(tmp_path, undisturbed)


def _fail_on_seed_1(trial, device):
    if trial.seed == 1:
        raise ZeroDivisionError("once")
    return run_trial(trial, device)


def test_the_scheduler_knows_a_window_of_trials_only(tmp_path, undisturbed, monkeypatch):
    monkeypatch.setattr(runner, "WINDOW", 2)
    seen, original = [], Client.map
    monkeypatch.setattr(
        Client, "map", lambda self, *a, **kw: seen.append(len(a[1])) or original(self, *a, **kw)
    )
    with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0"
    ) as cluster:
        run_study(STUDY, scheduler=cluster.scheduler_address, folder=tmp_path)
    assert seen[0] == 2 and sum(seen) == 5 and max(seen) <= 2
    assert_complete(tmp_path, undisturbed)


def test_the_end_of_the_scheduler_is_a_clear_message_and_what_is_done_is_kept(tmp_path):
    long = tuple(replace(trial, steps=400) for trial in STUDY.trials)
    path = storage.path_of("tiny", tmp_path)
    cluster = LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0"
    )
    with (
        ThreadPoolExecutor(1) as pool,
        dask.config.set({"distributed.comm.timeouts.connect": "1s"}),
    ):
        run = pool.submit(
            run_study, Study("tiny", "", long), scheduler=cluster.scheduler_address, folder=tmp_path
        )
        while not path.exists() or not path.stat().st_size:
            time.sleep(0.02)
        cluster.close()
        with pytest.raises(
            ConnectionError, match=r"lost inproc://.*all records in .*tiny\.jsonl are kept"
        ):
            run.result(60)
    assert 1 <= len(storage.read(path)) < 5


def test_two_runs_at_once_are_refused(tmp_path):
    with (
        FileLock(tmp_path / "tiny.lock"),
        pytest.raises(RecordError, match="written by another run"),
    ):
        run_study(STUDY, folder=tmp_path)


def test_a_damaged_record_stops_the_run_before_anything_is_written(tmp_path):
    path = storage.path_of("tiny", tmp_path)
    path.write_text("not a record\n", encoding="utf-8")
    with pytest.raises(RecordError, match="line 1 is not a whole record"):
        run_study(STUDY, folder=tmp_path)
    assert path.read_text(encoding="utf-8") == "not a record\n"


def test_the_command_line_names_an_unknown_study_and_those_there_are():
    result = CliRunner().invoke(app, ["study", "run", "togehter"])
    assert result.exit_code == 2 and "togehter" in result.output and "together" in result.output


def test_the_command_line_lists_every_study_with_its_question():
    output = CliRunner().invoke(app, ["study", "list"]).output
    assert all(study.name in output and study.question in output for study in STUDIES.values())


def test_verify_names_an_edited_figure_and_fails(tmp_path, monkeypatch):
    monkeypatch.setitem(STUDIES, "tiny", STUDY)
    path = storage.path_of("tiny", tmp_path)
    storage.append(path, run_trial(STUDY.trials[0]))
    arguments = ["study", "verify", "tiny", "--sample", "1", "--folder", str(tmp_path)]
    good = CliRunner().invoke(app, arguments)
    assert good.exit_code == 0 and "identical" in good.output
    path.write_text(
        path.read_text(encoding="utf-8").replace('"diverged":false', '"diverged":true'),
        encoding="utf-8",
    )
    bad = CliRunner().invoke(app, arguments)
    assert bad.exit_code == 1 and "line 1 is edited" in bad.output


def forged(record, points):
    test = {**record.final["test"], "accuracy": record.final["test"]["accuracy"] + points / 100}
    return replace(record, final={**record.final, "test": test})


@pytest.mark.parametrize(
    ("points", "elsewhere", "code", "said"),
    [
        (0, False, 0, "identical"),
        (-0.1, False, 1, "have to give identical figures"),
        (-0.1, True, 0, "differs by +0.10 points; on another machine 1.00 are allowed"),
        (-66, True, 1, "differs by +66.00 points"),
    ],
)
def test_verify_fails_on_figures_that_do_not_come_out_again(
    tmp_path, monkeypatch, points, elsewhere, code, said
):
    """The forger has computed the checksum anew."""
    monkeypatch.setitem(STUDIES, "tiny", STUDY)
    record = run_trial(STUDY.trials[0])
    if elsewhere:
        record = replace(record, versions={**record.versions, "processor": "another one"})
    storage.append(storage.path_of("tiny", tmp_path), forged(record, points))
    result = CliRunner().invoke(
        app, ["study", "verify", "tiny", "--sample", "1", "--folder", str(tmp_path)]
    )
    assert result.exit_code == code and said in result.output


def test_near_divergence_the_margin_follows_the_noise_between_seeds():
    first = run_trial(STUDY.trials[0])
    here = replace(first, versions={**first.versions, "processor": "another one"})
    noisy = [
        forged(replace(here, trial=replace(here.trial, seed=seed)), 10 * seed) for seed in range(4)
    ]
    assert (
        comparison(here, forged(first, 7), noisy)[0]
        and not comparison(here, forged(first, 7), [here])[0]
    )


def test_status_names_seeds_whose_pairs_come_from_two_processors(tmp_path, monkeypatch):
    study = Study(
        "tiny", "", tuple(Trial(seed=seed, lr=lr, **TINY) for seed in (0, 1) for lr in (1, 2))
    )
    monkeypatch.setitem(STUDIES, "tiny", study)
    for trial in study.trials:
        record = run_trial(trial)
        other = {"processor": "another one"} if trial.seed == 1 and trial.lr == 2 else {}
        storage.append(
            storage.path_of("tiny", tmp_path),
            replace(record, versions={**record.versions, **other}),
        )
    output = CliRunner().invoke(app, ["study", "status", "tiny", "--folder", str(tmp_path)]).output
    assert "pairs from different processors or libraries: seeds 1\n" in output


def test_the_command_fails_when_a_trial_did(tmp_path, monkeypatch):
    bad = Trial(seed=2, **TINY | {"n_validation": 6_000})
    monkeypatch.setitem(STUDIES, "tiny", Study("tiny", "", (bad, *STUDY.trials)))
    result = CliRunner().invoke(
        app, ["study", "run", "tiny", "--jobs", "0", "--folder", str(tmp_path)]
    )
    assert (
        result.exit_code == 1
        and bad.key in result.output
        and isinstance(result.exception, SystemExit)
    )
    assert len(storage.read(storage.path_of("tiny", tmp_path))) == 5


def test_a_study_runs_into_a_folder_of_ones_own_where_the_package_has_no_results(
    tmp_path, monkeypatch
):
    monkeypatch.setitem(STUDIES, "tiny", STUDY)
    monkeypatch.setattr(study_command, "RESULTS", tmp_path / "nowhere")
    arguments = [
        "study",
        "run",
        "tiny",
        "--jobs",
        "0",
        "--limit",
        "2",
        "--folder",
        str(tmp_path / "mine"),
    ]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0 and "2 added, 2 of 5 stored" in result.output


def test_verify_without_the_data_says_so_and_shows_no_traceback(tmp_path, monkeypatch):
    monkeypatch.setitem(STUDIES, "tiny", STUDY)
    storage.append(storage.path_of("tiny", tmp_path), run_trial(STUDY.trials[0]))
    monkeypatch.setattr("dropnorm.experiments.training.run_trial", _no_data)
    result = CliRunner().invoke(app, ["study", "verify", "tiny", "--folder", str(tmp_path)])
    assert (
        result.exit_code == 1
        and "not here" in result.output
        and isinstance(result.exception, SystemExit)
    )


def _no_data(trial):
    raise DataError("not here")
