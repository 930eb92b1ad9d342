"""Dropout (Hinton et al., 2012; Srivastava et al., 2014), per element, per channel, and Gaussian.

All three multiply by random noise of mean 1 in training and do nothing in evaluation ("inverted"
dropout).
"""

import numpy as np

from dropnorm.scratch.arguments import Seed, generator, number
from dropnorm.scratch.base import ANY, Layer, check_gradient, check_input


class _Noise(Layer):
    """y = x · noise in training, y = x in evaluation; subclasses say what the noise is."""

    layout, ndim = "any shape", ANY  # of an input, for its check
    _last_noise: np.ndarray | None

    def __init__(self, p: float = 0.5, *, rng: Seed = None) -> None:
        super().__init__()
        self.p = number("p", p, lambda p: 0 <= p < 1, "the probability of dropping, 0 <= p < 1")
        self.rng = generator(rng)

    def noise(self, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        """Noise that broadcasts to ``shape``."""
        raise NotImplementedError

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Same shape as ``x``; fresh noise at each call in training."""
        check_input(self, x, self.layout, ndim=self.ndim)
        self._output_shape = x.shape
        self._last_noise = self.noise(x.shape, x.dtype) if self.training and self.p > 0 else None
        return x if self._last_noise is None else x * self._last_noise

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """dx = dy · the same noise: where the output was dropped, no gradient comes back."""
        check_gradient(self, dy)
        return dy if self._last_noise is None else dy * self._last_noise


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
    """Whole channels of (N, C, H, W) are dropped: "spatial dropout" (Tompson et al., 2015).

    Neighbouring pixels of a feature map carry nearly the same information: dropping single ones
    hides little.
    """

    layout, ndim = "(N, C, H, W)", range(4, 5)

    def noise(self, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        """One draw per image and channel."""
        return _bernoulli(self.rng, self.p, (*shape[:2], 1, 1), dtype)


class GaussianDropout(_Noise):
    """Noise drawn from N(1, p/(1 − p)), the mean and the variance of dropout's own noise.

    Srivastava et al., 2014, section 10.
    """

    def noise(self, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        """One draw per element."""
        noise = self.rng.standard_normal(shape, dtype=dtype)
        noise *= dtype.type(np.sqrt(self.p / (1 - self.p)))
        noise += 1
        return noise
