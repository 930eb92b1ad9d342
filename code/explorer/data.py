"""The stored studies as the results explorer loads them.

Each run is there once, each study as points that refer to runs. A *point* is an arm at one value of
every factor; its runs differ in the seed only. The site is built without PyTorch, so nothing here
needs it.
"""

import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from dropnorm.experiments import storage
from dropnorm.experiments.records import Record
from dropnorm.experiments.study import Study
from dropnorm.experiments.trial import Trial
from dropnorm.registry import STUDIES
from explorer.layout import CHOSEN, FACTORS, Layout, default

# Losses on the way are stored as whole 200ths of their logarithm: exact to a quarter of a percent.
LOSS_UNIT = 200


def collect(folder: Path = storage.RESULTS) -> dict[str, Any]:
    """Everything that the explorer shows.

    Returns
    -------
    data
        ``steps``: the sets of steps at which curves have points. ``runs``: seed, place of its
        steps, 1 if diverged, accuracy and loss on test, validation and train, and three curves, as
        ``curves_of`` has them. ``studies``: those with stored runs, by name.

    Raises
    ------
    RecordError
        A results file holds something that is not an undamaged record.
    """
    stored = storage.read_all(folder)
    studies = {
        study.name: trials
        for study in STUDIES.values()
        if (trials := [trial for trial in study.trials if trial.key in stored])
    }
    keys = dict.fromkeys(trial.key for trials in studies.values() for trial in trials)
    steps: list[list[int]] = []
    runs = []
    for record in map(stored.__getitem__, keys):
        if record.curves["step"] not in steps:
            steps.append(record.curves["step"])
        final = [
            record.final[split][kind]
            for split in ("test", "validation", "train")
            for kind in ("accuracy", "loss")
        ]
        looks = steps.index(record.curves["step"])
        runs.append([record.trial.seed, looks, int(record.diverged), *final, curves_of(record)])
    places = {key: place for place, key in enumerate(keys)}
    return {
        "steps": steps,
        "runs": runs,
        "studies": {
            name: describe(STUDIES[name], trials, places) for name, trials in studies.items()
        },
    }


def curves_of(record: Record) -> list[list[int]]:
    """Validation accuracy in thousandths, then the logarithms of training and validation loss.

    Each as its first number and the differences that follow: those are small, and take less room.
    """
    accuracy = [round(1_000 * value) for value in record.curves["validation_accuracy"]]
    losses = [
        [round(LOSS_UNIT * math.log(max(loss, 1e-9))) for loss in record.curves[name]]
        for name in ("train_loss", "validation_loss")
    ]
    return [_differences(curve) for curve in (accuracy, *losses)]


def _differences(numbers: Iterable[int]) -> list[int]:
    return [after - before for before, after in pairwise([0, *numbers])]


def describe(study: Study, stored: Sequence[Trial], places: dict[str, int]) -> dict[str, Any]:
    """A study with the points that have stored runs; these by their place in the list of runs."""
    layout = Layout(study)
    factors = [_factor(name, stored) for name in layout.factors]
    arms = sorted({arm for trial in stored for arm in layout.arms_of(trial)})
    points: dict[tuple, list[tuple[int, int]]] = {}
    for trial in stored:
        at = tuple(factor["values"].index(getattr(trial, factor["name"])) for factor in factors)
        for arm in layout.arms_of(trial):
            points.setdefault((arms.index(arm), *at), []).append((trial.seed, places[trial.key]))
    return {
        "question": study.question,
        "setting": layout.setting(study.trials),
        "planned": len(study.trials),
        "arms": [[layout.arms[arm].name, layout.arms[arm].colour] for arm in arms],
        "factors": factors,
        "points": [
            [arm, at, [place for _, place in sorted(runs)]]
            for (arm, *at), runs in sorted(points.items())
        ],
    }


def _factor(name: str, stored: Sequence[Trial]) -> dict[str, Any]:
    counts = Counter(getattr(trial, name) for trial in stored)
    values = sorted(counts)
    label, words = FACTORS[name]
    return {
        "name": name,
        "label": label,
        "words": words,
        "scale": "log" if values[0] > 0 and values[-1] > 2 * values[0] else "linear",
        "chosen": name in CHOSEN and len(values) > 1,
        # the most frequent; of several the default
        "usual": max(counts, key=lambda value: (counts[value], value == default(name))),
        "values": values,
    }


def script(data: dict[str, Any]) -> str:
    """The data as a script: a page that is opened from the disk may load a script, but no JSON."""
    packed = json.dumps(data, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return f"globalThis.dropnormRuns={packed};\n"
