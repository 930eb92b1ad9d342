"""The first referee: central differences in float64."""

from copy import deepcopy

import numpy as np

from dropnorm.scratch.arguments import Seed, generator, number
from dropnorm.scratch.base import Layer, check_layer


def relative_error(a: np.ndarray, b: np.ndarray, floor: float = 1e-3) -> float:
    """Largest |a − b|, divided by the largest |a| or |b| (by ``floor`` where both are smaller).

    Infinite where a or b has a number that is not finite: NaN would compare as False with every
    bound, and ``max(errors) < bound`` could be True in spite of it.

    Raises
    ------
    ValueError
        a and b have different shapes; ``floor`` is not above 0.
    """
    number("floor", floor, lambda floor: floor > 0, "a number above 0")
    if np.shape(a) != np.shape(b):
        raise ValueError(f"a has shape {np.shape(a)} and b {np.shape(b)}: expected the same shape")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return np.inf
    scale = max(np.abs(a).max(initial=0), np.abs(b).max(initial=0), floor)
    return float(np.abs(np.subtract(a, b)).max(initial=0) / scale)


def gradient_check(
    layer: Layer, x: np.ndarray, step: float = 1e-5, rng: Seed = 0
) -> dict[str, float]:
    """Compare a layer's backward pass with central differences, (f(v + h) − f(v − h)) / 2h.

    v is each number in x and in the parameters; the scalar f is Σ r · y with fixed random r. Each
    evaluation runs on a copy of the layer: so a dropout layer draws the same mask every time, and
    running statistics stay as they were.

    Parameters
    ----------
    layer
        Made with dtype=float64, in the mode that is to be checked.
    x
        float64 input. Keep its values away from kinks (ReLU at 0, ties in max pooling) by more than
        ``step``.
    step
        h. The error of the formula shrinks as h², that of rounding grows as 1/h; 1e-5 is near the
        best for float64.
    rng
        Generator or seed for r.

    Returns
    -------
    errors
        ``relative_error`` by name: ``"x"`` and each parameter. About 1e-9 is right, above 1e-6
        suspicious. Compare every one: ``all(error < 1e-8 for error in errors.values())``.

    Raises
    ------
    ValueError
        x or a parameter is not float64; ``step`` is not above 0; a gradient is missing, or has
        another shape than what it is the gradient of.
    """
    check_layer("layer", layer)
    step = number("step", step, lambda step: step > 0, "a number above 0")
    for name, array in {"x": x, **layer.params}.items():
        if getattr(array, "dtype", None) != np.float64:
            kind = getattr(array, "dtype", type(array).__name__)
            raise ValueError(f"{name} is {kind}: the gradient check needs float64 throughout")
    checked = deepcopy(layer)
    y = checked.forward(x)
    r = generator(rng).standard_normal(y.shape)
    analytic = {"x": checked.backward(r.copy()), **checked.grads}
    for name, array in {"x": x, **layer.params}.items():
        if name not in analytic:
            raise ValueError(
                f"backward has left no gradient of {name} in grads: "
                f"expected one of shape {array.shape}"
            )
        if np.shape(analytic[name]) != array.shape:
            shape = np.shape(analytic[name])
            raise ValueError(f"the gradient of {name} has shape {shape}: expected {array.shape}")

    def loss(name: str, values: np.ndarray) -> float:
        """f with x or one parameter replaced."""
        probe = deepcopy(layer)
        if name != "x":
            probe.params[name][...] = values
        return float((probe.forward(values if name == "x" else x) * r).sum())

    errors = {}
    for name, array in {"x": x, **layer.params}.items():
        numeric = np.empty_like(array)
        for index in np.ndindex(array.shape):
            shifted = array.copy()
            shifted[index] = array[index] + step
            above = loss(name, shifted)
            shifted[index] = array[index] - step
            numeric[index] = (above - loss(name, shifted)) / (2 * step)
        errors[name] = relative_error(analytic[name], numeric)
    return errors
