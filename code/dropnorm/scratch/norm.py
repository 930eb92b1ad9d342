"""Batch normalization (Ioffe & Szegedy, 2015) of features and of channels."""

import numpy as np

from dropnorm.scratch.arguments import float_type, number, whole
from dropnorm.scratch.base import Layer, check_gradient, check_input


def check_variance(
    layer: Layer, var: np.ndarray, rounding: np.ndarray | float = 0.0, what: str = "channel"
) -> None:
    """Refuse, with a ValueError, eps = 0 and a channel that varies by no more than ``rounding``: that would be 0/0."""
    if (
        var.dtype.type(layer.eps) == 0
        and (constant := np.flatnonzero(np.sqrt(var) <= rounding)).size
    ):
        raise ValueError(
            f"{type(layer).__name__}: eps={layer.eps} and {what} {constant[0]} does not vary; expected eps > 0, or "
            f"numbers that differ"
        )


class _BatchNorm(Layer):
    """What BatchNorm1d and BatchNorm2d share: all, once the axes after the channels are seen as one."""

    shape = ""
    ndim: tuple[int, ...] = ()

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        *,
        dtype=np.float32,
    ) -> None:
        super().__init__()
        whole("num_features", num_features)
        self.eps = number("eps", eps, lambda eps: eps >= 0, "a number >= 0")
        if momentum is not None:
            allowed = "0 <= momentum <= 1, or None for a plain average"
            momentum = number("momentum", momentum, lambda momentum: 0 <= momentum <= 1, allowed)
        self.momentum = momentum
        dtype = float_type(dtype)
        self.params["weight"] = np.ones(num_features, dtype)
        self.params["bias"] = np.zeros(num_features, dtype)
        self.buffers["running_mean"] = np.zeros(num_features, dtype)
        self.buffers["running_var"] = np.ones(num_features, dtype)
        self.buffers["num_batches_tracked"] = np.zeros((), np.int64)
        self._shape = None

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Same shape as ``x``."""
        weight, bias = self.params["weight"], self.params["bias"]
        check_input(
            self, x, self.shape.replace("C", str(len(weight))), self.ndim, len(weight), weight.dtype
        )
        count = self._values_per_channel(x.shape)
        self._shape, self._from_batch = x.shape, self.training
        x = x.reshape(len(x), int(np.prod(x.shape[1:])))
        if self.training:
            # pixels first, which NumPy adds in pairs; then images in float64: float32 loses digits of many large numbers
            sums = x.reshape(len(x), len(weight), -1).sum(axis=2).sum(axis=0, dtype=np.float64)
            mean = (sums / count).astype(x.dtype)
            self._centred = x - self._spread(mean)
            var = self._gather(np.einsum("nd,nd->d", self._centred, self._centred)) / count
            check_variance(self, var, rounding=np.finfo(x.dtype).eps * np.abs(mean))
            self._track(mean, var * (count / (count - 1)))
        else:
            mean, var = self.buffers["running_mean"], self.buffers["running_var"]
            check_variance(self, var)
            self._centred = x - self._spread(mean)
        self._inverse_std = 1 / np.sqrt(var + x.dtype.type(self.eps))
        y = self._centred * self._spread(weight * self._inverse_std)
        y += self._spread(bias)
        return y.reshape(self._shape)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """dβ = Σ dy and dγ = Σ dy x̂; dx = γ/σ (dy − mean of dy − x̂ · mean of dy x̂).

        x̂ = (x − mean)/σ. The two means are there because the batch's mean and variance depend on x, too. The running ones
        do not: in evaluation dx = γ/σ · dy.
        """
        check_gradient(self, dy, self._shape)
        dy, scale = dy.reshape(self._centred.shape), self._inverse_std
        dbias = self.grads["bias"] = self._gather(dy.sum(axis=0))
        dweight = self.grads["weight"] = (
            self._gather(np.einsum("nd,nd->d", dy, self._centred)) * scale
        )
        if self._from_batch:
            count = self._values_per_channel(self._shape)
            dx = self._centred * self._spread(-scale * dweight / count)
            dx += dy
            dx -= self._spread(dbias / count)
            dx *= self._spread(self.params["weight"] * scale)
        else:
            dx = dy * self._spread(self.params["weight"] * scale)
        return dx.reshape(self._shape)

    def reset_running_stats(self) -> None:
        """Forget all batches: mean 0, variance 1, none tracked."""
        self.buffers["running_mean"][...] = 0
        self.buffers["running_var"][...] = 1
        self.buffers["num_batches_tracked"][...] = 0

    def _values_per_channel(self, shape: tuple[int, ...]) -> int:
        """N, or N · L, or N · H · W; in training at least 2, for the variance of one value is 0."""
        count = shape[0] * int(np.prod(shape[2:]))
        if self.training and count < 2:
            raise ValueError(
                f"{type(self).__name__}: x has shape {shape}, {count} value(s) per channel; expected at least 2 in training"
            )
        return count

    def _gather(self, pixels: np.ndarray) -> np.ndarray:
        """(C · L,) → (C,): the sum over each channel's pixels."""
        return pixels.reshape(self._shape[1], -1).sum(axis=1)

    def _spread(self, channels: np.ndarray) -> np.ndarray:
        """(C,) → (C · L,): each channel's number as often as the channel has pixels."""
        return np.repeat(channels, int(np.prod(self._shape[2:])))

    def _track(self, mean: np.ndarray, unbiased_var: np.ndarray) -> None:
        """Move the running statistics towards the batch's; the variance kept is the one divided by count − 1."""
        batches = self.buffers["num_batches_tracked"]
        batches += 1
        momentum = 1 / int(batches) if self.momentum is None else self.momentum
        for name, new in {"running_mean": mean, "running_var": unbiased_var}.items():
            self.buffers[name] *= 1 - momentum
            self.buffers[name] += momentum * new


class BatchNorm1d(_BatchNorm):
    """Batch norm of features, (N, C), or of the channels of sequences, (N, C, L); parameters as in ``BatchNorm2d``."""

    shape = "(N, C) or (N, C, L)"
    ndim = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Batch norm of the channels of images, (N, C, H, W).

    y = γ (x − mean) / √(var + eps) + β for each channel (axis 1), over all other axes.

    In training mean and variance are the batch's, and the running ones move towards them; in evaluation they are the
    running ones. ``params``: ``weight`` is γ, ``bias`` is β. ``buffers``: ``running_mean``, ``running_var``,
    ``num_batches_tracked``.

    Parameters
    ----------
    num_features
        C, the number of channels.
    eps
        Added to the variance, under the root. 0 is allowed, for it makes formulas exact (PyTorch refuses it in training),
        but then every channel has to vary.
    momentum
        Weight of the *new* batch in the running statistics: running ← (1 − momentum) running + momentum · batch.
        None takes the plain average of all batches.
    dtype
        float32 or float64.

    Raises
    ------
    ValueError
        A number is out of range; in training, a batch with a single value per channel; eps is 0 and a channel does not
        vary.
    """

    shape = "(N, C, H, W)"
    ndim = (4,)
