"""Runs what is missing of a study on Dask.

On a local cluster of one-thread processes, or on any scheduler by its address.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import dask
import torch
from distributed import CancelledError, Client, Future, LocalCluster, as_completed
from distributed.comm.core import CommClosedError
from filelock import FileLock, Timeout
from tqdm.auto import tqdm

from dropnorm.data import DataError
from dropnorm.experiments import storage
from dropnorm.experiments.parallel_seeds import can_run_side_by_side, run_side_by_side
from dropnorm.experiments.records import Record, RecordError
from dropnorm.experiments.study import Study
from dropnorm.experiments.training import run_trial
from dropnorm.experiments.trial import Device, Trial

# For glibc's allocator: keep freed memory. With Dask's default a trial spent half its time giving
# it back.
KEEP_MEMORY = {"MALLOC_TRIM_THRESHOLD_": "4000000000", "MALLOC_MMAP_THRESHOLD_": "33554432"}

# Seeds of one trial that train at once on a GPU.
SIDE_BY_SIDE = 50

# Groups of trials that the scheduler knows at once: enough for every worker, and memory stays flat
# in a long study.
WINDOW = 1_000


class TrialsFailedError(RuntimeError):
    """Some trials of a study raised an error.

    All others are stored, and these run again next time.
    """


@dataclass(frozen=True)
class Failure:
    """Trials that went to a worker together, and why there is no record of them."""

    trials: Sequence[Trial]
    reason: str


Result = list[Record] | Failure


def run_study(
    study: Study,
    *,
    jobs: int = 2,
    scheduler: str | None = None,
    device: Device = "cpu",
    limit: int | None = None,
    folder: Path = storage.RESULTS,
) -> int:
    """Run the trials that have no record yet and append their records as they come in.

    A run that is cut off at any point goes on from there: a torn last line is set aside and its
    trial run again. A worker that dies is replaced and its trial run again, three times at most. A
    trial that raises an error does not stop others.

    Parameters
    ----------
    jobs
        One-thread processes of the local cluster; 0 runs the trials one after the other in this
        process.
    scheduler
        Address of a Dask scheduler (``tcp://host:8786``) to use instead.
    device
        ``"cpu"``, ``"cuda"`` or ``"auto"``, which takes the GPU where every worker has one. On a
        GPU the seeds of a trial train side by side in one network.
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
    TrialsFailedError
        Trials that raised an error, after all others were run and stored.
    RecordError
        The results file holds a damaged record, another run is writing to it, or the package has no
        folder of results.
    ConnectionError
        The scheduler cannot be reached any more; all records written so far are kept.
    OSError
        The folder cannot be written; all records written so far are kept.
    """
    path = storage.path_of(study.name, folder)
    if folder == storage.RESULTS and not folder.is_dir():
        raise RecordError(
            f"no folder of results at {folder.absolute()}: name another one, or set"
            f" {storage.RESULTS_ENV}"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock"), timeout=0):
            if torn := storage.set_aside_torn_line(path):
                tqdm.write(
                    f"{path.name}: a torn last line ({len(torn)} characters) is set aside; its"
                    " trial runs again"
                )
            todo = missing(study, folder)[:limit]
            failures = _run_all(todo, path, jobs, scheduler, device) if todo else []
    except Timeout:
        raise RecordError(
            f"{path} is being written by another run; wait for it or stop it first"
        ) from None
    except (CommClosedError, CancelledError) as error:
        where = scheduler or "the local cluster"
        raise ConnectionError(
            f"lost {where} ({type(error).__name__}); all records in {path} are kept"
        ) from None
    except OSError as error:
        raise OSError(f"{path} cannot be written ({error}); the records in it are kept") from error
    if failures:
        raise TrialsFailedError(_summary(failures))
    return len(todo)


def missing(study: Study, folder: Path = storage.RESULTS) -> list[Trial]:
    """The study's trials that have no record in any study's file, in order.

    Raises
    ------
    RecordError
        The study's own file holds a damaged line; those of other files do not matter here.
    """
    path = storage.path_of(study.name, folder)
    if damaged := storage.scan(path).faults:
        faults = "; ".join(f"line {number} {message}" for number, (message, _) in damaged.items())
        raise RecordError(f"{path}: {faults}")
    done = storage.keys(folder)
    return [trial for trial in study.trials if trial.key not in done]


def run_group(trials: Sequence[Trial], device: str) -> list[Record]:
    """Records of trials that go to one worker together: seeds side by side, or a single trial."""
    return [run_trial(trials[0], device)] if len(trials) == 1 else run_side_by_side(trials, device)


def grouped(todo: Sequence[Trial], device: str) -> list[list[Trial]]:
    """What goes to a worker at once.

    On a GPU up to SIDE_BY_SIDE seeds of a trial, elsewhere each trial by itself.
    """
    if device == "cpu":
        return [[trial] for trial in todo]
    groups: dict[object, list[list[Trial]]] = {}
    for trial in todo:
        kind = replace(trial, seed=0) if can_run_side_by_side(trial) else trial
        same = groups.setdefault(kind, [[]])
        if len(same[-1]) == SIDE_BY_SIDE:
            same.append([])
        same[-1].append(trial)
    return [group for same in groups.values() for group in same]


def _run_all(
    todo: Sequence[Trial], path: Path, jobs: int, scheduler: str | None, device: str
) -> list[Failure]:
    failures = []
    with tqdm(total=len(todo), desc=path.stem, unit="trial", smoothing=0.05) as bar:
        for results in _batches(todo, jobs, scheduler, device):
            records: list[Record] = []
            for result in results:
                if isinstance(result, Failure):
                    failures.append(result)
                else:
                    records += result
            storage.append(path, *records)
            bar.update(len(records))
    return failures


def _batches(
    todo: Sequence[Trial], jobs: int, scheduler: str | None, device: str
) -> Iterator[list[Result]]:
    """Results of groups of trials, as many at once as have come in."""
    if jobs == 0 and scheduler is None:
        device = _gpu_or_cpu() if device == "auto" else device
        yield from ([_attempt(group, device)] for group in grouped(todo, device))
        return
    environment = {"OMP_NUM_THREADS": 1, "MKL_NUM_THREADS": 1, **KEEP_MEMORY}
    settings = {"distributed.nanny.pre-spawn-environ": environment}
    with dask.config.set(settings), _client(jobs, scheduler) as client:
        if device == "auto":
            device = "cuda" if set(client.run(_gpu_or_cpu).values()) == {"cuda"} else "cpu"
        yield from _in_a_window(client, grouped(todo, device), device)


def _in_a_window(
    client: Client, groups: Sequence[list[Trial]], device: str
) -> Iterator[list[Result]]:
    """Give the scheduler a new group for each that has come back."""
    left = iter(groups)
    sent: dict[str, list[Trial]] = {}

    def send(count: int) -> list[Future]:
        batch = list(islice(left, count))
        names = [f"trial-{group[0].key}-{len(group)}" for group in batch]
        sent.update(zip(names, batch, strict=True))
        return client.map(run_group, batch, device=device, key=names, pure=False) if batch else []

    running = as_completed(send(WINDOW), with_results=True, raise_errors=False)
    for batch in running.batches():
        yield [_result(future, result, sent.pop(future.key)) for future, result in batch]
        for future, _ in batch:
            future.release()
        running.update(send(len(batch)))


def _result(future: Future, result: Any, trials: list[Trial]) -> Result:
    match future.status:
        case "finished":
            records: list[Record] = result
            return records
        case "error":
            _, error, _ = result
            if isinstance(error, DataError):
                raise error  # no other trial would find its data
            return Failure(trials, f"{type(error).__name__}: {error}")
        case status:
            raise CancelledError(status)  # nobody but the scheduler's end cancels a trial


def _attempt(trials: list[Trial], device: str) -> Result:
    try:
        return run_group(trials, device)
    except DataError:
        raise
    except Exception as error:
        return Failure(trials, f"{type(error).__name__}: {error}")


def _summary(failures: Iterable[Failure]) -> str:
    """The failed trials by the reason, each with its key."""
    by_reason: dict[str, list[str]] = {}
    for failure in failures:
        by_reason.setdefault(failure.reason, []).extend(trial.key for trial in failure.trials)
    lines = [f"{reason} (trial {', '.join(keys)})" for reason, keys in by_reason.items()]
    count = sum(map(len, by_reason.values()))
    advice = f"{count} failed, all others are stored; run it again to try these once more."
    return f"{advice} {'; '.join(lines)}"


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
