"""The networks that several replications share, and how our setups differ from the papers'."""

from typing import Any

SEEDS = 5

# What the dense networks share: a dropped pixel is a black one. The learning rate is the better of
# 0.03 and 0.1 for dropout on validation, with a seed that no study uses.
MNIST: dict[str, Any] = {"data": "mnist", "pixels": "raw", "batch_size": 100, "lr": 0.03}

# Half of the hidden units, a fifth of the pixels: the rates of Hinton et al. and Srivastava et al.
DROPOUT: dict[str, Any] = {"dropout": 0.5, "dropout_input": 0.2}

CIFAR_10 = "Fashion-MNIST for CIFAR-10"
IMAGENET = "Fashion-MNIST for ImageNet"
CNN = "the course's small CNN for theirs"
