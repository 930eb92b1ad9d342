"""The runner's trials per hour against plain loops with PyTorch's default threads."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter

from bench.rows import Row, side_by_side
from dropnorm.experiments.model import build_model
from dropnorm.experiments.runner import run_study
from dropnorm.experiments.studies import TUNED
from dropnorm.experiments.study import Study
from dropnorm.experiments.trial import Trial

SHIPPED = {"n_validation": 1_000, "n_test": 2_000}  # images that the package has: no download

# By what is trained: the four networks of the course, and residual ones, for fewer steps.
TRIALS = {
    "trial": tuple(
        Trial(seed=seed, **TUNED[name], **SHIPPED) for seed in range(4) for name in TUNED
    ),
    "residual trial": tuple(
        Trial(model="resnet", depth=8, norm="batch", lr=0.1, steps=200, seed=seed, **SHIPPED)
        for seed in range(8)
    ),
}

# Each with its setting, and how many seconds a trial of the runner may take for one of its own.
# The larger convolutions of a residual network gain more from threads than a small CNN's.
LOOPS = {
    # the loop that one would write, and the same with the layout of images that `run_trial`
    # chooses: what threads alone cost
    "plain loop": (
        "torch.channels_last = torch.contiguous_format",
        {"trial": 1 / 1.8, "residual trial": 0.85},
    ),
    "loop in channels_last": ("", {"trial": 1 / 1.4, "residual trial": 0.85}),
}

PLAIN_LOOP = """
import torch  # first: it reads the number of threads when it is imported, and bench sets one
from bench.trials import TRIALS
from dropnorm.experiments.training import run_trial
torch.set_num_threads = lambda n: None  # run_trial asks for one thread: keep the default
{setting}
for trial in TRIALS["{kind}"]:
    run_trial(trial)
"""


def rows(rounds: int) -> Iterator[Row]:
    """A row for each loop, measured once, and one for a residual network's step.

    Two one-thread processes of the runner, its start included, against the loop.
    """
    yield _layout(rounds)
    for kind, trials in TRIALS.items():
        with tempfile.TemporaryDirectory() as folder:
            start = perf_counter()
            run_study(Study("bench", "How many trials?", trials), jobs=2, folder=Path(folder))
            ours = (perf_counter() - start) / len(trials)
        for name, (setting, targets) in LOOPS.items():
            loop = PLAIN_LOOP.format(setting=setting, kind=kind)
            theirs = _seconds_in(loop) / len(trials)
            row = f"{kind} in 2 processes, {name}"
            yield Row(row, "s", ours, theirs, ours / theirs, targets[kind], 1)


def _layout(rounds: int) -> Row:
    """Forward and backward of ResNet-8 on photographs: ``channels_last`` against the default."""
    import torch

    torch.set_num_threads(1)
    trial = Trial(data="cifar10", model="resnet", width=16, depth=8, norm="batch")

    def step(layout: torch.memory_format) -> Callable[[], None]:
        model = build_model(trial).to(memory_format=layout)  # type: ignore[call-overload]
        x = torch.rand(trial.batch_size, 3, 32, 32).to(memory_format=layout)
        return lambda: model(x).square().mean().backward()

    ours, theirs = step(torch.channels_last), step(torch.contiguous_format)
    return side_by_side("ResNet-8 in channels_last", ours, theirs, 0.9, rounds)


def _seconds_in(loop: str) -> float:
    environment = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    start = perf_counter()
    subprocess.run(
        [sys.executable, "-c", loop], check=True, env=environment, cwd=Path(__file__).parents[1]
    )
    return perf_counter() - start
