"""The NumPy layers of ``dropnorm.scratch`` against PyTorch's.

Times of forward + backward, and the memory of a training step.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.rows import Row, side_by_side
from dropnorm import scratch as nn

if TYPE_CHECKING:
    import torch

SHAPES = [(64, 16, 28, 28), (32, 32, 14, 14)]


def rows(rounds: int) -> Iterator[Row]:
    """Layer by layer, then a training step of the network of chapter 07: time, and peak memory."""
    import torch

    torch.set_num_threads(1)
    theirs = torch.nn
    for shape in SHAPES:
        channels = shape[1]
        convolutions = [kit.Conv2d(channels, 2 * channels, 3, padding=1) for kit in (nn, theirs)]
        pairs = [
            ("Conv2d 3×3", 1.5, *convolutions),
            ("BatchNorm2d", 1.0, nn.BatchNorm2d(channels), theirs.BatchNorm2d(channels)),
            ("Dropout", 0.35, nn.Dropout(0.5), theirs.Dropout(0.5)),
        ]
        for name, target, our_layer, their_layer in pairs:
            x = np.random.default_rng(0).standard_normal(shape, dtype=np.float32)
            label = f"{name}, {'×'.join(map(str, shape))}"
            ours, other = _our_pass(our_layer, x), _their_pass(their_layer, x)
            yield side_by_side(label, ours, other, target, rounds)
    yield side_by_side("training step, batch of 64", our_step(), their_step(), 1.5, rounds)
    if Path("/proc/self/clear_refs").exists():  # Linux
        our_peak, their_peak = _peak("our_step"), _peak("their_step")
        ratio = our_peak / their_peak
        yield Row("peak memory of that step", "MiB", our_peak, their_peak, ratio, 3.0, 1)


def _our_pass(layer: nn.Layer, x: np.ndarray) -> Callable[[], None]:
    dy = np.random.default_rng(1).standard_normal(layer(x).shape, dtype=np.float32)

    def run() -> None:
        layer.forward(x)
        layer.backward(dy)

    return run


def _their_pass(layer: "torch.nn.Module", images: np.ndarray) -> Callable[[], object]:
    import torch

    x = torch.tensor(images, requires_grad=True)
    inputs = [x, *layer.parameters()]
    dy = torch.randn(layer(x).shape)
    return lambda: torch.autograd.grad(layer(x), inputs, dy)


def _batch(size: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.random((size, 1, 28, 28), dtype=np.float32), rng.integers(0, 10, size)


def _network(kit: Any) -> Any:
    """Chapter 07's network from ``dropnorm.scratch`` or ``torch.nn``: the names are the same."""
    # fmt: off
    return kit.Sequential(
        kit.Conv2d(1, 16, 3, padding=1), kit.BatchNorm2d(16), kit.ReLU(), kit.MaxPool2d(2),
        kit.Conv2d(16, 32, 3, padding=1), kit.BatchNorm2d(32), kit.ReLU(), kit.MaxPool2d(2),
        kit.Flatten(), kit.Linear(1568, 128), kit.BatchNorm1d(128), kit.ReLU(), kit.Dropout(0.5),
        kit.Linear(128, 10),
    )
    # fmt: on


def our_step(batch_size: int = 64) -> Callable[[], None]:
    """One step of SGD with momentum on chapter 07's network."""
    network = _network(nn)
    optimiser = nn.SGD(network, lr=0.05, momentum=0.9)
    images, labels = _batch(batch_size)

    def run() -> None:
        _, dlogits = nn.softmax_cross_entropy(network(images), labels)
        network.backward(dlogits)
        optimiser.step()

    return run


def their_step(batch_size: int = 64) -> Callable[[], None]:
    """The same in PyTorch."""
    import torch
    from torch import nn

    torch.set_num_threads(1)
    network = _network(nn)
    optimiser = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9)
    images, labels = map(torch.from_numpy, _batch(batch_size))

    def run() -> None:
        optimiser.zero_grad()
        nn.functional.cross_entropy(network(images), labels).backward()
        optimiser.step()

    return run


def _peak(step: str) -> float:
    """MiB that ten steps of 64 images add to a fresh process that has made a step of 2 images."""
    code = f"from bench import scratch; print(scratch.peak_of(scratch.{step}))"
    command = [sys.executable, "-c", code]
    return float(subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout)


def peak_of(make_step: Callable[[int], Callable]) -> float:
    """Highest resident memory in MiB during ten steps, less what was resident before."""
    make_step(2)()
    run = make_step(64)
    before = _memory("VmRSS")
    # sets VmHWM, the highest VmRSS so far, to the present one
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    for _ in range(10):
        run()
    return _memory("VmHWM") - before


def _memory(field: str) -> float:
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    line = next(line for line in lines if line.startswith(field))
    return int(line.split()[1]) / 1024
