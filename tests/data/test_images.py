"""MNIST and its like: where the files are looked for, how they are downloaded, what is verified."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import http.server
import os
import shutil
import socket
import threading
from pathlib import Path

import numpy as np
import pytest

from pellucid.data import datasets
from pellucid.data.datasets import fashion_mnist, mnist
from pellucid.data.datasets.images import IdxFile, ImageSet
from pellucid.data.idx import idx_sum, write_idx
from pellucid.data.npz import SPLIT
from pellucid.errors import FileError

STEMS = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
ARRAYS = tuple(
    (np.arange(np.prod(shape)) * 7 % 251).astype(np.uint8).reshape(shape)
    for shape in ((5, 3, 3), (5,), (2, 3, 3), (2,))
)
OTHERS = tuple(255 - x for x in ARRAYS)


def filled(folder: Path, arrays=ARRAYS, ending: str = ".gz") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for stem, x in zip(STEMS, arrays, strict=True):
        write_idx(folder / (stem + ending), x)
    return folder


class Quiet(http.server.SimpleHTTPRequestHandler):
    asked: list[str] = []  # noqa: RUF012

    def do_GET(self):
        self.asked.append(self.path)
        super().do_GET()

    def log_message(self, *_):
        pass


@pytest.fixture
def mirror(tmp_path):
    """A folder with the four files, and the address at which it is served."""
    folder = filled(tmp_path / "mirror")
    asked: list[str] = []
    handler = type("Handler", (Quiet,), {"asked": asked})
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), lambda *args: handler(*args, directory=os.fspath(tmp_path))
    )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}/", asked
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def dead():
    """An address at which nobody answers."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{s.getsockname()[1]}/"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PELLUCID_CACHE", os.fspath(tmp_path / "cache"))
    monkeypatch.delenv("PELLUCID_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path / "cache" / "datasets" / "tiny"


def tiny(*mirrors: str, name: str = "tiny", arrays=ARRAYS) -> ImageSet:
    files = []
    for stem, x in zip(STEMS, arrays, strict=True):
        archive = hashlib.sha256(gzip.compress(idx_bytes(x), mtime=0)).hexdigest()
        files.append(IdxFile(stem, x.shape, f"sha256:{archive}", idx_sum(x)))
    return ImageSet(name, mirrors, tuple(files))


def idx_bytes(x):
    return bytes([0, 0, 8, x.ndim]) + b"".join(n.to_bytes(4, "big") for n in x.shape) + x.tobytes()


def assert_loaded(split, arrays=ARRAYS):
    (x_train, y_train), (x_test, y_test) = split
    for got, want in zip((x_train, y_train, x_test, y_test), arrays, strict=True):
        np.testing.assert_array_equal(got, want)
        assert got.dtype == np.uint8


@pytest.mark.parametrize("ending", [".gz", ""])
def test_found_in_its_folder_under_pellucid_data(tmp_path, monkeypatch, cache, ending):
    filled(tmp_path / "data" / "tiny", ending=ending)
    monkeypatch.setenv("PELLUCID_DATA", os.fspath(tmp_path / "data"))
    assert_loaded(tiny().load())


def test_at_hand_where_nothing_need_be_downloaded(tmp_path, monkeypatch, cache):
    assert not tiny().at_hand()
    filled(cache)
    assert tiny().at_hand()
    shutil.rmtree(cache)
    filled(tmp_path / "data" / "tiny")
    monkeypatch.setenv("PELLUCID_DATA", os.fspath(tmp_path / "data"))
    assert tiny().at_hand()
    assert datasets.at_hand("digits")


def test_the_dotted_name_is_known_too(tmp_path, monkeypatch, cache):
    folder = filled(tmp_path / "tiny", ending="")
    for path in list(folder.iterdir()):
        path.rename(folder / path.name.replace("-idx", ".idx"))
    monkeypatch.setenv("PELLUCID_DATA", os.fspath(tmp_path))
    assert_loaded(tiny().load())


def test_found_in_pellucid_data_itself_unless_it_is_another_set(tmp_path, monkeypatch, cache):
    data = filled(tmp_path / "data")
    monkeypatch.setenv("PELLUCID_DATA", os.fspath(data))
    assert_loaded(tiny().load())
    filled(data, OTHERS)
    filled(cache)
    assert_loaded(tiny().load())


def test_its_own_folder_comes_first(tmp_path, monkeypatch, cache):
    data = filled(tmp_path / "data", OTHERS)
    filled(data / "tiny")
    monkeypatch.setenv("PELLUCID_DATA", os.fspath(data))
    assert_loaded(tiny().load())


def test_another_set_in_its_own_folder_is_an_error(tmp_path, monkeypatch, cache):
    filled(tmp_path / "tiny", OTHERS)
    monkeypatch.setenv("PELLUCID_DATA", os.fspath(tmp_path))
    with pytest.raises(FileError, match="SHA-256") as caught:
        tiny().load()
    assert "train-images-idx3-ubyte.gz" in str(caught.value)


def test_path_is_a_folder_or_an_npz_file(tmp_path, cache):
    assert_loaded(tiny().load(filled(tmp_path / "any")))
    np.savez(tmp_path / "tiny.npz", **dict(zip(SPLIT, ARRAYS, strict=True)))
    assert_loaded(tiny().load(tmp_path / "tiny.npz"))
    np.savez(tmp_path / "other.npz", **dict(zip(SPLIT, OTHERS, strict=True)))
    np.savez(tmp_path / "wide.npz", **dict(zip(SPLIT, (x.astype(int) for x in ARRAYS), strict=True)))
    np.savez(tmp_path / "whole.npz", x=ARRAYS[0], y=ARRAYS[1])
    for name, told in (("other", "SHA-256"), ("wide", "uint8"), ("whole", "x_train"), ("none", "Leave path out")):
        with pytest.raises(FileError, match=told):
            tiny().load(tmp_path / f"{name}.npz")


def test_downloaded_once_and_kept(mirror, cache):
    _, address, asked = mirror
    tiny_set = tiny(address + "mirror/")
    assert_loaded(tiny_set.load())
    assert sorted(path.name for path in cache.iterdir()) == sorted(f"{stem}.gz" for stem in STEMS)
    assert len(asked) == 4
    assert_loaded(tiny_set.load())
    assert len(asked) == 4


def test_the_second_mirror_serves_when_the_first_is_down_or_lacks_the_files(mirror, dead, cache):
    _, address, _ = mirror
    assert_loaded(tiny(dead, address + "mirror/").load())
    shutil.rmtree(cache)
    assert_loaded(tiny(address + "none/", address + "mirror/").load())


def test_the_second_mirror_serves_when_the_first_is_corrupt(tmp_path, mirror, cache):
    _, address, _ = mirror
    for path in filled(tmp_path / "bad").iterdir():
        path.write_bytes(path.read_bytes()[:-3])
    assert_loaded(tiny(address + "bad/", address + "mirror/").load())


def test_a_damaged_cache_is_repaired(mirror, cache):
    _, address, asked = mirror
    tiny_set = tiny(address + "mirror/")
    tiny_set.load()
    path = cache / f"{STEMS[0]}.gz"
    path.write_bytes(path.read_bytes()[:20])
    assert_loaded(tiny_set.load())
    assert len(asked) == 5


def test_when_all_mirrors_fail_one_error_says_what_to_do(tmp_path, mirror, dead, cache):
    _, address, _ = mirror
    filled(tmp_path / "bad", OTHERS)
    with pytest.raises(FileError) as caught:
        tiny(dead, address + "none/", address + "bad/").load()
    message = str(caught.value)
    for told in (*(f"{stem}.gz" for stem in STEMS), "PELLUCID_DATA", "folder named tiny", "404", "another sum", dead):
        assert told in message
    assert "\n" not in message
    assert not cache.exists() or list(cache.iterdir()) == []


def test_a_mirror_with_a_right_archive_of_wrong_content_is_refused(mirror, cache):
    _, address, _ = mirror
    good = tiny(address + "mirror/")
    first = dataclasses.replace(good.files[0], content="0" * 64)
    with pytest.raises(FileError, match="SHA-256"):
        dataclasses.replace(good, files=(first, *good.files[1:])).load()


def test_the_platform_has_a_cache_folder(monkeypatch):
    from pellucid.files import cache_folder

    monkeypatch.delenv("PELLUCID_CACHE", raising=False)
    assert cache_folder().is_absolute()
    assert "pellucid" in cache_folder().parts


@pytest.mark.parametrize("images", [mnist.MNIST, fashion_mnist.FASHION_MNIST], ids=lambda s: s.name)
def test_the_sums_are_whole_and_the_mirrors_are_folders(images):
    assert tuple(f.stem for f in images.files) == STEMS
    for file in images.files:
        kind, digest = file.archive.split(":")
        assert len(bytes.fromhex(digest)) == {"md5": 16, "sha256": 32}[kind]
        assert file.content is None or len(bytes.fromhex(file.content)) == 32
    assert len(images.mirrors) == 2
    assert all(mirror.endswith("/") for mirror in images.mirrors)


@pytest.fixture
def real_mnist():
    folder = Path(os.environ.get("PELLUCID_DATA", "")) / "mnist"
    if not os.environ.get("PELLUCID_DATA") or not folder.is_dir():
        pytest.skip("PELLUCID_DATA does not name a folder that holds MNIST")
    return folder


def test_real_mnist(real_mnist):
    (x_train, y_train), (x_test, y_test) = mnist.load_data()
    assert x_train.shape == (60000, 28, 28)
    assert x_test.shape == (10000, 28, 28)
    assert x_train.dtype == y_train.dtype == x_test.dtype == y_test.dtype == np.uint8
    assert y_train[:5].tolist() == [5, 0, 4, 1, 9]
    assert np.bincount(y_test).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert round(float(x_train.mean()), 4) == 33.3184


def test_mnist_is_not_taken_for_fashion_mnist(real_mnist, cache):
    with pytest.raises(FileError, match="SHA-256"):
        fashion_mnist.load_data(real_mnist)
