"""The NumPy layers of ``dropnorm.scratch`` against PyTorch's.

Times of forward + backward, and time and memory of a training step.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bench import networks
from bench.rows import Row, side_by_side
from dropnorm import scratch as nn

if TYPE_CHECKING:
    import torch

SHAPES = [(64, 16, 28, 28), (32, 32, 14, 14)]
GROUPS = 8
# of a training step: highest ratio of times, highest ratio of memory
STEPS = {"lenet": (1.5, 3.0), "resnet8": (1.1, 1.0)}


def rows(rounds: int) -> Iterator[Row]:
    """Layer by layer, then training steps: time, and peak memory."""
    for shape in SHAPES:
        for name, target, ours, theirs in convolutions(shape) + others(shape):
            yield _row(name, target, ours, theirs, shape, rounds)
    for network, (most_time, most_memory) in STEPS.items():
        make, name = getattr(networks, network), f"{network} step, batch of 64"
        ours, theirs = networks.our_step(make), networks.their_step(make)
        yield side_by_side(name, ours, theirs, most_time, rounds)
        if Path("/proc/self/clear_refs").exists():  # Linux
            mine, other = _peak("our_step", network), _peak("their_step", network)
            name = f"peak memory, {name}"
            yield Row(name, "MiB", mine, other, mine / other, most_memory, 1)


Pair = tuple[str, float, nn.Layer, "torch.nn.Module"]  # name, highest ratio, our layer, theirs


def convolutions(shape: tuple[int, ...]) -> list[Pair]:
    """3 × 3, depthwise 3 × 3, and 1 × 1."""
    import torch

    torch.set_num_threads(1)
    channels = shape[1]
    settings: dict[str, tuple[float, dict]] = {
        "Conv2d 3×3": (1.0, {"out_channels": 2 * channels, "kernel_size": 3, "padding": 1}),
        "depthwise 3×3": (
            1.5,
            {"out_channels": channels, "kernel_size": 3, "padding": 1, "groups": channels},
        ),
        "Conv2d 1×1": (1.5, {"out_channels": 2 * channels, "kernel_size": 1}),
    }
    return [
        (name, target, nn.Conv2d(channels, **given), torch.nn.Conv2d(channels, **given))
        for name, (target, given) in settings.items()
    ]


def others(shape: tuple[int, ...]) -> list[Pair]:
    """Norms and dropout."""
    import torch

    torch.set_num_threads(1)
    theirs, channels = torch.nn, shape[1]
    return [
        ("BatchNorm2d", 0.7, nn.BatchNorm2d(channels), theirs.BatchNorm2d(channels)),
        ("GroupNorm", 0.8, nn.GroupNorm(GROUPS, channels), theirs.GroupNorm(GROUPS, channels)),
        ("Dropout", 0.25, nn.Dropout(0.5), theirs.Dropout(0.5)),
    ]


def _row(
    name: str,
    target: float,
    ours: nn.Layer,
    theirs: "torch.nn.Module",
    shape: tuple[int, ...],
    rounds: int,
) -> Row:
    x = np.random.default_rng(0).standard_normal(shape, dtype=np.float32)
    label = f"{name}, {'×'.join(map(str, shape))}"
    return side_by_side(label, _our_pass(ours, x), _their_pass(theirs, x), target, rounds)


def convolution_rows(rounds: int) -> Iterator[Row]:
    """The convolutions alone."""
    for shape in SHAPES:
        for name, target, ours, theirs in convolutions(shape):
            yield _row(name, target, ours, theirs, shape, rounds)


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


def _peak(step: str, network: str) -> float:
    """MiB that ten steps of 64 images add to a fresh process that has made a step of 2 images."""
    code = (
        "from bench import networks, scratch; "
        f"print(scratch.peak_of(networks.{step}, networks.{network}))"
    )
    command = [sys.executable, "-c", code]
    return float(subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout)


def peak_of(make_step: Callable[[Callable, int], Callable], network: Callable) -> float:
    """Highest resident memory in MiB during ten steps, less what was resident before."""
    make_step(network, 2)()
    run = make_step(network, 64)
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
