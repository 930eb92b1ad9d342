"""Batch norm across processes: statistics per device, and synchronised with ``all_reduce``.

In a module and not in a notebook, because processes that are started anew have to import what they
run.
"""

import os
import socket
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.multiprocessing.spawn import spawn


class SyncBatchNorm(nn.BatchNorm2d):
    """Batch norm whose batch is what all processes hold together.

    Parameters, buffers and evaluation are BatchNorm2d's.
    """

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → the same; N may differ between processes."""
        if not self.training:
            return super().forward(x)
        y, mean, var, count = Synchronised.apply(x, self.weight, self.bias, self.eps)
        assert self.running_mean is not None and self.running_var is not None
        assert self.num_batches_tracked is not None and self.momentum is not None
        with torch.no_grad():
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(var * count / (count - 1), self.momentum)
            self.num_batches_tracked += 1
        return y


class Synchronised(torch.autograd.Function):
    """Forward and backward, with the sums over the batch taken over all processes."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Any:
        """Output, and the common mean, variance and count."""
        count = everywhere(x.new_tensor(x.numel() // x.shape[1]))
        mean = everywhere(channel_sum(x)) / count
        centred = x - spread(mean)
        var = everywhere(channel_sum(centred**2)) / count
        r = (var + eps).rsqrt()
        x_hat = centred * spread(r)
        ctx.save_for_backward(x_hat, weight, r, count)
        ctx.mark_non_differentiable(mean, var, count)
        return spread(weight) * x_hat + spread(bias), mean, var, count

    @staticmethod
    def backward(ctx: Any, dy: Tensor, *_: Tensor) -> Any:
        """dx needs the sums of all processes; the parameters' gradients stay this process' own."""
        x_hat, weight, r, count = ctx.saved_tensors
        dbias, dweight = channel_sum(dy), channel_sum(dy * x_hat)
        mean_dy, mean_dy_x_hat = everywhere(dbias) / count, everywhere(dweight) / count
        dx = spread(weight * r) * (dy - spread(mean_dy) - x_hat * spread(mean_dy_x_hat))
        return dx, dweight, dbias, None


def everywhere(local: Tensor) -> Tensor:
    """The sum of this tensor over all processes; every process gets it."""
    total = local.clone()
    dist.all_reduce(total)
    return total


def channel_sum(x: Tensor) -> Tensor:
    """(N, C, H, W) → (C,)."""
    return x.sum((0, 2, 3))


def spread(channels: Tensor) -> Tensor:
    """(C,) → (1, C, 1, 1)."""
    return channels[:, None, None]


# The two ways that :func:`across_processes` compares.
LAYERS: dict[str, type[nn.BatchNorm2d]] = {
    "per device": nn.BatchNorm2d,
    "synchronised": SyncBatchNorm,
}


def training_step(layer: nn.Module, x: Tensor, dy: Tensor) -> dict[str, Tensor]:
    """Forward and backward once in training mode: output, gradients and running statistics."""
    x = x.clone().requires_grad_()
    y = layer.train()(x)
    y.backward(dy)
    return {
        "y": y.detach(),
        "dx": x.grad,
        "dweight": layer.weight.grad,
        "dbias": layer.bias.grad,
        "running_mean": layer.running_mean,
        "running_var": layer.running_var,
    }


def across_processes(
    parts: Sequence[tuple[Tensor, Tensor]],
) -> dict[str, list[dict[str, Tensor]]]:
    """Run :func:`training_step` in one new process for each part; they talk over gloo.

    Parameters
    ----------
    parts
        For each process its input (N, C, H, W) and the gradient that arrives from above, of the
        same shape. N may differ.

    Returns
    -------
    results
        For each of ``LAYERS`` a list with each process' results.
    """
    with tempfile.TemporaryDirectory() as folder:
        torch.save(list(parts), Path(folder) / "parts.pt")
        spawn(_work, (folder, len(parts)), nprocs=len(parts))
        results = [torch.load(Path(folder) / f"{rank}.pt") for rank in range(len(parts))]
    return {name: [result[name] for result in results] for name in LAYERS}


def _work(rank: int, folder: str, size: int) -> None:
    torch.set_num_threads(1)
    loopback = next(name for _, name in socket.if_nameindex() if name.startswith("lo"))
    # this machine's own name may not resolve
    os.environ.setdefault("GLOO_SOCKET_IFNAME", loopback)
    store = dist.FileStore(f"{folder}/store", size)  # type: ignore[attr-defined]  # it is public
    dist.init_process_group(
        "gloo", store=store, rank=rank, world_size=size, timeout=timedelta(minutes=2)
    )
    x, dy = torch.load(Path(folder) / "parts.pt")[rank]
    results = {
        name: training_step(layer(x.shape[1], dtype=x.dtype), x, dy)
        for name, layer in LAYERS.items()
    }
    torch.save(results, Path(folder) / f"{rank}.pt")
    dist.destroy_process_group()
