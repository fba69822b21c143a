"""BackupAndRestore: a run that was interrupted goes on where it stood."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Sequence
from numbers import Integral
from pathlib import Path
from typing import Any

from ... import checks
from ...errors import FileError, InvalidArgument
from ...files import allowed
from ..checkpoint import Position, load_checkpoint, save_checkpoint
from .base import Callback, Logs

MOST = 1 / 20  # of the time, that saving takes where save_seconds bounds what is lost


class BackupAndRestore(Callback):
    """Save all of a run's state to `backup_dir` now and then; a `fit` that finds such a backup goes on from there.

    The resumed run computes the same bits as one that was never interrupted: weights, optimizer, moving averages,
    shuffling, dropout, the History and the memory of other callbacks are all in the backup. (Keras resumes at the
    beginning of an epoch, without them.)

    save_freq: "epoch", at the end of each; a number, every so many batches; or False: after every batch, which is what
    Keras 3 makes of it, or by save_seconds alone where that is given.
    save_seconds: also whenever this many seconds have passed; and where epochs follow so quickly that saving would take
    more than a twentieth of the time, not at the end of each. Keras has no such argument.
    double_checkpoint: keep the backup before the last one too, for the case that the last cannot be read.
    delete_checkpoint: remove the backup once training has come to its end.

    >>> backup = BackupAndRestore("backup", save_freq=False, save_seconds=30)
    """

    rank_zero_only = True
    last = True  # the other callbacks have then brought their memory up to date

    def __init__(
        self,
        backup_dir: str | os.PathLike[str],
        save_freq: Any = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
        save_seconds: float | None = None,
    ) -> None:
        if not isinstance(backup_dir, str | os.PathLike) or not os.fspath(backup_dir):
            raise InvalidArgument(self.where("backup_dir"), "a folder", backup_dir)
        counted = isinstance(save_freq, bool) or (isinstance(save_freq, Integral) and int(save_freq) >= 1)
        if not counted and not (isinstance(save_freq, str) and save_freq == "epoch"):
            expected = "'epoch', a number of batches that is at least 1, or False"
            raise InvalidArgument(self.where("save_freq"), expected, save_freq)
        if save_seconds is not None:
            save_seconds = checks.number(self.where("save_seconds"), save_seconds, minimum=0)
        self.backup_dir, self.save_freq, self.save_seconds = Path(backup_dir), save_freq, save_seconds
        self.double_checkpoint, self.delete_checkpoint = bool(double_checkpoint), bool(delete_checkpoint)
        self.path = self.backup_dir / "checkpoint.npz"
        self.previous = self.backup_dir / "checkpoint.previous.npz"
        self._callbacks: Sequence[Callback] = ()
        self._batches, self._saved_at, self._cost = 0, 0.0, 0.0
        self._asked = False

    def ask(self) -> None:
        """Save after the batch at hand, too. Keras has no such method."""
        self._asked = True

    def restore(self, callbacks: Sequence[Callback]) -> Position | None:
        """Bring model and callbacks to where a backup left them, if there is one. `fit` calls it before it begins."""
        self._callbacks = callbacks
        self._batches, self._saved_at = 0, time.monotonic()
        self._make_folder()
        found = [path for path in (self.path, self.previous) if path.exists()]
        for path in found:
            try:
                return load_checkpoint(path, self.model, callbacks)
            except FileError:
                if path == found[-1]:
                    raise
        return None

    def _make_folder(self) -> None:
        """The folder, without the unfinished files of a run that was killed while it saved."""
        where = f"BackupAndRestore, argument backup_dir, {self.backup_dir}"
        with allowed(where, "a folder that can be written to"):
            self.backup_dir.mkdir(parents=True, exist_ok=True)
            for unfinished in self.backup_dir.glob(f".{self.path.name}.*.partial"):
                unfinished.unlink(missing_ok=True)

    @property
    def every_batch(self) -> bool:  # type: ignore[override]
        return isinstance(self.save_freq, Integral)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if self.model.stop_training:  # the epoch ends here; what it still does must not be skipped by a resumed run
            return
        self._batches += 1
        counted = self.every_batch and (self.save_freq is not False or self.save_seconds is None)
        if (counted and self._batches >= self.save_freq) or self._late():
            self._save(self.model.meters.state())

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        ends = self.model.stop_training or epoch + 1 == self.params.get("epochs")
        if (self.save_freq == "epoch" and (ends or self._pays())) or self._late():
            self._save({})

    def _pays(self) -> bool:
        """Whether saving so soon again takes little of the time."""
        return self.save_seconds is None or self._cost <= MOST * (time.monotonic() - self._saved_at)

    def _late(self) -> bool:
        return self._asked or (self.save_seconds is not None and time.monotonic() - self._saved_at >= self.save_seconds)

    def _save(self, meters: dict[str, Any]) -> None:
        began, at = time.monotonic(), self.model.position
        if self.double_checkpoint and self.path.exists():
            os.replace(self.path, self.previous)
        save_checkpoint(self.path, self.model, Position(at.epoch, at.batch, at.first_step, meters), self._callbacks)
        self._batches, self._saved_at, self._asked = 0, time.monotonic(), False
        self._cost = self._saved_at - began

    def state(self) -> dict[str, Any]:
        """Nothing: where it saves does not change what is computed."""
        return {}

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.delete_checkpoint:
            for path in (self.path, self.previous):
                path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # somebody else's files are in it
                self.backup_dir.rmdir()
