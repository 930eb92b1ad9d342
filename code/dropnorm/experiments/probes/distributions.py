"""How the distribution of a unit's values changes while a network trains."""

from typing import Any

import torch

# Of the values of one unit (Ioffe and Szegedy, 2015, figure 1 b and c).
PERCENTILES = (0.15, 0.5, 0.85)


def percentiles_of_first_unit(x: torch.Tensor) -> list[float]:
    """The 15th, 50th and 85th percentile of the first unit's values, of (N, units)."""
    percentiles: list[float] = torch.quantile(x[:, 0], torch.tensor(PERCENTILES)).tolist()
    return percentiles


class Movement:
    """How far the means of units have moved since the last look, layer by layer."""

    def __init__(self) -> None:
        self.before: dict[Any, tuple[torch.Tensor, torch.Tensor]] = {}

    def since_last_look(self, layer: str, x: torch.Tensor) -> float:
        """Root mean square over the units of the change of a unit's mean; 0 at the first look.

        In standard deviations that the unit had then. ``x`` is (N, units) or (N, C, H, W), where
        a channel is a unit.
        """
        axes = [axis for axis in range(x.ndim) if axis != 1]
        mean, deviation = x.mean(axes), x.std(axes) + 1e-8
        mean_then, deviation_then = self.before.get(layer, (mean, deviation))
        self.before[layer] = mean, deviation
        return ((mean - mean_then) / deviation_then).square().mean().sqrt().item()
