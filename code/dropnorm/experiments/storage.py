"""Records on disk: one JSON line each, so that nothing is lost, doubled or silently changed.

A file is scanned once for each change of it: every line's checksum is compared and its place noted,
some microseconds a line. A record is made from its line when somebody asks for it.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from dropnorm import repository
from dropnorm.experiments.records import ENGINE, Record, RecordError

# Environment variable that names the folder of stored records.
RESULTS_ENV = "DROPNORM_RESULTS"

# The folder of stored records: the repository's, if no other is named. A package that is installed
# elsewhere has none.
RESULTS = Path(os.environ.get(RESULTS_ENV) or repository.folder() / "results")


def path_of(study: str, folder: Path = RESULTS) -> Path:
    """Where a study's records are."""
    return folder / f"{study}.jsonl"


def append(path: Path, *records: Record) -> None:
    """Add records as the last lines and wait until they are on the disk.

    Raises
    ------
    OSError
        They cannot be written whole (disk full, folder read-only): then the file is as it was
        before.
    """
    lines = "".join(record.to_line() + "\n" for record in records).encode()
    with path.open("ab", buffering=0) as file:
        before = file.tell()
        try:
            if file.write(lines) < len(lines):
                raise OSError(
                    f"only part of a record could be written to {path}: is the disk full?"
                )
            os.fsync(file.fileno())
        except OSError:
            file.truncate(before)
            raise


@dataclass(frozen=True)
class Lines:
    """What a scan of a results file found.

    Attributes
    ----------
    stamp
        Inode, time and size of the file at the scan.
    places
        By key of the trial: where an undamaged line begins, and its length in bytes.
    faults
        By number of the line: what is wrong with it, and the key of its trial if that can be read.
    torn
        Number of a last line without an end, which another process may be writing just now; 0 if
        there is none.
    records
        Those made from lines so far.
    """

    stamp: tuple[int, int, int]
    places: dict[str, tuple[int, int]]
    faults: dict[int, tuple[str, str | None]]
    torn: int
    records: dict[str, Record] = field(default_factory=dict)


_scans: dict[Path, Lines] = {}


def scan(path: Path) -> Lines:
    """Compare the checksum of every line and note its place.

    If the file is as it was at the last scan, that scan.
    """
    if not path.exists():
        return Lines((0, 0, 0), {}, {}, 0)
    status = path.stat()
    stamp = (status.st_ino, status.st_mtime_ns, status.st_size)
    if path not in _scans or _scans[path].stamp != stamp:
        _scans[path] = _scan(path.read_bytes(), stamp)
    return _scans[path]


def _scan(content: bytes, stamp: tuple[int, int, int]) -> Lines:
    places: dict[str, tuple[int, int]] = {}
    numbers: dict[str, int] = {}
    faults: dict[int, tuple[str, str | None]] = {}
    start, number, torn = 0, 0, 0
    while start < len(content):
        number += 1
        end = content.find(b"\n", start)
        line = content[start:end] if end >= 0 else content[start:]
        key = _key_in(line)
        if end < 0:
            torn = number
            faults[number] = ("has no end", None)
        elif message := _fault_of(line):
            faults[number] = (f"is {message}", key)
        elif key is None:
            faults[number] = ("is not written as this package writes", key)
        elif key in places:
            faults[number] = (f"repeats trial {key} of line {numbers[key]}", key)
        else:
            places[key], numbers[key] = (start, len(line)), number
        start = end + 1 if end >= 0 else len(content)
    return Lines(stamp, places, faults, torn)


def _key_in(line: bytes) -> str | None:
    _, mark, rest = line.partition(b'"key":"')
    return rest[:12].decode(errors="replace") if mark else None


def _fault_of(line: bytes) -> str | None:
    """What is wrong with a line, or None."""
    # A line that we wrote need not be parsed: its checksum, 16 digits and a quotation mark, is that
    # of the rest of it.
    before, mark, rest = line.rpartition(b',"sha256":"')
    checksum = hashlib.sha256(before + rest[17:]).hexdigest()[:16].encode()
    if mark and checksum == rest[:16] and b'"key":"' in before:
        engine = line.rpartition(b'"engine":')[2].split(b",")[0].rstrip(b"}").decode()
        if engine == str(ENGINE):
            return None
        return f"made by version {engine} of the engine, this is version {ENGINE}"
    try:
        Record.from_line(line.decode(errors="replace"))
    except RecordError as error:
        return str(error)
    return None


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
        As ``read``; or there is no such folder; or a trial is stored twice.
    """
    stored: dict[str, Record] = {}
    for path in _files(folder):
        for record in read(path):
            if record.trial.key in stored:
                raise RecordError(
                    f"{path}: trial {record.trial.key} is stored in another study's file, too"
                )
            stored[record.trial.key] = record
    return stored


def inspect(path: Path) -> tuple[list[Record], list[str]]:
    """The good records of a file, and a message for each faulty line.

    Such as are torn, edited, doubled or of another version.
    """
    lines = scan(path)
    records: list[Record] = []
    faults = [f"line {number} {message}" for number, (message, _) in lines.faults.items()]
    for key in lines.places:
        try:
            records.extend(_records(path, lines, [key]).values())
        except RecordError as error:
            faults.append(str(error))
    return records, faults


def keys(folder: Path = RESULTS) -> set[str]:
    """Keys of all trials that have an undamaged record in the folder."""
    return set(chain.from_iterable(scan(path).places for path in folder.glob("*.jsonl")))


def find(
    keys: Iterable[str], folder: Path = RESULTS, first: Path | None = None
) -> dict[str, Record]:
    """The records of trials by their keys, whichever file they are in.

    Parameters
    ----------
    keys
        Those that are not stored are left out.
    folder
        Where the results are.
    first
        The file in which to look first; the others are read only if it has not got all.

    Raises
    ------
    RecordError
        There is no such folder, or a line that holds one of these trials is damaged. Other lines do
        not matter.
    """
    left = set(keys)
    records: dict[str, Record] = {}
    for path in sorted(_files(folder), key=lambda path: path != first):
        if not left:
            break
        lines = scan(path)
        records |= _records(path, lines, left & lines.places.keys())
        left -= records.keys()
        damaged = {n: message for n, (message, key) in lines.faults.items() if key in left}
        if damaged:
            faults = "; ".join(f"line {n} {message}" for n, message in damaged.items())
            raise RecordError(f"{path}: {faults}")
    return records


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise RecordError(
            f"no folder of results at {folder.absolute()}: set {RESULTS_ENV} to the folder"
            " `results` of the course's repository"
        )
    return sorted(folder.glob("*.jsonl"))


def _records(path: Path, lines: Lines, keys: Iterable[str]) -> dict[str, Record]:
    """Records of keys that the scan has found; their lines are read anew, and only these."""
    if new := [key for key in keys if key not in lines.records]:
        with path.open("rb") as file:
            for key in new:
                start, length = lines.places[key]
                file.seek(start)
                content = json.loads(file.read(length))
                del content["sha256"]
                try:
                    lines.records[key] = Record.from_content(content)
                except (RecordError, ValueError, TypeError, KeyError) as error:
                    raise RecordError(f"{path}: trial {key} is {error}") from None
    return {key: lines.records[key] for key in keys}


def set_aside_torn_line(path: Path) -> str | None:
    """Move a last line without an end to ``<name>.torn``, and return it.

    A run that was cut off leaves one.
    """
    if not path.exists() or not (content := path.read_bytes()) or content.endswith(b"\n"):
        return None
    whole = content.rfind(b"\n") + 1
    with path.with_suffix(".torn").open("ab") as torn:
        torn.write(content[whole:] + b"\n")
        torn.flush()
        os.fsync(torn.fileno())
    os.truncate(path, whole)
    return content[whole:].decode("utf-8", errors="replace")
