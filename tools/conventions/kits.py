"""One way to ask four libraries the same thing; inputs and outputs are NumPy arrays, NCHW."""

import importlib
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import ModuleType
from typing import Any, ClassVar

import numpy as np


class Kit(ABC):
    """A library: its layers in training or evaluation, and what it calls things."""

    module: str  # without it the kit cannot be made
    layers_in: str
    kinds: ClassVar[Mapping[str, str]]  # layers with another name than PyTorch's, or none of theirs
    rate = "p"  # dropout's
    names: ClassVar[Mapping[str, str]]  # of γ, β, the stored mean and variance, and ε
    channels_last = False
    layers: str  # that batch norm has, for the table
    whole_channels: str
    unusual_shapes: str

    def __init__(self) -> None:
        self.version = importlib.import_module(self.module).__version__.split("+")[0]

    @abstractmethod
    def dropout(self, rate: float, kind: str = "Dropout", **settings: Any) -> Any:
        """A layer of this kind."""

    @abstractmethod
    def batch_norm(self, channels: int = 3, **settings: Any) -> Any:
        """A layer for images."""

    @abstractmethod
    def call(self, layer: Any, x: np.ndarray, training: bool | None) -> np.ndarray:
        """Output; with None as a new layer answers without being told its mode."""

    @abstractmethod
    def arrays(self, layer: Any) -> dict[str, np.ndarray]:
        """Parameters and statistics by name."""

    @property
    def library(self) -> ModuleType:
        """The module with the layers."""
        return importlib.import_module(self.layers_in)

    def constructor(self, kind: str) -> Any:
        """What makes ``Dropout`` or ``BatchNorm``, for its signature."""
        return getattr(self.library, self.kinds.get(kind, kind))

    def has(self, kind: str) -> bool:
        """Whether there is a layer of this name."""
        return hasattr(self.library, kind)

    def images(self, layer: Any, x: np.ndarray, training: bool | None = True) -> np.ndarray:
        """``call`` for images (N, C, H, W)."""
        if not self.channels_last:
            return self.call(layer, x, training)
        there = np.ascontiguousarray(x.transpose(0, 2, 3, 1))
        return self.call(layer, there, training).transpose(0, 3, 1, 2)

    def statistics(self, layer: Any) -> tuple[np.ndarray, np.ndarray]:
        """The stored mean and variance."""
        arrays = self.arrays(layer)
        return arrays[self.names["mean"]], arrays[self.names["var"]]

    def freeze(self, layer: Any) -> str | None:
        """Take the parameters out of training; what one writes for it, None without a switch."""
        return None


class PyTorch(Kit):
    """``torch.nn``."""

    module = "torch"
    layers_in = "torch.nn"
    kinds: ClassVar = {"BatchNorm": "BatchNorm2d"}
    names: ClassVar = dict(
        scale="weight", shift="bias", mean="running_mean", var="running_var", eps="eps"
    )
    layers = "`BatchNorm1d`, `2d`, `3d`"
    whole_channels = "`Dropout2d`"
    unusual_shapes = "`Dropout1d`, `Dropout3d`"

    def dropout(self, rate: float, kind: str = "Dropout", **settings: Any) -> Any:
        return self.constructor(kind)(rate, **settings)

    def batch_norm(self, channels: int = 3, **settings: Any) -> Any:
        return self.constructor("BatchNorm")(channels, **settings)

    def call(self, layer: Any, x: np.ndarray, training: bool | None) -> np.ndarray:
        import torch

        if training is not None:
            layer.train(training)
        return layer(torch.tensor(x)).detach().numpy()

    def arrays(self, layer: Any) -> dict[str, np.ndarray]:
        return {name: t.detach().numpy().copy() for name, t in layer.state_dict().items()}

    def freeze(self, layer: Any) -> str:
        layer.requires_grad_(False)
        return "`requires_grad_(False)`"


class Ours(PyTorch):
    """``dropnorm.scratch``, which has PyTorch's names."""

    module = "numpy"
    layers_in = "dropnorm.scratch"
    layers = "`BatchNorm1d`, `2d`"
    unusual_shapes = "`Dropout1d`"

    def call(self, layer: Any, x: np.ndarray, training: bool | None) -> np.ndarray:
        if training is not None:
            layer.train(training)
        return layer(x)

    def arrays(self, layer: Any) -> dict[str, np.ndarray]:
        return layer.state_dict()

    def freeze(self, layer: Any) -> None:
        return None


class Keras(Kit):
    """``keras.layers``, computed by PyTorch."""

    module = "keras"
    layers_in = "keras.layers"
    kinds: ClassVar = {"BatchNorm": "BatchNormalization", "Dropout2d": "SpatialDropout2D"}
    rate = "rate"
    names: ClassVar = dict(
        scale="gamma", shift="beta", mean="moving_mean", var="moving_variance", eps="epsilon"
    )
    channels_last = True
    layers = "one `BatchNormalization`"
    whole_channels = "`SpatialDropout2D`"
    unusual_shapes = "`SpatialDropout1D`, `SpatialDropout3D`"

    def __init__(self) -> None:
        os.environ.setdefault("KERAS_BACKEND", "torch")
        super().__init__()

    def dropout(self, rate: float, kind: str = "Dropout", **settings: Any) -> Any:
        return self.constructor(kind)(rate, **settings)

    def batch_norm(self, channels: int = 3, **settings: Any) -> Any:
        layer = self.constructor("BatchNorm")(**settings)
        layer.build((None, None, None, channels))
        return layer

    def call(self, layer: Any, x: np.ndarray, training: bool | None) -> np.ndarray:
        import keras

        mode = {} if training is None else {"training": training}
        return keras.ops.convert_to_numpy(layer(x, **mode))

    def arrays(self, layer: Any) -> dict[str, np.ndarray]:
        import keras

        return {w.name: keras.ops.convert_to_numpy(w).copy() for w in layer.weights}

    def freeze(self, layer: Any) -> str:
        layer.trainable = False
        return "`trainable = False`"


class Flax(Kit):
    """``flax.nnx``."""

    module = "flax"
    layers_in = "flax.nnx"
    kinds: ClassVar = {"Dropout2d": "Dropout"}
    rate = "rate"
    names: ClassVar = dict(scale="scale", shift="bias", mean="mean", var="var", eps="epsilon")
    channels_last = True
    layers = "one `BatchNorm`"
    whole_channels = "`broadcast_dims=(1, 2)`"
    unusual_shapes = "`Dropout` with `broadcast_dims`"

    def dropout(self, rate: float, kind: str = "Dropout", **settings: Any) -> Any:
        from flax import nnx

        if kind == "Dropout2d":
            settings["broadcast_dims"] = (1, 2)
        return self.constructor(kind)(rate, rngs=nnx.Rngs(0), **settings)

    def batch_norm(self, channels: int = 3, **settings: Any) -> Any:
        from flax import nnx

        return nnx.BatchNorm(channels, rngs=nnx.Rngs(0), **settings)

    def call(self, layer: Any, x: np.ndarray, training: bool | None) -> np.ndarray:
        import jax.numpy as jnp

        if training is not None:
            layer.train() if training else layer.eval()
        return np.asarray(layer(jnp.asarray(x)))

    def arrays(self, layer: Any) -> dict[str, np.ndarray]:
        from flax import nnx

        pure = nnx.to_pure_dict(nnx.state(layer))
        return {name: np.array(value) for name, value in pure.items()}


KITS: dict[str, type[Kit]] = {
    "PyTorch": PyTorch,
    "NumPy (ours)": Ours,
    "Keras": Keras,
    "Flax": Flax,
}
