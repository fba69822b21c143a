"""RMSprop: divide the gradient by a running average of its size.
Source: Tieleman & Hinton, "Lecture 6.5: RMSProp", Coursera, 2012; centered: Graves, arXiv:1308.0850, 2013."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import numpy as np

from .. import checks
from ..arrays import Array
from ..program import Program
from .base import Optimizer, optimizers
from .lowering import Stretch
from .options import OptimizerOptions


def rmsprop(g: Array, v: Array, *, lr: float, rho: float, epsilon: float) -> tuple[Array, Array]:
    """v ← ρv + (1 − ρ)g²;  step = lr·g / √(v + ε)."""
    v = rho * v + (1 - rho) * g * g
    return lr * g / np.sqrt(v + epsilon), v


def rmsprop_centered(
    g: Array, v: Array, a: Array, *, lr: float, rho: float, epsilon: float
) -> tuple[Array, Array, Array]:
    """a ← ρa + (1 − ρ)g;  step = lr·g / √(v − a² + ε): the gradient's variance in the place of its mean square."""
    v = rho * v + (1 - rho) * g * g
    a = rho * a + (1 - rho) * g
    variance = np.maximum(v - a * a, 0)  # never below 0, but for rounding
    return lr * g / np.sqrt(variance + epsilon), v, a


@optimizers.add("rmsprop")
class RMSprop(Optimizer):
    """v ← rho · v + (1 − rho) · g², m ← momentum · m + lr · g / √(v + epsilon), w ← w − m.

    >>> import numpy as np
    >>> w = np.array([1.0, 1.0])
    >>> RMSprop(learning_rate=0.1, rho=0.0).apply([np.array([4.0, -0.5])], [w])
    >>> w.round(3)
    array([0.9, 1.1])

    Source: Tieleman & Hinton, "Lecture 6.5: RMSProp", Coursera, 2012; centered: Graves, "Generating sequences with
    recurrent neural networks", arXiv:1308.0850, 2013.
    PyTorch adds epsilon outside the root, √v + ε, and leaves lr out of m. Where rounding makes the centered variance
    negative, Keras and PyTorch give NaN; here it is 0.
    """

    formula = "v ← ρv + (1 − ρ)g², m ← μm + lr·g / √(v + ε), w ← w − m"

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.rho = self.fraction("rho", rho)
        self.momentum = checks.number(self.where("momentum"), momentum, 0, 1)
        self.epsilon = checks.number(self.where("epsilon"), epsilon, minimum=0)
        self.centered = bool(centered)
        self.slots = ("velocity", *["momentum"] * (self.momentum > 0), *["average_gradient"] * self.centered)
        if self.centered:
            self.formula = "v ← ρv + (1 − ρ)g², a ← ρa + (1 − ρ)g, m ← μm + lr·g / √(v − a² + ε), w ← w − m"

    def slot_groups(self) -> Sequence[Sequence[str]]:
        return [(slot,) for slot in self.slots]

    def update(self, w: Array, g: Array, s: Mapping[str, Array], lr: float, t: int) -> tuple[Array, dict[str, Array]]:
        new: dict[str, Array] = {}
        v, rho, epsilon = s["velocity"], self.rho, self.epsilon
        if self.centered:
            step, new["velocity"], new["average_gradient"] = rmsprop_centered(
                g, v, s["average_gradient"], lr=lr, rho=rho, epsilon=epsilon
            )
        else:
            step, new["velocity"] = rmsprop(g, v, lr=lr, rho=rho, epsilon=epsilon)
        if self.momentum:
            step = new["momentum"] = self.momentum * s["momentum"] + step
        return w - step, new

    def lower_update(self, code: Program, s: Stretch) -> None:
        kernel = "rmsprop" + ".centered" * self.centered + ".momentum" * (self.momentum > 0)
        s.update(code, kernel, self.slots, self.rho, self.epsilon, self.momentum)
