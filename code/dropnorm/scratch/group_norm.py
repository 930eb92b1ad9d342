"""Normalisation within one image: group norm, layer norm and instance norm, which need no batch."""

from collections.abc import Container

import numpy as np
from numpy.typing import DTypeLike

from dropnorm.scratch.arguments import flag, float_type, is_whole, refusal, whole
from dropnorm.scratch.base import ANY, check_gradient, check_input
from dropnorm.scratch.norm import Norm, check_variance


class _RowNorm(Norm):
    """What the three share, once the numbers with one mean and one variance are seen as one row.

    x̂ = (x − mean) / √(var + eps) in each row, y = γ x̂ + β; the same in training and in
    evaluation.
    """

    _inverse_std: np.ndarray  # 1/σ = 1/√(var + eps): (N, rows, 1)

    def __init__(self, shape: tuple[int, ...], eps: float, affine: bool, dtype: DTypeLike) -> None:
        super().__init__(eps)
        dtype = float_type(dtype)
        if affine:
            self.params["weight"] = np.ones(shape, dtype)
            self.params["bias"] = np.zeros(shape, dtype)
        self._dtype = dtype if affine else None

    def _layout(self, x: np.ndarray) -> tuple[int, int, int, int]:
        """N, rows, channels and pixels of an input; refuses one that does not fit.

        Each row of each image has a mean, each channel of a row a γ and β for all its pixels.
        """
        raise NotImplementedError

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Same shape as ``x``."""
        images, rows, channels, pixels = self._layout(x)
        length = channels * pixels
        if length < 2:
            raise ValueError(
                f"{type(self).__name__}: x has shape {x.shape}, {length} value(s) to a mean; "
                f"expected at least 2"
            )
        by_row = x.reshape(images, rows, channels, pixels)
        mean = np.einsum("nrcp->nr", by_row) / length
        self._centred = centred = self._centre(by_row, mean[..., None, None])
        var = np.einsum("nrcp,nrcp->nr", centred, centred) / length
        check_variance(self, var, rounding=np.finfo(x.dtype).eps * np.abs(mean), what="row")
        self._inverse_std = 1 / np.sqrt(var + x.dtype.type(self.eps))[..., None]
        self._output_shape = x.shape
        # the two factors of a channel are multiplied first: one product for each pixel
        y = centred * (self._gamma() * self._inverse_std)[..., None]
        if self.params:
            y += self.params["bias"].reshape(rows, channels, 1)
        return y.reshape(x.shape)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """dγ = Σ dy x̂ and dβ = Σ dy; with dx̂ = γ dy: dx = (dx̂ − mean of dx̂ − x̂ · mean of dx̂ x̂)/σ.

        x̂ = (x − mean)/σ. The means are over a row; its sums are made from those of its channels,
        which dγ and dβ are made from, too.
        """
        check_gradient(self, dy)
        centred, inverse_std, gamma = self._centred, self._inverse_std, self._gamma()
        by_channel = dy.reshape(centred.shape)
        sums = np.einsum("nrcp->nrc", by_channel)
        sums_x_hat = np.einsum("nrcp,nrcp->nrc", by_channel, centred) * inverse_std
        if self.params:
            self.grads["weight"] = sums_x_hat.sum(axis=0).reshape(self.params["weight"].shape)
            self.grads["bias"] = sums.sum(axis=0).reshape(self.params["bias"].shape)
        length = centred.shape[2] * centred.shape[3]
        mean, mean_x_hat = (
            np.einsum("rc,nrc->nr", gamma, values)[..., None] / length
            for values in (sums, sums_x_hat)
        )
        # x̂ is never stored: x̂ · mean of dx̂ x̂ = centred · (1/σ · mean of dx̂ x̂)
        dx = centred * (-mean_x_hat * inverse_std**2)[..., None]
        dx -= (mean * inverse_std)[..., None]
        dx += by_channel * (gamma * inverse_std)[..., None]
        return dx.reshape(dy.shape)

    def _gamma(self) -> np.ndarray:
        """(rows, channels): γ, or ones without γ."""
        shape = self._centred.shape[1:3]
        if not self.params:
            return np.ones(shape, self._centred.dtype)
        return self.params["weight"].reshape(shape)


class GroupNorm(_RowNorm):
    """Group norm (Wu & He, 2018): a mean and a variance for each group of channels of each image.

    ``GroupNorm(1, C)`` takes all channels and pixels of an image together, which many texts on
    images call layer norm. ``params``: ``weight`` is γ, ``bias`` is β, one number for each channel.

    Parameters
    ----------
    num_groups, num_channels
        Number of groups, and C, which it has to divide.
    eps
        Added to the variance, under the root; with 0 every group has to vary.
    affine
        False leaves out γ and β.
    dtype
        float32 or float64.

    Raises
    ------
    ValueError
        An argument is out of range; a group has a single value, or does not vary and eps is 0.
    """

    axes: str = "…"  # of an input after N and C, for its check
    ndim: Container[int] = ANY[2:]

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        *,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.num_groups = whole("num_groups", num_groups)
        self.num_channels = whole("num_channels", num_channels)
        if num_channels % num_groups:
            raise refusal("num_groups", num_groups, f"a divisor of num_channels={num_channels}")
        super().__init__((num_channels,), eps, flag("affine", affine), dtype)

    def _layout(self, x: np.ndarray) -> tuple[int, int, int, int]:
        channels, groups = self.num_channels, self.num_groups
        layout = f"(N, {channels}, {self.axes})"
        check_input(self, x, layout, ndim=self.ndim, channels=channels, dtype=self._dtype)
        return len(x), groups, channels // groups, int(np.prod(x.shape[2:]))


class InstanceNorm2d(GroupNorm):
    """Instance norm (Ulyanov et al., 2016) of (N, C, H, W): each channel of each image is a group.

    Parameters as in ``GroupNorm``. As in PyTorch, there are no γ and β unless they are asked for.
    """

    axes = "H, W"
    ndim = (4,)

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        *,
        affine: bool = False,
        dtype: DTypeLike = np.float32,
    ) -> None:
        whole("num_features", num_features)
        super().__init__(num_features, num_features, eps, affine, dtype=dtype)


class LayerNorm(_RowNorm):
    """Layer norm (Ba et al., 2016) over the last axes, as in ``torch.nn.LayerNorm``.

    For features, (N, F), ``LayerNorm(F)`` takes all of an image together. For (N, C, H, W) it is
    not ``GroupNorm(1, C)``: ``LayerNorm((C, H, W))`` has the same means, but a γ and β for each
    *pixel*; networks such as ConvNeXt put the channels last and take ``LayerNorm(C)``: each pixel
    over its channels.

    Parameters
    ----------
    normalized_shape
        Sizes of the last axes, a whole number or a tuple: of what has one mean, and of γ and β.
    eps
        Added to the variance, under the root; with 0 every row has to vary.
    elementwise_affine
        False leaves out γ and β.
    dtype
        float32 or float64.

    Raises
    ------
    ValueError
        An argument is out of range; a row has a single value, or does not vary and eps is 0.
    """

    def __init__(
        self,
        normalized_shape: int | tuple[int, ...],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        *,
        dtype: DTypeLike = np.float32,
    ) -> None:
        shape = normalized_shape if isinstance(normalized_shape, tuple) else (normalized_shape,)
        if not shape or not all(is_whole(n, 1) for n in shape):
            allowed = "a whole number >= 1, or a tuple of them"
            raise refusal("normalized_shape", normalized_shape, allowed)
        self.normalized_shape = shape
        super().__init__(shape, eps, flag("elementwise_affine", elementwise_affine), dtype)

    def _layout(self, x: np.ndarray) -> tuple[int, int, int, int]:
        last = len(self.normalized_shape)
        layout = f"(…, {', '.join(map(str, self.normalized_shape))})"
        check_input(self, x, layout, ndim=ANY[last:], dtype=self._dtype)
        if x.shape[-last:] != self.normalized_shape:
            raise ValueError(f"LayerNorm: x has shape {x.shape}, expected {layout}")
        # each number of a row has a γ and β of its own
        return int(np.prod(x.shape[:-last])), 1, int(np.prod(self.normalized_shape)), 1
