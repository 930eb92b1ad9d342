"""Dense layers: Linear, ReLU, Flatten."""

import numpy as np
from numpy.typing import DTypeLike

from dropnorm.scratch.arguments import Seed, flag, float_type, generator, whole
from dropnorm.scratch.base import ANY, Layer, check_gradient, check_input


class Linear(Layer):
    """y = x Wᵀ + b.

    Parameters
    ----------
    in_features, out_features
        Sizes of input and output.
    bias
        False leaves out b.
    rng
        Draws the initial weights, uniform in ±1/√in_features as in PyTorch.
    dtype
        float32 or float64.

    Raises
    ------
    ValueError
        An argument is out of range.
    """

    _x: np.ndarray

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        rng: Seed = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__()
        shape = (whole("out_features", out_features), whole("in_features", in_features))
        rng, dtype = generator(rng), float_type(dtype)
        bound = 1 / np.sqrt(in_features)
        self.params["weight"] = rng.uniform(-bound, bound, shape).astype(dtype)
        if flag("bias", bias):
            self.params["bias"] = rng.uniform(-bound, bound, out_features).astype(dtype)

    def forward(self, x: np.ndarray) -> np.ndarray:
        """(N, in_features) → (N, out_features); also (N, L, in_features), each place alone."""
        weight = self.params["weight"]
        layout = f"(N, {weight.shape[1]}) or (N, …, {weight.shape[1]})"
        check_input(self, x, layout, ndim=ANY[2:], dtype=weight.dtype)
        if x.shape[-1] != weight.shape[1]:
            raise ValueError(f"Linear: x has shape {x.shape}, expected {layout}")
        y = x @ weight.T
        if "bias" in self.params:
            y += self.params["bias"]
        self._x, self._output_shape = x, y.shape
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """dW = dyᵀ x, db = Σ dy over the batch (and all places), dx = dy W."""
        check_gradient(self, dy)
        weight = self.params["weight"]
        rows = dy.reshape(-1, len(weight))
        self.grads["weight"] = rows.T @ self._x.reshape(-1, weight.shape[1])
        if "bias" in self.params:
            self.grads["bias"] = rows.sum(axis=0)
        return dy @ weight


class ReLU(Layer):
    """y = max(x, 0), for any shape. At x = 0 the gradient is taken as 0, as in PyTorch."""

    _y: np.ndarray

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Same shape as ``x``."""
        check_input(self, x, "any shape", ndim=ANY)
        self._y, self._output_shape = np.maximum(x, 0), x.shape
        return self._y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """dx = dy where x > 0, which is where y is not 0; else 0."""
        check_gradient(self, dy)
        return dy * (self._y != 0)  # a NaN lets dy through, as in PyTorch


class Flatten(Layer):
    """(N, …) → (N, product of the rest)."""

    _x_shape: tuple[int, ...]

    def forward(self, x: np.ndarray) -> np.ndarray:
        """(N, …) → (N, D)."""
        check_input(self, x, "(N, …)", ndim=ANY[1:])
        self._x_shape, self._output_shape = x.shape, (len(x), int(np.prod(x.shape[1:])))
        return x.reshape(self._output_shape)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """(N, D) → the input's shape."""
        check_gradient(self, dy)
        return dy.reshape(self._x_shape)
