"""From a trial to its record, and the training loop: for one network, or for many side by side."""

import math
import time
from typing import Any, Protocol

import torch
from torch import nn

from dropnorm.experiments.augmentation import shifted_and_mirrored
from dropnorm.experiments.evaluation import evaluate, loss_of
from dropnorm.experiments.inputs import SPLITS, Split, batches, black, load
from dropnorm.experiments.layers import draw_from
from dropnorm.experiments.machine import device_name, one_thread, versions
from dropnorm.experiments.model import build_model, generator, masks_of
from dropnorm.experiments.optimisation import limit_norms, optimiser_of, set_learning_rate
from dropnorm.experiments.probes.base import Batch, Trained, measurements, observer_of
from dropnorm.experiments.records import Curves, Figures, Record, rounded
from dropnorm.experiments.trial import Trial

# Evaluations during a run; they lie closer at the beginning, where more happens. Fewer for
# photographs, whose networks take longer.
CURVE_POINTS = 24
FEW_POINTS = 10

# Validation images of each evaluation during a run.
CURVE_VALIDATION = 1_000

# Training images on which a probe on the way may look at distributions.
PROBE_IMAGES = 1_000


def run_trial(trial: Trial, device: str = "cpu") -> Record:
    """Train and evaluate one network: a pure function of the trial, on one thread.

    Parameters
    ----------
    trial
        What to run.
    device
        ``"cpu"`` or ``"cuda"``. On another machine or device the figures differ by rounding that
        training amplifies.

    Returns
    -------
    record
        Curves and final figures. A run whose loss stops being finite ends there and is marked
        ``diverged``.
    """
    start = time.perf_counter()
    with one_thread():
        network = OneNetwork(trial, torch.device(device))
        (curves,) = train(network)
        final: dict[str, Figures] = {split: network.figures(split)[0] for split in SPLITS}
        probe = _lists(network.looks)
        if not has_diverged(final):
            probe |= measurements(Trained(trial, network.model, network.splits, network.another))
        threads = torch.get_num_threads()
    return Record(
        trial=trial,
        curves=curves,
        final=final,
        diverged=has_diverged(final),
        probe=_rounded(probe),
        seconds=round(time.perf_counter() - start, 2),
        device=device_name(device),
        threads=threads,
        versions=versions(),
    )


def has_diverged(final: dict[str, Figures]) -> bool:
    """Whether a loss is not finite."""
    return any(figures["loss"] is None for figures in final.values())


def fit(trial: Trial, device: torch.device) -> tuple[nn.Sequential, Curves, list[dict[str, Any]]]:
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
    network = OneNetwork(trial, device)
    (curves,) = train(network)
    return network.model, curves, network.looks


class Learner(Protocol):
    """What the loop trains: one network, or many of one shape side by side."""

    trial: Trial  # all that decides the training; of many networks any one's
    model: nn.Module
    n_networks: int

    def losses(self, at_point: bool) -> torch.Tensor:
        """Each network's mean loss (nats) on its next batch, shape (n_networks,).

        ``at_point``: the curves have a point after this step, so a probe looks before it.
        """

    def figures(self, split: Split, first: int | None = None) -> list[Figures]:
        """Each network's loss and accuracy on a split, or on its first images."""


def train(learner: Learner) -> list[Curves]:
    """Train, and give each network's curves; they end where its loss stops being finite."""
    trial = learner.trial
    optimiser = optimiser_of(trial, learner.model)
    points = set(curve_steps(trial.steps, FEW_POINTS if trial.data == "cifar10" else CURVE_POINTS))
    curves = [empty_curves() for _ in range(learner.n_networks)]
    finite = [True] * learner.n_networks
    losses: list[torch.Tensor] = []
    for step in range(1, trial.steps + 1):
        set_learning_rate(optimiser, trial, step - 1)
        loss = learner.losses(at_point=step in points)
        optimiser.zero_grad()
        loss.sum().backward()
        if trial.clip_norm:
            nn.utils.clip_grad_norm_(learner.model.parameters(), trial.clip_norm)
        optimiser.step()
        if trial.max_norm:
            limit_norms(learner.model, trial.max_norm)
        losses.append(loss.detach())
        if step not in points:
            continue
        means = torch.stack(losses).mean(0).tolist()
        losses.clear()
        finite = [was and math.isfinite(mean) for was, mean in zip(finite, means, strict=True)]
        if not any(finite):
            break
        validation = learner.figures("validation", CURVE_VALIDATION)
        for network in range(learner.n_networks):
            if finite[network]:
                add_point(curves[network], step, means[network], validation[network])
    return curves


class OneNetwork:
    """The network of one trial, as the loop trains it."""

    n_networks = 1

    def __init__(self, trial: Trial, device: torch.device) -> None:
        self.trial, self.device = trial, device
        self.splits: dict[str, Batch] = {split: load(trial, split, device) for split in SPLITS}
        # PyTorch's own initialisation, soon overwritten, draws from the caller's stream
        with torch.random.fork_rng():
            model = build_model(trial)
        # PyTorch's types know no module whose memory format changes
        self.model = model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        draw_from(self.model, masks_of(self.model, trial.seed, device))
        self.batches = batches(trial, device)
        random = generator(trial.seed, "augmentation")
        self.augment = shifted_and_mirrored(trial.augment, black(trial), random)
        self.observer = observer_of(trial, self.splits["train"][0][:PROBE_IMAGES])
        self.looks: list[dict[str, Any]] = []

    def losses(self, at_point: bool) -> torch.Tensor:
        """See ``Learner``."""
        images, labels = self.splits["train"]
        batch = next(self.batches)
        if at_point and self.observer:
            self.looks.append(self.observer(self.model, (images[batch], labels[batch])))
        return loss_of(self.model(self.augment(images[batch])), labels[batch]).view(1)

    def figures(self, split: Split, first: int | None = None) -> list[Figures]:
        """See ``Learner``."""
        images, labels = self.splits[split]
        return [evaluate(self.model, images[:first], labels[:first])]

    def another(self, trial: Trial) -> nn.Sequential:
        """The trained network of another trial, on the same device."""
        model, _, _ = fit(trial, self.device)
        return model


def curve_steps(steps: int, points: int = CURVE_POINTS) -> list[int]:
    """After which steps the curves have their points.

    At most ``points``, the last step among them.
    """
    return sorted({max(1, round(steps * (k / points) ** 2)) for k in range(1, points + 1)})


def empty_curves() -> Curves:
    """The curves of a record before the first point."""
    return {"step": [], "train_loss": [], "validation_loss": [], "validation_accuracy": []}


def add_point(curves: Curves, step: int, train_loss: float, validation: Figures) -> None:
    """Add mean training loss since the point before, and the validation figures now."""
    curves["step"].append(step)
    curves["train_loss"].append(rounded(train_loss))
    curves["validation_loss"].append(validation["loss"])
    curves["validation_accuracy"].append(validation["accuracy"])


def _lists(looks: list[dict[str, Any]]) -> dict[str, Any]:
    """A list along the looks for each name that a look has."""
    return {name: [look[name] for look in looks] for name in looks[0]} if looks else {}


def _rounded(value: Any) -> Any:
    """Every number inside to four significant digits; None where it is not finite."""
    match value:
        case dict():
            return {name: _rounded(part) for name, part in value.items()}
        case list():
            return [_rounded(part) for part in value]
        case str():
            return value
    return float(f"{value:.4g}") if math.isfinite(value) else None
