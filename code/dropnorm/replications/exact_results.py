"""Two sentences of the dropout papers that are exact.

Both sides are computed in float64, over all masks there are.
"""

from collections.abc import Callable
from itertools import pairwise, product

import numpy as np

from dropnorm.experiments.statistics import Interval, mean_interval


def ridge(seed: int, p: float = 0.3, units: int = 8) -> float:
    """Largest difference between the weights of a linear regression with dropout and of ridge.

    The expected squared error over all 2^units masks of an input has a minimum; ridge regression
    with the penalty p/(1 − p) on each weight, times the squared length of its input's column, is
    said to have the same one. Source: Srivastava et al. (2014), section 9.1, whose p is the
    probability of keeping.

    Parameters
    ----------
    seed
        Of 50 examples and their targets, drawn from a normal distribution.
    p
        Probability of dropping an input, in [0, 1).
    units
        Inputs; all 2^units masks are used.
    """
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((50, units)) * rng.uniform(0.5, 2, units), rng.standard_normal(50)
    gram, target = np.zeros((units, units)), np.zeros(units)
    for mask in _masks(units):
        probability = p ** np.sum(mask == 0) * (1 - p) ** np.sum(mask == 1)
        dropped = x * mask / (1 - p)
        gram += probability * dropped.T @ dropped
        target += probability * dropped.T @ y
    penalty = p / (1 - p) * np.diag(np.sum(x**2, axis=0))
    with_dropout = np.linalg.solve(gram, target)
    with_penalty = np.linalg.solve(x.T @ x + penalty, x.T @ y)
    return float(np.abs(with_dropout - with_penalty).max())


def geometric_mean(seed: int, layers: int = 1, units: int = 10) -> float:
    """Largest difference between the mean network and the mean of all thinned networks.

    That is, between the mean network's probabilities and the normalised geometric mean of those of
    all thinned networks, with p = 0.5 on every hidden unit of a ReLU network with softmax. For one
    hidden layer the two are said to be equal (Hinton et al., 2012); for more they need not be.

    Parameters
    ----------
    seed
        Of the weights and of 20 inputs.
    layers
        Hidden layers that share the units evenly.
    units
        Hidden units in all; all 2^units masks are used.
    """
    rng = np.random.default_rng(seed)
    sizes = [6, *[units // layers] * layers, 4]
    weights = [rng.standard_normal((a, b)) * np.sqrt(2 / a) for a, b in pairwise(sizes)]
    x = rng.standard_normal((20, sizes[0]))
    hidden = sum(sizes[1:-1])
    thinned = [_log_softmax(_logits(x, weights, 2 * mask)) for mask in _masks(hidden)]
    geometric = np.exp(_log_softmax(np.mean(thinned, axis=0)))
    whole = np.exp(_log_softmax(_logits(x, weights, np.ones(hidden))))
    return float(np.abs(geometric - whole).max())


def over_seeds(difference: Callable[[int], float]) -> Interval:
    """The mean of one of them over ten seeds."""
    return mean_interval(np.array([difference(seed) for seed in range(10)]))


def _masks(units: int) -> np.ndarray:
    return np.array(list(product((0.0, 1.0), repeat=units)))


def _logits(x: np.ndarray, weights: list[np.ndarray], factors: np.ndarray) -> np.ndarray:
    """Of a ReLU network without biases; each hidden unit is multiplied by its factor."""
    *hidden, last = weights
    ends = np.cumsum([w.shape[1] for w in hidden])[:-1]
    for w, factor in zip(hidden, np.split(factors, ends), strict=True):
        x = np.maximum(x @ w, 0) * factor
    return x @ last


def _log_softmax(z: np.ndarray) -> np.ndarray:
    z = z - z.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))
