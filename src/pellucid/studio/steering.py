"""The callback through which a training is steered and watched. It changes nothing that is computed.

The engine runs many steps in one go, about 50 ms long; the callback is asked before each go how long it may be
(`until_look`), and told after it. While the training stands still for single steps, a go is exactly that long.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from ..arrays import Array
from ..training.callbacks import BackupAndRestore, Callback, Probes
from ..training.probing import Look
from .orders import Orders
from .outbox import Outbox

FAR = 1 << 40  # steps
ROW_SECONDS = 0.05  # between two points of the curves
ALL_EPOCHS = 2000  # epochs, up to which each is a point, however short
TELL_SECONDS = 0.09  # between two messages of them
SHARE = 0.05  # of the time of training that pictures may cost
FASTEST = 20.0  # pictures a second
IDLE = 0.5  # seconds between two looks around while standing still

Draw = Callable[[Mapping[str, Any], Look | None], tuple[dict[str, Any], dict[str, Array]]]


class Stopped(Exception):
    """The training was broken off on purpose; it can be resumed."""


class Steering(Callback):
    """orders: what the page wants. out: takes what there is to tell. draw: makes a picture that somebody watches."""

    every_batch = False

    def __init__(self, orders: Orders, out: Outbox, backup: BackupAndRestore, metric: str, draw: Draw) -> None:
        self.orders, self.out, self.backup, self.metric, self.draw = orders, out, backup, metric, draw
        self._standing = False  # as was told
        self._ends = self._asked = 0  # the step after which the steps that were asked for are taken, and how many
        self._row_at = self._tell_at = 0.0  # when the last point was made, and when the next are to be told
        self._due = 0.0  # when the next step may be taken, where a pace was asked for
        self._before = (0.0, 0.0, 0.0)  # the sums of loss and metric and the samples at the last row
        self._last: tuple[float | None, float | None] | None = None  # the means after the epoch's last row within it
        self._end: list[Any] | None = None  # the row of the epoch that has ended, until it is told
        self._speed: tuple[float, int] | None = None  # when speed was last told, and the step then
        self._probes = Probes(every=1)  # of the step at hand
        self._look_due = False
        self._look: Look | None = None
        self._drawn: dict[str, tuple[float, int]] = {}  # when each picture is to be made next, and of which step it is
        self._free: dict[str, float] = {}  # until when each would cost more than its share

    # What is asked before a go -----------------------------------------------------------------------------------

    def until_look(self, step: int) -> int:
        """Steps that the next go may have; 0 where its one step is looked at."""
        if self._look_due:
            return 0
        if self.orders.finish or self.orders.pace:
            return 1
        return max(1, self._ends - step) if self._ends > step else FAR

    def before_step(self) -> None:
        self._probes = Probes(every=1)
        self._probes.set_model(self.model)
        self._probes.before_step()

    def after_step(self, epoch: int, outputs: Mapping[str, Array], compiled: bool) -> None:
        self._probes.after_step(epoch, outputs, compiled)
        self._look, self._look_due = self._probes.looks[0], False

    # Moments -----------------------------------------------------------------------------------------------------

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        self._before, self._last = (0.0, 0.0, 0.0), None

    def on_train_batch_begin(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """The one place where it waits: what was to be saved is saved by now."""
        self._keep_pace()
        if self.orders.standing and not self.orders.ending:
            self._stand()
        if self.orders.stop:
            raise Stopped
        if self._standing:
            self._standing = False
            self._say_state("running")
        self._take_rate()
        if self.orders.steps and self._ends <= self._step:
            self._asked = self.orders.steps
            self._ends = self._step + self._asked
        self._speed = self._speed or (time.monotonic(), self._step)

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        now = time.monotonic()
        if self._ends and self._step >= self._ends:
            self.orders.took(self._asked)
            self._ends = 0
        if self.model.position.batch >= int(self.params.get("steps") or 1):
            self._last = self._rest(logs or {})  # told at the end of the epoch
        elif now - self._row_at >= ROW_SECONDS or self.orders.standing or 0 < self.orders.pace <= 1 / ROW_SECONDS:
            self._add_row(now, logs or {})
        self._tell(now)
        if self.orders.finish:
            self.model.stop_training = True
        elif self.orders.standing or self.orders.stop:
            self.backup.ask()
        self._pictures(now)

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        now, logs = time.monotonic(), logs or {}
        learned = self._last or (logs.get("loss"), logs.get(self.metric))
        self._end = [float(epoch + 1), *learned, logs.get("val_loss"), logs.get(f"val_{self.metric}")]
        few = int(self.params.get("epochs") or 0) <= ALL_EPOCHS
        if few or now - self._row_at >= ROW_SECONDS or self._last or self.orders.standing or self.orders.epoch:
            self._add_end(now)
        if self.orders.epoch:
            self.orders.epoch = False
        self._tell(now)

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        self._add_end(time.monotonic())
        self._tell(0.0, at_once=True)

    def state(self) -> dict[str, Any]:
        """Nothing: how it was watched does not change what is computed."""
        return {}

    # Standing still ----------------------------------------------------------------------------------------------

    def _stand(self) -> None:
        self._standing, self._speed, self._ends = True, None, 0
        self._tell(0.0, at_once=True)
        if self.backup.path.exists():
            self.out.tell({"type": "saved", "step": self._step})
        self._say_state("paused")
        self._free.clear()
        while self.orders.standing and not self.orders.ending:
            known = self.orders.news
            self._take_rate()
            self._pictures(time.monotonic())
            self.orders.wait(known, IDLE)

    def _keep_pace(self) -> None:
        """Wait until the next step is due, so that eyes can follow."""
        while self.orders.pace and not (self.orders.standing or self.orders.ending):
            now = time.monotonic()
            if now >= self._due:
                self._due = next_of(self._due, 1 / self.orders.pace, now)
                return
            known = self.orders.news
            self._take_rate()
            self._pictures(now)
            self.orders.wait(known, self._due - now)

    def _take_rate(self) -> None:
        if (rate := self.orders.rate) is not None:
            self.orders.rate = None
            self.model.optimizer.take_in_hand(rate)
            self.out.tell({"type": "rate", "step": self._step, "value": rate})

    def _say_state(self, state: str) -> None:
        self.out.tell({"type": "state", "state": state, "step": self._step, "epoch": self.model.position.epoch})

    @property
    def _step(self) -> int:
        return int(self.model.optimizer.steps_taken)

    # Curves ------------------------------------------------------------------------------------------------------

    def _add_row(self, now: float, logs: Mapping[str, Any]) -> None:
        position, steps = self.model.position, max(int(self.params.get("steps") or 1), 1)
        self._row(now, position.epoch + position.batch / steps, *self._window(logs), None, None)

    def _add_end(self, now: float) -> None:
        """The row of the epoch that has ended, unless it was told."""
        if self._end is not None:
            self._row(now, *self._end)
            self._end = None

    def _window(self, logs: Mapping[str, Any]) -> tuple[float | None, float | None]:
        """The means of loss and metric since the last row."""
        meters = self.model.meters
        samples, metric = float(meters.samples), logs.get(self.metric)
        loss, right, known = self._before
        self._before = (float(meters.loss_sum), (metric or 0.0) * samples, samples)
        n = samples - known
        if n <= 0:
            return None, None
        return (self._before[0] - loss) / n, None if metric is None else (self._before[1] - right) / n

    def _rest(self, logs: Mapping[str, Any]) -> tuple[float | None, float | None] | None:
        """The means since the last row within the epoch, if there is one. Of less than a batch, which a single sample
        may be, they say nothing."""
        samples, steps = float(self.model.meters.samples), max(int(self.params.get("steps") or 1), 1)
        enough = (samples - self._before[2]) * steps >= samples
        return self._window(logs) if self._before[2] and enough else None

    def _row(self, now: float, epoch: float, *numbers: Any) -> None:
        told = [None if one is None else float(one) for one in numbers]
        self.out.add_row([self._step, epoch, *told, float(self.model.optimizer.learning_rate)])
        self._row_at = now

    def _tell(self, now: float, at_once: bool = False) -> None:
        if not at_once and now < self._tell_at:
            return
        speed, left = None, None
        if self._speed is not None and now > self._speed[0]:
            speed = (self._step - self._speed[1]) / (now - self._speed[0])
            planned = int(self.params.get("epochs") or 0) * int(self.params.get("steps") or 0)
            left = (planned - self._step) / speed if speed and planned else None
            if now - self._speed[0] > 2.0:
                self._speed = now, self._step
        self.out.tell_curve({"speed": speed, "left": left, "step": self._step, "epoch": self.model.position.epoch})
        self._tell_at = next_of(self._tell_at, TELL_SECONDS, now)

    # Pictures ----------------------------------------------------------------------------------------------------

    def _pictures(self, now: float) -> None:
        """Make those that are watched, that somebody can take, and that are due; they have their share of the time."""
        orders, step = self.orders, self._step
        made = []
        while orders.fresh:
            self._drawn.pop(orders.fresh.pop(), None)
        for key, asked in list(orders.watched.items()):
            due, of = self._drawn.get(key, (0.0, -1))
            if now < max(due, self._free.get(key, 0.0)) or key not in orders.credit or of == step:
                continue
            if asked["topic"] == "flow" and (self._look is None or self._look.step + 1 != step):
                self._look_due = not self._standing or self._look_due
                if self._look is None or not self._standing:
                    continue
            made.append((key, *self._made(key, asked, step)))
            now = time.monotonic()
        for key, header, arrays in made:  # together, so that the page is drawn once for all of them
            self.out.show(key, header, arrays)

    def _made(self, key: str, asked: Mapping[str, Any], step: int) -> tuple[dict[str, Any], dict[str, Array]]:
        began = time.thread_time()  # what it costs; how long it takes depends on what else the machine does
        header, arrays = self.draw(asked, self._look)
        cost, now = time.thread_time() - began, time.monotonic()
        pace = 1 / min(float(asked.get("hz", FASTEST)), FASTEST)
        self._drawn[key] = next_of(self._drawn.get(key, (0.0, -1))[0], pace, now), step
        told = {"type": "picture", "topic": asked["topic"], "key": key, "step": step}
        self.orders.credit.discard(key)
        if not self._standing:
            self._free[key] = now + cost * (len(self.orders.watched) / SHARE - 1)
        return {**told, "epoch": self.model.position.epoch, **header}, arrays


def next_of(due: float, pace: float, now: float) -> float:
    """When something is due again that was due then and is done now: in its rhythm, though what takes long between two
    looks at the clock delays each; where it is late by more than a beat, a beat from now.

    >>> next_of(10.0, 0.25, now=10.125), next_of(10.0, 0.25, now=12.0)
    (10.25, 12.25)
    """
    return due + pace if now < due + pace else now + pace
