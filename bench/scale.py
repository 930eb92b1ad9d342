"""``python -m bench.scale [--trials 100000]``: very short trials, very many, on 32 workers.

Does the client keep up, and does its memory stay flat? Takes a quarter of an hour on two cores,
so ``python -m bench`` leaves it out.
"""

import argparse
import logging
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import perf_counter

import psutil
from distributed import Client, as_completed
from distributed.deploy.subprocess import SubprocessCluster

from bench.__main__ import report
from bench.rows import Row
from dropnorm.experiments import runner, storage
from dropnorm.experiments.records import ENGINE, Record
from dropnorm.experiments.study import Study, with_seeds
from dropnorm.experiments.trial import Trial

WORKERS, SECONDS = 32, 0.01


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("--trials", type=int, default=100_000, help="at least 1,000")
    options = parser.parse_args()
    if options.trials < 1_000:
        parser.error(f"--trials {options.trials}: expected at least 1000")
    return report(rows(options.trials), Path(__file__).with_name("scale.json"))


def nap(trials: Sequence[Trial], device: str) -> list[Record]:
    """Made-up records of the usual size, after as long as a very short trial takes."""
    time.sleep(SECONDS)
    points = [0.12345 + k / 1_000 for k in range(24)]
    curves = dict.fromkeys(("step", "train_loss", "validation_loss", "validation_accuracy"), points)
    final = {split: {"loss": 0.5, "accuracy": 0.8} for split in ("train", "validation", "test")}
    versions = {"engine": ENGINE, "torch": "none"}
    return [
        Record(
            trial=trial,
            curves=curves,
            final=final,
            diverged=False,
            seconds=SECONDS,
            device=device,
            threads=1,
            versions=versions,
        )
        for trial in trials
    ]


def rows(trials: int) -> Iterator[Row]:
    """Measured once: the runner against Dask alone, and the client's memory.

    Dask alone has a fifth of the trials, and throws the same records away.
    """
    study = Study("scale", "Does the client keep up?", with_seeds(trials, [{}]))
    groups = [[trial] for trial in study.trials]
    with (
        # the scheduler has a process of its own, so that the memory measured is the client's
        SubprocessCluster(
            n_workers=WORKERS,
            threads_per_worker=1,
            worker_class="distributed.Worker",
            worker_kwargs={"memory_limit": 0, "dashboard": False},
            dashboard_address=":0",
            silence_logs=logging.CRITICAL,
        ) as cluster,
        tempfile.TemporaryDirectory() as folder,
    ):
        path = storage.path_of(study.name, Path(folder))
        memory: list[float] = []
        append = storage.append

        def append_and_look(path: Path, *records: Record) -> None:
            append(path, *records)
            memory.append(psutil.Process().memory_info().rss / 2**20)  # MB

        # every worker has imported what a trial needs before the clock runs
        with Client(cluster.scheduler_address) as client:
            client.wait_for_workers(WORKERS)
            client.run(nap, groups[0], "cpu")
        runner.run_group, run_group = nap, runner.run_group
        storage.append = append_and_look
        try:
            start = perf_counter()
            runner.run_study(study, scheduler=cluster.scheduler_address, folder=Path(folder))
            ours = perf_counter() - start
        finally:
            runner.run_group, storage.append = run_group, append
        start = perf_counter()
        assert len(storage.scan(path).places) == trials
        assert runner.missing(study, Path(folder)) == []
        scan = perf_counter() - start
        few = groups[: trials // 5]
        alone = _dask_alone(cluster.scheduler_address, few)
    ours, theirs = 1e3 * ours / trials, 1e3 * alone / len(few)
    name = f"{trials:,} trials, {WORKERS} workers"
    yield Row(name, "ms a trial", ours, theirs, ours / theirs, 1.25, 1)
    early, late = max(memory[: len(memory) // 10]), max(memory)
    yield Row("client's memory, all against a tenth", "MB", late, early, late / early, 1.3, 1)
    slept = trials * SECONDS
    yield Row(f"scan of {trials:,} records", "s", scan, slept, scan / slept, 0.01, 1)


def _dask_alone(address: str, groups: Sequence[list[Trial]]) -> float:
    """Seconds for the same tasks, with the same window, when nothing is stored."""
    start = perf_counter()
    with Client(address) as client:
        running = as_completed(
            client.map(nap, groups[:1_000], device="cpu", pure=False), with_results=True
        )
        sent, done = 1_000, 0
        for batch in running.batches():
            done += len(batch)
            for future, _ in batch:
                future.release()
            if more := groups[sent : sent + len(batch)]:
                running.update(client.map(nap, more, device="cpu", pure=False))
                sent += len(more)
        assert done == len(groups)
    return perf_counter() - start


if __name__ == "__main__":
    raise SystemExit(main())
