"""The networks whose training steps are timed: each from ``dropnorm.scratch`` or ``torch.nn``."""

from collections.abc import Callable
from typing import Any

import numpy as np

from dropnorm import scratch as nn


def lenet(kit: Any) -> Any:
    """Chapter 07's network; ``kit`` is ``dropnorm.scratch`` or ``torch.nn``: the names are one."""
    # fmt: off
    return kit.Sequential(
        kit.Conv2d(1, 16, 3, padding=1), kit.BatchNorm2d(16), kit.ReLU(), kit.MaxPool2d(2),
        kit.Conv2d(16, 32, 3, padding=1), kit.BatchNorm2d(32), kit.ReLU(), kit.MaxPool2d(2),
        kit.Flatten(), kit.Linear(1568, 128), kit.BatchNorm1d(128), kit.ReLU(), kit.Dropout(0.5),
        kit.Linear(128, 10),
    )
    # fmt: on


def resnet8(kit: Any, width: int = 16) -> Any:
    """The residual network at the end of chapter 07, with He et al.'s 16, 32 and 64 channels."""
    residual = kit.Residual if kit is nn else their_residual()
    layers = [kit.Conv2d(1, width, 3, padding=1, bias=False), kit.BatchNorm2d(width), kit.ReLU()]
    channels = width
    for stage in range(3):
        out, stride = width * 2**stage, 1 if stage == 0 else 2
        # fmt: off
        body = [
            kit.Conv2d(channels, out, 3, stride, 1, bias=False), kit.BatchNorm2d(out), kit.ReLU(),
            kit.Conv2d(out, out, 3, 1, 1, bias=False), kit.BatchNorm2d(out),
        ]
        # fmt: on
        shortcut = None
        if stride != 1:
            one = kit.Conv2d(channels, out, 1, stride, bias=False)
            shortcut = kit.Sequential(one, kit.BatchNorm2d(out))
        layers += [residual(*body, shortcut=shortcut), kit.ReLU()]
        channels = out
    layers += [kit.AdaptiveAvgPool2d(1), kit.Flatten(), kit.Linear(channels, 10)]
    return kit.Sequential(*layers)


def their_residual() -> Any:
    """A residual block in PyTorch, with our names of parameters."""
    from torch import Tensor
    from torch import nn as torch_nn

    class Residual(torch_nn.Sequential):
        def __init__(self, *layers: Any, shortcut: Any = None) -> None:
            super().__init__(*layers)
            self.shortcut = shortcut

        def forward(self, x: Tensor) -> Tensor:
            y = x
            for name, layer in self.named_children():
                if name != "shortcut":
                    y = layer(y)
            return y + (x if self.shortcut is None else self.shortcut(x))

    return Residual


def batch_of(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Images of the size of Fashion-MNIST's, and labels."""
    rng = np.random.default_rng(0)
    return rng.random((size, 1, 28, 28), dtype=np.float32), rng.integers(0, 10, size)


def our_step(network: Callable[[Any], Any] = lenet, size: int = 64) -> Callable[[], None]:
    """One step of SGD with momentum on a batch of ``size`` images."""
    ours = network(nn)
    optimiser = nn.SGD(ours, lr=0.05, momentum=0.9)
    images, labels = batch_of(size)

    def run() -> None:
        _, dlogits = nn.softmax_cross_entropy(ours(images), labels)
        ours.backward(dlogits)
        optimiser.step()

    return run


def their_step(network: Callable[[Any], Any] = lenet, size: int = 64) -> Callable[[], None]:
    """The same in PyTorch."""
    import torch

    torch.set_num_threads(1)
    theirs = network(torch.nn)
    optimiser = torch.optim.SGD(theirs.parameters(), lr=0.05, momentum=0.9)
    images, labels = map(torch.from_numpy, batch_of(size))

    def run() -> None:
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(theirs(images), labels).backward()
        optimiser.step()

    return run
