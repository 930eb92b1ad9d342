"""The nineteen claims of the ledger, each with the figures that test it."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch
from torch import nn

from dropnorm.experiments import statistics, stored
from dropnorm.experiments.ledger import ABOVE, BELOW, EQUAL, EXACT, FASTER, Claim, Effect
from dropnorm.experiments.statistics import mean_interval

SIZES = (500, 1_000, 5_000, 20_000)
"""Training images in the study ``together``."""


def _images(n: int) -> str:
    return f"{n:,} images"


def _gains(minus: str, plus: str) -> Iterator[Effect]:
    for n in SIZES:
        four = stored.four(n)
        gain = mean_interval(four[plus] - four[minus])
        yield Effect(f"accuracy over {minus}, {_images(n)}", f"{plus} − {minus}, points of test accuracy", gain, ABOVE)


def _gaps(minus: str, plus: str) -> Iterator[Effect]:
    for n in SIZES:
        four = stored.four(n, "gap")
        change = mean_interval(four[plus] - four[minus])
        yield Effect(f"gap, {_images(n)}", f"{plus} − {minus}, points of training minus test accuracy", change, BELOW)


def _drops_a_share() -> Iterator[Effect]:
    draws = [_dropped(seed) for seed in range(10)]
    yield Effect(
        "training, p = 0.3", "share of zeros − 0.3, points", mean_interval([100 * (d - 0.3) for d, _ in draws]), EQUAL
    )
    changed = mean_interval([c for _, c in draws])
    yield Effect("evaluation", "largest change of an input", changed, EXACT)


def _dropped(seed: int) -> tuple[float, float]:
    layer, x = nn.Dropout(0.3), torch.ones(100_000)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        share = (layer(x) == 0).double().mean().item()
    return share, (layer.eval()(x) - x).abs().max().item()


def _reduces_overfitting() -> Iterator[Effect]:
    yield from _gaps("plain", "dropout")
    yield from _gains("plain", "dropout")


def _co_adaptation() -> Iterator[Effect]:
    for without, withit in (("plain", "dropout"), ("batch norm", "both")):
        of = {c: [r for r in stored.runs("co-adaptation") if r.trial.condition == c] for c in (without, withit)}
        for what, figure in (
            ("points lost with the most important unit", lambda r: 100 * r.probe["lost"][0]),
            ("points lost with half of the units", lambda r: 100 * (r.final["test"]["accuracy"] - r.probe["left"][4])),
            ("mean |r| between units", lambda r: r.probe["correlation"]),
        ):
            a, b = (np.array([figure(r) for r in of[c]]) for c in (withit, without))
            where = "with batch norm" if without == "batch norm" else "without batch norm"
            yield Effect(f"{where}, {what}", f"{withit} − {without}", mean_interval(a - b), BELOW)


def _places() -> Iterator[Effect]:
    for when, query in (
        ("dense layer", "dropout_at == 'fc'"),
        ("convolutions, elements", "dropout_at == 'conv' and dropout_unit == 'element'"),
        ("convolutions, channels", "dropout_at == 'conv' and dropout_unit == 'channel'"),
        ("all three places", "dropout_at == 'both'"),
    ):
        rate, gain = stored.best_place(query)
        yield Effect(when, f"best rate there (p = {rate:g}) − none, points of test accuracy", gain, ABOVE)


def _rate_must_be_tuned() -> Iterator[Effect]:
    rows = stored.table("dropout-rate").query("dropout_at == 'fc'")
    best = {n: statistics.best_setting(rows.query("n_train == @n").assign(at=n), "dropout", ["at"]) for n in (1_000, 5_000)}
    for n, other in ((1_000, 5_000), (5_000, 1_000)):
        own, borrowed = best[n].dropout.iloc[0], best[other].dropout.iloc[0]
        at_own = 100 * best[n].set_index("seed").test_accuracy
        at_borrowed = 100 * rows.query("n_train == @n and dropout == @borrowed").set_index("seed").test_accuracy
        what = f"best rate here (p = {own:g}) − best rate at {_images(other)} (p = {borrowed:g}), points"
        yield Effect(_images(n), what, mean_interval((at_own - at_borrowed).dropna()), ABOVE)
    for rate in (0.5, 0.9):
        wrong = 100 * rows.query("n_train == 5_000 and dropout == @rate").set_index("seed").test_accuracy
        at_best = 100 * best[5_000].set_index("seed").test_accuracy
        when, what = f"5,000 images, against p = {rate:g}", f"best rate − p = {rate:g}, points"
        yield Effect(when, what, mean_interval((at_best - wrong).dropna()), ABOVE)


def _averaging() -> Iterator[Effect]:
    for condition, where in (("dropout", "without batch norm"), ("both", "with batch norm")):
        runs = [r.probe for r in stored.runs("averaging") if r.trial.condition == condition]
        scaled, vote = np.array([r["scaled"] for r in runs]), np.array([r["vote"] for r in runs])
        yield Effect(
            f"against one thinned network, {where}", "weight scaling − one, points", _points(scaled - vote[:, 0]), ABOVE
        )
        yield Effect(
            f"against the vote of 100, {where}", "weight scaling − vote, points", _points(scaled - vote[:, -1]), EQUAL
        )


def _points(fractions: np.ndarray) -> statistics.Interval:
    return mean_interval(100 * fractions)


def _dropped_units_rest() -> Iterator[Effect]:
    forward, update = [], []
    for seed in range(10):
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            x, drop, after = torch.rand(64, 50, requires_grad=True), nn.Dropout(0.5), nn.Linear(50, 10)
            hidden = drop(x)
            after(hidden).square().sum().backward()
        gone = (hidden == 0).float()
        forward.append((hidden * gone).abs().max().item())
        update.append((x.grad * gone).abs().max().item())
    for when, values in (("forward", forward), ("backward", update)):
        yield Effect(when, "largest magnitude at a dropped unit", mean_interval(values), EXACT)


def _normalised(seed: int, axes: tuple[int, ...]) -> tuple[float, float]:
    """Largest |mean| and |standard deviation − 1| over ``axes`` of a batch norm's output, before γ and β change."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        x = 3 + 5 * torch.randn(16, 4, 6, 6, dtype=torch.float64) * torch.rand(1, 4, 1, 1)
        y = nn.BatchNorm2d(4, eps=1e-30, dtype=torch.float64)(x)
    return y.mean(axes).abs().max().item(), (y.std(axes, correction=0) - 1).abs().max().item()


def _standardises() -> Iterator[Effect]:
    for when, i in (("mean", 0), ("standard deviation", 1)):
        values = [_normalised(seed, (0, 2, 3))[i] for seed in range(10)]
        yield Effect(when, f"largest error of a channel's {when}", mean_interval(values), EXACT)


def _per_channel() -> Iterator[Effect]:
    yield Effect(
        "per channel", "error over N, H, W", mean_interval([_normalised(s, (0, 2, 3))[0] for s in range(10)]), EXACT
    )
    single = mean_interval([_normalised(s, (0,))[0] for s in range(10)])
    yield Effect("not per single position", "largest |mean| over N alone", single, (0.1, float("inf")))


def _centred() -> Iterator[Effect]:
    runs = [r for r in stored.runs("training-probes") if r.trial.norm == "batch" and r.trial.lr == 0.03]
    for when, i in (("at the first step", 0), ("at the end of training", -1)):
        medians = [abs(r.probe["percentiles"][i][1]) for r in runs]
        yield Effect(when, "|median| of one unit's input to the ReLU", mean_interval(medians), (-0.25, 0.25))


def _looks(norm: str, name: str) -> np.ndarray:
    """A training probe's mean over all looks, for each seed, at rate 0.03; of the layers' movements the dense layer's."""
    runs = [r for r in stored.runs("training-probes") if r.trial.norm == norm and r.trial.lr == 0.03]
    looks = [np.array(r.probe[name]) for r in runs]
    return np.array([(look[:, 2] if look.ndim == 2 else look).mean() for look in looks])


def _covariate_shift() -> Iterator[Effect]:
    moved = _looks("batch", "moved") - _looks("none", "moved")
    what = "batch norm − plain, movement of the dense layer's inputs in standard deviations"
    yield Effect("by the inputs' distribution", what, mean_interval(moved), BELOW)
    cosine = _looks("batch", "covariate") - _looks("none", "covariate")
    what = "batch norm − plain, cosine between gradients before and after earlier layers' step"
    yield Effect("by the gradients", what, mean_interval(cosine), ABOVE)


def _accelerates() -> Iterator[Effect]:
    for n in (1_000, 5_000):
        own = stored.own_rates(n)
        for when, rates in (("own rates", own), ("shared rate 0.03", dict.fromkeys(own.index, 0.03))):
            ratio = stored.speed_up(n, rates)
            yield Effect(f"{_images(n)}, {when}", "steps to 80 %: plain / batch norm", ratio, FASTER)
    change = _looks("none", "change") - _looks("batch", "change")
    what = "plain − batch norm, relative change of the gradient within four learning rates"
    yield Effect("stability of the gradient", what, mean_interval(change), ABOVE)


def _usable(norm: str) -> pd.DataFrame:
    """For each seed the lowest and highest learning rate whose validation accuracy is within a point of the seed's best."""
    rows = stored.table("learning-rate").query("norm == @norm")
    rows = rows[rows.groupby("seed").lr.transform("nunique") == rows.lr.nunique()]
    good = rows[rows.validation_accuracy >= rows.groupby("seed").validation_accuracy.transform("max") - 0.01]
    return np.log10(good.groupby("seed").lr.agg(["min", "max"]))


def _higher_rates() -> Iterator[Effect]:
    higher = (_usable("batch")["max"] - _usable("none")["max"]).dropna()
    yield Effect("highest usable rate", "batch norm − plain, decades of learning rate", mean_interval(higher), ABOVE)
    for lr in (0.1, 0.3, 1.0):
        wide = stored.at("learning-rate", f"lr == {lr}", "norm")
        gain = mean_interval(wide["batch"] - wide["none"])
        yield Effect(f"at rate {lr:g}", "batch norm − plain, points of test accuracy", gain, ABOVE)


def _regularises() -> Iterator[Effect]:
    yield from _gaps("plain", "batch norm")
    for n in SIZES:
        what = "what dropout adds with batch norm − without, points"
        yield Effect(f"{_images(n)}, need for dropout", what, statistics.interaction(stored.four(n)), BELOW)


def _robust() -> Iterator[Effect]:
    for scale in (0.1, 0.3, 3.0, 10.0):
        off, usual = (stored.at("init-scale", f"init_scale == {s}", "norm") for s in (scale, 1.0))
        lost = (usual - off).dropna()
        what = "points lost against scale 1: plain − batch norm"
        yield Effect(f"initial scale {scale:g}", what, mean_interval(lost["none"] - lost["batch"]), ABOVE)
    widths = [_usable(norm) for norm in ("batch", "none")]
    wider = (widths[0]["max"] - widths[0]["min"] - widths[1]["max"] + widths[1]["min"]).dropna()
    yield Effect("width of the usable rates", "batch norm − plain, decades of learning rate", mean_interval(wider), ABOVE)


def _position() -> Iterator[Effect]:
    for lr in (0.1, 0.3):
        wide = stored.at("norm-position", f"lr == {lr}", "norm_at")
        yield Effect(
            f"rate {lr:g}", "after − before, points of test accuracy", mean_interval(wide["after"] - wide["before"]), EQUAL
        )


def _undo() -> Iterator[Effect]:
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
    yield Effect("γ = √(σ² + ε), β = μ", "largest |output − input|", mean_interval(errors), EXACT)


def _together() -> Iterator[Effect]:
    yield from _gains("batch norm", "both")
    yield from _gains("dropout", "both")
    wide = stored.at("dropout-order", "dropout_at == 'both' and dropout == 0.5", "dropout_order")
    what = "end of the block − right before batch norm (p = 0.5), points"
    yield Effect("the order matters", what, mean_interval(wide["after"] - wide["before"]), ABOVE)


def _in_a_cnn() -> Iterator[Effect]:
    yield from _gains("plain", "both")
    yield from _gaps("plain", "both")


CLAIMS = (
    Claim(1, "Dropout sets a random fraction of units to zero, in training only.", "02", "02, 05", _drops_a_share, "holds"),
    Claim(
        2,
        "It reduces overfitting and gives a more general model.",
        "02",
        "09, 11 (together)",
        _reduces_overfitting,
        "holds when …",
    ),
    Claim(
        3,
        "It prevents complex co-adaptation; without it, units rely on particular others.",
        *("02", "09 (co-adaptation)", _co_adaptation, "holds when …"),
    ),
    Claim(4, "It belongs between dense layers or after convolutions.", "02", "09 (dropout-rate)", _places, "not here"),
    Claim(5, "Its rate must be tuned to problem and data.", "02", "09 (dropout-rate)", _rate_must_be_tuned, "holds when …"),
    Claim(6, "It is an efficient form of model averaging.", "02, 05", "09 (averaging)", _averaging, "holds"),
    Claim(7, "A dropped unit adds nothing forward and gets no update backward.", "05", "05", _dropped_units_rest, "holds"),
    Claim(
        8,
        "Batch norm subtracts the mini-batch mean and divides by its standard deviation,",
        *("03, 06", "06", _standardises, "holds"),
    ),
    Claim(9, "for each dimension (channel) separately,", "03, 06", "06", _per_channel, "holds"),
    Claim(10, "so that inputs are centred at 0.", "03, 06", "12 (training-probes)", _centred, "holds"),
    Claim(
        11,
        "It keeps each layer's input distribution the same whatever the layers before do: "
        "it reduces internal covariate shift.",
        *("03, 12", "12 (training-probes)", _covariate_shift, "holds when …"),
    ),
    Claim(12, "It stabilises and accelerates training,", "03", "10 (together)", _accelerates, "holds when …"),
    Claim(13, "allows higher learning rates,", "10", "10 (learning-rate)", _higher_rates, "holds when …"),
    Claim(
        14, "regularises a little and reduces the need for dropout,", "10", "10, 11 (together)", _regularises, "holds when …"
    ),
    Claim(
        15,
        "and makes a network more robust to its hyperparameters.",
        *("10", "10 (init-scale, learning-rate)", _robust, "holds when …"),
    ),
    Claim(16, "It may stand before or after the activation.", "10", "10 (norm-position)", _position, "not here"),
    Claim(
        17, "Learnable scale and shift let the network adapt, or undo, the normalisation.", "03, 06", "06", _undo, "holds"
    ),
    Claim(
        18,
        "Both can be used together; when and how depends on the problem.",
        *("11", "11 (together, dropout-order)", _together, "holds when …"),
    ),
    Claim(19, "In a 2D CNN they raise accuracy and regularise.", "11", "11 (together)", _in_a_cnn, "holds"),
)
"""The ledger's rows, in the order of the syllabus."""
