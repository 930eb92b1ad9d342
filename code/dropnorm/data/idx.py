"""IDX files, the format in which MNIST and Fashion-MNIST are published: found, checked and read."""

import gzip
import hashlib
import zlib
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dropnorm.data import files
from dropnorm.data.files import DataError
from dropnorm.data.splits import Split, divide


class Hashes(NamedTuple):
    """Of a published file: the MD5 of the .gz as served, and the SHA-256 of the bytes inside it.

    The second is what counts: the same bytes may have been compressed by somebody else.
    """

    served: str
    content: str


class Published(NamedTuple):
    """A published set: where it is served, best first, and its files."""

    addresses: tuple[str, ...]
    files: dict[str, Hashes]


SETS = {
    "fashion-mnist": Published(
        (
            "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        ),
        {
            "train-images-idx3-ubyte": Hashes(
                "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
                "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            ),
            "train-labels-idx1-ubyte": Hashes(
                "25c81989df183df01b3e8a0aad5dffbe",
                "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            ),
            "t10k-images-idx3-ubyte": Hashes(
                "bef4ecab320f06d8554ea6380940ec79",
                "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            ),
            "t10k-labels-idx1-ubyte": Hashes(
                "bb300cfdad3c16e7a12a480ee83cd310",
                "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
            ),
        },
    ),
    "mnist": Published(
        (
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
        {
            "train-images-idx3-ubyte": Hashes(
                "f68b3c2dcbeaaa9fbdd348bbdeb94873",
                "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            ),
            "train-labels-idx1-ubyte": Hashes(
                "d53e105ee54ea40749a09fcbcd1e9432",
                "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            ),
            "t10k-images-idx3-ubyte": Hashes(
                "9fb629c4189551a2d022fa330f9573f3",
                "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            ),
            "t10k-labels-idx1-ubyte": Hashes(
                "ec29112dd5afa0611ce80d1b7f02629c",
                "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            ),
        },
    ),
}


@lru_cache(maxsize=4)
def read_split(name: str, split: Split) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Images (uint8), labels and indices in the published file, in stratified order."""
    part = "t10k" if split == "test" else "train"
    images = read(name, f"{part}-images-idx3-ubyte")
    labels = read(name, f"{part}-labels-idx1-ubyte")
    indices = divide(images, labels, test=split == "test")[split]
    return images[indices], labels[indices], indices


def read(name: str, file: str) -> np.ndarray:
    """The array in a file.

    Its bytes are two zeros, the type (8 is uint8), the number of axes, their sizes, the values.
    """
    content = _verified(locate(name, file), SETS[name].files[file].content)
    axes = content[3]
    shape = np.frombuffer(content, ">u4", count=axes, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape)


def locate(name: str, file: str) -> Path:
    """Path of a published file's .gz, downloaded if need be."""
    advice = (
        "Without a network use the shipped subset of Fashion-MNIST: "
        'dropnorm.data.fashion(split, source="subset").'
    )
    addresses = [f"{address}{file}.gz" for address in SETS[name].addresses]
    known_hash = f"md5:{SETS[name].files[file].served}"
    return files.find(name, f"{file}.gz", addresses, known_hash, advice)


def _verified(path: Path, expected: str) -> bytes:
    """Decompressed content of a file, refused unless its SHA-256 is the published one."""
    try:
        content = gzip.decompress(path.read_bytes())
        actual = hashlib.sha256(content).hexdigest()
    except (OSError, EOFError, ValueError, zlib.error) as error:
        content, actual = b"", f"unreadable ({type(error).__name__}: {error})"
    if actual != expected:
        cure = "delete it and run again, and it will be downloaded anew"
        raise DataError(files.damage(path, expected, actual, cure))
    return content
