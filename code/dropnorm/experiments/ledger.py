"""The claims ledger: what texts say about the two layers, what the stored records say, and the verdict that follows.

The rule, for every claim alike. A figure *supports* its claim when its whole 95 % interval lies where the claim says, and
*contradicts* it when the whole interval lies elsewhere. Each claim names one primary figure beforehand, with a reason; its
other figures are conditions.

- An identity is no evidence: a claim that follows from what a layer is holds *by definition*, and is only checked.
- If some figures support a claim and some contradict it, it is *mixed*, and the row says what separates them.
- Else the primary figure decides: the claim *holds*, is *contradicted*, or is *undecided*.

A figure is a mean over seeds with its t interval. Where sound and lost runs mix in an arm, and for ratios of steps, it is a
median with the interval between two order statistics: the mean of {0, +77} says nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isinf

import numpy as np
import pandas as pd
from scipy.special import bdtr, stdtr

from dropnorm.experiments.statistics import Interval, has_lost_runs, mean_interval, median_interval

VERDICTS = ("by definition", "holds", "mixed", "undecided", "contradicted")
"""All kinds of verdict."""

HOME = "Fashion-MNIST, small CNN"
"""The world in which most of the book's networks live."""

ABOVE = (0.0, float("inf"))
"""The claim says: more than nothing."""

BELOW = (float("-inf"), 0.0)
"""The claim says: less than nothing."""

FASTER = (1.0, float("inf"))
"""The claim says: a ratio above one."""

EQUAL = (-0.5, 0.5)
"""The claim says that it makes no difference: less than half a point of accuracy.

Two single runs of *one* network lie half a point apart in a fifth of all cases (chapter 08), so that nobody with one run of
each could see it; and it is half of what either layer brings.
"""

EQUAL_LOSS = (-0.015, 0.015)
"""The same for a loss in nats: half a point is a 27th of these networks' error of 13.7 %, this of their loss of 0.4."""

CENTRED = (0.0, 0.25)
"""A median is at 0 if it is a quarter of a standard deviation away at most: then a tenth of a normal unit's values change
sides of the ReLU's threshold.
"""

EXACT = (-1e-9, 1e-9)
"""The claim says: nothing but rounding in float64."""


@dataclass(frozen=True)
class Identity:
    """A consequence of what a layer is, checked on the layer itself."""

    when: str
    what: str
    """What was computed, with its unit."""
    value: float
    """The worst case of all draws."""
    claimed: tuple[float, float] = EXACT
    """What the layer is says that it lies between these two."""

    @property
    def supports(self) -> bool:
        """Whether it is so."""
        return self.claimed[0] <= self.value <= self.claimed[1]

    def __str__(self) -> str:
        return "0 to rounding" if self.claimed == EXACT and self.supports else f"{self.value:.2f}"


@dataclass(frozen=True)
class Effect:
    """One measured figure with its interval, in one condition."""

    when: str
    """The condition, in words that tell it from the claim's other figures."""
    what: str
    """What was measured, with its unit."""
    values: Sequence[float]
    """A number for each seed."""
    claimed: tuple[float, float]
    """The claim says that the figure lies between these two."""
    median: bool = False
    """Whether the figure is the median of the values; else their mean."""
    world: str = HOME
    """Data and kind of network."""

    @cached_property
    def interval(self) -> Interval:
        """Mean with its t interval, or median with the interval between two order statistics."""
        return (median_interval if self.median else mean_interval)(
            np.asarray(self.values, dtype=float)
        )

    @property
    def supports(self) -> bool:
        """Whether the whole interval lies where the claim says."""
        low, high = self.claimed
        return low < self.interval.low and (self.interval.high < high or isinf(high))

    @property
    def contradicts(self) -> bool:
        """Whether the whole interval lies elsewhere."""
        return self.interval.high < self.claimed[0] or self.interval.low > self.claimed[1]

    @property
    def directional(self) -> bool:
        """Whether the claim says a direction, and not that two things are equal."""
        return isinf(self.claimed[0]) or isinf(self.claimed[1])

    @property
    def p(self) -> float:
        """Probability of values at least as far from the claim's one bound if the truth lay on it: t test, or sign test."""
        (bound,) = (end for end in self.claimed if not isinf(end))
        values = np.asarray(self.values, dtype=float) - bound
        if self.median:
            fewer = min(len(values) - (values > 0).sum(), len(values) - (values < 0).sum())
            return float(min(1.0, 2 * bdtr(fewer, len(values), 0.5)))
        error = values.std(ddof=1) / np.sqrt(len(values))
        return (
            float(2 * stdtr(len(values) - 1, -abs(values.mean()) / error))
            if error
            else float(values.mean() == 0)
        )

    def __str__(self) -> str:
        mean, low, high, _ = self.interval
        largest, half = max(abs(low), abs(mean)), (high - low) / 2
        digits = 1 if largest >= 20 else 2 if half >= 0.02 else 3 if half >= 0.002 else 4
        sign = "" if self.claimed in (FASTER, CENTRED) else "+"
        middle = " (median)" if self.median else ""
        return f"{self.interval:{sign}.{digits}f}, {self.interval.n} seeds{middle}"


def difference(
    a: pd.Series, b: pd.Series, when: str, what: str, claimed: tuple[float, float] = ABOVE
) -> Effect:
    """Arm ``a`` minus arm ``b`` in points of accuracy, over the seeds of both: the median if an arm has lost runs.

    Parameters
    ----------
    a, b
        Accuracies in percent, by seed.
    when, what, claimed
        As an ``Effect`` has them.
    """
    both = pd.concat({"a": a, "b": b}, axis=1).dropna()
    mixed = has_lost_runs(both["a"]) or has_lost_runs(both["b"])
    return Effect(when, what, (both["a"] - both["b"]).to_list(), claimed, median=mixed)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A row of the ledger."""

    number: int
    text: str
    """In the texts' words."""
    taught: str
    """Chapter."""
    measured: str
    """Chapter (study)."""
    measure: Callable[[], Sequence[Effect | Identity]]
    """Gives identities, or effects."""
    stated: str
    """The kind of verdict that the book relies on; a test compares it with the computed one."""
    primary: str = ""
    """``when`` of the figure that decides."""
    why: str = ""
    """Why that one."""
    separates: str = ""
    """Of a mixed claim: what its supporting figures have and its contradicting ones have not, as it completes "by …"."""

    @cached_property
    def effects(self) -> list[Effect | Identity]:
        """Computed from the stored records, or from the layer itself where the claim is about a single pass."""
        return list(self.measure())

    @property
    def decisive(self) -> Effect:
        """The primary figure.

        Raises
        ------
        ValueError
            None of the figures, or more than one, has the name in ``primary``.
        """
        found = [effect for effect in self.effects if effect.when == self.primary]
        if len(found) != 1:
            names = ", ".join(repr(effect.when) for effect in self.effects)
            raise ValueError(
                f"claim {self.number}: primary={self.primary!r}: expected one of {names}"
            )
        return found[0]

    @property
    def verdict(self) -> str:
        """One of ``VERDICTS``, by the rule above.

        Raises
        ------
        ValueError
            An identity that is checked does not hold: then the code is at fault, and no verdict follows.
        """
        identities = [effect for effect in self.effects if isinstance(effect, Identity)]
        if identities:
            for wrong in (identity for identity in identities if not identity.supports):
                raise ValueError(
                    f"claim {self.number}, {wrong.when}: {wrong.value}: expected {wrong.claimed}"
                )
            return "by definition"
        supported, contradicted = self._marked("supports"), self._marked("contradicts")
        if supported and contradicted:
            return "mixed"
        primary = self.decisive
        return (
            "holds" if primary.supports else "contradicted" if primary.contradicts else "undecided"
        )

    @property
    def told(self) -> str:
        """The verdict, and of a mixed one what separates its figures."""
        return f"mixed, by {self.separates}" if self.verdict == "mixed" else self.verdict

    @property
    def worlds(self) -> list[str]:
        """Data and kinds of network in which it was tried; none for an identity, which needs no data."""
        return list(
            dict.fromkeys(effect.world for effect in self.effects if isinstance(effect, Effect))
        )

    def _marked(self, mark: str) -> list[str]:
        return [effect.when for effect in self.effects if getattr(effect, mark)]


def table(claims: Sequence[Claim]) -> pd.DataFrame:
    """One row an effect, no identities: number, claim, chapters, condition, figure with interval, marks, p, verdict."""
    return pd.DataFrame(
        {
            "number": claim.number,
            "claim": claim.text,
            "taught": claim.taught,
            "measured": claim.measured,
            "when": effect.when,
            "what": effect.what,
            "primary": effect.when == claim.primary,
            "mean": effect.interval.mean,
            "low": effect.interval.low,
            "high": effect.interval.high,
            "seeds": effect.interval.n,
            "figure": str(effect),
            "supports": effect.supports,
            "contradicts": effect.contradicts,
            "p": effect.p if effect.directional else np.nan,
            "world": effect.world,
            "verdict": claim.verdict,
        }
        for claim in claims
        for effect in claim.effects
        if isinstance(effect, Effect)
    )


def surviving(effects: pd.DataFrame, share: float = 0.05) -> pd.Series:
    """Of the directional effects in a ``table``, which stay if at most ``share`` of those that stay may be false.

    Source: Benjamini and Hochberg (1995).
    """
    from scipy.stats import false_discovery_control  # here: it takes a second to import

    p = effects["p"].dropna()
    return pd.Series(false_discovery_control(p) <= share, index=p.index)


def overview(claims: Sequence[Claim]) -> str:
    """A Markdown table with one row a claim: number, claim, verdict, primary figure, marks, worlds, chapters."""
    lines = ["| | Claim | Verdict | Primary figure | ✓ ○ ✗ | Worlds | Taught in | Measured in |"]
    lines += ["|--:|:--|:--|:--|:-:|:-:|:--|:--|"]
    for claim in claims:
        figure, marks, worlds = "", "", ""
        if claim.verdict != "by definition":
            counts = (len(claim._marked("supports")), len(claim._marked("contradicts")))
            marks = f"{counts[0]} {len(claim.effects) - sum(counts)} {counts[1]}"
            figure, worlds = f"{claim.primary}: {claim.decisive}", str(len(claim.worlds))
        cells = (
            claim.number,
            claim.text,
            f"**{claim.verdict}**",
            figure,
            marks,
            worlds,
            claim.taught,
            claim.measured,
        )
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def details(claim: Claim) -> str:
    """A claim's figures as a Markdown list: ✓ supports it, ✗ contradicts it, ○ neither; the primary one first."""
    lines = [f"**{claim.number}. {claim.text}** Verdict: **{claim.told}**.", ""]
    for effect in sorted(claim.effects, key=lambda effect: effect.when != claim.primary):
        if isinstance(effect, Identity):
            lines.append(f"- {effect.when}: {effect.what}: {effect}")
            continue
        mark = "✓" if effect.supports else "✗" if effect.contradicts else "○"
        line = f"- {mark} {effect.when}: {effect.what}: {effect}"
        lines.append(line + (f". *Primary:* {claim.why}" if effect.when == claim.primary else ""))
    return "\n".join(lines)
