"""How the explorer lays a study out: its arms and its factors.

The *arms* are what is compared: the networks, or whatever else the study's trials vary. The
*factors* are those of ``FACTORS`` that its trials vary besides. Both follow from the trials, so
that a new study needs nothing here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dropnorm.experiments.study import Study
from dropnorm.experiments.trial import CONDITIONS, Trial

# Numbers that may be an axis, with their label and a value in words. The first that a study varies
# is its axis; one that follows from the arm and those before is no factor.
FACTORS = {
    "dropout": ("rate of dropout, p", "p = {}"),
    "batch_size": ("images a step", "{} images a step"),
    "init_scale": ("initial scale", "initial scale {}"),
    "n_train": ("training images", "{} training images"),
    "steps": ("steps", "{} steps"),
    "lr": ("learning rate", "learning rate {}"),
}

# factors that may be chosen on validation, for each arm its own
CHOSEN = ("dropout", "lr")

# what the values of a field are called
NAMES: dict[str, dict[Any, str]] = {
    "data": {"fashion": "Fashion-MNIST", "mnist": "MNIST", "cifar10": "CIFAR-10"},
    "random_labels": {False: "true labels", True: "random labels"},
    "dropout_at": {"fc": "dense layer", "conv": "convolutions", "both": "everywhere"},
    "dropout_unit": {"element": "single elements", "channel": "whole channels"},
    "dropout_order": {
        "before": "before the norm",
        "before pool": "before the pooling",
        "after": "after the pooling",
    },
    "norm_at": {"before": "before the activation", "after": "after the activation"},
    "dropout_noise": {"bernoulli": "Bernoulli noise", "gaussian": "Gaussian noise"},
    "trains": {"all": "all parameters train", "norm": "only γ and β train"},
    "model": {"cnn": "CNN", "mlp": "MLP", "autoencoder": "autoencoder", "resnet": "ResNet"},
    "optimiser": {"sgd": "SGD", "adamw": "AdamW"},
    "decays": {"all": "all parameters decay", "weights": "weights decay"},
    "dropout_block": {0: "both blocks", 1: "first block", 2: "second block"},
    "norm_logits": {True: "norm after the logits", False: "no norm after the logits"},
}

# what numbers are called that are no factors; others by field and value
NUMBERS = {
    "weight_decay": "L2 {}",
    "max_norm": "max-norm {}",
    "dropout_input": "pixels dropped at {}",
    "dropout_conv": "after convolutions at {}",
    "ghost": "ghost batches of {}",
    "clip_norm": "gradient clipped at {}",
    "logits_rate": "logits at {} of the rate",
    "augment": "shifted by up to {} pixels and mirrored",
    "hidden": "{} units",
}

# fields whose default is named as well, where a study varies them
ALWAYS_NAMED = ("dropout_at", "dropout_order", "norm_at", "hidden", "width", "trains")

# Fields that mean nothing at a rate of 0: such a trial belongs to every arm that differs from it in
# these only.
WITHOUT_DROPOUT = ("dropout_at", "dropout_unit", "dropout_order", "dropout_noise")

# the fields that are stated for every study, where they are no factors
SETTING = ("data", "model", "n_train", "steps", "batch_size", "lr", "dropout")

# colours for arms that are none of the four networks
OTHER_COLOURS = 6


@dataclass(frozen=True)
class Arm:
    """What a study compares.

    Attributes
    ----------
    name
        In words.
    colour
        One of the four networks, or other-1, other-2, …
    key
        What its trials have in common.
    """

    name: str
    colour: str
    key: tuple


class Layout:
    """A study's arms and factors.

    Attributes
    ----------
    factors
        The names of its factors; the first is its axis.
    arms
        Its arms.
    """

    def __init__(self, study: Study) -> None:
        varied = _varied(study.trials)
        factors = [name for name in FACTORS if name in varied and _is_factor(name, study.trials)]
        self._names = [name for name in varied if name not in factors]
        self._varies_rate = "dropout" in factors
        self.factors = self._independent(study.trials, factors)
        self.arms = self._arms(study.trials)

    def arms_of(self, trial: Trial) -> list[int]:
        """Places of the arms that the trial belongs to."""
        key = self._key(trial)
        return [place for place, arm in enumerate(self.arms) if _agree(key, arm.key)]

    def setting(self, trials: Sequence[Trial]) -> str:
        """What all trials share, or what each arm has, in words."""
        phrases = [self._phrase(name, trials) for name in SETTING if name not in self.factors]
        return ", ".join(filter(None, phrases))

    def _phrase(self, field: str, trials: Sequence[Trial]) -> str:
        """The values of a field; where each arm has one of its own, with the arms' names."""
        arms_with: dict[Any, list[str]] = {}
        for trial in trials:
            if field == "dropout" and not trial.dropout:
                continue
            arms = arms_with.setdefault(getattr(trial, field), [])
            names = [self.arms[place].name for place in self.arms_of(trial)]
            arms += [name for name in names if name not in arms]
        values = [NAMES.get(field, {}).get(value) or _shown(value) for value in arms_with]
        all_arms = [name for names in arms_with.values() for name in names]
        if len(values) > 1 and len(all_arms) == len(set(all_arms)):
            values = [
                f"{value} ({'; '.join(names)})"
                for value, names in zip(values, arms_with.values(), strict=True)
            ]
        _, template = FACTORS.get(field, ("", "{}"))
        return template.format(" or ".join(values)) if values else ""

    def _key(self, trial: Trial) -> tuple:
        """What the trials of an arm have in common; None where a field has no meaning."""
        off = self._varies_rate and trial.dropout == 0
        return tuple(
            None if off and name in WITHOUT_DROPOUT else getattr(trial, name)
            for name in self._names
        )

    def _independent(self, trials: Sequence[Trial], factors: list[str]) -> list[str]:
        """Without those that follow from the arm and the other factors."""
        for name in reversed(factors):
            rest = [other for other in factors if other != name]
            points = {
                (self._key(trial), trial.seed, *(getattr(trial, other) for other in rest))
                for trial in trials
            }
            if len(points) == len(trials):
                factors = rest
        return factors

    def _arms(self, trials: Sequence[Trial]) -> list[Arm]:
        first: dict[tuple, Trial] = {}
        # trials at a rate of 0 come last: their keys have gaps, and agree with those of others
        for trial in sorted(trials, key=lambda trial: self._varies_rate and trial.dropout == 0):
            key = self._key(trial)
            if not any(_agree(key, other) for other in first):
                first[key] = trial
        several = len({trial.condition for trial in first.values()}) > 1
        arms: list[Arm] = []
        for key, trial in first.items():
            colours = [arm.colour for arm in arms]
            colour = trial.condition
            if colour not in CONDITIONS or colour in colours:
                others = sum(name.startswith("other") for name in colours)
                colour = f"other-{1 + others % OTHER_COLOURS}"
            arms.append(Arm(self._arm_name(trial, several), colour, key))
        return arms

    def _arm_name(self, trial: Trial, with_network: bool) -> str:
        parts = [trial.condition] if with_network else []
        for name in self._names:
            value = getattr(trial, name)
            unusual = value != default(name) or name in ALWAYS_NAMED
            if name not in ("norm", "dropout") and unusual:
                template = NUMBERS.get(name, name.replace("_", " ") + " {}")
                parts.append(NAMES.get(name, {}).get(value) or template.format(_shown(value)))
        return ", ".join(parts) or trial.condition


def default(field: str) -> Any:
    """What a trial has where nothing is said."""
    return Trial.__dataclass_fields__[field].default


def _varied(trials: Sequence[Trial]) -> list[str]:
    """The fields in which the trials differ, but for the seed and what is measured besides."""
    fields = [name for name in trials[0].to_dict() if name not in ("seed", "probe")]
    return [name for name in fields if len({getattr(trial, name) for trial in trials}) > 1]


def _is_factor(name: str, trials: Sequence[Trial]) -> bool:
    # one rate or none is part of the network's name
    return name != "dropout" or len({trial.dropout for trial in trials} - {0.0}) > 1


def _agree(key: tuple, other: tuple) -> bool:
    """Are the keys equal but for the gaps of the first?"""
    return all(a == b or a is None for a, b in zip(key, other, strict=True))


def _shown(value: Any) -> str:
    if type(value) is int:
        return f"{value:,}"
    return f"{value:g}" if type(value) is float else str(value)
