"""Adafactor: Adam without momentum, its second moment kept as one row and one column for each matrix.
Source: Shazeer & Stern, "Adafactor: adaptive learning rates with sublinear memory cost", ICML 2018."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np

from .. import checks
from ..arrays import Array
from ..program import Program
from .base import Optimizer, optimizers
from .lowering import Stretch, lower_squares
from .options import OptimizerOptions


def rms(x: Array) -> float:
    """The root of the mean of the squares."""
    return math.sqrt(float(np.mean(x * x)))


def factored(g2: Array, r: Array, c: Array, *, beta_2: float) -> tuple[Array, Array, Array]:
    """r ← β₂r + (1 − β₂) · row means of g²;  c likewise by columns;  v = r · cᵀ / mean(r)."""
    r = beta_2 * r + (1 - beta_2) * g2.mean(axis=-1)
    c = beta_2 * c + (1 - beta_2) * g2.mean(axis=-2)
    v = (r / r.mean(axis=-1, keepdims=True))[..., :, None] * c[..., None, :]
    return v, r, c


def adafactor_step(
    w: Array, g: Array, v: Array, *, lr: float, t: int, epsilon_2: float = 1e-3, clip_threshold: float = 1.0
) -> Array:
    """u = g / √v, shortened to an RMS of clip_threshold;  step = max(ε₂, RMS(w)) · min(lr, 1/√t) · u."""
    tiny = np.finfo(v.dtype).tiny  # of a row and a column of zeros, v may underflow to 0
    u: Array = g / np.sqrt(np.maximum(v, tiny))
    u = u / max(1.0, rms(u) / clip_threshold)
    return max(epsilon_2, rms(w)) * min(lr, 1 / math.sqrt(t)) * u


@optimizers.add()
class Adafactor(Optimizer):
    """v ← β₂v + (1 − β₂)(g² + ε₁) with β₂ = 1 − t^beta_2_decay, kept as the outer product of a row and a column for
    parameters of two axes or more; u = g / √v, its RMS at most clip_threshold;
    w ← w − max(ε₂, RMS(w)) · min(lr, 1/√t) · u.

    >>> import numpy as np
    >>> w = np.array([[1.0, 1.0]])
    >>> Adafactor(learning_rate=0.1).apply([np.array([[4.0, -0.5]])], [w])
    >>> w.round(3)
    array([[0.9, 1.1]])

    Source: Shazeer & Stern, "Adafactor: adaptive learning rates with sublinear memory cost", ICML 2018, algorithms
    4 to 6. In Keras, and here, relative_step changes nothing: the rate is min(lr, 1/√t) either way. PyTorch's ε₁
    bounds v from below and is not added to g²; the rest agrees. Where v underflows to 0 Keras gives NaN; here u is 0.
    """

    formula = "v ← β₂v + (1 − β₂)(g² + ε₁), u = g/√v of RMS d at most, w ← w − max(ε₂, RMS(w))·min(lr, 1/√t)·u"

    slots = ("r", "c", "velocity")
    elementwise = False

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_2_decay: float = -0.8,
        epsilon_1: float = 1e-30,
        epsilon_2: float = 1e-3,
        clip_threshold: float = 1.0,
        relative_step: bool = True,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.beta_2_decay = checks.number(self.where("beta_2_decay"), beta_2_decay, maximum=0)
        self.epsilon_1 = checks.number(self.where("epsilon_1"), epsilon_1, minimum=0)
        self.epsilon_2 = checks.number(self.where("epsilon_2"), epsilon_2, minimum=0)
        self.clip_threshold = checks.number(self.where("clip_threshold"), clip_threshold, above=0)
        self.relative_step = bool(relative_step)

    def slots_at_start(self, w: Array) -> dict[str, Array]:
        """A row and a column for each matrix; for what is no matrix they are a single unused number, as in Keras."""
        r, c = (w.mean(axis=-1), w.mean(axis=-2)) if w.ndim >= 2 else (w.sum(), w.sum())
        return {"r": np.zeros_like(r), "c": np.zeros_like(c), "velocity": np.zeros_like(w)}

    def update(self, w: Array, g: Array, s: Mapping[str, Array], lr: float, t: int) -> tuple[Array, dict[str, Array]]:
        beta_2 = 1 - float(t) ** self.beta_2_decay
        g2, new = g * g + self.epsilon_1, dict(s)
        if w.ndim >= 2:
            new["velocity"], new["r"], new["c"] = factored(g2, s["r"], s["c"], beta_2=beta_2)
        else:
            new["velocity"] = beta_2 * s["velocity"] + (1 - beta_2) * g2
        step = adafactor_step(
            w, g, new["velocity"], lr=lr, t=t, epsilon_2=self.epsilon_2, clip_threshold=self.clip_threshold
        )
        return w - step, new

    def lower_update(self, code: Program, s: Stretch) -> None:
        v, u, decay = s.slots["velocity"], code.block((s.size,)), float(self.beta_2_decay)
        epsilon, shape = float(self.epsilon_1), s.w.shape
        if len(shape) >= 2:
            r, c, L, R, C = s.slots["r"], s.slots["c"], math.prod(shape[:-2]), shape[-2], shape[-1]
            code.emit("adafactor.rows", L * R, s.every, s.g, r, C, epsilon, decay)
            code.emit("adafactor.columns", L, s.every, s.g, c, R, C, epsilon, decay)
            code.emit("adafactor.matrix", L, s.every, s.g, r, c, v, u, R, C)
        else:
            code.emit("adafactor.vector", s.size, s.every, s.g, v, u, epsilon, decay)
        w_squares, u_squares = lower_squares(code, (s.w, u), s.every)
        bounds = float(self.epsilon_2), float(self.clip_threshold)
        squares = w_squares, u_squares, w_squares.size // 2
        code.emit("adafactor.step", s.size, s.every, s.w, u, *squares, *bounds)

    def as_saved(self, what: str, value: Array) -> Array:
        return np.array(0, "int32") if what in ("r", "c") and value.ndim == 0 else value.copy()
