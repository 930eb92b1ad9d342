"""Which probes there are, and which trials each of them knows.

Needs no PyTorch: a trial is checked, and the site is built, without it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, kw_only=True)
class Probe:
    """A probe's terms.

    Parameters
    ----------
    when
        ``"end"``: of the trained network; ``"points"``: at each point of the curves.
    models
        The kinds of network that it knows.
    dropout
        Whether it needs a probability of dropping above 0.
    values
        By field of a trial: the values that it knows.
    """

    when: Literal["end", "points"] = "end"
    models: tuple[str, ...]
    dropout: bool = False
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def objection(self, trial: Any) -> str | None:
        """What of the trial it does not know, as it follows the probe's name, or None."""
        if self.dropout and trial.dropout == 0:
            return "needs dropout > 0"
        for name, values in {"model": self.models, **self.values}.items():
            if (value := getattr(trial, name)) not in values:
                return f"with {name}={value!r}: expected {' or '.join(map(repr, values))}"
        return None


ProbeName = Literal[
    "none",
    "training",
    "percentiles",
    "units",
    "averaging",
    "shift",
    "recalibration",
    "calibration",
    "ensemble",
    "answers",
    "unfamiliar",
    "sparsity",
    "rotations",
]

BATCH_NORM = {"norm": ("batch",)}  # nothing else has running statistics

PROBES: dict[ProbeName, Probe] = {
    # distributions and gradients
    "training": Probe(when="points", models=("cnn",)),
    # of what the last hidden activation receives
    "percentiles": Probe(when="points", models=("mlp",)),
    # hidden units one by one
    "units": Probe(models=("cnn",)),
    # votes of networks thinned at the dense layers
    "averaging": Probe(models=("cnn", "mlp"), dropout=True, values={"dropout_at": ("fc",)}),
    # variance between training and evaluation; its formula knows no pooling behind the dropout
    "shift": Probe(models=("cnn",), values={**BATCH_NORM, "dropout_order": ("before", "after")}),
    # what new running statistics bring
    "recalibration": Probe(models=("cnn", "resnet"), values=BATCH_NORM),
    # are its probabilities right?
    "calibration": Probe(models=("cnn", "resnet")),
    # votes of networks trained from other seeds
    "ensemble": Probe(models=("cnn", "resnet")),
    # which test images it gets right
    "answers": Probe(models=("cnn", "resnet")),
    # what it answers about clothes turned round and in fog
    "unfamiliar": Probe(models=("cnn",), values={"data": ("fashion",)}),
    # how active the hidden units are
    "sparsity": Probe(models=("autoencoder",)),
    # how sure it is of a turned digit 1
    "rotations": Probe(models=("cnn", "mlp"), dropout=True, values={"data": ("mnist",)}),
}


def objection(name: ProbeName, trial: Any) -> str | None:
    """What of a trial the probe of that name does not know: see ``Probe.objection``."""
    return None if name == "none" else PROBES[name].objection(trial)
