"""Checks that only read: the settings of the layers, their statistics, optimizer and loader."""

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from dropnorm.doctor.patient import STATISTICS, is_dropout, is_norm, kind
from dropnorm.doctor.report import Report


def examine_settings(model: nn.Module, report: Report) -> None:
    """Momentum, ε and p; statistics as they are stored; modes."""
    for name, layer in model.named_modules():
        name = name or kind(layer)
        if is_norm(layer):
            _norm_settings(name, layer, report)
        if is_dropout(layer) and isinstance(p := getattr(layer, "p", None), int | float):
            rate(name, p, report)
        examine_statistics(name, layer, report)
        for attribute, value in vars(layer).items():
            if isinstance(value, Tensor) and STATISTICS.search(attribute):
                text = "statistics in a plain attribute: state_dict does not hold it, .to(device) does not move it"
                report.add("stats-not-registered", "error", name, text, f"it is called {attribute}")
    _modes(model, report)


def rate(name: str, p: float, report: Report, place: str = "") -> None:
    """A rate of dropout that drops all, or most."""
    if p >= 1:
        report.add(
            "dropout-drops-all", "error", name, f"p={p:g} drops everything in training", place=place
        )
    elif p > 0.5:
        severity = "warning" if p >= 0.8 else "note"
        report.add(
            "dropout-p-high",
            severity,
            name,
            f"p={p:g} keeps {1 - p:.0%} of the values",
            place=place,
        )


def _norm_settings(name: str, norm: nn.Module, report: Report) -> None:
    momentum, eps = getattr(norm, "momentum", None), getattr(norm, "eps", 0.0)
    tracks = getattr(norm, "running_mean", None) is not None
    if momentum == 0 and tracks and _initial(norm):
        report.add(
            "momentum-zero",
            "warning",
            name,
            "momentum=0: the statistics stay at their initial values",
        )
    elif isinstance(momentum, float | int) and momentum != 1 and not 0 <= momentum < 0.5 and tracks:
        text = f"momentum={momentum:g} weighs the new batch: the statistics are those of the last batches"
        report.add("momentum-reversed", "warning", name, text)
    if isinstance(eps, float | int) and eps >= 0.1:
        text = f"eps={eps:g} is added to the variance, which is near 1"
        report.add("eps-large", "warning", name, text)


def _initial(norm: nn.Module) -> bool:
    mean, variance = norm.running_mean, norm.running_var
    return bool(mean.numel() and (mean == 0).all() and (variance == 1).all())


def examine_statistics(name: str, layer: nn.Module, report: Report) -> None:
    """What the running statistics say by themselves."""
    mean, variance = getattr(layer, "running_mean", None), getattr(layer, "running_var", None)
    if not (isinstance(mean, Tensor) and isinstance(variance, Tensor) and not mean.is_meta):
        return
    if nn.parameter.is_lazy(mean) or not (mean.numel() and mean.is_floating_point()):
        return
    if not (mean.isfinite().all() and variance.isfinite().all()):
        report.add("stats-not-finite", "error", name, "running statistics hold NaN or infinity")
        return
    if (variance < 0).any():
        report.add("stats-negative-variance", "error", name, "a running variance is negative")
    if mean.dtype in (torch.float16, torch.bfloat16):
        text = f"running statistics in {str(mean.dtype)[6:]}: "
        text += (
            "no variance above 65,504"
            if mean.dtype == torch.float16
            else "small updates are rounded away"
        )
        report.add("stats-half", "warning", name, text)
    if not isinstance(layer, _NormBase):
        return
    if _initial(layer):
        shift = getattr(layer, "bias", None)
        if (
            shift is not None
            and shift.numel() > 1
            and float(shift.detach().float().std()) > 1e-6
            and layer.momentum != 0
        ):
            text = "shift (β) was trained, the running statistics are at their initial values"
            report.add("stats-initial", "warning", name, text)
        return
    if (constant := int((variance <= 1e-12).sum())) * 2 >= len(variance):
        text = f"{constant} of {len(variance)} channels never varied"
        report.add(
            "stats-constant", "warning", name, text, "whatever differs from it is divided by √ε"
        )
    batches, momentum = int(layer.num_batches_tracked or 0), layer.momentum
    if batches and momentum and 0 < momentum < 1 and (left := (1 - momentum) ** batches) > 0.1:
        text = f"statistics of {batches} batches: {left:.0%} of the initial values is left in them"
        report.add("stats-cold", "warning" if batches > 2 else "note", name, text)


def _modes(model: nn.Module, report: Report) -> None:
    if model.training:
        return
    for name, layer in model.named_modules():
        if layer is not model and layer.training and (is_norm(layer) or is_dropout(layer)):
            severity = "warning" if is_norm(layer) else "note"
            report.add(
                "mode-mixed",
                severity,
                name,
                "in training mode, the model as given in evaluation mode",
            )


def frozen_norms(given: nn.Module, trained: nn.Module, report: Report) -> None:
    """Norms without gradients, among frozen layers, whose statistics ``train()`` sets in motion."""
    if not any(p.requires_grad for p in given.parameters()):
        return
    modes = {name: layer.training for name, layer in given.named_modules()}
    before: list[nn.Parameter] = []  # those of the layer registered before
    for name, layer in trained.named_modules():
        own = list(layer.parameters(recurse=False))
        if is_norm(layer) and own and not any(p.requires_grad for p in [*own, *before]) and before:
            kept = given.training and not modes.get(name, True)  # put into evaluation mode by hand
            if (
                layer.training
                and layer.running_mean is not None
                and layer.momentum != 0
                and not kept
            ):
                text = "its parameters are frozen, its statistics move with every pass after model.train()"
                report.add("frozen-norm-moves", "warning", name, text)
        before = own or before


def examine_optimizer(model: nn.Module, optimizer: torch.optim.Optimizer, report: Report) -> None:
    """Weight decay on γ and β."""
    decayed = {
        id(p) for g in optimizer.param_groups if g.get("weight_decay", 0) for p in g["params"]
    }
    for name, layer in model.named_modules():
        if is_norm(layer) and any(id(p) in decayed for p in layer.parameters(recurse=False)):
            report.add("decay-on-norm", "note", name, "weight decay acts on γ and β")


def examine_loader(model: nn.Module, loader, report: Report) -> None:
    """A last batch of one example: arithmetic, nothing is loaded."""
    try:
        n, size = len(loader.dataset), loader.batch_size
        alone = size is not None and size > 1 and n % size == 1 and not loader.drop_last
    except (TypeError, AttributeError, NotImplementedError):
        report.unseen.append("the last batch (the loader has no length)")
        return
    if alone and any(map(is_norm, model.modules())):
        text = f"{n:,} examples in batches of {size}: the last batch has one"
        report.add("last-batch-one", "warning", "loader", text)
