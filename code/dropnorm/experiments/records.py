"""A record: what comes out of a trial, as an object and as a line of JSON."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from dropnorm.experiments.canonical_json import canonical_json
from dropnorm.experiments.trial import Trial

# Version of the training code: raised when a change of it changes figures. Records of another
# version are refused.
ENGINE = 1

# Loss (nats; None if not finite) and accuracy (fraction).
Figures = dict[str, float | None]

Curves = dict[str, list[Any]]


class RecordError(RuntimeError):
    """A results file holds something that is not an undamaged record of this version."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """What came out of a trial.

    Attributes
    ----------
    trial
        What was run.
    curves
        ``step``, ``train_loss`` (mean since the point before, nats), ``validation_loss``,
        ``validation_accuracy``.
    final
        ``loss`` (nats; None if not finite) and ``accuracy`` (fraction) on ``train``,
        ``validation`` and ``test``.
    diverged
        Whether the loss stopped being finite.
    seconds
        Wall-clock time.
    device
        ``cpu`` or the GPU's name.
    threads
        Threads that computed it.
    versions
        Of the engine, Python, torch and NumPy.
    probe
        What the trial's probe measured: see ``dropnorm.experiments.probes``. Lists on the way run
        along the curves' steps.
    """

    trial: Trial
    curves: Curves
    final: dict[str, Figures]
    diverged: bool
    seconds: float
    device: str
    threads: int
    versions: dict[str, Any]
    probe: dict[str, Any] = field(default_factory=dict)

    def to_line(self) -> str:
        """The record as one line of JSON without its end.

        With the trial's key, and a checksum of everything else.
        """
        content = {**vars(self), "trial": self.trial.to_dict(), "key": self.trial.key}
        return canonical_json({**content, "sha256": _checksum(content)})

    @classmethod
    def from_line(cls, line: str) -> Record:
        """The record that a line holds.

        Raises
        ------
        RecordError
            Not JSON, not a record, changed since it was written, or written by another version of
            the engine.
        """
        try:
            content = json.loads(line)
            checksum = content.pop("sha256")
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise RecordError(f"not a whole record ({type(error).__name__}: {error})") from None
        if (expected := _checksum(content)) != checksum:
            raise RecordError(f"edited: its checksum should be {expected}, found {checksum}")
        return cls.from_content(content)

    @classmethod
    def from_content(cls, content: dict[str, Any]) -> Record:
        """The record of a line whose checksum was compared before.

        ``content`` is what the JSON holds, without ``sha256``.
        """
        if (engine := content["versions"].get("engine")) != ENGINE:
            raise RecordError(f"made by version {engine} of the engine, this is version {ENGINE}")
        key, trial = content.pop("key"), Trial(**content.pop("trial"))
        if trial.key != key:
            raise RecordError(f"its key {key} is not that of its trial, {trial.key}")
        return cls(trial=trial, **content)

    @property
    def made_by(self) -> tuple[str, str, str]:
        """Processor (or GPU), its instructions, and PyTorch's version.

        Records with equal ones can be identical.
        """
        cpu = self.device == "cpu"
        processor = self.versions.get("processor", "unknown") if cpu else self.device
        return processor, self.versions.get("capability", "unknown"), self.versions["torch"]

    def same_figures(self, other: Record) -> bool:
        """Whether curves, final figures, divergence and probes are identical."""
        return all(
            getattr(self, name) == getattr(other, name)
            for name in ("curves", "final", "diverged", "probe")
        )


def rounded(value: float) -> float:
    """Five significant digits: more than any figure of the book shows."""
    return float(f"{value:.5g}")


def _checksum(content: dict[str, Any]) -> str:
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()[:16]
