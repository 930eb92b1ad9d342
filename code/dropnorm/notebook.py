"""What chapters use and none teaches: numbers for the text, small images, a loop that trains."""

from collections.abc import Iterable

import numpy as np
from myst_nb import glue

from dropnorm import data
from dropnorm import scratch as nn
from dropnorm.experiments.statistics import Interval, mean_interval


def quote(name: str, value: object, spec: str = "+z.2f") -> None:
    """Keep a number or an interval for the text, written as ``spec`` says, with a true minus."""
    glue(name, format(value, spec).replace("-", "−"), display=False)


def note(name: str, value: float) -> None:
    """Keep a number for the text, which says itself how many digits it shows."""
    glue(name, np.round(value, 4).item(), display=False)


def print_mean(label: str, values: np.ndarray, spec: str = "+z.2f") -> Interval:
    """Print the mean of one value a seed with its 95 % interval, and return it."""
    effect = mean_interval(values)
    print(f"{label:<40} {effect:{spec}}, {effect.n} seeds")
    return effect


def rms(values: np.ndarray) -> float:
    """Root of the mean square: how large the numbers are."""
    return np.sqrt((values**2).mean())


def rows_of_pixels(split: data.Split, n: int) -> tuple[np.ndarray, np.ndarray]:
    """``n`` images of Fashion-MNIST as rows of 784 pixels in [0, 1], float64, and their labels."""
    images, labels = data.fashion(split, n)
    return images.reshape(n, 784).astype(float), labels


def halved(split: data.Split, n: int = 1_000) -> tuple[np.ndarray, np.ndarray]:
    """``n`` images of Fashion-MNIST at half their size, float64, and their labels.

    Every pixel is the mean of four: images have the shape (n, 1, 14, 14).
    """
    images, labels = data.fashion(split, n)
    squares = images.reshape(n, 1, 14, 2, 14, 2).astype(float)
    return squares.mean(axis=(3, 5)), labels


def train(
    network: nn.Layer, optimiser: nn.SGD, batches: Iterable[tuple[np.ndarray, np.ndarray]]
) -> list[float]:
    """Take one step for every batch of images and labels; the loss of each, before its step."""
    losses = []
    for x, y in batches:
        loss, dlogits = nn.softmax_cross_entropy(network(x), y)
        network.backward(dlogits)
        optimiser.step()
        losses.append(loss)
    return losses
