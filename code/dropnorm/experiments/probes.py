"""What is measured besides loss and accuracy. A probe works on copies, which have a copy of the model's generator."""

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.nn.utils.fusion import fuse_linear_bn_eval

from dropnorm.experiments import probes_dense, probes_votes
from dropnorm.experiments.after import recalibrate
from dropnorm.experiments.evaluation import accuracy as _accuracy
from dropnorm.experiments.evaluation import scores_of
from dropnorm.experiments.layers import draw_from
from dropnorm.experiments.model import generator
from dropnorm.experiments.trial import Trial

Batch = tuple[torch.Tensor, torch.Tensor]

STEP_LENGTHS = (0.5, 1.0, 2.0, 4.0)
"""Steps along the gradient, in learning rates (Santurkar et al., 2018)."""

PASSES = (1, 2, 5, 10, 20, 50, 100)
"""How many thinned networks vote."""

REMOVED = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Shares of the hidden units taken out together."""


def on_the_way(
    trial: Trial, images: torch.Tensor
) -> Callable[[nn.Sequential, Batch], dict[str, Any]] | None:
    """The probe that looks at the network during training, if the trial has one.

    It takes the network and the batch of the coming step, and returns numbers or lists of numbers by name. A probe that
    looks at distributions alone does so on ``images``, always the same.
    """
    if trial.probe == "percentiles":
        return probes_dense.percentiles(trial, images)
    if trial.probe != "training":
        return None
    before: dict[str, tuple[torch.Tensor, torch.Tensor]] = {}

    def probe(model: nn.Sequential, batch: Batch) -> dict[str, Any]:
        return _distributions(model, batch[0], before) | _along_the_gradient(model, batch, trial.lr)

    return probe


def at_the_end(
    trial: Trial, model: nn.Sequential, splits: dict[str, Batch], fit: Callable[[Trial], nn.Module]
) -> dict[str, Any]:
    """What the trial's probe measures on the trained network: see the function of its name. ``fit`` trains another one."""
    test = splits["test"]
    match trial.probe:
        case "units":
            return units(model, *test, trial.seed)
        case "averaging" if trial.model == "mlp":
            return probes_dense.averaging(model, *test, trial.seed, PASSES)
        case "averaging":
            return averaging(model, *test, trial)
        case "shift":
            return shift(model, splits["train"][0][:2_000], test)
        case "recalibration":
            return recalibration(model, splits)
        case "calibration":
            return probes_votes.calibration(model, *test, trial)
        case "ensemble":
            return probes_votes.ensemble(model, *test, trial, fit)
        case "answers":
            return probes_votes.answers(model, *test)
        case "sparsity":
            return probes_dense.sparsity(model, test[0])
        case "rotations":
            return probes_dense.rotations(model, *test, trial.seed)
    return {}


def split_at_logits(model: nn.Sequential) -> tuple[nn.Sequential, nn.Linear]:
    """A copy in evaluation mode up to the last hidden layer, and the linear layer behind it (with its norm folded in)."""
    rest = copy.deepcopy(model).eval()
    logits, rest.logits = rest.logits, nn.Identity()
    if hasattr(rest, "norm_logits"):
        logits = fuse_linear_bn_eval(logits, rest.norm_logits)
        rest.norm_logits = nn.Identity()
    return rest, logits


def units(
    model: nn.Sequential, images: torch.Tensor, labels: torch.Tensor, seed: int
) -> dict[str, Any]:
    """How much the network relies on single units of its dense hidden layer, in evaluation mode.

    Returns
    -------
    figures
        ``lost``: accuracy lost without each unit alone (fraction, largest first). ``left``: accuracy with a share of REMOVED
        units taken out, the mean of 20 random choices. ``active``: share of activations above 0. ``mean``: mean activation.
        ``dead``: share of units that never are above 0. ``correlation``: mean |r| between pairs of units that are not dead.
    """
    rest, logits = split_at_logits(model)
    with torch.no_grad():
        hidden = scores_of(rest, images, 100)
        scores = logits(hidden)
        parts = hidden.T[:, :, None] * logits.weight.T[:, None, :]  # unit, image, class
        whole = _accuracy(scores, labels)
        lost = sorted((whole - _accuracy(scores - part, labels) for part in parts), reverse=True)
        draws = generator(seed, "units")
        left = []
        for share in REMOVED:
            masks = [
                torch.randperm(len(parts), generator=draws) >= round(share * len(parts))
                for _ in range(20)
            ]
            left.append(
                sum(_accuracy(logits(hidden * mask.to(hidden)), labels) for mask in masks)
                / len(masks)
            )
        alive = (hidden > 0).any(0)
        r = torch.corrcoef(hidden[:, alive].T).abs().fill_diagonal_(0)
        return {
            "lost": lost,
            "left": left,
            "active": (hidden > 0).double().mean().item(),
            "mean": hidden.mean().item(),
            "dead": 1 - alive.double().mean().item(),
            "correlation": (r.sum() / max(1, r.numel() - len(r))).item(),
        }


def averaging(
    model: nn.Sequential, images: torch.Tensor, labels: torch.Tensor, trial: Trial
) -> dict[str, Any]:
    """What a vote of networks thinned by dropout at the dense layer brings, against weight scaling (evaluation mode).

    Returns
    -------
    figures
        ``vote``: accuracy of the mean probabilities of PASSES random thinned networks. ``scaled``: accuracy with weight
        scaling. ``vote_loss``, ``scaled_loss``: their cross-entropies (nats).
    """
    rest, logits = split_at_logits(model)
    draws, keep = generator(trial.seed, "averaging"), 1 - trial.dropout
    with torch.no_grad():
        hidden = scores_of(rest, images, 100)
        total, vote, vote_loss = torch.zeros(len(labels), 10, device=hidden.device), [], []
        for passes in range(1, max(PASSES) + 1):
            mask = torch.rand(hidden.shape, generator=draws).to(hidden) < keep
            total += logits(hidden * mask / keep).softmax(1)
            if passes in PASSES:
                vote.append(_accuracy(total, labels))
                vote_loss.append(nn.functional.nll_loss((total / passes).log(), labels).item())
        scores = logits(hidden)
        scaled, scaled_loss = _accuracy(scores, labels), cross_entropy(scores, labels).item()
    return {"vote": vote, "scaled": scaled, "vote_loss": vote_loss, "scaled_loss": scaled_loss}


def shift(model: nn.Sequential, images: torch.Tensor, test: Batch) -> dict[str, Any]:
    """Variance shift (Li et al., 2018) of each batch norm, on training images; and what new statistics bring.

    Returns
    -------
    figures
        By the name of each batch norm, the mean over its channels of running variance divided by the variance that comes in
        in evaluation: ``measured``; and ``predicted`` from weights and activations by the variance that dropout adds to what
        stands right behind it. ``recalibrated``: test accuracy and loss after the running statistics were computed anew
        without dropout.
    """
    measured = {}
    evaluated = _inputs_of_norms(copy.deepcopy(model).eval(), images)
    for name, x in evaluated.items():
        measured[name] = (model.get_submodule(name).running_var / _variance(x)).mean().item()
    scores = scores_of(recalibrated(model, images), test[0])
    return {
        "measured": measured,
        "predicted": predicted_shift(model, images),
        "recalibrated": {
            "accuracy": _accuracy(scores, test[1]),
            "loss": cross_entropy(scores, test[1]).item(),
        },
    }


def recalibration(model: nn.Sequential, splits: dict[str, Batch]) -> dict[str, Any]:
    """How far the running statistics are from those of evaluation, and what new ones bring, without any training.

    Returns
    -------
    figures
        ``variances``: for each batch norm, in order, the mean over its channels of running variance divided by the
        variance that comes in in evaluation. ``means``: the same of |running mean − mean that comes in|, in standard
        deviations of what comes in. ``validation`` and ``test``: accuracy and loss after the running statistics were
        computed anew without dropout.
    """
    images = splits["train"][0][:2_000]
    again = recalibrated(model, images)
    variances, means = [], []
    for name, x in _inputs_of_norms(copy.deepcopy(model).eval(), images).items():
        norm, variance = model.get_submodule(name), _variance(x)
        variances.append((norm.running_var / variance).mean().item())
        means.append(((norm.running_mean - _channel_mean(x)).abs() / variance.sqrt()).mean().item())
    figures: dict[str, Any] = {"variances": variances, "means": means}
    for split in ("validation", "test"):
        scores, labels = scores_of(again, splits[split][0]), splits[split][1]
        figures[split] = {
            "accuracy": _accuracy(scores, labels),
            "loss": cross_entropy(scores, labels).item(),
        }
    return figures


def predicted_shift(model: nn.Sequential, images: torch.Tensor) -> dict[str, float]:
    """Training variance over evaluation variance of each batch norm's input, from the dropout between it and the last norm.

    For y = Σ wᵢ·xᵢ·mᵢ/(1−p) with independent masks m the training variance is Var(Σ wᵢ xᵢ) + p/(1−p) · Σ wᵢ² E[xᵢ²]; for
    dropout right before the norm, where y = x·m/(1−p), it is Var(x) + p/(1−p) · E[x²], the formula of Li et al. (2018).
    """
    ratios, noisy, x = (
        {},
        images,
        images,
    )  # x: as noisy, but without the dropout since the last norm
    drop = linear = before = None
    with torch.no_grad():
        for name, layer in copy.deepcopy(model).train().named_children():
            if isinstance(layer, nn.modules.batchnorm._BatchNorm):
                added = 0.0 if drop is None else _added(drop, linear, before)
                ratios[name] = (1 + added / _variance(x)).mean().item()
                noisy = x = layer(noisy)
                drop = linear = None
                continue
            if isinstance(layer, (nn.Dropout, nn.Dropout2d)):
                drop = (layer.p, isinstance(layer, nn.Dropout2d), linear is not None, x)
            else:
                if isinstance(layer, (nn.Conv2d, nn.Linear)):
                    linear, before = layer, x
                x = layer(x)
            noisy = layer(noisy)
    return ratios


def recalibrated(model: nn.Module, images: torch.Tensor) -> nn.Module:
    """A copy in evaluation mode whose running statistics are means over ``images`` in batches of 500, without dropout."""
    model = copy.deepcopy(model).eval()
    recalibrate(model, images.split(500))
    return model


def _added(
    drop: tuple[float, bool, bool, torch.Tensor], linear: nn.Module, before: torch.Tensor
) -> torch.Tensor:
    """The variance that dropout adds to each channel of a batch norm's input."""
    p, channels, behind_linear, x = drop
    if behind_linear:  # dropout stands between the weights and the norm
        second_moment = (x**2).mean([d for d in range(x.ndim) if d != 1])
    elif isinstance(linear, nn.Linear) and channels:  # a flattened channel is dropped together, too
        parts = torch.einsum(
            "nci,oci->nco",
            before.view(*x.shape[:2], -1),
            linear.weight.view(len(linear.weight), x.shape[1], -1),
        )
        second_moment = (parts**2).mean(0).sum(0)
    elif isinstance(linear, nn.Linear):
        second_moment = (before**2).mean(0) @ linear.weight.T**2
    elif channels:  # one mask for a whole channel: its contributions are dropped together
        w, n = linear.weight, before.shape[1]
        alone = nn.functional.conv2d(
            before, w.transpose(0, 1).reshape(-1, 1, *w.shape[2:]), padding=1, groups=n
        )
        second_moment = (alone**2).mean((0, 2, 3)).view(n, -1).sum(0)
    else:
        second_moment = nn.functional.conv2d(before**2, linear.weight**2, padding=1).mean((0, 2, 3))
    return p / (1 - p) * second_moment


def _distributions(model: nn.Sequential, images: torch.Tensor, before: dict) -> dict[str, Any]:
    """Percentiles of one unit's input, and how far the inputs of each layer have moved since the last look.

    ``percentiles``: the 15th, 50th and 85th of what the ReLU behind the dense layer's first unit receives (Ioffe & Szegedy,
    2015, figure 1). ``moved``: for each hidden layer the root mean square over its units of the change of a unit's mean, in
    standard deviations that the unit had before.
    """
    entering: dict[str, torch.Tensor] = {}
    copied = copy.deepcopy(model).train()
    hooks = [
        layer.register_forward_pre_hook(
            lambda _, x, name=name: entering.update({name: x[0].detach()})
        )
        for name, layer in copied.named_children()
        if isinstance(layer, nn.ReLU)
    ]
    with torch.no_grad():
        copied(images)
    for hook in hooks:
        hook.remove()
    unit = entering["relu3"][:, 0]
    moved = []
    for name, x in entering.items():
        axes = [d for d in range(x.ndim) if d != 1]
        now = (x.mean(axes), x.std(axes) + 1e-8)
        mean, deviation = before.get(name, now)
        moved.append(((now[0] - mean) / deviation).square().mean().sqrt().item())
        before[name] = now
    return {
        "percentiles": torch.quantile(unit, torch.tensor([0.15, 0.5, 0.85])).tolist(),
        "moved": moved,
    }


def _along_the_gradient(model: nn.Sequential, batch: Batch, lr: float) -> dict[str, float]:
    """How well the gradient predicts what lies in its direction, and what earlier layers' updates do to later gradients.

    ``lowest``, ``highest``: loss on the same batch at STEP_LENGTHS learning rates along the gradient. ``change``: the
    largest ‖g' − g‖/‖g‖ there. ``covariate``: cosine between the dense layer's gradient before and after the convolutions
    alone took a step: internal covariate shift as Santurkar et al. (2018) measure it; 1 means that it notices nothing.
    """
    here, weights = _gradient(model, batch)
    norm = torch.sqrt(sum((g**2).sum() for g in here.values()))
    losses, changes = [], []
    for length in STEP_LENGTHS:
        moved = {name: w - length * lr * here[name] for name, w in weights.items()}
        loss, there = _loss_and_gradient(model, batch, moved)
        losses.append(loss)
        changes.append(
            (
                torch.sqrt(sum(((there[name] - g) ** 2).sum() for name, g in here.items())) / norm
            ).item()
        )
    stepped = {
        name: w - lr * here[name] if name.startswith(("conv", "norm1", "norm2")) else w
        for name, w in weights.items()
    }
    there = _loss_and_gradient(model, batch, stepped)[1]["dense.weight"].flatten()
    cosine = torch.cosine_similarity(here["dense.weight"].flatten(), there, dim=0).item()
    return {
        "lowest": min(losses),
        "highest": max(losses),
        "change": max(changes),
        "covariate": cosine,
    }


def _gradient(
    model: nn.Sequential, batch: Batch
) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    weights = {name: w.detach() for name, w in model.named_parameters()}
    return _loss_and_gradient(model, batch, weights)[1], weights


def _loss_and_gradient(
    model: nn.Sequential, batch: Batch, weights: dict
) -> tuple[float, dict[str, torch.Tensor]]:
    """With batch statistics and the same noise at every call, on a copy."""
    copied = copy.deepcopy(model).train()
    draw_from(copied, torch.Generator(batch[0].device).manual_seed(0))
    with torch.no_grad():
        for name, w in copied.named_parameters():
            w.copy_(weights[name])
    loss = cross_entropy(copied(batch[0]), batch[1])
    names, parameters = zip(*copied.named_parameters(), strict=True)
    return loss.item(), dict(zip(names, torch.autograd.grad(loss, parameters), strict=True))


def _inputs_of_norms(model: nn.Module, images: torch.Tensor) -> dict[str, torch.Tensor]:
    """What comes into each batch norm, by the norm's name, in the order of the calls."""
    inputs: dict[str, torch.Tensor] = {}
    hooks = [
        layer.register_forward_pre_hook(lambda _, x, name=name: inputs.update({name: x[0]}))
        for name, layer in model.named_modules()
        if isinstance(layer, nn.modules.batchnorm._BatchNorm)
    ]
    with torch.no_grad():
        model(images)
    for hook in hooks:
        hook.remove()
    return inputs


def _variance(x: torch.Tensor) -> torch.Tensor:
    return x.var([d for d in range(x.ndim) if d != 1], correction=0)


def _channel_mean(x: torch.Tensor) -> torch.Tensor:
    return x.mean([d for d in range(x.ndim) if d != 1])
