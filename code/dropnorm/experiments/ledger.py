"""The claims ledger: what texts say about the two layers, what the stored records say, and the verdict that follows.

The rule, for every claim alike: an effect *supports* its claim when its whole 95 % interval lies where the claim says. A
claim whose effects all support it *holds*; if only some do, it *holds when* those conditions are given; if none does: *not
here*.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from dropnorm.experiments.statistics import Interval


@dataclass(frozen=True)
class Effect:
    """One measured figure with its interval, in one condition."""

    when: str
    """The condition, as it completes "holds when …"."""
    what: str
    """What was measured, with its unit."""
    interval: Interval
    """Mean or median over the seeds, with its 95 % interval."""
    claimed: tuple[float, float]
    """The claim says that the figure lies between these two."""

    @property
    def supports(self) -> bool:
        """Whether the whole interval lies where the claim says."""
        below_the_end = self.interval.high < self.claimed[1] or self.claimed[1] == float("inf")
        return self.claimed[0] < self.interval.low and below_the_end

    @property
    def contradicts(self) -> bool:
        """Whether the whole interval lies elsewhere."""
        return self.interval.high < self.claimed[0] or self.interval.low > self.claimed[1]

    def __str__(self) -> str:
        mean, low, _, n = self.interval
        if self.claimed == EXACT and self.supports:
            return f"0 to rounding, {n} seeds"
        digits = 0 if max(abs(low), abs(mean)) >= 100 else 1 if max(abs(low), abs(mean)) >= 20 else 2
        sign = "+" if self.claimed[0] in (0, -0.5) or self.claimed[1] in (0, 0.5) else ""
        return self.interval.told(f"{sign}.{digits}f")


@dataclass(frozen=True)
class Claim:
    """A row of the ledger."""

    number: int
    text: str
    """In the texts' words."""
    taught: str
    """Chapter."""
    measured: str
    """Chapter (study)."""
    measure: Callable[[], Sequence[Effect]]
    stated: str
    """The kind of verdict that the book relies on; a test compares it with the computed one."""

    @cached_property
    def effects(self) -> list[Effect]:
        """Computed from the stored records, or from the layer itself where the claim is about a single pass."""
        return list(self.measure())

    @property
    def kind(self) -> str:
        """The verdict without its conditions: "holds", "holds when …" or "not here"."""
        return "holds when …" if self.verdict.startswith("holds when") else self.verdict

    @property
    def verdict(self) -> str:
        """By the rule above."""
        supporting = [effect.when for effect in self.effects if effect.supports]
        if len(supporting) == len(self.effects):
            return "holds"
        return f"holds when: {'; '.join(supporting)}" if supporting else "not here"


ABOVE = (0.0, float("inf"))
"""The claim says: more than nothing."""

BELOW = (float("-inf"), 0.0)
"""The claim says: less than nothing."""

EQUAL = (-0.5, 0.5)
"""The claim says that it makes no difference: less than half a point of accuracy."""

EXACT = (-1e-9, 1e-9)
"""The claim says: nothing but rounding in float64."""

FASTER = (1.0, float("inf"))
"""The claim says: a ratio above one."""


def table(claims: Sequence[Claim]) -> pd.DataFrame:
    """One row an effect: number, claim, chapters, condition, figure with interval, whether it supports, verdict."""
    return pd.DataFrame(
        {
            "number": claim.number,
            "claim": claim.text,
            "taught": claim.taught,
            "measured": claim.measured,
            "when": effect.when,
            "what": effect.what,
            "mean": effect.interval.mean,
            "low": effect.interval.low,
            "high": effect.interval.high,
            "seeds": effect.interval.n,
            "figure": str(effect),
            "supports": effect.supports,
            "contradicts": effect.contradicts,
            "verdict": claim.verdict,
        }
        for claim in claims
        for effect in claim.effects
    )


def overview(claims: Sequence[Claim]) -> str:
    """A Markdown table with one row a claim: number, claim, verdict, how many of its figures support it, chapters."""
    lines = ["| | Claim | Verdict | Figures that support it | Taught in | Measured in |", "|--:|:--|:--|:--|:--|:--|"]
    for claim in claims:
        share = f"{sum(effect.supports for effect in claim.effects)} of {len(claim.effects)}"
        lines.append(f"| {claim.number} | {claim.text} | **{claim.kind}** | {share} | {claim.taught} | {claim.measured} |")
    return "\n".join(lines)


def details(claim: Claim) -> str:
    """A claim's figures as a Markdown list: ✓ supports it, ✗ contradicts it, ○ neither."""
    lines = [f"**{claim.number}. {claim.text}** Verdict: **{claim.verdict}**.", ""]
    for effect in claim.effects:
        mark = "✓" if effect.supports else "✗" if effect.contradicts else "○"
        lines.append(f"- {mark} {effect.when}: {effect.what}: {effect}")
    return "\n".join(lines)
