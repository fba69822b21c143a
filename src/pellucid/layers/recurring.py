"""Recurrent layers for the compiled engine: what the inputs give to the gates of all steps at once, then a kernel that
goes through time; on the way back a kernel likewise, then the gradients of all steps at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..program import Buffer, CannotLower, Program
from .noise import apply, lower_kept

KINDS = ("tanh", "sigmoid", "linear", "relu", "hard_sigmoid")  # activations, as machine/kernels/recurrence.py counts
BACKWARDS, SEQUENCES, ZEROS = 1, 2, 4
WIDE = 64  # floats, of which a panel of U takes a part
MOST = 1 << 13  # units for whose gates the kernels have room


@dataclass
class Recurrence:
    """One layer with what it reads. twice: whether what goes back to hU differs from what goes back to xW."""

    layer: Any
    code: Program
    x: Buffer
    states: Sequence[Buffer]
    mask: Any
    twice: bool = False

    def lower(self, kernel: str) -> Any:
        """Emit the layer and the way back; returns where y is, or a tuple of it and the last states."""
        layer, code = self.layer, self.code
        self._check()
        (T, I), H, G = self.x.shape, layer.units, layer.gates
        W, U = code.parameter("kernel"), code.parameter("recurrent_kernel")
        biases = self._biases(code.parameter("bias")) if layer.use_bias else (None, None)
        dropped = self._dropped()
        x = self.x if dropped is None else apply(code, "noise.mask", self.x, dropped)
        a, before, memory = code.buffer((T, G * H)), code.buffer((T, H)), code.buffer((T + 1, H))
        code.emit("dense", x, W, biases[0], a, I, G * H, T, 0)
        packed = code.block((-(-G * H // WIDE) * WIDE * H,))
        code.emit("recurrent.packed", U, packed, H, G * H)
        y = code.buffer((T, H) if layer.return_sequences else (H,))
        last = [code.buffer((H,)) for _ in range(layer.carried)] if layer.return_state else []
        mask, first, tail = self._mask(), self._two(self.states), (T, H, self._kinds(), self._how())
        code.emit(kernel, a, packed, biases[1], before, memory, y, *self._two(last), mask, *first, *tail)

        gradients = [code.gradient(name) for name in ("kernel", "recurrent_kernel")]
        db = code.gradient("bias") if layer.use_bias else None

        def undo(d: Any, wanted: Any) -> Any:
            dy, *dlast = d if isinstance(d, tuple) else (d,)
            wants = wanted if isinstance(wanted, tuple) else (wanted,)
            turned, to_U = code.block((-(-H // WIDE) * WIDE * G * H,)), code.buffer(a.shape) if self.twice else None
            code.emit("recurrent.turned", U, turned, G * H, H)
            dfirst = [code.buffer((H,)) for _ in self.states]
            ends = (*self._two(dlast), mask, *self._two(dfirst), *tail)
            code.emit(f"{kernel}.grad", a, to_U, turned, before, memory, dy, *ends)
            if db is not None:
                for part, from_ in zip(self._biases(db), (a, to_U), strict=True):
                    if part is not None:
                        code.emit("dense.bias", from_, part, G * H, T)
            for gradient, rows, dz in zip(gradients, (x, before), (a, to_U or a), strict=True):
                if gradient is not None:
                    code.emit("dense.weights", rows, dz, gradient, rows.shape[-1], G * H, T)
            dx = None
            if wants[0]:
                dx = code.buffer(self.x.shape)
                code.emit("dense.inputs", a, W, dx, I, G * H, T, None)
                dx = dx if dropped is None else apply(code, "noise.mask", dx, dropped)
            return (dx, *dfirst) if self.states else dx

        code.back(undo)
        return (y, *last) if layer.return_state else y

    def _check(self) -> None:
        layer, code = self.layer, self.code
        where = f"layer {layer.name!r} ({type(layer).__name__})"
        if code.trains and 0 < layer.recurrent_dropout < 1:
            raise CannotLower(f"{where} with recurrent_dropout")
        if any(one.name not in KINDS or one.options for one in self._activations()) or layer.units > MOST:
            raise CannotLower(f"{where} as it is given")
        if self._mask() is not None and self.states and not layer.zero_output_for_mask:
            raise CannotLower(f"{where} with a mask and initial states")  # what is repeated may be no state

    def _activations(self) -> list[Any]:
        return [self.layer.activation, getattr(self.layer, "recurrent_activation", self.layer.activation)]

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

    def _dropped(self) -> Buffer | None:
        """Dropout of the inputs, the same at every step."""
        layer, code, x = self.layer, self.code, self.x
        if not (code.trains and 0 < layer.dropout < 1):
            return None
        scale = 1 / (1 - layer.dropout)
        return lower_kept(code, layer.name, (None, 1, x.shape[-1]), x, layer.dropout, scale, layer.seed)

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
