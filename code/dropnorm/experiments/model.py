"""The networks: the running CNN, residual networks, an MLP for depth, an autoencoder."""

import hashlib
import math
from collections import OrderedDict
from itertools import pairwise

import torch
from torch import nn

from dropnorm.experiments.layers import (
    Dropout,
    Dropout2d,
    GaussianDropout,
    GhostBatchNorm1d,
    GhostBatchNorm2d,
    ShiftingNoise,
)
from dropnorm.experiments.residual import residual_layers
from dropnorm.experiments.trial import Trial

Layers = OrderedDict[str, nn.Module]

# Channels, and height and width, of each data set's images.
IMAGE = {"fashion": (1, 28), "mnist": (1, 28), "cifar10": (3, 32)}

ACTIVATIONS = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "none": nn.Identity}


def build_model(trial: Trial) -> nn.Sequential:
    """The trial's network with its initial weights.

    Input (N, 1, 28, 28), or (N, 3, 32, 32) for photographs; output (N, 10), an autoencoder's
    (N, 784).

    The CNN: conv 3×3 → pool → conv 3×3 → pool → dense → ten logits. The MLP: ``depth`` dense layers
    → ten logits. The autoencoder: one dense layer → a logit a pixel. Every hidden layer has its
    normalisation before or after the activation, and dropout where ``dropout_order`` says. The
    residual network: see ``residual``. Only what ``trains`` names trains.
    """
    layers: Layers = OrderedDict()
    if trial.dropout_input:
        layers["drop0"] = _dropout(trial, trial.dropout_input)
    match trial.model:
        case "cnn":
            _add_cnn(layers, trial)
        case "resnet":
            residual_layers(layers, trial, IMAGE[trial.data][0])
        case _:
            _add_mlp(layers, trial)
    if trial.norm_logits:
        layers["norm_logits"] = nn.BatchNorm1d(10)
    model = nn.Sequential(layers)
    gain = math.sqrt(2) if trial.activation == "relu" else 1.0
    initialise(model, trial.init_scale, trial.seed, gain)
    if trial.trains == "norm":
        model.requires_grad_(False)
        for name, layer in model.named_modules():
            if name.rpartition(".")[2].startswith("norm"):
                layer.requires_grad_(True)
    return model


def _add_cnn(layers: Layers, trial: Trial) -> None:
    width, (colours, side) = trial.width, IMAGE[trial.data]
    conv_p = (trial.dropout_conv or trial.dropout) if trial.dropout_at != "fc" else 0.0
    dense_p = trial.dropout if trial.dropout_at != "conv" else 0.0
    drop = Dropout2d if trial.dropout_unit == "channel" else Dropout
    for i, (channels_in, channels) in enumerate([(colours, width), (width, 2 * width)], start=1):
        layers[f"conv{i}"] = nn.Conv2d(channels_in, channels, 3, padding=1)
        p = conv_p if trial.dropout_block in (0, i) else 0.0
        _finish(layers, i, trial, _norm_2d(trial, channels), drop(p), pool=nn.MaxPool2d(2))
    layers["flatten"] = nn.Flatten()
    layers["dense"] = nn.Linear(2 * width * (side // 4) ** 2, trial.hidden)
    _finish(layers, 3, trial, _norm_1d(trial, trial.hidden), _dropout(trial, dense_p))
    layers["logits"] = nn.Linear(trial.hidden, 10)


def _add_mlp(layers: Layers, trial: Trial) -> None:
    layers["flatten"] = nn.Flatten()
    layers.move_to_end("flatten", last=False)  # before the dropout of pixels
    last = trial.last_hidden or trial.hidden
    widths = [28 * 28, *[trial.hidden] * (trial.depth - 1), last]
    for i, (inputs, width) in enumerate(pairwise(widths), start=1):
        layers[f"dense{i}"] = nn.Linear(inputs, width)
        _finish(layers, i, trial, _norm_1d(trial, width), _dropout(trial, trial.dropout))
    layers["logits"] = nn.Linear(last, 28 * 28 if trial.model == "autoencoder" else 10)


def _dropout(trial: Trial, p: float) -> nn.Dropout:
    return Dropout(p) if trial.dropout_noise == "bernoulli" else GaussianDropout(p)


def _finish(
    layers: Layers,
    i: int,
    trial: Trial,
    norm: nn.Module | None,
    drop: nn.Dropout | nn.Dropout2d,
    pool: nn.Module | None = None,
) -> None:
    """What follows the weights of hidden layer ``i``.

    Normalisation, activation, pooling and dropout, in the trial's order.
    """
    activation = (trial.activation, ACTIVATIONS[trial.activation]())
    normalised = [("norm", norm), activation]
    if trial.norm_at == "after":
        normalised.reverse()
    order = [*normalised, ("pool", pool)]
    place = {"before": 0, "before pool": 2, "after": 3}[trial.dropout_order]
    order.insert(place, ("drop", drop if drop.p else None))
    layers.update((f"{name}{i}", module) for name, module in order if module is not None)


def initialise(model: nn.Sequential, scale: float, seed: int, gain: float = math.sqrt(2)) -> None:
    """Normal weights of standard deviation ``scale`` · ``gain`` / √inputs, biases 0.

    A gain of √2 is He initialisation (He et al., 2015), for ReLU; the logits' gain is always 1.

    Every weight is drawn from a generator of its own, seeded by the seed and the layer's name: so
    networks with and without dropout or normalisation start from the same weights.
    """
    with torch.no_grad():
        for name, layer in model.named_modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                own_gain = 1.0 if name == "logits" else gain
                deviation = scale * own_gain / math.sqrt(layer.weight[0].numel())
                weight = torch.randn(layer.weight.shape, generator=generator(seed, name))
                layer.weight.copy_(deviation * weight)
                if layer.bias is not None:
                    layer.bias.zero_()


def generator(seed: int, purpose: str) -> torch.Generator:
    """A generator for one purpose: streams of different purposes or seeds are independent."""
    digest = hashlib.sha256(f"{seed}/{purpose}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)


def masks_of(model: nn.Module, seed: int, device: torch.device) -> torch.Generator:
    """The generator of a trial's dropout masks and other noise in training.

    On a CPU it begins where PyTorch's own initialisation of the layers, from the same seed, would
    leave off: the first records of this course were made so, and keep their masks.
    """
    random = torch.Generator(device).manual_seed(seed)
    if device.type == "cpu":
        for layer in model.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                for parameter in layer.parameters():
                    torch.empty(parameter.shape).uniform_(generator=random)
    return random


def _norm_2d(trial: Trial, channels: int) -> nn.Module | None:
    match trial.norm:
        case "batch" if trial.ghost:
            return GhostBatchNorm2d(trial.ghost, channels)
        case "batch":
            return nn.BatchNorm2d(channels)
        case "layer":
            return nn.GroupNorm(1, channels)  # one group: over C, H, W of each image
        case "group":
            return nn.GroupNorm(4, channels)
        case "instance":
            return nn.InstanceNorm2d(channels, affine=True)
        case "noisy batch":
            return nn.Sequential(nn.BatchNorm2d(channels), ShiftingNoise())
        case "none":
            return None


def _norm_1d(trial: Trial, features: int) -> nn.Module | None:
    match trial.norm:
        case "batch" if trial.ghost:
            return GhostBatchNorm1d(trial.ghost, features)
        case "batch":
            return nn.BatchNorm1d(features)
        case "layer" | "group" | "instance":
            return nn.LayerNorm(features)
        case "noisy batch":
            return nn.Sequential(nn.BatchNorm1d(features), ShiftingNoise())
        case "none":
            return None
