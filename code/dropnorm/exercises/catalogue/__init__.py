"""What the exercises ask, and the mistakes they know."""

from dropnorm.exercises.catalogue import (
    averaging,
    batch_norm,
    batch_norm_backward,
    calibration,
    dropout,
    evaluation,
    evidence,
    group_norm,
    images,
    layers,
    noise,
    pooling,
    regression,
    running,
    surgery,
    training,
)
from dropnorm.exercises.spec import Exercise

MODULES = (
    dropout,
    noise,
    averaging,
    regression,
    layers,
    images,
    pooling,
    training,
    batch_norm,
    running,
    evaluation,
    batch_norm_backward,
    surgery,
    calibration,
    group_norm,
    evidence,
)
CATALOGUE: dict[str, Exercise] = {
    exercise.name: exercise
    for exercise in sorted(
        (e for module in MODULES for e in module.EXERCISES), key=lambda e: (e.chapter, e.stars)
    )
}
