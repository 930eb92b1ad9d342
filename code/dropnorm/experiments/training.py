"""From a trial to its record."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock

import numpy as np
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from dropnorm import data
from dropnorm.experiments.augmentation import shifted_and_mirrored
from dropnorm.experiments.evaluation import scores_of
from dropnorm.experiments.layers import draw_from
from dropnorm.experiments.machine import versions
from dropnorm.experiments.model import IMAGE, build_model, generator, masks_of
from dropnorm.experiments.probes.base import Trained, measurements, observer_of
from dropnorm.experiments.records import Record, rounded
from dropnorm.experiments.trial import Trial

PIXELS = {
    "fashion": (0.2860, 0.3530),
    "mnist": (0.1307, 0.3081),
    "cifar10": ((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
}
"""Mean and standard deviation of the published training pixels, in [0, 1], by colour; standardised inputs use them."""

CURVE_POINTS = 24
"""Evaluations during a run; they lie closer at the beginning, where more happens."""

FEW_POINTS = 10
"""The same for photographs, whose networks take longer."""

CURVE_VALIDATION = 1_000
"""Validation images of each evaluation during a run."""

PROBE_IMAGES = 1_000
"""Training images on which a probe on the way may look at distributions."""


def run_trial(trial: Trial, device: str = "cpu") -> Record:
    """Train and evaluate one network: a pure function of the trial, on one thread.

    Parameters
    ----------
    trial
        What to run.
    device
        ``"cpu"`` or ``"cuda"``. On another machine or device the figures differ by rounding that training amplifies.

    Returns
    -------
    record
        Curves and final figures. A run whose loss stops being finite ends there and is marked ``diverged``.
    """
    start = time.perf_counter()
    with one_thread():
        curves, final, diverged, probe = _train(trial, torch.device(device))
        threads = torch.get_num_threads()
    return Record(
        trial=trial,
        curves=curves,
        final=final,
        diverged=diverged,
        probe=probe,
        seconds=round(time.perf_counter() - start, 2),
        device=device_name(device),
        threads=threads,
        versions=versions(),
    )


_threads = {"before": 1, "trials": 0}
_lock = Lock()


@contextmanager
def one_thread() -> Iterator[None]:
    """PyTorch computes on one thread; what it had before comes back when the last of the trials inside has ended.

    Trials may run in several threads of one process. A library below PyTorch counts for the whole process: the first trial
    to end must not give the threads back while another one computes.
    """
    with _lock:
        if _threads["trials"] == 0:
            _threads["before"] = torch.get_num_threads()
        _threads["trials"] += 1
        torch.set_num_threads(1)
    try:
        yield
    finally:
        with _lock:
            _threads["trials"] -= 1
            if _threads["trials"] == 0:
                torch.set_num_threads(_threads["before"])


def device_name(device: str) -> str:
    """What a record says about where it was made: ``cpu`` or the GPU's name."""
    return "cpu" if device == "cpu" else torch.cuda.get_device_name()


def evaluate(
    model: nn.Module, images: torch.Tensor, labels: torch.Tensor
) -> dict[str, float | None]:
    """``figures_of`` the model's output in evaluation mode; the mode is restored."""
    mode = model.training
    model.eval()
    logits = scores_of(model, images, 100)  # so few stay in the cache
    model.train(mode)
    return figures_of(logits, labels)


def loss_of(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy an image (nats): of classes, or, where the targets are pixels, summed over the pixels."""
    if targets.is_floating_point():
        return binary_cross_entropy_with_logits(logits, targets, reduction="sum") / len(targets)
    return cross_entropy(logits, targets)


def figures_of(logits: torch.Tensor, targets: torch.Tensor) -> dict[str, float | None]:
    """Loss (nats; None if not finite) and accuracy (fraction) of logits (N, classes), or of an autoencoder's (N, pixels).

    The accuracy of an autoencoder is the share of pixels that come out on their side of ½.
    """
    loss = loss_of(logits, targets).item()
    right = (
        (logits > 0) == (targets > 0.5)
        if targets.is_floating_point()
        else logits.argmax(1) == targets
    )
    accuracy = right.double().mean().item()
    return {"loss": rounded(loss) if math.isfinite(loss) else None, "accuracy": rounded(accuracy)}


def load(trial: Trial, split: str, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Images as the network sees them, channels last, and their targets."""
    images, _ = _part(trial, split)
    return images.to(device, memory_format=torch.channels_last), targets(trial, split, device)


def targets(trial: Trial, split: str, device: torch.device) -> torch.Tensor:
    """What the network should say: labels, or the pixels for an autoencoder."""
    images, labels = _part(trial, split)
    if trial.model == "autoencoder":
        labels = images.flatten(1)
    if split == "train" and trial.random_labels:
        labels = torch.randint(10, labels.shape, generator=generator(trial.seed, "labels"))
    return labels.to(device)


def _part(trial: Trial, split: str) -> tuple[torch.Tensor, torch.Tensor]:
    n = getattr(trial, f"n_{split}")
    first = trial.subset * n if split == "train" else 0
    images, labels = _load(trial.data, trial.pixels, split, first + n)
    return images[first:], labels[first:]


@lru_cache(maxsize=8)
def _load(name: str, pixels: str, split: str, n: int) -> tuple[torch.Tensor, torch.Tensor]:
    images, labels = getattr(data, name)(split, n)
    if pixels == "standardised":
        mean, deviation = (np.reshape(np.float32(number), (-1, 1, 1)) for number in PIXELS[name])
        images = (images - mean) / deviation
    elif pixels == "binary":
        images = images >= 0.5
    return torch.from_numpy(images).float(), torch.from_numpy(labels)


def black(trial: Trial) -> torch.Tensor:
    """A black pixel as the network sees it, shape (C, 1, 1)."""
    colours, _ = IMAGE[trial.data]
    if trial.pixels != "standardised":
        return torch.zeros(colours, 1, 1)
    mean, deviation = (
        torch.tensor(number, dtype=torch.float32).view(-1, 1, 1) for number in PIXELS[trial.data]
    )
    return -mean / deviation


def batches(trial: Trial, device: torch.device):
    """Indices of each step's batch, without end: every epoch a new order, the same for every network with this seed."""
    order = generator(trial.seed, "order")
    while True:
        epoch = torch.randperm(trial.n_train, generator=order).to(device)
        yield from (b for b in epoch.split(trial.batch_size) if len(b) == trial.batch_size)


def learning_rate(trial: Trial, step: int) -> float:
    """Learning rate of step 0 … steps − 1."""
    return trial.lr * (
        0.5 * (1 + math.cos(math.pi * step / trial.steps)) if trial.schedule == "cosine" else 1.0
    )


def curve_steps(steps: int, points: int = CURVE_POINTS) -> list[int]:
    """After which steps the curves have their points: at most ``points``, the last step among them."""
    return sorted({max(1, round(steps * (k / points) ** 2)) for k in range(1, points + 1)})


def optimiser_of(trial: Trial, model: nn.Module) -> torch.optim.Optimizer:
    """The trial's optimiser; ``scale`` of a parameter group is the factor on its learning rate."""
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            scale = trial.logits_rate if name.startswith("logits.") else 1.0
            spared = trial.decays == "weights" and parameter.ndim < 2
            groups.setdefault((scale, 0.0 if spared else trial.weight_decay), []).append(parameter)
    options = [
        {"params": params, "scale": scale, "weight_decay": decay}
        for (scale, decay), params in groups.items()
    ]
    if trial.optimiser == "adamw":
        return torch.optim.AdamW(options, lr=trial.lr)
    return torch.optim.SGD(options, lr=trial.lr, momentum=trial.momentum)


def set_learning_rate(optimiser: torch.optim.Optimizer, trial: Trial, step: int) -> None:
    """Give every parameter group its learning rate of a step."""
    for group in optimiser.param_groups:
        group["lr"] = group["scale"] * learning_rate(trial, step)


def empty_curves() -> dict[str, list]:
    """The curves of a record before the first point."""
    return {"step": [], "train_loss": [], "validation_loss": [], "validation_accuracy": []}


def add_point(
    curves: dict[str, list], step: int, train_loss: float, validation: dict[str, float | None]
) -> None:
    """Add a point to a run's curves: mean training loss since the point before, and the validation figures now."""
    curves["step"].append(step)
    curves["train_loss"].append(rounded(train_loss))
    curves["validation_loss"].append(validation["loss"])
    curves["validation_accuracy"].append(validation["accuracy"])


def limit_norms(model: nn.Module, largest: float) -> None:
    """Scale the incoming weights of every unit whose Euclidean norm is above ``largest`` back to it (max-norm)."""
    with torch.no_grad():
        for weight in (w for w in model.parameters() if w.ndim > 1):
            weight.copy_(torch.renorm(weight, 2, 0, largest))


def fit(trial: Trial, device: torch.device) -> tuple[nn.Sequential, dict[str, list], list[dict]]:
    """Train the trial's network.

    Returns
    -------
    model
        In training mode. Where the loss stopped being finite its training ended there.
    curves
        As in a record.
    looks
        What the trial's probe saw on the way, one entry a point of the curves.
    """
    images, labels = load(trial, "train", device)
    validation = [part[:CURVE_VALIDATION] for part in load(trial, "validation", device)]
    with (
        torch.random.fork_rng()
    ):  # PyTorch's own initialisation, soon overwritten, draws from the caller's stream
        model = build_model(trial)
    model = model.to(device, memory_format=torch.channels_last)
    draw_from(model, masks_of(model, trial.seed, device))
    optimiser = optimiser_of(trial, model)
    augment = shifted_and_mirrored(
        trial.augment, black(trial), generator(trial.seed, "augmentation")
    )
    points = set(curve_steps(trial.steps, FEW_POINTS if trial.data == "cifar10" else CURVE_POINTS))
    curves = empty_curves()
    losses: list[torch.Tensor] = []
    look, looks = observer_of(trial, images[:PROBE_IMAGES]), []
    for step, batch in zip(range(trial.steps), batches(trial, device), strict=False):
        if look and step + 1 in points:
            looks.append(look(model, (images[batch], labels[batch])))
        set_learning_rate(optimiser, trial, step)
        loss = loss_of(model(augment(images[batch])), labels[batch])
        optimiser.zero_grad()
        loss.backward()
        if trial.clip_norm:
            nn.utils.clip_grad_norm_(model.parameters(), trial.clip_norm)
        optimiser.step()
        if trial.max_norm:
            limit_norms(model, trial.max_norm)
        losses.append(loss.detach())
        if step + 1 in points:
            mean_loss = torch.stack(losses).mean().item()
            losses.clear()
            if not math.isfinite(mean_loss):
                break
            add_point(curves, step + 1, mean_loss, evaluate(model, *validation))
    return model, curves, looks


def _train(
    trial: Trial, device: torch.device
) -> tuple[dict[str, list], dict[str, dict], bool, dict]:
    model, curves, looks = fit(trial, device)
    splits = {split: load(trial, split, device) for split in ("train", "validation", "test")}
    final = {split: evaluate(model, *part) for split, part in splits.items()}
    diverged = any(figures["loss"] is None for figures in final.values())
    probe = {name: [look[name] for look in looks] for name in looks[0]} if looks else {}
    if not diverged:
        trained = Trained(trial, model, splits, lambda other: fit(other, device)[0])
        probe |= measurements(trained)
    return curves, final, diverged, _rounded(probe)


def _rounded(value):
    """Every number inside to four significant digits; None where it is not finite."""
    if isinstance(value, dict):
        return {name: _rounded(inside) for name, inside in value.items()}
    if isinstance(value, list):
        return [_rounded(inside) for inside in value]
    if isinstance(value, str):
        return value
    return float(f"{value:.4g}") if math.isfinite(value) else None
