"""Two sentences of the dropout papers that are exact: both sides computed in float64, over all masks there are."""

from itertools import pairwise, product

import numpy as np


def ridge(seed: int, p: float = 0.3, units: int = 8) -> float:
    """Largest difference between the weights of a linear regression with dropout and those of a ridge regression.

    The expected squared error over all 2^units masks of an input has a minimum; ridge with the penalty p/(1 − p) on each
    weight, times the squared length of its input's column, is said to have the same one. Source: Srivastava et al. (2014),
    section 9.1, whose p is the probability of keeping.

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
    return float(
        np.abs(np.linalg.solve(gram, target) - np.linalg.solve(x.T @ x + penalty, x.T @ y)).max()
    )


def geometric_mean(seed: int, layers: int = 1, units: int = 10) -> float:
    """Largest difference between the mean network's probabilities and the normalised geometric mean of all thinned ones.

    p = 0.5 on every hidden unit of a ReLU network with softmax. For one hidden layer the two are said to be equal (Hinton et
    al., 2012); for more they need not be.

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
    thinned = [_log_softmax(_logits(x, weights, 2 * mask)) for mask in _masks(sum(sizes[1:-1]))]
    whole = _log_softmax(_logits(x, weights, np.ones(sum(sizes[1:-1]))))
    return float(np.abs(np.exp(_log_softmax(np.mean(thinned, axis=0))) - np.exp(whole)).max())


def _masks(units: int) -> np.ndarray:
    return np.array(list(product((0.0, 1.0), repeat=units)))


def _logits(x: np.ndarray, weights: list[np.ndarray], factors: np.ndarray) -> np.ndarray:
    ends = np.cumsum([w.shape[1] for w in weights[:-1]])[:-1]
    for w, factor in zip(weights[:-1], np.split(factors, ends), strict=True):
        x = np.maximum(x @ w, 0) * factor
    return x @ weights[-1]


def _log_softmax(z: np.ndarray) -> np.ndarray:
    z = z - z.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))
