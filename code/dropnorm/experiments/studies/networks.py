"""The four networks of the 2×2, and the places of dropout: what most studies vary."""

from typing import Any

# Dropout at p = 0.5 after the dense layer, batch norm in every hidden layer.
NETWORKS: dict[str, dict[str, Any]] = {
    "plain": {},
    "dropout": {"dropout": 0.5},
    "batch norm": {"norm": "batch"},
    "both": {"dropout": 0.5, "norm": "batch"},
}

# Learning rates for studies that do not vary them: in TOGETHER the best on validation, or as good,
# at 5,000 images.
RATE = {"plain": 0.03, "dropout": 0.03, "batch norm": 0.1, "both": 0.1}


def at_own_rates(
    rates: dict[str, float], networks: dict[str, dict[str, Any]] = NETWORKS, /, **plan: Any
) -> dict[str, dict[str, Any]]:
    """The four networks, each at its learning rate, with what they share."""
    return {name: {**network, **plan, "lr": rates[name]} for name, network in networks.items()}


TUNED = at_own_rates(RATE)

# Where dropout may stand in the CNN.
PLACES: dict[str, dict[str, Any]] = {
    "dense": {"dropout_at": "fc"},
    "conv elements": {"dropout_at": "conv"},
    "conv channels": {"dropout_at": "conv", "dropout_unit": "channel"},
    "both": {"dropout_at": "both"},
}
