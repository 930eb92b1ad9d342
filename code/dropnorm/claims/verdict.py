"""The verdict on a claim: the rule, for all claims alike.

A figure *supports* its claim when its whole 95 % interval lies where the claim says, and
*contradicts* it when the whole interval lies elsewhere. Each claim names one primary figure
beforehand, with a reason; its other figures are conditions.

- An identity is no evidence: a claim that follows from what a layer is holds *by definition*, and
  is only checked.
- If some figures support a claim and some contradict it, it is *mixed*, and the row says what
  separates them.
- Else the primary figure decides: the claim *holds*, is *contradicted*, or is *undecided*.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import pandas as pd

from dropnorm.claims.effects import Effect, Identity
from dropnorm.experiments.study import Study

Verdict = Literal["by definition", "holds", "mixed", "undecided", "contradicted"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


@dataclass(frozen=True, kw_only=True, eq=False)
class Claim:
    """A sentence of the texts, and the figures that test it.

    Parameters
    ----------
    number
        In the ledger.
    text
        In the texts' words.
    measure
        Gives the figures: identities, or effects.
    studies
        Whose records the effects are computed from.
    primary
        ``setting`` of the effect that decides.
    reason
        Why that one.
    separation
        Of a mixed claim: what its supporting figures have and its contradicting ones have not, as
        it completes "mixed, by …".
    """

    number: int
    text: str
    measure: Callable[[], Iterable[Effect | Identity]]
    studies: tuple[Study, ...] = ()
    primary: str = ""
    reason: str = ""
    separation: str = ""

    @cached_property
    def figures(self) -> list[Effect | Identity]:
        """Computed from stored records, or from the layer where the claim is about one pass."""
        return list(self.measure())

    @property
    def effects(self) -> list[Effect]:
        """The figures that are evidence."""
        return [figure for figure in self.figures if isinstance(figure, Effect)]

    @property
    def primary_effect(self) -> Effect:
        """The effect that decides.

        Raises
        ------
        ValueError
            None of the effects, or more than one, has the setting ``primary``.
        """
        named = [effect for effect in self.effects if effect.setting == self.primary]
        if len(named) != 1:
            settings = ", ".join(repr(effect.setting) for effect in self.effects)
            raise ValueError(
                f"claim {self.number}: primary={self.primary!r}: expected one of {settings}"
            )
        return named[0]

    @property
    def verdict(self) -> Verdict:
        """By the rule above.

        Raises
        ------
        ValueError
            An identity does not hold: then the code is at fault, and no verdict follows.
        """
        identities = [figure for figure in self.figures if isinstance(figure, Identity)]
        for identity in identities:
            if not identity.supports:
                raise ValueError(
                    f"claim {self.number}, {identity.setting}: "
                    f"{identity.value}: expected {tuple(identity.claimed)}"
                )
        if identities:
            return "by definition"
        return by_the_rule(self.effects, self.primary_effect)


def by_the_rule(effects: Iterable[Effect], primary: Effect) -> Verdict:
    """The verdict of measured effects, the primary one among them."""
    marks = [(effect.supports, effect.contradicts) for effect in effects]
    if any(supports for supports, _ in marks) and any(contradicts for _, contradicts in marks):
        return "mixed"
    if primary.supports:
        return "holds"
    return "contradicted" if primary.contradicts else "undecided"


def surviving(effects: pd.DataFrame, share: float = 0.05) -> pd.Series:
    """Which directional effects stay if at most a share of those that stay may be false.

    Source: Benjamini and Hochberg (1995).

    Parameters
    ----------
    effects
        A table with a column ``p``, missing where an effect has no direction.
    share
        A fraction.
    """
    # Imported here: it takes a second.
    from scipy.stats import false_discovery_control

    p = effects["p"].dropna()
    return pd.Series(false_discovery_control(p) <= share, index=p.index)
