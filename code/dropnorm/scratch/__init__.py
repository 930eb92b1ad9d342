"""The layers of the course in NumPy alone, written to be read: ``from dropnorm import scratch as nn``.

Names, shapes and conventions are PyTorch's. Every layer has ``forward(x)``, ``backward(dy)``, ``params``, ``grads``,
``buffers``, ``train()`` and ``eval()``.
"""

from dropnorm.scratch.base import Layer, Sequential
from dropnorm.scratch.dense import Flatten, Linear, ReLU
from dropnorm.scratch.dropout import Dropout, Dropout2d, GaussianDropout
from dropnorm.scratch.gradcheck import gradient_check, relative_error
from dropnorm.scratch.losses import accuracy, log_softmax, softmax_cross_entropy
from dropnorm.scratch.optim import SGD

__all__ = [
    "SGD",
    "Dropout",
    "Dropout2d",
    "Flatten",
    "GaussianDropout",
    "Layer",
    "Linear",
    "ReLU",
    "Sequential",
    "accuracy",
    "gradient_check",
    "log_softmax",
    "relative_error",
    "softmax_cross_entropy",
]
