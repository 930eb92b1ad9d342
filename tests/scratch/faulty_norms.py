"""Faults of batch norm and of the norms without a batch."""

from functools import partial

import numpy as np
from checks import (
    check_against_pytorch,
    check_arrays_stay,
    check_gradients,
    check_large_mean,
    shaken,
    values,
)
from faults import planted

from dropnorm import scratch as nn

F64 = np.float64


def against_pytorch():
    layer = shaken(nn.BatchNorm2d(3, eps=0.1, dtype=F64), 0)
    check_against_pytorch(layer, [values((4, 3, 2, 3), i, offset=i) for i in range(3)])


def gradients():
    check_gradients(shaken(nn.BatchNorm2d(2, dtype=F64), 0), values((3, 2, 2, 3), 0))


def as_a_reader_checks():
    """``max`` of the errors must not pass where a gradient is NaN, wherever it stands."""
    errors = nn.gradient_check(shaken(nn.BatchNorm2d(2, dtype=F64), 0), values((3, 2, 2, 3), 0))
    assert max(errors.values()) < 1e-6


def running_statistics():
    """By hand: of 1, 3 and 8 the mean is 4, and Σ (x − 4)² = 26."""
    layer = nn.BatchNorm2d(1, momentum=0.25, dtype=F64)
    layer(np.array([1.0, 3.0, 8.0]).reshape(3, 1, 1, 1))
    assert layer.buffers["running_mean"] == 0.25 * 4
    assert layer.buffers["running_var"] == 0.75 + 0.25 * 26 / 2


def state_has_running_statistics():
    assert {"running_mean", "running_var"} <= {*nn.BatchNorm2d(3).state_dict()}


@planted(running_statistics)
class BiasedRunningVariance(nn.BatchNorm2d):
    """Batch norm: the running variance is the biased one."""

    def _track(self, mean, unbiased_var):
        super()._track(mean, unbiased_var * (self._count - 1) / self._count)


@planted(against_pytorch)
class UnbiasedVariance(nn.BatchNorm2d):
    """Batch norm: normalises by the unbiased variance."""

    def _variance(self, centred):
        return super()._variance(centred) * self._count / (self._count - 1)

    def _track(self, mean, unbiased_var):
        super()._track(mean, unbiased_var * (self._count - 1) / self._count)


@planted(running_statistics)
class MomentumTurnedRound(nn.BatchNorm2d):
    """Batch norm: momentum weighs the old statistics, as in Keras."""

    def _track(self, mean, unbiased_var):
        self.momentum = 1 - self.momentum
        super()._track(mean, unbiased_var)


@planted(against_pytorch)
class MovesInEvaluation(nn.BatchNorm2d):
    """Batch norm: the running statistics move in evaluation, too."""

    def forward(self, x):
        y = super().forward(x)
        if not self.training:
            self._track(x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3), ddof=1))
        return y


@planted(against_pytorch)
class MeanOfEachPixel(nn.BatchNorm2d):
    """Batch norm: a mean for each pixel instead of each channel."""

    def _variance(self, centred):
        centred -= centred.mean(axis=0)
        return super()._variance(centred)


@planted(partial(check_large_mean, (16, 3, 5, 5), 0, 1000.0))
class MeanOfSquares(nn.BatchNorm2d):
    """Batch norm: the variance as E[x²] − E[x]²."""

    def _mean(self, rows):
        self._rows, self._means = rows, super()._mean(rows)
        return self._means

    def _variance(self, centred):
        return super()._variance(self._rows) - self._means**2


@planted(partial(check_large_mean, (1024, 3), 0, 1000.3))
class MeanInFloat32(nn.BatchNorm1d):
    """Batch norm: the mean is summed up in float32."""

    def _mean(self, rows):
        return rows.sum(axis=0, dtype=rows.dtype) / self._count


@planted(against_pytorch)
class EpsOutsideTheRoot(nn.BatchNorm2d):
    """Batch norm: eps is added outside the root."""

    def forward(self, x):
        y, beta = super().forward(x), self.params["bias"][:, None, None]
        root = 1 / self._inverse_std
        factor = root / (np.sqrt(root**2 - self.eps) + self.eps)
        return (y - beta) * factor[:, None, None] + beta


@planted(gradients)
class MeanConstant(nn.BatchNorm2d):
    """Batch norm: backward takes the mean for a constant."""

    def backward(self, dy):
        scale = self.params["weight"] * self._inverse_std
        return super().backward(dy) + (scale * dy.mean(axis=(0, 2, 3)))[:, None, None]


@planted(gradients)
class VarianceConstant(nn.BatchNorm2d):
    """Batch norm: backward takes the variance for a constant."""

    def backward(self, dy):
        dx = super().backward(dy)
        scale = self.params["weight"] * self._inverse_std**2 * self.grads["weight"] / self._count
        return dx + (self._centred * self._spread(scale)).reshape(dy.shape)


@planted(gradients)
class BothConstant(nn.BatchNorm2d):
    """Batch norm: backward takes mean and variance for constants."""

    def backward(self, dy):
        self._from_batch = False
        return super().backward(dy)


@planted(against_pytorch)
class TrainingsBackwardInEvaluation(nn.BatchNorm2d):
    """Batch norm: the backward pass of training in evaluation, too."""

    def backward(self, dy):
        self._from_batch = True
        return super().backward(dy)


@planted(gradients)
class GammaOfCentred(nn.BatchNorm2d):
    """Batch norm: the gradient of γ is made from x − mean, not divided by σ."""

    def backward(self, dy):
        dx = super().backward(dy)
        self.grads["weight"] = self.grads["weight"] / self._inverse_std
        return dx


@planted(as_a_reader_checks)
class GammaOfNaN(nn.BatchNorm2d):
    """Batch norm: the gradient of γ is NaN."""

    def backward(self, dy):
        dx = super().backward(dy)
        self.grads["weight"] = self.grads["weight"] * np.nan
        return dx


@planted(as_a_reader_checks)
class InfiniteGradient(nn.BatchNorm2d):
    """Batch norm: the gradient of x is infinite."""

    def backward(self, dy):
        return super().backward(dy) / 0


@planted(state_has_running_statistics)
class StateWithoutBuffers(nn.BatchNorm2d):
    """State: the running statistics are left out."""

    def state_dict(self):
        return {name: array.copy() for name, array in self.params.items()}


def without_running_statistics():
    layer = nn.BatchNorm2d(3, track_running_stats=False, dtype=F64)
    check_against_pytorch(shaken(layer, 0), [values((4, 3, 2, 3), 0, offset=2)])


def without_gamma_and_beta():
    layer = nn.BatchNorm2d(3, affine=False, dtype=F64)
    check_against_pytorch(shaken(layer, 0), [values((4, 3, 2, 3), 0, scale=3)])


@planted(without_running_statistics)
class StandardInEvaluation(nn.BatchNorm2d):
    """Batch norm: without running statistics evaluation takes mean 0 and variance 1."""

    def forward(self, x):
        if self.training:
            return super().forward(x)
        self.buffers = {"running_mean": np.zeros(3), "running_var": np.ones(3)}
        y = super().forward(x)
        self.buffers = {}
        return y


@planted(without_running_statistics)
class ConstantsInEvaluation(nn.BatchNorm2d):
    """Batch norm: without running statistics backward in evaluation takes the batch's as given."""

    def backward(self, dy):
        self._from_batch = self.training
        return super().backward(dy)


@planted(without_gamma_and_beta)
class SigmaWithoutGamma(nn.BatchNorm2d):
    """Batch norm: 1/σ goes with γ where both are left out."""

    def _factor(self):
        return self.params.get("weight", np.ones(self.num_features))


def group_gradients():
    check_gradients(shaken(nn.GroupNorm(2, 4, dtype=F64), 0), values((3, 4, 2, 3), 0))


def group_against_pytorch():
    check_against_pytorch(shaken(nn.GroupNorm(2, 4, dtype=F64), 0), [values((3, 4, 2, 3), 0)])


def layer_norm_gradients():
    check_gradients(shaken(nn.LayerNorm((3, 3), dtype=F64), 0), values((2, 3, 3), 0))


@planted(group_gradients)
class GroupVarianceConstant(nn.GroupNorm):
    """Group norm: backward takes the variance for a constant."""

    def backward(self, dy):
        dx, x_hat = super().backward(dy), self._centred * self._inverse_std[..., None]
        dx_hat = (dy * self.params["weight"][:, None, None]).reshape(x_hat.shape)
        mean = (dx_hat * x_hat).mean(axis=(2, 3), keepdims=True)
        return dx + (x_hat * mean * self._inverse_std[..., None]).reshape(dy.shape)


@planted(group_against_pytorch)
class MeansOfTheImage(nn.GroupNorm):
    """Group norm: means over the whole image."""

    def _layout(self, x):
        images, groups, channels, pixels = super()._layout(x)
        return images, 1, groups * channels, pixels


@planted(group_gradients)
class GammaWithoutXHat(nn.GroupNorm):
    """Group norm: the gradient of γ is the sum of dy, without x̂."""

    def backward(self, dy):
        dx = super().backward(dy)
        self.grads["weight"] = self.grads["bias"]
        return dx


@planted(
    lambda: check_arrays_stay(
        nn.GroupNorm(2, 4, dtype=F64), [values((3, 4, 2, 3), i) for i in (0, 1)]
    )
)
class OneMemory(nn.GroupNorm):
    """Group norm: the output of a batch is written over that of the last one."""

    def forward(self, x):
        y = super().forward(x)
        self.output = getattr(self, "output", np.empty_like(y))
        self.output[...] = y
        return self.output


@planted(layer_norm_gradients)
class GammaTransposed(nn.LayerNorm):
    """Layer norm: the gradient of γ has its axes exchanged."""

    def backward(self, dy):
        dx = super().backward(dy)
        self.grads["weight"] = self.grads["weight"].T.copy()
        return dx
