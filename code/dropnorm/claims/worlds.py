"""Claims in more than one world: the same contrast wherever its networks were trained.

A world is a data set with a number of images, a kind of network, and what else regularises it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, partial
from statistics import fmean
from typing import Any, Literal, get_args

import pandas as pd

from dropnorm.claims.contrasts import POINTS
from dropnorm.claims.effects import BELOW, FASTER, Effect, difference
from dropnorm.experiments import results, studies
from dropnorm.experiments.records import Record
from dropnorm.experiments.study import Study

# The course's CNN on clothes, 64 passes over 1,000 images and 38 over 5,000; on photographs, 64
# passes over 1,000 and 26 over 10,000; a residual network on photographs, 19 passes over 10,000.
World = Literal[
    "clothes, few",
    "clothes, many",
    "photographs, few",
    "photographs, many",
    "residual network",
]
WORLDS: tuple[World, ...] = get_args(World)

OverWorlds = Literal["everywhere", "differs", "not settled", "nowhere"]


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
    """

    number: int
    asked: str
    measure: Callable[[World], Effect]

    @cached_property
    def effects(self) -> dict[World, Effect]:
        """By world."""
        return {world: self.measure(world) for world in WORLDS}

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


def _selected(study: Study, **fields: Any) -> list[Record]:
    """Records of a study whose trials have these fields."""
    return [
        run
        for run in results.records(study)
        if all(getattr(run.trial, name) == value for name, value in fields.items())
    ]


def runs(world: World) -> list[Record]:
    """The records of the 2×2 in a world, each network at its own learning rate."""
    if world == "clothes, few":
        return results.at_rates(1_000, results.own_rates(1_000))
    if world == "clothes, many":
        return _selected(studies.SCHEDULE, steps=3_000)
    if world == "photographs, few":
        return _selected(studies.PHOTO_CNN, n_train=1_000)
    if world == "photographs, many":
        return _selected(studies.PHOTO_CNN, n_train=10_000)
    return results.records(studies.PHOTO_RESNET)


def _accuracies(world: World) -> pd.DataFrame:
    """Test accuracy in percent, a column for each of the four networks."""
    return results.columns(runs(world), lambda run: run.trial.condition, results.accuracy)


def _gain(a: str, b: str, world: World) -> Effect:
    four = _accuracies(world)
    return difference(four[a], four[b], f"{a} − {b}", POINTS, world=world)


def _need_for_dropout(world: World) -> Effect:
    quantity = "what dropout adds with batch norm − without, points"
    four = _accuracies(world)
    with_norm, without = four["both"] - four["batch norm"], four["dropout"] - four["plain"]
    return difference(with_norm, without, "need for dropout", quantity, BELOW, world)


def _speed(world: World) -> Effect:
    """To 95 % of the accuracy on validation at which the plain network ends."""
    four = runs(world)
    plain = [run for run in four if run.trial.condition == "plain"]
    goal = 0.95 * fmean(results.accuracy(run, "validation") for run in plain) / 100
    ratio = results.speed_up(four, goal).to_numpy()
    quantity = "steps to 95 % of the plain network's end: plain / batch norm"
    return Effect("own rates", quantity, ratio, FASTER, median=True, world=world)


QUESTIONS = (
    Question(number=2, asked="dropout alone", measure=partial(_gain, "dropout", "plain")),
    Question(number=12, asked="batch norm's speed", measure=_speed),
    Question(number=14, asked="need for dropout", measure=_need_for_dropout),
    Question(
        number=18,
        asked="dropout on top of batch norm",
        measure=partial(_gain, "both", "batch norm"),
    ),
    Question(number=19, asked="both", measure=partial(_gain, "both", "plain")),
)
