"""A study: a question, and the trials that answer it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dropnorm.experiments.trial import Trial

# Seeds that choose a learning rate and are used nowhere else.
PILOT_SEEDS = (100, 101)


@dataclass(frozen=True)
class Study:
    """A question and the trials that answer it.

    Parameters
    ----------
    name
        As on the command line; the records are in ``results/NAME.jsonl``.
    question
        One sentence.
    trials
        In the order in which they run: one seed complete before the next, so that a part of the
        study is of use.
    pilot
        Whether it only chooses learning rates for another study, on validation, with
        ``PILOT_SEEDS``.
    """

    name: str
    question: str
    trials: tuple[Trial, ...]
    pilot: bool = False


def with_seeds(
    seeds: int | Iterable[int], *settings: Iterable[dict[str, Any]]
) -> tuple[Trial, ...]:
    """All settings with the first seed, then all with the next one.

    Parameters
    ----------
    seeds
        The seeds, or their number: then 0, 1, …
    settings
        Lists of settings; each is what differs from the default trial.
    """
    seeds = range(seeds) if isinstance(seeds, int) else seeds
    every = [setting for part in settings for setting in part]
    return tuple(Trial(seed=seed, **setting) for seed in seeds for setting in every)


def in_order(trials: Iterable[Trial]) -> tuple[Trial, ...]:
    """Every trial once, seeds outermost."""
    return tuple(sorted(dict.fromkeys(trials), key=lambda trial: trial.seed))
