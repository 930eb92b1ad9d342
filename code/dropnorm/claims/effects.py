"""The figures that test a claim: a measured effect with its interval, or an identity.

A figure is a mean over seeds with its t interval. Where sound and lost runs mix in an arm, and for
ratios of steps, it is a median with the interval between two order statistics: the mean of
{0, +77} says nothing.
"""

from dataclasses import dataclass
from functools import cached_property
from math import inf, isinf
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import bdtr, stdtr

from dropnorm.experiments.statistics import Interval, has_lost_runs, mean_interval, median_interval


class Range(NamedTuple):
    """Where a figure lies if its claim is right."""

    low: float
    high: float


# A gain, a reduction, and a ratio of steps.
ABOVE, BELOW, FASTER = Range(0, inf), Range(-inf, 0), Range(1, inf)

# It makes no difference: less than half a point of accuracy. Two single runs of *one* network lie
# further apart than that in a fifth of all cases, so that nobody with one run of each could see
# it; and it is half of what either layer brings.
EQUAL = Range(-0.5, 0.5)

# The same for a loss in nats: half a point is a 27th of these networks' error of 13.7 %, this of
# their loss of 0.4.
EQUAL_LOSS = Range(-0.015, 0.015)

# A median is at 0 if it is a quarter of a standard deviation away at most: then a tenth of a
# normal unit's values change sides of the ReLU's threshold.
CENTRED = Range(0, 0.25)

# Nothing but rounding in float64.
EXACT = Range(-1e-9, 1e-9)


@dataclass(frozen=True)
class Identity:
    """A consequence of what a layer is, checked on the layer itself.

    Parameters
    ----------
    setting
        What tells it from the claim's other figures.
    quantity
        What was computed, with its unit.
    value
        The worst case of all draws.
    claimed
        Where it lies if the layer is what it is said to be.
    """

    setting: str
    quantity: str
    value: float
    claimed: Range = EXACT

    @property
    def supports(self) -> bool:
        """Whether it lies there."""
        return self.claimed.low <= self.value <= self.claimed.high

    def __str__(self) -> str:
        return "0 to rounding" if self.claimed == EXACT and self.supports else f"{self.value:.2f}"


@dataclass(frozen=True, eq=False)
class Effect:
    """One measured figure with its interval, in one setting.

    Parameters
    ----------
    setting
        What tells it from the claim's other figures.
    quantity
        What was measured, with its unit.
    values
        A number for each seed.
    claimed
        Where the figure lies if the claim is right.
    median
        Whether the figure is the median of the values; else their mean.
    """

    setting: str
    quantity: str
    values: np.ndarray
    claimed: Range
    median: bool = False

    @cached_property
    def interval(self) -> Interval:
        """Mean with its t interval, or median with the interval between two order statistics."""
        return median_interval(self.values) if self.median else mean_interval(self.values)

    @property
    def supports(self) -> bool:
        """Whether the whole interval lies where the claim says."""
        low, high = self.claimed
        return low < self.interval.low and (self.interval.high < high or isinf(high))

    @property
    def contradicts(self) -> bool:
        """Whether the whole interval lies elsewhere."""
        return self.interval.high < self.claimed.low or self.interval.low > self.claimed.high

    @property
    def directional(self) -> bool:
        """Whether the claim says a direction, and not that two things are equal."""
        return isinf(self.claimed.low) or isinf(self.claimed.high)

    @property
    def p(self) -> float:
        """Probability of values as far from the claim's one bound if the truth lies on it.

        By the t test, or for a median by the sign test.
        """
        (bound,) = (end for end in self.claimed if not isinf(end))
        distance = self.values - bound
        n = len(distance)
        if self.median:
            fewer = min(n - (distance > 0).sum(), n - (distance < 0).sum())
            return float(min(1.0, 2 * bdtr(fewer, n, 0.5)))
        error = distance.std(ddof=1) / np.sqrt(n)
        if not error:
            return float(distance.mean() == 0)
        return float(2 * stdtr(n - 1, -abs(distance.mean()) / error))

    def __str__(self) -> str:
        """The figure with as many digits as its interval bears."""
        mean, low, high, n = self.interval
        half = (high - low) / 2
        if max(abs(low), abs(mean)) >= 20:
            digits = 1
        else:
            digits = 2 if half >= 0.02 else 3 if half >= 0.002 else 4
        # A ratio and a magnitude have no sign to show.
        sign = "" if self.claimed in (FASTER, CENTRED) else "+"
        text = f"{self.interval:{sign}z.{digits}f}, {n} seeds"
        return f"{text} (median)" if self.median else text


def difference(
    a: pd.Series, b: pd.Series, setting: str, quantity: str, claimed: Range = ABOVE
) -> Effect:
    """Arm ``a`` minus arm ``b`` over the seeds of both: the median if an arm has lost runs.

    Parameters
    ----------
    a, b
        Accuracies in percent, by seed.
    setting, quantity, claimed
        As an ``Effect`` has them.
    """
    both = pd.concat({"a": a, "b": b}, axis=1).dropna()
    median = any(has_lost_runs(both[arm].to_numpy()) for arm in both)
    values = (both["a"] - both["b"]).to_numpy()
    return Effect(setting, quantity, values, claimed, median=median)
