"""What chapters use and none teaches: numbers for the text, small images, a loop that trains."""

import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from dropnorm import data
from dropnorm import scratch as nn
from dropnorm.doctor.report import Report
from dropnorm.experiments.statistics import Interval, mean_interval, signed


def quote(name: str, value: object, spec: str = "+z.2f") -> None:
    """Keep a number or an interval for the text, as ``signed`` writes it."""
    _keep(name, signed(value, spec))


def note(name: str, value: float) -> None:
    """Keep a number for the text, which says itself how many digits it shows."""
    _keep(name, np.round(value, 4).item())


def _keep(name: str, value: object) -> None:
    from myst_nb import glue  # here: a reader's copy of a chapter keeps nothing, and needs it not

    glue(name, value, display=False)


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


# the bug zoo

ANSWER, TWICE, STEP, SETTINGS = "a second answer", "ask twice", "one step", "read the settings"


class Zoo:
    """Tests that have proved themselves, and what the doctor said of the same faults.

    Attributes
    ----------
    caught
        The habit that each test belongs to, by the number of its beast.
    found
        Beast, severity and check of what the doctor named.
    """

    def __init__(self) -> None:
        self.caught: dict[int, str] = {}
        self.found: list[tuple[int, str, str]] = []

    def catches(
        self, number: int, habit: str, test: Callable[[Any], object], fault: object, cure: object
    ) -> None:
        """Keep a test that is red on the fault (False, or an error) and green on the cure.

        Raises
        ------
        AssertionError
            It is not.
        """

        def green(beast: object) -> bool:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    return bool(test(beast))
            except (RuntimeError, ValueError):
                return False

        assert not green(fault), f"beast {number}: the test is green on the fault"
        assert green(cure), f"beast {number}: the test is red on the cure"
        self.caught[number] = habit
        print("test: red on the fault, green on the cure")

    def finds(self, number: int, report: Report, check: str) -> None:
        """Keep what the doctor says of a fault.

        Raises
        ------
        AssertionError
            The report does not name the check.
        """
        named = {finding.check: finding.severity for finding in report.findings}
        assert check in named, f"beast {number}: the doctor says {sorted(named)}, not {check}"
        self.found.append((number, named[check], check))
        print(f"the doctor: {named[check]}, {check}")
