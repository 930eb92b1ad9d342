"""Runs what is missing of a study on Dask: a local cluster of one-thread processes, or any scheduler by its address."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import dask
import torch
from distributed import Client, LocalCluster, as_completed
from filelock import FileLock, Timeout
from tqdm.auto import tqdm

from dropnorm.experiments import records
from dropnorm.experiments.records import Record, RecordError
from dropnorm.experiments.replicas import can_run_side_by_side, run_replicas
from dropnorm.experiments.studies import Study
from dropnorm.experiments.training import run_trial
from dropnorm.experiments.trial import Device, Trial

KEEP_MEMORY = {"MALLOC_TRIM_THRESHOLD_": "4000000000", "MALLOC_MMAP_THRESHOLD_": "33554432"}
"""For glibc's allocator: keep freed memory. With Dask's default a trial spent half its time giving it back."""

REPLICAS = 50
"""Seeds of one trial that train at once on a GPU."""


def run_study(
    study: Study,
    *,
    jobs: int = 2,
    scheduler: str | None = None,
    device: Device = "cpu",
    limit: int | None = None,
    folder: Path = records.RESULTS,
) -> int:
    """Run the trials that have no record yet and append each record as it comes in.

    A run that is cut off at any point goes on from there: a torn last line is set aside and its trial run again. A worker
    that dies is replaced and its trial run again, three times at most.

    Parameters
    ----------
    jobs
        One-thread processes of the local cluster; 0 runs the trials one after the other in this process.
    scheduler
        Address of a Dask scheduler (``tcp://host:8786``) to use instead.
    device
        ``"cpu"``, ``"cuda"`` or ``"auto"``. On a GPU the seeds of a trial train side by side in one network.
    limit
        At most so many trials.
    folder
        Where the results are.

    Returns
    -------
    n
        Records added.

    Raises
    ------
    RecordError
        The results file holds a damaged record, or another run is writing to it.
    OSError
        The folder cannot be written; all records written so far are kept.
    """
    path = records.path_of(study.name, folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock"), timeout=0):
            if torn := records.set_aside_torn_line(path):
                tqdm.write(f"{path.name}: a torn last line ({len(torn)} characters) is set aside; its trial runs again")
            todo = missing(study, folder)[:limit]
            if todo:
                _run_all(todo, path, jobs, scheduler, device)
            return len(todo)
    except Timeout:
        raise RecordError(f"{path} is being written by another run; wait for it or stop it first") from None
    except OSError as error:
        raise OSError(f"{path} cannot be written ({error}); the records in it are kept") from error


def missing(study: Study, folder: Path = records.RESULTS) -> list[Trial]:
    """The study's trials that have no record in any study's file, in order."""
    done = records.read_all(folder)
    return [trial for trial in study.trials if trial.key not in done]


def run_group(trials: Sequence[Trial], device: str) -> list[Record]:
    """Records of trials that go to one worker together: replicas, or a single trial."""
    return [run_trial(trials[0], device)] if len(trials) == 1 else run_replicas(trials, device)


def grouped(todo: Sequence[Trial], device: str) -> list[list[Trial]]:
    """What goes to a worker at once: on a GPU up to REPLICAS seeds of a trial, elsewhere each trial by itself."""
    if device == "cpu":
        return [[trial] for trial in todo]
    groups: dict[object, list[list[Trial]]] = {}
    for trial in todo:
        kind = replace(trial, seed=0) if can_run_side_by_side(trial) else trial
        same = groups.setdefault(kind, [[]])
        if len(same[-1]) == REPLICAS:
            same.append([])
        same[-1].append(trial)
    return [group for same in groups.values() for group in same]


def _run_all(todo: Sequence[Trial], path: Path, jobs: int, scheduler: str | None, device: str) -> None:
    with tqdm(total=len(todo), desc=path.stem, unit="trial", smoothing=0.05) as bar:
        for done in _results(todo, jobs, scheduler, device):
            for record in done:
                records.append(path, record)
                bar.update()


def _results(todo: Sequence[Trial], jobs: int, scheduler: str | None, device: str) -> Iterator[list[Record]]:
    if jobs == 0 and scheduler is None:
        device = _gpu_or_cpu() if device == "auto" else device
        yield from (run_group(group, device) for group in grouped(todo, device))
        return
    environment = {"distributed.nanny.pre-spawn-environ": {"OMP_NUM_THREADS": 1, "MKL_NUM_THREADS": 1, **KEEP_MEMORY}}
    with dask.config.set(environment), _client(jobs, scheduler) as client:
        device = client.submit(_gpu_or_cpu).result() if device == "auto" else device
        groups = grouped(todo, device)
        names = [f"trial-{group[0].key}-{len(group)}" for group in groups]
        for future in as_completed(client.map(run_group, groups, [device] * len(groups), key=names, pure=False)):
            yield future.result()
            future.release()


def _gpu_or_cpu() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


@contextmanager
def _client(jobs: int, scheduler: str | None) -> Iterator[Client]:
    if scheduler:
        with Client(scheduler) as client:
            yield client
        return
    cluster = LocalCluster(
        n_workers=jobs,
        threads_per_worker=1,
        dashboard_address=":0",  # any free port
        memory_limit=0,
        silence_logs=logging.CRITICAL,  # a failed trial is reported once, by us
    )
    with cluster, Client(cluster) as client:
        yield client
