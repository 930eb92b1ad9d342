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

    What is alike stands side by side, so that it is compressed well on its way.

    Returns
    -------
    data
        ``steps``: the sets of steps at which curves have points. ``runs``: columns with an entry
        for each run: seed, place of its steps, 1 if diverged, accuracy and loss on each split.
        ``curves``: of each run, as ``curves_of`` has them. ``studies``: those with stored runs, by
        name.

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
    places = {key: place for place, key in enumerate(keys)}
    records = [stored[key] for key in keys]
    steps = list(dict.fromkeys(tuple(record.curves["step"]) for record in records))
    return {
        "steps": [list(looks) for looks in steps],
        "runs": {
            "seed": [record.trial.seed for record in records],
            "steps": [steps.index(tuple(record.curves["step"])) for record in records],
            "diverged": [int(record.diverged) for record in records],
            **{
                f"{split}_{kind}": [record.final[split][kind] for record in records]
                for split in ("test", "validation", "train")
                for kind in ("accuracy", "loss")
            },
        },
        "curves": curves_of(records),
        "studies": {
            name: describe(STUDIES[name], trials, places) for name, trials in studies.items()
        },
    }


def curves_of(records: Sequence[Record]) -> dict[str, list[list[int]]]:
    """The curves of runs: accuracies in thousandths, losses as their logarithm in ``LOSS_UNIT``.

    Each curve is its first number and the differences that follow: those are small.
    """

    def whole(name: str, value: float) -> int:
        if name.endswith("accuracy"):
            return round(1_000 * value)
        return round(LOSS_UNIT * math.log(max(value, 1e-9)))

    return {
        name: [
            _differences(whole(name, value) for value in record.curves[name]) for record in records
        ]
        for name in ("validation_accuracy", "train_loss", "validation_loss")
    }


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


def scripts(data: dict[str, Any]) -> tuple[str, str]:
    """The data as scripts: a page that is opened from the disk may load a script, but no JSON.

    Returns
    -------
    first
        All but the curves of losses.
    losses
        Adds them: they are half of it all, and most readers never ask for them.
    """
    curves = data["curves"]
    losses = {name: curves[name] for name in curves if name.endswith("_loss")}
    others = {name: curves[name] for name in curves if name not in losses}
    return (
        f"globalThis.dropnormRuns={_packed(data | {'curves': others})};\n",
        f"Object.assign(dropnormRuns.curves,{_packed(losses)});\n",
    )


def _packed(content: dict[str, Any]) -> str:
    return json.dumps(content, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
