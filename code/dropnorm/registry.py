"""All studies by name, for the command line and the results explorer."""

from dropnorm import replications
from dropnorm.experiments import studies
from dropnorm.experiments.study import Study

STUDIES = {study.name: study for study in (*studies.STUDIES, *replications.STUDIES)}


def find(name: str) -> Study:
    """The study of that name.

    Raises
    ------
    ValueError
        There is none; the message lists those there are.
    """
    if name not in STUDIES:
        raise ValueError(f"study {name!r}: expected one of {', '.join(STUDIES)}")
    return STUDIES[name]
