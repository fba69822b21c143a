"""Convolutions and pools: each layer emits itself, its weights being operands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from ...layers import Layer
from ...layers.operands import placed
from ...program import Buffer, CannotLower, Program, Undo
from .. import windows as ops
from ..base import Operation


class Lent:
    """A program as a layer sees it whose weights are operands of an op."""

    def __init__(self, code: Program, weights: dict[str, Buffer], trained: frozenset[str]) -> None:
        self._code, self._weights = code, weights
        self.gradients = {name: code.block(weights[name].shape) for name in weights if name in trained}
        self._undos: list[Undo] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._code, name)

    def parameter(self, name: str) -> Buffer:
        return self._weights[name]

    def gradient(self, name: str) -> Buffer | None:
        return self.gradients.get(name)

    def back(self, undo: Undo) -> None:
        self._undos.append(undo)

    def undone(self, dy: Buffer, wanted: bool) -> Buffer | None:
        """Emit the layer's way back; dx, if it is wanted."""
        for undo in reversed(self._undos):
            dy = undo(dy, wanted)
        return dy if wanted else None


def lower_as_layer(operation: Operation, shell: Callable[..., Layer]) -> None:
    """Have an op emitted by the layer that it calls on."""

    def lowering(code: Program, x: Any, *given: Any, **options: Any) -> Buffer:
        if not isinstance(x, Buffer) or not x.each or any(isinstance(w, Buffer) and w.each for w in given):
            raise CannotLower(f"op {operation.name!r} of anything but samples and one kernel for all")
        wanted = iter(code.uses[-1].wanted if code.uses else ())
        x_wanted = next(wanted, False)
        asked = [isinstance(w, Buffer) and next(wanted, False) and code.training for w in given]
        weights = {name: placed(code, w) for name, w in zip(operation.weights, given, strict=True)}
        trained = frozenset(name for name, wish in zip(operation.weights, asked, strict=True) if wish)
        layer = shell((1, *x.shape), *(w.shape for w in weights.values()), **options)
        layer.output_shape_for(x.shape)
        lent = Lent(code, weights, trained)
        y: Buffer = layer.lower(cast(Program, lent), x)
        flowing = [name for name, w in zip(operation.weights, given, strict=True) if isinstance(w, Buffer)]

        def undo(dy: Buffer, wanted: Any) -> Any:
            dx = lent.undone(dy, x_wanted)
            return (dx, *(lent.gradient(name) for name in flowing)) if flowing else dx

        code.back(undo)
        return y

    operation.lowers(lowering)


for _operation in vars(ops).values():
    if isinstance(_operation, Operation) and _operation.shell is not None:
        lower_as_layer(_operation, _operation.shell)
