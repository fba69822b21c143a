"""ConvLSTM for the compiled engine: the pictures' convolutions of all steps at once, those of the states step by step;
the gates are those of LSTM, to whose kernel every place of every picture is a sample with one step.

With dropout each gate has its own pictures, G of them side by side as groups of channels, where else one is for all.

x (B, T, *D, I)   a (B, T, *D′, 4·O)   h, c (B, *D′, O), in P places D′
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..activations.axes import strided
from ..arrays import Shape
from ..program import Buffer, Program
from .convolving import bordered, emit_inputs, emit_product, emit_weights
from .noise import lower_kept
from .operands import mapped, shrunk, spread
from .recurring import ZEROS, Recurrence
from .sliding import Window


@dataclass
class Dropped:
    """What pictures (..., P, C) are multiplied by for each of the gates, m (P, G, C); or nothing."""

    code: Program
    m: Buffer | None

    @property
    def groups(self) -> int:
        """How many pictures there are side by side."""
        return 1 if self.m is None else self.m.shape[1]

    def of(self, x: Buffer) -> Buffer:
        """Emit each gate's x, (..., P, G·C)."""
        if self.m is None:
            return x
        y = mapped(self.code, "op.multiply", self._one(x), self.m)
        return y.shaped((*x.shape[:-1], y.shape[-2] * y.shape[-1]))

    def back(self, dy: Buffer, x: Buffer) -> Buffer:
        """Emit dx, from that of each gate's x."""
        if self.m is None:
            return dy
        one, (_, G, C) = self._one(x), self.m.shape
        dx = mapped(self.code, "op.multiply", dy.shaped((*one.shape[:2], G, C)), self.m)
        return shrunk(self.code, dx, one).shaped(x.shape)

    def _one(self, x: Buffer) -> Buffer:
        """x (T, P, 1, C)"""
        assert self.m is not None
        P, _, C = self.m.shape
        return x.shaped((x.size // (P * C), P, 1, C))


@dataclass
class Taken:
    """One step: which of the sequence, its gates (P, 1, 4·O), the memory before and after it (P, 2, O), and whether it
    counts, for each place."""

    t: int
    gates: Buffer
    memory: Buffer
    counts: Buffer | None


class ConvRecurrence(Recurrence):
    """A ConvLSTM with what it reads."""

    def lower(self, kernel: str = "lstm") -> Any:
        """Emit the layer and the way back; returns where y is, or a tuple of it and the last states."""
        layer, code, x = self.layer, self.code, self.x
        self._check()
        T, window = x.shape[0], layer.window(x.shape[1:-1])
        of_states, shape = layer.window_of_states(window.places), (*window.places, layer.units)
        W, U = code.parameter("kernel"), code.parameter("recurrent_kernel")
        b = code.parameter("bias") if layer.use_bias else None
        of_x, of_h = self._dropping(x.shape[1:], shape)
        xs = of_x.of(x)
        with code.over(T):
            around = bordered(code, xs.apart(), window.before, window.after)
            a = emit_product(code, around, W, b, window, of_x.groups, 0).joined(T)
        memory, begun = self._memory(shape)
        begun_or_zeros = begun or (spread(code, code.constant(np.zeros(1)), shape), None)
        lefts, steps, found = self._through(begun_or_zeros, a, U, of_states, of_h)
        code.remember(memory, found[1 : 1 + len(memory)])
        gradients = [code.gradient(name) for name in ("kernel", "recurrent_kernel")]
        db = code.gradient("bias") if layer.use_bias else None

        def undo(d: Any, wanted: Any) -> Any:
            dy, *dlast = d if isinstance(d, tuple) else (d,)
            wants = wanted if isinstance(wanted, tuple) else (wanted,)
            da = code.buffer(a.shape)
            dstates = self._back(steps, dy, dlast, da, U, of_states, of_h)
            with code.over(T):
                dz, left = da.apart(), bordered(code, lefts.apart(), of_states.before, of_states.after)
                if db is not None:
                    code.emit("dense.bias", dz, db, dz.shape[-1], math.prod(window.places))
                if gradients[0] is not None:
                    emit_weights(code, around, dz, gradients[0], window, of_x.groups)
                if gradients[1] is not None:
                    emit_weights(code, left, dz, gradients[1], of_states, of_h.groups)
                dxs = emit_inputs(code, dz, W, window, of_x.groups).joined(T) if wants[0] else None
            dx = None if dxs is None else of_x.back(dxs, x)
            return (dx, *dstates) if self.states else dx

        code.back(undo)
        y = self._begun(found[0])
        return (y, *found[1:]) if layer.return_state else y

    def _through(
        self, begun: Sequence[Buffer | None], a: Buffer, U: Buffer, window: Window, of_h: Dropped
    ) -> tuple[Buffer, list[Taken], tuple[Buffer, Buffer, Buffer]]:
        """Emit the steps: what each of them multiplied by U, (T, *D′, G·O); the steps; (y, the last states)."""
        layer, code, T = self.layer, self.code, a.shape[0]
        (h, c), steps, counts = begun, list[Taken](), self._counts(math.prod(window.size))
        assert h is not None
        ys, lefts = (code.buffer((T, *h.shape)) if layer.return_sequences else None), None
        for n, t in enumerate(range(T)[::-1] if layer.go_backwards else range(T)):
            left = of_h.of(h)
            lefts = lefts or code.buffer((T, *left.shape))
            self._laid(left, lefts, t)
            z = self._part(a, t)
            if c is not None:  # else h is 0
                around = bordered(code, left, window.before, window.after)
                z = code.summed((z, emit_product(code, around, U, None, window, of_h.groups, 0)))
            y, h, c, taken = self._stepped(t, z, h, c, counts and self._part(counts, t))
            steps.append(taken)
            if ys is not None:
                self._laid(y, ys, n)
        assert lefts is not None
        assert c is not None
        return lefts, steps, (ys or y, h, c)

    def _stepped(
        self, t: int, z: Buffer, h: Buffer, c: Buffer | None, counts: Buffer | None
    ) -> tuple[Buffer, Buffer, Buffer, Taken]:
        """Emit a step of the gates: (y, h, c, what is needed on the way back)."""
        code, shape = self.code, h.shape
        P, O = math.prod(shape[:-1]), shape[-1]
        gates, how = z.shaped((P, 1, 4 * O)), self._how()
        zeroed = counts is not None and how & ZEROS
        with code.over(P):
            before, memory, h1, c1 = (code.buffer(size) for size in ((1, O), (2, O), (O,), (O,)))
            y = code.buffer((O,)) if zeroed else None
            code.emit(
                "lstm", gates.apart(), None, None, before, memory, y, h1, c1, _places(counts, P), _places(h, P),
                _places(c, P), None, 1, O, self._kinds(), how,
            )  # fmt: skip
        out, h, c = (one.joined(P).shaped(shape) for one in (y or h1, h1, c1))
        return out, h, c, Taken(t, gates, memory.joined(P), counts)

    def _back(
        self, steps: Sequence[Taken], dy: Buffer | None, dlast: Sequence[Buffer | None], da: Buffer, U: Buffer,
        window: Window, of_h: Dropped,
    ) -> tuple[Buffer | None, Buffer | None]:  # fmt: skip
        """Emit the way back through the steps, which leaves da; returns what comes back to the first states."""
        layer, code, (P, _, width) = self.layer, self.code, steps[0].gates.shape
        (dh, dc), O = self._two(dlast), width // 4
        for n in range(len(steps) - 1, -1, -1):
            step, out = steps[n], dy if n == len(steps) - 1 else None
            if dy is not None and layer.return_sequences:
                out = self._part(dy, n)
            with code.over(P):
                before, dh0, dc0 = (code.buffer(size) for size in ((1, O), (O,), (O,)))
                back = (_places(one, P) for one in (out, dh, dc, step.counts))
                code.emit(
                    "lstm.grad", step.gates.apart(), None, None, before, step.memory.apart(), *back, dh0, dc0, None, 1,
                    O, self._kinds(), self._how(),
                )  # fmt: skip
            dz, shape = step.gates.shaped((*window.places, width)), (*window.places, O)
            self._laid(dz, da, step.t)
            passed, dc = (one.joined(P).shaped(shape) for one in (dh0, dc0))
            if not n and not self.states:
                break
            dh = of_h.back(emit_inputs(code, dz, U, window, of_h.groups), passed)
            dh = dh if step.counts is None else code.summed((dh, passed))  # where it did not count, all passes by
        return dh, dc

    def _dropping(self, picture: Shape, state: Shape) -> tuple[Dropped, Dropped]:
        """What x and h are multiplied by, the same at every step."""
        layer, code, found = self.layer, self.code, list[Dropped]()
        for name, rate, (*size, C) in (
            ("inputs", layer.dropout, picture),
            ("states", layer.recurrent_dropout, state),
        ):
            m = None
            if code.trains and 0 < rate < 1:
                P, G = math.prod(size), layer.gates
                m = code.buffer((P, G, C))
                for g in range(G):
                    drawn = lower_kept(code, layer.name, None, (P, C), rate, 1 / (1 - rate), layer.seed, name, g)
                    code.emit("merge.block", drawn, m, P, C, C, 0, G * C, g * C)
            found.append(Dropped(code, m))
        return found[0], found[1]

    def _counts(self, P: int) -> Buffer | None:
        """Emit the mask (T, P), for every place."""
        mask = self._mask()
        return mask and strided(self.code, mask, (*mask.shape, P), (1, 0))

    def _check(self) -> None:
        super()._check()
        layer = self.layer
        if self.code.ranks > 1:
            raise layer.cannot_lower(", over several processes,")

    def _part(self, x: Buffer, i: int) -> Buffer:
        """Emit part i along the first axis."""
        y = self.code.buffer(x.shape[1:])
        self.code.emit("merge.block", x, y, 1, y.size, x.size, i * y.size, y.size, 0)
        return y

    def _laid(self, x: Buffer, y: Buffer, i: int) -> None:
        """Emit x as part i of y."""
        self.code.emit("merge.block", x, y, 1, x.size, x.size, 0, y.size, i * x.size)


def _places(x: Buffer | None, P: int) -> Buffer | None:
    """Each place a sample."""
    return x and x.shaped((P, x.size // P)).apart()
