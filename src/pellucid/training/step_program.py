"""A program for steps of a model on one kind of batches, run for many steps at a time."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from ..arrays import Array, aligned, parts_of
from ..machine.executable import Executable, address
from ..machine.layout import DONE
from ..machine.shuffling import sorting_words
from ..machine.threads import LATE, SPAN, Crew
from ..optimizers.memory import runs
from ..program import lettered
from ..rng import Key
from .base import TrainableModel
from .distribution import DataParallel, share_of
from .exchange import Exchange
from .lowering import NOISE_KEY, LoweredModel, lower_step
from .memories import Memories

RECORD_FLOATS = 1 << 20  # outputs kept for metrics that count in Python


class StepProgram:
    """A program for steps on one kind of batches, and what a run of it leaves behind."""

    def __init__(
        self, engine: Any, capacity: int, x: Any, y: Any, weights: Any, *, training: bool, fused: bool,
        shared: DataParallel | None = None,
    ) -> None:  # fmt: skip
        """x: what the engine's reading gives. `shared`: the processes that share each batch, of which this one has
        `capacity` rows at most."""
        model: TrainableModel = engine.model
        self.engine, self.model, self.reading = engine, model, engine.reading
        self.batch, self.training = capacity, training
        self.rank, self.ranks = (shared.rank, shared.size) if shared else (0, 1)
        behind = self.reading.behind if self.reading else model
        self.lowered: LoweredModel = lower_step(
            behind, capacity, x, y, weights, training=training, fused=fused, rank=self.rank, ranks=self.ranks
        )
        vectors = {"theta": model.theta.data, "gradient": model.gradient.data, "state": model.state.data}
        if training and model.optimizer.memory is not None:
            vectors |= model.optimizer.memory.vectors()
        self.counters = aligned(self.lowered.counters, "float64")
        summed = runs(model.theta, model.trained_names()) if training else []
        self.exchange = Exchange(shared, model.gradient.data, summed, self.counters) if shared else None
        hosts = self.exchange.hosts if self.exchange else {}
        self.machine = Executable(self.lowered.code, vectors, reuse=fused or not training, hosts=hosts)
        self.memories = Memories(self.machine)
        counted = self.exchange.local if self.exchange else self.counters
        self.machine.set(counters_address=address(counted), counters=len(counted), rank=self.rank, ranks=self.ranks)
        if self.exchange:
            self.exchange.join(self.machine)
        self.crew = Crew(shared.threads()) if shared else Crew()
        self.draws = model.wiring.draws and not training  # each batch of an evaluation from a key of its own
        self.x, self.y, self.weights = x, y, weights
        self.reads = [  # (name in the program, whether as rows, which of x, y and weights, which part of it)
            (name, letter != "classes", which, i)
            for letter, which, given in (("x", 0, x), ("y", 1, y), ("weights", 2, weights), ("classes", 1, y))
            for i, name in enumerate(lettered(letter, parts_of(given)))
            if name in self.machine.bound
        ]

    def bind(self, batch: int, x: Any, y: Any, weights: Any, read: Any) -> None:
        """Read from these arrays from now on, in batches of this size; `read` in the place of x."""
        machine, self.batch = self.machine, batch
        given = parts_of(read), parts_of(y), parts_of(weights)
        for name, as_rows, which, i in self.reads:
            if as_rows:
                machine.bind_rows(name, given[which][i])
            else:
                machine.bind(name, np.ascontiguousarray(given[which][i], "int64"))
        machine.set(samples=len(x), batch=batch)
        self.x, self.y, self.weights = x, y, weights

    def rows(self, order: Array | None, place: int) -> tuple[Any, Any, Any]:
        """The arrays of batch `place`."""
        chosen: Any = slice(place * self.batch, (place + 1) * self.batch)
        chosen = chosen if order is None else order[chosen]
        return self.x[chosen], self.y[chosen], None if self.weights is None else self.weights[chosen]

    def most(self) -> int:
        """Steps that a run may have, for the outputs it must keep."""
        if self.draws or (self.training and not self.lowered.updates) or (self.exchange and self.lowered.foreign):
            return 1
        kept = self.batch * sum(y.size for y in self.lowered.ys)
        return max(1, RECORD_FLOATS // kept) if self.lowered.foreign else 1 << 40

    def run(self, order: Array | None, place: int, limit: int, *, alone: bool = False) -> int:
        """Run at most so many steps from batch `place` on; returns how many. A step that is not finite is not done.
        alone: on one thread, as for a single step no other is worth its start."""
        machine, model = self.machine, self.model
        if self.exchange is not None:
            if self.training and self.engine.not_finite == model.optimizer.steps_taken:
                return 0  # all ranks know it, whether their last run began with this step or ended before it
            self.exchange.begin()
        threads, steps = (1, 1) if alone else self.crew.plan(min(limit, self.most()))
        if self.lowered.foreign:
            for name, y in lettered("out", self.lowered.ys).items():
                machine.bind(name, np.empty((steps * self.batch, *y.shape), "float32"))
        taken = model.optimizer.steps_taken
        rates = model.optimizer.rates(steps) if self.training else np.empty(0)
        machine.set(place=place, order=0 if order is None else address(order), taken=taken)
        machine.set(rates=address(rates) if len(rates) else 0)
        if self.draws:
            key = model.key.fold("test", model.meters.samples, "noise")  # definition.test_key, before it knows the step
            machine.bind_word(NOISE_KEY, key.seed)
        self._load_counters()
        began = time.perf_counter()
        done = self._go(steps, threads)
        if self.exchange is not None and not self.exchange.end(done):
            self.engine.not_finite = taken + done
        if not alone:
            self.crew.ran(threads, done, time.perf_counter() - began)
        if done and self.training and not self.lowered.updates:
            model.optimizer.step(model.theta, model.gradient, model.trained_names(), model.constraints())
        self._count()
        if self.lowered.foreign:
            self._count_outputs(order, place, done)
        return done

    def _go(self, steps: int, threads: int) -> int:
        """Run so many steps; how many were done, even where something breaks off, is then known to the optimizer."""
        machine, optimizer = self.machine, self.model.optimizer
        taken = optimizer.steps_taken if self.training else 0
        self.memories.begin(self.batch)
        try:
            return machine.run(steps, threads, LATE * self.crew.span)
        finally:
            done = int(machine.job[DONE])
            if self.training and self.lowered.updates:
                optimizer.steps_taken = taken + done
            if done:
                self.memories.end(self.batch)

    def outputs(self, order: Array | None, place: int) -> dict[str, Array]:
        """What each layer gave (B, ...) for batch `place`, the last one run, by step: views, until the next."""
        first, last = share_of(min(self.batch, len(self.x) - place * self.batch), self.rank, self.ranks)
        taps = self.lowered.code.taps
        at = {label: tapped.get("y") or tapped["y1"] for label, tapped in taps.items() if label}
        ahead = self.reading.outputs(self.rows(order, place)[0][first:last]) if self.reading else {}
        behind = (step.label for step in self.model.wiring.steps if step.label not in ahead)
        return {**ahead, **{label: self.machine.view(at[label], last - first) for label in behind}}

    def short(self, steps: int) -> bool:
        """Whether an epoch of so many steps is known to be over before anybody could want to look at it."""
        known = self.crew.step_time(self.crew.best)
        return known is not None and steps * known < SPAN

    def run_epochs(self, key: Key | None, limit: int) -> tuple[int, dict[str, list[float]]]:
        """Run at most so many whole epochs, each in an order of its own drawn from `key` (None: as the rows stand), in
        one go; returns the steps done and the logs of the epochs finished. What the last one left unfinished stays in
        the model's meters."""
        machine, model, n = self.machine, self.model, len(self.x)
        per_epoch = -(-n // self.batch)
        threads, steps = self.crew.plan(limit * per_epoch)
        epochs = max(1, steps // per_epoch)
        steps = epochs * per_epoch
        records = np.zeros((epochs, len(self.counters)))
        order, sorting = np.empty(n, "int64"), np.empty(sorting_words(n), "int64")
        rates = model.optimizer.rates(steps)
        machine.set(
            place=0, order=address(order) if key else 0, taken=model.optimizer.steps_taken, rates=address(rates),
            records=address(records), shuffled=key is not None, shuffle_key=key.seed if key else 0,
            sorting=address(sorting),
        )  # fmt: skip
        self.counters[:] = 0
        began = time.perf_counter()
        try:
            done = self._go(steps, threads)
        finally:
            machine.set(shuffled=0, records=0)
        self.crew.ran(threads, done, time.perf_counter() - began)
        whole = records[: done // per_epoch]
        left = self.counters if done % per_epoch else whole[-1] if len(whole) else self.counters
        self.counters[:] = left
        self._count()
        return done, self._logs(whole)

    def _logs(self, records: Array) -> dict[str, list[float]]:
        """What epochs counted, (epochs, counters), as logs."""
        samples = np.maximum(records[:, 1], 1)
        logs = {"loss": (records[:, 0] / samples).tolist()}
        for name, i, weight in self._parts():
            logs[name] = (records[:, 2 + i] / weight / samples).tolist()
        for meter, at in self.lowered.native:
            total, count = records[:, at], records[:, at + 1]
            logs[meter.name] = np.asarray(meter.metric.read({"total": total, "count": count}), "float64").tolist()
        return logs

    def _parts(self) -> list[tuple[str, int, float]]:
        """Of each of several outputs with a loss: its name, the output, by how much it was counted."""
        weights, meters = self.model.objective.weights, self.model.meters
        return [(name, i, weights[i]) for i, name in meters.judged.items()]

    def _load_counters(self) -> None:
        """Count on from where the meters stand: sums then do not depend on how an epoch is cut into runs."""
        meters, counted = self.model.meters, self.counters
        counted[:2] = meters.loss_sum, meters.samples
        for _, i, weight in self._parts():
            counted[2 + i] = meters.loss_sums[i] * weight
        for meter, at in self.lowered.native:
            metric = meter.metric
            counted[at : at + 2] = metric.state.get("total", 0.0), metric.state.get("count", 0.0)

    def _count(self) -> None:
        """Hand what was counted to the model's meters."""
        meters, counted = self.model.meters, self.counters
        meters.set_loss(float(counted[0]), int(counted[1]))
        for _, i, weight in self._parts():
            meters.loss_sums[i] = float(counted[2 + i] / weight)
        for meter, at in self.lowered.native:
            meter.metric.state = {"total": float(counted[at]), "count": float(counted[at + 1])}

    def _count_outputs(self, order: Array | None, place: int, done: int) -> None:
        """Let the metrics that have no compiled form see the outputs: batch by batch, so that their sums do not depend
        on how an epoch is cut into runs; all at once where whole numbers are added, whose sums never do."""
        first, last = place * self.batch, min((place + done) * self.batch, len(self.x))
        rows: Any = slice(first, last) if order is None else order[first:last]
        targets, names = parts_of(self.y), list(lettered("out", self.lowered.ys))
        given = parts_of(self.weights, len(names))
        for meter in self.lowered.foreign:
            metric, i = meter.metric, meter.output
            y_true, y_pred = targets[i][rows], self.machine.kept[names[i]]
            if self.exchange is not None:
                y_pred = self.exchange.rows(y_pred, last - first)
            weights = given[i][rows] if meter.weighted and given[i] is not None else None
            together = weights is None and metric.can_lower() and metric.adds_whole_numbers(y_true)
            size = max(last - first, 1) if together else self.batch
            for begin in range(0, last - first, size):
                part = slice(begin, min(begin + size, last - first))
                metric.update_state(y_true[part], y_pred[part], None if weights is None else weights[part])
