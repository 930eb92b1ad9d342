"""Sentences of this course's own, held to the same rule: 20 and 21."""

from collections.abc import Iterator

import pandas as pd

from dropnorm.claims.contrasts import POINTS, arms, images
from dropnorm.claims.effects import Effect, difference
from dropnorm.claims.verdict import Claim
from dropnorm.experiments import results, studies
from dropnorm.experiments.studies.confounds import MENDS, MENDS_ALONE

LARGE = f"{images(5_000)}, rate 1"


def _lost_tolerance() -> Iterator[Effect]:
    """What dropout costs batch norm; what mends of the last layer bring back, and cost then."""
    tried = results.accuracies(studies.TOLERANCE, MENDS, probe="units")
    alone = results.accuracies(studies.TOLERANCE_ALONE, MENDS_ALONE, probe="units")
    quantity = f"batch norm − both, {POINTS}"
    for arm, p in (("both", 0.5), ("p = 0.3", 0.3), ("p = 0.1", 0.1)):
        yield difference(tried["batch norm alone"], tried[arm], f"{LARGE}, p = {p}", quantity)
    for n, lr in ((1_000, 1.0), (1_000, 0.3), (5_000, 0.3)):
        query = f"norm == 'batch' and n_train == {n} and lr == {lr}"
        four = arms(studies.TOGETHER, query, "condition")
        setting = f"{images(n)}, rate {lr:g}, p = 0.5"
        yield difference(four["batch norm"], four["both"], setting, quantity)
    mends = {
        "logits at a tenth": "the last layer at a tenth of the rate",
        "norm after the logits": "a norm after the last layer",
    }
    for arm, mend in mends.items():
        setting = f"brought back by {mend}"
        yield difference(tried[arm], tried["both"], setting, f"both with it − both, {POINTS}")
        yield difference(alone[arm], tried[arm], f"what dropout costs with {mend}", quantity)


def _averages() -> Iterator[Effect]:
    """Plain networks trained apart and averaged, against dropout with the steps of all of them."""
    apart = results.columns(
        [run for run in results.records(studies.ENSEMBLES) if run.trial.probe == "ensemble"],
        lambda run: run.trial.condition,
        lambda run: run.probe["accuracy"],
    )

    def average(network: str, members: int) -> pd.Series:
        return apart[network].map(lambda accuracies: 100 * accuracies[members - 1])

    one = average("dropout", 1)
    for members, words in ((2, "two"), (5, "five")):
        steps = 1_000 * members
        longer = arms(studies.ENSEMBLES, f"steps == {steps}", "condition")["dropout"]
        setting = f"{words} plain networks, {steps:,} steps in all"
        quantity = f"their average − dropout, {POINTS}"
        yield difference(average("plain", members), longer, setting, quantity)
        setting = f"{words} networks with dropout"
        quantity = f"their average − one of them, {POINTS}"
        yield difference(average("dropout", members), one, setting, quantity)


FINDINGS = (
    Claim(
        number=20,
        text="Dropout takes away batch norm's tolerance of large learning rates.",
        measure=_lost_tolerance,
        studies=(studies.TOLERANCE, studies.TOLERANCE_ALONE, studies.TOGETHER),
        primary=f"{LARGE}, p = 0.5",
        reason="the rate that batch norm alone bears, with the rate of dropout that texts name "
        "first, in a study made to test this sentence",
        separation="how large the rate is: 1, or 0.3",
    ),
    Claim(
        number=21,
        text="Averaging networks trained apart brings more accuracy than dropout with as many "
        "steps.",
        measure=_averages,
        studies=(studies.ENSEMBLES,),
        primary="two plain networks, 2,000 steps in all",
        reason="the smallest average there is; more networks bring more",
    ),
)
