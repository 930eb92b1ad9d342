"""Many seeds of one trial trained at once in one process, as groups of one wide network: what a GPU needs to be busy."""

import math
import time
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from dropnorm.experiments import training
from dropnorm.experiments.machine import versions
from dropnorm.experiments.model import build_model, masks_of
from dropnorm.experiments.records import Record
from dropnorm.experiments.trial import Trial

AT_DEFAULT = (
    *(
        "model",
        "probe",
        "trains",
        "optimiser",
        "subset",
        "augment",
        "decays",
        "clip_norm",
        "max_norm",
        "logits_rate",
    ),
    *("dropout_input", "dropout_noise", "ghost", "norm_logits"),
)
"""Fields of a trial that replicas know with their default only."""


def run_replicas(trials: Sequence[Trial], device: str = "cpu") -> list[Record]:
    """Train trials that differ in nothing but their seed, side by side in one network.

    The replicas' channels lie behind each other: every convolution has one group a replica, every batch norm normalises
    each replica's channels by themselves. So each replica is the trial run alone, to rounding. On a GPU the masks of
    dropout come from a stream of their own per replica, not the one that the trial alone would use there.

    Raises
    ------
    ValueError
        The trials differ in more than the seed, or one seed comes twice, or they have what only a network alone can do.
    """
    if len({replace(trial, seed=0) for trial in trials}) != 1 or len(
        {trial.seed for trial in trials}
    ) != len(trials):
        raise ValueError(
            "replicas are trials that differ in their seed, each seed once, and in nothing else"
        )
    if not can_run_side_by_side(trials[0]):
        raise ValueError(
            "replicas: expected grey images, a norm other than 'noisy batch', and the default of "
            + ", ".join(AT_DEFAULT)
        )
    start = time.perf_counter()
    results = _train(trials, torch.device(device))
    seconds = round((time.perf_counter() - start) / len(trials), 2)
    return [
        Record(
            trial=trial,
            curves=curves,
            final=final,
            diverged=any(figures["loss"] is None for figures in final.values()),
            seconds=seconds,
            device=training.device_name(device),
            threads=torch.get_num_threads(),
            versions={**versions(), "replicas": len(trials)},
        )
        for trial, (curves, final) in zip(trials, results, strict=True)
    ]


def can_run_side_by_side(trial: Trial) -> bool:
    """Whether replicas of the trial can share one network."""
    usual = all(
        getattr(trial, name) == Trial.__dataclass_fields__[name].default for name in AT_DEFAULT
    )
    return usual and trial.norm != "noisy batch" and trial.data != "cifar10"


class SideBySide(nn.Module):
    """Networks of one shape as one: input (N, R, 28, 28), one channel a replica; output (N, R, 10)."""

    def __init__(self, networks: Sequence[nn.Sequential], masks: Sequence[torch.Generator]) -> None:
        super().__init__()
        columns = zip(*(network.children() for network in networks), strict=True)
        self.layers = nn.Sequential(*(_together(column, masks) for column in columns))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits of every replica."""
        return self.layers(x)


class _Dense(nn.Module):
    """One dense layer a replica: (N, R, in) → (N, R, out)."""

    def __init__(self, layers: Sequence[nn.Linear]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.stack([layer.weight.detach() for layer in layers]))
        self.bias = nn.Parameter(torch.stack([layer.bias.detach() for layer in layers]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.baddbmm(
            self.bias[:, None], x.transpose(0, 1), self.weight.transpose(1, 2)
        ).transpose(0, 1)


class _Norm1d(nn.Module):
    """Batch norm of (N, R, features): each replica's features are features of their own."""

    def __init__(self, layers: Sequence[nn.BatchNorm1d]) -> None:
        super().__init__()
        self.norm = _joined(nn.BatchNorm1d(len(layers) * layers[0].num_features), layers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm(x.flatten(1)).view(x.shape)


class _LayerNorm(nn.Module):
    def __init__(self, layers: Sequence[nn.LayerNorm]) -> None:
        super().__init__()
        self.shape = layers[0].normalized_shape
        self.weight = nn.Parameter(torch.stack([layer.weight.detach() for layer in layers]))
        self.bias = nn.Parameter(torch.stack([layer.bias.detach() for layer in layers]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.layer_norm(x, self.shape) * self.weight + self.bias


class _Dropout(nn.Module):
    """Each replica's mask from a generator of its own, in the order in which the replica alone would draw it."""

    def __init__(self, p: float, whole_channels: bool, masks: Sequence[torch.Generator]) -> None:
        super().__init__()
        self.p, self.whole_channels, self.masks = p, whole_channels, masks

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return x
        one = x.chunk(len(self.masks), dim=1)[0]
        if x.ndim == 3:
            one = one[:, 0]  # (N, features)
        elif self.whole_channels:
            one = one[:, :, :1, :1]
        layout = (
            torch.channels_last
            if one.ndim == 4 and not self.whole_channels
            else torch.contiguous_format
        )
        drawn = [
            torch.empty_like(one, memory_format=layout).bernoulli_(1 - self.p, generator=g)
            for g in self.masks
        ]
        mask = torch.stack(drawn, 1) if x.ndim == 3 else torch.cat(drawn, 1)
        return x * (mask / (1 - self.p))


class _Flatten(nn.Module):
    def __init__(self, replicas: int) -> None:
        super().__init__()
        self.replicas = replicas

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.reshape(len(x), self.replicas, -1)


def _together(column: Sequence[nn.Module], masks: Sequence[torch.Generator]) -> nn.Module:
    one, n = column[0], len(column)
    match one:
        case nn.Conv2d():
            conv = nn.Conv2d(
                n * one.in_channels,
                n * one.out_channels,
                one.kernel_size,
                padding=one.padding,
                groups=n,
            )
            return _joined(conv, column)
        case nn.BatchNorm2d():
            return _joined(nn.BatchNorm2d(n * one.num_features), column)
        case nn.GroupNorm():
            return _joined(nn.GroupNorm(n * one.num_groups, n * one.num_channels), column)
        case nn.InstanceNorm2d():
            return _joined(nn.InstanceNorm2d(n * one.num_features, affine=True), column)
        case nn.Linear():
            return _Dense(column)
        case nn.BatchNorm1d():
            return _Norm1d(column)
        case nn.LayerNorm():
            return _LayerNorm(column)
        case nn.Dropout() | nn.Dropout2d():
            return _Dropout(one.p, isinstance(one, nn.Dropout2d), masks)
        case nn.Flatten():
            return _Flatten(n)
    return one


def _joined(wide: nn.Module, layers: Sequence[nn.Module]) -> nn.Module:
    """``wide`` with the parameters and buffers of all layers behind each other."""
    states = [layer.state_dict() for layer in layers]
    joined = {
        k: v if v.ndim == 0 else torch.cat([state[k] for state in states])
        for k, v in states[0].items()
    }
    wide.load_state_dict(joined)
    return wide


def _train(
    trials: Sequence[Trial], device: torch.device
) -> list[tuple[dict[str, list], dict[str, dict]]]:
    plan, n = trials[0], len(trials)
    images = {
        split: training.load(plan, split, device)[0] for split in ("train", "validation", "test")
    }  # once for all
    labels = {
        split: [training.targets(trial, split, device) for trial in trials] for split in images
    }
    network = _network(trials, device)
    optimiser = training.optimiser_of(plan, network)
    streams = [training.batches(trial, device) for trial in trials]
    points = set(training.curve_steps(plan.steps))
    curves = [training.empty_curves() for _ in trials]
    losses: list[torch.Tensor] = []
    ended = [False] * n
    for step in range(plan.steps):
        training.set_learning_rate(optimiser, plan, step)
        chosen = [next(stream) for stream in streams]
        scores = network(torch.cat([images["train"][batch] for batch in chosen], 1))
        targets = torch.stack(
            [own[batch] for own, batch in zip(labels["train"], chosen, strict=True)], 1
        )
        each = (
            cross_entropy(scores.flatten(0, 1), targets.flatten(), reduction="none")
            .view(targets.shape)
            .mean(0)
        )
        optimiser.zero_grad()
        each.sum().backward()
        optimiser.step()
        losses.append(each.detach())
        if step + 1 in points:
            means = torch.stack(losses).mean(0).tolist()
            losses.clear()
            some = slice(training.CURVE_VALIDATION)
            now = evaluate(
                network, images["validation"][some], [own[some] for own in labels["validation"]]
            )
            for r, curve in enumerate(curves):
                ended[r] = ended[r] or not math.isfinite(means[r])
                if not ended[r]:
                    training.add_point(curve, step + 1, means[r], now[r])
    finals = {split: evaluate(network, images[split], labels[split]) for split in images}
    return [(curves[r], {split: finals[split][r] for split in images}) for r in range(n)]


def _network(trials: Sequence[Trial], device: torch.device) -> SideBySide:
    with (
        torch.random.fork_rng()
    ):  # PyTorch's own initialisation, soon overwritten, draws from the caller's stream
        networks = [build_model(trial) for trial in trials]
        masks = [
            masks_of(model, trial.seed, device)
            for model, trial in zip(networks, trials, strict=True)
        ]
        side_by_side = SideBySide(networks, masks)
    return side_by_side.to(device, memory_format=torch.channels_last)


def evaluate(
    network: SideBySide, images: torch.Tensor, labels: Sequence[torch.Tensor]
) -> list[dict[str, float | None]]:
    """As ``training.evaluate``, for each replica on its own labels; all see the same images."""
    network.eval()
    with torch.no_grad():
        scores = torch.cat(
            [network(part.expand(-1, len(labels), -1, -1)) for part in images.split(100)]
        )
    network.train()
    return [training.figures_of(scores[:, r], own) for r, own in enumerate(labels)]
