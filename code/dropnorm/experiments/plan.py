"""What a study is, and how its trials are put in order."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dropnorm.experiments.trial import Trial


@dataclass(frozen=True)
class Study:
    """A question and the trials that answer it, in the order in which they run: one seed complete before the next."""

    name: str
    question: str
    trials: tuple[Trial, ...]
    pilot: bool = False
    """Whether it only chooses learning rates for another study, on validation, with PILOT_SEEDS."""


PILOT_SEEDS = (100, 101)
"""Seeds that choose a learning rate and are used nowhere else."""


def each(seeds: int | Iterable[int], *points: Iterable[dict[str, Any]]) -> tuple[Trial, ...]:
    """The points of all lists with seed 0, then all with seed 1, …; or with each of the seeds given."""
    every = [point for part in points for point in part]
    seeds = range(seeds) if isinstance(seeds, int) else seeds
    return tuple(Trial(seed=seed, **point) for seed in seeds for point in every)


def in_order(trials: Iterable[Trial]) -> tuple[Trial, ...]:
    """Every trial once, seeds outermost."""
    return tuple(sorted(dict.fromkeys(trials), key=lambda trial: trial.seed))
