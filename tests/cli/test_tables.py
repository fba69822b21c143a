"""Tables on the command line, from a file to predictions."""

from __future__ import annotations

import csv
import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from pellucid.actions import apply
from pellucid.actions import train as actions_train
from pellucid.actions.doctor import examine_run
from pellucid.actions.lr import find_learning_rate
from pellucid.actions.report import report
from pellucid.actions.spec import TrainSpec
from pellucid.actions.train import resume, train
from pellucid.cli.app import app
from pellucid.data.rowfile import RowBatches
from pellucid.errors import DataError, InvalidArgument
from pellucid.tables import reading, streaming

DATA = os.environ.get("PELLUCID_DATA", "")
needs_data = pytest.mark.skipif(not DATA, reason="needs PELLUCID_DATA")


def write(path: Path, rows: int = 300, target: bool = True) -> None:
    rng = np.random.default_rng(0)
    with path.open("w", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["id", "age", "city", *(["bought", "spent"] if target else [])])
        for i in range(rows):
            age, city = int(rng.integers(18, 80)), str(rng.choice(["Bern", "Köln", "Oslo"]))
            bought = "yes" if (age > 45) == (city == "Oslo") else "no"
            writer.writerow([i, age if i % 9 else "", city, *([bought, f"{age * 1000},5"] if target else [])])


def told(*words: str) -> str:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_classes_from_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    write(Path("people.csv"))
    write(Path("new.csv"), 5, target=False)
    spec = TrainSpec(data="people.csv", target=["bought"], drop=["spent"], epochs=40)
    events: list = []
    finished = train(spec, out=Path("run"), on_event=events.append)
    assert "id numbers the rows; it is left out." in events[0].data.table.remarks
    assert finished.metrics["accuracy"] > 0.85 > finished.metrics["baseline"] + 0.1
    again = apply.evaluate(Path("run"), None)
    assert again["loss"] == finished.metrics["loss"]
    assert apply.evaluate(Path("run/model.keras"), "people.csv")["samples"] == 300
    told("predict", "run/model.keras", "new.csv", "--out", "p.csv")
    lines = Path("p.csv").read_text().splitlines()
    assert lines[0] == "row,class,probability_no,probability_yes"
    assert len(lines) == 6
    assert examine_run(Path("run")) is not None
    assert report(Path("run")).exists()
    Path("typo.csv").write_text("id;age;city\n1;30;Berm\n")
    with pytest.warns(UserWarning, match=r"typo\.csv, column 'city': Berm did not occur in training"):
        apply.predict(Path("run"), "typo.csv")
    assert Path("run/classes.json").read_text() == json.dumps(["no", "yes"]) + "\n"
    assert "numbers the rows" in told("data", "show", "people.csv")
    with pytest.raises(
        DataError, match=r"new\.csv: expected a column 'bought' to compare with, got none\. Use predict"
    ):
        apply.evaluate(Path("run"), "new.csv")
    Path("gaps.csv").write_text("id;age;city;bought\n1;30;Oslo;yes\n2;31;Oslo;\n3;32;Bern;NA\n4;33;Bern;no\n")
    with pytest.warns(UserWarning, match=r"gaps\.csv: 2 rows have no target and are left out\."):
        assert apply.evaluate(Path("run"), "gaps.csv")["samples"] == 2


class Killed(BaseException):
    """Stands for the power going out."""


@pytest.mark.long
def test_a_large_table_is_streamed_and_goes_on_to_the_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(streaming, "LARGE", 10_000)
    write(Path("people.csv"), 2000)
    spec = TrainSpec(data="people.csv", target=["bought"], drop=["spent"], epochs=12, batch_size=32)
    events: list = []
    finished = train(spec, out=Path("whole"), on_event=events.append)
    assert events[0].data.table.remarks[-1].startswith("The file is large: its columns are judged by 1,4")
    assert finished.metrics["accuracy"] > 0.85

    monkeypatch.setattr(actions_train, "SAVE_SECONDS", 0)
    read, count = RowBatches.__getitem__, iter(range(100))

    def cut_off(batches: RowBatches, index: int) -> tuple:
        if next(count) == 71:  # in the middle of an epoch
            raise Killed
        return read(batches, index)

    with monkeypatch.context() as power:
        power.setattr(RowBatches, "__getitem__", cut_off)
        with pytest.raises(Killed):
            train(spec, out=Path("cut"))
    resume(Path("cut"))
    for name in ("model.keras", "history.csv"):
        assert (Path("whole") / name).read_bytes() == (Path("cut") / name).read_bytes()
    assert apply.evaluate(Path("whole"), None)["loss"] == finished.metrics["loss"]
    assert len(find_learning_rate(spec, steps=30).losses) > 3
    assert examine_run(Path("cut")) is not None
    monkeypatch.setattr(reading, "BLOCK", 500)
    told("predict", "whole", "people.csv", "--out", "all.csv")
    lines = Path("all.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["row", *map(str, range(2000))]
    outputs, _, _ = apply.predict(Path("whole"), "people.csv")
    np.testing.assert_allclose([float(line.split(",")[2]) for line in lines[1:]], outputs[:, 0], rtol=1e-6, atol=1e-7)


def test_numbers_from_a_table_in_their_own_units(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    write(Path("people.csv"))
    finished = train(TrainSpec(data="people.csv", target=["spent"], drop=["bought"], epochs=60), out=Path("run"))
    assert finished.metrics["r2"] > 0.5
    assert 10_000 < finished.metrics["baseline"] < 30_000
    assert 1_000 < finished.metrics["root_mean_squared_error"] < finished.metrics["baseline"]
    told_so = told("predict", "run", "people.csv")  # as the table is written
    assert re.match(r"row;spent\n0;\d+,\d+\n1;", told_so)
    outputs, classifier, _ = apply.predict(Path("run"), "people.csv")
    assert not classifier
    assert 40_000 < outputs.mean() < 60_000
    rows = len(Path("people.csv").read_text().splitlines()) - 1
    assert len(outputs) == rows > len(apply.predict(Path("run"), None)[0]) == finished.metrics["samples"]


def test_patience_stops_and_tables_have_defaults_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    write(Path("people.csv"))
    spec = TrainSpec(data="people.csv", target=["bought"], patience=3)
    assert (spec.layers, spec.batch_size, TrainSpec().layers, TrainSpec().patience) == ([128, 64], 64, [128], 0)
    assert TrainSpec.of({**spec.model_dump(), "layers": [3]}).layers == [3]
    assert train(spec).metrics["epochs"] < 300


def test_words_of_tables_want_a_table():
    with pytest.raises(InvalidArgument, match="spec, target: expected a table as data"):
        train(TrainSpec(data="moons", target=["y"]))


def test_a_model_of_arrays_takes_no_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    write(Path("people.csv"))
    train(TrainSpec(data="moons", epochs=1), out=Path("run"))
    with pytest.raises(DataError, match="one trained on arrays"):
        apply.predict(Path("run"), "people.csv")


@needs_data
def test_the_titanic(tmp_path: Path):
    spec = TrainSpec(data=f"{DATA}/tables/titanic.csv", target=["survived"])
    events: list = []
    finished = train(spec, out=tmp_path / "run", on_event=events.append)
    assert "alive says the same as the target survived; it is left out." in events[0].data.table.remarks
    assert 0.75 < finished.metrics["accuracy"] < 0.95


@needs_data
def test_diamonds(tmp_path: Path):
    spec = TrainSpec(data=f"{DATA}/tables/diamonds.csv", target=["price"], epochs=2)
    assert train(spec, out=tmp_path / "run").metrics["r2"] > 0.94


def test_every_command_that_asks_for_a_target_takes_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    write(Path("people.csv"))
    assert "--learning-rate" in told("lr", "people.csv", "--target", "spent", "--drop", "bought", "--steps", "40")
    result = CliRunner().invoke(app, ["doctor", "people.csv", "--target", "spent", "--no-experiments"])
    assert result.exit_code in (0, 1), result.output
    told("train", "people.csv", "--target", "bought", "--epochs", "1", "--out", "run")
    with pytest.raises(InvalidArgument, match="a table, to be examined before training"):
        CliRunner().invoke(app, ["doctor", "run", "--target", "spent"], catch_exceptions=False)
