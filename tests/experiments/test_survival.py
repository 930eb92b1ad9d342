"""Faults that a study survives: killed processes, a full disk, a folder that cannot be written."""

import multiprocessing
import os
import random
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import tiny_trials

from dropnorm.experiments import storage
from dropnorm.experiments.runner import run_study
from dropnorm.experiments.study import Study, with_seeds
from dropnorm.experiments.training import run_trial

TINY = tiny_trials.TINY | {"n_train": 60}


def study_of_seeds(name: str, question: str, seeds: int, steps: int) -> Study:
    """Trials that differ in their seed."""
    return Study(name, question, with_seeds(seeds, [TINY | {"steps": steps}]))


STUDY = study_of_seeds("faulty", "Is every trial there exactly once?", seeds=300, steps=3)
FEW = study_of_seeds("few", "Does a dead worker matter?", seeds=12, steps=40)


resource = pytest.importorskip("resource", reason="needs POSIX signals and limits")


def in_a_process(target, *arguments) -> multiprocessing.Process:
    process = multiprocessing.get_context("spawn").Process(target=target, args=arguments)
    process.start()
    return process


def run(study: Study, folder: Path, jobs: int) -> None:
    run_study(study, jobs=jobs, folder=folder)


def kill_50_times(folder: Path) -> None:
    """Fork a run, kill it a moment after its first record, 50 times.

    Forked, it is at work at once: all is loaded.
    """
    run_trial(STUDY.trials[0])
    path, chance = storage.path_of(STUDY.name, folder), random.Random(0)
    for _ in range(50):
        before = path.stat().st_size if path.exists() else 0
        if (child := os.fork()) == 0:
            run(STUDY, folder, 0)
            os._exit(0)
        while os.waitpid(child, os.WNOHANG) == (0, 0) and (
            not path.exists() or path.stat().st_size == before
        ):
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.08))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def workers(pid: int) -> list[psutil.Process]:
    """The worker processes below a run; none once it has ended."""
    try:
        return [
            c
            for c in psutil.Process(pid).children(recursive=True)
            if "spawn_main" in str(c.cmdline())
        ]
    except psutil.Error:
        return []


def assert_complete(study: Study, folder: Path) -> None:
    stored = storage.read(storage.path_of(study.name, folder))
    assert sorted(r.trial.key for r in stored) == sorted(t.key for t in study.trials)
    for record in random.Random(0).sample(stored, min(20, len(stored))):
        assert record.same_figures(run_trial(record.trial))


@pytest.mark.skipif(sys.platform == "darwin", reason="on macOS a forked process may crash")
def test_a_study_killed_at_50_random_moments_has_every_trial_exactly_once(tmp_path):
    path = storage.path_of(STUDY.name, tmp_path)
    process = in_a_process(kill_50_times, tmp_path)
    process.join(300)
    assert process.exitcode == 0
    killed = len(path.read_text(encoding="utf-8").splitlines())
    assert 50 <= killed < len(STUDY.trials) - 1, (
        f"{killed} lines: the kills came too late to mean anything"
    )
    run_study(STUDY, jobs=0, folder=tmp_path)
    assert_complete(STUDY, tmp_path)


def test_a_dead_worker_is_replaced_and_its_trial_run_again(tmp_path):
    process = in_a_process(run, FEW, tmp_path, 2)
    path, killed, patience = storage.path_of(FEW.name, tmp_path), set(), time.monotonic() + 120
    while process.is_alive() and time.monotonic() < patience:
        busy = workers(process.pid)
        if path.exists() and len(killed) < 2 and busy:
            with suppress(psutil.Error):  # it may just have ended
                busy[0].kill()
            killed.add(busy[0].pid)
            time.sleep(2)
        time.sleep(0.05)
    process.join()
    assert killed and process.exitcode == 0
    assert_complete(FEW, tmp_path)


def test_a_full_disk_leaves_whole_records_only_and_a_clear_message(tmp_path):
    path = storage.path_of(STUDY.name, tmp_path)
    run_study(STUDY, jobs=0, limit=3, folder=tmp_path)
    size, line = path.stat().st_size, len(path.read_text(encoding="utf-8").splitlines()[0])
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(
        signal.SIGXFSZ, signal.SIG_IGN
    )  # then a write beyond the limit is an OSError, as on a full disk
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + line + line // 2, before[1]))
    try:
        with pytest.raises(OSError, match=r"faulty\.jsonl cannot be written.*are kept"):
            run_study(STUDY, jobs=0, limit=10, folder=tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert len(storage.read(path)) == 4  # one more fitted; of the next not a byte is left
    run_study(STUDY, jobs=0, limit=2, folder=tmp_path)
    assert len(storage.read(path)) == 6


@pytest.mark.parametrize("there", [False, True], ids=["folder missing", "folder read-only"])
def test_a_folder_that_cannot_be_written_is_a_clear_message(tmp_path, there):
    folder = tmp_path / "locked"
    folder.mkdir()
    content = ""
    if there:
        run_study(STUDY, jobs=0, limit=1, folder=folder)
        content = storage.path_of(STUDY.name, folder).read_text(encoding="utf-8")
        folder.chmod(0o555)
        storage.path_of(STUDY.name, folder).chmod(0o444)
    target = folder if there else Path("/proc/none/results")
    if there and os.geteuid() == 0:
        tmp_path.parent.parent.chmod(0o755)
        for parent in (tmp_path.parent, tmp_path):
            parent.chmod(0o755)
        os.seteuid(65534)  # root may write anywhere: be nobody for a moment
    try:
        with pytest.raises(OSError, match=r"faulty\.jsonl cannot be written"):
            run_study(STUDY, jobs=0, limit=1, folder=target)
    finally:
        if os.getuid() == 0:
            os.seteuid(0)
        folder.chmod(0o755)
    assert not there or storage.path_of(STUDY.name, folder).read_text(encoding="utf-8") == content
