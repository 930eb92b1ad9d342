"""CIFAR-10 from its archive: checked, put in the stratified order, and kept decoded in a cache."""

import hashlib
import os
import tarfile
import tempfile
from functools import lru_cache
from pathlib import Path

import numpy as np

from dropnorm.data import files
from dropnorm.data.files import DataError
from dropnorm.data.splits import Split, divide

ADDRESSES = (
    "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/cifar-10-binary.tar.gz",
)
ARCHIVE_SHA256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"

# SHA-256 of what counts: the same members may have been compressed by somebody else.
MEMBERS = {
    "data_batch_1.bin": "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
    "data_batch_2.bin": "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
    "data_batch_3.bin": "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
    "data_batch_4.bin": "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
    "data_batch_5.bin": "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
    "test_batch.bin": "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
}

# SHA-256 of the images, then the labels, of each split as decoded.
DECODED: dict[Split, str] = {
    "train": "749cd27169791a6de468a5ad7aef0e68ec29a0514fac752ca84ddb0f2e0bba29",
    "validation": "4a3af8e8ee5c1586cee2102ec8a62d29b417baa9444012d82ac538b28364eb4a",
    "test": "3f2db7560f72bd57079f2f79298bececf6eb12dd8042f9a9c3446adace5dd63a",
}

# Bytes of an image in the archive: its label, then red, green and blue row by row.
IMAGE_BYTES = 1 + 3 * 32 * 32


@lru_cache(maxsize=3)
def decoded(split: Split) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, 3, 32, 32) of a split, uint8 and memory-mapped, and its labels (N,), in order.

    They are decoded once, into the user's cache, where all processes share them. A file there that
    is not what its name says is made anew.

    Raises
    ------
    DataError
        The archive cannot be had, or it is damaged, cut off or another one: the message has the
        hash found and expected.
    """
    folder = files.user_cache("cifar-10")
    try:
        return _from_cache(folder, split)
    except (OSError, ValueError, EOFError):
        decode(archive(), folder)
        return _from_cache(folder, split)


def archive() -> Path:
    """Where the archive is, downloaded if need be."""
    return files.find(
        folder="cifar-10",
        file="cifar-10-binary.tar.gz",
        like="cifar-10-binary.tar.*",
        addresses=ADDRESSES,
        known_hash=f"sha256:{ARCHIVE_SHA256}",
        advice="The photographs are not shipped with the course: their licence is not stated. "
        "Its chapters show stored records and need no download.",
    )


def members(path: Path) -> dict[str, bytes]:
    """The six binary files of an archive, by name; each is compared with its published hash.

    Raises
    ------
    DataError
        A member is missing or another one, or the archive cannot be read to its end.
    """
    contents: dict[str, bytes] = {}
    try:
        with tarfile.open(path, "r:*") as tar:
            for member in tar:
                name = Path(member.name).name
                if name not in MEMBERS or not (file := tar.extractfile(member)):
                    continue
                contents[name] = file.read()
                actual = hashlib.sha256(contents[name]).hexdigest()
                if actual != MEMBERS[name]:
                    fault = f"the SHA-256 of {name} should be {MEMBERS[name]}, found {actual}"
                    raise _damaged(path, fault)
    except (OSError, EOFError, tarfile.TarError, ValueError) as error:
        fault = f"it cannot be read to its end ({type(error).__name__}: {error})"
        raise _damaged(path, fault) from None
    if missing := MEMBERS.keys() - contents.keys():
        raise _damaged(path, f"it has no {', '.join(sorted(missing))}")
    return contents


def _damaged(path: Path, fault: str) -> DataError:
    message = f"{path} is damaged or another archive: {fault}."
    return DataError(f"{message} What to do: delete it and run again.")


def decode(path: Path, folder: Path) -> None:
    """Write each split's images and labels into a folder, as NumPy files."""
    contents = members(path)
    training = b"".join(contents[f"data_batch_{k}.bin"] for k in range(1, 6))
    folder.mkdir(parents=True, exist_ok=True)
    for test, content in ((False, training), (True, contents["test_batch.bin"])):
        rows = np.frombuffer(content, np.uint8).reshape(-1, IMAGE_BYTES)
        labels, images = rows[:, 0], rows[:, 1:].reshape(-1, 3, 32, 32)
        for split, indices in divide(images, labels, test).items():
            _write(folder / f"{split}-labels.npy", labels[indices])
            _write(folder / f"{split}-images.npy", images[indices])


def _write(path: Path, array: np.ndarray) -> None:
    """All of the file or nothing, even when several processes write it at once."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        np.save(file, array)
    os.replace(file.name, path)


def _from_cache(folder: Path, split: Split) -> tuple[np.ndarray, np.ndarray]:
    """The decoded split; ValueError where it is not the published one."""
    images, labels = (
        np.load(folder / f"{split}-{part}.npy", mmap_mode="r") for part in ("images", "labels")
    )
    digest = hashlib.sha256(images)
    digest.update(labels)
    if digest.hexdigest() != DECODED[split]:
        raise ValueError(f"{folder}: the decoded {split} split is damaged")
    return images, labels
