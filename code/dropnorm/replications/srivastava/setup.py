"""What the replications of Srivastava et al. (2014) share."""

from typing import Any

from dropnorm.replications.networks import MNIST

PAPER = "Srivastava et al. 2014"

# 784-256-256-512-10, a quarter of the paper's 784-1024-1024-2048-10, on 2,000 images for 150
# epochs.
QUARTER: dict[str, Any] = {
    **MNIST,
    "model": "mlp",
    "hidden": 256,
    "last_hidden": 512,
    "n_train": 2_000,
    "steps": 3_000,
}

WIDTHS = "a quarter of the widths"
IMAGES = "2,000 training images for 60,000"
UPDATES = "3,000 updates for a million"
MOMENTUM = "momentum 0.9 for 0.95"
