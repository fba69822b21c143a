"""Several labels for each row: found out, predicted each by itself, and named again in what is predicted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from pellucid.actions import apply
from pellucid.actions.report import report
from pellucid.actions.spec import TrainSpec
from pellucid.actions.train import train
from pellucid.cli.app import app
from pellucid.errors import DataError, InvalidArgument
from pellucid.tables import Table, Targets, load_table, streaming
from pellucid.tables.attaching import attach, attached


def write(rows: int = 400, separator: str = "") -> None:
    """Warm if a > 0, wet if b > 0, windy if a > b; in columns of their own, or in one."""
    rng = np.random.default_rng(0)
    lines = ["a,b,warm,wet,windy" if not separator else "a,b,weather"]
    for a, b in rng.normal(size=(rows, 2)):
        has = [a > 0, b > 0, a > b]
        words = separator.join(name for name, yes in zip(("warm", "wet", "windy"), has, strict=True) if yes)
        cells = [words or "calm"] if separator else [str(int(has[0])), "yes" if has[1] else "no", str(int(has[2]))]
        lines.append(",".join([f"{a:.3f}", f"{b:.3f}", *cells]))
    Path("weather.csv").write_text("\n".join(lines) + "\n")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.long
def test_several_columns_of_yes_and_no():
    write()
    spec = TrainSpec(data="weather.csv", target=["warm,wet,windy"], epochs=60)
    events: list = []
    finished = train(spec, out=Path("run"), on_event=events.append)
    assert "The targets are labels: each of the 3 is predicted by itself." in events[0].data.table.remarks
    assert finished.metrics["binary_accuracy"] > 0.95
    assert finished.metrics["all_labels_right"] > 0.88
    assert [row["label"] for row in finished.metrics["per_label"]] == ["warm", "wet", "windy"]
    assert all(row["f1"] > 0.9 for row in finished.metrics["per_label"])
    assert apply.evaluate(Path("run"), None)["per_label"] == finished.metrics["per_label"]
    assert report(Path("run")).exists()
    Path("new.csv").write_text("a,b\n2,1\n-2,-1\n2,-2\n")
    told = CliRunner().invoke(app, ["predict", "run", "new.csv"], catch_exceptions=False).output.splitlines()
    assert told[0] == "row,labels,probability_warm,probability_wet,probability_windy"
    assert [line.split(",")[1] for line in told[1:]] == ["warm|wet|windy", "", "warm|windy"]


@pytest.mark.parametrize("separator", ["|", ";"])
def test_one_column_of_labels(separator: str):
    write(separator=separator)
    told = CliRunner().invoke(
        app, ["train", "weather.csv", "--target", "weather", "--out", "run", "--epochs", "5", "--quiet"]
    )
    assert f"Table: weather holds labels with {separator} between them: each of the 4 is predicted" in told.output
    assert "4 labels, of which a row has any number" in told.output
    assert "Per label" in told.output
    assert " r2 " not in told.output
    outputs, classifier, names = apply.predict(Path("run"), "weather.csv")
    assert not classifier
    assert names == ("calm", "warm", "wet", "windy")
    assert outputs.shape == (400, 4)
    assert 0 <= outputs.min() <= outputs.max() <= 1


def test_labels_of_a_large_file(monkeypatch: pytest.MonkeyPatch):
    write(separator="|")
    with Path("weather.csv").open("a") as file:
        file.write("0,0,warm|foggy\n")
    monkeypatch.setattr(streaming, "LARGE", 100)
    monkeypatch.setattr(streaming, "MOST_CELLS", 300)
    found = streaming.stream_table("weather.csv", "weather")
    assert found.targets.names == ["calm", "foggy", "warm", "wet", "windy"]
    assert found.y_train.shape[1:] == (5,)
    assert found.y_train.dtype == np.float32


def test_what_is_learned_is_kept():
    write(separator="|")
    found = load_table("weather.csv", "weather")

    class Model:
        shape = (2,)

    attach(model := Model(), found.encoder, found.targets)
    again = attached(model)
    assert again is not None
    assert again.targets.columns == ["weather"]
    np.testing.assert_array_equal(again.targets.encode(found.test), found.y_test)
    with pytest.raises(DataError, match="column 'weather': expected labels among calm, warm, wet, windy, got 'hot'"):
        again.targets.encode(Table.of({"weather": ["wet|hot"]}))


@pytest.mark.parametrize(
    ("columns", "labels"),
    [
        ({"t": ["a|b", "c|d", "e|f"] * 9}, False),  # as many labels as cells: names with a bar in them
        ({"t": ["a", "b", "b"] * 9}, False),
        ({"t": ["a|b", "a", "b", "a | b"] * 9}, True),
        ({"t": [0.0, 1.0, 1.0] * 9, "u": [1, 0, 0] * 9}, True),
        ({"t": [0.0, 2.0, 1.0] * 9, "u": [1, 0, 0] * 9}, False),
        ({"t": ["yes", "no", "no"] * 9, "u": [True, False, False] * 9}, True),
    ],
)
def test_what_are_labels(columns: dict[str, list], labels: bool):
    table = Table.of(columns)
    assert Targets.learned(table, list(columns)).labels is labels


def test_numbers_when_asked_for():
    table = Table.of({"t": [0, 1, 1] * 9, "u": [1, 0, 0] * 9})
    assert not Targets.learned(table, ["t", "u"], "regression").labels
    with pytest.raises(DataError, match="target u: expected targets that differ, got 0 everywhere"):
        Targets.learned(Table.of({"t": [0, 1, 1], "u": [0, 0, 0]}), ["t", "u"])
    found = Targets.learned(table, ["t", "u"])
    with pytest.raises(DataError, match=r"row 1, column 't': expected 1 or 0, or another word for yes or no, got 3"):
        found.encode(Table.of({"t": [1, 3], "u": [0, 0]}))


def test_targets_without_a_column_are_refused():
    with pytest.raises(InvalidArgument, match=r"names: expected columns' names, with a form for each"):
        Targets()
