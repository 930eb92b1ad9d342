"""From a trial to its record."""

import math
import platform
import time
from functools import lru_cache

import numpy as np
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from dropnorm import data
from dropnorm.experiments import probes
from dropnorm.experiments.model import build_model, generator
from dropnorm.experiments.records import ENGINE, Record, rounded
from dropnorm.experiments.trial import Trial

PIXELS = {"fashion": (0.2860, 0.3530), "mnist": (0.1307, 0.3081)}
"""Mean and standard deviation of the published training pixels, in [0, 1]; standardised inputs use them."""

CURVE_POINTS = 24
"""Evaluations during a run; they lie closer at the beginning, where more happens."""

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
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng():
            torch.manual_seed(trial.seed)
            curves, final, diverged, probe = _train(trial, torch.device(device))
    finally:
        torch.set_num_threads(threads)
    return Record(
        trial=trial,
        curves=curves,
        final=final,
        diverged=diverged,
        probe=probe,
        seconds=round(time.perf_counter() - start, 2),
        device=device_name(device),
        threads=1,
        versions=versions(),
    )


def device_name(device: str) -> str:
    """What a record says about where it was made: ``cpu`` or the GPU's name."""
    return "cpu" if device == "cpu" else torch.cuda.get_device_name()


def versions() -> dict[str, str | int]:
    """What a record says about what made it."""
    return {
        "engine": ENGINE,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
    }


def evaluate(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> dict[str, float | None]:
    """``figures_of`` the model's output in evaluation mode; the mode is restored."""
    mode = model.training
    model.eval()
    with torch.no_grad():
        logits = torch.cat([model(part) for part in images.split(100)])  # stays in the cache
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
    right = (logits > 0) == (targets > 0.5) if targets.is_floating_point() else logits.argmax(1) == targets
    accuracy = right.double().mean().item()
    return {"loss": rounded(loss) if math.isfinite(loss) else None, "accuracy": rounded(accuracy)}


def load(trial: Trial, split: str, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Images as the network sees them, channels last, and what it shall say: labels, or the pixels for an autoencoder."""
    images, labels = _load(trial.data, trial.pixels, split, getattr(trial, f"n_{split}"))
    if trial.model == "autoencoder":
        labels = images.flatten(1)
    if split == "train" and trial.random_labels:
        labels = torch.randint(10, labels.shape, generator=generator(trial.seed, "labels"))
    return images.to(device, memory_format=torch.channels_last), labels.to(device)


@lru_cache(maxsize=8)
def _load(name: str, pixels: str, split: str, n: int) -> tuple[torch.Tensor, torch.Tensor]:
    images, labels = getattr(data, name)(split, n)
    if pixels == "standardised":
        mean, deviation = PIXELS[name]
        images = (images - mean) / deviation
    elif pixels == "binary":
        images = images >= 0.5
    return torch.from_numpy(images).float(), torch.from_numpy(labels)


def batches(trial: Trial, device: torch.device):
    """Indices of each step's batch, without end: every epoch a new order, the same for every network with this seed."""
    order = generator(trial.seed, "order")
    while True:
        epoch = torch.randperm(trial.n_train, generator=order).to(device)
        yield from (b for b in epoch.split(trial.batch_size) if len(b) == trial.batch_size)


def learning_rate(trial: Trial, step: int) -> float:
    """Learning rate of step 0 … steps − 1."""
    return trial.lr * (0.5 * (1 + math.cos(math.pi * step / trial.steps)) if trial.schedule == "cosine" else 1.0)


def curve_steps(steps: int) -> list[int]:
    """After which steps the curves have their points: at most CURVE_POINTS, the last step among them."""
    return sorted({max(1, round(steps * (k / CURVE_POINTS) ** 2)) for k in range(1, CURVE_POINTS + 1)})


def empty_curves() -> dict[str, list]:
    """The curves of a record before the first point."""
    return {"step": [], "train_loss": [], "validation_loss": [], "validation_accuracy": []}


def add_point(curves: dict[str, list], step: int, train_loss: float, validation: dict[str, float | None]) -> None:
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


def _train(trial: Trial, device: torch.device) -> tuple[dict[str, list], dict[str, dict], bool, dict]:
    images, labels = load(trial, "train", device)
    validation = load(trial, "validation", device)
    model = build_model(trial).to(device, memory_format=torch.channels_last)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimiser = torch.optim.SGD(trained, lr=trial.lr, momentum=trial.momentum, weight_decay=trial.weight_decay)
    points = set(curve_steps(trial.steps))
    curves = empty_curves()
    losses: list[torch.Tensor] = []
    look, seen = probes.on_the_way(trial, images[:PROBE_IMAGES]), []
    for step, batch in zip(range(trial.steps), batches(trial, device), strict=False):
        if look and step + 1 in points:
            seen.append(look(model, (images[batch], labels[batch])))
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(trial, step)
        loss = loss_of(model(images[batch]), labels[batch])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if trial.max_norm:
            limit_norms(model, trial.max_norm)
        losses.append(loss.detach())
        if step + 1 in points:
            mean_loss = torch.stack(losses).mean().item()
            losses.clear()
            if not math.isfinite(mean_loss):
                break
            now = evaluate(model, *(part[:CURVE_VALIDATION] for part in validation))
            add_point(curves, step + 1, mean_loss, now)
    test = load(trial, "test", device)
    final = {
        "train": evaluate(model, images, labels),
        "validation": evaluate(model, *validation),
        "test": evaluate(model, *test),
    }
    diverged = any(figures["loss"] is None for figures in final.values())
    probe = {name: [now[name] for now in seen] for name in seen[0]} if seen else {}
    if not diverged:
        probe |= probes.at_the_end(trial, model, (images, labels), test)
    return curves, final, diverged, _rounded(probe)


def _rounded(value):
    """Every number inside to four significant digits; None where it is not finite."""
    if isinstance(value, dict):
        return {name: _rounded(inside) for name, inside in value.items()}
    if isinstance(value, list):
        return [_rounded(inside) for inside in value]
    return float(f"{value:.4g}") if math.isfinite(value) else None
