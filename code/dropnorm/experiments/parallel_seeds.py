"""Many seeds of one trial trained at once, side by side in one wide network: to keep a GPU busy."""

import time
from collections.abc import Sequence
from dataclasses import fields, replace

import torch
from torch.nn.functional import cross_entropy

from dropnorm.experiments.evaluation import figures_of, scores_of
from dropnorm.experiments.inputs import SPLITS, Split, batches, load, targets
from dropnorm.experiments.layers import draw_from
from dropnorm.experiments.machine import device_name, versions
from dropnorm.experiments.model import build_model, masks_of
from dropnorm.experiments.records import Figures, Record
from dropnorm.experiments.side_by_side import SideBySide
from dropnorm.experiments.training import has_diverged, train
from dropnorm.experiments.trial import Trial

# Fields of a trial that are known here with their default only.
AT_DEFAULT = (
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
    "dropout_input",
    "dropout_conv",
    "dropout_block",
    "dropout_noise",
    "ghost",
    "norm_logits",
)


def run_side_by_side(trials: Sequence[Trial], device: str = "cpu") -> list[Record]:
    """Train trials that differ in nothing but their seed, side by side in one network.

    Each is the trial run alone, to rounding. On a GPU the masks of dropout come from a stream of
    their own per seed, not the one that the trial alone would use there.

    Raises
    ------
    ValueError
        The trials differ in more than the seed, or one seed comes twice, or they have what only a
        network alone can do.
    """
    settings = {replace(trial, seed=0) for trial in trials}
    if len(settings) != 1 or len({trial.seed for trial in trials}) != len(trials):
        raise ValueError(
            "trials to run side by side: expected such as differ in their seed, each seed once, and"
            " in nothing else"
        )
    if not can_run_side_by_side(trials[0]):
        raise ValueError(
            "trials to run side by side: expected grey images, a norm other than 'noisy batch', and"
            f" the default of {', '.join(AT_DEFAULT)}"
        )
    start = time.perf_counter()
    networks = ManyNetworks(trials, torch.device(device))
    curves = train(networks)
    figures = {split: networks.figures(split) for split in SPLITS}
    seconds = round((time.perf_counter() - start) / len(trials), 2)
    records = []
    for network, trial in enumerate(trials):
        final: dict[str, Figures] = {split: figures[split][network] for split in SPLITS}
        records.append(
            Record(
                trial=trial,
                curves=curves[network],
                final=final,
                diverged=has_diverged(final),
                seconds=seconds,
                device=device_name(device),
                threads=torch.get_num_threads(),
                versions={**versions(), "replicas": len(trials)},
            )
        )
    return records


def can_run_side_by_side(trial: Trial) -> bool:
    """Whether seeds of the trial can share one network."""
    defaults = {field.name: field.default for field in fields(Trial)}
    usual = all(getattr(trial, name) == defaults[name] for name in AT_DEFAULT)
    return usual and trial.norm != "noisy batch" and trial.data != "cifar10"


class ManyNetworks:
    """The networks of many seeds, as the loop trains them."""

    def __init__(self, trials: Sequence[Trial], device: torch.device) -> None:
        self.trial, self.n_networks = trials[0], len(trials)
        # all networks see the same images; labels may be drawn by the seed
        self.images = {split: load(self.trial, split, device)[0] for split in SPLITS}
        self.labels = {
            split: [targets(trial, split, device) for trial in trials] for split in SPLITS
        }
        self.batches = [batches(trial, device) for trial in trials]
        # PyTorch's own initialisation, soon overwritten, draws from the caller's stream
        with torch.random.fork_rng():
            networks = [build_model(trial) for trial in trials]
            for network, trial in zip(networks, trials, strict=True):
                draw_from(network, masks_of(network, trial.seed, device))
            model = SideBySide(networks)
        # PyTorch's types know no module whose memory format changes
        self.model = model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def losses(self, at_point: bool) -> torch.Tensor:
        """See ``training.Learner``; no probe looks at many networks."""
        own = [next(stream) for stream in self.batches]
        scores = self.model(torch.cat([self.images["train"][batch] for batch in own], 1))
        pairs = zip(self.labels["train"], own, strict=True)
        labels = torch.stack([labels[batch] for labels, batch in pairs], 1)  # (N, network)
        losses = cross_entropy(scores.flatten(0, 1), labels.flatten(), reduction="none")
        return losses.view(labels.shape).mean(0)

    def figures(self, split: Split, first: int | None = None) -> list[Figures]:
        """See ``training.Learner``."""
        images = self.images[split][:first].expand(-1, self.n_networks, -1, -1)
        self.model.eval()
        scores = scores_of(self.model, images, 100)
        self.model.train()
        return [
            figures_of(scores[:, network], labels[:first])
            for network, labels in enumerate(self.labels[split])
        ]
