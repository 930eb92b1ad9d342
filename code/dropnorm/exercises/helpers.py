"""What several exercises share: inputs, layers in a given state, formulas."""

import numpy as np

from dropnorm import scratch as nn


def softmax(logits, axis=-1):
    """Probabilities from logits."""
    e = np.exp(logits - logits.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def column(values):
    """(C,) → (C, 1, 1), ready to meet (N, C, H, W)."""
    return np.asarray(values)[:, None, None]


def varied_images(rng, *shape):
    """Images whose channels differ in mean and in standard deviation."""
    deviations = column(np.arange(1.0, shape[1] + 1))
    return rng.standard_normal(shape) * deviations + rng.standard_normal((shape[1], 1, 1))


def batch_norm_by_layer(x, weight, bias, eps, norm=nn.BatchNorm1d):
    """Batch norm in training by the package's layer."""
    layer = norm(len(weight), eps, dtype=float)
    layer.params["weight"][...], layer.params["bias"][...] = weight, bias
    return layer(x)


def batch_norm_by_torch(x, weight, bias, eps):
    """Batch norm in training by PyTorch."""
    import torch

    x, weight, bias = map(torch.tensor, (x, weight, bias))
    y = torch.nn.functional.batch_norm(x, None, None, weight, bias, training=True, eps=eps)
    return y.numpy()


def normalised(x, weight, bias, axes=0, ddof=0, divisor=None, eps=0.0):
    """Batch norm in training with one thing changed: axes, ddof, or the divisor made from var."""
    mean, var = x.mean(axis=axes, keepdims=True), x.var(axis=axes, ddof=ddof, keepdims=True)
    deviation = np.sqrt(var + eps) if divisor is None else divisor(var)
    return weight * (x - mean) / deviation + bias


class GivenNumbers:
    """In the place of a random generator: hands out the numbers it was given."""

    def __init__(self, numbers: np.ndarray) -> None:
        self.numbers = numbers

    def random(self, shape: tuple[int, ...], dtype: type) -> np.ndarray:
        """The numbers, in this shape."""
        return self.numbers.reshape(shape)

    def standard_normal(self, shape: tuple[int, ...], dtype: type) -> np.ndarray:
        """A copy of the numbers, in this shape."""
        return self.numbers.reshape(shape).copy()


def layer_with_numbers(kind, p, numbers):
    """A dropout layer that draws these numbers."""
    layer = kind(p)
    layer.rng = GivenNumbers(numbers)
    return layer


def batch_norm_layer(running_mean, running_var, weight=None, bias=None, eps=1e-5, momentum=0.1):
    """The package's layer in a given state."""
    layer = nn.BatchNorm2d(len(running_mean), eps, momentum, dtype=float)
    layer.buffers["running_mean"][...] = running_mean
    layer.buffers["running_var"][...] = running_var
    if weight is not None:
        layer.params["weight"][...], layer.params["bias"][...] = weight, bias
    return layer


def running_state(rng, channels):
    """A running mean and variance drawn at random."""
    return rng.standard_normal(channels), rng.uniform(0.5, 2, channels)


def shifted_images(rng, *shape):
    """Images whose channels have different means."""
    return 2 * rng.standard_normal(shape) + np.arange(1.0, shape[1] + 1)[:, None, None]
