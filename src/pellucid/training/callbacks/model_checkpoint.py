"""ModelCheckpoint: save the model while it trains, or only when it is better than before."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ... import checks
from ...errors import FileError, InvalidArgument, Told, UnknownName
from ...files import allowed
from .base import Logs
from .monitor import Monitoring


class ModelCheckpoint(Monitoring):
    """Save the model to `filepath` at the end of every epoch, or every `save_freq` batches.

    filepath may hold the epoch (from 1), the batch (from 1) and any logged number: "{epoch:02d}-{val_loss:.2f}.keras".
    save_best_only: only when `monitor` beats all values before, initial_value_threshold among them.
    save_weights_only: the weights alone, to a file that ends in .weights.h5. Files are replaced in one step.

    >>> saving = ModelCheckpoint("best.keras", monitor="val_accuracy", save_best_only=True)
    """

    rank_zero_only = True

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: Any = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__(monitor, mode)
        self.filepath = os.fspath(filepath)
        self.verbose = verbose
        self.save_best_only, self.save_weights_only = bool(save_best_only), bool(save_weights_only)
        if save_freq != "epoch":
            save_freq = checks.integer(self.where("save_freq"), save_freq, minimum=1)
        self.save_freq = save_freq
        endings = (".weights.h5",) if save_weights_only else (".keras", ".h5")
        if not self.filepath.endswith(endings):
            raise InvalidArgument(self.where("filepath"), f"a name that ends in {' or '.join(endings)}", self.filepath)
        threshold = initial_value_threshold
        self.best = None if threshold is None else checks.number(self.where("initial_value_threshold"), threshold)
        self._epoch, self._batches = 0, 0

    @property
    def every_batch(self) -> bool:  # type: ignore[override]
        return bool(self.save_freq != "epoch")

    def on_train_begin(self, logs: Logs | None = None) -> None:
        if not self.save_best_only:
            return
        self.check_measured()
        if self.save_freq != "epoch" and self.monitor.startswith("val_"):
            raise InvalidArgument(
                self.where("monitor"), "a number that is known after a batch, such as 'loss'", self.monitor,
                "Or save at the end of epochs: save_freq='epoch'.",
            )  # fmt: skip

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if self.save_freq == "epoch":
            return
        self._batches += 1
        if self._batches >= self.save_freq:
            self._batches = 0
            self._save(logs or {}, {"epoch": self._epoch + 1, "batch": batch + 1})

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self.save_freq == "epoch":
            self._save(logs or {}, {"epoch": epoch + 1})

    def _save(self, logs: Logs, place: dict[str, int]) -> None:
        if self.save_best_only and not self._improved(logs, place["epoch"]):
            return
        path = self._path({**place, **logs} if "{" in self.filepath else place)
        with allowed(self.where("filepath"), f"a folder {path.parent}"):
            path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise FileError(self.where("filepath"), "a file", Told(f"the folder {path}"))
        save = self.model.save_weights if self.save_weights_only else self.model.save
        save(str(path), overwrite=True)
        if self.verbose > 0:
            print(f"Epoch {place['epoch']}: saved {path}")

    def _improved(self, logs: Logs, epoch: int) -> bool:
        current = self.monitored(logs)
        if current is None:
            return False
        before, improved = self.best, self.better(current, self.best) and self.sound()
        if improved:
            self.best = current
        if self.verbose > 0:
            best = "nothing" if before is None else f"{before:.5f}"
            verdict = f"improved from {best} to" if improved else f"did not improve on {best}:"
            print(f"Epoch {epoch}: {self.monitor} {verdict} {current:.5f}")
        return improved

    def _path(self, names: Mapping[str, Any]) -> Path:
        try:
            return Path(self.filepath.format(**names))
        except KeyError as problem:
            raise UnknownName(self.where("filepath"), str(problem.args[0]), names) from None
        except (ValueError, IndexError, AttributeError, TypeError) as problem:
            raise InvalidArgument(
                self.where("filepath"),
                "a name such as '{epoch:02d}-{val_loss:.2f}.keras'",
                self.filepath,
                f"({problem}.)",
            ) from None

    def state(self) -> dict[str, Any]:
        return {"best": self.best, "batches": self._batches}

    def load_state(self, state: Mapping[str, Any]) -> None:
        self.best, self._batches = state["best"], state["batches"]
