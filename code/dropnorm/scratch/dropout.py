"""Dropout (Hinton et al., 2012; Srivastava et al., 2014), per element, per channel, and with Gaussian noise.

All three multiply by random noise of mean 1 in training and do nothing in evaluation ("inverted" dropout).
"""

import numpy as np

from dropnorm.scratch.arguments import generator, number
from dropnorm.scratch.base import ANY, Layer, check_gradient, check_input


class _Noise(Layer):
    """y = x · noise in training, y = x in evaluation; subclasses say what the noise is."""

    ndim = ANY
    shape = "any shape"

    def __init__(self, p: float = 0.5, *, rng=None) -> None:
        super().__init__()
        self.p = number("p", p, lambda p: 0 <= p < 1, "the probability of dropping, 0 <= p < 1")
        self.rng = generator(rng)
        self._noise = self._shape = None

    def noise(self, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        """Noise that broadcasts to ``shape``."""
        raise NotImplementedError

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Same shape as ``x``; fresh noise at each call in training."""
        check_input(self, x, self.shape, self.ndim)
        self._shape = x.shape
        self._noise = self.noise(x.shape, x.dtype) if self.training and self.p > 0 else None
        return x if self._noise is None else x * self._noise

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """dx = dy · the same noise: where the output was dropped, no gradient comes back."""
        check_gradient(self, dy, self._shape)
        return dy if self._noise is None else dy * self._noise


def _bernoulli(
    rng: np.random.Generator, p: float, shape: tuple[int, ...], dtype: np.dtype
) -> np.ndarray:
    """0 with probability p, else 1/(1 − p)."""
    keep = rng.random(shape, dtype=np.float32) >= p
    return keep * dtype.type(1 / (1 - p))


class Dropout(_Noise):
    """Each element is zeroed with probability p, the others are multiplied by 1/(1 − p).

    Parameters
    ----------
    p
        Probability of *dropping*, 0 ≤ p < 1.
    rng
        ``numpy.random.Generator`` or seed that draws the masks.

    Raises
    ------
    ValueError
        p outside [0, 1). (PyTorch also takes p = 1, whose output is always zero.)
    """

    def noise(self, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        """One draw per element."""
        return _bernoulli(self.rng, self.p, shape, dtype)


class Dropout2d(_Noise):
    """Whole channels of an (N, C, H, W) input are dropped together (Tompson et al., 2015, "spatial dropout").

    Neighbouring pixels of a feature map carry nearly the same information: dropping single ones hides little.
    """

    ndim = (4,)
    shape = "(N, C, H, W)"

    def noise(self, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        """One draw per image and channel."""
        return _bernoulli(self.rng, self.p, (*shape[:2], 1, 1), dtype)


class GaussianDropout(_Noise):
    """Noise drawn from N(1, p/(1 − p)): the mean and the variance of dropout's own noise (Srivastava et al., 2014, §10)."""

    def noise(self, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        """One draw per element."""
        noise = self.rng.standard_normal(shape, dtype=dtype)
        noise *= dtype.type(np.sqrt(self.p / (1 - self.p)))
        noise += 1
        return noise
