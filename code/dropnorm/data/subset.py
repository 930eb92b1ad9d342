"""The subset of Fashion-MNIST that is shipped with the package: the beginning of each split."""

import hashlib
import io
from functools import lru_cache
from importlib.resources import files as resources
from pathlib import Path

import numpy as np

from dropnorm.data import idx
from dropnorm.data.files import DataError, damage
from dropnorm.data.splits import Split

SIZES: dict[Split, int] = {"train": 5_000, "validation": 1_000, "test": 2_000}

FILE = resources("dropnorm.data") / "fashion-mnist" / "fashion-mnist-subset.npz"
SHA256 = "097846e711b42aec28967ac1d99089d9d4fb8adb3c8b159ac079db68adc29ecd"


@lru_cache(maxsize=1)
def load() -> dict[str, np.ndarray]:
    """Images, labels and indices in the published files: ``train_images`` and so on.

    Raises
    ------
    DataError
        The file is damaged.
    """
    content = FILE.read_bytes()
    actual = hashlib.sha256(content).hexdigest()
    if actual != SHA256:
        cure = f"restore it with: git checkout -- {FILE}, or install the package again"
        raise DataError(damage(FILE, SHA256, actual, cure))
    with np.load(io.BytesIO(content)) as archive:
        return dict(archive)


def make(path: Path) -> Path:
    """Write the subset anew from the full set."""
    arrays: dict[str, np.ndarray] = {}
    for split, size in SIZES.items():
        images, labels, indices = idx.read_split("fashion-mnist", split)
        arrays[f"{split}_images"] = images[:size]
        arrays[f"{split}_labels"] = labels[:size]
        arrays[f"{split}_indices"] = indices[:size].astype(np.uint16)
    np.savez_compressed(path, allow_pickle=False, **arrays)
    return path
