"""Fashion-MNIST and MNIST: a shipped subset that needs no network, and the full sets.

Both sets are read in one fixed *stratified order*, so that the first ``n`` images are always the same ones, hold the classes
in equal parts, and contain the first ``m < n``. The shipped subset is the beginning of that order: an experiment on 1,000
images sees the same 1,000 images whether it reads the subset or the full set.
"""

import gzip
import hashlib
import io
import logging
import os
import warnings
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

import numpy as np

with warnings.catch_warnings():
    warnings.simplefilter(
        "ignore"
    )  # in a notebook, tqdm, which pooch imports, asks for ipywidgets: nothing here needs them
    import pooch

Split = Literal["train", "validation", "test"]
Source = Literal["auto", "subset", "full"]

CLASSES = (
    "T-shirt",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)
"""Names of the ten Fashion-MNIST classes, by label."""

SUBSET_SIZES = {"train": 5_000, "validation": 1_000, "test": 2_000}
"""Images of each split in the shipped subset of Fashion-MNIST."""

FULL_SIZES = {"train": 55_000, "validation": 5_000, "test": 10_000}
"""Images of each split in the full sets; train and validation share the 60,000 published training images."""

PHOTO_CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
"""Names of the ten CIFAR-10 classes, by label."""

PHOTO_SIZES = {"train": 45_000, "validation": 5_000, "test": 10_000}
"""Images of each split of CIFAR-10; train and validation share the 50,000 published training images."""

VARIABLE = "DROPNORM_DATA"
"""Environment variable that names a folder with ``fashion-mnist/``, ``mnist/`` and ``cifar-10/`` in it."""

_SUBSET = "fashion-mnist-subset.npz"
_SUBSET_SHA256 = "097846e711b42aec28967ac1d99089d9d4fb8adb3c8b159ac079db68adc29ecd"

# Where a set is served, and for each file the MD5 of the served .gz and the SHA-256 of the bytes inside it.
# The second is what counts: the same bytes may have been compressed by somebody else.
_SETS = {
    "fashion-mnist": (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        {
            "train-images-idx3-ubyte": (
                "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
                "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            ),
            "train-labels-idx1-ubyte": (
                "25c81989df183df01b3e8a0aad5dffbe",
                "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            ),
            "t10k-images-idx3-ubyte": (
                "bef4ecab320f06d8554ea6380940ec79",
                "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            ),
            "t10k-labels-idx1-ubyte": (
                "bb300cfdad3c16e7a12a480ee83cd310",
                "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
            ),
        },
    ),
    "mnist": (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        {
            "train-images-idx3-ubyte": (
                "f68b3c2dcbeaaa9fbdd348bbdeb94873",
                "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            ),
            "train-labels-idx1-ubyte": (
                "d53e105ee54ea40749a09fcbcd1e9432",
                "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            ),
            "t10k-images-idx3-ubyte": (
                "9fb629c4189551a2d022fa330f9573f3",
                "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            ),
            "t10k-labels-idx1-ubyte": (
                "ec29112dd5afa0611ce80d1b7f02629c",
                "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            ),
        },
    ),
}


pooch.get_logger().setLevel(logging.WARNING)


class DataError(RuntimeError):
    """A data file is missing and cannot be fetched, or it is not the published one."""


def fashion(
    split: Split, n: int | None = None, source: Source = "auto"
) -> tuple[np.ndarray, np.ndarray]:
    """Fashion-MNIST (Xiao, Rasul and Vollgraf, 2017), stratified.

    Parameters
    ----------
    split
        ``"train"``, ``"validation"`` or ``"test"``. Train and validation are disjoint parts of the published training
        set; test is the published test set.
    n
        How many images, from the beginning of the fixed order; None for all that the source holds.
    source
        ``"subset"`` ships with the package (5,000, 1,000 and 2,000 images); ``"full"`` is the whole set (55,000, 5,000
        and 10,000), from ``DROPNORM_DATA``, the user's cache or a download; ``"auto"`` takes the subset wherever it is
        large enough, the full set elsewhere.

    Returns
    -------
    images
        float32 in [0, 1], shape (n, 1, 28, 28).
    labels
        int64 in 0 … 9, shape (n,); ``CLASSES`` names them.

    Raises
    ------
    ValueError
        Unknown split or source, or ``n`` outside 1 … size of the set.
    DataError
        The full set is needed and cannot be had, or a file is damaged.
    """
    _check_choice("split", split, FULL_SIZES)
    _check_choice("source", source, ("auto", "subset", "full"))
    if source == "auto":
        source = "subset" if n is None or n <= SUBSET_SIZES[split] else "full"
    if source == "full":
        return _from_full("fashion-mnist", split, n)
    _check_n(n, SUBSET_SIZES[split], f"the shipped subset's {split!r} split")
    subset = _shipped_subset()
    return _as_float(subset[f"{split}_images"][:n], subset[f"{split}_labels"][:n])


def mnist(split: Split, n: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """MNIST (LeCun and Cortes), in the same form as :func:`fashion`; always the full set, nothing is shipped."""
    _check_choice("split", split, FULL_SIZES)
    return _from_full("mnist", split, n)


def cifar10(
    split: Split, n: int | None = None, source: Source = "auto"
) -> tuple[np.ndarray, np.ndarray]:
    """CIFAR-10 (Krizhevsky, 2009): colour photographs, in the same order as :func:`fashion`.

    Parameters
    ----------
    split
        ``"train"`` (45,000), ``"validation"`` (5,000 of the published training images) or ``"test"`` (10,000).
    n
        How many images, from the beginning of the fixed order; None for all.
    source
        ``"auto"`` and ``"full"`` are the same here: from ``DROPNORM_DATA``, the user's cache or a download. No licence
        allows to ship a subset. Some test images are near duplicates of training images (Barz and Denzler, 2020).

    Returns
    -------
    images
        float32 in [0, 1], shape (n, 3, 32, 32).
    labels
        int64 in 0 … 9, shape (n,); ``PHOTO_CLASSES`` names them.

    Raises
    ------
    ValueError
        Unknown split or source, or ``n`` outside 1 … size of the split.
    DataError
        The archive cannot be had, or it is damaged.
    """
    from dropnorm import cifar  # which uses this module

    _check_choice("split", split, PHOTO_SIZES)
    _check_choice("source", source, ("auto", "full"))
    _check_n(n, PHOTO_SIZES[split], f"the {split!r} split of cifar-10")
    images, labels = cifar.decoded(split)
    return images[:n].astype(np.float32) / np.float32(255), labels[:n].astype(np.int64)


def stratified_order(images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Order in which every beginning holds the classes as equally as it can.

    Within each class the images are sorted by the SHA-256 of their pixels, which is as good as random and needs no
    generator; then the classes take turns.

    Parameters
    ----------
    images
        uint8, shape (n, …).
    labels
        Integers, shape (n,).

    Returns
    -------
    order
        Indices, int64, shape (n,).
    """
    digests = np.array([hashlib.sha256(image.tobytes()).digest() for image in images], dtype="S32")
    turn = np.empty(len(labels), dtype=np.int64)
    for label in np.unique(labels):
        (members,) = np.nonzero(labels == label)
        turn[members[np.argsort(digests[members], kind="stable")]] = np.arange(len(members))
    return np.lexsort((labels, turn))


def make_subset(path: Path) -> Path:
    """Write the shipped subset anew from the full Fashion-MNIST, with the indices of its images in the published files."""
    arrays: dict[str, np.ndarray] = {}
    for split, size in SUBSET_SIZES.items():
        images, labels, indices = _full("fashion-mnist", split)
        arrays[f"{split}_images"] = images[:size]
        arrays[f"{split}_labels"] = labels[:size]
        arrays[f"{split}_indices"] = indices[:size].astype(np.uint16)
    np.savez_compressed(path, **arrays)
    return path


def fetch(name: str) -> Path:
    """Make sure the full set ``"fashion-mnist"`` or ``"mnist"`` is here and undamaged; return its folder."""
    _check_choice("name", name, _SETS)
    for file in _SETS[name][1]:
        path = _locate(name, file)
        _read_verified(name, file, path)
    return path.parent


def _from_full(name: str, split: Split, n: int | None) -> tuple[np.ndarray, np.ndarray]:
    _check_n(n, FULL_SIZES[split], f"the {split!r} split of {name}")
    images, labels, _ = _full(name, split)
    return _as_float(images[:n], labels[:n])


def _as_float(images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return images[:, None].astype(np.float32) / np.float32(255), labels.astype(np.int64)


@lru_cache(maxsize=4)
def _full(name: str, split: Split) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Images (uint8), labels and indices in the published file, in stratified order."""
    part = "t10k" if split == "test" else "train"
    images, labels = (
        _parse_idx(_read_verified(name, file, _locate(name, file)))
        for file in (f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte")
    )
    order = stratified_order(images, labels)
    held_out = FULL_SIZES["validation"]
    order = {"train": order[held_out:], "validation": order[:held_out], "test": order}[split]
    return images[order], labels[order], order


def _parse_idx(content: bytes) -> np.ndarray:
    """An IDX file's array: two zero bytes, type (8 is uint8), number of axes, their sizes, the values."""
    axes = content[3]
    shape = np.frombuffer(content, ">u4", count=axes, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape)


def _locate(name: str, file: str) -> Path:
    """Path of a .gz file: in DROPNORM_DATA, else in the user's cache, where pooch downloads it if it is missing."""
    if folder := os.environ.get(VARIABLE):
        path = Path(folder) / name / f"{file}.gz"
        if path.is_file():
            return path
    address, hashes = _SETS[name]
    cache = Path(pooch.os_cache("dropnorm")) / name
    path = cache / f"{file}.gz"
    if path.is_file():
        return path
    try:
        # pooch downloads into a temporary file and moves it here only when its checksum is right
        pooch.retrieve(
            f"{address}{file}.gz",
            known_hash=f"md5:{hashes[file][0]}",
            fname=path.name,
            path=cache,
            progressbar=True,
        )
    except Exception as error:
        raise DataError(
            f"{file}.gz of {name} is not in {VARIABLE} ({os.environ.get(VARIABLE) or 'not set'}), not in {cache}, and "
            f"could not be downloaded from {address} ({type(error).__name__}: {error}). Without a network use the "
            'shipped subset of Fashion-MNIST: dropnorm.data.fashion(split, source="subset").'
        ) from None  # the message has it all; the chain of causes is three pages long
    return path


def _read_verified(name: str, file: str, path: Path) -> bytes:
    """Decompressed content of a file, refused unless its SHA-256 is the published one."""
    expected = _SETS[name][1][file][1]
    try:
        content = gzip.decompress(path.read_bytes())
        found = hashlib.sha256(content).hexdigest()
    except (OSError, EOFError, ValueError, gzip.zlib.error) as error:
        content, found = b"", f"unreadable ({type(error).__name__}: {error})"
    if found != expected:
        raise _damaged(
            path, expected, found, "delete it and run again, and it will be downloaded anew"
        )
    return content


@lru_cache(maxsize=1)
def _shipped_subset() -> dict[str, np.ndarray]:
    resource = files("dropnorm") / "shipped" / _SUBSET
    content = resource.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != _SUBSET_SHA256:
        raise _damaged(
            resource,
            _SUBSET_SHA256,
            found,
            f"restore it with: git checkout -- {resource}, or install the package again",
        )
    with np.load(io.BytesIO(content)) as archive:
        return dict(archive)


def _damaged(path: object, expected: str, found: str, cure: str) -> DataError:
    return DataError(
        f"{path} is damaged: the SHA-256 of its content should be {expected}, found {found}. What to do: {cure}."
    )


def _check_choice(argument: str, value: object, allowed: object) -> None:
    if value not in allowed:
        raise ValueError(f"{argument}={value!r}: expected one of {', '.join(map(repr, allowed))}")


def _check_n(n: int | None, size: int, what: str) -> None:
    if n is None:
        return
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)):
        raise ValueError(f"n={n!r}: expected a whole number from 1 to {size:,} or None")
    if not 1 <= n <= size:
        raise ValueError(f"n={n}: {what} holds {size:,} images, so n must be from 1 to {size:,}")
