"""CIFAR-10: the published photographs or a clear message, decoded once."""

import hashlib
import io
import os
import tarfile

import numpy as np
import pooch
import pytest

from dropnorm import data
from dropnorm.data import DataError, cifar, splits

SIZE = 20


def member(seed: int) -> bytes:
    """Made-up records: each class twice."""
    random = np.random.default_rng(seed)
    rows = random.integers(0, 256, (SIZE, cifar.IMAGE_BYTES), dtype=np.uint8)
    rows[:, 0] = np.arange(SIZE) % 10
    return rows.tobytes()


def write_archive(path, content: dict[str, bytes]) -> None:
    with tarfile.open(path, "w:gz") as tar:
        for name, data_ in content.items():
            info = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            info.size = len(data_)
            tar.addfile(info, io.BytesIO(data_))


@pytest.fixture
def made_up(tmp_path, monkeypatch):
    """A small archive in the cache's place, with its own hashes."""
    content = {name: member(seed) for seed, name in enumerate(cifar.MEMBERS)}
    folder = tmp_path / "data" / "cifar-10"
    folder.mkdir(parents=True)
    write_archive(folder / "cifar-10-binary.tar.gz", content)
    monkeypatch.setenv("DROPNORM_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path / "cache")
    monkeypatch.setattr(
        cifar, "MEMBERS", {n: hashlib.sha256(c).hexdigest() for n, c in content.items()}
    )
    monkeypatch.setattr(splits, "HELD_OUT", 10)
    cifar.decoded.cache_clear()
    yield folder / "cifar-10-binary.tar.gz", content
    cifar.decoded.cache_clear()


def accept_what_is_decoded(monkeypatch, cache) -> None:
    hashes = {}
    for split in cifar.DECODED:
        digest = hashlib.sha256(np.load(cache / f"{split}-images.npy"))
        digest.update(np.load(cache / f"{split}-labels.npy"))
        hashes[split] = digest.hexdigest()
    monkeypatch.setattr(cifar, "DECODED", hashes)


def test_splits_are_disjoint_parts_of_the_archive_with_equal_classes(
    made_up, tmp_path, monkeypatch
):
    path, content = made_up
    cache = tmp_path / "cache" / "cifar-10"
    cifar.decode(path, cache)
    accept_what_is_decoded(monkeypatch, cache)
    train, validation, test = (cifar.decoded(split) for split in ("train", "validation", "test"))
    assert (len(train[0]), len(validation[0]), len(test[0])) == (5 * SIZE - 10, 10, SIZE)
    assert sorted(validation[1]) == list(range(10))
    published = {
        name: {c[i : i + cifar.IMAGE_BYTES] for i in range(0, len(c), cifar.IMAGE_BYTES)}
        for name, c in content.items()
    }
    everything = set().union(
        *(rows for name, rows in published.items() if name != "test_batch.bin")
    )
    rows = [
        bytes([label]) + image.tobytes()
        for images, labels in (train, validation)
        for image, label in zip(images, labels, strict=True)
    ]
    assert set(rows) == everything and len(rows) == len(everything)
    assert set(as_rows(*test)) == published["test_batch.bin"]


def as_rows(images, labels) -> list[bytes]:
    return [bytes([label]) + image.tobytes() for image, label in zip(images, labels, strict=True)]


def test_it_is_decoded_once_and_mapped_and_a_damaged_cache_is_made_anew(
    made_up, tmp_path, monkeypatch
):
    path, _ = made_up
    cache = tmp_path / "cache" / "cifar-10"
    cifar.decode(path, cache)
    accept_what_is_decoded(monkeypatch, cache)
    path.rename(path.with_suffix(".away"))  # no archive: only the cache is left
    images, _ = cifar.decoded("train")
    assert isinstance(images, np.memmap)
    path.with_suffix(".away").rename(path)
    del images
    cifar.decoded.cache_clear()
    file = cache / "train-images.npy"
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    images, _ = cifar.decoded("train")
    assert hashlib.sha256(np.load(file)).hexdigest() == hashlib.sha256(images).hexdigest()
    assert not [name for name in os.listdir(cache) if not name.endswith(".npy")]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            lambda c: c | {"data_batch_3.bin": member(99)},
            "SHA-256 of data_batch_3.bin should be .*, found ",
        ),
        (
            lambda c: {k: v for k, v in c.items() if k != "test_batch.bin"},
            "it has no test_batch.bin",
        ),
    ],
)
def test_a_foreign_archive_is_refused_with_the_member(made_up, damage, message):
    path, content = made_up
    write_archive(path, damage(content))
    with pytest.raises(DataError, match=message):
        cifar.decoded("train")


def test_an_archive_that_is_cut_off_is_refused(made_up):
    path, _ = made_up
    path.write_bytes(path.read_bytes()[:-2_000])
    with pytest.raises(DataError, match="cannot be read to its end"):
        cifar.decoded("test")


def test_without_archive_and_network_the_message_says_what_that_means(made_up, monkeypatch):
    path, _ = made_up
    path.unlink()
    monkeypatch.setattr(pooch, "retrieve", _no_network)
    with pytest.raises(DataError, match=r"could not be downloaded.*not shipped with the course"):
        cifar.decoded("train")


def _no_network(*_, **__):
    raise ConnectionError("no network")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [(("dev",), "split='dev'"), (("test", 0), "n=0"), (("test", 10_001), "10,000")],
)
def test_wrong_arguments_are_named(arguments, named):
    with pytest.raises(ValueError, match=named):
        data.cifar10(*arguments)
    with pytest.raises(ValueError, match="source='subset'"):
        data.cifar10("test", 5, source="subset")


@pytest.mark.skipif(
    not os.environ.get("DROPNORM_DATA"), reason="needs the photographs: DROPNORM_DATA is not set"
)
def test_the_photographs_are_the_published_ones():
    images, labels = data.cifar10("validation", 50)
    assert (
        images.shape == (50, 3, 32, 32) and images.dtype == np.float32 and labels.dtype == np.int64
    )
    assert 0 <= images.min() < images.max() <= 1 and np.bincount(labels).tolist() == [5] * 10
    train, _ = cifar.decoded("train")
    mean = train[::9].mean((0, 2, 3)) / 255
    assert mean == pytest.approx([0.4914, 0.4822, 0.4465], abs=0.003)
