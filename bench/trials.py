"""The runner's trials per hour against a plain loop with PyTorch's default threads, side by side in one run."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from bench.rows import Row
from dropnorm.experiments.runner import run_study
from dropnorm.experiments.studies import TUNED, Study
from dropnorm.experiments.trial import Trial

TARGET = 1 / 1.8  # seconds a trial: at least 1.8 times as many trials an hour
SHIPPED = {"n_validation": 1_000, "n_test": 2_000}  # images that the package has: no download
TRIALS = tuple(Trial(seed=seed, **TUNED[name], **SHIPPED) for seed in range(4) for name in TUNED)

PLAIN_LOOP = """
import torch  # first: it reads the number of threads when it is imported, and bench sets one
from bench.trials import TRIALS
from dropnorm.experiments.training import run_trial
torch.set_num_threads = lambda n: None  # run_trial asks for one thread: keep the default
for trial in TRIALS:
    run_trial(trial)
"""


def rows(rounds: int) -> Iterator[Row]:
    """One row, measured once: two one-thread processes of the runner, its start included, against the loop."""
    environment = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    start = perf_counter()
    subprocess.run([sys.executable, "-c", PLAIN_LOOP], check=True, env=environment, cwd=Path(__file__).parents[1])
    theirs = perf_counter() - start
    with tempfile.TemporaryDirectory() as folder:
        start = perf_counter()
        run_study(Study("bench", "How many trials an hour?", TRIALS), jobs=2, folder=Path(folder))
        ours = perf_counter() - start
    yield Row("seconds a trial, 2 processes", "s", ours / len(TRIALS), theirs / len(TRIALS), ours / theirs, TARGET, 1)
