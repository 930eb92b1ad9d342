"""Optimisers: they change the arrays in ``network.params`` in place, by ``network.grads``."""

import numpy as np

from dropnorm.scratch.base import Layer


class SGD:
    """Stochastic gradient descent with momentum and weight decay, as in PyTorch: v ← μ v + g, w ← w − lr · v.

    Parameters
    ----------
    network
        Any layer.
    lr
        Learning rate, above 0; may be changed between steps.
    momentum
        μ, 0 ≤ μ < 1.
    weight_decay
        λ ≥ 0, added to the gradient as λ w.
    """

    def __init__(self, network: Layer, lr: float, momentum: float = 0.0, weight_decay: float = 0.0) -> None:
        if not lr > 0:
            raise ValueError(f"lr={lr!r}: expected a number above 0")
        if not 0 <= momentum < 1:
            raise ValueError(f"momentum={momentum!r}: expected 0 <= momentum < 1")
        if not weight_decay >= 0:
            raise ValueError(f"weight_decay={weight_decay!r}: expected a number >= 0")
        self.network, self.lr, self.momentum, self.weight_decay = network, lr, momentum, weight_decay
        self._velocity: dict[str, np.ndarray] = {}

    def step(self) -> None:
        """Change every parameter once.

        Raises
        ------
        RuntimeError
            ``backward`` has not been called.
        """
        grads = self.network.grads
        for name, param in self.network.params.items():
            if name not in grads:
                raise RuntimeError(f"SGD.step: no gradient for {name!r}: call the network's backward first")
            step = grads[name] + self.weight_decay * param if self.weight_decay else grads[name]
            if self.momentum:
                previous = self._velocity.get(name)
                step = step if previous is None else self.momentum * previous + step
                self._velocity[name] = step
            param -= self.lr * step
