"""The course's studies, each an object: ``results.table(studies.TOGETHER)`` is its table.

``comparisons``  what dropout and batch norm bring
``confounds``    what an earlier comparison had let differ at once, and reasons put to the test
``photographs``  colour photographs, residual networks, other company
``networks``     the four networks that most of them vary
"""

from dropnorm.experiments.studies.comparisons import (
    AVERAGING,
    BATCH_SIZE,
    CO_ADAPTATION,
    DATA_SIZE,
    DEEP_LINEAR,
    DROPOUT_ORDER,
    DROPOUT_RATE,
    INIT_SCALE,
    LEARNING_RATE,
    NORM_POSITION,
    RANDOM_LABELS,
    SCHEDULE,
    SEEDS,
    TOGETHER,
    TRAINING_PROBES,
)
from dropnorm.experiments.studies.confounds import (
    ANSWERS,
    CALIBRATION,
    ENSEMBLES,
    ORDER_FAIR,
    ORDER_FAIR_RATES,
    PASSES_RATES,
    PLACES_OF_DROPOUT,
    SUBSETS,
    TOLERANCE,
    TOLERANCE_ALONE,
    UNFAMILIAR,
)
from dropnorm.experiments.studies.networks import NETWORKS, PLACES, RATE, TUNED
from dropnorm.experiments.studies.photographs import (
    COMPANY_RATES,
    PHOTO_CNN_RATES,
    PHOTO_RESNET_RATES,
)

__all__ = [
    "ANSWERS",
    "AVERAGING",
    "BATCH_SIZE",
    "CALIBRATION",
    "COMPANY_RATES",
    "CO_ADAPTATION",
    "DATA_SIZE",
    "DEEP_LINEAR",
    "DROPOUT_ORDER",
    "DROPOUT_RATE",
    "ENSEMBLES",
    "INIT_SCALE",
    "LEARNING_RATE",
    "NETWORKS",
    "NORM_POSITION",
    "ORDER_FAIR",
    "ORDER_FAIR_RATES",
    "PASSES_RATES",
    "PHOTO_CNN_RATES",
    "PHOTO_RESNET_RATES",
    "PLACES",
    "PLACES_OF_DROPOUT",
    "RANDOM_LABELS",
    "RATE",
    "SCHEDULE",
    "SEEDS",
    "STUDIES",
    "SUBSETS",
    "TOGETHER",
    "TOLERANCE",
    "TOLERANCE_ALONE",
    "TRAINING_PROBES",
    "TUNED",
    "UNFAMILIAR",
]

# In the order of the command line and of the results explorer.
STUDIES = (
    TOGETHER,
    DATA_SIZE,
    DROPOUT_RATE,
    LEARNING_RATE,
    INIT_SCALE,
    BATCH_SIZE,
    NORM_POSITION,
    DROPOUT_ORDER,
    RANDOM_LABELS,
    SEEDS,
    SCHEDULE,
    TRAINING_PROBES,
    DEEP_LINEAR,
    CO_ADAPTATION,
    AVERAGING,
    ANSWERS,
    SUBSETS,
    ORDER_FAIR_RATES,
    ORDER_FAIR,
    PLACES_OF_DROPOUT,
    TOLERANCE,
    TOLERANCE_ALONE,
    PASSES_RATES,
    CALIBRATION,
    UNFAMILIAR,
    ENSEMBLES,
    PHOTO_CNN_RATES,
    PHOTO_RESNET_RATES,
    COMPANY_RATES,
)
