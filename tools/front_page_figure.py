"""The figures on the first page and in the README, drawn from the stored records.

``python -m tools.front_page_figure`` draws them anew.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from dropnorm import figures, repository
from dropnorm.experiments import results, statistics, studies
from dropnorm.experiments.studies.confounds import MENDS
from dropnorm.experiments.trial import Trial

# Sizes of the training set at which every network had five learning rates to choose from.
SIZES = [1_000, 5_000]

# Arms of the study of large learning rates that the first page shows, as it calls them.
ARMS = {
    "batch norm alone": ("batch norm", figures.BATCH_NORM),
    "both": ("and dropout", figures.BOTH),
    "logits at a tenth": ("and a slower\nlast layer", figures.BOTH),
}


class Picture(NamedTuple):
    """A figure in ``_static``: its name, what it is drawn from, and who draws it."""

    name: str
    rows: Callable[[], pd.DataFrame]
    draw: Callable[[pd.DataFrame], Figure]

    @property
    def path(self) -> Path:
        """Where the figure is."""
        return repository.folder() / "_static" / f"{self.name}.png"


def four_networks() -> pd.DataFrame:
    """Four networks at two sizes, each at its own learning rate."""
    table = results.table(studies.TOGETHER)
    table = table[table["n_train"].isin(SIZES)]
    best = statistics.best_setting(table, over="lr", within=["n_train", "condition"])
    columns = ["condition", "n_train", "lr", "seed", "test_accuracy"]
    return best[columns].sort_values(["condition", "n_train", "seed"])


def large_rate() -> pd.DataFrame:
    """Three networks with batch norm at learning rate 1: test accuracy of every seed, percent."""
    names = {Trial(**fields, probe="units"): name for name, fields in MENDS.items()}
    runs = [
        (names[replace(run.trial, seed=0)], run.trial.seed, 100 * run.final["test"]["accuracy"])
        for run in results.records(studies.TOLERANCE)
    ]
    table = pd.DataFrame(runs, columns=["arm", "seed", "accuracy"])
    return table[table["arm"].isin(ARMS)].sort_values(["arm", "seed"])


def draw_large_rate(table: pd.DataFrame) -> Figure:
    """Every seed a dot, a bar at each median."""
    figure, ax = plt.subplots(figsize=(5.4, 1.9))
    for row, (arm, (_, colour)) in enumerate(ARMS.items()):
        values = table.loc[table["arm"] == arm, "accuracy"]
        heights = row + np.linspace(-0.18, 0.18, len(values))
        ax.plot(values, heights, "o", color=colour, markersize=4.5, alpha=0.6, mew=0)
        ax.plot([values.median()] * 2, [row - 0.33, row + 0.33], color="black", linewidth=1.6)
    ax.set_yticks(range(len(ARMS)), [label for label, _ in ARMS.values()])
    ax.invert_yaxis()
    ax.set(xlabel="right on test images, %", xlim=(30, 92))
    return figure


PICTURES = (
    Picture("together", four_networks, figures.four_networks),
    Picture("large-rate", large_rate, draw_large_rate),
)


def checksum(table: pd.DataFrame) -> str:
    """Hash of the rows, stored in the figure: a test tells by it whether the records are others."""
    return hashlib.sha256(table.to_csv(index=False).encode()).hexdigest()


def write(picture: Picture) -> Path:
    """Draw the figure anew."""
    table = picture.rows()
    figures.use_style()
    figure = picture.draw(table)
    metadata = {"Description": checksum(table), "Software": None}
    figure.savefig(picture.path, metadata=metadata)
    plt.close(figure)
    return picture.path


if __name__ == "__main__":
    for picture in PICTURES:
        print(write(picture))
