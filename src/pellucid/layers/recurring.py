"""Recurrent layers for the compiled engine: what the inputs give to the gates of all steps at once, then a kernel that
goes through time; on the way back a kernel likewise, then the gradients of all steps at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..activations.axes import stretched
from ..arrays import Shape
from ..program import Buffer, Program
from .convolving import COPY, table
from .gate_products import gates_inputs, gates_product, gates_weights
from .noise import apply, lower_kept
from .operands import mapped

KINDS = ("tanh", "sigmoid", "linear", "relu", "hard_sigmoid")  # activations, as machine/kernels/recurrence.py counts
BACKWARDS, SEQUENCES, ZEROS = 1, 2, 4
WIDE = 64  # floats, of which a panel of U takes a part
MOST = 1 << 13  # units for whose gates the kernels have room


@dataclass
class Recurrence:
    """One layer with what it reads. twice: whether what goes back to hU differs from what goes back to xW. before:
    whether a gate, the second one, is applied to what the last gate's columns of U are multiplied by."""

    layer: Any
    code: Program
    x: Buffer
    states: Sequence[Buffer]
    mask: Any
    twice: bool = False
    before: bool = False

    def lower(self, kernel: str) -> Any:
        """Emit the layer and the way back; returns where y is, or a tuple of it and the last states."""
        layer, code = self.layer, self.code
        self._check()
        T, H, G = self.x.shape[0], layer.units, layer.gates
        W, U = code.parameter("kernel"), code.parameter("recurrent_kernel")
        biases = self._biases(code.parameter("bias")) if layer.use_bias else (None, None)
        of_x, of_h = self._dropped()
        xs = [apply(code, "noise.mask", self.x, m) for m in of_x] or [self.x]
        a, before, memory = gates_product(code, xs, W, biases[0], G), code.buffer((T, H)), code.buffer((T + 1, H))
        together = 1 if of_h else G - 1 if self.before else G
        packing = H, G, together
        packed = code.block((G * gate_floats(H),))
        code.emit("recurrent.packed", U, packed, *packing)
        y = code.buffer((T, H) if layer.return_sequences else (H,))
        states, begun = self._memory((H,))
        last = [code.buffer((H,)) for _ in range(layer.carried)] if layer.return_state or layer.stateful else []
        kept = self._side_by_side(of_h)
        mask, first, tail = self._mask(), self._two(begun), (kept, T, H, self._kinds(), self._how())
        code.emit(kernel, a, packed, biases[1], before, memory, y, *self._two(last), mask, *first, *tail)
        code.remember(states, last[: len(states)])

        gradients = [code.gradient(name) for name in ("kernel", "recurrent_kernel")]
        db = code.gradient("bias") if layer.use_bias else None

        def undo(d: Any, wanted: Any) -> Any:
            dy, *dlast = d if isinstance(d, tuple) else (d,)
            wants = wanted if isinstance(wanted, tuple) else (wanted,)
            lefts = self._lefts(a, before, of_h) if gradients[1] is not None else []
            turned, to_U = code.block(packed.shape), code.buffer(a.shape) if self.twice else None
            code.emit("recurrent.turned", U, turned, *packing)
            dfirst = [code.buffer((H,)) for _ in self.states]
            ends = (*self._two(dlast), mask, *self._two(dfirst), *tail)
            code.emit(f"{kernel}.grad", a, to_U, turned, before, memory, dy, *ends)
            if db is not None:
                for part, from_ in zip(self._biases(db), (a, to_U), strict=True):
                    if part is not None:
                        code.emit("dense.bias", from_, part, G * H, T)
            for gradient, rows, dz in zip(gradients, (xs, lefts), (a, to_U or a), strict=True):
                if gradient is not None:
                    gates_weights(code, rows, dz, gradient)
            dx = gates_inputs(code, a, W, of_x, G) if wants[0] else None
            return (dx, *dfirst) if self.states else dx

        code.back(undo)
        y = self._begun(y)
        return (y, *last) if layer.return_state else y

    def _check(self) -> None:
        layer = self.layer
        if any(one.name not in KINDS or one.options for one in self._activations()) or layer.units > MOST:
            raise layer.cannot_lower(" as it is given")
        mask = self._mask()
        if mask is not None and mask.shape != self.x.shape[:1]:
            raise layer.cannot_lower(" with a mask of another shape")

    def _activations(self) -> list[Any]:
        return [self.layer.activation, getattr(self.layer, "recurrent_activation", self.layer.activation)]

    def _memory(self, shape: Shape) -> tuple[Sequence[Buffer], Sequence[Buffer]]:
        """(where a stateful layer keeps its states, those with which the batch begins)."""
        carried = range(self.layer.carried if self.layer.stateful else 0)
        kept = [self.code.memory(self.layer, i, shape) for i in carried]
        return kept, self.states or kept

    def _kinds(self) -> int:
        g, s = (KINDS.index(str(one.name)) for one in self._activations())
        return g + 8 * s

    def _how(self) -> int:
        layer = self.layer
        asked = (
            (layer.go_backwards, BACKWARDS),
            (layer.return_sequences, SEQUENCES),
            (layer.zero_output_for_mask, ZEROS),
        )
        return sum(bit for wanted, bit in asked if wanted)

    def _mask(self) -> Buffer | None:
        mask = self.mask[0] if isinstance(self.mask, list) else self.mask
        return None if mask is None else mask.plain

    def _begun(self, y: Buffer) -> Buffer:
        """Emit y, and the way back: 0 until a step counts, as what is repeated is an output, and no state."""
        code, layer, mask = self.code, self.layer, self._mask()
        if mask is None or not (self.states or layer.stateful) or layer.zero_output_for_mask:
            return y
        (T,), steps = mask.shape, np.arange(mask.size)
        seen = code.buffer((T,))
        code.emit("op.cumsum", mask, seen, 1, T, 1, int(layer.go_backwards))
        if layer.go_backwards:
            count, seen = seen, code.buffer((T,))
            code.emit("op.moved", count, seen, table(code, steps[::-1], steps), T, 1, T, T, 1, COPY)
        if not layer.return_sequences:
            count, seen = seen, code.buffer((1,))
            code.emit("merge.block", count, seen, 1, 1, T, T - 1, 1, 0)
        n = seen.size
        one = mapped(code, "op.minimum", seen, 1.0).shaped((n, 1))

        def shown(y: Buffer) -> Buffer:
            return mapped(code, "op.multiply", y.shaped((n, y.size // n)), one).shaped(y.shape)

        def undo(d: Any, wanted: Any) -> Any:
            dy, *dlast = d if isinstance(d, tuple) else (d,)
            dy = dy and shown(dy)
            return (dy, *dlast) if isinstance(d, tuple) else dy

        code.back(undo)
        return shown(y)

    def _dropped(self) -> tuple[list[Buffer], list[Buffer]]:
        """What x and h are multiplied by, the same at every step: none, one for all gates, or one for each."""
        layer, code = self.layer, self.code
        of_x, of_h = (code.trains and 0 < rate < 1 for rate in (layer.dropout, layer.recurrent_dropout))
        gates = range(layer.gates)

        def drawn(shape: Shape, rate: float, *under: int | str) -> Buffer:
            noise_shape = (None, *(1 for _ in shape[:-1]), shape[-1])
            return lower_kept(code, layer.name, noise_shape, shape, rate, 1 / (1 - rate), layer.seed, *under)

        inputs = [("inputs", g) for g in gates] if of_h else [()]
        return (
            [drawn(self.x.shape, layer.dropout, *under) for under in inputs] if of_x else [],
            [drawn((layer.units,), layer.recurrent_dropout, "states", g) for g in gates] if of_h else [],
        )

    def _side_by_side(self, kept: Sequence[Buffer]) -> Buffer | None:
        """What h is multiplied by for each gate, as the kernels read it."""
        if not kept:
            return None
        H, G = self.layer.units, len(kept)
        found = self.code.buffer((G, H))
        for g, m in enumerate(kept):
            self.code.emit("merge.block", m, found, 1, H, H, 0, G * H, g * H)
        return found

    def _lefts(self, a: Buffer, before: Buffer, kept: Sequence[Buffer]) -> list[Buffer]:
        """Emit what U's gradient has for x: h before each step, for all gates or for each as it was multiplied."""
        code, (T, H), G = self.code, before.shape, self.layer.gates
        found = [before] * G if kept or self.before else [before]
        if self.before:
            r = code.buffer((T, H))
            code.emit("merge.block", a, r, T, H, G * H, H, H, 0)
            found[-1] = apply(code, "noise.times", r, before)
        of_steps = [stretched(code, m.shaped((1, H)), (T, H)) for m in kept]
        return [apply(code, "noise.mask", h, m) for h, m in zip(found, of_steps, strict=True)] if kept else found

    def _biases(self, b: Buffer | None) -> tuple[Buffer | None, Buffer | None]:
        """Those of xW and of hU."""
        if b is None or not self.twice:
            return b, None
        n = b.shape[-1]
        return b.shaped((n,)), Buffer(b.space, b.offset + n, (n,), b.each)

    def _two(self, found: Sequence[Buffer | None]) -> tuple[Buffer | None, Buffer | None]:
        """Those of h and of c, where there are such."""
        h, c = (*found, None, None)[:2]
        return h, c


def gate_floats(H: int) -> int:
    """Room for the panels of a gate of H units."""
    return -(-H // WIDE) * WIDE * H
