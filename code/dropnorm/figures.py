"""One look for all figures, and the figures that more than one chapter shows."""

import io
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from cycler import cycler
from IPython import get_ipython
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

# The four conditions, in the palette of Okabe and Ito, which colour-blind readers can tell apart
# (its green darkened), by their names in the legends.
PLAIN, DROPOUT, BATCH_NORM, BOTH = "#4d4d4d", "#d55e00", "#0072b2", "#007a5a"
COLOURS = {"plain": PLAIN, "dropout": DROPOUT, "batch norm": BATCH_NORM, "both": BOTH}

# For what is none of the four.
HIGHLIGHT = "#cc79a7"


def use_style() -> None:
    """Set the course's look: call once at the top of a notebook.

    Figures are wide enough for a page and readable on a phone. In a notebook they become PNGs with
    a palette, a third as large as without.
    """
    # a notebook's backend sets its own PNGs when it loads: load it first
    plt.switch_backend(plt.get_backend())
    if (shell := get_ipython()) is not None:
        shell.display_formatter.formatters["image/png"].for_type(Figure, png_with_palette)
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


def png_with_palette(figure: Figure) -> bytes:
    """The figure as a PNG of at most 128 colours, cut to its content."""
    full, small = io.BytesIO(), io.BytesIO()
    figure.savefig(full, format="png", bbox_inches="tight")
    image = Image.open(full).convert("RGB").quantize(128, dither=Image.Dither.NONE)
    image.save(small, format="png", optimize=True)
    return small.getvalue()


def images_row(
    images: np.ndarray, titles: Sequence[str], limits: tuple[float, float] = (0, 1)
) -> Figure:
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
    size = 5.4, 5.4 / len(images) + 0.45
    figure, axes = plt.subplots(1, len(images), figsize=size, squeeze=False)
    for ax, image, title in zip(axes[0], images, titles, strict=True):
        ax.imshow(image, vmin=limits[0], vmax=limits[1])
        ax.set_title(title, fontsize=9, loc="center")
        ax.axis("off")
    return figure


def label_lines(ax: Axes, labels: Mapping[str, tuple[float, float]]) -> None:
    """Write each label beside its line's end, in the colour of its condition.

    Labels that would overlap are moved up. Set the limits of the axes first: they decide how far
    labels have to be apart.
    """
    low, high = ax.get_ylim()
    place = -np.inf
    for name, (x, y) in sorted(labels.items(), key=lambda label: label[1][1]):
        # a line of text is about 6.5 % of the axis high
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
    ax: Axes,
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


def rows_of_gains(
    ax: Axes, rows: Sequence[tuple[str, Sequence[float], tuple[float, float, float], str]]
) -> None:
    """Gains over paired seeds, a row each from the top down, and a line at zero.

    Parameters
    ----------
    rows
        For each row its label, one gain per seed and their interval as in
        :func:`dots_and_interval`, both in the unit of the x axis, and its colour.
    """
    for row, (_, gains, interval, colour) in enumerate(rows):
        dots_and_interval(ax, -row, gains, interval, colour)
    ax.axvline(0, color="black", linewidth=0.8)
    ax.set_yticks([-row for row in range(len(rows))], [label for label, *_ in rows])


def paired_dots(
    ax: Axes, values: Mapping[str, Sequence[float]], colours: Mapping[str, str] = COLOURS
) -> None:
    """Conditions side by side: every seed a dot, its dots joined by a line, a bar at each mean.

    Parameters
    ----------
    values
        For each condition one number per seed, in the unit of the y axis; seeds in the same order.
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


def four_networks(best: pd.DataFrame) -> Figure:
    """Test accuracy of the four networks with every seed, a panel for each training set's size.

    Parameters
    ----------
    best
        ``condition``, ``n_train``, ``seed`` and ``test_accuracy``, one row for each of them.
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
