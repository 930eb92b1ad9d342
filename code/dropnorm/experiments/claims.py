"""The nineteen claims of the ledger, each with the figures that test it.

Many figures are contrasts of the same 160 networks of the study ``together``: they are not independent of each other. Where
two networks both fit all their training images, the change of the gap between training and test *is* the change of accuracy
with its sign turned, and where they do not, gaps cannot be compared: so no gap is read here.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch
from torch import nn

from dropnorm.experiments import statistics, stored
from dropnorm.experiments.ledger import (
    ABOVE,
    BELOW,
    CENTRED,
    EQUAL,
    EQUAL_LOSS,
    FASTER,
    Claim,
    Effect,
    Identity,
    difference,
)

SIZES = (500, 1_000, 5_000, 20_000)
"""Training images in the study ``together``."""

POINTS = "points of test accuracy"


def _images(n: int, steps: int = 1_000) -> str:
    return f"{n:,} images, {64 * steps / n:.3g} passes"


def _gain(
    plus: str, minus: str, n: int, before: str = "", claimed: tuple[float, float] = ABOVE
) -> Effect:
    four = stored.four(n)
    return difference(
        four[plus], four[minus], before + _images(n), f"{plus} − {minus}, {POINTS}", claimed
    )


def _gain_of_longer(plus: str, minus: str, before: str = "") -> Effect:
    four = _longer()
    return difference(
        four[plus], four[minus], before + _images(5_000, 3_000), f"{plus} − {minus}, {POINTS}"
    )


def _longer() -> pd.DataFrame:
    """The four networks after three times the steps, 5,000 images: test accuracy in percent."""
    return stored.at("schedule", "steps == 3_000", "condition")


def _drops_a_share() -> Iterator[Identity]:
    draws = np.array([_dropped(seed) for seed in range(10)])
    share = 100 * np.abs(draws[:, 0] - 0.3).max()
    yield Identity(
        "training, p = 0.3",
        "share of zeros in 100,000, off 0.3 by at most, points",
        share,
        (0, 0.7),
    )
    yield Identity("evaluation", "largest change of an input", draws[:, 1].max())


def _dropped(seed: int) -> tuple[float, float]:
    layer, x = nn.Dropout(0.3), torch.ones(100_000)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        share = (layer(x) == 0).double().mean().item()
    return share, (layer.eval()(x) - x).abs().max().item()


def _reduces_overfitting() -> Iterator[Effect]:
    for n in SIZES:
        yield _gain("dropout", "plain", n)
    yield _gain_of_longer("dropout", "plain")


def _co_adaptation() -> Iterator[Effect]:
    for without, withit in (("plain", "dropout"), ("batch norm", "both")):
        of = {
            c: [r for r in stored.runs("co-adaptation") if r.trial.condition == c]
            for c in (without, withit)
        }
        for what, figure in (
            ("lost with the most important unit", lambda r: 100 * r.probe["lost"][0]),
            (
                "lost with half of the units",
                lambda r: 100 * (r.final["test"]["accuracy"] - r.probe["left"][4]),
            ),
            ("likeness of units", lambda r: r.probe["correlation"]),
        ):
            a, b = (np.array([figure(r) for r in of[c]]) for c in (withit, without))
            unit = "mean |r|" if what == "likeness of units" else "points"
            where = "with batch norm" if without == "batch norm" else "without batch norm"
            yield Effect(f"{what}, {where}", f"{withit} − {without}, {unit}", a - b, BELOW)


def _places() -> Iterator[Effect]:
    own = stored.places()
    for other, where in (("channels", "whole channels"), ("elements", "single elements")):
        when = f"dense layer against {where} after convolutions"
        yield difference(
            own["dense"], own[other], when, "each at its own p, 5,000 images, points", EQUAL
        )
    yield _order("behind batch norm against right before it, both before the pooling")


def _order(when: str) -> Effect:
    """As trained; nothing but the side of the norm differs."""
    wide = stored.at("order-fair", "dropout == 0.5 and lr == 0.1", "dropout_order")
    return difference(
        wide["before pool"], wide["before"], when, f"p = 0.5, 5,000 images, rate 0.1, {POINTS}"
    )


def _rate_must_be_tuned() -> Iterator[Effect]:
    rows = stored.table("dropout-rate").query("dropout_at == 'fc'")
    for n in (5_000, 1_000):
        wide = stored.wide(rows.query("n_train == @n"), "dropout")
        own = statistics.best_setting(
            rows.query("n_train == @n and dropout > 0"), "dropout", ["n_train"]
        ).dropout.iloc[0]
        for other in (0.5, 0.9):
            when = (
                f"{_images(n)}, p = {other:g} of the texts"
                if other == 0.5
                else f"{_images(n)}, p = {other:g}"
            )
            yield difference(
                wide[own], wide[other], when, f"own rate, p = {own:g}, less this one, {POINTS}"
            )


def _averaging() -> Iterator[Effect]:
    for condition, where in (("dropout", "without batch norm"), ("both", "with batch norm")):
        runs = [r.probe for r in stored.runs("averaging") if r.trial.condition == condition]
        scaled, vote, loss = (
            np.array([r[name] for r in runs]) for name in ("scaled", "vote", "scaled_loss")
        )
        vote_loss = np.array([r["vote_loss"] for r in runs])
        what = "weight scaling − vote of 100"
        yield Effect(f"accuracy, {where}", f"{what}, points", 100 * (scaled - vote[:, -1]), EQUAL)
        yield Effect(f"loss, {where}", f"{what}, nats", loss - vote_loss[:, -1], EQUAL_LOSS)
        what = "weight scaling − one thinned network, points"
        yield Effect(
            f"accuracy over one thinned network, {where}", what, 100 * (scaled - vote[:, 0]), ABOVE
        )


def _dropped_units_rest() -> Iterator[Identity]:
    forward, update = [], []
    for seed in range(10):
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            x, drop, after = (
                torch.rand(64, 50, requires_grad=True),
                nn.Dropout(0.5),
                nn.Linear(50, 10),
            )
            hidden = drop(x)
            after(hidden).square().sum().backward()
        gone = (hidden == 0).float()
        forward.append((hidden * gone).abs().max().item())
        update.append((x.grad * gone).abs().max().item())
    for when, values in (("forward", forward), ("backward", update)):
        yield Identity(when, "largest magnitude at a dropped unit", max(values))


def _normalised(seed: int, axes: tuple[int, ...]) -> tuple[float, float]:
    """Largest |mean| and |standard deviation − 1| over ``axes`` of a batch norm's output, before γ and β change."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        x = 3 + 5 * torch.randn(16, 4, 6, 6, dtype=torch.float64) * torch.rand(1, 4, 1, 1)
        y = nn.BatchNorm2d(4, eps=1e-30, dtype=torch.float64)(x)
    return y.mean(axes).abs().max().item(), (y.std(axes, correction=0) - 1).abs().max().item()


def _standardises() -> Iterator[Identity]:
    for when, i in (("mean", 0), ("standard deviation", 1)):
        worst = max(_normalised(seed, (0, 2, 3))[i] for seed in range(10))
        yield Identity(when, f"largest error of a channel's {when}", worst)


def _per_channel() -> Iterator[Identity]:
    yield Identity(
        "per channel",
        "largest |mean| over N, H, W",
        max(_normalised(s, (0, 2, 3))[0] for s in range(10)),
    )
    single = min(_normalised(s, (0,))[0] for s in range(10))
    yield Identity(
        "not per single position",
        "largest |mean| over N alone, at least",
        single,
        (0.1, float("inf")),
    )


def _medians(lr: float) -> np.ndarray:
    """|Median| of one unit's input to the ReLU behind batch norm, in standard deviations at the start: (seed, look)."""
    runs = [
        r for r in stored.runs("training-probes") if r.trial.norm == "batch" and r.trial.lr == lr
    ]
    return np.abs(
        [[low_middle_high[1] for low_middle_high in r.probe["percentiles"]] for r in runs]
    )


def _centred() -> Iterator[Effect]:
    found = _medians(0.03)
    for when, values in (
        ("over the whole training", found.mean(axis=1)),
        ("at the end of training", found[:, -1]),
        ("where it is farthest", found.max(axis=1)),
    ):
        yield Effect(when, "|median| of one unit's input to the ReLU", values, CENTRED, median=True)


def _looks(norm: str, name: str, lr: float = 0.03) -> pd.Series:
    """A training probe's mean over all looks, for each seed; of the layers' movements the dense layer's."""
    runs = [r for r in stored.runs("training-probes") if r.trial.norm == norm and r.trial.lr == lr]
    looks = {r.trial.seed: np.array(r.probe[name]) for r in runs}
    return pd.Series(
        {seed: (look[:, 2] if look.ndim == 2 else look).mean() for seed, look in looks.items()}
    )


def _covariate_shift() -> Iterator[Effect]:
    cosine = _looks("batch", "covariate") - _looks("none", "covariate")
    what = "batch norm − plain, cosine between gradients before and after earlier layers' step"
    yield Effect("by the gradients", what, cosine.dropna(), ABOVE)
    moved = _looks("batch", "moved") - _looks("none", "moved")
    what = "batch norm − plain, movement of the dense layer's inputs in standard deviations"
    yield Effect(
        "by the distribution behind the norm, which only γ and β can move",
        what,
        moved.dropna(),
        BELOW,
    )


def _accelerates() -> Iterator[Effect]:
    for n in (5_000, 1_000):
        own = stored.own_rates(n)
        for when, rates in (
            ("own rates", own),
            ("shared rate 0.03", dict.fromkeys(own.index, 0.03)),
        ):
            ratio = stored.speed_up(n, rates)
            yield Effect(
                f"{_images(n)}, {when}",
                "steps to 80 %: plain / batch norm",
                ratio,
                FASTER,
                median=True,
            )
    yield _gain("batch norm", "plain", 5_000, "the end, at the same own rates, ")
    change = (_looks("none", "change") - _looks("batch", "change", 0.1)).dropna()
    what = "plain − batch norm, relative change of the gradient within four learning rates"
    yield Effect("stability of the gradient, own rates", what, change, ABOVE)


def _edges() -> pd.DataFrame:
    """Batch norm less plain in the edges of the usable learning rates and the width between, in decades, by seed."""
    edges = statistics.usable(stored.table("learning-rate"))
    return (edges.loc["batch norm"] - edges.loc["plain"]).dropna()


def _higher_rates() -> Iterator[Effect]:
    what = "batch norm − plain, decades of learning rate"
    yield Effect("highest rate within a point of the best", what, _edges()["max"], ABOVE)
    for lr in (0.1, 0.3, 1.0):
        wide = stored.at("learning-rate", f"lr == {lr}", "norm")
        yield difference(
            wide["batch"], wide["none"], f"at rate {lr:g}", f"batch norm − plain, {POINTS}"
        )


def _regularises() -> Iterator[Effect]:
    for n in (500, 1_000):
        yield _gain("batch norm", "plain", n, "it regularises at equal fit: ")
    yield _gain_of_longer("batch norm", "plain", "it regularises at equal fit: ")
    for when, four in [(_images(n), stored.four(n)) for n in SIZES] + [
        (_images(5_000, 3_000), _longer())
    ]:
        adds = four["both"] - four["batch norm"] - four["dropout"] + four["plain"]
        yield Effect(
            f"need for dropout: {when}",
            "what dropout adds with batch norm − without, points",
            adds,
            BELOW,
        )


def _robust() -> Iterator[Effect]:
    what = "batch norm − plain, decades of learning rate"
    yield Effect("width of the rates within a point of the best", what, _edges()["width"], ABOVE)
    for scale in (0.1, 0.3, 3.0, 10.0):
        off, usual = (stored.at("init-scale", f"init_scale == {s}", "norm") for s in (scale, 1.0))
        lost = (usual - off).dropna()
        what = "points lost against scale 1: plain − batch norm"
        yield difference(lost["none"], lost["batch"], f"initial scale {scale:g}", what)


def _position() -> Iterator[Effect]:
    rows = stored.table("norm-position")
    own = statistics.best_setting(rows, "lr", ["norm_at"])
    fast = rows.query("lr == 0.3")
    for when, chosen in (("each at its own rate", own), ("at rate 0.3", fast)):
        wide = stored.wide(chosen, "norm_at")
        yield difference(wide["after"], wide["before"], when, f"after − before, {POINTS}", EQUAL)


def _undo() -> Iterator[Identity]:
    errors = []
    for seed in range(10):
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            x = 3 + 5 * torch.randn(64, 8, dtype=torch.float64)
        layer = nn.BatchNorm1d(8, eps=1e-5, dtype=torch.float64)
        with torch.no_grad():
            layer.weight.copy_((x.var(0, correction=0) + layer.eps).sqrt())
            layer.bias.copy_(x.mean(0))
            errors.append((layer(x) - x).abs().max().item())
    yield Identity(
        "that they can, with γ = √(σ² + ε), β = μ", "largest |output − input|", max(errors)
    )


def _together() -> Iterator[Effect]:
    yield _gain("both", "batch norm", 1_000, "dropout on top of batch norm, ")
    for n in SIZES:
        yield _gain("both", "dropout", n, "batch norm on top of dropout, ")
    few, many = (stored.four(n)["both"] - stored.four(n)["batch norm"] for n in (1_000, 20_000))
    when = f"when: the gain on top of batch norm, {_images(1_000)}, against {_images(20_000)}"
    gains = f"{few.mean():+.2f} and {many.mean():+.2f}".replace("-", "−")
    yield Effect(when, f"difference of two gains, {gains} points", few - many, ABOVE)
    yield _order("how: dropout behind batch norm against right before it, both before the pooling")


def _in_a_cnn() -> Iterator[Effect]:
    for n in SIZES:
        yield _gain("both", "plain", n)
    yield _gain_of_longer("both", "plain")


CLAIMS = (
    Claim(
        number=1,
        text="Dropout sets a random fraction of units to zero, in training only.",
        taught="02",
        measured="02, 05",
        measure=_drops_a_share,
        stated="by definition",
    ),
    Claim(
        number=2,
        text="It reduces overfitting and gives a more general model.",
        taught="02",
        measured="09, 11 (together, schedule)",
        measure=_reduces_overfitting,
        stated="mixed",
        primary=_images(1_000),
        why="few images and time to learn them by heart: the case for which texts recommend it",
        separates="how often each image is seen",
    ),
    Claim(
        number=3,
        text="It prevents complex co-adaptation; without it, units rely on particular others.",
        taught="02",
        measured="09 (co-adaptation)",
        measure=_co_adaptation,
        stated="mixed",
        primary="lost with the most important unit, without batch norm",
        why="who relies on another loses much without it; half of the units, too, were missing in training, one was not",
        separates="what is asked: whether others can do without a unit, or whether units are unlike",
    ),
    Claim(
        number=4,
        text="It belongs between dense layers or after convolutions.",
        taught="02",
        measured="09, 11 (dropout-rate, order-fair)",
        measure=_places,
        stated="holds",
        primary="dense layer against whole channels after convolutions",
        why="the sentence names two places: neither may be behind the other by as much as half a point",
    ),
    Claim(
        number=5,
        text="Its rate must be tuned to problem and data.",
        taught="02",
        measured="09 (dropout-rate)",
        measure=_rate_must_be_tuned,
        stated="holds",
        primary=f"{_images(5_000)}, p = 0.5 of the texts",
        why="if no tuning were needed, the rate that texts name first would do in the course's standard setting",
    ),
    Claim(
        number=6,
        text="It is an efficient form of model averaging: weight scaling stands for the vote of the thinned networks.",
        taught="02, 05",
        measured="09 (averaging)",
        measure=_averaging,
        stated="mixed",
        primary="accuracy, without batch norm",
        why="the papers' claim is about the test error of dropout by itself",
        separates="what is asked of the vote: which class, or with which probability",
    ),
    Claim(
        number=7,
        text="A dropped unit adds nothing forward and gets no update backward.",
        taught="05",
        measured="05",
        measure=_dropped_units_rest,
        stated="by definition",
    ),
    Claim(
        number=8,
        text="Batch norm subtracts the mini-batch mean and divides by its standard deviation,",
        taught="03, 06",
        measured="06",
        measure=_standardises,
        stated="by definition",
    ),
    Claim(
        number=9,
        text="for each dimension (channel) separately,",
        taught="03, 06",
        measured="06",
        measure=_per_channel,
        stated="by definition",
    ),
    Claim(
        number=10,
        text="so that inputs are centred at 0.",
        taught="03, 06",
        measured="12 (training-probes)",
        measure=_centred,
        stated="holds",
        primary="over the whole training",
        why="before training it is an identity; then γ and β may move the centre, and the sentence says that they do not",
    ),
    Claim(
        number=11,
        text="It keeps each layer's input distribution the same whatever the layers before do: "
        "it reduces internal covariate shift.",
        taught="03, 12",
        measured="12 (training-probes)",
        measure=_covariate_shift,
        stated="undecided",
        primary="by the gradients",
        why="behind the norm mean and variance stand still by construction; what earlier layers do to the gradient does not",
    ),
    Claim(
        number=12,
        text="It stabilises and accelerates training,",
        taught="03",
        measured="10, 12 (together, training-probes)",
        measure=_accelerates,
        stated="holds",
        primary=f"{_images(5_000)}, own rates",
        why="each network at the rate that suits it, in the course's standard setting",
    ),
    Claim(
        number=13,
        text="allows higher learning rates,",
        taught="10",
        measured="10 (learning-rate)",
        measure=_higher_rates,
        stated="holds",
        primary="highest rate within a point of the best",
        why="allowed is a rate at which the network still does about its best",
    ),
    Claim(
        number=14,
        text="regularises a little and reduces the need for dropout,",
        taught="10",
        measured="10, 11 (together, schedule)",
        measure=_regularises,
        stated="mixed",
        primary=f"need for dropout: {_images(1_000)}",
        why="where dropout has a sure gain to lose, and both networks fit all images",
        separates="the halves of the sentence",
    ),
    Claim(
        number=15,
        text="and makes a network more robust to its hyperparameters.",
        taught="10",
        measured="10 (init-scale, learning-rate)",
        measure=_robust,
        stated="holds",
        primary="width of the rates within a point of the best",
        why="the learning rate is the hyperparameter that everybody must choose",
    ),
    Claim(
        number=16,
        text="It may stand before or after the activation.",
        taught="10",
        measured="10 (norm-position)",
        measure=_position,
        stated="undecided",
        primary="each at its own rate",
        why="who moves the layer tunes the rate again",
    ),
    Claim(
        number=17,
        text="Learnable scale and shift let the network adapt, or undo, the normalisation.",
        taught="03, 06",
        measured="06",
        measure=_undo,
        stated="by definition",
    ),
    Claim(
        number=18,
        text="Both can be used together; when and how depends on the problem.",
        taught="11",
        measured="11 (together, order-fair)",
        measure=_together,
        stated="holds",
        primary=f"dropout on top of batch norm, {_images(1_000)}",
        why="together they have to beat the better of the two where dropout has something to do",
    ),
    Claim(
        number=19,
        text="In a 2D CNN they raise accuracy and regularise.",
        taught="11",
        measured="11 (together, schedule)",
        measure=_in_a_cnn,
        stated="holds",
        primary=_images(5_000),
        why="the course's standard setting, every network at its own rate",
    ),
)
"""The ledger's rows, in the order of the syllabus."""
