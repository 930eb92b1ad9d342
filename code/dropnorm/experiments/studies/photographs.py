"""Studies of a second world: colour photographs, residual networks, other company.

Learning rates are chosen by pilots (names that end in ``-rates``) with two seeds that are used
nowhere else, on validation.
"""

from collections.abc import Iterator
from itertools import product
from typing import Any

from dropnorm.experiments.studies.networks import NETWORKS, PLACES, RATE, at_own_rates
from dropnorm.experiments.study import PILOT_SEEDS, Study, with_seeds

# Learning rates that a pilot tries without and with batch norm.
SLOW, FAST = (0.003, 0.01, 0.03, 0.1), (0.03, 0.1, 0.3)

# AdamW's learning rates beside those of SGD.
ADAM = {0.003: 1e-4, 0.01: 3e-4, 0.03: 1e-3, 0.1: 3e-3, 0.3: 1e-2, 1.0: 3e-2}


def _tried(network: dict[str, Any]) -> tuple[float, ...]:
    return FAST if network.get("norm") == "batch" else SLOW


# CIFAR-10, and the course's CNN with twice the channels.
PHOTO = {"data": "cifar10", "width": 16}

# 64 passes over 1,000 photographs.
FEW = {**PHOTO, "n_train": 1_000, "steps": 1_000}

# 26 passes over 10,000.
MANY = {**PHOTO, "n_train": 10_000, "steps": 4_000}

PHOTO_CNN_RATES = Study(
    "photo-cnn-rates",
    "Which learning rate for the CNN on photographs?",
    with_seeds(
        PILOT_SEEDS,
        [
            {**plan, **network, "lr": lr}
            for plan in (FEW, MANY)
            for network in NETWORKS.values()
            for lr in _tried(network)
        ],
    ),
    pilot=True,
)

# By the rule of ``statistics.best_setting``, with few images and with many.
PHOTO_RATE = {"plain": 0.01, "dropout": 0.01, "batch norm": 0.1, "both": 0.1}

PHOTO_CNN = Study(
    "photo-cnn",
    "The 2×2 on photographs: 64 passes over 1,000, 26 over 10,000",
    with_seeds(
        10, [arm for plan in (FEW, MANY) for arm in at_own_rates(PHOTO_RATE, **plan).values()]
    ),
)


def _photo_places() -> Iterator[dict[str, Any]]:
    arm = {**FEW, "lr": PHOTO_RATE["dropout"]}
    with_norm = {**FEW, **PLACES["conv elements"], "norm": "batch", "lr": PHOTO_RATE["both"]}
    yield arm
    for p in (0.05, 0.1, 0.3, 0.5, 0.7):
        yield {**arm, "dropout_input": p}
        for place in PLACES.values():
            yield {**arm, **place, "dropout": p}
        for order in ("before", "after"):
            yield {**with_norm, "dropout": p, "dropout_order": order}


PHOTO_PLACES = Study(
    "photo-places",
    "Where does dropout belong on photographs, and at which rate?",
    with_seeds(5, _photo_places()),
)

# Dropout after the second block is dropout of the dense layer's input. On clothes, too.
PHOTO_BLOCKS = Study(
    "photo-blocks",
    "After which convolution block: does dropout help there, or before the dense layer?",
    with_seeds(
        5,
        [
            {**plan, **PLACES[place], "dropout": p, "dropout_block": block, "lr": lr}
            for plan, lr in (
                (FEW, PHOTO_RATE["dropout"]),
                ({"n_train": 1_000}, RATE["dropout"]),
            )
            for place, p, block in product(("conv elements", "conv channels"), (0.3, 0.5), (1, 2))
        ],
    ),
)

# The network for photographs has twice the channels: is it they that decide, on clothes?
CLOTHES_WIDE = Study(
    "clothes-wide",
    "Is it the photographs that dropout's places differ on, or the twice as many channels?",
    with_seeds(
        5,
        [
            {"n_train": 1_000, "width": PHOTO["width"], "lr": RATE["dropout"], **dropout}
            for dropout in (
                {},
                {"dropout": 0.5},
                *(
                    {"dropout": p, **PLACES[f"conv {unit}"]}
                    for unit, p in product(("elements", "channels"), (0.3, 0.5))
                ),
            )
        ],
    ),
)

# ResNet-8 on 10,000 photographs, shifted by up to 4 pixels and mirrored, with the usual weight
# decay.
RESNET: dict[str, Any] = {
    "data": "cifar10",
    "model": "resnet",
    "width": 16,
    "depth": 8,
    "n_train": 10_000,
    "augment": 4,
    "weight_decay": 5e-4,
    "decays": "weights",
}

# The four networks of the 2×2, with dropout inside the blocks.
RESNETS: dict[str, dict[str, Any]] = {
    "plain": {},
    "dropout": {"dropout": 0.3, "dropout_at": "conv"},
    "batch norm": {"norm": "batch"},
    "both": {"dropout": 0.3, "dropout_at": "conv", "norm": "batch"},
}

# A residual network bears large rates without a norm, too: its branches begin at zero. With one,
# the pilot goes on until its best rate is not the last.
PHOTO_RESNET_RATES = Study(
    "photo-resnet-rates",
    "Which for a residual network?",
    with_seeds(
        PILOT_SEEDS,
        [
            {**RESNET, **network, "steps": 1_000, "lr": lr}
            for network in RESNETS.values()
            for lr in (*FAST, *((1.0,) if "norm" in network else ()))
        ],
    ),
    pilot=True,
)

# By the rule of ``statistics.best_setting``.
RESNET_RATE = {"plain": 0.1, "dropout": 0.1, "batch norm": 0.1, "both": 0.3}

PHOTO_RESNET = Study(
    "photo-resnet",
    "The 2×2 in a residual network: 19 passes over 10,000 photographs",
    with_seeds(10, at_own_rates(RESNET_RATE, RESNETS, **RESNET, steps=3_000).values()),
)

# Is it the kind of network that dropout does not suit, or that it does not fit its images? Few
# images, 64 passes, as they are and shifted and mirrored; dropout in the blocks and before the
# last layer.
PHOTO_FIT = Study(
    "photo-fit",
    "Dropout in a residual network that fits its images, and in one that does not",
    with_seeds(
        5,
        [
            {
                **RESNET,
                **dropout,
                "n_train": 1_000,
                "steps": 1_000,
                "augment": augment,
                **RESNETS["batch norm"],
                "lr": 0.1,
            }
            for augment in (0, RESNET["augment"])
            for dropout in ({}, {"dropout": 0.3}, RESNETS["dropout"])
        ],
    ),
)

# Rates that a deeper one is tried at, with and without batch norm.
DEEP_RATES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)

PHOTO_RATES = Study(
    "photo-rates",
    "Which learning rates does a residual network of 14 layers bear, with and without batch norm?",
    with_seeds(
        5,
        [
            {**RESNET, "depth": 14, "norm": norm, "steps": 1_000, "lr": lr}
            for lr, norm in product(DEEP_RATES, ("none", "batch"))
        ],
    ),
)

PHOTO_BATCH = Study(
    "photo-batch",
    "Batch and group norm in a residual network at 2 to 32 images a step",
    with_seeds(
        5,
        [
            {**RESNET, "norm": norm, "batch_size": batch_size, "steps": 2_000, "lr": lr}
            for batch_size, norm, lr in product(
                (2, 4, 8, 32), ("batch", "group"), (0.01, 0.03, 0.1)
            )
        ],
    ),
)

# What else may regularise: the course's CNN on 5,000 images of clothes, 3,000 steps.
COMPANIES: dict[str, dict[str, Any]] = {
    "weight decay": {"weight_decay": 5e-4, "decays": "weights"},
    "AdamW": {"optimiser": "adamw", "weight_decay": 0.05, "decays": "weights"},
    "shift and flip": {"augment": 2},
}


def _company_rates() -> Iterator[dict[str, Any]]:
    # One rate more at the ends where a network had chosen the last one.
    for company in COMPANIES.values():
        for network in NETWORKS.values():
            for lr in (0.01, *FAST, 1.0) if "norm" in network else (*SLOW, 0.3):
                own = ADAM[lr] if "optimiser" in company else lr
                yield {**network, **company, "steps": 3_000, "lr": own}


COMPANY_RATES = Study(
    "company-rates",
    "Which beside decay, AdamW, or augmentation?",
    with_seeds(PILOT_SEEDS, _company_rates()),
    pilot=True,
)

# By the rule of ``statistics.best_setting``.
COMPANY_RATE = {
    "weight decay": {"plain": 0.01, "dropout": 0.01, "batch norm": 0.3, "both": 0.03},
    "AdamW": {"plain": 0.001, "dropout": 0.003, "batch norm": 0.01, "both": 0.01},
    "shift and flip": dict.fromkeys(NETWORKS, 0.03),
}

COMPANY = Study(
    "company",
    "The 2×2 beside weight decay, AdamW, or shifted and mirrored images",
    with_seeds(
        10,
        [
            arm
            for name, company in COMPANIES.items()
            for arm in at_own_rates(COMPANY_RATE[name], **company, steps=3_000).values()
        ],
    ),
)

# Shifted and mirrored, the networks no longer fit their images. Fewer images, more steps, and four
# times the channels give the fit back. Or is p = 0.5 too much there?
COMPANY_FIT = Study(
    "company-fit",
    "What dropout does to shifted and mirrored images, as the network comes to fit them",
    with_seeds(
        5,
        [
            {**COMPANIES["shift and flip"], **plan, "dropout": p, "lr": 0.03}
            for plan, rates in (
                *(
                    ({"n_train": n, "steps": steps}, (0.0, 0.5))
                    for n, steps in product((1_000, 5_000), (1_000, 3_000, 12_000))
                ),
                ({"width": 32, "steps": 3_000}, (0.0, 0.5)),
                ({"steps": 3_000}, (0.1, 0.3)),
            )
            for p in rates
        ],
    ),
)

# All four at one rate in each company, where each at its own differ in it; and both at the rate of
# batch norm beside weight decay, where the two are ten times apart.
COMPANY_SHARED = Study(
    "company-shared",
    "The 2×2 beside other regularisers, all four networks at one learning rate",
    with_seeds(
        10,
        [
            {**company, **NETWORKS[name], "steps": 3_000, "lr": lr}
            for company, lr, names in (
                ({}, 0.03, NETWORKS),
                (COMPANIES["weight decay"], 0.03, NETWORKS),
                (COMPANIES["weight decay"], 0.3, ("batch norm", "both")),
                (COMPANIES["AdamW"], 0.003, NETWORKS),
            )
            for name in names
        ],
    ),
)
