"""CIFAR's binary files, small ones of the same form."""

from __future__ import annotations

import io
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pellucid import datasets, errors
from pellucid.data.datasets import cifar10, cifar100
from pellucid.data.datasets.records import PIXELS

SMALL = replace(cifar10.CIFAR10, records=(4, 3))
HUNDRED = replace(cifar100.CIFAR100, records=(6, 3))


def written(folder: Path, kind: object) -> tuple[np.ndarray, np.ndarray]:
    """All files of a set, and their pictures (N, 3, 32, 32) and labels (N, L) in the order of the files."""
    rng, rows = np.random.default_rng(0), []
    folder.mkdir(parents=True, exist_ok=True)
    for i, name in enumerate((*kind.train, kind.test)):
        n = kind.records[i == len(kind.train)]
        labels = np.stack([rng.integers(0, classes, n) for classes in kind.labels], axis=1)
        rows.append(np.concatenate([labels, rng.integers(0, 256, (n, PIXELS))], axis=1).astype(np.uint8))
        (folder / name).write_bytes(rows[-1].tobytes())
    whole = np.concatenate(rows)
    at = len(kind.labels)
    return whole[:, at:].reshape(-1, 3, 32, 32), whole[:, :at]


@pytest.mark.parametrize("kind", [SMALL, HUNDRED])
def test_pictures_and_labels_are_read(tmp_path: Path, kind: object):
    pictures, labels = written(tmp_path / kind.folder, kind)
    for label in range(len(kind.labels)):
        (x, y), (x_test, y_test) = kind.load(tmp_path, label)
        n = len(x)
        assert (x == pictures[:n].transpose(0, 2, 3, 1)).all()  # reds, greens and blues beside each other
        assert (x_test == pictures[n:].transpose(0, 2, 3, 1)).all()
        assert (np.concatenate([y, y_test])[:, 0] == labels[:, label]).all()
        assert (x.dtype, x.shape[1:], y.shape) == ("uint8", (32, 32, 3), (n, 1))


def test_it_is_found_in_its_archive_and_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    pictures, _ = written(tmp_path / SMALL.folder, SMALL)
    home = tmp_path / "home"
    home.mkdir()
    with tarfile.open(home / SMALL.archive, "w:gz") as archive:
        archive.add(tmp_path / SMALL.folder, SMALL.folder)
    monkeypatch.setenv("PELLUCID_CACHE", str(tmp_path / "nothing"))
    monkeypatch.setenv("PELLUCID_DATA", str(home))
    assert SMALL.at_hand()
    for path in (None, home, home / SMALL.archive):
        assert (SMALL.load(path)[1][0] == pictures[-3:].transpose(0, 2, 3, 1)).all()
    monkeypatch.setenv("PELLUCID_DATA", str(tmp_path / "nothing"))
    assert not SMALL.at_hand()


def test_what_is_wrong_is_said(tmp_path: Path):
    with pytest.raises(errors.FileError, match=r"cifar-10-binary\.tar\.gz, or a folder with data_batch_1\.bin"):
        SMALL.load(tmp_path)
    (tmp_path / "data_batch_1").write_bytes(b"pickled")
    with pytest.raises(errors.FileError, match="Python's pickles, which are not read"):
        SMALL.load(tmp_path)
    written(tmp_path, SMALL)
    last = tmp_path / "test_batch.bin"
    whole = last.read_bytes()
    for content, said in (
        (whole[:-1], "got 9,218 bytes"),
        (whole + b"0", "got more"),
        (b"\xff" + whole[1:], "got 255"),
    ):
        last.write_bytes(content)
        with pytest.raises(errors.FileError, match=said):
            SMALL.load(tmp_path)
    archive = tmp_path / "other" / SMALL.archive
    archive.parent.mkdir()
    with tarfile.open(archive, "w:gz") as file:
        file.addfile(tarfile.TarInfo(f"{SMALL.folder}/other.bin"), io.BytesIO())
    with pytest.raises(errors.FileError, match=r"data_batch_1\.bin"):
        SMALL.load(archive)


def test_the_names_are_known():
    assert {"cifar10", "cifar100"} <= {info.name for info in datasets.catalogue()}
    with pytest.raises(errors.UnknownName, match="label_mode"):
        datasets.cifar100.load_data("finest")
