"""The project of part II: a reader's own functions become a network, and train it.

Chapter 07's chain on images of 14 × 14 pixels, one pooling shorter. Each part is a function of an
exercise; the course's own stand in for those that are not written yet.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dropnorm import data
from dropnorm import scratch as nn
from dropnorm.exercises import progress
from dropnorm.exercises.catalogue import CATALOGUE
from dropnorm.exercises.checker import judge

NAME = "network"  # under which it is noted when all its parts are the reader's
EXERCISES = (
    "conv-forward",
    "conv-backward",
    "batch-norm-per-channel",
    "batch-norm-backward-images",
    "running-statistics",
    "batch-norm-eval",
    "relu-backward",
    "max-pool-backward",
    "dropout-forward",
    "dropout-backward",
    "linear-backward",
    "softmax-cross-entropy",
    "sgd-momentum",
)
PARTS = {CATALOGUE[name].solution.__name__: name for name in EXERCISES}
WANTED = 65.0  # % of the validation images
IMAGES, STEPS, BATCH, RATE, MOMENTUM, DECAY, P, EPS = 1000, 100, 50, 0.03, 0.9, 1e-4, 0.25, 1e-5

Functions = dict[str, Callable[..., Any]]


@dataclass(frozen=True)
class Report:
    """What came of it; true if the accuracy is reached, and shown as its message.

    Attributes
    ----------
    accuracy
        % of 1,000 validation images, in evaluation mode.
    mine, ours
        Names of the reader's functions in the network, and of the course's that stood in.
    trouble
        Why it could not be noted as done; empty if it could, or is not done.
    """

    accuracy: float
    mine: tuple[str, ...]
    ours: tuple[str, ...]
    trouble: str = ""

    @property
    def passed(self) -> bool:
        """Whether the accuracy is what is wanted."""
        return self.accuracy >= WANTED

    def __bool__(self) -> bool:
        return self.passed

    def __repr__(self) -> str:
        mark, whose = "✓" if self.passed else "✗", f"{len(self.mine)} of {len(PARTS)} parts are"
        lines = [
            f"{mark} {whose} yours. Validation accuracy {self.accuracy:.1f} %, wanted {WANTED:g} %."
        ]
        if self.ours:
            lines.append(f"Still the course's own: {', '.join(self.ours)}.")
        lines += [self.trouble] if self.trouble else []
        return "\n".join(lines)


def train(*functions: Callable[..., Any]) -> Report:
    """Train a small CNN, with batch norm and dropout, that is made of these functions.

    100 steps on 1,000 images of Fashion-MNIST, 14 × 14 pixels; always the same start, batches and
    random numbers. It takes some seconds, and longer with loops over pixels. With all parts the
    reader's own, what is reached is noted as ``check`` notes an exercise.

    Parameters
    ----------
    functions
        Answers to exercises, under their names there: ``train(conv_forward, dropout_forward)``.
        ``PARTS`` has all that the network knows, and the names of their exercises.

    Raises
    ------
    ValueError
        The network has no part of this name, or an answer is not right yet (the message says why).
    """
    mine = {function.__name__: function for function in functions}
    for name, function in mine.items():
        if name not in PARTS:
            raise ValueError(f"{name}: no part of the network. There are {', '.join(PARTS)}.")
        verdict = judge(CATALOGUE[PARTS[name]], function, seconds=3.0, seed=0)
        if not verdict.passed:
            raise ValueError(verdict.message)
    parts = {name: CATALOGUE[exercise].solution for name, exercise in PARTS.items()} | mine
    ours = tuple(name for name in PARTS if name not in mine)
    report = Report(accuracy(parts), tuple(mine), ours)
    is_done = report.passed and not ours
    return replace(report, trouble=progress.record(NAME)) if is_done else report


def standing(done: set[str]) -> str:
    """A line on how far it is, from the names of what is done."""
    written = sum(name in done for name in EXERCISES)
    mark = "✓" if NAME in done else " "
    line = f"{mark} 07  ★★★  project: a network of your own functions, {written} of "
    return f"{line}{len(EXERCISES)} parts done"


def accuracy(parts: Functions) -> float:
    """% of the validation images that a network of these functions gets right after training."""
    (x, y), (x_new, y_new) = _images("train"), _images("validation")
    mean, std = x.mean(), x.std()
    x, x_new = (x - mean) / std, (x_new - mean) / std
    network, order = _network(parts), np.random.default_rng(1)
    velocity = {name: np.zeros_like(value) for name, value in network.params.items()}
    for _ in range(STEPS):
        rows = order.choice(len(x), BATCH, replace=False)
        _, dlogits = parts["softmax_cross_entropy"](network(x[rows]), y[rows])
        network.backward(dlogits)
        grads = network.grads
        for name, value in network.params.items():
            value[...], velocity[name] = parts["sgd_step"](
                value.copy(), velocity[name], grads[name], RATE, MOMENTUM, DECAY
            )
    return 100 * nn.accuracy(network.eval()(x_new), y_new)


def _images(split: data.Split) -> tuple[np.ndarray, np.ndarray]:
    images, labels = data.fashion(split, IMAGES)
    return images[:, :, ::2, ::2].astype(float), labels


def _network(parts: Functions) -> nn.Sequential:
    rng = np.random.default_rng(0)
    return nn.Sequential(
        _Convolution(parts, 1, 4, rng),
        _BatchNorm(parts, 4),
        _ReLU(parts),
        _MaxPool(parts),
        _Convolution(parts, 4, 8, rng),
        _BatchNorm(parts, 8),
        _ReLU(parts),
        nn.Flatten(),
        _Dense(parts, 8 * 7 * 7, 32, rng),
        _ReLU(parts),
        _Dropout(parts, rng),
        _Dense(parts, 32, 10, rng),
    )


class _Part(nn.Layer):
    """A layer that asks functions."""

    def __init__(self, parts: Functions, **params: np.ndarray) -> None:
        super().__init__()
        self.parts, self.params = parts, params


class _Convolution(_Part):
    """3 × 3, padding 1."""

    def __init__(self, parts: Functions, inner: int, outer: int, rng: np.random.Generator) -> None:
        weight = rng.standard_normal((outer, inner, 3, 3)) * np.sqrt(2 / (9 * inner))
        super().__init__(parts, weight=weight, bias=np.zeros(outer))

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
        return self.parts["conv_forward"](self.x, self.params["weight"], self.params["bias"])

    def backward(self, dy: np.ndarray) -> np.ndarray:
        dx, dweight, dbias = self.parts["conv_backward"](dy, self.x, self.params["weight"])
        self.grads = {"weight": dweight, "bias": dbias}
        return dx[:, :, 1:-1, 1:-1]


class _BatchNorm(_Part):
    def __init__(self, parts: Functions, channels: int) -> None:
        super().__init__(parts, weight=np.ones(channels), bias=np.zeros(channels))
        self.buffers = {"running_mean": np.zeros(channels), "running_var": np.ones(channels)}

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x, (weight, bias) = x, self.params.values()
        mean, var = self.buffers.values()
        if not self.training:
            return self.parts["batch_norm_eval"](x, mean, var, weight, bias, EPS)
        mean[...], var[...] = self.parts["running_statistics"](mean.copy(), var.copy(), x, 0.1)
        return self.parts["batch_norm_per_channel"](x, weight, bias, EPS)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        backward = self.parts["batch_norm_backward_images"]
        dx, dweight, dbias = backward(dy, self.x, self.params["weight"], EPS)
        self.grads = {"weight": dweight, "bias": dbias}
        return dx


class _ReLU(_Part):
    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x
        return np.maximum(x, 0)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        return self.parts["relu_backward"](dy, self.x)


class _MaxPool(_Part):
    """2 × 2."""

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x
        n, c, h, w = x.shape
        return x.reshape(n, c, h // 2, 2, w // 2, 2).max(axis=(3, 5))

    def backward(self, dy: np.ndarray) -> np.ndarray:
        return self.parts["max_pool_backward"](dy, self.x, 2)


class _Dense(_Part):
    def __init__(self, parts: Functions, inner: int, outer: int, rng: np.random.Generator) -> None:
        weight = rng.standard_normal((outer, inner)) * np.sqrt(2 / inner)
        super().__init__(parts, weight=weight, bias=np.zeros(outer))

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x
        return x @ self.params["weight"].T + self.params["bias"]

    def backward(self, dy: np.ndarray) -> np.ndarray:
        dx, dweight, dbias = self.parts["linear_backward"](dy, self.x, self.params["weight"])
        self.grads = {"weight": dweight, "bias": dbias}
        return dx


class _Dropout(_Part):
    def __init__(self, parts: Functions, rng: np.random.Generator) -> None:
        super().__init__(parts)
        self.rng = rng

    def forward(self, x: np.ndarray) -> np.ndarray:
        u = self.rng.random(x.shape)
        self.mask = u >= P
        return self.parts["dropout_forward"](x, u, P, self.training)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        return self.parts["dropout_backward"](dy, self.mask, P)
