"""Claims about batch norm that need trained networks: 10 to 16."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from dropnorm.claims.contrasts import LONGER, POINTS, SETTINGS, arms, four_networks, gain, images
from dropnorm.claims.effects import (
    ABOVE,
    BELOW,
    CENTRED,
    EQUAL,
    FASTER,
    Effect,
    difference,
)
from dropnorm.claims.verdict import Claim
from dropnorm.experiments import results, statistics, studies


def _looks(norm: str, name: str, lr: float) -> dict[int, np.ndarray]:
    """By seed, what a training probe measured: a row a look at the network."""
    return {
        run.trial.seed: np.array(run.probe[name])
        for run in results.records(studies.TRAINING_PROBES)
        if run.trial.norm == norm and run.trial.lr == lr
    }


def _centres() -> Iterator[Effect]:
    """One unit's inputs to the ReLU after batch norm, in standard deviations at the start."""
    looks = _looks("batch", "percentiles", 0.03).values()
    # At each look the 15th percentile, the median, and the 85th.
    medians = np.abs([look[:, 1] for look in looks])
    settings = {
        "over the whole training": medians.mean(axis=1),
        "at the end of training": medians[:, -1],
        "where it is farthest": medians.max(axis=1),
    }
    for setting, values in settings.items():
        quantity = "|median| of one unit's input to the ReLU"
        yield Effect(setting, quantity, values, CENTRED, median=True)


def _mean_over_looks(norm: str, name: str, lr: float = 0.03) -> pd.Series:
    return pd.Series({seed: look.mean() for seed, look in _looks(norm, name, lr).items()})


def _covariate_shift() -> Iterator[Effect]:
    cosine = _mean_over_looks("batch", "covariate") - _mean_over_looks("none", "covariate")
    yield Effect(
        "by the gradients",
        "batch norm − plain, cosine between gradients before and after earlier layers' step",
        cosine.dropna().to_numpy(),
        ABOVE,
    )
    # Of the layers' movements the dense layer's, the third.
    batch, none = (
        pd.Series({seed: look[:, 2].mean() for seed, look in _looks(norm, "moved", 0.03).items()})
        for norm in ("batch", "none")
    )
    yield Effect(
        "by the distribution after the norm, which only γ and β can move",
        "batch norm − plain, movement of the dense layer's inputs in standard deviations",
        (batch - none).dropna().to_numpy(),
        BELOW,
    )


def _speed() -> Iterator[Effect]:
    for n in (5_000, 1_000):
        own = results.own_rates(n)
        rates = {"own rates": own, "shared rate 0.03": dict.fromkeys(own, 0.03)}
        for name, rate in rates.items():
            ratio = results.speed_up(results.at_rates(n, rate)).to_numpy()
            quantity = "steps to 80 %: plain / batch norm"
            yield Effect(f"{images(n)}, {name}", quantity, ratio, FASTER, median=True)
    yield gain("batch norm", "plain", 5_000, prefix="the end, at the same own rates, ")
    change = _mean_over_looks("none", "change") - _mean_over_looks("batch", "change", 0.1)
    yield Effect(
        "stability of the gradient, own rates",
        "plain − batch norm, relative change of the gradient within four learning rates",
        change.dropna().to_numpy(),
        ABOVE,
    )


def _usable_rates(edge: str) -> np.ndarray:
    """Batch norm − plain by seed, in decades: highest usable rate ("max"), or their "width"."""
    edges = statistics.usable(results.table(studies.LEARNING_RATE))[edge]
    return (edges.loc["batch norm"] - edges.loc["plain"]).dropna().to_numpy()


DECADES = "batch norm − plain, decades of learning rate"


def _higher_rates() -> Iterator[Effect]:
    yield Effect("highest rate within a point of the best", DECADES, _usable_rates("max"), ABOVE)
    for lr in (0.1, 0.3, 1.0):
        norms = arms(studies.LEARNING_RATE, f"lr == {lr}", "norm")
        quantity = f"batch norm − plain, {POINTS}"
        yield difference(norms["batch"], norms["none"], f"at rate {lr:g}", quantity)


def _regularisation() -> Iterator[Effect]:
    for n, steps in ((500, 1_000), (1_000, 1_000), *LONGER):
        yield gain("batch norm", "plain", n, steps, prefix="it regularises at equal fit: ")
    for n, steps in SETTINGS:
        four = four_networks(n, steps)
        added = four["both"] - four["batch norm"] - four["dropout"] + four["plain"]
        quantity = "what dropout adds with batch norm − without, points"
        yield Effect(f"need for dropout: {images(n, steps)}", quantity, added.to_numpy(), BELOW)


def _robustness() -> Iterator[Effect]:
    setting = "width of the rates within a point of the best"
    yield Effect(setting, DECADES, _usable_rates("width"), ABOVE)
    usual = arms(studies.INIT_SCALE, "init_scale == 1", "norm")
    for scale in (0.1, 0.3, 3.0, 10.0):
        lost = usual - arms(studies.INIT_SCALE, f"init_scale == {scale}", "norm")
        quantity = "points lost against scale 1: plain − batch norm"
        yield difference(lost["none"], lost["batch"], f"initial scale {scale:g}", quantity)


def _positions() -> Iterator[Effect]:
    rows = results.table(studies.NORM_POSITION)
    settings = {
        "each at its own rate": statistics.best_setting(rows, "lr", ["norm_at"]),
        "at rate 0.3": rows.query("lr == 0.3"),
    }
    for setting, selected in settings.items():
        places = results.wide(selected, "norm_at")
        quantity = f"after − before, {POINTS}"
        yield difference(places["after"], places["before"], setting, quantity, EQUAL)


CLAIMS = (
    Claim(
        number=10,
        text="so that inputs are centred at 0.",
        measure=_centres,
        studies=(studies.TRAINING_PROBES,),
        primary="over the whole training",
        reason="before training it is an identity; then γ and β may move the centre, and the "
        "sentence says that they do not",
    ),
    Claim(
        number=11,
        text="It keeps each layer's input distribution the same whatever the layers before do: "
        "it reduces internal covariate shift.",
        measure=_covariate_shift,
        studies=(studies.TRAINING_PROBES,),
        primary="by the gradients",
        reason="after the norm mean and variance stand still by construction; what earlier "
        "layers do to the gradient does not",
    ),
    Claim(
        number=12,
        text="It stabilises and accelerates training,",
        measure=_speed,
        studies=(studies.TOGETHER, studies.TRAINING_PROBES),
        primary=f"{images(5_000)}, own rates",
        reason="each network at the rate that suits it, in the course's standard setting",
    ),
    Claim(
        number=13,
        text="allows higher learning rates,",
        measure=_higher_rates,
        studies=(studies.LEARNING_RATE,),
        primary="highest rate within a point of the best",
        reason="allowed is a rate at which the network still does about its best",
    ),
    Claim(
        number=14,
        text="regularises a little and reduces the need for dropout,",
        measure=_regularisation,
        studies=(studies.TOGETHER, studies.SCHEDULE, studies.PASSES),
        primary=f"need for dropout: {images(1_000)}",
        reason="where dropout has a sure gain to lose, and both networks fit all images",
        separation="the halves of the sentence",
    ),
    Claim(
        number=15,
        text="and makes a network more robust to its hyperparameters.",
        measure=_robustness,
        studies=(studies.INIT_SCALE, studies.LEARNING_RATE),
        primary="width of the rates within a point of the best",
        reason="the learning rate is the hyperparameter that everybody must choose",
    ),
    Claim(
        number=16,
        text="It may stand before or after the activation.",
        measure=_positions,
        studies=(studies.NORM_POSITION,),
        primary="each at its own rate",
        reason="who moves the layer tunes the rate again",
    ),
)
