"""The scorecard: a published effect, ours with its interval, and the score that follows by rule.

The rule, in this order, for every row alike. A row whose two figures are of different kinds says
so and is *not comparable*. Where our whole 95 % interval lies on the published side of zero, it
has the *same direction*, and if the published number lies inside, it *agrees*. An interval that
holds the published number and zero alike decides nothing. Where the paper found no difference, our
whole interval has to lie within a tenth of the error of the network compared with: so near do two
points of a printed curve look level, and a smaller experiment has a larger error. Else: *not
reproduced*.

The rule was written after some of the course's own studies had run (``Replication.before_rule``);
the margin, the zero in *agrees* and three of the reasons for *not comparable* came after all of
them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import pandas as pd

from dropnorm.experiments.statistics import Interval, mean_interval
from dropnorm.experiments.study import Study

Score = Literal["agrees", "same direction", "not reproduced", "not comparable"]

# Best first.
SCORES: tuple[Score, ...] = get_args(Score)

# What is computed exactly in float64 differs by less.
ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True, eq=False)
class Replication:
    """An experiment of a paper as we ran it: what its rows share.

    Parameters
    ----------
    name
        By which the pages know it.
    paper
        Authors and year.
    study
        The study whose records we read; none for what is computed on the spot.
    differences
        Known differences between the two setups.
    before_rule
        Whether the study's records were there when the rule was written.
    """

    name: str
    paper: str
    study: Study | None
    differences: tuple[str, ...] = ()
    before_rule: bool = False

    @property
    def source(self) -> str:
        """The study's name, or "identity" for what is computed on the spot."""
        return self.study.name if self.study else "identity"


@dataclass(frozen=True, kw_only=True, eq=False)
class Row:
    """One published figure and ours.

    Parameters
    ----------
    replication
        The experiment.
    figure
        Where in the paper.
    effect
        What minus what, in which unit.
    published
        As the paper has it.
    measure
        Ours, over paired seeds.
    value
        The published effect as a number, where there is one.
    sign
        The published direction where there is no number: 1 or −1. Neither: "no difference".
    level
        For "no difference" in an error: the error of the network compared with, in percent. None
        for an identity, which has to be exact.
    incomparable
        Why the two cannot be compared, if they cannot.
    """

    replication: Replication
    figure: str
    effect: str
    published: str
    measure: Callable[[], Interval]
    value: float | None = None
    sign: int = 0
    level: Callable[[], float] | None = None
    incomparable: str = ""

    @cached_property
    def ours(self) -> Interval:
        """Mean over the seeds with its 95 % interval."""
        return self.measure()

    @property
    def direction(self) -> int:
        """The published direction: 1, −1, or 0 for "no difference"."""
        if self.value is None:
            return self.sign
        return 1 if self.value > 0 else -1

    @property
    def margin(self) -> float:
        """For "no difference": the whole interval has to lie so close to zero."""
        return ROUNDING if self.level is None else self.level() / 10

    @property
    def score(self) -> Score:
        """By the rule above."""
        _, low, high, _ = self.ours
        if self.incomparable:
            return "not comparable"
        if self.direction == 0:
            level = -self.margin < low and high < self.margin
            return "agrees" if level else "not reproduced"
        if min(self.direction * low, self.direction * high) <= 0:
            return "not reproduced"
        inside = self.value is not None and low <= self.value <= high
        return "agrees" if inside else "same direction"

    @property
    def ours_text(self) -> str:
        """The interval in words."""
        mean, low, high, n = self.ours
        if -ROUNDING < low <= high < ROUNDING:
            return f"0 to rounding, {n} seeds"
        digits = 0 if abs(mean) >= 10 else 2
        return f"{self.ours:+z.{digits}f}, {n} seeds"


def change(table: pd.DataFrame, a: object, b: object) -> Interval:
    """Column ``a`` minus column ``b`` over the seeds, which are the rows."""
    return mean_interval((table[a] - table[b]).to_numpy())


def table(rows: Iterable[Row]) -> pd.DataFrame:
    """One line a row: paper, figure, effect, both figures, interval, seeds, study, score."""
    return pd.DataFrame(
        {
            "paper": row.replication.paper,
            "figure": row.figure,
            "effect": row.effect,
            "published": row.published,
            "value": row.value,
            **row.ours._asdict(),
            "ours": row.ours_text,
            "study": row.replication.source,
            "score": row.score,
        }
        for row in rows
    ).rename(columns={"n": "seeds"})


def overview(rows: Iterable[Row], link: Callable[[Row], str]) -> str:
    """A Markdown table: score (first, where a phone shows it), paper, effect, published, ours.

    Parameters
    ----------
    rows
        In the order of the table.
    link
        The address of our picture of a row.
    """
    lines = ["| | Score | Published in | Effect | Published | Ours |", "|--:|:--|:--|:--|:--|:--|"]
    for number, row in enumerate(rows, 1):
        source = f"[{row.replication.paper}, {row.figure}]({link(row)})"
        figures = f"{row.effect} | {row.published} | {row.ours_text}"
        lines.append(f"| {number} | **{row.score}** | {source} | {figures} |")
    return "\n".join(lines)


def details(number: int, row: Row) -> str:
    """What differs in our setup, why two figures cannot be compared, and the study's command."""
    replication = row.replication
    lines = [
        f"**{number}. {replication.paper}, {row.figure}: {row.effect}** ({row.score})",
        "",
        *([f"- not comparable: {row.incomparable}"] if row.incomparable else []),
        *(f"- {difference}" for difference in replication.differences),
    ]
    if replication.study:
        command = f"python -m dropnorm study run {replication.study.name} --limit 1"
        lines.append(f"- to run it: `{command}`")
    return "\n".join(lines)
