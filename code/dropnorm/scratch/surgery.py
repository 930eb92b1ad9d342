"""Surgery on a trained network: a batch norm is folded, or running statistics are recalibrated."""

from collections.abc import Iterable

import numpy as np

from dropnorm.scratch.base import Layer, check_layer, layers_in
from dropnorm.scratch.conv import Conv2d
from dropnorm.scratch.norm import BatchNorm1d, BatchNorm2d, check_variance


def fold(conv: Conv2d, norm: BatchNorm2d) -> Conv2d:
    """One convolution that equals ``conv`` followed by ``norm`` in evaluation mode.

    With s = γ/√(running_var + eps): weight · s per output channel, and bias (b − running_mean) · s
    + β.

    Raises
    ------
    ValueError
        One is another layer; the norm has another number of channels than the convolution puts out,
        or another type; its eps is 0 and a running variance, too.
    """
    if not isinstance(conv, Conv2d) or not isinstance(norm, BatchNorm2d):
        raise ValueError(
            f"conv is {type(conv).__name__} and norm {type(norm).__name__}: "
            f"expected Conv2d and BatchNorm2d"
        )
    weight, gamma = conv.params["weight"], norm.params["weight"]
    if len(weight) != len(gamma) or weight.dtype != gamma.dtype:
        raise ValueError(
            f"norm has {len(gamma)} {gamma.dtype} channels, "
            f"expected the {len(weight)} {weight.dtype} ones of conv's output"
        )
    check_variance(norm, norm.buffers["running_var"])
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
    scale = gamma / np.sqrt(norm.buffers["running_var"] + weight.dtype.type(norm.eps))
    centred_bias = conv.params.get("bias", 0) - norm.buffers["running_mean"]
    folded.params["weight"][...] = weight * scale[:, None, None, None]
    folded.params["bias"][...] = centred_bias * scale + norm.params["bias"]
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
        No batch norm, or no batch.
    """
    check_layer("network", network)
    layers = list(layers_in(network))
    norms = [layer for layer in layers if isinstance(layer, BatchNorm1d | BatchNorm2d)]
    if not norms:
        raise ValueError("network: expected at least one BatchNorm1d or BatchNorm2d, found none")
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
