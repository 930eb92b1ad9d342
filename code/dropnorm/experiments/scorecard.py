"""The scorecard of the replications: published effect, ours with its interval, and the score that follows by rule.

The rule, in this order, for every row alike. A row whose two figures are of different kinds says so and is *not comparable*.
Where our whole 95 % interval lies on the published side of zero, it has the *same direction*, and if the published number
lies inside, it *agrees*. An interval that holds the published number and zero alike decides nothing. Where the paper found
no difference, our whole interval has to lie within a tenth of the error of the network compared with: so near do two points
of a printed curve look level, and a smaller experiment has a larger error. Else: *not reproduced*.

The rule was written after some of the course's own studies had run (``published.EARLIER``); the margin, the zero in *agrees*
and three of the reasons for *not comparable* came after all of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from dropnorm.experiments.ledger import EXACT
from dropnorm.experiments.statistics import Interval

SCORES = ("agrees", "same direction", "not reproduced", "not comparable")
"""Best first."""


@dataclass(frozen=True)
class Row:
    """One published figure and ours."""

    figure: str
    """Where in the paper."""
    what: str
    """The effect: what minus what, in which unit."""
    published: str
    """As the paper has it."""
    measure: Callable[[], Interval]
    """Ours, over paired seeds."""
    stated: str
    """The score that the book relies on; a test compares it with the computed one."""
    paper: str = field(kw_only=True)
    """Authors and year."""
    study: str = field(kw_only=True)
    """The study whose records we read, or "identity" for what is computed on the spot."""
    section: str = field(kw_only=True)
    """Our picture of it: chapter and label."""
    differences: tuple[str, ...] = field(kw_only=True)
    """Known differences between the two setups."""
    sign: int = 0
    """The published direction: 1, −1, or 0 for "no difference"."""
    value: float | None = None
    """The published effect as a number, where there is one."""
    level: Callable[[], float] | None = None
    """For "no difference" in an error: the error of the network compared with, in percent."""
    why_not: str = ""
    """Why the two cannot be compared, if they cannot."""

    @cached_property
    def ours(self) -> Interval:
        """Mean over the seeds with its 95 % interval."""
        return self.measure()

    @property
    def within(self) -> float:
        """For "no difference": the whole interval has to lie so close to zero; for an identity, to rounding."""
        return EXACT[1] if self.level is None else self.level() / 10

    @property
    def score(self) -> str:
        """By the rule above."""
        _, low, high, _ = self.ours
        if self.why_not:
            return "not comparable"
        if self.sign == 0:
            return "agrees" if -self.within < low and high < self.within else "not reproduced"
        if min(self.sign * low, self.sign * high) <= 0:
            return "not reproduced"
        return (
            "agrees" if self.value is not None and low <= self.value <= high else "same direction"
        )

    @property
    def ours_text(self) -> str:
        """The interval in words."""
        mean, low, high, n = self.ours
        if EXACT[0] < low <= high < EXACT[1]:
            return f"0 to rounding, {n} seeds"
        digits = 0 if abs(mean) >= 10 else 2
        return f"{self.ours:+z.{digits}f}, {n} seeds"


def table(rows: Sequence[Row]) -> pd.DataFrame:
    """One line a row: paper, figure, effect, both figures, interval, seeds, study, score."""
    return pd.DataFrame(
        {
            "paper": row.paper,
            "figure": row.figure,
            "what": row.what,
            "published": row.published,
            "value": row.value,
            "mean": row.ours.mean,
            "low": row.ours.low,
            "high": row.ours.high,
            "seeds": row.ours.n,
            "ours": row.ours_text,
            "study": row.study,
            "score": row.score,
        }
        for row in rows
    )


def overview(rows: Sequence[Row], folder: str) -> str:
    """A Markdown table: paper and figure (linked to our picture in ``folder``), effect, published, ours, score."""
    lines = ["| | Published in | Effect | Published | Ours | Score |", "|--:|:--|:--|:--|:--|:--|"]
    for number, row in enumerate(rows, 1):
        where = f"[{row.paper}, {row.figure}]({folder}/{_link(row)})"
        lines.append(
            f"| {number} | {where} | {row.what} | {row.published} | {row.ours_text} | **{row.score}** |"
        )
    return "\n".join(lines)


def details(number: int, row: Row) -> str:
    """What is different in our setup, why two figures cannot be compared, and the command that runs a row's study."""
    lines = [f"**{number}. {row.paper}, {row.figure}: {row.what}** ({row.score})", ""]
    lines += [
        f"- {line}"
        for line in ([f"not comparable: {row.why_not}"] if row.why_not else []) + [*row.differences]
    ]
    if row.study != "identity":
        lines.append(f"- to run it: `python -m dropnorm study run {row.study} --limit 1`")
    return "\n".join(lines)


def _link(row: Row) -> str:
    chapter, label = row.section.split("#")
    return f"{chapter}.html#{label}"  # no one resolves the links of an output: as the site has them
