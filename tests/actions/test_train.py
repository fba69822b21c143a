"""Training as the command line and the studio do it: a spec in, a run's folder out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from actions.power_cut import cut_short
from pellucid import errors
from pellucid.actions import apply, runs
from pellucid.actions.spec import TrainSpec
from pellucid.actions.train import EpochEnded, Finished, Started, resume, train
from pellucid.models import load_model
from pellucid.optimizers.base import optimizers


@pytest.fixture
def moons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrainSpec:
    monkeypatch.chdir(tmp_path)
    return TrainSpec(data="moons", layers=[8, 8], dropout=0.1, batch_norm=True, epochs=6)


def test_a_run_keeps_everything(moons: TrainSpec):
    events = []
    finished = train(moons, on_event=events.append)
    run = finished.run
    assert run.path == Path("runs/moons-1")
    assert sorted(p.name for p in run.path.iterdir()) == [
        "checkpoint.npz", "history.csv", "metrics.json", "model.keras", "probes.csv", "spec.toml",
    ]  # fmt: skip
    assert run.read_spec() == moons
    assert [type(e) for e in events] == [Started, *[EpochEnded] * 6, Finished]
    assert len(run.history.read_text().splitlines()) == 7
    metrics = json.loads(run.metrics.read_text())
    assert metrics == finished.metrics
    assert {"loss", "accuracy", "precision", "recall", "f1", "confusion_matrix", "per_class"} <= set(metrics)
    assert np.sum(metrics["confusion_matrix"]) == metrics["samples"] == 80
    assert metrics["accuracy"] == np.trace(metrics["confusion_matrix"]) / 80


def test_runs_are_numbered(moons: TrainSpec):
    assert [train(moons).run.path.name for _ in range(2)] == ["moons-1", "moons-2"]


def test_the_metrics_kept_are_those_of_the_model_kept(moons: TrainSpec):
    finished = train(moons)
    again = apply.evaluate(finished.run.path, None)
    assert {k: finished.metrics[k] for k in again} == again


@pytest.mark.parametrize("epoch", [0, 3, 5])
def test_a_run_that_was_killed_goes_on_to_the_same_bits(moons: TrainSpec, epoch: int):
    whole = train(moons, out=Path("whole"))

    cut_short(moons, Path("cut"), epoch=epoch)
    assert not (Path("cut") / "metrics.json").exists()
    resumed = resume(Path("cut"))
    same = [key for key in whole.metrics if key != "seconds"]
    assert {k: whole.metrics[k] for k in same} == {k: resumed.metrics[k] for k in same}
    for name in ("model.keras", "history.csv", "probes.csv"):
        assert (Path("whole") / name).read_bytes() == (Path("cut") / name).read_bytes()


def test_a_run_goes_on_with_the_data_that_it_began_with_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    x = np.random.default_rng(0).normal(size=(90, 2))
    np.savez("own.npz", x=x, y=np.arange(90) % 3)

    cut_short(TrainSpec(data="own.npz", layers=[4], epochs=2), Path("cut"), epoch=0)
    kept = Path("own.npz").read_bytes()
    x[5, 1] += 1e-9
    np.savez("own.npz", x=x, y=np.arange(90) % 3)
    with pytest.raises(errors.FileError, match="resuming cut: expected the data that it began with, got others"):
        resume(Path("cut"))
    Path("own.npz").write_bytes(kept)
    assert resume(Path("cut")).run.done


def test_a_damaged_checksum_is_that_of_other_data(tmp_path: Path):
    run = runs.Run(tmp_path)
    run.data.write_bytes(b"\xff01b0")
    with pytest.raises(errors.FileError, match="expected the data that it began with, got others"):
        run.check_data("1234abcd")


def test_a_finished_run_is_not_overwritten(moons: TrainSpec):
    out = Path("mine")
    train(moons, out=out)
    before = (out / "model.keras").read_bytes()
    with pytest.raises(errors.FileError, match="--force"):
        train(moons.model_copy(update={"seed": 5}), out=out)
    with pytest.raises(errors.FileError, match="one that is done"):
        resume(out)
    assert (out / "model.keras").read_bytes() == before
    train(moons.model_copy(update={"seed": 5}), out=out, force=True)
    assert (out / "model.keras").read_bytes() != before


def test_a_wrong_spec_leaves_no_folder(moons: TrainSpec):
    for wrong in (
        {"optimizer": "adm"}, {"activation": "rleu"}, {"layers": [{"class": "Dnse", "units": 3}]}, {"loss": "mze"},
        {"layers": [{"class": "Dense", "units": 3}]}, {"schedule": "cosin"}, {"data": "moon"},
        {"optimizer": {"class": "SGD", "momentm": 0.9}}, {"layers": [0]}, {"layers": [{"units": 3}]},
    ):  # fmt: skip
        with pytest.raises(errors.PellucidError):
            train(TrainSpec.of({**moons.model_dump(), **wrong}))
    assert not Path("runs").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epoch = 3", "Did you mean 'epochs'"),
        ("epochs = 'three'", "epochs"),
        ("epochs = -1", "greater than or equal to 0"),
        ("epochs = 2.5", "integer"),
        ("dropout = 1.0", "less than 1"),
        ("learning_rate = nan", "finite"),
        ("layers = 'wide'", "list"),
        ("epochs = ", "expected TOML"),
        ("scale = 'big'", "'auto', 'none', 'rescale' or 'normalize'"),
    ],
)
def test_a_wrong_toml_is_told(tmp_path: Path, text: str, message: str):
    path = tmp_path / "spec.toml"
    path.write_text(text)
    with pytest.raises(errors.PellucidError, match=message) as caught:
        TrainSpec.read(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("wrong", [None, [None], object()], ids=["none", "list", "object"])
def test_what_no_spec_can_hold_is_told(wrong: object):
    with pytest.raises(errors.WrongType, match="spec: expected text, numbers and tables"):
        TrainSpec.of({"layers": [{"class": "Dense", "units": 4, "activation": wrong}]})


def test_any_network_from_toml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    Path("spec.toml").write_text("""
        data = "digits"
        epochs = 12
        optimizer = {class = "SGD", momentum = 0.9, nesterov = true}
        learning_rate = 0.05
        schedule = {class = "ExponentialDecay", initial_learning_rate = 0.05, decay_steps = 100, decay_rate = 0.9}
        loss = {class = "SparseCategoricalCrossentropy", from_logits = true}
        [[layers]]
        class = "Flatten"
        [[layers]]
        class = "Dense"
        units = 48
        kernel_regularizer = {class = "L2", l2 = 0.0001}
        [[layers]]
        class = "LayerNormalization"
        [[layers]]
        class = "PReLU"
        [[layers]]
        class = "Dense"
        units = 10
    """)
    finished = train(TrainSpec.read("spec.toml"))
    assert finished.metrics["accuracy"] > 0.93
    model = load_model(finished.run.model)
    assert [type(layer).__name__ for layer in model.layers[-4:]] == ["Dense", "LayerNormalization", "PReLU", "Dense"]
    assert model.layers[-4].kernel_regularizer.l2 == 0.0001
    assert finished.run.read_spec() == TrainSpec.read("spec.toml")


def test_a_regression_from_an_npz_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 3)) * [1, 100, 0.01] + [0, 50, 0]
    np.savez("table.npz", x=x, y=x[:, 0] + 0.01 * x[:, 1])
    finished = train(TrainSpec(data="table.npz", layers=[16]))
    assert finished.metrics["r2"] > 0.97
    outputs, classifier, _ = apply.predict(finished.run.path, None)
    assert outputs.shape == (60, 1)
    assert not classifier


def test_predictions_as_csv(moons: TrainSpec):
    finished = train(moons)
    outputs, classifier, _ = apply.predict(finished.run.path, "moons")
    assert classifier
    apply.write_predictions(Path("p.csv"), apply.predicted(finished.run.path, "moons"))
    lines = Path("p.csv").read_text().splitlines()
    assert lines[0] == "row,class,probability_0,probability_1"
    read = np.array([[float(v) for v in line.split(",")] for line in lines[1:]])
    np.testing.assert_allclose(read[:, 2:], outputs)
    np.testing.assert_array_equal(read[:, 1], outputs.argmax(axis=1))


def test_converging_stops_before_the_last_epoch(moons: TrainSpec):
    finished = train(moons.model_copy(update={"until_converged": True, "epochs": None, "dropout": 0.0}))
    assert finished.metrics["epochs"] < 1000


@pytest.mark.parametrize("name", sorted({part.__name__ for part in optimizers.names.values()} - {"MultiOptimizer"}))
def test_every_optimizer_learns_as_it_comes(name: str, moons: TrainSpec):
    """With the schedule that `auto` chooses; the rate is the optimizer's own unless that is made for large steps."""
    rate = {"SGD": 0.1, "Adagrad": 0.1, "Adadelta": 1.0, "Ftrl": 0.1}.get(name)
    spec = moons.model_copy(update={"optimizer": name, "learning_rate": rate, "epochs": 60, "dropout": 0.0})
    assert train(spec).metrics["accuracy"] > 0.8


def test_the_digits_are_learned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert train(TrainSpec()).metrics["accuracy"] >= 0.97


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": np.zeros((0, 2)), "y": np.zeros(0)}, "empty|row"),
        ({"x": np.full((9, 2), np.nan), "y": np.arange(9) % 2}, "row 0, column 0"),
        ({"x": np.ones((9, 2)), "y": np.arange(8) % 2}, "9"),
        ({"x": np.full((9, 2), "a"), "y": np.arange(9) % 2}, "number"),
        ({"a": np.ones(3)}, "x and y|x_train"),
    ],
)
def test_bad_data_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arrays, message: str):
    monkeypatch.chdir(tmp_path)
    np.savez("bad.npz", **arrays)
    with pytest.raises(errors.PellucidError, match=message):
        train(TrainSpec(data="bad.npz"))
    assert not Path("runs").exists()


def test_a_folder_without_a_run(tmp_path: Path):
    with pytest.raises(errors.FileError, match=r"spec\.toml"):
        runs.find(tmp_path)


def test_the_doctor_looks_before_training(moons: TrainSpec):
    events: list = []
    train(moons.model_copy(update={"activation": "linear", "batch_norm": False, "epochs": 1}), on_event=events.append)
    assert [finding.rule for finding in events[0].findings] == ["linear_stack"]
