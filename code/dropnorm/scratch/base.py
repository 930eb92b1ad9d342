"""What all layers share: parameters, gradients, buffers, the two modes, and the chain of layers."""

import sys
from collections.abc import Container, Iterator
from typing import Self

import numpy as np
from numpy.typing import DTypeLike

from dropnorm.scratch.arguments import FLOATS

ANY = range(sys.maxsize)  # any number of axes


class Layer:
    """A function with a backward pass.

    Attributes
    ----------
    params, grads
        Arrays by name, with the same keys; ``backward`` fills ``grads`` anew at each call.
    buffers
        Arrays that belong to the layer's state but are not trained, such as running statistics.
    training
        True after ``train()`` (and at first), False after ``eval()``.
    """

    def __init__(self) -> None:
        self.params: dict[str, np.ndarray] = {}
        self.grads: dict[str, np.ndarray] = {}
        self.buffers: dict[str, np.ndarray] = {}
        self.training = True
        # shape of the last output, for ``check_gradient``; None before the first ``forward``
        self._output_shape: tuple[int, ...] | None = None

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Output for ``x``; keeps what ``backward`` needs."""
        raise NotImplementedError

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """Gradient of the loss with respect to the last input.

        ``dy`` is the gradient with respect to the last output.
        """
        raise NotImplementedError

    def children(self) -> dict[str, "Layer"]:
        """The layers inside this one, by name; none for most."""
        return {}

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """The same as ``forward``."""
        return self.forward(x)

    def train(self, mode: bool = True) -> Self:
        """Switch to training mode (or to evaluation with ``mode=False``); returns the layer."""
        self.training = mode
        return self

    def eval(self) -> Self:
        """Switch to evaluation mode; returns the layer."""
        return self.train(False)

    def state_dict(self) -> dict[str, np.ndarray]:
        """Copies of all parameters and buffers, under PyTorch's names."""
        return {name: array.copy() for name, array in {**self.params, **self.buffers}.items()}

    def load_state_dict(self, state: dict[str, np.ndarray]) -> None:
        """Copy a state into this layer, in place.

        Raises
        ------
        ValueError
            A name is missing or unknown, or a shape differs; nothing is changed then.
        """
        own = {**self.params, **self.buffers}
        if own.keys() != state.keys():
            missing = sorted(own.keys() - state.keys())
            unknown = sorted(state.keys() - own.keys())
            raise ValueError(f"state: names missing {missing}, names unknown {unknown}")
        for name, array in own.items():
            if np.shape(state[name]) != array.shape:
                raise ValueError(
                    f"state[{name!r}]: shape {np.shape(state[name])}, expected {array.shape}"
                )
        for name, array in own.items():
            array[...] = state[name]


class Sequential(Layer):
    """Layers one after the other.

    Parameter ``weight`` of layer 2 is called ``2.weight``, as in PyTorch.

    Raises
    ------
    ValueError
        An argument is no layer, or one layer is given twice: it would keep only what the backward
        pass of its last use needs. (PyTorch, which records every use, allows it.)
    """

    def __init__(self, *layers: Layer) -> None:
        check_layers("Sequential", layers)
        self.layers = layers
        self.training = True

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Output of the last layer."""
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """Gradient with respect to the input of the first layer."""
        for layer in reversed(self.layers):
            dy = layer.backward(dy)
        return dy

    def train(self, mode: bool = True) -> Self:
        """Switch all layers to training mode (or to evaluation with ``mode=False``)."""
        for layer in self.children().values():
            layer.train(mode)
        return super().train(mode)

    def children(self) -> dict[str, Layer]:
        """The layers by their place."""
        return {str(place): layer for place, layer in enumerate(self.layers)}

    # A plain layer may assign these three; here they are those of the layers inside, and read-only.

    @property
    def params(self) -> dict[str, np.ndarray]:  # type: ignore[override]
        """The parameters of all layers."""
        return self._collect("params")

    @property
    def grads(self) -> dict[str, np.ndarray]:  # type: ignore[override]
        """The gradients of all layers."""
        return self._collect("grads")

    @property
    def buffers(self) -> dict[str, np.ndarray]:  # type: ignore[override]
        """The buffers of all layers."""
        return self._collect("buffers")

    def _collect(self, kind: str) -> dict[str, np.ndarray]:
        return {
            f"{place}.{name}": array
            for place, layer in self.children().items()
            for name, array in getattr(layer, kind).items()
        }


class Residual(Sequential):
    """y = x + f(x), where f are the layers one after the other (He et al., 2016).

    The gradient has a way around the layers.

    Parameters
    ----------
    layers
        f.
    shortcut
        A layer g for y = g(x) + f(x), where f changes the shape; such as a 1 × 1 convolution with
        the same stride. Its parameter ``weight`` is called ``shortcut.weight``.

    Raises
    ------
    ValueError
        As for ``Sequential``; f(x) has another shape than what is added to it.
    """

    def __init__(self, *layers: Layer, shortcut: Layer | None = None) -> None:
        check_layers("Residual", layers if shortcut is None else (*layers, shortcut))
        super().__init__(*layers)
        self.shortcut = shortcut

    def forward(self, x: np.ndarray) -> np.ndarray:
        """g(x) + f(x), where g(x) is x without a shortcut."""
        y = super().forward(x)
        around = x if self.shortcut is None else self.shortcut.forward(x)
        if y.shape != around.shape:
            raise ValueError(
                f"Residual: the layers give shape {y.shape}, the shortcut {around.shape}: "
                f"expected the same"
            )
        return y + around

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """A sum hands its gradient to both summands; x went into both: the gradients add up."""
        around = dy if self.shortcut is None else self.shortcut.backward(dy)
        return super().backward(dy) + around

    def children(self) -> dict[str, Layer]:
        """The layers by their place, and the shortcut."""
        layers = super().children()
        return layers if self.shortcut is None else layers | {"shortcut": self.shortcut}


def layers_in(layer: Layer) -> Iterator[Layer]:
    """The layer, and all layers inside it, from first to last."""
    yield layer
    for inner in layer.children().values():
        yield from layers_in(inner)


def check_layer(name: str, layer: Layer) -> None:
    """Refuse what is no layer, such as a class or a list of layers, with a ValueError."""
    if not isinstance(layer, Layer):
        raise ValueError(f"{name} is {layer!r}: expected a layer, such as ReLU()")


def check_layers(name: str, layers: tuple[Layer, ...]) -> None:
    """Refuse, with a ValueError, what is no layer, and a layer that is given twice."""
    places: dict[int, int] = {}  # the argument in which a layer was met, by the layer's id
    for place, layer in enumerate(layers):
        check_layer(f"{name}: argument {place}", layer)
        for inner in layers_in(layer):
            if id(inner) in places:
                kind = type(inner).__name__
                raise ValueError(
                    f"{name}: the {kind} in argument {place} is the same object as in argument "
                    f"{places[id(inner)]}; expected one {kind} for each use, since a layer keeps "
                    f"what backward needs of its last forward only"
                )
            places[id(inner)] = place


def check_input(
    layer: Layer,
    x: np.ndarray,
    layout: str,
    *,
    ndim: Container[int],
    channels: int | None = None,
    dtype: DTypeLike | None = None,
) -> None:
    """Refuse an input that a layer cannot take.

    Parameters
    ----------
    layout
        The shape in words, for the message, such as ``"(N, in_features)"``.
    ndim
        Allowed numbers of axes, such as ``(4,)`` or ``ANY``.
    channels
        Required length of axis 1, None for any.
    dtype
        Required type, None for float32 or float64.

    Raises
    ------
    ValueError
        Names the layer, what was given and what is allowed.
    """
    name = type(layer).__name__
    if not isinstance(x, np.ndarray) or x.dtype not in FLOATS:
        kind = getattr(x, "dtype", type(x).__name__)
        raise ValueError(f"{name}: x is {kind}, expected a float32 or float64 array")
    if x.ndim not in ndim or (channels is not None and x.shape[1] != channels):
        raise ValueError(f"{name}: x has shape {x.shape}, expected {layout}")
    if dtype is not None and x.dtype != dtype:
        raise ValueError(
            f"{name}: x is {x.dtype}, but the layer was made with dtype={np.dtype(dtype)}"
        )


def check_gradient(layer: Layer, dy: np.ndarray) -> None:
    """Refuse a ``backward`` before any ``forward``, and a ``dy`` that has not the output's shape.

    Raises
    ------
    RuntimeError, ValueError
        In this order.
    """
    name, shape = type(layer).__name__, layer._output_shape
    if shape is None:
        raise RuntimeError(f"{name}.backward was called before forward")
    if np.shape(dy) != shape:
        raise ValueError(
            f"{name}: dy has shape {np.shape(dy)}, expected the output's shape {shape}"
        )
