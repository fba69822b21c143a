"""TensorBoard: curves and histograms in files that TensorBoard shows."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ... import checks
from ...errors import InvalidArgument, MissingExtra
from .base import Callback, Logs


class TensorBoard(Callback):
    """Write loss and metrics of each epoch, on training and on validation data, for `tensorboard --logdir logs`.

    Under the names that Keras gives them: `epoch_loss` and so on, in the folders `train` and `validation` of log_dir,
    and `epoch_learning_rate`; with update_freq="batch" or a number of batches, `batch_loss` and so on as often.
    histogram_freq: of how many epochs one has a histogram of each weight; 0, none. write_steps_per_second:
    `epoch_steps_per_second`. Needs the package tensorboardX, not TensorFlow: pip install 'pellucid[tensorboard]'.

    Keras can also write its graph, its profile and embeddings; here `plot_model` draws the graph.

    >>> board = TensorBoard("logs", histogram_freq=1, update_freq=100)
    """

    rank_zero_only = True

    def __init__(
        self,
        log_dir: str | os.PathLike[str] = "logs",
        histogram_freq: int = 0,
        write_steps_per_second: bool = False,
        update_freq: str | int = "epoch",
    ) -> None:
        self.log_dir = Path(checks.path(self.where("log_dir"), log_dir))
        self.histogram_freq = checks.integer(self.where("histogram_freq"), histogram_freq, minimum=0)
        self.write_steps_per_second = bool(write_steps_per_second)
        if isinstance(update_freq, str) and update_freq not in ("batch", "epoch"):
            raise InvalidArgument(self.where("update_freq"), "'batch', 'epoch' or a number of batches", update_freq)
        if not isinstance(update_freq, str):
            checks.integer(self.where("update_freq"), update_freq, minimum=1)
        self.update_freq = update_freq
        self.every_batch = update_freq != "epoch"
        self._writers: dict[str, Any] = {}
        self._step = self._seen = 0
        self._began = 0.0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._step = 0
        self._writer("train")

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._began, self._seen = time.perf_counter(), self._step

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._step = self._seen + batch + 1
        every = {"batch": 1, "epoch": 0}.get(str(self.update_freq), self.update_freq)
        if every and self._step % int(every) == 0:
            self._write("train", "batch_", logs or {}, self._step)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = dict(logs or {})
        optimizer = self.model.optimizer
        if not hasattr(optimizer, "optimizers"):  # each of several has a rate of its own
            logs.setdefault("learning_rate", optimizer.learning_rate)
        if self.write_steps_per_second:
            logs["steps_per_second"] = (self._step - self._seen) / max(time.perf_counter() - self._began, 1e-9)
        held = {name.removeprefix("val_"): value for name, value in logs.items() if name.startswith("val_")}
        self._write("train", "epoch_", {n: v for n, v in logs.items() if not n.startswith("val_")}, epoch)
        if held:
            self._write("validation", "epoch_", held, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            for weight in self.model.weights:
                self._writer("train").add_histogram(f"{weight.path}/histogram", np.asarray(weight.numpy()), epoch)
        for writer in self._writers.values():
            writer.flush()

    def close(self) -> None:
        for writer in self._writers.values():
            writer.close()
        self._writers = {}

    def _write(self, kind: str, prefix: str, logs: Logs, step: int) -> None:
        for name, value in _numbers(logs):
            self._writer(kind).add_scalar(prefix + name, value, step)

    def _writer(self, kind: str) -> Any:
        if kind not in self._writers:
            try:
                from tensorboardX import SummaryWriter
            except ImportError:
                raise MissingExtra("TensorBoard", "tensorboardX", "tensorboard") from None
            self._writers[kind] = SummaryWriter(str(self.log_dir / kind))
        return self._writers[kind]


def _numbers(logs: Logs) -> Iterator[tuple[str, float]]:
    """Each number under its name; several, say one for each class, as name/0, name/1, ..."""
    for name, value in logs.items():
        if np.ndim(value) == 0:
            yield name, float(value)
        else:
            yield from ((f"{name}/{i}", float(one)) for i, one in enumerate(np.ravel(value)))
