"""Texts of a folder in batches; data sets split; pictures written."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import Sequential
from pellucid import layers as L
from pellucid.errors import DataError, FileError, InvalidArgument, PellucidError, WrongType
from pellucid.optimizers import Adam
from pellucid.utils import load_img, save_img, split_dataset, text_dataset_from_directory, timeseries_dataset_from_array


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, words in (("neg", "bad"), ("pos", "good")):
        (tmp_path / name / "deeper").mkdir(parents=True)
        for i in range(3):
            (tmp_path / name / f"{i}.txt").write_text(f"a {words} film {i}", encoding="utf-8")
        (tmp_path / name / "deeper" / "ü.TXT").write_text(f"{words} größer", encoding="utf-8")
        (tmp_path / name / "notes.md").write_text("none of them")
    (tmp_path / ".hidden").mkdir()
    return tmp_path


def told(batches: Any) -> dict[str, Any]:
    """Each text, and its label."""
    return {text: np.asarray(label).tolist() for x, y in batches for text, label in zip(x, y, strict=True)}


def test_labels_are_the_numbers_of_the_folders(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    batches = text_dataset_from_directory(folder, batch_size=3, seed=1)
    assert capsys.readouterr().out == "Found 8 files belonging to 2 classes.\n"
    assert (len(batches), batches.class_names) == (3, ["neg", "pos"])
    found = told(batches)
    assert found["a good film 1"] == found["good größer"] == 1
    assert [found[f"a bad film {i}"] for i in range(3)] == [0, 0, 0]
    assert len(found) == 8
    modes = {"categorical": [0.0, 1.0], "binary": [1.0]}
    for mode, label in modes.items():
        assert told(text_dataset_from_directory(folder, label_mode=mode, verbose=False))["good größer"] == label
    turned = text_dataset_from_directory(folder, class_names=["pos", "neg"], verbose=False)
    assert told(turned)["good größer"] == 0


def test_texts_without_labels_cut_and_in_order(folder: Path) -> None:
    plain = text_dataset_from_directory(
        folder, labels=None, shuffle=False, max_length=5, verbose=False, batch_size=None
    )
    assert list(plain)[:4] == ["a bad", "a bad", "a bad", "bad g"]
    numbered = text_dataset_from_directory(folder, labels=range(8), shuffle=False, verbose=False)
    assert told(numbered)["a good film 0"] == 4
    train, held = text_dataset_from_directory(folder, validation_split=0.25, subset="both", seed=2, verbose=False)
    assert len(told(train)) == 6
    assert not told(train).keys() & told(held).keys()


def test_a_network_learns_from_a_folder(folder: Path) -> None:
    batches = text_dataset_from_directory(folder, batch_size=2, seed=0, verbose=False)
    words = L.TextVectorization(output_mode="multi_hot")
    words.adapt(batches)
    model = Sequential([words, L.Dense(1, activation="sigmoid")], seed=0)
    model.compile(Adam(0.1), "binary_crossentropy", metrics=["accuracy"])
    model.fit(batches, epochs=40, verbose=0)
    assert model.evaluate(batches, verbose=0)[1] == 1


def test_what_is_wrong_with_a_folder_is_told(folder: Path) -> None:
    with pytest.raises(FileError, match="text files"):
        text_dataset_from_directory(folder / ".hidden", labels=None)
    with pytest.raises(DataError, match="a folder of files for each class"):
        text_dataset_from_directory(folder / "pos" / "deeper")
    with pytest.raises(FileError, match="no such folder"):
        text_dataset_from_directory(folder / "none")
    with pytest.raises(DataError, match="8 labels"):
        text_dataset_from_directory(folder, labels=[0, 1])
    (folder / "pos" / "0.txt").write_bytes(b"\xff")
    with pytest.raises(FileError, match="text in UTF-8"):
        list(text_dataset_from_directory(folder, verbose=False))


def test_a_data_set_is_split() -> None:
    x, y = np.arange(10), np.arange(10) * 2
    left, right = split_dataset(x, right_size=0.3)
    assert (left.tolist(), right.tolist()) == (list(range(7)), [7, 8, 9])
    (a, b), (c, d) = split_dataset([x, y], left_size=4, right_size=5, shuffle=True, seed=1)
    assert (len(a), len(c)) == (4, 5)
    np.testing.assert_array_equal(np.concatenate([b, d]), np.concatenate([a, c]) * 2)
    assert not set(a) & set(c)
    assert sorted([*a, *c]) != [*a, *c]
    windows = timeseries_dataset_from_array(x, y, 2, batch_size=4)
    (x_left, y_left), (x_right, _) = split_dataset(windows, left_size=6)
    np.testing.assert_array_equal(np.concatenate([x_left, x_right])[:, 0], np.arange(9))
    np.testing.assert_array_equal(y_left, np.arange(6) * 2)


@pytest.mark.parametrize("arguments", [
    {}, {"left_size": 0}, {"left_size": 1.5}, {"left_size": 10}, {"left_size": 0.7, "right_size": 0.5},
    {"right_size": 0.01},
])  # fmt: skip
def test_sizes_that_cannot_be_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument, match="split_dataset, argument"):
        split_dataset(np.arange(10), **arguments)
    with pytest.raises(DataError, match="of one length"):
        split_dataset([np.arange(3), np.arange(4)], left_size=1)


def test_pictures_are_written(tmp_path: Path) -> None:
    x = np.arange(24.0).reshape(2, 3, 4) * 10
    save_img(tmp_path / "a.png", x, scale=False)
    np.testing.assert_array_equal(np.asarray(load_img(tmp_path / "a.png", "rgba")), x)
    save_img(str(tmp_path / "a.jpg"), x)
    assert load_img(tmp_path / "a.jpg").size == (3, 2)
    file = io.BytesIO()
    save_img(file, x.transpose(2, 0, 1), data_format="channels_first", file_format="png", scale=False)
    np.testing.assert_array_equal(np.asarray(load_img(file, "rgba")), x)
    bad: list[tuple[Any, type[PellucidError]]] = [
        ("a.xyz", InvalidArgument), (3, WrongType), (io.BytesIO(), InvalidArgument)
    ]  # fmt: skip
    for path, error in bad:
        with pytest.raises(error, match="save_img"):
            save_img(path, x)
