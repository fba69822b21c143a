"""MLflow: what was set, how it went and the model itself, as a run of MLflow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ...errors import MissingExtra
from .base import Callback, Logs


class MLflow(Callback):
    """Log parameters, each epoch's loss and metrics, and the trained model to MLflow.

    Into the run that is active, which is left open; else into a run of its own, called run_name, in the experiment that
    `mlflow.set_experiment` chose. It ends with the training: as FINISHED, or as FAILED where an error ended that.
    log_model: keep the model as the artifact model.keras, which `load_model` reads. Where runs are kept is MLflow's own
    setting. Needs the package mlflow: pip install 'pellucid[mlflow]'. Keras has no such callback; MLflow's own for
    Keras, `mlflow.keras.MlflowCallback`, logs the same.

    >>> keep = MLflow(run_name="first try")
    """

    rank_zero_only = True

    def __init__(self, run_name: str | None = None, log_model: bool = True) -> None:
        self.run_name = run_name
        self.log_model = bool(log_model)
        self._mlflow: Any = None
        self._own = False  # whether the run was begun here

    def on_train_begin(self, logs: Logs | None = None) -> None:
        try:
            import mlflow
        except ImportError:
            raise MissingExtra("MLflow", "mlflow", "mlflow") from None
        self._mlflow = mlflow
        self._own = mlflow.active_run() is None
        if self._own:
            mlflow.start_run(run_name=self.run_name)
        mlflow.log_params(self._settings())

    def _settings(self) -> dict[str, Any]:
        optimizer = self.model.optimizer
        found = {"epochs": self.params.get("epochs"), "steps": self.params.get("steps")}
        found |= {"parameters": self.model.count_params(), "optimizer": type(optimizer).__name__}
        found |= {f"optimizer_{name}": value for name, value in optimizer.get_config().items() if name != "name"}
        loss = self.model.loss
        found["loss"] = loss if isinstance(loss, str) else getattr(loss, "name", type(loss).__name__)
        return {name: value for name, value in found.items() if value is not None}

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        numbers = {name: float(value) for name, value in (logs or {}).items() if np.ndim(value) == 0}
        self._mlflow.log_metrics(numbers, step=epoch)

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.log_model:
            import tempfile  # here, so that importing the library stays quick

            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "model.keras"
                self.model.save(path)
                self._mlflow.log_artifact(str(path))
        self._end("FINISHED")

    def close(self) -> None:
        self._end("FAILED")  # unless it ended well before

    def _end(self, status: str) -> None:
        if self._own:
            self._own = False
            self._mlflow.end_run(status)
