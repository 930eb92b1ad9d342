"""One look for all figures, and the figures that more than one chapter shows."""

import io
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from cycler import cycler
from IPython import get_ipython
from PIL import Image

PLAIN, DROPOUT, BATCH_NORM, BOTH = "#4d4d4d", "#d55e00", "#0072b2", "#007a5a"
"""The four conditions; from the Okabe-Ito palette, whose colours colour-blind readers can tell apart (green darkened)."""

COLOURS = {"plain": PLAIN, "dropout": DROPOUT, "batch norm": BATCH_NORM, "both": BOTH}
"""Colour of each condition by its name in the legends."""

HIGHLIGHT = "#cc79a7"
"""For what is none of the four conditions."""


def use_style() -> None:
    """Set the course's look: call once at the top of a notebook. Wide enough for a page, readable on a phone.

    In a notebook figures become PNGs with a palette, a third as large as without.
    """
    plt.switch_backend(
        plt.get_backend()
    )  # a notebook's backend sets its own PNGs when it loads: load it first
    if (shell := get_ipython()) is not None:
        shell.display_formatter.formatters["image/png"].for_type(plt.Figure, png_with_palette)
    plt.rcdefaults()
    plt.rcParams.update(
        {
            "figure.figsize": (5.4, 3.2),
            "figure.dpi": 140,
            "figure.constrained_layout.use": True,
            "savefig.dpi": 140,
            "font.size": 10.5,
            "axes.titlesize": 10.5,
            "axes.titlelocation": "left",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "grid.color": "#e6e6e6",
            "grid.linewidth": 0.7,
            "axes.axisbelow": True,
            "axes.prop_cycle": cycler(color=[PLAIN, DROPOUT, BATCH_NORM, BOTH, HIGHLIGHT]),
            "legend.frameon": False,
            "lines.linewidth": 1.8,
            "image.cmap": "gray_r",
        }
    )


def png_with_palette(figure: plt.Figure) -> bytes:
    """The figure as a PNG of at most 128 colours, cut to its content."""
    full, small = io.BytesIO(), io.BytesIO()
    figure.savefig(full, format="png", bbox_inches="tight")
    Image.open(full).convert("RGB").quantize(128, dither=Image.Dither.NONE).save(
        small, format="png", optimize=True
    )
    return small.getvalue()


def images_row(
    images: np.ndarray, titles: Sequence[str], limits: tuple[float, float] = (0, 1)
) -> plt.Figure:
    """Images side by side, each under its title.

    Parameters
    ----------
    images
        Shape (n, H, W).
    titles
        n short titles.
    limits
        Values drawn white and black.
    """
    figure, axes = plt.subplots(
        1, len(images), figsize=(5.4, 5.4 / len(images) + 0.45), squeeze=False
    )
    for ax, image, title in zip(axes[0], images, titles, strict=True):
        ax.imshow(image, vmin=limits[0], vmax=limits[1])
        ax.set_title(title, fontsize=9, loc="center")
        ax.axis("off")
    return figure


def label_lines(ax: plt.Axes, labels: Mapping[str, tuple[float, float]]) -> None:
    """Write each label beside its line's end, in the colour of its condition, moved up where two would overlap.

    Set the limits of the axes first: they decide how far labels have to be apart.
    """
    low, high = ax.get_ylim()
    place = -np.inf
    for name, (x, y) in sorted(labels.items(), key=lambda label: label[1][1]):
        place = max(y, place + 0.065 * (high - low))
        ax.annotate(
            name,
            (x, place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            color=COLOURS.get(name, PLAIN),
        )


def dots_and_interval(
    ax: plt.Axes,
    position: float,
    values: Sequence[float],
    interval: tuple[float, float, float],
    colour: str,
) -> None:
    """Every seed as a dot, and beside them the mean with its 95 % interval.

    Parameters
    ----------
    position
        Where on the y axis.
    values
        One number per seed, in the axis' unit.
    interval
        Mean, lower and upper end.
    """
    mean, low, high = interval
    offsets = np.linspace(-0.16, 0.16, len(values)) if len(values) > 1 else np.zeros(1)
    ax.plot(
        values,
        position + 0.12 + offsets,
        "o",
        color=colour,
        markersize=3.6,
        alpha=0.55,
        markeredgewidth=0,
    )
    ax.plot([low, high], [position - 0.22] * 2, color=colour, linewidth=2.4, solid_capstyle="round")
    ax.plot([mean], [position - 0.22], "D", color=colour, markersize=5.5)


def paired_dots(
    ax: plt.Axes, values: Mapping[str, Sequence[float]], colours: Mapping[str, str] = COLOURS
) -> None:
    """Conditions side by side: every seed a dot, a thin line through the dots of one seed, a bar at each mean.

    Parameters
    ----------
    values
        For each condition one number per seed, in the unit of the y axis; seeds in the same order everywhere.
    colours
        Colour of each condition; grey for one that is not named.

    Raises
    ------
    ValueError
        No condition, or conditions with different numbers of seeds.
    """
    counts = {name: len(seeds) for name, seeds in values.items()}
    if len(set(counts.values())) != 1:
        raise ValueError(
            f"values: expected the same number of seeds in every condition, found {counts}"
        )
    for seed in zip(*values.values(), strict=True):
        ax.plot(range(len(values)), seed, color="#bdbdbd", linewidth=0.8, zorder=1)
    for position, (name, seeds) in enumerate(values.items()):
        colour = colours.get(name, PLAIN)
        ax.plot(
            [position] * len(seeds),
            seeds,
            "o",
            color=colour,
            markersize=4.5,
            alpha=0.75,
            markeredgewidth=0,
        )
        ax.plot(
            [position - 0.16, position + 0.16], [np.mean(seeds)] * 2, color=colour, linewidth=2.6
        )
    ax.set_xticks(range(len(values)), list(values))
    ax.set_xlim(-0.5, len(values) - 0.5)
    ax.grid(axis="x", visible=False)


def four_networks(best: pd.DataFrame) -> plt.Figure:
    """Test accuracy of the four networks with every seed, one panel for each size of the training set.

    Parameters
    ----------
    best
        One row for each network, size and seed: ``condition``, ``n_train``, ``seed``, ``test_accuracy``.
    """
    sizes = sorted(best["n_train"].unique())
    figure, axes = plt.subplots(1, len(sizes), figsize=(5.4, 3.2), squeeze=False)
    for ax, size in zip(axes[0], sizes, strict=True):
        part = best[best["n_train"] == size].sort_values("seed")
        values = {
            name: 100 * part[part["condition"] == name]["test_accuracy"].to_numpy()
            for name in COLOURS
        }
        paired_dots(ax, values)
        ax.set_title(f"{size:,} training images")
        ax.tick_params(axis="x", rotation=35)
    axes[0, 0].set_ylabel("test accuracy, %")
    return figure
