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


def each(seeds: int, *points: Iterable[dict[str, Any]]) -> tuple[Trial, ...]:
    """The points of all lists with seed 0, then all with seed 1, …"""
    every = [point for part in points for point in part]
    return tuple(Trial(seed=seed, **point) for seed in range(seeds) for point in every)


def in_order(trials: Iterable[Trial]) -> tuple[Trial, ...]:
    """Every trial once, seeds outermost."""
    return tuple(sorted(dict.fromkeys(trials), key=lambda trial: trial.seed))
