"""The images: the shipped subset is the published data, and nothing damaged is ever used."""

import gzip
import hashlib
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pooch
import pytest
from built_book import serving
from hypothesis import given
from hypothesis import strategies as st

from dropnorm import data
from dropnorm.data import cifar, files, idx, subset

needs_full_sets = pytest.mark.skipif(
    not os.environ.get(data.DATA_ENV), reason=f"{data.DATA_ENV} is not set"
)


@pytest.fixture
def fresh(monkeypatch):
    """Nothing cached, and no way to the network."""

    def refuse(*arguments, **named):
        raise OSError("no network")

    idx.read_split.cache_clear()
    subset.load.cache_clear()
    monkeypatch.setattr(pooch, "retrieve", refuse)
    yield
    idx.read_split.cache_clear()
    subset.load.cache_clear()


@pytest.mark.parametrize("split", data.SUBSET_SIZES)
def test_images_have_the_documented_form(split):
    images, labels = data.fashion(split)
    assert images.shape == (data.SUBSET_SIZES[split], 1, 28, 28)
    assert images.dtype == np.float32 and labels.dtype == np.int64
    assert images.min() == 0 and images.max() == 1
    assert (np.bincount(labels) == len(labels) / 10).all()


@given(n=st.integers(1, data.SUBSET_SIZES["validation"]))
def test_every_beginning_is_balanced_and_nested(n):
    images, labels = data.fashion("validation", n)
    counts = np.bincount(labels, minlength=10)
    assert counts.max() - counts.min() <= 1
    whole, _ = data.fashion("validation")
    assert np.array_equal(images, whole[:n])


@needs_full_sets
@pytest.mark.parametrize("split", data.SUBSET_SIZES)
def test_the_subset_is_the_beginning_of_the_full_set_byte_for_byte(split):
    size = data.SUBSET_SIZES[split]
    for shipped, full in zip(
        data.fashion(split, source="subset"), data.fashion(split, size, source="full"), strict=True
    ):
        assert shipped.tobytes() == full.tobytes()


@needs_full_sets
def test_the_subsets_indices_lead_to_the_published_images():
    shipped = subset.load()
    for split, part in {"train": "train", "validation": "train", "test": "t10k"}.items():
        published = idx.read("fashion-mnist", f"{part}-images-idx3-ubyte")
        assert np.array_equal(published[shipped[f"{split}_indices"]], shipped[f"{split}_images"])


@needs_full_sets
def test_the_subset_is_made_anew_byte_for_byte(tmp_path):
    made = subset.make(tmp_path / "subset.npz")
    with np.load(made) as a, np.load(subset.FILE) as b:
        assert a.files == b.files and all(np.array_equal(a[name], b[name]) for name in a.files)


@needs_full_sets
@pytest.mark.parametrize("load", [lambda split: data.fashion(split, source="full"), data.mnist])
def test_the_splits_of_a_full_set_do_not_overlap(load):
    images = {split: {x.tobytes() for x in load(split)[0]} for split in ("train", "validation")}
    # a few images are published twice
    assert len(images["train"]) + len(images["validation"]) > 59_000
    assert len(images["train"] & images["validation"]) < 30


@needs_full_sets
def test_training_pixels_have_the_published_mean_and_deviation():
    pixels = np.concatenate(
        [data.fashion(split, source="full")[0] for split in ("train", "validation")]
    )
    assert pixels.mean(dtype=np.float64) == pytest.approx(0.2860, abs=5e-5)
    assert pixels.std(dtype=np.float64) == pytest.approx(0.3530, abs=5e-5)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"split": "valid"}, "'valid'.*'train', 'validation', 'test'"),
        ({"split": "test", "source": "web"}, "'web'.*'subset'"),
        ({"split": "test", "n": 0}, "n=0.*1 to"),
        ({"split": "test", "n": -3}, "n=-3"),
        ({"split": "test", "n": 2_001, "source": "subset"}, "n=2001.*2,000"),
        ({"split": "test", "n": 10_001}, "n=10001.*10,000"),
        ({"split": "test", "n": 1.5}, "n=1.5.*whole number"),
        ({"split": "test", "n": True}, "n=True.*whole number"),
    ],
)
def test_bad_arguments_are_named(arguments, named):
    with pytest.raises(ValueError, match=named):
        data.fashion(**arguments)


FILE = "t10k-labels-idx1-ubyte"


def _damage(kind: str, path: Path) -> None:
    content = bytearray(path.read_bytes())
    if kind == "truncated":
        content = content[: len(content) // 2]
    elif kind == "altered":
        labels = bytearray(gzip.decompress(content))
        labels[100] ^= 1
        content = gzip.compress(labels)
    elif kind == "empty":
        content = b""
    elif kind == "not gzip":
        content = b"<html>503</html>"
    path.write_bytes(content)


@needs_full_sets
@pytest.mark.parametrize("kind", ["truncated", "altered", "empty", "not gzip"])
def test_a_damaged_file_is_refused_with_what_to_do(kind, tmp_path, monkeypatch, fresh):
    source = Path(os.environ[data.DATA_ENV]) / "fashion-mnist"
    folder = tmp_path / "fashion-mnist"
    folder.mkdir()
    for file in source.glob("*.gz"):
        (folder / file.name).write_bytes(file.read_bytes())
    _damage(kind, folder / f"{FILE}.gz")
    monkeypatch.setenv(data.DATA_ENV, str(tmp_path))
    with pytest.raises(data.DataError) as refusal:
        data.fashion("test", source="full")
    message = str(refusal.value)
    assert str(folder / FILE) in message and "delete it" in message
    assert idx.SETS["fashion-mnist"].files[FILE].content in message and "found" in message


def test_a_damaged_shipped_subset_is_refused(tmp_path, monkeypatch, fresh):
    damaged = tmp_path / "subset.npz"
    damaged.write_bytes(subset.FILE.read_bytes()[:-1])
    monkeypatch.setattr(subset, "FILE", damaged)
    with pytest.raises(data.DataError, match="git checkout"):
        data.fashion("train")


def test_without_a_network_the_message_names_the_offline_subset(tmp_path, monkeypatch, fresh):
    monkeypatch.delenv(data.DATA_ENV, raising=False)
    monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path)
    with pytest.raises(data.DataError, match='source="subset"'):
        data.mnist("train")


def test_a_download_that_breaks_off_leaves_nothing(tmp_path, monkeypatch):
    """A local server sends half a file: none is kept, and the next try asks again."""
    server = subprocess.Popen(
        [sys.executable, "-c", _HALF_SERVER],
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        port = int(server.stdout.readline())
        half = idx.SETS["mnist"]._replace(addresses=(f"http://127.0.0.1:{port}/",))
        monkeypatch.setitem(idx.SETS, "mnist", half)
        monkeypatch.delenv(data.DATA_ENV, raising=False)
        monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path)
        for _ in range(2):
            with pytest.raises(data.DataError, match="could not be downloaded"):
                data.mnist("test")
            assert list((tmp_path / "mnist").glob("*.gz")) == []
    finally:
        server.kill()
        server.wait()


def test_every_full_set_has_a_second_address_and_the_first_is_encrypted():
    sets = [cifar.ADDRESSES, *(published.addresses for published in idx.SETS.values())]
    for addresses in sets:
        hosts = {urlsplit(address).hostname for address in addresses}
        assert len(hosts) == len(addresses) >= 2 and addresses[0].startswith("https://")


def test_where_an_address_fails_or_has_another_file_the_next_is_asked(tmp_path, monkeypatch):
    monkeypatch.delenv(data.DATA_ENV, raising=False)
    monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path / "cache")
    for name, content in (("wrong", b"another file"), ("right", b"the published one")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.gz").write_bytes(content)
    known = f"sha256:{hashlib.sha256(b'the published one').hexdigest()}"
    with serving(tmp_path) as address:
        tried = [f"{address}{name}/x.gz" for name in ("missing", "wrong", "right")]
        path = files.find("set", "x.gz", tried, known, advice="")
        assert path.read_bytes() == b"the published one"
        path.unlink()
        with pytest.raises(data.DataError, match=r"from .*missing/x\.gz .* nor from .*wrong/x\.gz"):
            files.find("set", "x.gz", tried[:2], known, advice="")


_HALF_SERVER = """
from http.server import BaseHTTPRequestHandler, HTTPServer
class Half(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "1000000"); self.end_headers()
        self.wfile.write(b"x" * 1000); self.close_connection = True
    def log_message(self, *args): pass
server = HTTPServer(("127.0.0.1", 0), Half); print(server.server_port); server.serve_forever()
"""
