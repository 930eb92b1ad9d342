"""Studies that take apart what an earlier comparison had let differ at once, and that test the reasons given for a result.

``order-fair`` and ``passes`` choose each arm's learning rate with a pilot: three rates, two seeds that are used nowhere
else, the best on validation.
"""

from collections.abc import Iterator
from itertools import product
from typing import Any

from dropnorm.experiments.networks import NETWORKS, PLACES, RATE, TUNED
from dropnorm.experiments.plan import PILOT_SEEDS, Study, each

ORDERS = ("before", "before pool", "after")
"""Dropout in every block: right before batch norm; behind norm and activation, before the pooling; behind the pooling."""

ORDER_RATES = {
    ("before", 0.3): 0.3,
    ("before", 0.5): 0.3,
    ("before pool", 0.3): 0.1,
    ("before pool", 0.5): 0.1,
    ("after", 0.3): 0.1,
    ("after", 0.5): 0.1,
}
"""Learning rate of each (place, p): in the pilot the best on validation with new statistics."""

SHARED_RATE = 0.1
"""Of a second comparison, at one rate for all."""

MANY_PASSES = {"n_train": 20_000, "steps": 12_500}
"""40 passes over 20,000 images."""

PASSES_RATES = {
    "plain": (0.01, 0.03, 0.1),
    "dropout": (0.01, 0.03, 0.1),
    "batch norm": (0.03, 0.1, 0.3),
    "both": (0.03, 0.1, 0.3),
}
"""Learning rates that the pilot of ``passes`` tries."""

LARGE_RATE = {**NETWORKS["both"], "lr": 1.0}
"""Where dropout takes away what batch norm bears alone."""

MENDS: dict[str, dict[str, Any]] = {
    "batch norm alone": {**NETWORKS["batch norm"], "lr": 1.0},
    "both": LARGE_RATE,
    "p = 0.1": {**LARGE_RATE, "dropout": 0.1},
    "p = 0.3": {**LARGE_RATE, "dropout": 0.3},
    "gradient clipped": {**LARGE_RATE, "clip_norm": 1.0},
    "logits at a tenth": {**LARGE_RATE, "logits_rate": 0.1},
    "norm after the logits": {**LARGE_RATE, "norm_logits": True},
}
"""Arms of the study ``tolerance``."""

MENDS_ALONE: dict[str, dict[str, Any]] = {
    name: {**MENDS[name], "dropout": 0.0} for name in ("logits at a tenth", "norm after the logits")
}
"""What brings *both* back, on batch norm alone: is it ahead of batch norm because of dropout, or because of the mend?"""


def _order(place: str, p: float) -> dict[str, Any]:
    return {
        "norm": "batch",
        "dropout": p,
        "dropout_at": "both",
        "dropout_order": place,
        "probe": "recalibration",
    }


def _order_rates() -> Iterator[dict[str, Any]]:
    yield from (
        {**_order(place, p), "lr": lr}
        for place, p, lr in product(ORDERS, (0.3, 0.5), (0.03, 0.1, 0.3))
    )


def _order_fair() -> Iterator[dict[str, Any]]:
    for (place, p), lr in ORDER_RATES.items():
        yield from ({**_order(place, p), "lr": rate} for rate in sorted({lr, SHARED_RATE}))


def _places() -> Iterator[dict[str, Any]]:
    plan = {"n_train": 1_000, "lr": RATE["dropout"]}
    yield plan
    for p in (0.03, 0.05, 0.1, 0.3, 0.5):
        yield {**plan, "dropout_input": p}
        yield from (
            {**plan, "dropout": p, **PLACES[name]}
            for name in ("dense", "conv elements", "conv channels")
        )


def _passes_rates() -> Iterator[dict[str, Any]]:
    for name, network in NETWORKS.items():
        yield from ({**network, **MANY_PASSES, "lr": lr} for lr in PASSES_RATES[name])


def _calibration() -> Iterator[dict[str, Any]]:
    for steps in (1_000, 3_000):
        yield from (
            {**network, "steps": steps, "probe": "calibration"} for network in TUNED.values()
        )


def _ensembles() -> Iterator[dict[str, Any]]:
    """Five networks apart; and one network with the training of two and of five."""
    yield from ({**TUNED[name], "probe": "ensemble"} for name in ("plain", "dropout"))
    yield from (
        {**TUNED[name], "steps": steps} for steps in (2_000, 5_000) for name in ("plain", "dropout")
    )


def _subsets() -> Iterator[dict[str, Any]]:
    """Eight parts of the training images that have no image in common."""
    for subset in range(8):
        yield from (
            {**TUNED[name], "n_train": 500, "subset": subset} for name in ("plain", "dropout")
        )


STUDIES = (
    Study(
        "answers",
        "How much of an interval's noise is that of the test images, which more seeds do not average out?",
        each(10, [{**network, "probe": "answers"} for network in TUNED.values()]),
    ),
    Study(
        "subsets",
        "Does the gain of dropout depend on which 500 images it is trained on?",
        each(5, _subsets()),
    ),
    Study(
        "order-fair-rates",
        "Which learning rate for dropout before batch norm, behind it, and behind the pooling?",
        each(PILOT_SEEDS, _order_rates()),
        pilot=True,
    ),
    Study(
        "order-fair",
        "Dropout before batch norm, behind it and behind the pooling, with new statistics, each at its own rate",
        each(10, _order_fair()),
    ),
    Study(
        "places",
        "Dropout of input, dense layer, convolutions or whole channels: where, at which rate, on 1,000 images?",
        each(10, _places()),
    ),
    Study(
        "tolerance",
        "Why does dropout take away batch norm's tolerance of large learning rates?",
        each(10, [{**arm, "probe": "units"} for arm in MENDS.values()]),
    ),
    Study(
        "tolerance-alone",
        "What do a slower last layer, and a norm behind it, bring batch norm without dropout at that learning rate?",
        each(10, [{**arm, "probe": "units"} for arm in MENDS_ALONE.values()]),
    ),
    Study(
        "passes-rates",
        "Which learning rate for 40 passes over 20,000 images?",
        each(PILOT_SEEDS, _passes_rates()),
        pilot=True,
    ),
    Study(
        "calibration",
        "Are the four networks' probabilities right, and what do 50 masks bring?",
        each(10, _calibration()),
    ),
    Study(
        "ensembles",
        "What do networks trained apart bring, beside dropout at the same cost?",
        each(10, _ensembles()),
    ),
)
