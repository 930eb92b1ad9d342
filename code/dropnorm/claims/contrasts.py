"""Contrasts of trained networks that several claims read.

Many are contrasts of the same 160 networks of the study ``together``: they are not independent of
each other. Where two networks both fit all their training images, the change of the gap between
training and test *is* the change of accuracy with its sign turned, and where they do not, gaps
cannot be compared: so no gap is read.
"""

import pandas as pd

from dropnorm.claims.effects import ABOVE, Effect, Range, difference
from dropnorm.experiments import results, studies
from dropnorm.experiments.study import Study
from dropnorm.experiments.trial import Trial

# Training images in the study ``together``.
SIZES = (500, 1_000, 5_000, 20_000)

# Training images and steps of those that were trained for longer than its 1,000 steps.
LONGER = {(5_000, 3_000): studies.SCHEDULE, (20_000, 12_500): studies.PASSES}

# All settings of the four networks: training images and steps.
SETTINGS = (*((n, 1_000) for n in SIZES), *LONGER)

POINTS = "points of test accuracy"


def images(n: int, steps: int = 1_000) -> str:
    """A setting in words; a pass shows every image once."""
    return f"{n:,} images, {Trial(n_train=n, steps=steps).passes:.3g} passes"


def arms(study: Study, query: str, column: str) -> pd.DataFrame:
    """Test accuracy in percent in the rows that a query selects, a column for each arm."""
    return results.wide(results.table(study).query(query), column)


def four_networks(n: int, steps: int = 1_000) -> pd.DataFrame:
    """Test accuracy in percent of the 2×2 in one of the SETTINGS."""
    if steps == 1_000:
        return results.four_networks(n)
    return arms(LONGER[n, steps], f"n_train == {n} and steps == {steps}", "condition")


def gain(
    a: str, b: str, n: int, steps: int = 1_000, prefix: str = "", claimed: Range = ABOVE
) -> Effect:
    """One of the four networks minus another."""
    four = four_networks(n, steps)
    return difference(four[a], four[b], prefix + images(n, steps), f"{a} − {b}, {POINTS}", claimed)


def gains(a: str, b: str) -> list[Effect]:
    """The same in all SETTINGS."""
    return [gain(a, b, n, steps) for n, steps in SETTINGS]


def after_the_norm(setting: str) -> Effect:
    """Dropout after batch norm minus dropout right before it; nothing else differs."""
    places = arms(studies.ORDER_FAIR, "dropout == 0.5 and lr == 0.1", "dropout_order")
    quantity = f"p = 0.5, 5,000 images, rate 0.1, {POINTS}"
    return difference(places["before pool"], places["before"], setting, quantity)
