"""A layer that is one activation: y = f(x)."""

from __future__ import annotations

from typing import Any

from ..activations import Activation, activations
from ..arrays import Array, Arrays, Shape
from ..program import Buffer, Program
from ..rng import Key
from .base import Layer


class ActivationLayer(Layer):
    """A layer that is one activation, its `function`, and has no parameters."""

    formula, formula_back, cached = "y = f(x)", "dx = dy·f′(x)", ("x", "y")
    supports_masking = True
    function: Activation

    def output_shape_for(self, shape: Shape) -> Shape:
        return self.function.output_shape_for(shape)

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        y = self.function(x)
        return y, (x, y)

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        x, y = cache
        return self.function.grad(dy, x, y), {}

    def logits(self, cache: Any) -> tuple[str, Array] | None:
        x, _ = cache
        return logits_of(self.function, x)

    def backward_from_logits(self, p: Arrays, cache: Any, dz: Array) -> tuple[Array, dict[str, Array]]:
        return dz, {}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        return self.function.lower(code, x, reshapes=True)


def logits_of(activation: Activation, z: Array) -> tuple[str, Array] | None:
    """(the activation's name, z), if that name alone tells what it computes; one with options of its own gives None."""
    known = activations.names.get(activation.name)
    return (activation.name, z) if known is not None and known() == activation else None
