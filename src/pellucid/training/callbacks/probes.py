"""Probes: looks into every layer while the network trains."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from typing import Any

from ... import checks
from ...arrays import Array
from ...machine.layout import SUMMARY
from ...machine.summaries import summaries
from ..probing import COLUMNS, Look, Summary, ends_of, looks_in, read_looks, rows_of, summary, text_of
from .base import Callback, Logs
from .table import Table

GROWTH = 1.2  # from one look to the next, unless `every` says otherwise


class Probes(Callback):
    """Look at a step now and then: what each layer gave, each parameter's gradient and value, and how far it moved.

    `looks` is a list of `Look`: per layer the mean, standard deviation, extremes, norm, share of zeros, of saturated
    outputs and of dead units, and a histogram; the same for gradients and weights; and ‖Δp‖ / ‖p‖, the update-to-weight
    ratio, which is about 1e-3 where a network learns well (Karpathy, cs231n, "Neural Networks 3").

    every: look at every so many steps. Unless it is given, the first steps are looked at one by one, and later ones
    each a fifth further on: what goes wrong mostly does so at once, and a long run is hardly slowed down.
    filename: also write the looks to this table (CSV); a run that goes on from a backup goes on in it.

    The numbers are those of the engine that trains: it leaves them behind, and training gives the same bits as without
    probes. Outputs are those of training, with noise; gradients are of the loss with its penalties, before clipping.
    Keras's TensorBoard callback had `write_grads`, and has it no more.

    >>> import numpy as np
    >>> from pellucid import Sequential
    >>> from pellucid.layers import Dense
    >>> model = Sequential([Dense(4, activation="tanh", input_shape=(2,)), Dense(1)], seed=0)
    >>> model.compile("sgd", "mse")
    >>> probes = Probes()
    >>> history = model.fit(np.ones((8, 2)), np.ones(8), epochs=3, batch_size=8, callbacks=[probes], verbose=0)
    >>> [look.step for look in probes.looks], sorted(probes.looks[0].outputs)
    ([0, 1, 2], ['dense', 'dense_1'])
    """

    rank_zero_only = True
    every_batch = False

    def __init__(self, every: int | None = None, filename: str | os.PathLike[str] | None = None) -> None:
        self.every = every if every is None else checks.integer(self.where("every"), every, minimum=1)
        self.table = None if filename is None else Table("Probes", filename)
        self.looks: list[Look] = []
        self.next = 0  # the step to look at
        self._pending: list[Look] = []  # not written yet

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.looks, self._pending, self.next = [], [], 0
        if self.table is not None:
            self.table.size = None

    def until_look(self, step: int) -> int:
        """How many steps after number `step` the next look is due."""
        while self.next < step:
            self.next = self._after(self.next)
        return self.next - step

    def _after(self, step: int) -> int:
        if self.every is not None:
            return step + self.every
        return max(step + 1, int(step * GROWTH))

    # A look is two calls: before the step and after it ---------------------------------------------------------------

    def before_step(self) -> None:
        """Remember what the step will change."""
        model = self.model
        self._before = model.theta.data.copy()
        self._counted = model.meters.loss_sum, model.meters.samples

    def after_step(self, epoch: int, outputs: Mapping[str, Array], compiled: bool) -> None:
        """Look: at the outputs of the step, at the gradient and the parameters. compiled: by which engine."""
        model, before = self.model, self._before
        layers = {step.label: step.layer for step in model.wiring.steps}
        views = [(name, model.theta.slices[name]) for name in model.trained_names() if model.theta[name].size]
        asked = [(y, ends_of(layers[name]), True) for name, y in outputs.items()]
        asked += [(model.gradient.data[at], None, False) for _, at in views]
        asked += [(before[at], None, False) for _, at in views]
        found = [_summary(a[0], row) for a, row in zip(asked, summaries(asked), strict=True)] if compiled else [
            summary(values, ends, units=units) for values, ends, units in asked
        ]  # fmt: skip
        n, m = len(outputs), len(views)
        weights = {name: s for (name, _), s in zip(views, found[n + m :], strict=True)}
        moved = model.theta.data - before
        loss, samples = model.meters.loss_sum - self._counted[0], model.meters.samples - self._counted[1]
        look = Look(
            model.optimizer.steps_taken - 1, epoch, loss / max(samples, 1), dict(zip(outputs, found[:n], strict=True)),
            {name: s for (name, _), s in zip(views, found[n : n + m], strict=True)}, weights,
            {name: _ratio(moved[at], weights[name].norm) for name, at in views},
        )  # fmt: skip
        self.looks.append(look)
        self._pending.append(look)

    # Keeping ---------------------------------------------------------------------------------------------------------

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._write(safely=False)

    def close(self) -> None:
        self._write()

    def _write(self, *, safely: bool = True) -> None:
        """Add what is new to the table."""
        if self.table is None or not self._pending:
            return
        rows = [row for look in self._pending for row in rows_of(look)]
        if self.table.size is None:
            self.table.empty()
            rows.insert(0, list(COLUMNS))
        self.table.add(text_of(rows), safely=safely)
        self._pending = []

    def state(self) -> dict[str, Any]:
        """Where the table ends; without a table, the looks themselves, as the table would have them."""
        self._write()
        if self.table is not None:
            self.table.settle()
            return {"size": self.table.size or 0}
        return {"looks": text_of([list(COLUMNS), *(row for look in self.looks for row in rows_of(look))])}

    def load_state(self, state: Mapping[str, Any]) -> None:
        if self.table is None:
            self.looks = looks_in(state["looks"], "checkpoint")
        elif state["size"] and self.table.cut(int(state["size"])):
            self.looks = read_looks(self.table.path)


def _summary(values: Array, row: Array) -> Summary:
    return Summary.of(values.size, row[:SUMMARY].tolist(), row[SUMMARY:].astype(int).tolist())


def _ratio(moved: Array, norm: float) -> float:
    wide = moved.astype("float64")  # its squares would overflow where a step is far too long
    return math.sqrt(float(wide @ wide)) / norm if norm else math.nan
