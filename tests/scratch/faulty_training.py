"""Faults of the loss, the optimisers, the gradient check, folding and recalibrating."""

from bisect import bisect_right
from copy import deepcopy

import numpy as np
from checks import check_cross_entropy, values
from checks_of_training import (
    check_adam,
    check_cosine,
    check_fold,
    check_recalibrate,
    check_sequence,
    check_sgd,
    check_spared,
    check_warm_up,
    dropout_before_norm,
)
from faults import planted

from dropnorm import scratch as nn
from dropnorm.scratch import gradcheck, losses, surgery
from dropnorm.scratch.base import layers_in


def cross_entropy(scale=1.0):
    logits = scale * np.random.default_rng(0).standard_normal((4, 3))
    check_cross_entropy(logits, np.array([0, 2, 1, 1]))


def cross_entropy_of_large_logits():
    cross_entropy(1e4)


def nan_is_an_error():
    """Whatever the order of the errors, on which Python's ``max`` depends."""
    for bad in (np.nan, np.inf):
        errors = [nn.relative_error(np.array([1.0, bad]), np.ones(2)), 1e-11]
        assert max(errors) > 1 and max(errors[::-1]) > 1


@planted(cross_entropy_of_large_logits)
def softmax_cross_entropy(logits, labels):
    """Cross-entropy: the largest logit is not subtracted."""
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    rows, one_hot = np.arange(len(labels)), np.eye(logits.shape[1])[labels]
    return -log_p[rows, labels].mean(), (np.exp(log_p) - one_hot) / len(labels)


@planted(cross_entropy, name="softmax_cross_entropy")
def gradient_of_the_sum(logits, labels):
    """Cross-entropy: the gradient is that of the sum."""
    loss, dlogits = losses.softmax_cross_entropy(logits, labels)
    return loss, dlogits * len(labels)


@planted(nan_is_an_error)
def relative_error(a, b, floor=1e-3):
    """Gradient check: NaN counts as no error."""
    error = gradcheck.relative_error(a, b, floor)
    return error if np.isfinite(error) else np.nan


@planted(check_sgd)
class MomentumLeftOut(nn.SGD):
    """SGD: momentum is left out."""

    def step(self):
        self.momentum = 0.0
        super().step()


@planted(lambda: check_sgd(nesterov=True))
class NotNesterov(nn.SGD):
    """SGD: Nesterov's step is the plain one."""

    def step(self):
        self.nesterov = False
        super().step()


@planted(check_spared)
class NothingSpared(nn.SGD):
    """Weight decay: also on γ, β and biases that are to be spared."""

    def step(self):
        self.spare_vectors = False
        super().step()


@planted(check_adam)
class NotCorrected(nn.Adam):
    """Adam: the mean is not corrected for its start at zero."""

    def step(self):
        lr, self.lr = self.lr, self.lr * (1 - self.betas[0] ** (self.steps + 1))
        super().step()
        self.lr = lr


@planted(lambda: check_adam(kind="AdamW"))
class DecayThroughGradient(nn.AdamW):
    """AdamW: the decay goes through the gradient, as in Adam."""

    decoupled = False


@planted(check_cosine)
class WholeCosine(nn.CosineAnnealingLR):
    """Schedule: a whole cosine in T_max steps, instead of half of one."""

    def rate(self, t):
        return super().rate(2 * t)


@planted(check_cosine)
class NoLowestRate(nn.CosineAnnealingLR):
    """Schedule: the cosine goes down to zero, whatever eta_min."""

    def rate(self, t):
        lowest, self.eta_min = self.eta_min, 0.0
        lr = super().rate(t)
        self.eta_min = lowest
        return lr


@planted(check_warm_up)
class OneStepLate(nn.LinearLR):
    """Schedule: the warm-up is one step late."""

    def rate(self, t):
        return super().rate(max(t - 1, 0))


@planted(check_sequence)
class StepsOfAll(nn.SequentialLR):
    """Schedule: a second schedule begins where the steps of all have come to."""

    def rate(self, t):
        return self.schedulers[bisect_right(self.milestones, t)].rate(t)


@planted(check_sequence)
class FromTheRateFound(nn.CosineAnnealingLR):
    """Schedule: a second schedule takes the warm-up's first rate for its own."""

    def __init__(self, optimiser, T_max, eta_min=0.0):
        found = optimiser.lr
        super().__init__(optimiser, T_max, eta_min)
        self.initial_lr = found


@planted(lambda: check_fold(nn.Conv2d(2, 3, 3, rng=0, dtype=np.float64), values((2, 2, 5, 5), 0)))
def fold(conv, norm):
    """Folding: the running mean is forgotten."""
    norm = deepcopy(norm)
    norm.buffers["running_mean"][...] = 0
    return surgery.fold(conv, norm)


@planted(lambda: check_recalibrate(dropout_before_norm(), [values((6, 5), i) for i in range(3)]))
def recalibrate(network, batches):
    """Recalibrating: dropout stays on."""
    for layer in layers_in(network):
        if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
            layer.reset_running_stats()
            layer.momentum = None
    for batch in batches:
        network.train().forward(batch)
