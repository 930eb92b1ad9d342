"""The course's studies, each an object: ``results.table(studies.TOGETHER)`` is its table.

``comparisons``  what dropout and batch norm bring
``confounds``    what an earlier comparison had let differ at once, and reasons put to the test
``photographs``  colour photographs, residual networks, other company
``networks``     the four networks that most of them vary
"""

from dropnorm.experiments.studies import comparisons, confounds, photographs
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
    PASSES,
    PASSES_RATES,
    PLACES_OF_DROPOUT,
    SUBSETS,
    TOLERANCE,
    TOLERANCE_ALONE,
    UNFAMILIAR,
)
from dropnorm.experiments.studies.networks import NETWORKS, PLACES, RATE, TUNED
from dropnorm.experiments.studies.photographs import (
    CLOTHES_WIDE,
    COMPANY,
    COMPANY_FIT,
    COMPANY_RATES,
    COMPANY_SHARED,
    PHOTO_BATCH,
    PHOTO_BLOCKS,
    PHOTO_CNN,
    PHOTO_CNN_RATES,
    PHOTO_FIT,
    PHOTO_PLACES,
    PHOTO_RATES,
    PHOTO_RESNET,
    PHOTO_RESNET_RATES,
)
from dropnorm.experiments.study import Study

# In the order of the command line and of the results explorer: that in which they are defined.
STUDIES = tuple(
    value
    for module in (comparisons, confounds, photographs)
    for value in vars(module).values()
    if isinstance(value, Study)
)
