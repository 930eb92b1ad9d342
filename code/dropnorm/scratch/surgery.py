"""Surgery on a trained network: a batch norm is folded, or running statistics are recalibrated."""

from collections.abc import Iterable

import numpy as np

from dropnorm.scratch.base import Layer, check_layer, layers_in
from dropnorm.scratch.conv import Conv2d
from dropnorm.scratch.norm import BatchNorm1d, BatchNorm2d, check_variance


def fold(conv: Conv2d, norm: BatchNorm2d) -> Conv2d:
    """One convolution that equals ``conv`` followed by ``norm`` in evaluation mode.

    With s = γ/√(running_var + eps): weight · s per output channel, and bias (b − running_mean) · s
    + β. Without γ and β (``affine=False``) they are 1 and 0.

    Raises
    ------
    ValueError
        One is another layer; the norm has another number of channels than the convolution puts out,
        or another type, or no running statistics; its eps is 0 and a running variance, too.
    """
    if not isinstance(conv, Conv2d) or not isinstance(norm, BatchNorm2d):
        raise ValueError(
            f"conv is {type(conv).__name__} and norm {type(norm).__name__}: "
            f"expected Conv2d and BatchNorm2d"
        )
    if not norm.buffers:
        raise ValueError("norm has track_running_stats=False: expected one with running statistics")
    weight = conv.params["weight"]
    mean, var = norm.buffers["running_mean"], norm.buffers["running_var"]
    if len(weight) != len(mean) or weight.dtype != mean.dtype:
        raise ValueError(
            f"norm has {len(mean)} {mean.dtype} channels, "
            f"expected the {len(weight)} {weight.dtype} ones of conv's output"
        )
    check_variance(norm, var)
    folded = Conv2d(
        weight.shape[1] * conv.groups,
        len(weight),
        conv.kernel_size,
        conv.stride,
        conv.padding,
        conv.dilation,
        conv.groups,
        dtype=weight.dtype,
    )
    scale = norm.params.get("weight", 1) / np.sqrt(var + weight.dtype.type(norm.eps))
    folded.params["weight"][...] = weight * scale[:, None, None, None]
    folded.params["bias"][...] = (conv.params.get("bias", 0) - mean) * scale
    folded.params["bias"] += norm.params.get("bias", 0)
    return folded.train(conv.training)


def recalibrate(network: Layer, batches: Iterable[np.ndarray]) -> None:
    """Estimate the running statistics of all batch norms anew: the plain average over ``batches``.

    Batch norms run in training mode, all else (dropout) in evaluation mode: so the statistics are
    those that the network will meet in evaluation. Modes and momenta are as before afterwards.

    Parameters
    ----------
    batches
        Inputs of the network; few large ones are better than many small ones.

    Raises
    ------
    ValueError
        No batch norm that keeps running statistics, or no batch.
    """
    check_layer("network", network)
    layers = list(layers_in(network))
    kinds = BatchNorm1d | BatchNorm2d
    norms = [layer for layer in layers if isinstance(layer, kinds) and layer.buffers]
    if not norms:
        raise ValueError(
            "network: expected at least one BatchNorm1d or BatchNorm2d with running statistics, "
            "found none"
        )
    modes, momenta = [layer.training for layer in layers], [norm.momentum for norm in norms]
    network.eval()
    for norm in norms:
        norm.train().reset_running_stats()
        norm.momentum = None  # the plain average
    try:
        for batch in batches:
            network.forward(batch)
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
        for layer, mode in zip(layers, modes, strict=True):
            layer.training = mode
    if norms[0].buffers["num_batches_tracked"] == 0:
        raise ValueError(
            "batches: expected at least one, got none; the running statistics are now reset"
        )
