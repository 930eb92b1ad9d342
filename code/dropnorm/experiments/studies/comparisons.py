"""What dropout and batch norm bring: the course's main comparisons."""

from collections.abc import Iterator
from typing import Any

from dropnorm.experiments.studies.networks import NETWORKS, PLACES, TUNED
from dropnorm.experiments.study import Study, in_order, with_seeds
from dropnorm.experiments.trial import Trial


def _together() -> Iterator[dict[str, Any]]:
    for n_train in (1_000, 5_000):
        for lr in (0.01, 0.03, 0.1, 0.3, 1.0):
            for network in NETWORKS.values():
                yield {**network, "n_train": n_train, "lr": lr}
    for n_train in (500, 20_000):
        for network in TUNED.values():
            yield {**network, "n_train": n_train}


TOGETHER = Study(
    "together",
    "What do dropout, batch norm and both bring at 500 to 20,000 images?",
    with_seeds(10, _together()),
)


def _data_size(*sizes: int) -> Iterator[dict[str, Any]]:
    for n_train in sizes:
        for name in ("plain", "dropout"):
            yield {**TUNED[name], "n_train": n_train}


DATA_SIZE = Study(
    "data-size",
    "How does the gain of dropout change with the amount of data?",
    in_order(
        with_seeds(10, _data_size(500, 1_000, 5_000, 20_000))
        + with_seeds(5, _data_size(2_000, 10_000))
    ),
)


def _dropout_rate() -> tuple[Trial, ...]:
    def setting(place: str, rate: float, **more: Any) -> dict[str, Any]:
        return {"lr": 0.03, **more} | ({"dropout": rate, **PLACES[place]} if rate else {})

    rates = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9)
    dense = [setting("dense", rate) for rate in rates]
    gentle = [setting(place, 0.1) for place in ("conv elements", "conv channels")]
    elsewhere = [
        setting(place, rate)
        for place in ("conv elements", "conv channels", "both")
        for rate in rates
    ]
    few_images = [setting("dense", rate, n_train=1_000) for rate in rates]
    return in_order(with_seeds(10, dense, gentle) + with_seeds(5, elsewhere, few_images))


DROPOUT_RATE = Study(
    "dropout-rate",
    "Which rate, and where: dense layer, convolutions, whole channels?",
    _dropout_rate(),
)


LEARNING_RATE = Study(
    "learning-rate",
    "Which learning rates does the CNN bear, with and without batch norm?",
    with_seeds(
        10,
        [
            {**NETWORKS[name], "lr": lr}
            for lr in (0.003, 0.01, 0.03, 0.06, 0.1, 0.3, 1.0, 3.0)
            for name in ("plain", "batch norm")
        ],
    ),
)


INIT_SCALE = Study(
    "init-scale",
    "Which initial scales does it bear?",
    with_seeds(
        5,
        [
            {**TUNED[name], "init_scale": scale}
            for scale in (0.1, 0.3, 1.0, 3.0, 10.0)
            for name in ("plain", "batch norm")
        ],
    ),
)


def _batch_size() -> Iterator[dict[str, Any]]:
    for batch_size in (2, 4, 8, 16, 32, 64, 128, 256):
        small = batch_size <= 16
        for norm in ("batch", "group", "layer", "instance"):
            if norm == "instance" and batch_size > 32:
                continue
            for lr in (0.01, 0.1) if small else (0.1,):
                yield {"norm": norm, "batch_size": batch_size, "lr": lr}


BATCH_SIZE = Study(
    "batch-size",
    "Batch, layer, group and instance norm from 2 to 256 images a step",
    with_seeds(5, _batch_size()),
)


def _norm_position() -> Iterator[dict[str, Any]]:
    for lr in (0.03, 0.1, 0.3):
        yield {"norm": "batch", "lr": lr}
    for lr in (0.01, 0.03, 0.1, 0.3):
        yield {"norm": "batch", "norm_at": "after", "lr": lr}


NORM_POSITION = Study(
    "norm-position",
    "Batch norm before or after the activation?",
    with_seeds(20, _norm_position()),
)


def _dropout_order() -> tuple[Trial, ...]:
    def orders(rate: float) -> Iterator[dict[str, Any]]:
        everywhere = {"dropout": rate, "dropout_at": "both", "probe": "shift"}
        for order in ("before", "after"):
            yield {**TUNED["batch norm"], **everywhere, "dropout_order": order}

    # no dropout; dropout after the last batch norm only
    after = [TUNED["batch norm"], TUNED["both"]]
    return in_order(with_seeds(10, orders(0.5), after) + with_seeds(5, orders(0.1), orders(0.3)))


DROPOUT_ORDER = Study(
    "dropout-order",
    "Dropout before or after batch norm, at several rates?",
    _dropout_order(),
)


def _random_labels() -> Iterator[dict[str, Any]]:
    plan = {"n_train": 1_000, "steps": 2_000, "lr": 0.03}
    yield plan
    for name in ("plain", "dropout", "batch norm"):
        yield {**NETWORKS[name], **plan, "random_labels": True}


RANDOM_LABELS = Study(
    "random-labels",
    "Does the CNN fit labels drawn at random?",
    with_seeds(5, _random_labels()),
)


SEEDS = Study(
    "seeds",
    "How much do 50 seeds of one trial differ?",
    with_seeds(50, [TUNED["plain"]]),
)


def _schedule() -> Iterator[dict[str, Any]]:
    for network in TUNED.values():
        yield network
        yield {**network, "steps": 3_000}


SCHEDULE = Study(
    "schedule",
    "Do the gains survive three times as many steps?",
    with_seeds(20, _schedule()),
)


def _training_probes() -> tuple[Trial, ...]:
    def networks(lr: float, *norms: str) -> Iterator[dict[str, Any]]:
        for norm in norms:
            yield {"norm": norm, "lr": lr, "probe": "training"}

    return in_order(
        with_seeds(10, networks(0.03, "none", "batch", "noisy batch"))
        + with_seeds(5, networks(0.1, "batch", "noisy batch"))
    )


TRAINING_PROBES = Study(
    "training-probes",
    "What changes inside while a network trains?",
    _training_probes(),
)


def _deep_linear() -> Iterator[dict[str, Any]]:
    deep = {"model": "mlp", "depth": 24, "hidden": 32, "activation": "none"}
    for lr in (0.001, 0.003, 0.01, 0.03, 0.1):
        for norm in ("none", "batch"):
            yield {**deep, "norm": norm, "lr": lr}


DEEP_LINEAR = Study(
    "deep-linear",
    "Does batch norm help 24 layers without any activation?",
    with_seeds(5, _deep_linear()),
)


CO_ADAPTATION = Study(
    "co-adaptation",
    "How much do networks rely on single units, and how sparse are they?",
    with_seeds(10, [{**network, "probe": "units"} for network in TUNED.values()]),
)


AVERAGING = Study(
    "averaging",
    "Does weight scaling stand for the vote of many thinned networks?",
    with_seeds(10, [{**TUNED[name], "probe": "averaging"} for name in ("dropout", "both")]),
)
