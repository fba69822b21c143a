"""The process in which one run trains. It is told what to do on its standard input, and tells on its standard output.

    python -P -m pellucid.studio.trainer

The first message says what to train: {"type": "begin", "spec": {...}} or {"type": "begin", "resume": "runs/digits-1"}.
Further ones are orders. Where the input ends, nobody is there any more: it saves, and ends.
"""

from __future__ import annotations

import logging
import math
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from ..actions.spec import TrainSpec
from ..actions.train import Event, Finished, Started, resume, train
from ..arrays import Array
from ..errors import NonFinite, PellucidError
from ..training.callbacks import BackupAndRestore, Callback
from ..training.probing import Look
from . import frames
from .child import begun
from .orders import Orders
from .outbox import Outbox
from .parts import told_problem
from .pictures import Scene, picture
from .steering import Steering, Stopped


class Trainer:
    """One training, from its first order to its last word."""

    def __init__(self, orders: Orders, out: Outbox) -> None:
        self.orders, self.out = orders, out
        self.scene: Scene | None = None
        self.metric, self.name = "accuracy", ""

    def run(self, asked: Mapping[str, Any]) -> None:
        """Train, and say how it ended."""
        try:
            if "resume" in asked:
                resume(Path(asked["resume"]), on_event=self.event, watched_by=self.watchers)
            else:
                train(TrainSpec.of(asked["spec"]), on_event=self.event, watched_by=self.watchers)
        except Stopped:
            self.ended("stopped")
        except NonFinite as problem:
            self.ended("diverged", problem)
        except (PellucidError, OSError, MemoryError) as problem:
            self.ended("crashed" if self.scene is not None else "refused", problem)

    def ended(self, state: str, problem: BaseException | None = None) -> None:
        """The last word."""
        told = {} if problem is None else {"problem": told_problem(problem)}
        step = self.scene.model.optimizer.steps_taken if self.scene is not None else 0
        self.out.tell({"type": "state", "state": state, "step": step, "last": True, **told})

    def event(self, event: Event) -> None:
        """What the action tells."""
        if isinstance(event, Started):
            self.scene, self.name = Scene(event.model, event.data), event.run.path.name
            self.metric = event.data.metrics[0]
            self.out.tell(self._started(event))
        elif isinstance(event, Finished):
            self.out.tell({"type": "finished", "metrics": event.metrics})
            self.ended("done")

    def _started(self, event: Started) -> dict[str, Any]:
        model, rows = event.model, len(event.data.x_train)
        return {
            "type": "started",
            "folder": str(event.run.path),
            "spec": event.spec.model_dump(exclude_unset=True),
            "epochs": event.epochs,
            "steps": -(-rows // event.spec.batch_size),
            "numbers": rows * math.prod(event.data.x_train.shape[1:]),
            "metric": self.metric,
            "parameters": model.count_params(),
            "layers": [layer_told(model, step.label, step.layer) for step in model.wiring.steps],
            "findings": [asdict(finding) for finding in event.findings],
        }

    def watchers(self, backup: BackupAndRestore) -> Sequence[Callback]:
        """What steers the training."""
        return [Steering(self.orders, self.out, backup, self.metric, self.draw)]

    def draw(self, asked: Mapping[str, Any], look: Look | None) -> tuple[dict[str, Any], dict[str, Array]]:
        """A picture; of what cannot be drawn, why."""
        assert self.scene is not None
        self.scene.look = look
        try:
            header, arrays = picture(self.scene, asked)
        except PellucidError as problem:
            header, arrays = {"problem": told_problem(problem)}, {}
        return {"run": self.name, **header}, arrays


class Compiling(logging.Handler):
    """Tells that kernels are compiled, for which the first training on a machine waits; the log says so to programs."""

    def __init__(self, out: Outbox) -> None:
        super().__init__()
        self.out = out

    def emit(self, record: logging.LogRecord) -> None:
        if record.module == "waiting" and record.args:
            self.out.tell({"type": "compiling", "kernels": next(iter(record.args))})


def layer_told(model: Any, name: str, layer: Any) -> dict[str, Any]:
    """A layer, as the page shows it."""
    kernel = model.theta.get(f"{name}/kernel")
    return {
        "name": name,
        "class": type(layer).__name__,
        "output": list(layer.output_shape[1:]),
        "weights": list(kernel.shape) if kernel is not None else None,
    }


def listen(pipe: IO[bytes], orders: Orders) -> None:
    """Take the orders that come, until nobody is there."""
    while (message := frames.read(pipe)) is not None:
        orders.take(frames.header_of(message)[0])
    orders.end()


def main() -> None:
    """Train what the first message says."""
    asked, told = begun()
    if asked is None:
        return
    out = Outbox(told)
    logger = logging.getLogger("pellucid")
    logger.setLevel(logging.INFO)
    logger.addHandler(Compiling(out))
    orders = Orders(bool(asked.get("paused")), float(asked.get("pace", 0)))
    threading.Thread(target=listen, args=(sys.stdin.buffer, orders), daemon=True).start()
    try:
        Trainer(orders, out).run(asked)
    finally:
        out.close()


if __name__ == "__main__":
    main()
    os._exit(0)  # the thread that listens may be within a read, which an ordinary end would wait for
