"""Adam: momentum divided by the root of a running average of the squared gradient, both freed of their bias to zero.
Source: Kingma & Ba, "Adam: a method for stochastic optimization", ICLR 2015; amsgrad: Reddi, Kale & Kumar, 2018."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import numpy as np

from .. import checks
from ..arrays import Array
from ..program import Program
from .base import Optimizer, optimizers
from .lowering import Stretch
from .options import CommonOptions, OptimizerOptions


def moments(g: Array, m: Array, v: Array, beta_1: float, beta_2: float) -> tuple[Array, Array]:
    """m ← β₁m + (1 − β₁)g;  v ← β₂v + (1 − β₂)g²."""
    return m + (1 - beta_1) * (g - m), v + (1 - beta_2) * (g * g - v)


def adam_step(m: Array, v: Array, *, lr: float, t: int, beta_1: float, beta_2: float, epsilon: float) -> Array:
    """lr · √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε)."""
    alpha = lr * math.sqrt(1 - beta_2**t) / (1 - beta_1**t)
    return alpha * m / (np.sqrt(v) + epsilon)


def adam(
    w: Array,
    g: Array,
    m: Array,
    v: Array,
    *,
    lr: float,
    t: int,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
) -> tuple[Array, Array, Array]:
    """m ← β₁m + (1 − β₁)g;  v ← β₂v + (1 − β₂)g²;  w ← w − lr · √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε)."""
    m, v = moments(g, m, v, beta_1, beta_2)
    return w - adam_step(m, v, lr=lr, t=t, beta_1=beta_1, beta_2=beta_2, epsilon=epsilon), m, v


def amsgrad(
    w: Array,
    g: Array,
    m: Array,
    v: Array,
    v_max: Array,
    *,
    lr: float,
    t: int,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
) -> tuple[Array, Array, Array, Array]:
    """As Adam, with the largest v so far in the place of v, so that no step grows again when gradients shrink."""
    m, v = moments(g, m, v, beta_1, beta_2)
    v_max = np.maximum(v_max, v)
    return w - adam_step(m, v_max, lr=lr, t=t, beta_1=beta_1, beta_2=beta_2, epsilon=epsilon), m, v, v_max


@optimizers.add()
class Adam(Optimizer):
    """m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², w ← w − lr · √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + epsilon).

    >>> import numpy as np
    >>> w = np.array([1.0, 1.0])
    >>> Adam(learning_rate=0.1).apply([np.array([4.0, -0.5])], [w])
    >>> w.round(3)
    array([0.9, 1.1])

    Source: Kingma & Ba, "Adam: a method for stochastic optimization", ICLR 2015, section 2's last form; amsgrad: Reddi,
    Kale & Kumar, "On the convergence of Adam and beyond", ICLR 2018.
    PyTorch adds epsilon (1e-8 there) after the correction, √(v / (1 − β₂ᵗ)) + ε, so that it weighs less in the first
    steps; its amsgrad is the same but for that. The corrections are computed in float64, as in PyTorch; Keras
    computes them in the weights' dtype, and so rounds the first float32 steps by up to 1e-5 of their length.
    """

    formula = "m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², w ← w − lr·√(1 − β₂ᵗ)/(1 − β₁ᵗ)·m / (√v + ε)"

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.beta_1 = self.fraction("beta_1", beta_1)
        self.beta_2 = self.fraction("beta_2", beta_2)
        self.epsilon = checks.number(self.where("epsilon"), epsilon, minimum=0)
        self.amsgrad = bool(amsgrad)
        self.slots = ("momentum", "velocity", *["velocity_hat"] * self.amsgrad)
        if self.amsgrad:
            averages = "m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², v̂ ← max(v̂, v)"
            self.formula = f"{averages}, w ← w − lr·√(1 − β₂ᵗ)/(1 − β₁ᵗ)·m / (√v̂ + ε)"

    def slot_groups(self) -> Sequence[Sequence[str]]:
        return [self.slots[:2], self.slots[2:]]

    def update(self, w: Array, g: Array, s: Mapping[str, Array], lr: float, t: int) -> tuple[Array, dict[str, Array]]:
        m, v = s["momentum"], s["velocity"]
        beta_1, beta_2, epsilon = self.beta_1, self.beta_2, self.epsilon
        if not self.amsgrad:
            w, m, v = adam(w, g, m, v, lr=lr, t=t, beta_1=beta_1, beta_2=beta_2, epsilon=epsilon)
            return w, {"momentum": m, "velocity": v}
        v_max = s["velocity_hat"]
        w, m, v, v_max = amsgrad(w, g, m, v, v_max, lr=lr, t=t, beta_1=beta_1, beta_2=beta_2, epsilon=epsilon)
        return w, {"momentum": m, "velocity": v, "velocity_hat": v_max}

    def lower_update(self, code: Program, s: Stretch) -> None:
        kernel = "adam.amsgrad" if self.amsgrad else "adam"
        s.update(code, kernel, self.slots, self.beta_1, self.beta_2, self.epsilon, 1.0)


@optimizers.add("adamw")
class AdamW(Adam):
    """Adam with weight decay: w ← w − lr · weight_decay · w, then Adam's step.

    >>> import numpy as np
    >>> w = np.array([1.0, 1.0])
    >>> AdamW(learning_rate=0.1, weight_decay=0.5).apply([np.array([4.0, -0.5])], [w])
    >>> w.round(3)
    array([0.85, 1.05])

    Source: Loshchilov & Hutter, "Decoupled weight decay regularization", ICLR 2019.
    PyTorch decays alike, by 0.01 where Keras's default is 0.004; epsilon as in `Adam`.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **options: Unpack[CommonOptions],
    ) -> None:
        checks.number(self.where("weight_decay"), weight_decay, minimum=0)
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay=weight_decay, **options)
