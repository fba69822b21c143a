"""Progress: a bar that moves while batches go by, and a line of numbers for each epoch."""

from __future__ import annotations

import math
import os
import sys
import time
from typing import Any

import numpy as np

from ... import checks
from ...errors import InvalidArgument
from .base import Callback, Logs
from .notebook import NotebookBar, in_notebook

REFRESH = 0.1  # seconds between two looks at the numbers
SHARE = 0.05  # of the time, at most, goes into drawing


class Progress(Callback):
    """What `fit`, `evaluate` and `predict` show with verbose=1: on a terminal a live bar, in a notebook one line that
    is updated, elsewhere lines only.

    A line tells the epoch's time, its numbers and its learning rate. verbose=2: lines only, on a terminal too.
    every: of how many epochs one has a line, and the last; between them, the bar alone moves. On a terminal with
    every > 1, only the last has one.

    >>> progress = Progress(verbose=2)
    >>> progress.set_params({"epochs": 3})
    >>> progress.line("Epoch 1/3", 0.25, {"loss": 0.51234, "accuracy": 0.75})
    'Epoch 1/3 · 0.25 s · loss 0.5123 · accuracy 0.7500'
    """

    rank_zero_only = True
    every_batch = False

    def __init__(self, verbose: int = 1, every: int = 1) -> None:
        if verbose not in (1, 2):
            raise InvalidArgument(self.where("verbose"), "1 or 2", verbose)
        self.verbose = checks.integer(self.where("verbose"), verbose)
        self.every = checks.integer(self.where("every"), every, minimum=1)
        self._held = ""  # the last epoch's line, where it is not shown yet
        self._bar: Bar | NotebookBar | None = None
        self._training, self._title = False, ""
        self._epoch = self._steps_seen = self._steps_before = 0
        self._began = self._epoch_began = self._due = 0.0

    def line(self, title: str, seconds: float, logs: Logs, learning_rate: str = "") -> str:
        """The line of an epoch or an evaluation."""
        parts = [title, duration(seconds), *numbers(logs)]
        if learning_rate:
            parts.append(f"lr {learning_rate}")
        return _separator().join(parts)

    # fit ---------------------------------------------------------------------------------------------------------

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._training = True
        self._steps_seen = 0
        self._begin("")

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch, self._epoch_began, self._due = epoch, time.perf_counter(), 0.0
        self._steps_before = self._steps_seen
        self._title = f"Epoch {epoch + 1}/{self.params.get('epochs', '?')}"

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._steps_seen = self._steps_before + batch + 1
        if self._bar is None or time.perf_counter() < self._due:
            return
        extra = [f"lr {self.model.optimizer.told_rate()}", *self._time_left(batch + 1)]
        self._draw(self._title, batch + 1, self.params.get("steps"), [*numbers(logs or {}), *extra])

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        seconds = time.perf_counter() - self._epoch_began
        self._held = self.line(self._title, seconds, logs or {}, self.model.optimizer.told_rate())
        if self.every == 1 or (self._bar is None and (epoch + 1) % self.every == 0):
            self._tell_held()

    def _tell_held(self) -> None:
        if self._held:
            self._say(self._held)
        self._held = ""

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._tell_held()
        self._training = False
        self.close()

    def _time_left(self, batch: int) -> list[str]:
        """The time that the remaining epochs will take at the pace so far, validation included."""
        steps, epochs = self.params.get("steps"), self.params.get("epochs")
        if not steps or not epochs:
            return []
        remaining = (epochs - self._epoch) * steps - batch
        pace = (time.perf_counter() - self._began) / max(self._steps_seen, 1)
        return [f"{duration(remaining * pace, whole=True)} left"]

    # evaluate and predict ----------------------------------------------------------------------------------------

    def on_test_begin(self, logs: Logs | None = None) -> None:
        if not self._training:
            self._begin("Evaluation")

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if self._bar is None or time.perf_counter() < self._due:
            return
        if self._training:
            steps = self.params.get("steps")
            self._draw(self._title, steps, steps, [f"validation, batch {batch + 1}"])
        else:
            self._draw(self._title, batch + 1, self.params.get("steps"), numbers(logs or {}))

    def on_test_end(self, logs: Logs | None = None) -> None:
        if not self._training:
            self._say(self.line(self._title, time.perf_counter() - self._began, logs or {}))
            self.close()

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._begin("Prediction")

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if self._bar is not None and time.perf_counter() >= self._due:
            self._draw(self._title, batch + 1, self.params.get("steps"), [])

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self.close()

    # Both --------------------------------------------------------------------------------------------------------

    def _begin(self, title: str) -> None:
        self.close()
        if self.verbose == 1 and in_notebook():
            self._bar = NotebookBar.free()
        elif self.verbose == 1 and _on_terminal():
            self._bar = Bar.free()
        self._title, self._began, self._due = title, time.perf_counter(), 0.0

    def _draw(self, title: str, done: int | None, total: int | None, parts: list[str]) -> None:
        began = time.perf_counter()
        if self._bar is not None:
            self._bar.show(title, done, total, _separator().join(parts))
        ended = time.perf_counter()
        self._due = ended + max(REFRESH, (ended - began) / SHARE)

    def _say(self, line: str) -> None:
        if self._bar is None:
            print(line, flush=True)
        else:
            self._bar.say(line)

    def close(self) -> None:
        """Take the bar away and leave the terminal as it was."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


class Bar:
    """A live line at the foot of the terminal; whatever is printed meanwhile appears above it."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Live

        console = Console(highlight=False)
        self._width = 20 if console.width >= 100 else 10
        self._live = Live(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=self._width),
            TextColumn("{task.fields[count]}", markup=False),
            TextColumn("{task.fields[text]}", markup=False),
            console=console,
            auto_refresh=False,
            transient=True,
        )
        self._task = self._live.add_task("", total=1, count="", text="", visible=False)
        self._live.start()

    @classmethod
    def free(cls) -> Bar | None:
        """A bar, unless one is on the terminal already: that of a `fit` whose callback evaluates, say."""
        from rich.file_proxy import FileProxy

        return None if isinstance(sys.stdout, FileProxy) else cls()

    def show(self, title: str, done: int | None, total: int | None, text: str) -> None:
        """Draw the line anew, cut to the terminal's width. `total` None: it is not known how far this goes."""
        count = "" if done is None else f"{done}/{total}" if total else str(done)
        room = self._live.console.width - len(title) - self._width - len(count) - 3
        self._live.update(
            self._task,
            description=title,
            completed=done if done and total else 0,
            total=total or 1,
            count=count,
            text=text if len(text) <= room else f"{text[: max(room - 1, 0)]}…",
            visible=True,
            refresh=True,
        )

    def say(self, line: str) -> None:
        """Print a line above the bar."""
        self._live.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def close(self) -> None:
        """Remove the bar."""
        self._live.stop()


def numbers(logs: Logs) -> list[str]:
    """Each logged number with its name; the learning rate is told apart from them.

    >>> numbers({"loss": 0.5, "val_loss": 1.25e-05})
    ['loss 0.5000', 'val_loss 1.25e-05']
    """
    return [f"{name} {_short(value)}" for name, value in logs.items() if name != "learning_rate"]


def _short(value: Any) -> str:
    if np.ndim(value):
        return f"[{' '.join(_short(v) for v in np.ravel(value)[:10])}{' …' if np.size(value) > 10 else ''}]"
    if isinstance(value, str | int):
        return str(value)
    number = float(value)
    return f"{number:.4f}" if number == 0 or 1e-3 <= abs(number) < 1e4 else f"{number:.3g}"


def duration(seconds: float, whole: bool = False) -> str:
    """A time span to the precision that matters.

    >>> [duration(s) for s in (0.0123, 1.234, 75, 3725)]
    ['0.01 s', '1.2 s', '1 min 15 s', '1 h 02 min']
    """
    if not math.isfinite(seconds):
        return "?"
    if seconds >= 60 or whole:
        minutes, rest = divmod(round(seconds), 60)
        hours, minutes = divmod(minutes, 60)
        if hours:
            return f"{hours} h {minutes:02} min"
        return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds:.2f} s"


def _on_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def _separator() -> str:
    """A middle dot, or a hyphen where the output's encoding has none."""
    try:
        "·".encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return " - "
    return " · "
