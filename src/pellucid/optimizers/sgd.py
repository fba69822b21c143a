"""SGD: w ← w − lr·g, with momentum if wanted.
Source: Sutskever, Martens, Dahl & Hinton, "On the importance of initialization and momentum in deep learning", 2013."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from .. import checks
from ..arrays import Array
from ..program import Program
from .base import Optimizer, optimizers
from .lowering import Stretch
from .options import OptimizerOptions


def sgd(w: Array, g: Array, *, lr: float) -> Array:
    """w ← w − lr·g."""
    return w - lr * g


def sgd_momentum(
    w: Array, g: Array, m: Array, *, lr: float, momentum: float, nesterov: bool = False
) -> tuple[Array, Array]:
    """m ← μm − lr·g;  w ← w + m, or with Nesterov's look ahead w ← w + μm − lr·g."""
    m = momentum * m - lr * g
    return w + (momentum * m - lr * g if nesterov else m), m


@optimizers.add()
class SGD(Optimizer):
    """Stochastic gradient descent: m ← momentum · m − lr · g, w ← w + m.

    >>> import numpy as np
    >>> w = np.array([1.0, 2.0])
    >>> SGD(learning_rate=0.5).apply([np.array([1.0, 2.0])], [w])
    >>> w
    array([0.5, 1. ])

    Source: Sutskever et al., "On the importance of initialization and momentum in deep learning", ICML 2013.
    PyTorch's momentum leaves lr out of m: the same numbers until the learning rate changes.
    """

    formula = "w ← w − lr·g"

    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.momentum = checks.number(self.where("momentum"), momentum, 0, 1)
        self.nesterov = bool(nesterov)
        self.slots = ("momentum",) if self.momentum else ()
        if self.momentum:
            self.formula = "m ← μm − lr·g, " + ("w ← w + μm − lr·g" if self.nesterov else "w ← w + m")

    def update(self, w: Array, g: Array, s: Mapping[str, Array], lr: float, t: int) -> tuple[Array, dict[str, Array]]:
        if not self.momentum:
            return sgd(w, g, lr=lr), {}
        w, m = sgd_momentum(w, g, s["momentum"], lr=lr, momentum=self.momentum, nesterov=self.nesterov)
        return w, {"momentum": m}

    def lower_update(self, code: Program, s: Stretch) -> None:
        kernel = "sgd" if not self.momentum else "sgd.nesterov" if self.nesterov else "sgd.momentum"
        s.update(code, kernel, self.slots, self.momentum)
