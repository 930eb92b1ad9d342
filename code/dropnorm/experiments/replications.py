"""Studies after published figures. Each says what is smaller here than in its paper; five seeds each.

Sources: Srivastava et al. (2014), Hinton et al. (2012), Ioffe and Szegedy (2015), Gal and Ghahramani (2016), Hoffer et al.
(2017), Frankle et al. (2020). Other replications read the course's own studies: ``together``, ``batch-size``,
``dropout-order``, ``training-probes``, ``deep-linear``.
"""

import math
from collections.abc import Iterator
from typing import Any

from dropnorm.experiments.study import Study, in_order, with_seeds

SEEDS = 5

MNIST = {"data": "mnist", "pixels": "raw", "batch_size": 100, "lr": 0.03}
"""What the dense networks share: a dropped pixel is a black one. The learning rate is the better of 0.03 and 0.1 for
dropout on validation, with a seed that no study uses.
"""

QUARTER = {
    **MNIST,
    "model": "mlp",
    "hidden": 256,
    "last_hidden": 512,
    "n_train": 2_000,
    "steps": 3_000,
}
"""784-256-256-512-10, a quarter of the paper's 784-1024-1024-2048-10, on 2,000 images for 150 epochs."""

DROPOUT = {"dropout": 0.5, "dropout_input": 0.2}
"""The rates of both papers: half of the hidden units, a fifth of the pixels."""

L2 = {"weight_decay": 1e-3}
"""The better of 1e-4 and 1e-3 on validation."""

MAX_NORM = {"max_norm": 2.0}
"""The paper's limit on all layers."""

ARMS: dict[str, dict[str, Any]] = {
    "none": {},
    "L2": L2,
    "max-norm": MAX_NORM,
    "dropout": {**DROPOUT, "probe": "averaging"},
    "dropout + L2": {**DROPOUT, **L2},
    "dropout + max-norm": {**DROPOUT, **MAX_NORM},
    "Gaussian + max-norm": {**DROPOUT, **MAX_NORM, "dropout_noise": "gaussian"},
}
"""The rows of tables 9 and 10 of Srivastava et al. (2014), with two arms more: nothing, and dropout alone."""

STEPS = {
    100: 1_500,
    500: 1_500,
    1_000: 1_500,
    2_000: 3_000,
    5_000: 3_000,
    10_000: 3_000,
    50_000: 6_000,
}
"""Training images of figure 10 of Srivastava et al. (2014), and 2,000 besides; steps that the CPU allows."""


def _rate() -> Iterator[dict[str, Any]]:
    """The initial weights shrink with √(1 − p), so that dropout's noise leaves the size of the activations as it is."""
    three = {**MNIST, "model": "mlp", "n_train": 2_000, "steps": 3_000}
    fixed_units = [(256, p) for p in (0.0, 0.2, 0.4, 0.5, 0.6, 0.8)]
    fixed_kept = [(64, 0.0), (128, 0.5), (320, 0.8), (64, 0.8)]
    for hidden, p in fixed_units + fixed_kept:
        yield {**three, "hidden": hidden, "dropout": p, "init_scale": round(math.sqrt(1 - p), 3)}


def _size() -> Iterator[dict[str, Any]]:
    for n_train, steps in STEPS.items():
        dropout = (
            ARMS["dropout"] if n_train == 2_000 else DROPOUT
        )  # then it is the other study's trial, stored once
        yield from (
            {**QUARTER, **network, "n_train": n_train, "steps": steps} for network in ({}, dropout)
        )


def _limit() -> Iterator[dict[str, Any]]:
    """The paper's limit is hardly ever reached in so few steps; these are."""
    for limit in (0.5, 1.0):
        yield from ({**QUARTER, **dropout, "max_norm": limit} for dropout in ({}, DROPOUT))


def _noises() -> Iterator[dict[str, Any]]:
    """Noises that hardly differ need more seeds: with five the paper's 0.13 points would be seen three times in ten."""
    yield from ({**QUARTER, **ARMS[name]} for name in ("dropout + max-norm", "Gaussian + max-norm"))


def _longer() -> Iterator[dict[str, Any]]:
    """Four times as many steps where dropout brings less than in the paper."""
    yield from (
        {**QUARTER, **dropout, "n_train": 10_000, "steps": 12_000} for dropout in ({}, DROPOUT)
    )


def _autoencoder() -> Iterator[dict[str, Any]]:
    plan = {
        **MNIST,
        "model": "autoencoder",
        "depth": 1,
        "hidden": 256,
        "n_train": 10_000,
        "steps": 3_000,
        "lr": 0.001,
    }
    yield from ({**plan, "dropout": p, "probe": "sparsity"} for p in (0.0, 0.5))


def _deep() -> Iterator[dict[str, Any]]:
    paper = {**QUARTER, "hidden": 1_024, "last_hidden": 2_048, "steps": 2_000}
    yield from ({**paper, **ARMS[name]} for name in ("L2", "dropout + max-norm"))


def _hinton(*plans: tuple[int, int]) -> Iterator[dict[str, Any]]:
    """For numbers of training images and of steps."""
    paper = {**MNIST, "model": "mlp", "depth": 2, "hidden": 800}
    for n_train, steps in plans:
        yield from (
            {**paper, **d, "n_train": n_train, "steps": steps}
            for d in ({}, {"dropout": 0.5}, DROPOUT)
        )


def _ioffe() -> Iterator[dict[str, Any]]:
    paper = {
        **MNIST,
        "pixels": "binary",
        "model": "mlp",
        "hidden": 100,
        "activation": "sigmoid",
        "n_train": 55_000,
    }
    paper |= {"batch_size": 60, "momentum": 0.0, "schedule": "constant", "probe": "percentiles"}
    settings = [{"lr": 0.1, "steps": 50_000}]
    settings += [{"lr": lr, "steps": 5_000} for lr in (0.5, 2.0)]
    settings += [{"lr": 0.1, "steps": 5_000, "init_scale": scale} for scale in (0.1, 0.3)]
    yield from (
        {**paper, **setting, "norm": norm} for setting in settings for norm in ("none", "batch")
    )


def _gal() -> Iterator[dict[str, Any]]:
    yield {
        "data": "mnist",
        "n_train": 20_000,
        "steps": 1_500,
        "lr": 0.03,
        "dropout": 0.5,
        "probe": "rotations",
    }


def _hoffer() -> Iterator[dict[str, Any]]:
    five = {
        **MNIST,
        "model": "mlp",
        "depth": 5,
        "hidden": 256,
        "norm": "batch",
        "n_train": 10_000,
        "lr": 0.1,
    }
    yield {**five, "steps": 3_000}
    large = {**five, "batch_size": 2_000, "steps": 150}  # 30 epochs, too
    yield from ({**large, "lr": lr, "ghost": ghost} for lr in (0.1, 0.4) for ghost in (0, 100))


def _frankle() -> Iterator[dict[str, Any]]:
    yield {"norm": "batch", "lr": 0.1}
    yield from (
        {"norm": "batch", "trains": "norm", "lr": 1.0, "width": width} for width in (8, 16, 32)
    )


STUDIES = (
    Study(
        "srivastava-rate",
        "Dropout rate with 256 units a layer, and with kept units held at 64 (2014, fig. 9)",
        with_seeds(SEEDS, _rate()),
    ),
    Study(
        "srivastava-size",
        "Gain of dropout from 100 to 50,000 images (2014, fig. 10)",
        with_seeds(SEEDS, _size()),
    ),
    Study(
        "srivastava-norms",
        "Dropout, L2, max-norm, Gaussian noise, votes (2014, tables 9, 10, fig. 11)",
        in_order(
            with_seeds(SEEDS, [{**QUARTER, **arm} for arm in ARMS.values()])
            + with_seeds(15, _noises())
        ),
    ),
    Study(
        "srivastava-limit",
        "Max-norm with limits that are reached (2014, table 9)",
        with_seeds(SEEDS, _limit()),
    ),
    Study(
        "srivastava-longer",
        "Gain of dropout at 10,000 images after 12,000 steps (2014, fig. 10)",
        with_seeds(SEEDS, _longer()),
    ),
    Study(
        "srivastava-autoencoder",
        "Does dropout make the features of an autoencoder sparse? (2014, figs. 7, 8)",
        with_seeds(SEEDS, _autoencoder()),
    ),
    Study(
        "srivastava-deep",
        "784-1024-1024-2048-10 itself, on 2,000 images (2014, table 9)",
        with_seeds(SEEDS, _deep()),
    ),
    Study(
        "hinton-dropout",
        "784-800-800-10: no dropout, hidden units, pixels, too (2012)",
        with_seeds(SEEDS, _hinton((55_000, 5_500), (2_000, 3_000))),
    ),
    Study(
        "hinton-longer",
        "The same for 100 passes over 20,000 images instead of 10 over 55,000 (2012)",
        with_seeds(SEEDS, _hinton((20_000, 20_000))),
    ),
    Study(
        "srivastava-longest",
        "Gain of dropout at 50,000 images after 60,000 steps (2014, fig. 10)",
        with_seeds(
            SEEDS,
            [
                {**QUARTER, **dropout, "n_train": 50_000, "steps": 60_000}
                for dropout in ({}, DROPOUT)
            ],
        ),
    ),
    Study(
        "ioffe-sigmoid",
        "Three layers of sigmoids with and without batch norm (2015, fig. 1)",
        with_seeds(SEEDS, _ioffe()),
    ),
    Study(
        "gal-rotations",
        "How sure is a thinned vote of a turned digit 1? (2016, fig. 4)",
        with_seeds(SEEDS, _gal()),
    ),
    Study(
        "hoffer-ghost",
        "Large batches with and without ghost batches (2017)",
        with_seeds(SEEDS, _hoffer()),
    ),
    Study(
        "frankle-affine",
        "What do γ and β reach alone, at random weights? (2020)",
        with_seeds(SEEDS, _frankle()),
    ),
)
"""In the order of the chapter."""
