"""The fixed order of a data set, and its division into training, validation and test images."""

import hashlib
from typing import Literal

import numpy as np

Split = Literal["train", "validation", "test"]

HELD_OUT = 5_000
"""Published training images, the first of the stratified order, that are the validation split."""


def stratified_order(images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Order in which every beginning holds the classes as equally as it can.

    Within each class the images are sorted by the SHA-256 of their pixels, which is as good as
    random and needs no generator; then the classes take turns.

    Parameters
    ----------
    images
        uint8, shape (n, …).
    labels
        Integers, shape (n,).

    Returns
    -------
    order
        Indices, int64, shape (n,).
    """
    digests = np.array([hashlib.sha256(image.tobytes()).digest() for image in images], dtype="S32")
    turn = np.empty(len(labels), dtype=np.int64)
    for label in np.unique(labels):
        (members,) = np.nonzero(labels == label)
        turn[members[np.argsort(digests[members], kind="stable")]] = np.arange(len(members))
    return np.lexsort((labels, turn))


def divide(images: np.ndarray, labels: np.ndarray, test: bool) -> dict[Split, np.ndarray]:
    """Indices of each split in a published file, which holds the test images or all the others."""
    order = stratified_order(images, labels)
    if test:
        return {"test": order}
    return {"validation": order[:HELD_OUT], "train": order[HELD_OUT:]}
