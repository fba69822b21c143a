"""Prediction on the compiled engine: programs with memory of their own, as many as there are callers at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..arrays import Array, Parts, Shape, is_open, parts_of
from ..machine import asked
from ..machine.executable import Executable, address
from ..machine.layout import DONE, OPERANDS
from ..program import lettered
from ..rng import Key
from .base import TrainableModel
from .lowering import NOISE_KEY, lower_prediction
from .memories import Memories

CACHE = 1 << 16  # floats that the widest layer's outputs for a block of rows may take, to stay in a core's cache
LARGEST_BLOCK = 256
WORTH = 5e-4  # seconds that are worth a further thread


class Predictor:
    """A forward program that reads rows and writes rows. For one caller at a time."""

    def __init__(self, model: TrainableModel, shapes: Sequence[Shape], block: int) -> None:
        lowered = lower_prediction(model, block, shapes)
        vectors = {"theta": model.theta.data, "state": model.state.data}
        machine = self.machine = Executable(lowered.code, vectors, reuse=True, alone=True)
        machine.set(batch=block)
        machine.ready(1)
        self.memories = Memories(machine)
        self.block, self.out_shapes = block, [y.shape for y in lowered.ys]
        # an output that is given twice is written twice, by an operation each
        self.reads = [(name, *machine.bound[name][0][:2]) for name in lettered("x", shapes)]
        self.writes = [machine.bound[name][0][:2] for name in lettered("out", lowered.ys)]
        self.dtypes: list[Any] = [None] * len(self.reads)

    def run(self, xs: Sequence[Array], outs: Sequence[Array], key: Key | None = None) -> bool:
        """Fill each out (N, ...) for contiguous rows of each x (N, ...), drawing from the key; False if an input is not
        finite."""
        machine, table = self.machine, self.machine.table
        n = len(xs[0])
        if key is not None:
            machine.bind_word(NOISE_KEY, key.seed)
            machine.set(taken=key.step)
        for i, (x, (name, op, word)) in enumerate(zip(xs, self.reads, strict=True)):
            if x.dtype is not self.dtypes[i]:
                machine.bind_rows(name, x)
                self.dtypes[i] = x.dtype
                table[op, OPERANDS + 1] = x.nbytes // n
            table[op, word] = address(x)
        for out, place in zip(outs, self.writes, strict=True):
            table[place] = address(out)
        steps = -(-n // self.block)
        machine.go(n, steps)
        return bool(machine.job[DONE] == steps)


class RowPredictor:
    """A forward program for a single row, between two arrays of its own: nothing is bound anew from call to call."""

    def __init__(self, model: TrainableModel, shape: Shape) -> None:
        predictor = Predictor(model, [shape], 1)
        self.x, self.y = np.zeros((1, *shape), "float32"), np.zeros((1, *predictor.out_shapes[0]), "float32")
        predictor.run([self.x], [self.y])
        self.predictor = predictor  # holds the memory that the call reads
        self.entry, self.call = predictor.machine.entry, predictor.machine.call
        self.done: Any = memoryview(predictor.machine.job)  # type: ignore[arg-type]  # quicker to index than the array

    def run(self, x: Array) -> Array | None:
        """The outputs (1, ...) for x (1, ...); None if an input is not finite."""
        self.x[...] = x
        self.entry(*self.call)
        return self.y.copy() if self.done[DONE] else None


class Predictors:
    """The predictors of one model, handed out to callers."""

    def __init__(self, model: TrainableModel, shapes: Sequence[Shape]) -> None:
        self.model, self.shapes = model, shapes
        self.open = any(map(is_open, model.sample_shapes))
        code = lower_prediction(model, 1, shapes).code
        self.together, widest = code.together, max(code.widths())
        self.one = len(shapes) == 1 and not (model.takes_many or model.gives_many)
        block = LARGEST_BLOCK
        while block > 16 and block * widest > CACHE:
            block //= 2
        self.block = block
        self.free: list[Predictor] = []
        self.rooms: dict[int, list[Predictor]] = {}  # of whole batches, by the most rows that they take
        self.free_rows: list[RowPredictor] = []

    def __call__(self, x: Any) -> Any:
        """The outputs for rows x (N, ...) of the model's own shape; None if an input is not finite."""
        n = len(x)
        if self.together:
            return self._whole(x)
        if (
            n == 1 and self.one and x.dtype.itemsize < 8
        ):  # float64 may hold numbers that float32 cannot: NumPy would warn
            return self._row(x)
        return self._run(x) if n < 2 * self.block else self._shared_out(x)

    def _row(self, x: Array) -> Array | None:
        free = self.free_rows
        predictor = free.pop() if free else RowPredictor(self.model, self.shapes[0])
        try:
            return predictor.run(x)
        finally:
            free.append(predictor)

    def _whole(self, x: Any) -> Any:
        """The outputs of a batch whose rows depend on each other, or on their places: one block, as it was given."""
        room = 1 << (len(x) - 1).bit_length()
        free = self.rooms.setdefault(room, [])
        predictor = free.pop() if free else Predictor(self.model, self.shapes, room)
        try:
            if not predictor.memories.suit(len(x), len(x)):
                return None
            predictor.memories.begin(len(x))
            outs = [np.empty((len(x), *shape), "float32") for shape in predictor.out_shapes]
            if not predictor.run(parts_of(x), outs, self._key()):
                return None
            predictor.memories.end(len(x))
            return Parts(outs) if self.model.gives_many else outs[0]
        finally:
            free.append(predictor)

    def _key(self) -> Key:
        """From which kernels draw what the model's `look_key` gives: they fold the number of the look themselves."""
        look = self.model.look_key().step
        return replace(self.model.key.fold("look", "noise"), step=look)

    def _run(self, x: Any, out: Any = None) -> Any:
        predictor = self.free.pop() if self.free else Predictor(self.model, self.shapes, self.block)
        try:
            shapes = predictor.out_shapes
            outs = [np.empty((len(x), *shape), "float32") for shape in shapes] if out is None else parts_of(out)
            if not predictor.run(parts_of(x), outs):
                return None
            return Parts(outs) if self.model.gives_many else outs[0]
        finally:
            self.free.append(predictor)

    def _shared_out(self, x: Any) -> Any:
        """The first block tells how many threads are worth it; then each has its own rows."""
        began = time.perf_counter()
        first = self._run(x[: self.block])
        if first is None:
            return None
        seconds = (time.perf_counter() - began) / self.block * (len(x) - self.block)
        outs = [np.empty((len(x), *part.shape[1:]), "float32") for part in parts_of(first)]
        for part, of_first in zip(outs, parts_of(first), strict=True):
            part[: self.block] = of_first
        out = Parts(outs) if self.model.gives_many else outs[0]
        blocks = -(-len(x) // self.block) - 1
        parts = self._threads(seconds, blocks)
        cuts = [min(len(x), (1 + blocks * i // parts) * self.block) for i in range(parts + 1)]
        fine = [True] * parts

        def work(i: int) -> None:
            mine = slice(cuts[i], cuts[i + 1])
            fine[i] = self._run(x[mine], out[mine]) is not None

        helpers = [threading.Thread(target=work, args=(i,), daemon=True) for i in range(1, parts)]
        for helper in helpers:
            helper.start()
        work(0)
        for helper in helpers:
            helper.join()
        return out if all(fine) else None

    def _threads(self, seconds: float, blocks: int) -> int:
        """For what one would take so long."""
        worth = min(blocks, int(seconds / WORTH))
        return 1 if worth <= 1 else min(asked.most_threads(), worth)
