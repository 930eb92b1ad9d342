"""Records on disk: one JSON line each, so that nothing is lost, doubled or silently changed."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from dropnorm.experiments.trial import Trial, canonical_json

if TYPE_CHECKING:
    import pandas as pd

ENGINE = 1
"""Version of the training code: raised when a change of it changes figures. Records of another version are refused."""

RESULTS = Path(__file__).parents[3] / "results"
"""The repository's folder of stored records."""


class RecordError(RuntimeError):
    """A results file holds something that is not an undamaged record of this version."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """What came out of a trial."""

    trial: Trial
    """What was run."""
    curves: dict[str, list]
    """``step``, ``train_loss`` (mean since the point before, nats), ``validation_loss``, ``validation_accuracy``."""
    final: dict[str, dict[str, float | None]]
    """``loss`` (nats; None if not finite) and ``accuracy`` (fraction) on ``train``, ``validation`` and ``test``."""
    diverged: bool
    """Whether the loss stopped being finite."""
    seconds: float
    """Wall-clock time."""
    device: str
    """``cpu`` or the GPU's name."""
    threads: int
    """Threads that computed it."""
    versions: dict[str, Any]
    """Of the engine, Python, torch and NumPy."""
    probe: dict[str, Any] = field(default_factory=dict)
    """What the trial's probe measured: see ``dropnorm.experiments.probes``; lists on the way run along the curves' steps."""

    def to_line(self) -> str:
        """The record as one line of JSON without its end, with the trial's key and a checksum of everything else."""
        content = {**self.__dict__, "trial": self.trial.to_dict(), "key": self.trial.key}
        return canonical_json({**content, "sha256": _checksum(content)})

    @classmethod
    def from_line(cls, line: str) -> Record:
        """The record that a line holds.

        Raises
        ------
        RecordError
            Not JSON, not a record, changed since it was written, or written by another version of the engine.
        """
        try:
            content = json.loads(line)
            found = content.pop("sha256")
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise RecordError(f"not a whole record ({type(error).__name__}: {error})") from None
        if (expected := _checksum(content)) != found:
            raise RecordError(f"edited: its checksum should be {expected}, found {found}")
        if (engine := content["versions"].get("engine")) != ENGINE:
            raise RecordError(f"made by version {engine} of the engine, this is version {ENGINE}")
        key, trial = content.pop("key"), Trial(**content.pop("trial"))
        if trial.key != key:
            raise RecordError(f"its key {key} is not that of its trial, {trial.key}")
        return cls(trial=trial, **content)

    def same_figures(self, other: Record) -> bool:
        """Whether curves, final figures, divergence and probes are identical."""
        return all(getattr(self, name) == getattr(other, name) for name in ("curves", "final", "diverged", "probe"))


def rounded(value: float) -> float:
    """Five significant digits: more than any figure of the book shows."""
    return float(f"{value:.5g}")


def path_of(study: str, folder: Path = RESULTS) -> Path:
    """Where a study's records are."""
    return folder / f"{study}.jsonl"


def append(path: Path, record: Record) -> None:
    """Add a record as the last line and wait until it is on the disk.

    Raises
    ------
    OSError
        It cannot be written whole (disk full, folder read-only): then the file is as it was before.
    """
    line = (record.to_line() + "\n").encode()
    with path.open("ab", buffering=0) as file:
        before = file.tell()
        try:
            if file.write(line) < len(line):
                raise OSError(f"only part of a record could be written to {path}: is the disk full?")
            os.fsync(file.fileno())
        except OSError:
            file.truncate(before)
            raise


def read(path: Path) -> list[Record]:
    """All records of a file, in the order written; none if there is no file.

    Raises
    ------
    RecordError
        Names every line that cannot be used and why. Nothing damaged is passed over in silence.
    """
    records, faults = inspect(path)
    if faults:
        raise RecordError(f"{path}: " + "; ".join(faults))
    return records


def read_all(folder: Path = RESULTS) -> dict[str, Record]:
    """All records of all files by their trials' keys.

    Raises
    ------
    RecordError
        As ``read``; or a trial is stored twice.
    """
    stored: dict[str, Record] = {}
    for path in sorted(folder.glob("*.jsonl")):
        for record in read(path):
            if record.trial.key in stored:
                raise RecordError(f"{path}: trial {record.trial.key} is stored in another study's file, too")
            stored[record.trial.key] = record
    return stored


def inspect(path: Path) -> tuple[list[Record], list[str]]:
    """The good records of a file, and a message for each line that is torn, edited, doubled or of another version."""
    records, faults, seen = [], [], {}
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            record = Record.from_line(line)
        except RecordError as error:
            faults.append(f"line {number} is {error}")
            continue
        if record.trial.key in seen:
            faults.append(f"line {number} repeats trial {record.trial.key} of line {seen[record.trial.key]}")
            continue
        seen[record.trial.key] = number
        records.append(record)
    if text and not text.endswith("\n") and not (faults and faults[-1].startswith(f"line {number} ")):
        faults.append(f"line {number} has no end")
        records.pop()
    return records, faults


def set_aside_torn_line(path: Path) -> str | None:
    """Move a last line without an end, left by a run that was cut off, to ``<name>.torn``; return it."""
    if not path.exists() or not (content := path.read_bytes()) or content.endswith(b"\n"):
        return None
    whole = content.rfind(b"\n") + 1
    with path.with_suffix(".torn").open("ab") as torn:
        torn.write(content[whole:] + b"\n")
        torn.flush()
        os.fsync(torn.fileno())
    os.truncate(path, whole)
    return content[whole:].decode("utf-8", errors="replace")


def table(records: Iterable[Record]) -> pd.DataFrame:
    """One row a record: the trial's fields, ``condition``, final figures (``test_accuracy``, …), divergence, seconds.

    ``looks_accuracy`` is the mean validation accuracy over all looks of the curve: how fast a run was.
    """
    import pandas as pd  # here: the site is built without it

    return pd.DataFrame(
        {
            **record.trial.to_dict(),
            "condition": record.trial.condition,
            **{f"{split}_{name}": value for split, figures in record.final.items() for name, value in figures.items()},
            "looks_accuracy": fmean(record.curves["validation_accuracy"]),
            "diverged": record.diverged,
            "seconds": record.seconds,
        }
        for record in records
    )


def curves(records: Iterable[Record]) -> pd.DataFrame:
    """One row a point of a curve: ``key``, ``condition``, ``seed``, ``lr``, ``n_train`` and the curves' columns."""
    import pandas as pd

    return pd.concat(
        pd.DataFrame(r.curves).assign(
            key=r.trial.key, condition=r.trial.condition, seed=r.trial.seed, lr=r.trial.lr, n_train=r.trial.n_train
        )
        for r in records
    )


def _checksum(content: dict[str, Any]) -> str:
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()[:16]
