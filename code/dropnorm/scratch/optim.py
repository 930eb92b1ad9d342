"""Optimisers: they change the arrays in ``network.params`` in place, by ``network.grads``."""

from collections.abc import Iterator

import numpy as np

from dropnorm.scratch.arguments import flag, number, refusal
from dropnorm.scratch.base import Layer, check_layer


class Optimiser:
    """What all optimisers share."""

    initial_lr: float | None = None  # the rate that schedules start from, once there is one
    decoupled = False  # whether λ shrinks the parameter itself, instead of the gradient

    def __init__(self, network: Layer, lr: float, weight_decay: float, spare_vectors: bool) -> None:
        check_layer("network", network)
        self.network = network
        self.lr = number("lr", lr, lambda lr: lr > 0, "a number above 0")
        self.weight_decay = number("weight_decay", weight_decay, lambda λ: λ >= 0, "a number >= 0")
        self.spare_vectors = flag("spare_vectors", spare_vectors)

    def _decayed(self) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
        """Name, parameter w and gradient g + λ w of each parameter; λ = 0 for the spared ones.

        Decoupled: w becomes w − lr · λ w at once, and the gradient is g.
        """
        grads = self.network.grads
        for name, param in self.network.params.items():
            if name not in grads:
                raise RuntimeError(
                    f"{type(self).__name__}.step: no gradient for {name!r}: "
                    f"call the network's backward first"
                )
            grad = grads[name]
            if self.weight_decay and not (self.spare_vectors and param.ndim == 1):
                if self.decoupled:
                    param *= 1 - self.lr * self.weight_decay
                else:
                    grad = grad + self.weight_decay * param
            yield name, param, grad


class SGD(Optimiser):
    """Stochastic gradient descent with momentum and weight decay, as in PyTorch.

    v ← μ v + g, then w ← w − lr · v.

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
    nesterov
        True takes the step w ← w − lr · (g + μ v): along the velocity that the next step would
        start with.
    spare_vectors
        True leaves one-dimensional parameters out of weight decay: all biases, and γ and β of batch
        norm.
    """

    def __init__(
        self,
        network: Layer,
        lr: float,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        *,
        nesterov: bool = False,
        spare_vectors: bool = False,
    ) -> None:
        super().__init__(network, lr, weight_decay, spare_vectors)
        self.momentum = number("momentum", momentum, lambda μ: 0 <= μ < 1, "0 <= momentum < 1")
        if flag("nesterov", nesterov) and not momentum:
            raise refusal("nesterov", nesterov, "momentum > 0 with it")
        self.nesterov = nesterov
        self._velocity: dict[str, np.ndarray] = {}

    def step(self) -> None:
        """Change every parameter once.

        Raises
        ------
        RuntimeError
            ``backward`` has not been called.
        """
        for name, param, grad in self._decayed():
            velocity = self._velocity.setdefault(name, np.zeros_like(param))
            velocity *= self.momentum
            velocity += grad
            param -= self.lr * (grad + self.momentum * velocity if self.nesterov else velocity)


class Adam(Optimiser):
    """Adam (Kingma & Ba, 2015, algorithm 1): steps of about ``lr``, whatever the gradient's scale.

    m ← β₁ m + (1 − β₁) g and v ← β₂ v + (1 − β₂) g²; after t steps w ← w − lr · m̂ / (√v̂ + eps)
    with m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ): both start at zero, and are too small at first.

    Parameters
    ----------
    network
        Any layer.
    lr
        Learning rate, above 0; may be changed between steps.
    betas
        β₁, β₂, each 0 ≤ β < 1.
    eps
        Above 0.
    weight_decay, spare_vectors
        As in ``SGD``: λ w is added to the gradient.
    """

    def __init__(
        self,
        network: Layer,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        *,
        spare_vectors: bool = False,
    ) -> None:
        super().__init__(network, lr, weight_decay, spare_vectors)
        if not isinstance(betas, tuple | list) or len(betas) != 2:
            raise refusal("betas", betas, "two numbers, 0 <= beta < 1")
        self.betas = tuple(
            number(f"betas[{i}]", beta, lambda β: 0 <= β < 1, "0 <= beta < 1")
            for i, beta in enumerate(betas)
        )
        self.eps = number("eps", eps, lambda eps: eps > 0, "a number above 0")
        self.steps = 0
        self._mean: dict[str, np.ndarray] = {}
        self._square: dict[str, np.ndarray] = {}

    def step(self) -> None:
        """Change every parameter once.

        Raises
        ------
        RuntimeError
            ``backward`` has not been called.
        """
        self.steps += 1
        beta1, beta2 = self.betas
        for name, param, grad in self._decayed():
            mean = self._mean.setdefault(name, np.zeros_like(param))
            square = self._square.setdefault(name, np.zeros_like(param))
            mean += (1 - beta1) * (grad - mean)
            square += (1 - beta2) * (grad * grad - square)
            unbiased_mean = mean / (1 - beta1**self.steps)
            unbiased_square = square / (1 - beta2**self.steps)
            param -= self.lr * unbiased_mean / (np.sqrt(unbiased_square) + self.eps)


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov & Hutter, 2019).

    w ← w − lr · λ w, then Adam's step for g alone. In ``Adam`` λ w goes through the gradient, and
    is divided by √v̂ as well: parameters with large gradients decay less.

    Parameters
    ----------
    network, lr, betas, eps, spare_vectors
        As in ``Adam``.
    weight_decay
        λ ≥ 0; 0.01 unless said otherwise, as in PyTorch.
    """

    decoupled = True

    def __init__(
        self,
        network: Layer,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        *,
        spare_vectors: bool = False,
    ) -> None:
        super().__init__(network, lr, betas, eps, weight_decay, spare_vectors=spare_vectors)
