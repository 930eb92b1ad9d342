"""Probe ``answers``: which test images a network gets right."""

import base64
import copy

import numpy as np

from dropnorm.experiments.evaluation import scores_of
from dropnorm.experiments.probes.base import Trained
from dropnorm.experiments.records import Record


def measure(trained: Trained) -> dict[str, str]:
    """In evaluation mode: ``right``, a bit for each test image, which ``right_images`` reads."""
    images, labels = trained.splits["test"]
    right = scores_of(copy.deepcopy(trained.model).eval(), images).argmax(1) == labels
    return {"right": base64.b64encode(np.packbits(right.cpu().numpy()).tobytes()).decode()}


def right_images(record: Record) -> np.ndarray:
    """For each test image whether the network of a record got it right: booleans (n_test,)."""
    bits = np.frombuffer(base64.b64decode(record.probe["right"]), np.uint8)
    return np.unpackbits(bits, count=record.trial.n_test).astype(bool)
