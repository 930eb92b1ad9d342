"""Claims in more than one world: the same contrast wherever its networks were trained.

A world is a data set with a number of images, a kind of network, and what else regularises it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, partial
from statistics import fmean
from typing import Any, Literal

import pandas as pd

from dropnorm.claims.contrasts import POINTS
from dropnorm.claims.effects import BELOW, EQUAL, FASTER, Effect, difference
from dropnorm.experiments import results, studies
from dropnorm.experiments.records import Record
from dropnorm.experiments.studies.photographs import COMPANIES
from dropnorm.experiments.study import Study

OverWorlds = Literal["everywhere", "differs", "not settled", "nowhere"]


@dataclass(frozen=True, eq=False)
class World:
    """Where the four networks of the 2×2 were trained, each at its own learning rate.

    Parameters
    ----------
    name
        In the tables.
    about
        Network, images, passes: what the name stands for.
    read
        Gives the stored runs.
    """

    name: str
    about: str
    read: Callable[[], list[Record]]

    @cached_property
    def runs(self) -> list[Record]:
        """The records of its networks."""
        return self.read()

    @cached_property
    def accuracies(self) -> pd.DataFrame:
        """Test accuracy in percent by seed, a column for each of the four networks."""
        return results.columns(self.runs, lambda run: run.trial.condition, results.accuracy)


def _selected(study: Study, **fields: Any) -> list[Record]:
    """Records of a study whose trials have these fields."""
    return results.having(results.records(study), **fields)


WORLDS = (
    CLOTHES_FEW := World(
        "clothes, few",
        "the course's CNN, 1,000 images of clothes, 64 passes",
        lambda: results.at_rates(1_000, results.own_rates(1_000)),
    ),
    CLOTHES_MANY := World(
        "clothes, many",
        "the course's CNN, 5,000 images of clothes, 38 passes",
        partial(_selected, studies.SCHEDULE, steps=3_000),
    ),
    PHOTOGRAPHS_FEW := World(
        "photographs, few",
        "a CNN of twice the channels, 1,000 photographs, 64 passes",
        partial(_selected, studies.PHOTO_CNN, n_train=1_000),
    ),
    PHOTOGRAPHS_MANY := World(
        "photographs, many",
        "the same, 10,000 photographs, 26 passes",
        partial(_selected, studies.PHOTO_CNN, n_train=10_000),
    ),
    WEIGHT_DECAY := World(
        "weight decay",
        "as clothes, many, with weight decay of 0.0005",
        partial(_selected, studies.COMPANY, **COMPANIES["weight decay"]),
    ),
    ADAMW := World(
        "AdamW",
        "as clothes, many, trained by AdamW with weight decay of 0.05",
        partial(_selected, studies.COMPANY, **COMPANIES["AdamW"]),
    ),
    SHIFT_AND_FLIP := World(
        "shift and flip",
        "as clothes, many, each image shifted by up to two pixels and mirrored at even odds",
        partial(_selected, studies.COMPANY, **COMPANIES["shift and flip"]),
    ),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Question:
    """A claim's one contrast, in several worlds.

    Parameters
    ----------
    number
        Of the claim.
    asked
        The contrast in words.
    measure
        Gives the effect in a world.
    worlds
        Where it was measured.
    """

    number: int
    asked: str
    measure: Callable[[World], Effect]
    worlds: tuple[World, ...] = WORLDS

    @cached_property
    def effects(self) -> dict[str, Effect]:
        """By the name of the world."""
        return {world.name: self.measure(world) for world in self.worlds}

    @property
    def verdict(self) -> OverWorlds:
        """*Everywhere* if all effects support the claim, *nowhere* if all contradict it.

        It *differs* if some support and some contradict it. Else some worlds do not settle it.
        """
        return over_worlds(self.effects.values())


def over_worlds(effects: Iterable[Effect]) -> OverWorlds:
    """The verdict over worlds of their effects."""
    effects = list(effects)
    supports = [effect.supports for effect in effects]
    contradicts = [effect.contradicts for effect in effects]
    if all(supports):
        return "everywhere"
    if all(contradicts):
        return "nowhere"
    return "differs" if any(supports) and any(contradicts) else "not settled"


def _gain(a: str, b: str, world: World) -> Effect:
    four = world.accuracies
    return difference(four[a], four[b], f"{a} − {b}", POINTS)


def _places(world: World) -> Effect:
    if world is CLOTHES_FEW:
        places = results.places(1_000)
    else:
        rows = results.table(studies.PHOTO_PLACES)
        places = results.own_places(rows.query("norm == 'none'"))
    quantity = "dense layer − whole channels, each at its own p, points"
    pair = places["dense"], places["channels"]
    return difference(*pair, "dropout's place", quantity, EQUAL)


def _speed(world: World) -> Effect:
    """To 95 % of the accuracy on validation at which the plain network ends."""
    plain = [run for run in world.runs if run.trial.condition == "plain"]
    goal = 0.95 * fmean(results.accuracy(run, "validation") for run in plain) / 100
    ratio = results.speed_up(world.runs, goal).to_numpy()
    quantity = "steps to 95 % of the plain network's end: plain / batch norm"
    return Effect("own rates", quantity, ratio, FASTER, median=True)


def _need_for_dropout(world: World) -> Effect:
    quantity = "what dropout adds with batch norm − without, points"
    four = world.accuracies
    with_norm, without = four["both"] - four["batch norm"], four["dropout"] - four["plain"]
    return difference(with_norm, without, "need for dropout", quantity, BELOW)


QUESTIONS = (
    Question(number=2, asked="dropout − plain", measure=partial(_gain, "dropout", "plain")),
    Question(
        number=4,
        asked="dropout: dense layer − whole channels",
        measure=_places,
        worlds=(CLOTHES_FEW, PHOTOGRAPHS_FEW),
    ),
    Question(number=12, asked="batch norm: how many times faster", measure=_speed),
    Question(number=12, asked="batch norm − plain", measure=partial(_gain, "batch norm", "plain")),
    Question(
        number=14, asked="dropout's gain, with batch norm − without", measure=_need_for_dropout
    ),
    Question(number=18, asked="both − batch norm", measure=partial(_gain, "both", "batch norm")),
    Question(number=19, asked="both − plain", measure=partial(_gain, "both", "plain")),
)
