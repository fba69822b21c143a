"""Probabilities of classes, as Keras prepares them: brought to the sum 1, then kept off 0 and 1 by epsilon.

The logarithm of 0 is thereby kept out of cross-entropies, and its price is a gradient of 0 where a probability was
clipped. Losses computed from logits need neither, which is why training prefers them (`Loss.from_logits_of`).
"""

from __future__ import annotations

import copy
from typing import ClassVar

import numpy as np

from ..arrays import Array
from .base import EPSILON, Loss, StandardLoss, losses
from .targets import total


def clipped(p: Array) -> Array:
    """p kept within [epsilon, 1 - epsilon]."""
    return np.clip(p, EPSILON, 1 - EPSILON)


def clipped_grad(dy: Array, p: Array) -> Array:
    return np.where((p >= EPSILON) & (p <= 1 - EPSILON), dy, 0).astype(dy.dtype)


def normalized(x: Array, axis: int) -> Array:
    """x over its sum along the axis; zeros where that sum is 0."""
    return x / _divisor(x, axis)


def normalized_grad(dy: Array, x: Array, axis: int) -> Array:
    y = normalized(x, axis)
    return (dy - total(dy * y, axis, keepdims=True)) / _divisor(x, axis)


def _divisor(x: Array, axis: int) -> Array:
    s = total(x, axis, keepdims=True)
    return np.where(s == 0, 1, s)


def power_grad(q: Array, gamma: float) -> Array:
    """d(q^gamma)/dq = gamma · q^(gamma - 1), taken as 0 at q = 0, where gamma < 1 would make it infinite."""
    moves = (q > 0) & (gamma > 0)  # of a gamma of 0 times an infinite 1/q, NaN would be left
    positive = np.where(moves, q, 1)
    return np.where(moves, gamma * positive ** (gamma - 1), 0).astype(q.dtype)


class LossOfProbabilities(StandardLoss):
    """A loss that can also be computed from the logits, what enters the last layer's softmax or sigmoid."""

    activation: ClassVar[str]
    from_logits: bool

    def from_logits_of(self, activation: str) -> Loss | None:
        """The same loss with from_logits=True, when it is not so yet and the activation is its own.

        A subclass of the user's is left alone, since its `values` may know nothing of logits.
        """
        ours = losses.parts.get(type(self).__name__) is type(self)
        if activation != self.activation or self.from_logits or not ours:
            return None
        twin = copy.copy(self)
        twin.from_logits = True
        return twin

    def kernel(self, name: str) -> str:
        """The name of the kernel, that for probabilities or that for logits."""
        return f"{name}.logits" if self.from_logits else name
