"""Dense layers: Linear, ReLU, Flatten."""

import numpy as np

from dropnorm.scratch.arguments import flag, float_type, generator, whole
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

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, *, rng=None, dtype=np.float32
    ) -> None:
        super().__init__()
        shape = (whole("out_features", out_features), whole("in_features", in_features))
        rng, dtype = generator(rng), float_type(dtype)
        bound = 1 / np.sqrt(in_features)
        self.params["weight"] = rng.uniform(-bound, bound, shape).astype(dtype)
        if flag("bias", bias):
            self.params["bias"] = rng.uniform(-bound, bound, out_features).astype(dtype)
        self._x = None

    def forward(self, x: np.ndarray) -> np.ndarray:
        """(N, in_features) → (N, out_features); also (N, L, in_features), each of L places by itself."""
        weight = self.params["weight"]
        expected = f"(N, {weight.shape[1]}) or (N, …, {weight.shape[1]})"
        check_input(self, x, expected, ANY[2:], dtype=weight.dtype)
        if x.shape[-1] != weight.shape[1]:
            raise ValueError(f"Linear: x has shape {x.shape}, expected {expected}")
        self._x = x
        y = x @ weight.T
        if "bias" in self.params:
            y += self.params["bias"]
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """dW = dyᵀ x, db = Σ dy over the batch (and all places), dx = dy W."""
        weight = self.params["weight"]
        check_gradient(self, dy, None if self._x is None else (*self._x.shape[:-1], len(weight)))
        rows = dy.reshape(-1, len(weight))
        self.grads["weight"] = rows.T @ self._x.reshape(-1, weight.shape[1])
        if "bias" in self.params:
            self.grads["bias"] = rows.sum(axis=0)
        return dy @ weight


class ReLU(Layer):
    """y = max(x, 0), for any shape. At x = 0 the gradient is taken as 0, as in PyTorch."""

    def __init__(self) -> None:
        super().__init__()
        self._y = None

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Same shape as ``x``."""
        check_input(self, x, "any shape", ANY)
        self._y = np.maximum(x, 0)
        return self._y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """dx = dy where x > 0, which is where y is not 0; else 0."""
        check_gradient(self, dy, None if self._y is None else self._y.shape)
        return dy * (self._y != 0)  # a NaN lets dy through, as in PyTorch


class Flatten(Layer):
    """(N, …) → (N, product of the rest)."""

    def __init__(self) -> None:
        super().__init__()
        self._shape = None

    def forward(self, x: np.ndarray) -> np.ndarray:
        """(N, …) → (N, D)."""
        check_input(self, x, "(N, …)", ANY[1:])
        self._shape = x.shape
        return x.reshape(len(x), int(np.prod(x.shape[1:])))

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """(N, D) → the input's shape."""
        shape = self._shape
        check_gradient(self, dy, None if shape is None else (shape[0], int(np.prod(shape[1:]))))
        return dy.reshape(shape)
