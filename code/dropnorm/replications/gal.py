"""Gal and Ghahramani (2016): how sure is a vote of thinned networks of a digit that is turned?"""

import numpy as np

from dropnorm.experiments import results
from dropnorm.experiments.statistics import Interval, mean_interval
from dropnorm.experiments.study import Study, with_seeds
from dropnorm.replications.networks import CNN, SEEDS
from dropnorm.replications.scorecard import Replication, Row

PAPER = "Gal & Ghahramani 2016"

ROTATIONS = Study(
    "gal-rotations",
    "How sure is a thinned vote of a turned digit 1? (2016, fig. 4)",
    with_seeds(
        SEEDS,
        [
            {
                "data": "mnist",
                "n_train": 20_000,
                "steps": 1_500,
                "lr": 0.03,
                "dropout": 0.5,
                "probe": "rotations",
            }
        ],
    ),
)
STUDIES = (ROTATIONS,)


def _disagreement() -> Interval:
    """Mean over 60, 70 and 80 degrees, less that of the upright digit."""
    # here, not above: the site lists the studies, and is built without PyTorch
    from dropnorm.experiments.probes.rotations import ANGLES

    turned = [ANGLES.index(angle) for angle in (60, 70, 80)]
    by_angle = np.array([run.probe["information"] for run in results.records(ROTATIONS)])
    return mean_interval(by_angle[:, turned].mean(axis=1) - by_angle[:, 0])


TURNED_DIGITS = Replication(
    name="turned digits",
    paper=PAPER,
    study=ROTATIONS,
    differences=(CNN, "20,000 images, 1,500 steps", "100 digits for one"),
)

ROWS = (
    Row(
        replication=TURNED_DIGITS,
        figure="fig. 4",
        effect="disagreement of the passes, a 1 turned by 60 to 80° − upright, nats",
        published="more",
        measure=_disagreement,
        sign=1,
    ),
)
