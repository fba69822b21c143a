"""Which targets are classes, which are numbers, and what becomes of their names."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest

from pellucid import Sequential, layers
from pellucid.actions import apply, runs, serve
from pellucid.actions.data import prepare
from pellucid.actions.export import export
from pellucid.actions.judging import _classes
from pellucid.actions.spec import TrainSpec
from pellucid.actions.train import train
from pellucid.data.labels import class_names, numbered, read_targets
from pellucid.errors import DataError, FileError
from pellucid.models import load_model


@pytest.mark.parametrize(
    ("y", "names"),
    [
        (np.array([0, 2, 5] * 10), (0, 2, 5)),
        (np.array([-1, 1] * 2), (-1, 1)),
        (np.array(["cat", "dog"] * 9), ("cat", "dog")),
        (np.array([b"a", b"b"] * 9), ("a", "b")),
        (np.array([True, False] * 9), (False, True)),
        (np.array([1.0, 2.0, 3.0] * 9), (1, 2, 3)),
        (np.array([1.5, 2.0, 3.0] * 9), ()),
        (np.arange(108) * 73, ()),
        (np.arange(30).repeat(5), ()),
        (np.arange(30).repeat(10), tuple(range(30))),
    ],
)
def test_what_targets_are_about(y: np.ndarray, names: tuple):
    found = read_targets("data", "auto", [y])
    assert found == names
    assert [type(name) for name in found] == [type(name) for name in names]
    if names:
        assert numbered("data", y, names).max() == (max(names) if names == tuple(range(len(names))) else len(names) - 1)


def test_a_task_given_decides():
    y = np.arange(30)
    assert read_targets("data", "classification", [y]) == tuple(range(30))
    assert read_targets("data", "regression", [np.array([0, 1] * 9)]) == ()


@pytest.mark.parametrize("labels", [(0, 2, 5), ("cat", "dog", "eel"), (-1.0, 0.0, 1.0)])
def test_a_run_keeps_its_classes_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, labels: tuple):
    monkeypatch.chdir(tmp_path)
    x = np.random.default_rng(0).normal(size=(90, 2))
    np.savez("own.npz", X=x, Y=np.array(labels)[np.arange(90) % 3])
    finished = train(TrainSpec(data="own.npz", layers=[4], epochs=1))
    names = runs.names_of(finished.run.model)
    assert [str(name) for name in names] == [str(v).removesuffix(".0") for v in labels]
    assert [row["class"] for row in finished.metrics["per_class"]] == list(names)
    again = apply.evaluate(finished.run.path, None)
    assert {k: finished.metrics[k] for k in again} == again
    assert apply.evaluate(finished.run.model, "own.npz")["samples"] == 90
    outputs, classifier, classes = apply.predict(finished.run.path, None)
    assert outputs.shape[1] == 3
    first = apply.predictions_csv(outputs, classifier, classes).splitlines()
    assert first[0] == "row,class," + ",".join(f"probability_{name}" for name in names)
    assert first[1].split(",")[1] in [str(name) for name in names]
    np.savez("other.npz", x=x, y=np.full(90, 7))
    with pytest.raises(DataError, match="the classes that were trained on"):
        apply.evaluate(finished.run.path, "other.npz")


@pytest.mark.parametrize("labels", [(0, 2, 5), ("Köln", "dog", "eel"), (False, True)])
def test_a_model_keeps_its_classes_names_wherever_its_file_goes(tmp_path: Path, labels: tuple):
    x = np.random.default_rng(0).normal(size=(90, 2))
    y = np.array(labels)[np.arange(90) % len(labels)]
    np.savez(tmp_path / "own.npz", X=x, Y=y)
    run = train(TrainSpec(data=str(tmp_path / "own.npz"), layers=[4], epochs=1), out=tmp_path / "run").run
    alone = Path(shutil.copy(run.model, tmp_path / "alone.keras"))
    names = runs.names_of(run.path)
    assert names == labels
    _, classifier, found = apply.predict(alone, str(tmp_path / "own.npz"))
    assert (classifier, found) == (True, names)
    judged = apply.evaluate(alone, str(tmp_path / "own.npz"))
    assert [(row["class"], row["support"]) for row in judged["per_class"]] == [(n, 90 // len(names)) for n in names]
    assert serve.opened(alone).classes == names
    again = export(alone, "keras", tmp_path / "exported")
    (again.parent / "classes.json").unlink()
    assert apply.predict(again, str(tmp_path / "own.npz"))[2] == names
    model = load_model(again)
    assert names_in(model.to_onnx(tmp_path / "model.onnx")) == list(names)
    assert all(
        f'"{name}"' in model.to_c(tmp_path / "model.c").read_text("utf-8") for name in names if str(name).isascii()
    )


def names_in(path: Path) -> list:
    return json.loads(onnx.load(path).metadata_props[0].value)


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        (["a"], "a name for each output, got 1 for outputs of the shape (None, 3)"),
        ([], "a name for each output, got 0"),
        (["a", "a", "b"], "a list of different names"),
        (["1", 1, "b"], "a list of different names"),
        ([1.5, "a", "b"], "a list of different names"),
        ([["a"], "b", "c"], "a list of different names"),
        ([None, "b", "c"], "a list of different names"),
        (["\ud800", "b", "c"], "a list of different names"),
        ("abc", "a list of different names"),
    ],
)
def test_names_in_a_file_are_not_believed(kept: object, told: str):
    model = Sequential([layers.Dense(3, input_shape=(2,))])
    model.__dict__["_classes"] = kept
    with pytest.raises(FileError, match=re.escape(told)):
        class_names(model)


def test_a_folder_without_names_counts_from_zero(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """As runs of older versions did."""
    monkeypatch.chdir(tmp_path)
    np.savez("own.npz", x=np.random.default_rng(0).normal(size=(90, 2)), y=np.array([1, 2, 3] * 30))
    spec = TrainSpec(data="own.npz")
    assert prepare(spec).classes == 3
    assert prepare(spec, runs.Run(tmp_path).reader()).classes == 4


def test_averages_are_over_what_occurs():
    predicted = np.eye(5)[[1, 2, 3, 1]]
    judged = _classes(np.array([1, 2, 3, 2]), predicted, 5, tuple("abcde"))
    assert judged["precision"] == pytest.approx((0.5 + 1 + 1) / 3)
    assert judged["recall"] == pytest.approx((1 + 0.5 + 1) / 3)
    assert len(judged["confusion_matrix"]) == 5


def test_thousands_of_classes_have_no_matrix():
    judged = _classes(np.arange(4000), np.eye(4000, dtype="float32"), 4000, tuple(range(4000)))
    assert "confusion_matrix" not in judged
    assert judged["f1"] == 1.0


def test_targets_that_are_all_the_same(tmp_path: Path):
    np.savez(tmp_path / "one.npz", x=np.ones((50, 2)), y=np.full(50, 3))
    with pytest.raises(DataError, match="all the same: 3"):
        prepare(TrainSpec(data=str(tmp_path / "one.npz")))


@pytest.mark.parametrize("name", ["nosuch.npz", "nosuch.npy", "nosuch.csv", "folder/nosuch"])
def test_a_missing_file_is_told_as_missing(name: str):
    with pytest.raises(FileError, match="no such file"):
        prepare(TrainSpec(data=name))


def test_arrays_in_npy_files_and_without_names(tmp_path: Path):
    x, y = np.arange(80.0).reshape(40, 2), np.arange(40) % 2
    np.save(tmp_path / "X.npy", x)
    np.save(tmp_path / "y.npy", y)
    np.savez(tmp_path / "arr.npz", x, y)
    for name in ("X.npy", "arr.npz"):
        assert prepare(TrainSpec(data=str(tmp_path / name))).classes == 2
    (tmp_path / "y.npy").unlink()
    with pytest.raises(FileError, match="targets beside it"):
        prepare(TrainSpec(data=str(tmp_path / "X.npy")))
