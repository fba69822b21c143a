"""Train a network: spec in, a run's folder out. Interrupted at any moment, it goes on to the same bits."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..__about__ import version
from ..arrays import Array
from ..doctor import Finding, before_training
from ..errors import FileError, NonFinite, Told
from ..layers import Dense
from ..models import Sequential
from ..training.batches import with_class_weight
from ..training.callbacks import (
    BackupAndRestore,
    Callback,
    CSVLogger,
    EarlyStopping,
    History,
    Probes,
    UntilConverged,
)
from ..training.callbacks.progress import Progress
from ..training.distribution import DataParallel, alone, by_mpiexec
from . import runs
from .building import build
from .data import prepare
from .fingerprint import fingerprint
from .judging import baseline, decimal_told, judge_test, plainest
from .networks import written_out
from .prepared import Prepared
from .runs import Run
from .spec import TrainSpec

SAVE_SECONDS = 30  # between checkpoints within an epoch
FEWEST_STEPS = 4000  # for data so small that ten epochs would not do
MANY_ROWS = 20_000_000  # of which ten epochs would be more than it takes
LOOKED_AT = 5000  # rows from all over the data that the doctor sees before training, so that it takes a moment only
LINE_EVERY = 10  # epochs, in what is shown of a run: history.csv has them all
MOST_EPOCHS = 1000  # when training until convergence


@dataclass(frozen=True)
class Started:
    """Training is about to begin."""

    run: Run
    spec: TrainSpec
    data: Prepared
    model: Sequential
    epochs: int
    findings: Sequence[Finding] = ()  # of the doctor, from a look at the data and the design


@dataclass(frozen=True)
class EpochEnded:
    """One epoch is over."""

    epoch: int
    logs: Mapping[str, Any]


@dataclass(frozen=True)
class Finished:
    """The run is done; `metrics` is what metrics.json holds."""

    run: Run
    metrics: dict[str, Any]


Event = Started | EpochEnded | Finished
OnEvent = Callable[[Event], None]
Watchers = Callable[[BackupAndRestore], Sequence[Callback]]


def train(
    spec: TrainSpec, *, out: Path | None = None, force: bool = False, on_event: OnEvent = lambda event: None,
    verbose: int = 0, searched: bool = False, watched_by: Watchers = lambda backup: (),
) -> Finished:  # fmt: skip
    """Train what the spec says into a new folder. Processes that `mpiexec` has started share each batch; rank 0 alone
    has the folder, and tells. searched: into the folder of the search which has found it. watched_by: further
    callbacks, given what saves the run."""
    with by_mpiexec() as ranks:
        checksum = fingerprint(spec.data)
        data = prepare(spec)
        spec = written_out(spec, data)
        epochs = planned_epochs(spec, data)
        model = build(spec, data, epochs)  # before the folder is made: a wrong spec leaves nothing behind
        if ranks is not None and ranks.rank:
            return _followed(ranks, spec, data, model, epochs)
        with runs.started(spec, out, force, data.names if data.unusual else None, checksum, searched) as run:
            return _led(ranks, _run(run, spec, data, model, epochs, on_event, verbose, watched_by))


def resume(
    path: Path, *, on_event: OnEvent = lambda event: None, verbose: int = 0,
    watched_by: Watchers = lambda backup: (),
) -> Finished:  # fmt: skip
    """Go on with a run that was interrupted."""
    with by_mpiexec() as ranks:
        run = runs.find(path)
        follows = ranks is not None and ranks.rank > 0
        with nullcontext() if follows else runs.held(run):
            if run.done:
                fix = "Start another with train."
                raise FileError(f"resuming {path}", "an unfinished run", Told("one that is done"), fix)
            spec = run.read_spec()
            run.check_data(fingerprint(spec.data))
            data = prepare(spec, run.reader())
            epochs = planned_epochs(spec, data)
            model = build(spec, data, epochs)
            if ranks is not None and follows:
                return _followed(ranks, spec, data, model, epochs)
            return _led(ranks, _run(run, spec, data, model, epochs, on_event, verbose, watched_by))


def _followed(ranks: DataParallel, spec: TrainSpec, data: Prepared, model: Sequential, epochs: int) -> Finished:
    """The part of all ranks but 0: to train along. What has come of it, rank 0 tells."""
    callbacks = _callbacks(Run(Path()), spec, data, lambda event: None, lambda backup: ())
    _fit(spec, data, model, epochs, callbacks, 0)
    found = json.loads(ranks.of_first(b""))
    return Finished(Run(Path(found["run"])), found["metrics"])


def _led(ranks: DataParallel | None, finished: Finished) -> Finished:
    """What rank 0 has found, told to the others."""
    if ranks is not None:
        ranks.of_first(json.dumps({"run": str(finished.run.path), "metrics": finished.metrics}).encode())
    return finished


def first_sight(spec: TrainSpec, data: Prepared, model: Sequential) -> list[Finding]:
    """What the doctor sees before training."""
    rows = looked_at(data.y_train, bool(data.classes))
    x, y = data.x_train[rows], data.y_train[rows]
    weights = with_class_weight(y, None, data.class_weights(spec.class_weight))
    told = spec.model_dump(exclude_none=True)
    return before_training(model, x, y, None, spec.batch_size, weights, told, names=data.names, columns=data.columns)


def looked_at(y: Array, classes: bool) -> Array:
    """The rows that the doctor sees before training: some from all over the data, and one at least of each class."""
    n = min(len(y), LOOKED_AT)
    rows = np.arange(n) * len(y) // max(n, 1)
    return np.union1d(rows, np.unique(y, return_index=True)[1]) if classes and y.ndim == 1 else rows


def _run(
    run: Run, spec: TrainSpec, data: Prepared, model: Sequential, epochs: int, on_event: OnEvent, verbose: int,
    watched_by: Watchers,
) -> Finished:  # fmt: skip
    on_event(Started(run, spec, data, model, epochs, first_sight(spec, data, model)))
    callbacks = _callbacks(run, spec, data, on_event, watched_by)
    began = time.monotonic()
    try:
        history = _fit(spec, data, model, epochs, callbacks, verbose)
    except NonFinite as problem:
        run.write_problem(problem)
        raise
    seconds = time.monotonic() - began
    with alone():
        return _finished(run, spec, data, model, history, seconds, on_event)


def _fit(
    spec: TrainSpec, data: Prepared, model: Sequential, epochs: int, callbacks: Sequence[Callback], verbose: int
) -> History:
    return model.fit(
        **data.to_fit(spec.batch_size, spec.class_weight),
        epochs=epochs,
        validation_data=data.validation,
        validation_batch_size=1024,
        callbacks=[*callbacks, *([Progress(every=LINE_EVERY)] if verbose else [])],
        verbose=0,
    )


def _finished(
    run: Run, spec: TrainSpec, data: Prepared, model: Sequential, history: History, seconds: float, on_event: OnEvent
) -> Finished:
    """Save the model, and judge it."""
    data.attach(model)
    model.save(run.model)
    metrics = {
        **judge_test(model, data),
        "baseline": baseline(data),
        **plainest(data.restored(data.y_test), data.last),
        **decimal_told(data.decimal),
        "epochs": len(history.epoch),
        "parameters": model.count_params(),
        "seconds": round(seconds, 3),
        "seed": spec.seed,
        "pellucid": version,
    }
    run.problem.unlink(missing_ok=True)  # of an earlier attempt that was resumed
    run.write_metrics(metrics)
    finished = Finished(run, metrics)
    on_event(finished)
    return finished


def chain(model: Sequential) -> str:
    """The shapes on the way, such as 8x8-128-10: the input's and each Dense's, and any other layer's that differs. T: a
    length that is left open."""
    shapes = [model.input_shape[1:]]
    for layer in model.layers:
        shape = layer.output_shape[1:]
        if isinstance(layer, Dense) or math.prod(n or 1 for n in shape) != math.prod(n or 1 for n in shapes[-1]):
            shapes.append(shape)
    return "-".join("x".join("T" if n is None else str(n) for n in shape) for shape in shapes)


def planned_epochs(spec: TrainSpec, data: Prepared) -> int:
    """As many as the spec says; else at least 10, and enough for 4,000 steps, of very many rows at least 2, and enough
    for 20 million; with until_converged, as it takes."""
    spec = written_out(spec, data)
    if spec.epochs is not None:
        return spec.epochs
    if spec.until_converged:
        return MOST_EPOCHS
    few = max(2, min(10, math.ceil(MANY_ROWS / max(1, len(data.x_train)))))
    return max(few, math.ceil(FEWEST_STEPS / math.ceil(len(data.x_train) / spec.batch_size)))


def _callbacks(run: Run, spec: TrainSpec, data: Prepared, on_event: OnEvent, watched_by: Watchers) -> list[Callback]:
    backup = BackupAndRestore(run.path, save_seconds=SAVE_SECONDS, delete_checkpoint=False)
    told = [CSVLogger(run.history), Probes(filename=run.probes), _Told(on_event)]
    if spec.until_converged:
        told.append(UntilConverged())
    if spec.patience:
        watched = "val_loss" if data.validation else "loss"
        told.append(EarlyStopping(watched, patience=spec.patience, restore_best_weights=True))
    return [*told, *watched_by(backup), backup]


class _Told(Callback):
    """Passes the end of each epoch on."""

    rank_zero_only = True

    def __init__(self, on_event: OnEvent) -> None:
        self.on_event = on_event

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        self.on_event(EpochEnded(epoch, logs or {}))
