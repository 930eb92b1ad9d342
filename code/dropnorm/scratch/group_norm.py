"""Normalisation within one image: group norm, layer norm and instance norm. Other images have no part in it."""

import numpy as np

from dropnorm.scratch.arguments import flag, float_type, is_whole, number, refuse, whole
from dropnorm.scratch.base import ANY, Layer, check_gradient, check_input
from dropnorm.scratch.norm import check_variance


class _RowNorm(Layer):
    """What the three share, once the numbers that have a mean and a variance in common are seen as one row.

    x̂ = (x − mean) / √(var + eps) in each row, y = γ x̂ + β; the same in training and in evaluation.
    """

    def __init__(self, shape: tuple[int, ...], eps: float, affine: bool, dtype) -> None:
        super().__init__()
        self.eps = number("eps", eps, lambda eps: eps >= 0, "a number >= 0")
        dtype = float_type(dtype)
        if affine:
            self.params["weight"] = np.ones(shape, dtype)
            self.params["bias"] = np.zeros(shape, dtype)
        self._dtype = dtype if affine else None
        self._shape = None

    def _row(self, x: np.ndarray) -> int:
        """How many numbers of ``x`` have one mean; refuses an input that does not fit."""
        raise NotImplementedError

    def _spread(self, param: np.ndarray) -> np.ndarray:
        """View of γ or β that broadcasts to the input's shape."""
        raise NotImplementedError

    def _gather(self, values: np.ndarray) -> np.ndarray:
        """The transpose of ``_spread``: the sum over all places where one number of γ or β went."""
        raise NotImplementedError

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Same shape as ``x``."""
        length = self._row(x)
        if length < 2:
            raise ValueError(
                f"{type(self).__name__}: x has shape {x.shape}, {length} value(s) to a mean; expected at least 2"
            )
        rows = x.reshape(-1, length)
        mean = rows.mean(axis=1)
        centred = rows - mean[:, None]
        var = np.einsum("rn,rn->r", centred, centred) / length
        check_variance(self, var, rounding=np.finfo(x.dtype).eps * np.abs(mean), what="row")
        self._inverse_std = 1 / np.sqrt(var + x.dtype.type(self.eps))
        self._x_hat, self._shape = centred * self._inverse_std[:, None], x.shape
        y = self._x_hat.reshape(x.shape)
        return (
            y * self._spread(self.params["weight"]) + self._spread(self.params["bias"])
            if self.params
            else y
        )

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """dγ = Σ dy x̂ and dβ = Σ dy; with dx̂ = γ dy: dx = (dx̂ − mean of dx̂ − x̂ · mean of dx̂ x̂)/σ, means over a row."""
        check_gradient(self, dy, self._shape)
        dx_hat = dy
        if self.params:
            self.grads["weight"] = self._gather(dy * self._x_hat.reshape(dy.shape))
            self.grads["bias"] = self._gather(dy)
            dx_hat = dy * self._spread(self.params["weight"])
        dx_hat = dx_hat.reshape(self._x_hat.shape)
        dx = dx_hat - dx_hat.mean(axis=1, keepdims=True)
        dx -= self._x_hat * (np.einsum("rn,rn->r", dx_hat, self._x_hat) / dx.shape[1])[:, None]
        dx *= self._inverse_std[:, None]
        return dx.reshape(self._shape)


class GroupNorm(_RowNorm):
    """Group norm (Wu & He, 2018): each image's channels in groups; a group's pixels have one mean and one variance.

    ``GroupNorm(1, C)`` takes all channels and pixels of an image together, which many texts on images call layer norm.
    ``params``: ``weight`` is γ, ``bias`` is β, one number for each channel.

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
        dtype=np.float32,
    ) -> None:
        self.num_groups, self.num_channels = (
            whole("num_groups", num_groups),
            whole("num_channels", num_channels),
        )
        if num_channels % num_groups:
            raise refuse("num_groups", num_groups, f"a divisor of num_channels={num_channels}")
        super().__init__((num_channels,), eps, flag("affine", affine), dtype)

    def _row(self, x: np.ndarray) -> int:
        check_input(
            self, x, f"(N, {self.num_channels}, …)", ANY[2:], self.num_channels, self._dtype
        )
        return int(np.prod(x.shape[1:])) // self.num_groups

    def _spread(self, param: np.ndarray) -> np.ndarray:
        return param.reshape(-1, *(1,) * (len(self._shape) - 2))

    def _gather(self, values: np.ndarray) -> np.ndarray:
        return values.sum(axis=(0, *range(2, values.ndim)))


class InstanceNorm2d(GroupNorm):
    """Instance norm (Ulyanov et al., 2016): each channel of each image by itself, (N, C, H, W): a group for each channel.

    Parameters as in ``GroupNorm``. As in PyTorch, there are no γ and β unless they are asked for.
    """

    def __init__(
        self, num_features: int, eps: float = 1e-5, *, affine: bool = False, dtype=np.float32
    ) -> None:
        whole("num_features", num_features)
        super().__init__(num_features, num_features, eps, affine, dtype=dtype)

    def _row(self, x: np.ndarray) -> int:
        check_input(
            self, x, f"(N, {self.num_channels}, H, W)", (4,), self.num_channels, self._dtype
        )
        return x.shape[2] * x.shape[3]


class LayerNorm(_RowNorm):
    """Layer norm (Ba et al., 2016) over the last axes, as in ``torch.nn.LayerNorm``.

    For features, (N, F), ``LayerNorm(F)`` takes all of an image together. For (N, C, H, W) it is not ``GroupNorm(1, C)``:
    ``LayerNorm((C, H, W))`` has the same means, but a γ and β for each *pixel*; networks such as ConvNeXt put the channels
    last and take ``LayerNorm(C)``: each pixel over its channels.

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
        dtype=np.float32,
    ) -> None:
        shape = normalized_shape if isinstance(normalized_shape, tuple) else (normalized_shape,)
        if not shape or not all(is_whole(n, 1) for n in shape):
            raise refuse(
                "normalized_shape", normalized_shape, "a whole number >= 1, or a tuple of them"
            )
        self.normalized_shape = shape
        super().__init__(shape, eps, flag("elementwise_affine", elementwise_affine), dtype)

    def _row(self, x: np.ndarray) -> int:
        expected = f"(…, {', '.join(map(str, self.normalized_shape))})"
        check_input(self, x, expected, ANY[len(self.normalized_shape) :], dtype=self._dtype)
        if x.shape[-len(self.normalized_shape) :] != self.normalized_shape:
            raise ValueError(f"LayerNorm: x has shape {x.shape}, expected {expected}")
        return int(np.prod(self.normalized_shape))

    def _spread(self, param: np.ndarray) -> np.ndarray:
        return param

    def _gather(self, values: np.ndarray) -> np.ndarray:
        return values.sum(axis=tuple(range(values.ndim - len(self.normalized_shape))))
