"""Faults of dense layers, convolution, pooling, and of networks made from them."""

import numpy as np
from checks import check_against_pytorch, check_gradients, distinct, values
from faults import planted

from dropnorm import scratch as nn
from dropnorm.scratch import base, conv
from dropnorm.scratch.rows import Axis

F64 = np.float64


def linear_gradients():
    check_gradients(nn.Linear(3, 2, rng=0, dtype=F64), values((4, 3), 0))


def relu_gradients():
    check_gradients(nn.ReLU(), distinct((4, 5), 0))


@planted(linear_gradients)
class LinearBiasMean(nn.Linear):
    """Linear: the gradient of the bias is a mean."""

    def backward(self, dy):
        dx = super().backward(dy)
        self.grads["bias"] = dy.mean(axis=0)
        return dx


@planted(relu_gradients)
class SlopeOneEverywhere(nn.ReLU):
    """ReLU: the derivative is 1 everywhere."""

    def backward(self, dy):
        return dy


def conv_gradients():
    layer = nn.Conv2d(2, 3, 3, stride=2, padding=1, rng=0, dtype=F64)
    check_gradients(layer, values((2, 2, 5, 4), 0))


def conv_against_pytorch(**settings):
    settings = {"kernel_size": 3, "padding": 1} | settings
    layer = nn.Conv2d(2, 4, **settings, rng=0, dtype=F64)
    check_against_pytorch(layer, [values((3, 2, 5, 4), 0)])


@planted(conv_gradients)
class ConvBiasMean(nn.Conv2d):
    """Convolution: the gradient of the bias is a mean."""

    def backward(self, dy):
        dx = super().backward(dy)
        self.grads["bias"] = dy.mean(axis=(0, 2, 3))
        return dx


@planted(conv_gradients, owner=conv)
class NotTurned(Axis):
    """Convolution: on the way back the kernel is not turned round."""

    def backward(self):
        for pixels, numbers, axis in super().backward():
            yield pixels, slice(numbers.start % -numbers.step, None, -numbers.step), axis


@planted(conv_gradients, owner=conv)
class LeaptOver(Axis):
    """Convolution: with a stride, only every second pixel gets a gradient."""

    def backward(self):
        yield next(super().backward())


@planted(conv_against_pytorch, owner=conv)
class Touching(Axis):
    """Convolution: images touch, without zeros between them."""

    @property
    def places(self):
        return max(-(-self.size // self.stride), self.outputs)


@planted(lambda: conv_against_pytorch(padding="same", dilation=(2, 1)))
class DilationExchanged(nn.Conv2d):
    """Convolution: rows and columns of the dilation are exchanged."""

    def _axes_of(self, size):
        right = self.dilation
        self.dilation = right[::-1]
        axes = super()._axes_of(size)
        self.dilation = right
        return axes


right_convolve = conv.convolve


@planted(lambda: conv_against_pytorch(groups=2), owner=conv)
def convolve(x, weight, bias, axes, groups, y):
    """Convolution: each group sees the channels of the other."""
    right_convolve(np.roll(x, x.shape[1] // 2, axis=1), weight, bias, axes, groups, y)


@planted(conv_gradients)
class ShiftedByOne(nn.Conv2d):
    """Convolution: the gradient of the weight sees the images shifted by a pixel."""

    def _weight_gradient(self, dy):
        vertical, horizontal = self._axes
        self._axes = vertical, horizontal._replace(before=horizontal.before + 1)
        try:
            return super()._weight_gradient(dy)
        finally:
            self._axes = vertical, horizontal


@planted(lambda: conv_against_pytorch(kernel_size=2, padding="same"))
class OddZeroFirst(nn.Conv2d):
    """Convolution: of the zeros of padding="same" the one too many comes first."""

    def _borders(self):
        return [(after, before) for before, after in super()._borders()]


def pool_gradients():
    check_gradients(nn.MaxPool2d(3, 2, 1), distinct((2, 2, 5, 5), 0))


def pool_of_negative_numbers():
    check_against_pytorch(nn.MaxPool2d(3, 2, 1), [-1 - np.abs(distinct((2, 2, 5, 5), 0))])


def pool_of_equal_numbers():
    check_against_pytorch(nn.MaxPool2d(2), [np.zeros((2, 2, 4, 4))])


def average_gradients():
    check_gradients(nn.AvgPool2d(3, 2, 1), values((2, 2, 5, 5), 0))


def global_gradients():
    check_gradients(nn.AdaptiveAvgPool2d(1), values((2, 3, 4, 5), 0))


@planted(pool_of_equal_numbers)
class AllMaximaWin(nn.MaxPool2d):
    """Max pooling: all of several equal maxima get the gradient."""

    def forward(self, x):
        y = super().forward(x)
        self._wins = np.stack(self._corners(self._pad(x))) == y
        return y


@planted(pool_gradients)
class PatchesOverwrite(nn.MaxPool2d):
    """Max pooling: overlapping patches overwrite one another."""

    def _add_up(self, dcorners, dtype):
        (above, left), dx = self.padding, np.zeros_like(self._pad(np.zeros(self._x_shape, dtype)))
        for corner, dcorner in zip(self._corners(dx), dcorners, strict=True):
            corner[...] = dcorner
        return dx[:, :, above : dx.shape[2] - above, left : dx.shape[3] - left]


@planted(pool_of_negative_numbers)
class ZerosWin(nn.MaxPool2d):
    """Max pooling: the zeros of the padding win."""

    padding_value = 0.0


@planted(average_gradients)
class PatchNotAveraged(nn.AvgPool2d):
    """Average pooling: the gradient is not divided by the size of the patch."""

    def backward(self, dy):
        return super().backward(dy) * np.prod(self.kernel_size)


@planted(global_gradients)
class DividedByChannels(nn.AdaptiveAvgPool2d):
    """Global pooling: the gradient is divided by the number of channels, too."""

    def backward(self, dy):
        return super().backward(dy) / dy.shape[1]


def residual_gradients():
    check_gradients(nn.Residual(nn.Linear(3, 3, rng=0, dtype=F64)), values((4, 3), 0))


def modes_reach_both_paths():
    block = nn.Residual(nn.ReLU(), shortcut=nn.Flatten()).eval()
    assert not any(layer.training for layer in (block, *block.layers, block.shortcut))


def one_layer_in_two_places():
    """A network that ``Sequential`` takes has the right gradients: this one it may only refuse."""
    relu, first, second = nn.ReLU(), *(nn.Linear(3, 3, rng=seed, dtype=F64) for seed in (0, 1))
    try:
        network = nn.Sequential(first, relu, second, nn.Sequential(relu))
    except ValueError:
        return
    check_gradients(network, distinct((5, 3), 0))


@planted(residual_gradients)
class GradientAroundForgotten(nn.Residual):
    """Residual: the gradient around the layers is forgotten."""

    def backward(self, dy):
        return super().backward(dy) - dy


@planted(modes_reach_both_paths)
class ShortcutForgotten(nn.Residual):
    """Residual: the shortcut stays in training mode."""

    def children(self):
        return base.Sequential.children(self)


@planted(one_layer_in_two_places)
class NotChecked(nn.Sequential):
    """Sequential: a layer may stand in two places."""

    def __init__(self, *layers):
        super().__init__()
        self.layers = layers
