"""What a network is given: images, targets, and the order of the batches."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Literal, get_args

import numpy as np
import torch

from dropnorm import data
from dropnorm.experiments.model import IMAGE, generator
from dropnorm.experiments.trial import Trial

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)

# Mean and standard deviation of the published training pixels, in [0, 1], by colour; standardised
# inputs use them.
PIXELS = {
    "fashion": (0.2860, 0.3530),
    "mnist": (0.1307, 0.3081),
    "cifar10": ((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
}

READERS = {"fashion": data.fashion, "mnist": data.mnist, "cifar10": data.cifar10}


def load(trial: Trial, split: Split, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Images as the network sees them, channels last, and their targets."""
    images, _ = _part(trial, split)
    return images.to(device, memory_format=torch.channels_last), targets(trial, split, device)


def targets(trial: Trial, split: Split, device: torch.device) -> torch.Tensor:
    """What the network should say: labels, or the pixels for an autoencoder."""
    images, labels = _part(trial, split)
    if trial.model == "autoencoder":
        labels = images.flatten(1)
    if split == "train" and trial.random_labels:
        labels = torch.randint(10, labels.shape, generator=generator(trial.seed, "labels"))
    return labels.to(device)


def _part(trial: Trial, split: Split) -> tuple[torch.Tensor, torch.Tensor]:
    n = {"train": trial.n_train, "validation": trial.n_validation, "test": trial.n_test}[split]
    first = trial.subset * n if split == "train" else 0
    images, labels = _load(trial.data, trial.pixels, split, first + n)
    return images[first:], labels[first:]


@lru_cache(maxsize=8)
def _load(name: str, pixels: str, split: Split, n: int) -> tuple[torch.Tensor, torch.Tensor]:
    images, labels = READERS[name](split, n)
    if pixels == "standardised":
        mean, deviation = np.array(PIXELS[name], np.float32).reshape(2, -1, 1, 1)
        images = (images - mean) / deviation
    elif pixels == "binary":
        images = images >= 0.5
    return torch.from_numpy(images).float(), torch.from_numpy(labels)


def black(trial: Trial) -> torch.Tensor:
    """A black pixel as the network sees it, shape (C, 1, 1)."""
    colours, _ = IMAGE[trial.data]
    if trial.pixels != "standardised":
        return torch.zeros(colours, 1, 1)
    mean, deviation = torch.tensor(PIXELS[trial.data], dtype=torch.float32).view(2, -1, 1, 1)
    return -mean / deviation


def batches(trial: Trial, device: torch.device) -> Iterator[torch.Tensor]:
    """Indices of each step's batch, without end.

    Every epoch has a new order, the same for every network with this seed.
    """
    order = generator(trial.seed, "order")
    while True:
        epoch = torch.randperm(trial.n_train, generator=order).to(device)
        for batch in epoch.split(trial.batch_size):
            if len(batch) == trial.batch_size:  # the rest of an epoch is left out
                yield batch
