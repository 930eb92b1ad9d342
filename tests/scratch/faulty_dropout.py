"""Faults of dropout of elements, channels, paths and blocks."""

import numpy as np
from checks import check_against_pytorch, check_gradients, distinct
from checks_of_dropout import check_drop_block, check_drop_path, check_dropout1d
from faults import planted

from dropnorm import scratch as nn


def dropout_gradients():
    check_gradients(nn.Dropout(0.4, rng=0), distinct((4, 5), 0))


def noise_has_mean_one():
    assert abs(nn.Dropout(0.3, rng=2)(np.ones(100_000)).mean() - 1) < 0.02


def fraction_dropped_is_p():
    assert abs((nn.Dropout(0.3, rng=1)(np.ones(100_000)) == 0).mean() - 0.3) < 0.02


def evaluation_is_the_identity():
    np.testing.assert_array_equal(nn.Dropout(0.5, rng=0).eval()(np.ones(50)), np.ones(50))


@planted(dropout_gradients)
class MaskLeftOutOfBackward(nn.Dropout):
    """Dropout: the mask is left out of backward."""

    def backward(self, dy):
        return dy


@planted(dropout_gradients)
class ScaleLeftOutOfBackward(nn.Dropout):
    """Dropout: 1/(1 − p) is left out of backward."""

    def backward(self, dy):
        return super().backward(dy) * (1 - self.p)


@planted(noise_has_mean_one)
class NoScale(nn.Dropout):
    """Dropout: no scale, neither forward nor backward."""

    def noise(self, shape, dtype):
        return super().noise(shape, dtype) * (1 - self.p)


@planted(fraction_dropped_is_p)
class KeepsWithProbabilityP(nn.Dropout):
    """Dropout: p is taken for the probability of keeping."""

    def noise(self, shape, dtype):
        return (super().noise(shape, dtype) == 0) / dtype.type(self.p)


@planted(evaluation_is_the_identity)
class ActiveInEvaluation(nn.Dropout):
    """Dropout: active in evaluation."""

    def train(self, mode=True):
        return super().train(True)


def all_is_dropped():
    check_against_pytorch(nn.Dropout(1, rng=0), [distinct((4, 5), 0)])


@planted(all_is_dropped)
class OneStays(nn.Dropout):
    """Dropout: at p = 1 one number in all is kept."""

    def noise(self, shape, dtype):
        noise = super().noise(shape, dtype)
        if self.p == 1:
            noise.flat[0] = 1
        return noise


@planted(check_dropout1d)
class SingleElements(nn.Dropout1d):
    """Dropout1d: single elements are dropped."""

    def noise(self, shape, dtype):
        return nn.Dropout(self.p, rng=0).noise(shape, dtype)


@planted(check_drop_path)
class OneDrawForTheBatch(nn.DropPath):
    """DropPath: all images of a batch are dropped together."""

    def noise(self, shape, dtype):
        return super().noise(shape, dtype)[:1]


@planted(check_drop_block)
class ScaledByOneMinusP(nn.DropBlock2d):
    """DropBlock: the scale is 1/(1 − p), whatever the mask has lost."""

    def noise(self, shape, dtype):
        return (super().noise(shape, dtype) > 0) / dtype.type(1 - self.p)
