"""Networks that have not been trained, images of noise, and what a test may compare of them."""

import torch
from torch import nn

from dropnorm.experiments.model import build_model
from dropnorm.experiments.trial import Trial


def network(**changes) -> nn.Sequential:
    return build_model(
        Trial(**({"norm": "batch", "dropout": 0.5, "width": 4, "hidden": 16} | changes))
    )


def images(n: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, 1, 28, 28, generator=torch.Generator().manual_seed(seed))


def state(model: nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def same(a: dict, b: dict) -> bool:
    return all(torch.equal(a[name], b[name]) for name in a)


def modes(model: nn.Module) -> list[bool]:
    return [layer.training for layer in model.modules()]
