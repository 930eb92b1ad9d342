"""Dropout (Hinton et al., 2012) of elements, channels, blocks and whole paths, and Gaussian.

All of them multiply by random noise in training and do nothing in evaluation ("inverted" dropout).
"""

import numpy as np

from dropnorm.scratch.arguments import Seed, generator, number, whole
from dropnorm.scratch.base import ANY, Layer, check_gradient, check_input


class _Noise(Layer):
    """y = x · noise in training, y = x in evaluation; subclasses say what the noise is."""

    layout, ndim = "any shape", ANY  # of an input, for its check
    all_may_go = True  # whether p = 1 is allowed
    _last_noise: np.ndarray | None

    def __init__(self, p: float = 0.5, *, rng: Seed = None) -> None:
        super().__init__()
        allowed = f"the probability of dropping, 0 <= p {'<=' if self.all_may_go else '<'} 1"
        self.p = number("p", p, lambda p: 0 <= p < 1 or (p == 1 and self.all_may_go), allowed)
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
    return keep * dtype.type(1 / (1 - p) if p < 1 else 0)


class Dropout(_Noise):
    """Each element is zeroed with probability p, the others are multiplied by 1/(1 − p).

    Parameters
    ----------
    p
        Probability of *dropping*, 0 ≤ p ≤ 1; with 1 the output is always zero.
    rng
        ``numpy.random.Generator`` or seed that draws the masks.

    Raises
    ------
    ValueError
        p outside [0, 1].
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


class Dropout1d(_Noise):
    """Whole channels of sequences, (N, C, L), are dropped; else as ``Dropout2d``."""

    layout, ndim = "(N, C, L)", range(3, 4)

    def noise(self, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        """One draw per sequence and channel."""
        return _bernoulli(self.rng, self.p, (*shape[:2], 1), dtype)


class DropPath(_Noise):
    """All that a layer gives for one image is dropped: stochastic depth (Huang et al., 2016).

    It stands last in a residual block, ``Residual(…, DropPath(p))``: for a share p of the images
    the block then does nothing but hand x through.
    """

    layout, ndim = "(N, …)", ANY[1:]

    def noise(self, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        """One draw per image."""
        return _bernoulli(self.rng, self.p, (shape[0], *(1,) * (len(shape) - 1)), dtype)


class DropBlock2d(_Noise):
    """Blocks of neighbouring pixels of a channel are dropped together (Ghiasi et al., 2018).

    The first pixels of blocks are drawn with the probability γ at which about a share p of the
    pixels is lost (equation 1; blocks may overlap). What is kept is scaled by the share that *this*
    mask keeps, over the whole batch, as in the paper's algorithm.

    Parameters
    ----------
    p
        Share of the pixels to drop, 0 ≤ p < 1.
    block_size
        Height and width of a block; no larger than the image.
    rng
        ``numpy.random.Generator`` or seed that draws the masks.

    Raises
    ------
    ValueError
        An argument is out of range, or an image is smaller than a block.
    """

    layout, ndim = "(N, C, H, W)", range(4, 5)
    all_may_go = False  # blocks overlap: the share of equation 1 falls short of p = 1

    def __init__(self, p: float = 0.5, block_size: int = 3, *, rng: Seed = None) -> None:
        super().__init__(p, rng=rng)
        self.block_size = whole("block_size", block_size)

    def noise(self, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        """One draw per possible block."""
        size, (height, width) = self.block_size, shape[2:]
        if height < size or width < size:
            raise ValueError(
                f"DropBlock2d: an image of {shape[2:]} is smaller than block_size={size}"
            )
        rows, columns = height - size + 1, width - size + 1
        gamma = self.p / size**2 * (height * width) / (rows * columns)
        first = self.rng.random((*shape[:2], rows, columns), dtype=np.float32) < gamma
        keep = np.ones(shape, bool)
        for i, j in np.ndindex(size, size):
            keep[:, :, i : i + rows, j : j + columns] &= ~first
        # where nothing is kept, nothing is scaled
        return keep * dtype.type(keep.size / max(1, keep.sum()))


class GaussianDropout(_Noise):
    """Noise drawn from N(1, p/(1 − p)), the mean and the variance of dropout's own noise.

    Srivastava et al., 2014, section 10.
    """

    all_may_go = False  # the variance would be infinite

    def noise(self, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        """One draw per element."""
        noise = self.rng.standard_normal(shape, dtype=dtype)
        noise *= dtype.type(np.sqrt(self.p / (1 - self.p)))
        noise += 1
        return noise
