"""Studies: named lists of trials, each answering one question."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dropnorm.experiments import confounds, photographs, replications, storage
from dropnorm.experiments.networks import NETWORKS, PLACES, RATE, TUNED
from dropnorm.experiments.plan import Study, each, in_order
from dropnorm.experiments.records import Record
from dropnorm.experiments.trial import Trial

__all__ = ["NETWORKS", "PLACES", "RATE", "STUDIES", "TUNED", "Study", "chosen", "find", "load"]


def _together() -> Iterator[dict[str, Any]]:
    for n_train in (1_000, 5_000):
        for lr in (0.01, 0.03, 0.1, 0.3, 1.0):
            yield from ({**network, "n_train": n_train, "lr": lr} for network in NETWORKS.values())
    for n_train in (500, 20_000):
        yield from ({**network, "n_train": n_train} for network in TUNED.values())


def _data_size(*sizes: int) -> Iterator[dict[str, Any]]:
    for n_train in sizes:
        yield from ({**TUNED[name], "n_train": n_train} for name in ("plain", "dropout"))


def _dropout_rate() -> tuple[Trial, ...]:
    def at(place: str, rate: float, **more: Any) -> dict[str, Any]:
        return {"lr": 0.03, **more} | ({"dropout": rate, **PLACES[place]} if rate else {})

    rates = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9)
    ten = each(
        10,
        [at("dense", rate) for rate in rates],
        [at(place, 0.1) for place in ("conv elements", "conv channels")],
    )
    places = [
        at(place, rate) for place in ("conv elements", "conv channels", "both") for rate in rates
    ]
    few = each(5, places, [at("dense", rate, n_train=1_000) for rate in rates])
    return in_order(ten + few)


def _learning_rate() -> tuple[Trial, ...]:
    rates = (0.003, 0.01, 0.03, 0.06, 0.1, 0.3, 1.0, 3.0)
    return each(
        10, [{**NETWORKS[name], "lr": lr} for lr in rates for name in ("plain", "batch norm")]
    )


def _init_scale() -> Iterator[dict[str, Any]]:
    for scale in (0.1, 0.3, 1.0, 3.0, 10.0):
        yield from ({**TUNED[name], "init_scale": scale} for name in ("plain", "batch norm"))


def _batch_size() -> Iterator[dict[str, Any]]:
    for batch_size in (2, 4, 8, 16, 32, 64, 128, 256):
        for norm in ("batch", "group", "layer") + (("instance",) if batch_size <= 32 else ()):
            for lr in (0.01, 0.1) if batch_size <= 16 else (0.1,):
                yield {"norm": norm, "batch_size": batch_size, "lr": lr}


def _dropout_order() -> tuple[Trial, ...]:
    def at(rate: float) -> Iterator[dict[str, Any]]:
        everywhere = {
            **TUNED["batch norm"],
            "dropout": rate,
            "dropout_at": "both",
            "probe": "shift",
        }
        yield from ({**everywhere, "dropout_order": order} for order in ("before", "after"))

    behind = [
        TUNED["batch norm"],
        TUNED["both"],
    ]  # no dropout; dropout behind the last batch norm only
    return in_order(each(10, at(0.5), behind) + each(5, at(0.1), at(0.3)))


def _norm_position() -> tuple[Trial, ...]:
    before = [{"norm": "batch", "lr": lr} for lr in (0.03, 0.1, 0.3)]
    return each(
        20,
        before,
        [{"norm": "batch", "norm_at": "after", "lr": lr} for lr in (0.01, 0.03, 0.1, 0.3)],
    )


def _random_labels() -> Iterator[dict[str, Any]]:
    plan = {"n_train": 1_000, "steps": 2_000, "lr": 0.03}
    yield plan
    yield from (
        {**NETWORKS[name], **plan, "random_labels": True}
        for name in ("plain", "dropout", "batch norm")
    )


def _schedule() -> Iterator[dict[str, Any]]:
    for network in TUNED.values():
        yield from ({**network, **plan} for plan in ({}, {"steps": 3_000}))


def _training_probes() -> tuple[Trial, ...]:
    at = [
        {"norm": norm, "lr": 0.03, "probe": "training"} for norm in ("none", "batch", "noisy batch")
    ]
    faster = [{"norm": norm, "lr": 0.1, "probe": "training"} for norm in ("batch", "noisy batch")]
    return in_order(each(10, at) + each(5, faster))


def _deep_linear() -> Iterator[dict[str, Any]]:
    plan = {"model": "mlp", "depth": 24, "hidden": 32, "activation": "none"}
    for lr in (0.001, 0.003, 0.01, 0.03, 0.1):
        yield from ({**plan, "norm": norm, "lr": lr} for norm in ("none", "batch"))


STUDIES = {
    study.name: study
    for study in (
        Study(
            "together",
            "What do dropout, batch norm and both bring at 500 to 20,000 images?",
            each(10, _together()),
        ),
        Study(
            "data-size",
            "How does the gain of dropout change with the amount of data?",
            in_order(
                each(10, _data_size(500, 1_000, 5_000, 20_000)) + each(5, _data_size(2_000, 10_000))
            ),
        ),
        Study(
            "dropout-rate",
            "Which rate, and where: dense layer, convolutions, whole channels?",
            _dropout_rate(),
        ),
        Study(
            "learning-rate",
            "Which learning rates does the CNN bear, with and without batch norm?",
            _learning_rate(),
        ),
        Study(
            "init-scale",
            "Which initial scales does it bear?",
            each(5, _init_scale()),
        ),
        Study(
            "batch-size",
            "Batch, layer, group and instance norm from 2 to 256 images a step",
            each(5, _batch_size()),
        ),
        Study(
            "norm-position",
            "Batch norm before or after the activation?",
            _norm_position(),
        ),
        Study(
            "dropout-order",
            "Dropout before or after batch norm, at several rates?",
            _dropout_order(),
        ),
        Study(
            "random-labels", "Does the CNN fit labels drawn at random?", each(5, _random_labels())
        ),
        Study("seeds", "How much do 50 seeds of one trial differ?", each(50, [TUNED["plain"]])),
        Study("schedule", "Do the gains survive three times as many steps?", each(20, _schedule())),
        Study("training-probes", "What changes inside while a network trains?", _training_probes()),
        Study(
            "deep-linear",
            "Does batch norm help 24 layers without any activation?",
            each(5, _deep_linear()),
        ),
        Study(
            "co-adaptation",
            "How much do networks rely on single units, and how sparse are they?",
            each(10, [{**network, "probe": "units"} for network in TUNED.values()]),
        ),
        Study(
            "averaging",
            "Does weight scaling stand for the vote of many thinned networks?",
            each(10, [{**TUNED[name], "probe": "averaging"} for name in ("dropout", "both")]),
        ),
        *confounds.STUDIES,
        *photographs.STUDIES,
        *replications.STUDIES,
    )
}
"""All studies by name."""


def find(name: str) -> Study:
    """The study of that name.

    Raises
    ------
    ValueError
        There is none; the message lists those there are.
    """
    if name not in STUDIES:
        raise ValueError(f"study {name!r}: expected one of {', '.join(STUDIES)}")
    return STUDIES[name]


def load(name: str, folder: Path = storage.RESULTS) -> list[Record]:
    """The records of a study's trials, in its order; a trial that several studies ask for is stored once, with one of them.

    Raises
    ------
    RecordError
        There is no such folder, or the line of one of the trials is damaged.
    """
    study = find(name)
    stored = storage.find(
        [trial.key for trial in study.trials], folder, storage.path_of(name, folder)
    )
    return chosen(study, stored)


def chosen(study: Study, stored: Mapping[str, Record]) -> list[Record]:
    """Of the records by key those of a study's trials, in its order."""
    return [stored[trial.key] for trial in study.trials if trial.key in stored]
