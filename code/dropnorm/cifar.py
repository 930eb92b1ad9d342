"""CIFAR-10 from its archive: checked, put in the stratified order, and kept decoded in the user's cache."""

import hashlib
import os
import tarfile
import tempfile
from functools import lru_cache
from pathlib import Path

import numpy as np
import pooch

from dropnorm.data import VARIABLE, DataError, Split, stratified_order

ADDRESS = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
ARCHIVE_SHA256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"

MEMBERS = {
    "data_batch_1.bin": "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
    "data_batch_2.bin": "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
    "data_batch_3.bin": "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
    "data_batch_4.bin": "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
    "data_batch_5.bin": "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
    "test_batch.bin": "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
}
"""SHA-256 of what counts: the same members may have been compressed by somebody else."""

DECODED = {
    "train": "749cd27169791a6de468a5ad7aef0e68ec29a0514fac752ca84ddb0f2e0bba29",
    "validation": "4a3af8e8ee5c1586cee2102ec8a62d29b417baa9444012d82ac538b28364eb4a",
    "test": "3f2db7560f72bd57079f2f79298bececf6eb12dd8042f9a9c3446adace5dd63a",
}
"""SHA-256 of the images, then the labels, of each split as decoded."""

HELD_OUT = 5_000
"""Training images, the first of the stratified order, that are the validation split."""

RECORD = 1 + 3 * 32 * 32
"""Bytes of an image in the archive: its label, then red, green and blue row by row."""


@lru_cache(maxsize=3)
def decoded(split: Split) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, 3, 32, 32), uint8 and memory-mapped, and labels (N,) of a split, in the stratified order.

    They are decoded once, into the user's cache, where all processes share them. A file there that is not what its name
    says is made anew.

    Raises
    ------
    DataError
        The archive cannot be had, or it is damaged, cut off or another one: the message has the hash found and expected.
    """
    folder = Path(pooch.os_cache("dropnorm")) / "cifar-10"
    try:
        return _from_cache(folder, split)
    except (OSError, ValueError, EOFError):
        _decode(archive(), folder)
        return _from_cache(folder, split)


def archive() -> Path:
    """Where the archive is: below the folder that DROPNORM_DATA names, else in the user's cache, downloaded if need be."""
    if folder := os.environ.get(VARIABLE):
        for path in sorted((Path(folder) / "cifar-10").glob("cifar-10-binary.tar.*")):
            return path
    cache = Path(pooch.os_cache("dropnorm")) / "cifar-10"
    name = "cifar-10-binary.tar.gz"
    if (cache / name).is_file():
        return cache / name
    try:
        # pooch downloads into a temporary file and moves it here only when its checksum is right
        return Path(
            pooch.retrieve(
                ADDRESS,
                known_hash=f"sha256:{ARCHIVE_SHA256}",
                fname=name,
                path=cache,
                progressbar=True,
            )
        )
    except Exception as error:
        raise DataError(
            f"{name} is not in {VARIABLE} ({os.environ.get(VARIABLE) or 'not set'}), not in {cache}, and could not be "
            f"downloaded from {ADDRESS} ({type(error).__name__}: {error}). The photographs are not shipped with the course: "
            "their licence is not stated. Its chapters show stored records and need no download."
        ) from None


def members(path: Path) -> dict[str, bytes]:
    """The six binary files of an archive, by name; each is compared with its published hash.

    Raises
    ------
    DataError
        A member is missing or another one, or the archive cannot be read to its end.
    """
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(path, "r:*") as tar:
            for member in tar:
                name = Path(member.name).name
                if name in MEMBERS and member.isfile():
                    found[name] = tar.extractfile(member).read()
                    digest = hashlib.sha256(found[name]).hexdigest()
                    if digest != MEMBERS[name]:
                        raise _damaged(
                            path, f"the SHA-256 of {name} should be {MEMBERS[name]}, found {digest}"
                        )
    except (OSError, EOFError, tarfile.TarError, ValueError) as error:
        raise _damaged(
            path, f"it cannot be read to its end ({type(error).__name__}: {error})"
        ) from None
    if missing := MEMBERS.keys() - found.keys():
        raise _damaged(path, f"it has no {', '.join(sorted(missing))}")
    return found


def _damaged(path: Path, what: str) -> DataError:
    return DataError(
        f"{path} is damaged or another archive: {what}. What to do: delete it and run again."
    )


def _decode(path: Path, folder: Path) -> None:
    content = members(path)
    published = {
        "train": b"".join(content[f"data_batch_{k}.bin"] for k in range(1, 6)),
        "test": content["test_batch.bin"],
    }
    folder.mkdir(parents=True, exist_ok=True)
    for part, data in published.items():
        rows = np.frombuffer(data, np.uint8).reshape(-1, RECORD)
        labels, images = rows[:, 0], rows[:, 1:].reshape(-1, 3, 32, 32)
        order = stratified_order(images, labels)
        parts = (
            {"validation": order[:HELD_OUT], "train": order[HELD_OUT:]}
            if part == "train"
            else {"test": order}
        )
        for split, chosen in parts.items():
            _write(folder / f"{split}-labels.npy", labels[chosen])
            _write(folder / f"{split}-images.npy", images[chosen])


def _write(path: Path, array: np.ndarray) -> None:
    """All of the file or nothing, even when several processes write it at once."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        np.save(file, array)
    os.replace(file.name, path)


def _from_cache(folder: Path, split: Split) -> tuple[np.ndarray, np.ndarray]:
    """The decoded split; ValueError where it is not the published one."""
    images, labels = (
        np.load(folder / f"{split}-{what}.npy", mmap_mode="r") for what in ("images", "labels")
    )
    digest = hashlib.sha256(images)
    digest.update(labels)
    if digest.hexdigest() != DECODED[split]:
        raise ValueError(f"{folder}: the decoded {split} split is damaged")
    return images, labels
