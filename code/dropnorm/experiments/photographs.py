"""Studies of a second world: colour photographs, residual networks, and other company for the two layers.

Learning rates are chosen by pilots (names that end in ``-rates``) with two seeds that are used nowhere else, on validation.
"""

from collections.abc import Iterator
from typing import Any

from dropnorm.experiments.networks import NETWORKS
from dropnorm.experiments.plan import PILOT_SEEDS, Study, each

PHOTO = {"data": "cifar10", "width": 16}
"""CIFAR-10, and the course's CNN with twice the channels."""

FEW = {**PHOTO, "n_train": 1_000, "steps": 1_000}
"""64 passes over 1,000 photographs."""

MANY = {**PHOTO, "n_train": 10_000, "steps": 4_000}
"""26 passes over 10,000."""

RESNET = {
    **{
        "data": "cifar10",
        "model": "resnet",
        "width": 16,
        "depth": 8,
        "n_train": 10_000,
        "augment": 4,
    },
    **{"weight_decay": 5e-4, "decays": "weights"},
}
"""ResNet-8 on 10,000 photographs, shifted by up to 4 pixels and mirrored, with the usual weight decay."""

RESNETS: dict[str, dict[str, Any]] = {
    "plain": {},
    "dropout": {"dropout": 0.3, "dropout_at": "conv"},
    "batch norm": {"norm": "batch"},
    "both": {"dropout": 0.3, "dropout_at": "conv", "norm": "batch"},
}
"""The four networks of the 2×2, with dropout inside the blocks."""

COMPANY: dict[str, dict[str, Any]] = {
    "weight decay": {"weight_decay": 5e-4, "decays": "weights"},
    "AdamW": {"optimiser": "adamw", "weight_decay": 0.05, "decays": "weights"},
    "shift and flip": {"augment": 2},
}
"""What else may regularise: the course's CNN on 5,000 images of clothes, 3,000 steps."""

SLOW, FAST = (0.01, 0.03, 0.1), (0.03, 0.1, 0.3)
"""Learning rates that a pilot tries without and with batch norm; AdamW's are a hundredth of them, about."""

ADAM = {0.01: 3e-4, 0.03: 1e-3, 0.1: 3e-3, 0.3: 1e-2}
"""AdamW's learning rates beside those of SGD."""


def _rates(network: dict[str, Any]) -> tuple[float, ...]:
    return FAST if network.get("norm") == "batch" else SLOW


def _photo_cnn_rates() -> Iterator[dict[str, Any]]:
    for plan in (FEW, MANY):
        for network in NETWORKS.values():
            yield from ({**plan, **network, "lr": lr} for lr in _rates(network))


def _photo_resnet_rates() -> Iterator[dict[str, Any]]:
    for network in RESNETS.values():
        yield from ({**RESNET, **network, "steps": 1_000, "lr": lr} for lr in _rates(network))


def _company_rates() -> Iterator[dict[str, Any]]:
    for company in COMPANY.values():
        for network in NETWORKS.values():
            rates = [ADAM[lr] if "optimiser" in company else lr for lr in _rates(network)]
            yield from ({**network, **company, "steps": 3_000, "lr": lr} for lr in rates)


STUDIES = (
    Study(
        "photo-cnn-rates",
        "Which learning rate for the CNN on photographs?",
        each(PILOT_SEEDS, _photo_cnn_rates()),
        True,
    ),
    Study(
        "photo-resnet-rates",
        "Which for a residual network?",
        each(PILOT_SEEDS, _photo_resnet_rates()),
        True,
    ),
    Study(
        "company-rates",
        "Which beside decay, AdamW, or augmentation?",
        each(PILOT_SEEDS, _company_rates()),
        True,
    ),
)
