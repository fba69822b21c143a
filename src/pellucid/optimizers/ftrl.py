"""Ftrl: follow the regularized leader; with l1, weights that stay at zero exactly.
Source: McMahan et al., "Ad click prediction: a view from the trenches", KDD 2013, algorithm 1."""

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


def ftrl(
    w: Array,
    g: Array,
    n: Array,
    z: Array,
    *,
    lr: float,
    power: float = -0.5,
    l1: float = 0.0,
    l2: float = 0.0,
    shrinkage: float = 0.0,
    beta: float = 0.0,
) -> tuple[Array, Array, Array]:
    """n′ = n + g²;  σ = (n′^−p − n^−p) / lr;  z ← z + g + 2·shrinkage·w − σ·w;
    w ← (clip(z, ±l1) − z) / (n′^−p / lr + 2·(l2 + β / (2·lr)));  n ← n′.  p: the learning rate's power.
    """
    if lr == 0:
        return w, n, z
    n_next = n + g * g
    sigma = (n_next**-power - n**-power) / lr
    z = z + g + 2 * shrinkage * w - sigma * w
    curvature = n_next**-power / lr + 2 * (l2 + beta / (2 * lr))
    return (np.clip(z, -l1, l1) - z) / curvature, n_next, z


@optimizers.add()
class Ftrl(Optimizer):
    """n′ = n + g², σ = (√n′ − √n) / lr, z ← z + g − σ·w, w ← (clip(z, ±l1) − z) / (√n′ / lr + 2·l2), n ← n′.

    learning_rate_power is minus the power of n (a half); beta adds β / lr to the divisor; the l2 "shrinkage" adds
    2 · shrinkage · w to the gradient within z alone.

    >>> import numpy as np
    >>> w = np.array([0.0, 0.0])
    >>> Ftrl(learning_rate=0.1, l1_regularization_strength=1.0).apply([np.array([4.0, -0.5])], [w])
    >>> w.round(3)
    array([-0.075,  0.   ])

    Source: McMahan et al., "Ad click prediction: a view from the trenches", KDD 2013, algorithm 1. PyTorch has no Ftrl.
    A learning rate of 0 leaves everything as it is; Keras's formula divides by it. As in Keras, σ knows the present
    rate alone, so weights shrink as a schedule's rate does, to 0 with one that ends there: keep the rate constant.
    """

    formula = "n′ = n + g², σ = (√n′ − √n)/lr, z ← z + g − σw, w ← (clip(z, ±l1) − z) / (√n′/lr + 2·l2), n ← n′"

    slots = ("accumulator", "linear")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)

        def positive(argument: str, value: float) -> float:
            return checks.number(self.where(argument), value, minimum=0)

        self.learning_rate_power = checks.number(self.where("learning_rate_power"), learning_rate_power, maximum=0)
        self.initial_accumulator_value = positive("initial_accumulator_value", initial_accumulator_value)
        self.l1_regularization_strength = positive("l1_regularization_strength", l1_regularization_strength)
        self.l2_regularization_strength = positive("l2_regularization_strength", l2_regularization_strength)
        self.l2_shrinkage_regularization_strength = positive(
            "l2_shrinkage_regularization_strength", l2_shrinkage_regularization_strength
        )
        self.beta = positive("beta", beta)

    def slots_at_start(self, w: Array) -> dict[str, Array]:
        return {"accumulator": np.full_like(w, self.initial_accumulator_value), "linear": np.zeros_like(w)}

    def update(self, w: Array, g: Array, s: Mapping[str, Array], lr: float, t: int) -> tuple[Array, dict[str, Array]]:
        w, n, z = ftrl(
            w, g, s["accumulator"], s["linear"], lr=lr, power=self.learning_rate_power,
            l1=self.l1_regularization_strength, l2=self.l2_regularization_strength,
            shrinkage=self.l2_shrinkage_regularization_strength, beta=self.beta,
        )  # fmt: skip
        return w, {"accumulator": n, "linear": z}

    def lower_update(self, code: Program, s: Stretch) -> None:
        s.update(
            code, "ftrl" if self.learning_rate_power == -0.5 else "ftrl.power", self.slots,
            self.l1_regularization_strength, self.l2_regularization_strength,
            self.l2_shrinkage_regularization_strength, self.beta, -self.learning_rate_power,
        )  # fmt: skip
