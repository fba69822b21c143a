"""TensorBoard and MLflow: what their own readers find is what History has."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid import layers
from pellucid.callbacks import MLflow, TensorBoard
from pellucid.errors import InvalidArgument, MissingExtra

OTHERS_WARNINGS = pytest.mark.filterwarnings("ignore")  # of what MLflow stands on
X = np.linspace(-1, 1, 40, dtype="float32")[:, None]
Y = X[:, 0] ** 2


def trained(*callbacks: Any, epochs: int = 3, **options: Any) -> Any:
    model = pellucid.Sequential([layers.Dense(4, "tanh", input_shape=(1,)), layers.Dense(1)], seed=0)
    model.compile(pellucid.optimizers.SGD(0.1), "mse", metrics=["mae"])
    return model.fit(
        X, Y, batch_size=10, epochs=epochs, validation_split=0.25, callbacks=[*callbacks], verbose=0, **options
    )


def events(folder: Path) -> list[tuple[int, Any]]:
    """(step, value) of everything in the event files, read by tensorboardX's own description of them."""
    from tensorboardX.proto.event_pb2 import Event

    found = []
    for path in sorted(folder.glob("events*")):
        data, at = path.read_bytes(), 0
        while at < len(data):
            n = int.from_bytes(data[at : at + 8], "little")  # a record: its length, a checksum, itself, another
            event = Event.FromString(data[at + 12 : at + 12 + n])
            found += [(event.step, value) for value in event.summary.value]
            at += 16 + n
    return found


def scalars(folder: Path, tag: str) -> list[tuple[int, float]]:
    return [(step, value.simple_value) for step, value in events(folder) if value.tag == tag]


def test_tensorboard_has_what_history_has(tmp_path: Path):
    pytest.importorskip("tensorboardX", reason="tensorboardX is not installed")
    board = TensorBoard(tmp_path, histogram_freq=2, write_steps_per_second=True, update_freq=2)
    history = trained(board)
    for name, kind, tag in [
        ("loss", "train", "epoch_loss"), ("mae", "train", "epoch_mae"), ("val_loss", "validation", "epoch_loss"),
        ("val_mae", "validation", "epoch_mae"),
    ]:  # fmt: skip
        found = scalars(tmp_path / kind, tag)
        assert [step for step, _ in found] == [0, 1, 2]
        assert [value for _, value in found] == pytest.approx(history.history[name])
    assert scalars(tmp_path / "train", "epoch_learning_rate") == [(i, pytest.approx(0.1)) for i in range(3)]
    assert all(value > 0 for _, value in scalars(tmp_path / "train", "epoch_steps_per_second"))
    assert [step for step, _ in scalars(tmp_path / "train", "batch_loss")] == [2, 4, 6, 8]
    drawn = [(step, value) for step, value in events(tmp_path / "train") if value.HasField("histo")]
    assert {step for step, _ in drawn} == {0, 2}
    assert len(drawn) == 2 * 4
    assert {value.tag for _, value in drawn if value.histo.num == 4} == {
        f"{weight.path}/histogram" for weight in history.model.weights if weight.numpy().size == 4
    }


@pytest.mark.parametrize(
    "options", [{"update_freq": "step"}, {"update_freq": 0}, {"histogram_freq": -1}, {"log_dir": 3}]
)
def test_what_tensorboard_refuses(options: dict[str, Any]):
    with pytest.raises((InvalidArgument, pellucid.errors.PellucidError), match="TensorBoard, argument"):
        TensorBoard(**options)


@pytest.mark.parametrize(("callback", "package"), [(TensorBoard, "tensorboardX"), (MLflow, "mlflow")])
def test_a_package_that_is_missing_is_one_sentence(
    callback: type, package: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtra, match=rf"expected the package {package}.*pip install 'pellucid\["):
        trained(callback())


@pytest.fixture
def mlflow(tmp_path: Path) -> Any:
    mlflow = pytest.importorskip("mlflow", reason="mlflow is not installed")
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path / 'runs.db'}")
    mlflow.set_experiment(experiment_id=mlflow.create_experiment("tried", (tmp_path / "kept").as_uri()))
    return mlflow


@OTHERS_WARNINGS
def test_mlflow_has_what_history_has(mlflow: Any, tmp_path: Path):
    history = trained(MLflow(run_name="first"))
    assert mlflow.active_run() is None
    run = mlflow.last_active_run()
    assert (run.info.run_name, run.info.status) == ("first", "FINISHED")
    assert run.data.params.items() >= {"epochs": "3", "optimizer": "SGD", "parameters": "13"}.items()
    client = mlflow.MlflowClient()
    for name, values in history.history.items():
        assert [m.value for m in client.get_metric_history(run.info.run_id, name)] == pytest.approx(values)
    path = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="model.keras")
    np.testing.assert_array_equal(pellucid.saving.load_model(path).predict(X, verbose=0),
                                  history.model.predict(X, verbose=0))  # fmt: skip


@OTHERS_WARNINGS
def test_a_run_of_mlflow_that_is_active_stays_so(mlflow: Any):
    with mlflow.start_run() as run:
        trained(MLflow(log_model=False))
        assert mlflow.active_run().info.run_id == run.info.run_id
    assert "loss" in mlflow.get_run(run.info.run_id).data.metrics


@OTHERS_WARNINGS
def test_a_training_that_breaks_is_a_run_that_failed(mlflow: Any):
    class Break(pellucid.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            raise KeyError(epoch)

    with pytest.raises(KeyError):
        trained(MLflow(), Break())
    assert mlflow.last_active_run().info.status == "FAILED"
