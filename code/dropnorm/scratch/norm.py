"""Batch normalization (Ioffe & Szegedy, 2015) of features and of channels."""

import numpy as np
from numpy.typing import DTypeLike

from dropnorm.scratch.arguments import flag, float_type, number, whole
from dropnorm.scratch.base import Layer, check_gradient, check_input


class Norm(Layer):
    """A layer that divides by √(variance + eps)."""

    def __init__(self, eps: float) -> None:
        super().__init__()
        self.eps = number("eps", eps, lambda eps: eps >= 0, "a number >= 0")
        self._centred: np.ndarray = np.empty(0)  # x − mean

    def _centre(self, x: np.ndarray, mean: np.ndarray) -> np.ndarray:
        """x − mean, in the memory of the last batch where that had the same shape and type.

        Nobody else has seen it, and fresh memory costs as much time as the arithmetic.
        """
        last = self._centred
        same = last.shape == x.shape and last.dtype == x.dtype
        return np.subtract(x, mean, out=last if same else None)


def check_variance(
    layer: Norm, var: np.ndarray, rounding: np.ndarray | float = 0.0, what: str = "channel"
) -> None:
    """Refuse, with a ValueError, eps = 0 where a channel does not vary: that would be 0/0.

    Deviations of up to ``rounding`` count as none.
    """
    if var.dtype.type(layer.eps) > 0:
        return
    constant = np.flatnonzero(np.sqrt(var) <= rounding)
    if constant.size:
        raise ValueError(
            f"{type(layer).__name__}: eps={layer.eps} and {what} {constant[0]} does not vary; "
            f"expected eps > 0, or numbers that differ"
        )


class _BatchNorm(Norm):
    """What BatchNorm1d and BatchNorm2d share: all, once the axes after the channels are one.

    Inside, x has the shape (N, C · L): row n holds the L pixels of each channel of image n.
    """

    layout: str  # of an input, for its check
    ndim: tuple[int, ...]
    _count: int  # values per channel, N · L
    _pixels: int  # L
    _inverse_std: np.ndarray  # 1/σ = 1/√(var + eps)
    _from_batch: bool  # whether mean and variance were the batch's

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__(eps)
        self.num_features = whole("num_features", num_features)
        if momentum is not None:
            allowed = "0 <= momentum <= 1, or None for a plain average"
            momentum = number("momentum", momentum, lambda momentum: 0 <= momentum <= 1, allowed)
        self.momentum = momentum
        dtype = float_type(dtype)
        if flag("affine", affine):
            self.params["weight"] = np.ones(num_features, dtype)
            self.params["bias"] = np.zeros(num_features, dtype)
        if flag("track_running_stats", track_running_stats):
            self.buffers["running_mean"] = np.zeros(num_features, dtype)
            self.buffers["running_var"] = np.ones(num_features, dtype)
            self.buffers["num_batches_tracked"] = np.zeros((), np.int64)
        # a layer without arrays takes either type
        self._dtype = dtype if self.params or self.buffers else None

    def forward(self, x: np.ndarray) -> np.ndarray:
        """y = γ (x − mean) / √(var + eps) + β, of the shape of ``x``."""
        channels = self.num_features
        layout = self.layout.replace("C", str(channels))
        check_input(self, x, layout, ndim=self.ndim, channels=channels, dtype=self._dtype)
        from_batch = self.training or not self.buffers
        self._count = self._values_per_channel(x.shape, least=2 if from_batch else 0)
        self._pixels = int(np.prod(x.shape[2:]))
        self._output_shape, self._from_batch = x.shape, from_batch
        rows = x.reshape(len(x), channels * self._pixels)

        if from_batch:
            mean = self._mean(rows)
            centred = self._centre(rows, self._spread(mean))
            var = self._variance(centred)
            check_variance(self, var, rounding=np.finfo(x.dtype).eps * np.abs(mean))
            if self.buffers:
                self._track(mean, var * (self._count / (self._count - 1)))
        else:
            mean, var = self.buffers["running_mean"], self.buffers["running_var"]
            check_variance(self, var)
            centred = self._centre(rows, self._spread(mean))

        # the two factors of a channel, γ and 1/σ, are multiplied first: one product for each pixel
        self._centred, self._inverse_std = centred, 1 / np.sqrt(var + x.dtype.type(self.eps))
        y = centred * self._spread(self._factor())
        if self.params:
            y += self._spread(self.params["bias"])
        return y.reshape(x.shape)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """dβ = Σ dy and dγ = Σ dy x̂; dx = γ/σ (dy − mean of dy − x̂ · mean of dy x̂).

        x̂ = (x − mean)/σ. The two means are there because the batch's mean and variance depend on
        x, too. The running ones do not: in evaluation dx = γ/σ · dy.
        """
        check_gradient(self, dy)
        centred, inverse_std = self._centred, self._inverse_std
        rows = dy.reshape(centred.shape)
        dbeta = self._channel_sums(rows.sum(axis=0))
        dgamma = self._channel_sums(np.einsum("nd,nd->d", rows, centred)) * inverse_std
        if self.params:
            self.grads["bias"], self.grads["weight"] = dbeta, dgamma
        factor = self._spread(self._factor())
        if self._from_batch:
            # x̂ is never stored: x̂ · mean of dy x̂ = centred · (1/σ · dγ / count)
            dx = centred * self._spread(-inverse_std * dgamma / self._count)
            dx += rows
            dx -= self._spread(dbeta / self._count)
            dx *= factor
        else:
            dx = rows * factor
        return dx.reshape(dy.shape)

    def reset_running_stats(self) -> None:
        """Forget all batches: mean 0, variance 1, none tracked. Nothing where none are kept."""
        for name, array in self.buffers.items():
            array[...] = 1 if name == "running_var" else 0

    def _values_per_channel(self, shape: tuple[int, ...], least: int) -> int:
        """N, or N · L, or N · H · W; the variance of one value would be 0, that of none 0/0."""
        count = shape[0] * int(np.prod(shape[2:]))
        if count < least:
            when = "in training" if self.training else "without running statistics"
            raise ValueError(
                f"{type(self).__name__}: x has shape {shape}, {count} value(s) per channel; "
                f"expected at least {least} {when}"
            )
        return count

    def _factor(self) -> np.ndarray:
        """(C,): γ/σ, or 1/σ without γ."""
        return self.params.get("weight", 1) * self._inverse_std

    def _mean(self, rows: np.ndarray) -> np.ndarray:
        """(N, C · L) → (C,)."""
        # Pixels first, which NumPy adds in pairs; then images, in float64: of many large numbers a
        # sum in float32 loses digits.
        pixel_sums = rows.reshape(len(rows), -1, self._pixels).sum(axis=2)
        return (pixel_sums.sum(axis=0, dtype=np.float64) / self._count).astype(rows.dtype)

    def _variance(self, centred: np.ndarray) -> np.ndarray:
        """(N, C · L) → (C,), biased: divided by the count."""
        return self._channel_sums(np.einsum("nd,nd->d", centred, centred)) / self._count

    def _channel_sums(self, pixels: np.ndarray) -> np.ndarray:
        """(C · L,) → (C,): the sum over each channel's pixels."""
        return pixels.reshape(self.num_features, -1).sum(axis=1)

    def _spread(self, channels: np.ndarray) -> np.ndarray:
        """(C,) → (C · L,): each channel's number as often as the channel has pixels."""
        return np.repeat(channels, self._pixels)

    def _track(self, mean: np.ndarray, unbiased_var: np.ndarray) -> None:
        """running ← (1 − momentum) running + momentum · batch."""
        batches = self.buffers["num_batches_tracked"]
        batches += 1
        momentum = 1 / int(batches) if self.momentum is None else self.momentum
        for name, new in {"running_mean": mean, "running_var": unbiased_var}.items():
            running = self.buffers[name]
            running *= 1 - momentum
            running += momentum * new


class BatchNorm1d(_BatchNorm):
    """Batch norm of features, (N, C), or of the channels of sequences, (N, C, L).

    Parameters as in ``BatchNorm2d``.
    """

    layout = "(N, C) or (N, C, L)"
    ndim = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Batch norm of the channels of images, (N, C, H, W).

    y = γ (x − mean) / √(var + eps) + β for each channel (axis 1), over all other axes.

    In training mean and variance are the batch's, and the running ones move towards them; in
    evaluation they are the running ones. ``params``: ``weight`` is γ, ``bias`` is β. ``buffers``:
    ``running_mean``, ``running_var`` (the variance divided by count − 1), ``num_batches_tracked``.

    Parameters
    ----------
    num_features
        C, the number of channels.
    eps
        Added to the variance, under the root. 0 is allowed, for it makes formulas exact (PyTorch
        refuses it in training), but then every channel has to vary.
    momentum
        Weight of the *new* batch in the running statistics: running ← (1 − momentum) running +
        momentum · batch. None takes the plain average of all batches.
    affine
        False leaves out γ and β.
    track_running_stats
        False keeps no running statistics: mean and variance are the batch's in evaluation as well.
    dtype
        float32 or float64.

    Raises
    ------
    ValueError
        An argument is out of range; a batch whose own statistics count has less than two values per
        channel; eps is 0 and a channel does not vary.
    """

    layout = "(N, C, H, W)"
    ndim = (4,)
