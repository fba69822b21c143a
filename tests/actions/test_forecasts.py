"""Numbers forecast from windows of a table: trained, judged beside the last value, predicted, taken out and served."""

from __future__ import annotations

import csv
import importlib.util
import json
import re
from pathlib import Path

import numpy as np
import pytest

from actions.power_cut import cut_short
from pellucid import errors
from pellucid.actions import apply
from pellucid.actions.data import prepare
from pellucid.actions.doctor import doctor, doctor_spec
from pellucid.actions.export import export
from pellucid.actions.kinds.windows import TableForecasts
from pellucid.actions.report import contents
from pellucid.actions.serve import opened
from pellucid.actions.spaces import usual_space
from pellucid.actions.spec import TrainSpec
from pellucid.actions.train import resume, train
from pellucid.actions.trying import Tried
from pellucid.actions.tune import Resources, Search, tune
from pellucid.cli import show
from pellucid.reports.words import measure
from pellucid.tuning.inside import Inside


def write(path: Path, rooms: int = 2, hours: int = 400, seed: int = 0, target: bool = True) -> str:
    """A temperature (in hundreds, so that units tell) that follows the one outside, of rooms in turn."""
    rng = np.random.default_rng(seed)
    warm = np.zeros(rooms)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["room", "clock", "outside", *(["warmth"] if target else [])])
        for t in range(hours):
            for room in range(rooms):
                outside = np.sin(t / 4 + room)
                writer.writerow([f"r{room}", 1000 + t, f"{outside:.4f}", *([f"{500 + 90 * warm[room]:.3f}"] * target)])
                warm[room] += 0.5 * (outside - warm[room]) + rng.normal() * 0.01
    return str(path)


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> TrainSpec:
    data = write(tmp_path_factory.mktemp("warmth") / "rooms.csv")
    return TrainSpec(data=data, target=["warmth"], window=8, group_by="room", layers=[12], epochs=12, dropout=0.0,
                     learning_rate=0.02, batch_size=32)  # fmt: skip


@pytest.fixture(scope="module")
def trained(spec: TrainSpec) -> Path:
    return train(spec, out=Path(spec.data).parent / "run").run.path


def test_its_errors_are_in_the_columns_own_units_beside_those_of_the_last_value(spec: TrainSpec, trained: Path):
    data, metrics = prepare(spec), json.loads((trained / "metrics.json").read_text())
    assert isinstance(data, TableForecasts)
    y = data.restored(data.y_test)[:, 0]
    assert abs(metrics["last_value_mean_absolute_error"] - np.abs(y - data.ahead.last).mean()) < 1e-6
    assert 10 < metrics["last_value_root_mean_squared_error"] < 30  # degrees, of which one deviation has some 60
    model, kept = apply.open_model(trained)
    said = data.restored(model.predict(data.x_test, verbose=0))[:, 0]
    assert abs(metrics["mean_absolute_error"] - np.abs(y - said).mean()) < 1e-6
    assert metrics["root_mean_squared_error"] < metrics["last_value_root_mean_squared_error"] / 3
    assert apply.evaluate(trained, None).items() <= metrics.items()
    assert kept is not None
    assert (kept.ahead, kept.keep) == (1, ["outside", "warmth"])  # without the clock
    assert [entry["class"] for entry in kept.layers] == ["GRU", "Dense"]


def test_a_report_has_what_the_run_ended_with(trained: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("pellucid.actions.report.examine_run", lambda path: [])
    c, kept = contents(trained), json.loads((trained / "metrics.json").read_text())
    for name in ("root_mean_squared_error", "last_value_root_mean_squared_error", "last_value_mean_absolute_error"):
        assert abs(c.metrics[name] - kept[name]) < 1e-6
    assert (c.ahead, c.targets, c.columns) == (1, ["warmth"], ["last value"])
    assert c.places[0] == "row 654"  # of 800: 8 rows of the last fifth of the first room, which has each second row


def test_what_standardises_is_of_the_rows_that_are_learned(tmp_path: Path):
    path = tmp_path / "steps.csv"  # the last fifth lies elsewhere
    rng = np.random.default_rng(0)
    levels = [*rng.normal(10, 1, 160), *rng.normal(1000, 1, 40)]
    path.write_text("level\n" + "".join(f"{level:.4f}\n" for level in levels))
    data = prepare(TrainSpec(data=str(path), target=["level"], window=4, validation_split=0.0))
    assert isinstance(data, TableForecasts)
    assert abs(data.ahead.targets.mean[0] - np.mean(levels[4:160])) < 1e-3
    assert abs(float(data.y_train.mean())) < 1e-4
    assert data.x_train.max() < 20
    assert data.x_test.min() > 900
    assert np.allclose(data.restored(data.y_test)[:, 0], levels[164:], atol=1e-3)


def test_what_lies_across_a_border_and_groups_too_short_for_a_part_are_said(tmp_path: Path):
    path = tmp_path / "two.csv"
    rows = [f"{'ab'[t > 99]},{t * t % 17}.5\n" for t in range(128)]
    path.write_text("who,level\n" + "".join(rows))
    data = prepare(TrainSpec(data=str(path), target=["level"], window=4, group_by="who", validation_split=0.2))
    assert "learned, watched and tested, and left out: 16 of 120 windows." in " ".join(data.remarks)
    assert "Too short to be in each part: 1 of 2 groups." in data.remarks  # 4 rows to watch


def test_of_a_table_with_decimal_commas_all_is_told_with_such(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """To its owner 1503.2 is another number, and a spreadsheet takes it for a text."""
    path, days = tmp_path / "sold.csv", range(120)
    path.write_text("day;sold\n" + "".join(f"{i};{1500 + 30 * (i % 7)},25\n" for i in days))
    found = train(TrainSpec(data=str(path), target=["sold"], window=7, layers=[4], epochs=1), out=tmp_path / "run")
    head, *rows = "".join(apply.csv_of(apply.predicted(tmp_path / "run", str(path)))).splitlines()
    assert head == "row;sold"
    said = apply.predict(tmp_path / "run", str(path))[0][:, 0]
    assert [float(row.split(";")[1].replace(",", ".")) for row in rows] == pytest.approx(said.tolist())
    assert all("," in row and "." not in row for row in rows)
    judged = apply.evaluate(tmp_path / "run", None)
    assert judged["decimal"] == found.metrics["decimal"] == ","
    show.judged(judged)
    told = capsys.readouterr().out
    for name in ("mean_absolute_error", "root_mean_squared_error", "last_value_mean_absolute_error"):
        assert f"{judged[name]:.4f}".replace(".", ",") in told
    assert f"r2 {judged['r2']:.4f}" in told  # which is no number of the table's
    page = contents(tmp_path / "run")
    assert f"off by {page.baseline:.4g}.".replace(".", ",", 1) in measure(page)
    assert re.fullmatch(r"1[5-9]\d\d", page.cells(0)[0])  # four digits


def test_windows_of_readings_with_decimal_commas_and_their_classes_are_told_so(tmp_path: Path):
    path = tmp_path / "moves.csv"
    path.write_text("a;does\n" + "".join(f"{i * i % 9},5;{'sit' if i // 30 % 2 else 'run'}\n" for i in range(600)))
    spec = TrainSpec(data=str(path), target=["does"], window=5, layers=[4], epochs=1)
    assert prepare(spec).decimal == ","
    train(spec, out=tmp_path / "run")
    head, row, *_ = "".join(apply.csv_of(apply.predicted(tmp_path / "run", None))).splitlines()
    assert head == "row;class;probability_run;probability_sit"
    assert row.count(",") == 2


def test_forecasts_of_new_readings(spec: TrainSpec, trained: Path, tmp_path: Path):
    new = write(tmp_path / "new.csv", hours=50, seed=3)
    found = apply.predicted(trained, new)
    assert found.names == ("warmth",)
    rows, said = [int(row) for row in found.rows], np.concatenate(list(found.blocks))[:, 0]
    assert len(rows) == len(said) == 2 * (50 - 8 + 1)  # up to the last row of each
    assert {98, 99} <= set(rows)
    with open(new) as file:
        true = np.array([float(row["warmth"]) for row in csv.DictReader(file)])
    known = [i for i, row in enumerate(rows) if row + 2 < 100]  # the same room's next row
    errors_of = np.abs(said[known] - true[np.array(rows)[known] + 2])
    metrics = apply.evaluate(trained, new)
    assert abs(metrics["mean_absolute_error"] - errors_of.mean()) < 1e-3
    assert metrics["last_value_mean_absolute_error"] > 3 * metrics["mean_absolute_error"]
    with pytest.raises(errors.DataError, match="expected a column 'warmth'"):
        apply.predict(trained, write(tmp_path / "lacks.csv", hours=20, target=False))


def test_outside_the_run_it_answers_in_its_own_units(spec: TrainSpec, trained: Path, tmp_path: Path):
    data = prepare(spec)
    wanted = data.restored(apply.open_model(trained)[0].predict(data.x_test, verbose=0))
    served = opened(trained)
    assert served.classes == ()
    assert np.allclose(served.model.predict(data.x_test, verbose=0), wanted, atol=1e-2)
    place = export(trained, "numpy", tmp_path / "script")
    found = importlib.util.spec_from_file_location("network", place)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    assert np.allclose(module.predict(data.x_test), wanted, atol=1e-2)
    np.savez(tmp_path / "arrays.npz", x=data.x_test, y=data.restored(data.y_test)[:, 0])
    alone = (trained / "model.keras").rename(tmp_path / "alone.keras")
    try:
        assert np.allclose(apply.predict(alone, str(tmp_path / "arrays.npz"))[0], wanted, atol=1e-2)
        judged = apply.evaluate(alone, str(tmp_path / "arrays.npz"))
        assert abs(judged["mean_absolute_error"] - error_of(wanted, data.restored(data.y_test))) < 1e-2
    finally:
        alone.rename(trained / "model.keras")


def error_of(said: np.ndarray, true: np.ndarray) -> float:
    return float(np.abs(said - true).mean())


def test_a_run_that_was_killed_goes_on_to_the_same_bits(spec: TrainSpec, trained: Path, tmp_path: Path):
    cut_short(spec, tmp_path / "cut", epoch=3)
    resume(tmp_path / "cut")
    assert (tmp_path / "cut" / "model.keras").read_bytes() == (trained / "model.keras").read_bytes()


def test_the_doctor_examines_it_before_and_after(spec: TrainSpec, trained: Path):
    assert [found.rule for found in doctor(trained, experiments=False).findings] == []
    assert "unscaled_targets" in doctor_spec(spec, experiments=False).asked


def test_a_search_is_judged_by_later_rows_in_own_units(spec: TrainSpec, tmp_path: Path):
    given = {**spec.model_dump(exclude_unset=True, exclude={"layers"}), "epochs": 1}
    search = Search.of({**given, "sampler": "grid", "space": {"layers": [[4], [6]]}})
    assert set(usual_space(search.base, prepare(search.base))) == {"layers"}  # the rest is said
    outcome = tune(search, Resources(trials=2, executor=Inside), out=tmp_path / "run")
    best = outcome.best
    assert best is not None
    assert best.scores["root_mean_squared_error"] > 2  # degrees
    assert outcome.finished is not None
    assert "last_value_mean_absolute_error" in outcome.finished.metrics
    lengths = [Tried(given, []).data(Tried(given, []).spec({"window": n}), None).x_train.shape[1] for n in (6, 8)]
    assert lengths == [6, 8]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            {"target": ["room"], "group_by": "", "ahead": 1},
            "column 'room'.*numbers to forecast, got .* kind category. Leave --ahead out",
        ),
        (
            {"ahead": 1, "task": "classification"},
            "spec, ahead: expected numbers to forecast, got --task classification",
        ),
        ({"window": 0, "ahead": 2, "group_by": ""}, "spec, ahead: expected windows of rows, got rows by themselves"),
        ({"window": 0}, "spec, group_by: expected windows of rows"),
        ({"window": 300}, "share no rows"),
        ({"network": "lenet"}, "got windows of readings. Take conv1d, gru or lstm"),
    ],
)
def test_what_does_not_go_together_is_said(spec: TrainSpec, wrong: dict[str, object], said: str):
    with pytest.raises(errors.PellucidError, match=said):
        train(TrainSpec.of({**spec.model_dump(exclude_unset=True), **wrong}))


def test_folds_would_learn_from_what_is_later(spec: TrainSpec):
    with pytest.raises(errors.InvalidArgument, match=r"later than what is learned from, got folds.*--folds"):
        prepare(spec, fold=(0, 3))
    with pytest.raises(errors.InvalidArgument, match="spec, ahead: expected a table as data"):
        prepare(TrainSpec(data="moons", ahead=1))


def test_whole_numbers_are_forecast_where_that_is_asked_for(tmp_path: Path):
    path = tmp_path / "counts.csv"
    path.write_text("people,sun\n" + "".join(f"{(t * t) % 11},{np.sin(t):.3f}\n" for t in range(300)))
    given = {"data": str(path), "target": ["people"], "window": 6}
    assert prepare(TrainSpec(**given)).doubtful  # read as classes, which is said
    for asked in ({"ahead": 2}, {"task": "regression"}):
        data = prepare(TrainSpec(**given, **asked))
        assert isinstance(data, TableForecasts)
        assert (data.ahead.rows, data.classes) == (asked.get("ahead", 1), 0)
