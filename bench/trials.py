"""The runner's trials per hour against plain loops with PyTorch's default threads."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from bench.rows import Row
from dropnorm.experiments.runner import run_study
from dropnorm.experiments.studies import TUNED
from dropnorm.experiments.study import Study
from dropnorm.experiments.trial import Trial

SHIPPED = {"n_validation": 1_000, "n_test": 2_000}  # images that the package has: no download
TRIALS = tuple(Trial(seed=seed, **TUNED[name], **SHIPPED) for seed in range(4) for name in TUNED)

# Each with its setting, and how many seconds a trial of the runner may take for one of its own.
LOOPS = {
    # the loop that one would write, and the same with the layout of images that `run_trial`
    # chooses: what threads alone cost
    "plain loop": ("torch.channels_last = torch.contiguous_format", 1 / 1.8),
    "loop in channels_last": ("", 1 / 1.4),
}

PLAIN_LOOP = """
import torch  # first: it reads the number of threads when it is imported, and bench sets one
from bench.trials import TRIALS
from dropnorm.experiments.training import run_trial
torch.set_num_threads = lambda n: None  # run_trial asks for one thread: keep the default
{setting}
for trial in TRIALS:
    run_trial(trial)
"""


def rows(rounds: int) -> Iterator[Row]:
    """A row for each loop, measured once.

    Two one-thread processes of the runner, its start included, against the loop.
    """
    with tempfile.TemporaryDirectory() as folder:
        start = perf_counter()
        run_study(Study("bench", "How many trials an hour?", TRIALS), jobs=2, folder=Path(folder))
        ours = (perf_counter() - start) / len(TRIALS)
    for name, (setting, target) in LOOPS.items():
        theirs = _seconds_in(PLAIN_LOOP.format(setting=setting)) / len(TRIALS)
        yield Row(f"trial in 2 processes, {name}", "s", ours, theirs, ours / theirs, target, 1)


def _seconds_in(loop: str) -> float:
    environment = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    start = perf_counter()
    subprocess.run(
        [sys.executable, "-c", loop], check=True, env=environment, cwd=Path(__file__).parents[1]
    )
    return perf_counter() - start
