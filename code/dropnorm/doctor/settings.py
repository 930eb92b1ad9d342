"""Checks that only read: the settings of the layers, their statistics, optimizer and loader."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from dropnorm.doctor.patient import STATISTICS, is_dropout, is_norm, kind
from dropnorm.doctor.report import Report, Site

CONSEQUENCES = {
    torch.float16: "no variance above 65,504",
    torch.bfloat16: "small updates are rounded away",
}


def examine_settings(model: nn.Module, report: Report) -> None:
    """Momentum, ε and p; statistics as they are stored; modes."""
    for name, layer in model.named_modules():
        name = name or kind(layer)
        if is_norm(layer):
            _norm(name, layer, report)
        if is_dropout(layer) and isinstance(p := getattr(layer, "p", None), int | float):
            examine_rate(name, p, report)
        examine_statistics(name, layer, report)
        for attribute, value in vars(layer).items():
            if isinstance(value, Tensor) and STATISTICS.search(attribute):
                report.add("stats-not-registered", name, f"it is called {attribute}")
        if layer.training and not model.training and (is_norm(layer) or is_dropout(layer)):
            report.add("mode-mixed", name, severity="warning" if is_norm(layer) else "note")


def examine_rate(where: str | Site, p: float, report: Report) -> None:
    """A rate of dropout that drops all, or most."""
    if p >= 1:
        report.add("dropout-drops-all", where, p=p)
    elif p > 0.5:
        severity = "warning" if p >= 0.8 else "note"
        report.add("dropout-p-high", where, severity=severity, p=p, kept=1 - p)


def _norm(name: str, norm: nn.Module, report: Report) -> None:
    momentum, eps = getattr(norm, "momentum", None), getattr(norm, "eps", None)
    mean, variance = getattr(norm, "running_mean", None), getattr(norm, "running_var", None)
    if mean is not None and variance is not None and isinstance(momentum, int | float):
        if momentum == 0 and _is_initial(mean, variance):
            report.add("momentum-zero", name)
        elif momentum != 1 and not 0 <= momentum < 0.5:
            report.add("momentum-reversed", name, momentum=momentum)
    if isinstance(eps, int | float) and eps >= 0.1:
        report.add("eps-large", name, eps=eps)


def _is_initial(mean: Tensor, variance: Tensor) -> bool:
    return bool(mean.numel() and (mean == 0).all() and (variance == 1).all())


def examine_statistics(name: str, layer: nn.Module, report: Report) -> None:
    """What the running statistics say by themselves, also those of home-made norms."""
    mean, variance = getattr(layer, "running_mean", None), getattr(layer, "running_var", None)
    if not (isinstance(mean, Tensor) and isinstance(variance, Tensor) and not mean.is_meta):
        return
    if nn.parameter.is_lazy(mean) or not (mean.numel() and mean.is_floating_point()):
        return
    if not (mean.isfinite().all() and variance.isfinite().all()):
        report.add("stats-not-finite", name)
        return
    if (variance < 0).any():
        report.add("stats-negative-variance", name)
    if mean.dtype in CONSEQUENCES:
        dtype = str(mean.dtype).removeprefix("torch.")
        report.add("stats-half", name, dtype=dtype, consequence=CONSEQUENCES[mean.dtype])
    if not isinstance(layer, _NormBase):
        return
    if _is_initial(mean, variance):
        if layer.momentum != 0 and _is_trained(layer.bias):
            report.add("stats-initial", name)
        return
    constant, channels = int((variance <= 1e-12).sum()), len(variance)
    if constant * 2 >= channels:
        evidence = "whatever differs from it is divided by √ε"
        report.add("stats-constant", name, evidence, constant=constant, channels=channels)
    batches, momentum = int(layer.num_batches_tracked or 0), layer.momentum
    if batches and momentum and 0 < momentum < 1 and (left := (1 - momentum) ** batches) > 0.1:
        severity = "warning" if batches > 2 else "note"
        report.add("stats-cold", name, severity=severity, batches=batches, left=left)


def _is_trained(shift: Tensor | None) -> bool:
    if shift is None or shift.numel() < 2:
        return False
    return float(shift.detach().float().std()) > 1e-6


def examine_frozen(given: nn.Module, trained: nn.Module, report: Report) -> None:
    """Norms without gradients, among frozen layers, whose statistics ``train()`` sets in motion."""
    if not any(p.requires_grad for p in given.parameters()):
        return
    modes = {name: layer.training for name, layer in given.named_modules()}
    before: list[nn.Parameter] = []  # those of the layer registered before
    for name, layer in trained.named_modules():
        own = list(layer.parameters(recurse=False))
        if is_norm(layer) and own and before and not any(p.requires_grad for p in own + before):
            by_hand = given.training and not modes.get(name, True)  # put into evaluation mode
            moves = layer.running_mean is not None and layer.momentum != 0
            if layer.training and moves and not by_hand:
                report.add("frozen-norm-moves", name, reason="its parameters are frozen")
        before = own or before


def examine_optimizer(model: nn.Module, optimizer: torch.optim.Optimizer, report: Report) -> None:
    """Weight decay on γ and β."""
    groups = [group for group in optimizer.param_groups if group.get("weight_decay", 0)]
    decayed = {id(p) for group in groups for p in group["params"]}
    for name, layer in model.named_modules():
        if is_norm(layer) and any(id(p) in decayed for p in layer.parameters(recurse=False)):
            report.add("decay-on-norm", name)


def examine_loader(model: nn.Module, loader: Any, report: Report) -> None:
    """A last batch of one example: arithmetic, nothing is loaded."""
    try:
        n, size = len(loader.dataset), loader.batch_size
        alone = size is not None and size > 1 and n % size == 1 and not loader.drop_last
    except (TypeError, AttributeError, NotImplementedError):
        report.unseen.append("the last batch (the loader has no length)")
        return
    if alone and any(map(is_norm, model.modules())):
        reason = f"{n:,} examples in batches of {size}: the last batch has one"
        report.add("last-batch-one", "loader", reason=reason)
