"""Fashion-MNIST, MNIST and CIFAR-10: a shipped subset that needs no network, and the full sets.

All are read in one fixed *stratified order*, so that the first ``n`` images are always the same
ones, hold the classes in equal parts, and contain the first ``m < n``. The shipped subset is the
beginning of that order: an experiment on 1,000 images sees the same 1,000 images whether it reads
the subset or the full set.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Literal

import numpy as np

from dropnorm.data import cifar, idx, subset
from dropnorm.data.files import DATA_ENV, DataError
from dropnorm.data.splits import Split, stratified_order

__all__ = [
    "DATA_ENV",
    "DataError",
    "Split",
    "cifar10",
    "fashion",
    "fetch",
    "mnist",
    "stratified_order",
]

Source = Literal["auto", "subset", "full"]

# fmt: off
CLASSES = (
    "T-shirt", "trouser", "pullover", "dress", "coat",
    "sandal", "shirt", "sneaker", "bag", "ankle boot",
)
"""Names of the ten Fashion-MNIST classes, by label."""

PHOTO_CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer",
    "dog", "frog", "horse", "ship", "truck",
)
"""Names of the ten CIFAR-10 classes, by label."""
# fmt: on

SUBSET_SIZES = subset.SIZES
"""Images of each split in the shipped subset of Fashion-MNIST."""

FULL_SIZES: dict[Split, int] = {"train": 55_000, "validation": 5_000, "test": 10_000}
"""Images of each split in the full sets of (Fashion-)MNIST; train and validation share the 60,000
published training images."""

PHOTO_SIZES: dict[Split, int] = {"train": 45_000, "validation": 5_000, "test": 10_000}
"""Images of each split of CIFAR-10; train and validation share the 50,000 published training
images."""


def fashion(
    split: Split, n: int | None = None, source: Source = "auto"
) -> tuple[np.ndarray, np.ndarray]:
    """Fashion-MNIST (Xiao, Rasul and Vollgraf, 2017), stratified.

    Parameters
    ----------
    split
        ``"train"``, ``"validation"`` or ``"test"``. Train and validation are disjoint parts of the
        published training set; test is the published test set.
    n
        How many images, from the beginning of the fixed order; None for all that the source holds.
    source
        ``"subset"`` ships with the package (5,000, 1,000 and 2,000 images); ``"full"`` is the whole
        set (55,000, 5,000 and 10,000), from ``DROPNORM_DATA``, the user's cache or a download;
        ``"auto"`` takes the subset wherever it is large enough, the full set elsewhere.

    Returns
    -------
    images
        float32 in [0, 1], shape (n, 1, 28, 28).
    labels
        int64 in 0 … 9, shape (n,); ``CLASSES`` names them.

    Raises
    ------
    ValueError
        Unknown split or source, or ``n`` outside 1 … size of the set.
    DataError
        The full set is needed and cannot be had, or a file is damaged.
    """
    _check_choice("split", split, FULL_SIZES)
    _check_choice("source", source, ("auto", "subset", "full"))
    if source == "auto":
        source = "subset" if n is None or n <= SUBSET_SIZES[split] else "full"
    if source == "full":
        return _full("fashion-mnist", split, n)
    _check_n(n, SUBSET_SIZES[split], f"the shipped subset's {split!r} split")
    arrays = subset.load()
    return _as_float(arrays[f"{split}_images"][:n, None], arrays[f"{split}_labels"][:n])


def mnist(split: Split, n: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """MNIST (LeCun and Cortes), in the same form as :func:`fashion`; always the full set."""
    _check_choice("split", split, FULL_SIZES)
    return _full("mnist", split, n)


def cifar10(
    split: Split, n: int | None = None, source: Source = "auto"
) -> tuple[np.ndarray, np.ndarray]:
    """CIFAR-10 (Krizhevsky, 2009): colour photographs, in the same order as :func:`fashion`.

    Parameters
    ----------
    split
        ``"train"`` (45,000), ``"validation"`` (5,000 of the published training images) or
        ``"test"`` (10,000).
    n
        How many images, from the beginning of the fixed order; None for all.
    source
        ``"auto"`` and ``"full"`` are the same here: from ``DROPNORM_DATA``, the user's cache or a
        download. No licence allows to ship a subset. Some test images are near duplicates of
        training images (Barz and Denzler, 2020).

    Returns
    -------
    images
        float32 in [0, 1], shape (n, 3, 32, 32).
    labels
        int64 in 0 … 9, shape (n,); ``PHOTO_CLASSES`` names them.

    Raises
    ------
    ValueError
        Unknown split or source, or ``n`` outside 1 … size of the split.
    DataError
        The archive cannot be had, or it is damaged.
    """
    _check_choice("split", split, PHOTO_SIZES)
    _check_choice("source", source, ("auto", "full"))
    _check_n(n, PHOTO_SIZES[split], f"the {split!r} split of cifar-10")
    images, labels = cifar.decoded(split)
    return _as_float(images[:n], labels[:n])


def fetch(name: str) -> Path:
    """Find or download the full set ``"fashion-mnist"`` or ``"mnist"`` and check it; its folder."""
    _check_choice("name", name, idx.SETS)
    for file in idx.SETS[name].files:
        idx.read(name, file)
    return idx.locate(name, file).parent


def _full(name: str, split: Split, n: int | None) -> tuple[np.ndarray, np.ndarray]:
    _check_n(n, FULL_SIZES[split], f"the {split!r} split of {name}")
    images, labels, _ = idx.read_split(name, split)
    return _as_float(images[:n, None], labels[:n])


def _as_float(images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return images.astype(np.float32) / np.float32(255), labels.astype(np.int64)


def _check_choice(argument: str, value: str, allowed: Collection[str]) -> None:
    if value not in allowed:
        raise ValueError(f"{argument}={value!r}: expected one of {', '.join(map(repr, allowed))}")


def _check_n(n: int | None, size: int, holder: str) -> None:
    if n is None:
        return
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)):
        raise ValueError(f"n={n!r}: expected a whole number from 1 to {size:,} or None")
    if not 1 <= n <= size:
        raise ValueError(f"n={n}: {holder} holds {size:,} images, so n must be from 1 to {size:,}")
