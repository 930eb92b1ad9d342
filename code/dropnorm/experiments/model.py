"""The running CNN: two convolution blocks, a dense hidden layer, ten logits."""

import hashlib
import math
from collections import OrderedDict

import torch
from torch import nn

from dropnorm.experiments.trial import Trial


def build_model(trial: Trial) -> nn.Sequential:
    """The trial's network with its initial weights.

    conv 3×3 → pool → conv 3×3 → pool → dense → ten logits; every hidden layer has its normalisation before or after the
    ReLU, and dropout last. Input (N, 1, 28, 28), output (N, 10).
    """
    w, p = trial.width, trial.dropout
    conv_p = p if trial.dropout_at != "fc" else 0.0
    dense_p = p if trial.dropout_at != "conv" else 0.0
    drop = nn.Dropout2d if trial.dropout_unit == "channel" else nn.Dropout
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for i, (channels_in, channels) in enumerate([(1, w), (w, 2 * w)], start=1):
        layers[f"conv{i}"] = nn.Conv2d(channels_in, channels, 3, padding=1)
        _normalise_and_activate(layers, i, _norm_2d(trial.norm, channels), trial.norm_at)
        layers[f"pool{i}"] = nn.MaxPool2d(2)
        if conv_p:
            layers[f"drop{i}"] = drop(conv_p)
    layers["flatten"] = nn.Flatten()
    layers["dense"] = nn.Linear(2 * w * 7 * 7, trial.hidden)
    _normalise_and_activate(layers, 3, _norm_1d(trial.norm, trial.hidden), trial.norm_at)
    if dense_p:
        layers["drop3"] = nn.Dropout(dense_p)
    layers["logits"] = nn.Linear(trial.hidden, 10)
    model = nn.Sequential(layers)
    initialise(model, trial.init_scale, trial.seed)
    return model


def initialise(model: nn.Sequential, scale: float, seed: int) -> None:
    """He initialisation (He et al., 2015) times ``scale``, biases 0; the logits' gain is 1 where the others' is √2.

    Every weight is drawn from a generator of its own, seeded by the seed and the layer's name: so networks with and
    without dropout or normalisation start from the same weights.
    """
    with torch.no_grad():
        for name, layer in model.named_children():
            if isinstance(layer, (nn.Conv2d, nn.Linear)):
                gain = 1.0 if name == "logits" else math.sqrt(2)
                weight = torch.randn(layer.weight.shape, generator=generator(seed, name))
                layer.weight.copy_(weight * (scale * gain / math.sqrt(layer.weight[0].numel())))
                layer.bias.zero_()


def generator(seed: int, purpose: str) -> torch.Generator:
    """A generator for one purpose: streams of different purposes or seeds are independent."""
    digest = hashlib.sha256(f"{seed}/{purpose}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)


def _normalise_and_activate(layers: OrderedDict[str, nn.Module], i: int, norm: nn.Module | None, at: str) -> None:
    steps = [(f"relu{i}", nn.ReLU())]
    if norm is not None:
        steps.insert(0 if at == "before" else 1, (f"norm{i}", norm))
    layers.update(steps)


def _norm_2d(norm: str, channels: int) -> nn.Module | None:
    match norm:
        case "batch":
            return nn.BatchNorm2d(channels)
        case "layer":
            return nn.GroupNorm(1, channels)  # one group: mean and variance over C, H, W of each image
        case "group":
            return nn.GroupNorm(4, channels)
    return None


def _norm_1d(norm: str, features: int) -> nn.Module | None:
    match norm:
        case "batch":
            return nn.BatchNorm1d(features)
        case "layer" | "group":
            return nn.LayerNorm(features)
    return None
