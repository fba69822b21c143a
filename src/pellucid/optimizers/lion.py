"""Lion: steps of one length, in the direction of the momentum's sign.
Source: Chen et al., "Symbolic discovery of optimization algorithms", NeurIPS 2023."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np

from .. import checks
from ..arrays import Array
from ..program import Program
from .base import Optimizer, optimizers
from .lowering import Stretch
from .options import OptimizerOptions


def lion(w: Array, g: Array, m: Array, *, lr: float, beta_1: float = 0.9, beta_2: float = 0.99) -> tuple[Array, Array]:
    """w ← w − lr · sign(β₁m + (1 − β₁)g);  m ← β₂m + (1 − β₂)g."""
    return w - lr * np.sign(beta_1 * m + (1 - beta_1) * g), beta_2 * m + (1 - beta_2) * g


@optimizers.add()
class Lion(Optimizer):
    """w ← w − lr · sign(β₁m + (1 − β₁)g), m ← β₂m + (1 − β₂)g.

    Its steps are longer than Adam's: a learning rate 3 to 10 times smaller suits it.

    >>> import numpy as np
    >>> w = np.array([1.0, 1.0])
    >>> Lion(learning_rate=0.1).apply([np.array([4.0, -0.5])], [w])
    >>> w
    array([0.9, 1.1])

    Source: Chen et al., "Symbolic discovery of optimization algorithms", NeurIPS 2023. PyTorch has no Lion.
    """

    formula = "w ← w − lr·sign(β₁m + (1 − β₁)g), m ← β₂m + (1 − β₂)g"

    slots = ("momentum",)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.beta_1 = checks.number(self.where("beta_1"), beta_1, above=0, below=1)
        self.beta_2 = self.fraction("beta_2", beta_2)

    def update(self, w: Array, g: Array, s: Mapping[str, Array], lr: float, t: int) -> tuple[Array, dict[str, Array]]:
        w, m = lion(w, g, s["momentum"], lr=lr, beta_1=self.beta_1, beta_2=self.beta_2)
        return w, {"momentum": m}

    def lower_update(self, code: Program, s: Stretch) -> None:
        s.update(code, "lion", self.slots, self.beta_1, self.beta_2)
