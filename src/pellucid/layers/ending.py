"""How convolutions end: y = f(z), the activation of what they computed, where the user has its channels."""

from __future__ import annotations

from typing import Any

from ..activations import activations, relu
from ..arrays import Array, Arrays
from ..program import Buffer, Program
from .activation_layer import logits_of
from .base import Layer
from .channels import Channels
from .dense import RECTIFY


class Ending(Channels, Layer):
    """A layer whose cache ends in z and y."""

    activation: Any
    use_bias: bool

    def keep_ending(self, activation: Any, use_bias: bool) -> None:
        """Keep the constructor's arguments."""
        self.activation = activations.get(activation, self.where("activation"))
        self.use_bias = bool(use_bias)

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        *_, z, y = cache
        return self.backward_from_logits(p, cache, self.activation.grad(dy, z, y))

    def logits(self, cache: Any) -> tuple[str, Array] | None:
        *_, z, _ = cache
        return logits_of(self.activation, z)

    def with_bias(self, gradients: dict[str, Array], db: Array) -> dict[str, Array]:
        """The gradients, with that of the bias where there is one."""
        return {**gradients, "bias": db} if self.use_bias else gradients

    def lower_mode(self, code: Program) -> int:
        """What the kernel that makes z is told: to rectify it while the numbers are still in registers, or nothing."""
        return RECTIFY if self.activation == relu and not code.keeps else 0

    def lower_end(self, code: Program, z: Buffer) -> Buffer:
        """Emit y from z, whose channels are last, and the way back."""
        if self.lower_mode(code):
            code.back(lambda dy, wanted: code.through("dense.relu.grad", dy, z, z, z.size, 0.0, 0.0, 0.0))
            return self.lower_as_given(code, z)
        y: Buffer = self.activation.lower(code, _tapped(code, self.lower_as_given(code, z)))
        return y


def _tapped(code: Program, z: Buffer) -> Buffer:
    """z, told to whoever looks, and so is dz on the way back."""
    code.tap(z=z)

    def undo(dz: Buffer, wanted: bool) -> Buffer:
        code.tap(dz=dz)
        return dz

    code.back(undo)
    return z
