"""The layers of the course in NumPy alone, written to be read.

Import them as ``from dropnorm import scratch as nn``.

Names, shapes and conventions are PyTorch's. Every layer has ``forward(x)``, ``backward(dy)``,
``params``, ``grads``, ``buffers``, ``train()`` and ``eval()``.
"""

from dropnorm.scratch.base import Layer, Residual, Sequential
from dropnorm.scratch.conv import Conv2d
from dropnorm.scratch.dense import Flatten, Linear, ReLU
from dropnorm.scratch.dropout import (
    DropBlock2d,
    Dropout,
    Dropout1d,
    Dropout2d,
    DropPath,
    GaussianDropout,
)
from dropnorm.scratch.gradcheck import gradient_check, relative_error
from dropnorm.scratch.group_norm import GroupNorm, InstanceNorm2d, LayerNorm
from dropnorm.scratch.losses import accuracy, log_softmax, softmax_cross_entropy
from dropnorm.scratch.norm import BatchNorm1d, BatchNorm2d
from dropnorm.scratch.optim import SGD, Adam, AdamW
from dropnorm.scratch.pooling import AdaptiveAvgPool2d, AvgPool2d, MaxPool2d
from dropnorm.scratch.schedule import CosineAnnealingLR, LinearLR, SequentialLR
from dropnorm.scratch.surgery import fold, recalibrate

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "AdaptiveAvgPool2d",
    "AvgPool2d",
    "BatchNorm1d",
    "BatchNorm2d",
    "Conv2d",
    "CosineAnnealingLR",
    "DropBlock2d",
    "DropPath",
    "Dropout",
    "Dropout1d",
    "Dropout2d",
    "Flatten",
    "GaussianDropout",
    "GroupNorm",
    "InstanceNorm2d",
    "Layer",
    "LayerNorm",
    "Linear",
    "LinearLR",
    "MaxPool2d",
    "ReLU",
    "Residual",
    "Sequential",
    "SequentialLR",
    "accuracy",
    "fold",
    "gradient_check",
    "log_softmax",
    "recalibrate",
    "relative_error",
    "softmax_cross_entropy",
]
