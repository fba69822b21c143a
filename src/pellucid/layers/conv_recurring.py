"""ConvLSTM for the compiled engine: the pictures' convolutions of all steps at once, those of the states step by step;
the gates are those of LSTM, to whose kernel every place of every picture is a sample with one step.

x (B, T, *D, I)   a (B, T, *D′, 4·O)   h, c (B, *D′, O), in P places D′
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Shape
from ..program import Buffer, CannotLower
from .convolving import bordered, emit_inputs, emit_product, emit_weights
from .operands import spread
from .recurring import Recurrence, gate_floats
from .sliding import Window


@dataclass
class Taken:
    """One step: which of the sequence, its gates (P, 1, 4·O), and the memory before and after it (P, 2, O)."""

    t: int
    gates: Buffer
    memory: Buffer


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
        self.nothing = code.constant(np.zeros(4 * gate_floats(layer.units)))  # U, as far as the gates' kernel knows
        with code.over(T):
            around = bordered(code, x.apart(), window.before, window.after)
            a = emit_product(code, around, W, b, window, 1, 0).joined(T)
        h, c = self.states or (spread(code, code.constant(np.zeros(1)), shape), None)
        before = code.buffer((T, *shape))
        y, steps = code.buffer(before.shape) if layer.return_sequences else None, list[Taken]()
        for n, t in enumerate(range(T)[::-1] if layer.go_backwards else range(T)):
            self._laid(h, before, t)
            s = emit_product(code, _around(self, h, of_states), U, None, of_states, 1, 0)
            h, c, taken = self._stepped(t, code.summed((self._part(a, t), s)), c, shape)
            steps.append(taken)
            if y is not None:
                self._laid(h, y, n)
        gradients = [code.gradient(name) for name in ("kernel", "recurrent_kernel")]
        db = code.gradient("bias") if layer.use_bias else None

        def undo(d: Any, wanted: Any) -> Any:
            dy, *dlast = d if isinstance(d, tuple) else (d,)
            wants = wanted if isinstance(wanted, tuple) else (wanted,)
            da = code.buffer(a.shape)
            dstates = self._back(steps, dy, dlast, da, U, of_states)
            with code.over(T):
                dz = da.apart()
                if db is not None:
                    code.emit("dense.bias", dz, db, dz.shape[-1], math.prod(window.places))
                for gradient, read, slid in zip(
                    gradients, (around, _around(self, before.apart(), of_states)), (window, of_states), strict=True
                ):
                    if gradient is not None:
                        emit_weights(code, read, dz, gradient, slid, 1)
                dx = emit_inputs(code, dz, W, window, 1).joined(T) if wants[0] else None
            return (dx, *dstates) if self.states else dx

        code.back(undo)
        found = h if y is None else y
        return (found, h, c) if layer.return_state else found

    def _back(
        self, steps: Sequence[Taken], dy: Buffer | None, dlast: Sequence[Buffer | None], da: Buffer, U: Buffer,
        window: Window,
    ) -> tuple[Buffer | None, Buffer | None]:  # fmt: skip
        """Emit the way back through the steps, which leaves da; returns what comes back to the first states."""
        layer, code = self.layer, self.code
        dh, dc = self._two(dlast)
        for n in range(len(steps) - 1, -1, -1):
            step = steps[n]
            out = dy if layer.return_sequences or n == len(steps) - 1 else None
            if out is not None:
                out = self._part(out, n) if layer.return_sequences else out
                dh = out if dh is None else code.summed((out, dh))
            P, O = step.gates.shape[0], layer.units
            with code.over(P):
                before, dc0 = code.buffer((1, O)), code.buffer((O,))
                back = _places(dh, P), None, _places(dc, P)
                code.emit(
                    "lstm.grad", step.gates.apart(), None, self.nothing, before, step.memory.apart(), *back, None, None,
                    dc0, None, 1, O, self._kinds(), 0,
                )  # fmt: skip
            dz = step.gates.shaped((*window.places, 4 * O))
            self._laid(dz, da, step.t)
            dc = dc0.joined(P).shaped((*window.places, O))
            dh = emit_inputs(code, dz, U, window, 1) if n or self.states else None
        return dh, dc

    def _stepped(self, t: int, z: Buffer, c: Buffer | None, shape: Shape) -> tuple[Buffer, Buffer, Taken]:
        """Emit a step of the gates: (h, c, what is needed on the way back)."""
        code, P, O = self.code, math.prod(shape[:-1]), shape[-1]
        gates = z.shaped((P, 1, 4 * O))
        with code.over(P):
            before, memory, h, last = (code.buffer(size) for size in ((1, O), (2, O), (O,), (O,)))
            code.emit(
                "lstm", gates.apart(), self.nothing, None, before, memory, h, None, last, None, None, _places(c, P),
                None, 1, O, self._kinds(), 0,
            )  # fmt: skip
        return h.joined(P).shaped(shape), last.joined(P).shaped(shape), Taken(t, gates, memory.joined(P))

    def _check(self) -> None:
        super()._check()
        layer = self.layer
        if self._mask() is not None or (self.code.trains and (layer.dropout or layer.recurrent_dropout)):
            raise CannotLower(f"layer {layer.name!r} ({type(layer).__name__}) with a mask or dropout")
        if self.code.ranks > 1:
            raise CannotLower(f"layer {layer.name!r} ({type(layer).__name__}), over several processes,")

    def _part(self, x: Buffer, i: int) -> Buffer:
        """Emit part i along the first axis."""
        y = self.code.buffer(x.shape[1:])
        self.code.emit("merge.block", x, y, 1, y.size, x.size, i * y.size, y.size, 0)
        return y

    def _laid(self, x: Buffer, y: Buffer, i: int) -> None:
        """Emit x as part i of y."""
        self.code.emit("merge.block", x, y, 1, x.size, x.size, 0, y.size, i * x.size)


def _around(recurrence: Recurrence, h: Buffer, window: Window) -> Buffer:
    return bordered(recurrence.code, h, window.before, window.after)


def _places(x: Buffer | None, P: int) -> Buffer | None:
    """Each place a sample."""
    return x and x.shaped((P, x.size // P)).apart()
