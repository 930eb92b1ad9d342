"""The picture on the first page and in the README, made from the stored records."""

import hashlib
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

from dropnorm import figures, repository
from dropnorm.experiments import results, statistics, studies

PICTURE = repository.needed_by("tools.front_page_figure") / "_static" / "together.png"
"""Where the picture is."""

SIZES = [1_000, 5_000]
"""The sizes of the training set that it shows: those at which every network had five learning rates to choose from."""


def shown() -> pd.DataFrame:
    """The rows that the picture shows: four networks at two sizes, each at its own learning rate."""
    table = results.table(studies.TOGETHER)
    best = statistics.best_setting(
        table[table["n_train"].isin(SIZES)], over="lr", within=["n_train", "condition"]
    )
    return best[["condition", "n_train", "lr", "seed", "test_accuracy"]].sort_values(
        ["condition", "n_train", "seed"]
    )


def checksum(rows: pd.DataFrame) -> str:
    """Hash of what is shown, stored in the picture: a test tells by it whether the picture is of the stored records."""
    return hashlib.sha256(rows.to_csv(index=False).encode()).hexdigest()


def write(path: Path = PICTURE) -> Path:
    """Draw the picture anew."""
    rows = shown()
    figures.use_style()
    figure = figures.four_networks(rows)
    figure.savefig(path, metadata={"Description": checksum(rows), "Software": None})
    plt.close(figure)
    return path
