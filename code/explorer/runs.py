"""The stored studies as the results explorer loads them: each run once, each study as points that refer to runs.

A study's *arms* are what is compared: the networks, or whatever else its trials vary. Its *factors* are those of
``FACTORS`` that its trials vary besides. Both follow from the trials, so that a new study needs nothing here. A *point*
is an arm at one value of every factor; its runs differ in the seed only. The site is built without NumPy and pandas, so
nothing here needs them.
"""

import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from dropnorm.experiments import storage
from dropnorm.experiments.records import Record
from dropnorm.experiments.study import Study
from dropnorm.experiments.trial import CONDITIONS, Trial
from dropnorm.registry import STUDIES

FACTORS = {
    "dropout": ("rate of dropout, p", "p = {}"),
    "batch_size": ("images a step", "{} images a step"),
    "init_scale": ("initial scale", "initial scale {}"),
    "n_train": ("training images", "{} training images"),
    "steps": ("steps", "{} steps"),
    "lr": ("learning rate", "learning rate {}"),
}
"""Numbers that may be an axis, with their label and a value in words. The first that a study varies is its axis; one that
follows from the arm and those before is no factor."""

CHOSEN = ("dropout", "lr")
"""Factors that may be chosen on validation, for each arm its own."""

WORDS: dict[str, dict[Any, str]] = {
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
    "norm_logits": {True: "norm behind the logits", False: "no norm behind the logits"},
}
"""What the values of a field are called."""

NUMBERS = {
    "weight_decay": "L2 {}",
    "max_norm": "max-norm {}",
    "dropout_input": "pixels dropped at {}",
    "ghost": "ghost batches of {}",
    "clip_norm": "gradient clipped at {}",
    "logits_rate": "logits at {} of the rate",
    "augment": "shifted by up to {} pixels and mirrored",
    "hidden": "{} units",
}
"""What numbers are called that are no factors; others by field and value."""

ALWAYS_NAMED = ("dropout_at", "dropout_order", "norm_at", "hidden", "width", "trains")
"""Fields whose default is named as well, where a study varies them."""

WITHOUT_DROPOUT = ("dropout_at", "dropout_unit", "dropout_order", "dropout_noise")
"""Fields that mean nothing at a rate of 0: such a trial belongs to every arm that differs from it in these only."""

SETTING = ("data", "model", "n_train", "steps", "batch_size", "lr", "dropout")
"""The fields that are told of every study, where they are no factors."""

OTHERS = 6
"""Colours for arms that are none of the four networks."""

LOSS_UNIT = 200
"""Losses on the way are stored as whole 200ths of their logarithm: exact to a quarter of a percent."""

DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
"""Of the packed curves: variable-length quantities in base 64, as in source maps."""


@dataclass(frozen=True)
class Arm:
    """What a study compares: a name, a colour (one of the four networks, or other-1, …) and the key of its trials."""

    name: str
    colour: str
    key: tuple


def pack(numbers: Iterable[int]) -> str:
    """Whole numbers as differences from the one before, each in as few letters as it needs."""
    letters = []
    for before, now in pairwise([0, *numbers]):
        rest = abs(now - before) << 1 | (now < before)
        while rest >= 32:
            letters.append(DIGITS[rest & 31 | 32])
            rest >>= 5
        letters.append(DIGITS[rest])
    return "".join(letters)


def _packed_curves(record: Record) -> str:
    losses = (record.curves["train_loss"], record.curves["validation_loss"])
    accuracy = [round(1_000 * value) for value in record.curves["validation_accuracy"]]
    return pack(accuracy) + "".join(
        pack(round(LOSS_UNIT * math.log(max(v, 1e-9))) for v in loss) for loss in losses
    )


def _varied(trials: Sequence[Trial]) -> list[str]:
    """The fields in which the trials differ, but for the seed and what is measured besides."""
    fields = [name for name in trials[0].to_dict() if name not in ("seed", "probe")]
    return [name for name in fields if len({getattr(trial, name) for trial in trials}) > 1]


def _is_factor(name: str, trials: Sequence[Trial]) -> bool:
    if name == "dropout":
        return (
            len({trial.dropout for trial in trials} - {0.0}) > 1
        )  # one rate or none is part of the network's name
    return name in FACTORS


class Layout:
    """A study's arms and factors."""

    def __init__(self, study: Study) -> None:
        varied = _varied(study.trials)
        factors = [name for name in FACTORS if name in varied and _is_factor(name, study.trials)]
        self.names = [name for name in varied if name not in factors]
        self.rates = "dropout" in factors
        self.factors = self._needed(study.trials, factors)
        self.arms = self._arms(study.trials)

    def _key(self, trial: Trial) -> tuple:
        """What the trials of an arm have in common; None where a field has no meaning."""
        off = self.rates and trial.dropout == 0
        return tuple(
            None if off and name in WITHOUT_DROPOUT else getattr(trial, name) for name in self.names
        )

    def _needed(self, trials: Sequence[Trial], factors: list[str]) -> list[str]:
        """Without those that follow from the arm and the other factors."""
        for name in reversed(factors):
            rest = [other for other in factors if other != name]
            if len(
                {(self._key(t), t.seed, *(getattr(t, other) for other in rest)) for t in trials}
            ) == len(trials):
                factors = rest
        return factors

    def _arms(self, trials: Sequence[Trial]) -> list[Arm]:
        of = {}
        for trial in sorted(trials, key=lambda trial: self.rates and trial.dropout == 0):
            key = self._key(trial)
            if not any(_agree(key, other) for other in of):
                of[key] = trial
        conditions = {trial.condition for trial in of.values()}
        arms, taken = [], []
        for key, trial in of.items():
            colour = trial.condition
            if colour not in CONDITIONS or colour in taken:
                colour = f"other-{1 + sum(name.startswith('other') for name in taken) % OTHERS}"
            taken.append(colour)
            arms.append(Arm(self._name(trial, len(conditions) > 1), colour, key))
        return arms

    def _name(self, trial: Trial, network: bool) -> str:
        words = [trial.condition] if network else []
        for name in self.names:
            value = getattr(trial, name)
            unusual = value != Trial.__dataclass_fields__[name].default or name in ALWAYS_NAMED
            if name not in ("norm", "dropout") and unusual:
                words.append(_words(name, value))
        return ", ".join(words) or trial.condition

    def arms_of(self, trial: Trial) -> list[int]:
        """Places of the arms that the trial belongs to."""
        key = self._key(trial)
        return [place for place, arm in enumerate(self.arms) if _agree(key, arm.key)]

    def setting(self, trials: Sequence[Trial]) -> str:
        """What all trials share, or what each arm has, in words."""
        said = []
        for field in SETTING:
            arms: dict[Any, list[str]] = {}
            for trial in trials:
                if field not in self.factors and not (field == "dropout" and not trial.dropout):
                    named = arms.setdefault(getattr(trial, field), [])
                    named += [
                        name
                        for place in self.arms_of(trial)
                        if (name := self.arms[place].name) not in named
                    ]
            values = [WORDS.get(field, {}).get(value) or _shown(value) for value in arms]
            named = [name for names in arms.values() for name in names]
            if len(values) > 1 and len(named) == len(set(named)):
                values = [
                    f"{value} ({'; '.join(names)})"
                    for value, names in zip(values, arms.values(), strict=True)
                ]
            if values:
                said.append(FACTORS.get(field, ("", "{}"))[1].format(" or ".join(values)))
        return ", ".join(said)


def _agree(key: tuple, other: tuple) -> bool:
    return all(value == wanted or value is None for value, wanted in zip(key, other, strict=True))


def _words(name: str, value: Any) -> str:
    template = NUMBERS.get(name, name.replace("_", " ") + " {}")
    return WORDS.get(name, {}).get(value) or template.format(_shown(value))


def _shown(value: Any) -> str:
    return (
        f"{value:,}" if type(value) is int else f"{value:g}" if type(value) is float else str(value)
    )


def _scale(values: Sequence[float]) -> str:
    return "log" if min(values) > 0 and max(values) > 2 * min(values) else "linear"


def _usual(values: Sequence[float], default: float) -> float:
    counts = Counter(values)
    return max(counts, key=lambda value: (counts[value], value == default))


def _study(study: Study, places: dict[str, int]) -> dict[str, Any]:
    """A study whose points refer to runs by their place in the list of runs; without those of which none is stored."""
    layout = Layout(study)
    stored = [trial for trial in study.trials if trial.key in places]
    factors = []
    for name in layout.factors:
        values = sorted({getattr(trial, name) for trial in stored})
        factors.append(
            {
                "name": name,
                "label": FACTORS[name][0],
                "words": FACTORS[name][1],
                "scale": _scale(values),
                "chosen": name in CHOSEN and len(values) > 1,
                "usual": _usual(
                    [getattr(trial, name) for trial in stored],
                    Trial.__dataclass_fields__[name].default,
                ),
                "values": values,
            }
        )
    points: dict[tuple, list[tuple[int, int]]] = {}
    there = sorted({arm for trial in stored for arm in layout.arms_of(trial)})
    for trial in stored:
        at = tuple(factor["values"].index(getattr(trial, factor["name"])) for factor in factors)
        for arm in layout.arms_of(trial):
            points.setdefault((there.index(arm), *at), []).append((trial.seed, places[trial.key]))
    return {
        "question": study.question,
        "setting": layout.setting(study.trials),
        "planned": len(study.trials),
        "arms": [[layout.arms[arm].name, layout.arms[arm].colour] for arm in there],
        "factors": factors,
        "points": [
            [arm, at, [place for _, place in sorted(runs)]]
            for (arm, *at), runs in sorted(points.items())
        ],
    }


def collect(folder: Path = storage.RESULTS) -> dict[str, Any]:
    """Everything that the explorer shows.

    Returns
    -------
    data
        ``steps``: the sets of steps at which curves have points. ``runs``: seed, place of its steps, 1 if diverged,
        accuracy and loss on test, validation and train, packed curves (validation accuracy in thousandths, then training
        and validation loss). ``studies``: those with stored runs, by name.

    Raises
    ------
    RecordError
        A results file holds something that is not an undamaged record.
    """
    stored = storage.read_all(folder)
    trials = {
        trial.key: None
        for study in STUDIES.values()
        for trial in study.trials
        if trial.key in stored
    }
    steps: list[list[int]] = []
    runs = []
    for record in map(stored.get, trials):
        if record.curves["step"] not in steps:
            steps.append(record.curves["step"])
        final = [
            record.final[split][kind]
            for split in ("test", "validation", "train")
            for kind in ("accuracy", "loss")
        ]
        looks = steps.index(record.curves["step"])
        runs.append(
            [record.trial.seed, looks, int(record.diverged), *final, _packed_curves(record)]
        )
    places = {key: place for place, key in enumerate(trials)}
    studies = {
        study.name: study
        for study in STUDIES.values()
        if any(trial.key in places for trial in study.trials)
    }
    return {
        "steps": steps,
        "runs": runs,
        "studies": {name: _study(study, places) for name, study in studies.items()},
    }


def script(data: dict[str, Any]) -> str:
    """The data as a script: a page that is opened from the disk may load a script, but no JSON."""
    packed = json.dumps(data, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return f"globalThis.dropnormRuns={packed};\n"
