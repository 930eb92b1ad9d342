"""Runs what is missing of a study on Dask: a local cluster of one-thread processes, or any scheduler by its address."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import dask
from distributed import Client, LocalCluster, as_completed
from filelock import FileLock, Timeout
from tqdm.auto import tqdm

from dropnorm.experiments import records
from dropnorm.experiments.records import RecordError
from dropnorm.experiments.studies import Study
from dropnorm.experiments.training import run_trial
from dropnorm.experiments.trial import Trial

KEEP_MEMORY = {"MALLOC_TRIM_THRESHOLD_": "4000000000", "MALLOC_MMAP_THRESHOLD_": "33554432"}
"""For glibc's allocator: keep freed memory. With Dask's default a trial spent half its time giving it back."""


def run_study(
    study: Study,
    *,
    jobs: int = 2,
    scheduler: str | None = None,
    device: str = "cpu",
    limit: int | None = None,
    folder: Path = records.RESULTS,
) -> int:
    """Run the trials that have no record yet and append each record as it comes in.

    A run that is cut off at any point goes on from there: a torn last line is set aside and its trial run again.

    Parameters
    ----------
    jobs
        One-thread processes of the local cluster.
    scheduler
        Address of a Dask scheduler (``tcp://host:8786``) to use instead.
    device
        ``"cpu"`` or ``"cuda"``.
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
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(path.with_suffix(".lock"), timeout=0):
            if torn := records.set_aside_torn_line(path):
                tqdm.write(f"{path.name}: a torn last line ({len(torn)} characters) is set aside; its trial runs again")
            todo = missing(study, folder)[:limit]
            if todo:
                _run_all(todo, path, jobs, scheduler, device)
            return len(todo)
    except Timeout:
        raise RecordError(f"{path} is being written by another run; wait for it or stop it first") from None


def missing(study: Study, folder: Path = records.RESULTS) -> list[Trial]:
    """The study's trials that have no record, in order."""
    done = {record.trial.key for record in records.read(records.path_of(study.name, folder))}
    return [trial for trial in study.trials if trial.key not in done]


def _run_all(todo: Sequence[Trial], path: Path, jobs: int, scheduler: str | None, device: str) -> None:
    environment = {"distributed.nanny.pre-spawn-environ": {"OMP_NUM_THREADS": 1, "MKL_NUM_THREADS": 1, **KEEP_MEMORY}}
    with dask.config.set(environment), _client(jobs, scheduler) as client:
        futures = client.map(run_trial, todo, [device] * len(todo), key=[f"trial-{t.key}" for t in todo], pure=False)
        with tqdm(total=len(todo), desc=path.stem, unit="trial", smoothing=0.05) as bar:
            for future in as_completed(futures):
                records.append(path, future.result())
                future.release()
                bar.update()


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
