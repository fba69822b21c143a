"""Kinds of data: which one data are of, which settings each takes, and that a new one is a class and a line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import errors
from pellucid.actions import kinds
from pellucid.actions.apply import evaluate, predict
from pellucid.actions.data import prepare
from pellucid.actions.kinds import KINDS, kind_of
from pellucid.actions.kinds.arrays import Arrays
from pellucid.actions.prepared import Fold, Opened, Prepared, Reader, Use
from pellucid.actions.spec import TrainSpec
from pellucid.actions.train import train
from pellucid.data import datasets


@pytest.mark.parametrize(
    ("data", "window", "kind"),
    [
        ("digits", 0, "Arrays"), ("austen", 0, "Text"), ("austen", 64, "Text"), ("sensors", 0, "Windows"),
        ("rows.npz", 0, "Arrays"), ("people.csv", 0, "TableRows"), ("people.csv", 20, "TableWindows"),
        ("cat.png", 0, "Pictures"), ("folder", 0, "Pictures"), ("moons", 0, "Arrays"), ("book.txt", 0, "Text"),
        ("table.txt", 0, "TableRows"), ("table.txt", 5, "TableWindows"),
    ],
)  # fmt: skip
def test_data_are_of_a_kind(data: str, window: int, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("folder", "moons"):  # a data set's name is the data set's
        Path(folder).mkdir()
    Path("book.txt").write_text("It was the best of times, it was the worst of times.\n" * 3)
    Path("table.txt").write_text("a\tb\n" + "1\t2\n" * 5)
    assert kind_of(data, window).__name__ == kind


@pytest.mark.parametrize("kind", KINDS)
def test_what_suits_a_kind_and_what_it_takes_are_fields_of_a_spec(kind: type[Prepared]):
    assert {*kind.takes, *kind.suited} <= set(TrainSpec.model_fields)
    TrainSpec.of({"data": "digits", **kind.suited})  # each with a value that it may have


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"data": "digits", "target": ["a"], "window": 3}, "spec, target: expected a table as data, got digits"),
        ({"data": "digits", "window": 3}, "spec, window: expected a table or a text as data, got digits"),
        ({"data": "sensors", "stride": 3}, "spec, stride: expected a table as data, got sensors"),
        ({"data": "austen", "frequencies": 3}, "spec, frequencies: expected a table as data, got austen"),
        ({"data": "rows.csv", "group_by": "a"}, "spec, group_by: expected windows of rows, got rows by themselves"),
    ],
)
def test_a_setting_of_another_kind_is_refused(given: dict[str, Any], message: str):
    with pytest.raises(errors.InvalidArgument, match=message):
        prepare(TrainSpec(**given))


class Points(Arrays):
    """(x, y) as lines of a file: further from the middle than 1, or not."""

    suited = {"layers": [7], "batch_size": 16}  # noqa: RUF012

    @classmethod
    def named(cls, data: str, window: int) -> bool:
        return data.endswith(".points")

    @classmethod
    def prepare(cls, spec: Any, read: Reader, fold: Fold | None) -> Prepared:
        x = np.loadtxt(spec.data, dtype="float32")
        y = (np.hypot(*x.T) > 1).astype(int)
        return cls(x[20:], y[20:], None, x[:20], y[:20], ("near", "far"), unusual=True)

    @classmethod
    def opened(cls, use: Use) -> Opened:
        x = np.loadtxt(use.data, dtype="float32")
        return Opened(use.model, x, np.where(np.hypot(*x.T) > 1, "far", "near"), True, use.names)


def test_a_new_kind_is_a_class_and_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(kinds, "KINDS", (Points, *KINDS))
    file = tmp_path / "some.points"
    np.savetxt(file, np.random.default_rng(0).normal(size=(80, 2)))
    spec = TrainSpec(data=str(file), epochs=2)
    assert (spec.layers, spec.batch_size) == ([7], 16)
    run = train(spec, out=tmp_path / "run").run.path
    outputs, classifier, names = predict(run, None)
    judged = evaluate(run, None)
    assert (outputs.shape, classifier, names, judged["samples"]) == ((80, 2), True, ("near", "far"), 80)
    said = np.array(names)[outputs.argmax(axis=1)]
    right = np.where(np.hypot(*np.loadtxt(file).T) > 1, "far", "near")
    assert judged["accuracy"] == pytest.approx((said == right).mean())


def test_a_table_is_none_of_the_windows_of_a_data_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(datasets, "load", lambda name, seed: datasets.sensors.load_data(people=5, each=1))
    run = train(TrainSpec(data="sensors", layers=[1], epochs=0), out=tmp_path / "run").run.path
    file = tmp_path / "rows.csv"
    file.write_text("a,b\n1,2\n3,4\n")
    with pytest.raises(errors.DataError, match="expected a model that was trained on a table, got one trained on arr"):
        predict(run, str(file))
