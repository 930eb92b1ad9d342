"""Normalisation within one image: group norm, layer norm and instance norm, which need no batch."""

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

    _x_hat: np.ndarray  # (rows, numbers in a row)
    _inverse_std: np.ndarray  # 1/√(var + eps), one for each row

    def __init__(self, shape: tuple[int, ...], eps: float, affine: bool, dtype: DTypeLike) -> None:
        super().__init__(eps)
        dtype = float_type(dtype)
        if affine:
            self.params["weight"] = np.ones(shape, dtype)
            self.params["bias"] = np.zeros(shape, dtype)
        self._dtype = dtype if affine else None

    def _row_length(self, x: np.ndarray) -> int:
        """How many numbers of ``x`` have one mean; refuses an input that does not fit."""
        raise NotImplementedError

    def _spread(self, param: np.ndarray, ndim: int) -> np.ndarray:
        """View of γ or β that broadcasts to an input of ``ndim`` axes."""
        raise NotImplementedError

    def _sum_over_copies(self, values: np.ndarray) -> np.ndarray:
        """The transpose of ``_spread``: the sum over all places where a number of γ or β went."""
        raise NotImplementedError

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Same shape as ``x``."""
        length = self._row_length(x)
        if length < 2:
            raise ValueError(
                f"{type(self).__name__}: x has shape {x.shape}, {length} value(s) to a mean; "
                f"expected at least 2"
            )
        rows = x.reshape(-1, length)
        mean = rows.mean(axis=1)
        centred = rows - mean[:, None]
        var = np.einsum("rn,rn->r", centred, centred) / length
        check_variance(self, var, rounding=np.finfo(x.dtype).eps * np.abs(mean), what="row")
        self._inverse_std = 1 / np.sqrt(var + x.dtype.type(self.eps))
        self._x_hat, self._output_shape = centred * self._inverse_std[:, None], x.shape
        x_hat = self._x_hat.reshape(x.shape)
        if not self.params:
            return x_hat
        gamma, beta = (self._spread(self.params[name], x.ndim) for name in ("weight", "bias"))
        return gamma * x_hat + beta

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """dγ = Σ dy x̂ and dβ = Σ dy; with dx̂ = γ dy: dx = (dx̂ − mean of dx̂ − x̂ · mean of dx̂ x̂)/σ.

        The means are over a row.
        """
        check_gradient(self, dy)
        dx_hat, x_hat = dy, self._x_hat
        if self.params:
            self.grads["weight"] = self._sum_over_copies(dy * x_hat.reshape(dy.shape))
            self.grads["bias"] = self._sum_over_copies(dy)
            dx_hat = dy * self._spread(self.params["weight"], dy.ndim)
        dx_hat = dx_hat.reshape(x_hat.shape)
        dx = dx_hat - dx_hat.mean(axis=1, keepdims=True)
        dx -= x_hat * (np.einsum("rn,rn->r", dx_hat, x_hat) / x_hat.shape[1])[:, None]
        dx *= self._inverse_std[:, None]
        return dx.reshape(dy.shape)


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

    def _row_length(self, x: np.ndarray) -> int:
        layout = f"(N, {self.num_channels}, …)"
        check_input(self, x, layout, ndim=ANY[2:], channels=self.num_channels, dtype=self._dtype)
        return int(np.prod(x.shape[1:])) // self.num_groups

    def _spread(self, param: np.ndarray, ndim: int) -> np.ndarray:
        # (C,) → (C, 1, …, 1)
        return param.reshape(-1, *(1,) * (ndim - 2))

    def _sum_over_copies(self, values: np.ndarray) -> np.ndarray:
        return values.sum(axis=(0, *range(2, values.ndim)))


class InstanceNorm2d(GroupNorm):
    """Instance norm (Ulyanov et al., 2016) of (N, C, H, W): each channel of each image is a group.

    Parameters as in ``GroupNorm``. As in PyTorch, there are no γ and β unless they are asked for.
    """

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

    def _row_length(self, x: np.ndarray) -> int:
        layout = f"(N, {self.num_channels}, H, W)"
        check_input(self, x, layout, ndim=(4,), channels=self.num_channels, dtype=self._dtype)
        return x.shape[2] * x.shape[3]


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

    def _row_length(self, x: np.ndarray) -> int:
        last = len(self.normalized_shape)
        layout = f"(…, {', '.join(map(str, self.normalized_shape))})"
        check_input(self, x, layout, ndim=ANY[last:], dtype=self._dtype)
        if x.shape[-last:] != self.normalized_shape:
            raise ValueError(f"LayerNorm: x has shape {x.shape}, expected {layout}")
        return int(np.prod(self.normalized_shape))

    def _spread(self, param: np.ndarray, ndim: int) -> np.ndarray:
        return param  # its axes are the input's last ones

    def _sum_over_copies(self, values: np.ndarray) -> np.ndarray:
        return values.sum(axis=tuple(range(values.ndim - len(self.normalized_shape))))
