"""Studies: named lists of trials, each answering one question."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from dropnorm.experiments.trial import Trial

NETWORKS = {
    "plain": {},
    "dropout": {"dropout": 0.5},
    "batch norm": {"norm": "batch"},
    "both": {"dropout": 0.5, "norm": "batch"},
}
"""The four networks of the 2×2: dropout at p = 0.5 after the dense layer, batch norm in every hidden layer."""


@dataclass(frozen=True)
class Study:
    """A question and the trials that answer it, in the order in which they run: one seed complete before the next."""

    name: str
    question: str
    trials: tuple[Trial, ...]


def _together() -> Iterator[Trial]:
    grid = product(range(10), (1_000, 5_000), (0.01, 0.03, 0.1, 0.3, 1.0), NETWORKS.values())
    for seed, n_train, lr, network in grid:
        yield Trial(seed=seed, n_train=n_train, lr=lr, **network)


STUDIES = {
    study.name: study
    for study in (
        Study(
            "together",
            "What do dropout, batch norm and both bring at two data sizes, each at its best learning rate?",
            tuple(_together()),
        ),
    )
}
"""All studies by name."""


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
