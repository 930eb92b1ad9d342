"""The figure on the first page and in the README, drawn from the stored records.

``python -m tools.front_page_figure`` draws it anew.
"""

import hashlib
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

from dropnorm import figures, repository
from dropnorm.experiments import results, statistics, studies

FIGURE = repository.folder() / "_static" / "together.png"

# Sizes of the training set at which every network had five learning rates to choose from.
SIZES = [1_000, 5_000]


def rows() -> pd.DataFrame:
    """What the figure is drawn from: four networks at two sizes, each at its own learning rate."""
    table = results.table(studies.TOGETHER)
    table = table[table["n_train"].isin(SIZES)]
    best = statistics.best_setting(table, over="lr", within=["n_train", "condition"])
    columns = ["condition", "n_train", "lr", "seed", "test_accuracy"]
    return best[columns].sort_values(["condition", "n_train", "seed"])


def checksum(table: pd.DataFrame) -> str:
    """Hash of the rows, stored in the figure: a test tells by it whether the records are others."""
    return hashlib.sha256(table.to_csv(index=False).encode()).hexdigest()


def write(path: Path = FIGURE) -> Path:
    """Draw the figure anew."""
    table = rows()
    figures.use_style()
    figure = figures.four_networks(table)
    figure.savefig(path, metadata={"Description": checksum(table), "Software": None})
    plt.close(figure)
    return path


if __name__ == "__main__":
    print(write())
