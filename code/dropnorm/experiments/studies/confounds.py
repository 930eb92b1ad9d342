"""Studies of confounds: what an earlier comparison had let differ at once, and reasons tested.

ORDER_FAIR and PASSES choose each arm's learning rate with a pilot: two seeds that are used nowhere
else, on validation.
"""

from collections.abc import Iterator
from itertools import product
from typing import Any

from dropnorm.experiments.studies.networks import NETWORKS, PLACES, RATE, TUNED, at_own_rates
from dropnorm.experiments.study import PILOT_SEEDS, Study, with_seeds

ANSWERS = Study(
    "answers",
    "How much of an interval's noise is that of the test images, which more seeds do not average"
    " out?",
    with_seeds(10, [{**network, "probe": "answers"} for network in TUNED.values()]),
)


def _subsets() -> Iterator[dict[str, Any]]:
    """Eight parts of the training images that have no image in common."""
    for subset in range(8):
        for name in ("plain", "dropout"):
            yield {**TUNED[name], "n_train": 500, "subset": subset}


SUBSETS = Study(
    "subsets",
    "Does the gain of dropout depend on which 500 images it is trained on?",
    with_seeds(5, _subsets()),
)

# Dropout in every block: right before batch norm; after norm and activation, before the pooling;
# after the pooling.
ORDERS = ("before", "before pool", "after")

# Learning rate of each (place, p): in the pilot the best on validation with new statistics.
ORDER_RATES = {
    ("before", 0.3): 0.3,
    ("before", 0.5): 0.3,
    ("before pool", 0.3): 0.1,
    ("before pool", 0.5): 0.1,
    ("after", 0.3): 0.1,
    ("after", 0.5): 0.1,
}

# Of a second comparison, at one rate for all.
SHARED_RATE = 0.1


def _order(place: str, p: float, lr: float) -> dict[str, Any]:
    dropout = {"dropout": p, "dropout_at": "both", "dropout_order": place}
    return {"norm": "batch", **dropout, "probe": "recalibration", "lr": lr}


def _order_fair() -> Iterator[dict[str, Any]]:
    for (place, p), own_rate in ORDER_RATES.items():
        for lr in sorted({own_rate, SHARED_RATE}):
            yield _order(place, p, lr)


ORDER_FAIR_RATES = Study(
    "order-fair-rates",
    "Which learning rate for dropout before batch norm, after it, and after the pooling?",
    with_seeds(
        PILOT_SEEDS,
        [_order(place, p, lr) for place, p, lr in product(ORDERS, (0.3, 0.5), (0.03, 0.1, 0.3))],
    ),
    pilot=True,
)

ORDER_FAIR = Study(
    "order-fair",
    "Dropout before batch norm, after it and after the pooling, with new statistics, each at its"
    " own rate",
    with_seeds(10, _order_fair()),
)


def _places() -> Iterator[dict[str, Any]]:
    few_images = {"n_train": 1_000, "lr": RATE["dropout"]}
    yield few_images
    for p in (0.03, 0.05, 0.1, 0.3, 0.5):
        yield {**few_images, "dropout_input": p}
        for name in ("dense", "conv elements", "conv channels"):
            yield {**few_images, "dropout": p, **PLACES[name]}


PLACES_OF_DROPOUT = Study(
    "places",
    "Dropout of input, dense layer, convolutions or whole channels: where, at which rate, on 1,000"
    " images?",
    with_seeds(10, _places()),
)

# Where dropout takes away what batch norm bears alone.
LARGE_RATE = {**NETWORKS["both"], "lr": 1.0}

# Arms of the study TOLERANCE.
MENDS: dict[str, dict[str, Any]] = {
    "batch norm alone": {**NETWORKS["batch norm"], "lr": 1.0},
    "both": LARGE_RATE,
    "p = 0.1": {**LARGE_RATE, "dropout": 0.1},
    "p = 0.3": {**LARGE_RATE, "dropout": 0.3},
    "gradient clipped": {**LARGE_RATE, "clip_norm": 1.0},
    "logits at a tenth": {**LARGE_RATE, "logits_rate": 0.1},
    "norm after the logits": {**LARGE_RATE, "norm_logits": True},
}

TOLERANCE = Study(
    "tolerance",
    "Why does dropout take away batch norm's tolerance of large learning rates?",
    with_seeds(10, [{**arm, "probe": "units"} for arm in MENDS.values()]),
)

# What brings *both* back, on batch norm alone: is it ahead of batch norm because of dropout, or
# because of the mend?
MENDS_ALONE: dict[str, dict[str, Any]] = {
    name: {**MENDS[name], "dropout": 0.0} for name in ("logits at a tenth", "norm after the logits")
}

TOLERANCE_ALONE = Study(
    "tolerance-alone",
    "What do a slower last layer, and a norm after it, bring batch norm without dropout at that"
    " learning rate?",
    with_seeds(10, [{**arm, "probe": "units"} for arm in MENDS_ALONE.values()]),
)

# 40 passes over 20,000 images.
MANY_PASSES = {"n_train": 20_000, "steps": 12_500}

# Learning rates that the pilot tries.
PASSES_TRIED = {
    "plain": (0.003, 0.01, 0.03, 0.1),
    "dropout": (0.003, 0.01, 0.03, 0.1),
    "batch norm": (0.01, 0.03, 0.1, 0.3, 1.0),
    "both": (0.03, 0.1, 0.3),
}

PASSES_RATES = Study(
    "passes-rates",
    "Which learning rate for 40 passes over 20,000 images?",
    with_seeds(
        PILOT_SEEDS,
        [
            {**network, **MANY_PASSES, "lr": lr}
            for name, network in NETWORKS.items()
            for lr in PASSES_TRIED[name]
        ],
    ),
    pilot=True,
)

# By the rule of ``statistics.best_setting``.
PASSES_RATE = {"plain": 0.01, "dropout": 0.01, "batch norm": 0.03, "both": 0.1}

PASSES = Study(
    "passes",
    "What do dropout and batch norm bring with many images and many passes over them?",
    with_seeds(10, at_own_rates(PASSES_RATE, **MANY_PASSES).values()),
)

CALIBRATION = Study(
    "calibration",
    "Are the four networks' probabilities right, and what do 50 masks bring?",
    with_seeds(
        10,
        [
            {**network, "steps": steps, "probe": "calibration"}
            for steps in (1_000, 3_000)
            for network in TUNED.values()
        ],
    ),
)

UNFAMILIAR = Study(
    "unfamiliar",
    "What do four networks say of clothes turned round and in fog; what do new statistics bring?",
    with_seeds(10, [{**network, "probe": "unfamiliar"} for network in TUNED.values()]),
)


def _ensembles() -> Iterator[dict[str, Any]]:
    """Five networks apart; and one network with the training of two and of five."""
    for name in ("plain", "dropout"):
        yield {**TUNED[name], "probe": "ensemble"}
    for steps in (2_000, 5_000):
        for name in ("plain", "dropout"):
            yield {**TUNED[name], "steps": steps}


ENSEMBLES = Study(
    "ensembles",
    "What do networks trained apart bring, beside dropout at the same cost?",
    with_seeds(10, _ensembles()),
)
