"""Muon: momentum made orthogonal for matrices, AdamW for the rest.
Source: Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024; the scale: Liu et al., 2025."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import numpy as np

from .. import checks
from ..arrays import Array, Shape
from ..program import Program
from .adam import adam
from .base import Optimizer, optimizers
from .lowering import Stretch, lower_squares
from .options import CommonOptions


def orthogonal(x: Array, a: float, b: float, c: float, n: int) -> Array:
    """Nearly the orthogonal matrix next to x: n Newton and Schulz steps x ← ax + (bA + cA²)x with A = xxᵀ, which drive
    all singular values of x / ‖x‖ towards 1.

    >>> orthogonal(np.diag([3.0, 4.0]), 1.5, -0.5, 0.0, 20).round(6)
    array([[1., 0.],
           [0., 1.]])
    """
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x
    x = x / (np.linalg.norm(x) + 1e-7)
    for _ in range(n):
        A = x @ x.T
        x = a * x + (b * A + c * A @ A) @ x
    return x.T if tall else x


@optimizers.add()
class Muon(Optimizer):
    """For matrices m ← momentum · m + g, u = orthogonal(g + momentum · m),
    w ← w − lr · rms_rate · √max(rows, columns) · u; for all other parameters AdamW.

    Embeddings are left to AdamW too, known by the word in their name, and so is any parameter in whose name a pattern
    of exclude_layers is found. adam_weight_decay is the weight decay of those, adam_lr_ratio multiplies their lr.

    >>> import numpy as np
    >>> w = np.zeros((2, 2))
    >>> Muon(learning_rate=0.1, rms_rate=None, ns_steps=9).apply([np.diag([3.0, 4.0])], [w])
    >>> bool(np.allclose(w, -0.1 * np.eye(2), atol=0.04))
    True

    Source: Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024; rms_rate: Liu et al.,
    "Muon is scalable for LLM training", arXiv:2502.16982, 2025.
    PyTorch's Muon trains matrices only, scales by √max(1, rows/columns) unless told to match AdamW's RMS, and computes
    the orthogonal matrix in bfloat16.
    """

    formula = "matrices: m ← μm + g, w ← w − lr·scale·orthogonal(g + μm); the rest as AdamW"

    slots = ("momentum", "velocity")
    elementwise = False

    def __init__(
        self,
        learning_rate: Any = 0.001,
        adam_beta_1: float = 0.9,
        adam_beta_2: float = 0.999,
        adam_weight_decay: float | None = 0.004,
        epsilon: float = 1e-7,
        weight_decay: float | None = 0.004,
        exclude_layers: Sequence[str] | None = None,
        exclude_embeddings: bool = True,
        muon_a: float = 3.4445,
        muon_b: float = -4.775,
        muon_c: float = 2.0315,
        adam_lr_ratio: float = 1.0,
        momentum: float = 0.95,
        ns_steps: int = 5,
        nesterov: bool = True,
        rms_rate: float | None = 0.2,
        **options: Unpack[CommonOptions],
    ) -> None:
        super().__init__(learning_rate, weight_decay=weight_decay, **options)
        self.adam_beta_1 = self.fraction("adam_beta_1", adam_beta_1)
        self.adam_beta_2 = self.fraction("adam_beta_2", adam_beta_2)
        self.adam_weight_decay: float | None = self.optional("adam_weight_decay", adam_weight_decay, minimum=0)
        self.epsilon = checks.number(self.where("epsilon"), epsilon, minimum=0)
        self.exclude_layers = list(exclude_layers or ())
        self.exclude_embeddings = bool(exclude_embeddings)
        self.muon_a = checks.number(self.where("muon_a"), muon_a)
        self.muon_b = checks.number(self.where("muon_b"), muon_b)
        self.muon_c = checks.number(self.where("muon_c"), muon_c)
        self.adam_lr_ratio = checks.number(self.where("adam_lr_ratio"), adam_lr_ratio, minimum=0)
        self.momentum = checks.number(self.where("momentum"), momentum, 0, 1)
        self.ns_steps = checks.integer(self.where("ns_steps"), ns_steps, 1)
        self.nesterov = bool(nesterov)
        self.rms_rate: float | None = self.optional("rms_rate", rms_rate, minimum=0)

    def for_adam(self, name: str, w: Array) -> bool:
        """Whether this parameter is AdamW's."""
        embedding = self.exclude_embeddings and "embedding" in name.lower()
        return w.ndim != 2 or embedding or any(re.search(pattern, name) for pattern in self.exclude_layers)

    def slots_of(self, name: str, w: Array) -> dict[str, Array]:
        return {slot: np.zeros_like(w) for slot in (self.slots if self.for_adam(name, w) else self.slots[:1])}

    def decay_of(self, name: str, w: Array) -> float | None:
        return self.adam_weight_decay if self.for_adam(name, w) else self.weight_decay

    def update(self, w: Array, g: Array, s: Mapping[str, Array], lr: float, t: int) -> tuple[Array, dict[str, Array]]:
        m = s["momentum"]
        if "velocity" in s:
            w, m, v = adam(
                w, g, m, s["velocity"], lr=lr * self.adam_lr_ratio, t=t,
                beta_1=self.adam_beta_1, beta_2=self.adam_beta_2, epsilon=self.epsilon,
            )  # fmt: skip
            return w, {"momentum": m, "velocity": v}
        m = self.momentum * m + g
        ahead = g + self.momentum * m if self.nesterov else m
        u = orthogonal(ahead, self.muon_a, self.muon_b, self.muon_c, self.ns_steps)
        return w - lr * self._scale(w.shape) * u, {"momentum": m}

    def lower_update(self, code: Program, s: Stretch) -> None:
        if "velocity" in s.slots:
            numbers = self.adam_beta_1, self.adam_beta_2, self.epsilon, self.adam_lr_ratio
            s.update(code, "adam", self.slots, *numbers)
            return
        R, C = s.w.shape
        N, K = max(R, C), min(R, C)
        u, x, y, A, P = (code.block(shape) for shape in ((R, C), (N, K), (N, K), (K, K), (K, K)))
        look_ahead, m = int(self.nesterov), s.slots["momentum"]
        code.emit("muon.momentum", s.size, s.every, s.g, m, u, float(self.momentum), look_ahead)
        (squares,) = lower_squares(code, (u,), s.every)
        code.emit("muon.start", s.every, u, x, R, C, squares, squares.size // 2)
        for _ in range(self.ns_steps):  # x ← ax + x(bA + cA²) with A = xᵀx: the same as in `orthogonal`, for xᵀ
            code.emit("product", s.every, x, 1, K, x, A, K, K, N)
            code.emit("product", s.every, A, K, 1, A, P, K, K, K)
            code.emit("muon.sum", P.size, s.every, P, A, float(self.muon_c), float(self.muon_b))
            code.emit("product", s.every, x, K, 1, P, y, N, K, K)
            code.emit("muon.sum", x.size, s.every, x, y, float(self.muon_a), 1.0)
        code.emit("muon.step", s.every, s.w, x, R, C, self._scale(s.w.shape))

    def _scale(self, shape: Shape) -> float:
        return 1.0 if self.rms_rate is None else self.rms_rate * math.sqrt(max(shape))
