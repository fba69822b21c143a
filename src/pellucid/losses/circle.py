"""Circle: embeddings of one class drawn together, others apart.     k (B,)   y_pred (B, E) of length 1   L (B,)
d_ij = 1 - y_i · y_j, the cosine distance; P_i the others of i's class, N_i those of other classes;
L_i = softplus(log Σ_P exp γ(d² - m²) + log Σ_N exp γ max(1 + m - d, 0)(1 - m - d)).
Source: Sun et al., "Circle loss: a unified perspective of pair similarity optimization", 2020."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np
from numpy.typing import ArrayLike

from .. import checks
from ..activations import sigmoid
from ..arrays import Array
from ..errors import ShapeError
from .base import LossOptions, StandardLoss, losses
from .targets import floating, numeric, whole


def circle(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    ref_labels: ArrayLike | None = None,
    ref_embeddings: ArrayLike | None = None,
    remove_diagonal: bool = True,
    gamma: float = 80,
    margin: float = 0.4,
) -> Array:
    """L_i as above; others are the rows of ref_embeddings, of the classes ref_labels, or without those the batch's own.

    A sample that has no other of its class, or none of another class, has the loss 0. remove_diagonal: whether j = i
    is left out of P_i.

    >>> circle([0, 0, 1], [[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]).round(1)
    array([ 54.4, 134.4,   0. ], dtype=float32)
    """
    pull, push, _ = _terms(y_true, y_pred, ref_labels, ref_embeddings, remove_diagonal, gamma, margin)
    return np.asarray(np.logaddexp(0, pull + push), pull.dtype)


def circle_grad(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    ref_labels: ArrayLike | None = None,
    ref_embeddings: ArrayLike | None = None,
    remove_diagonal: bool = True,
    gamma: float = 80,
    margin: float = 0.4,
) -> Array:
    """d(Σ_i L_i)/dy_pred: each value depends on every row."""
    slope = np.ones(len(np.asarray(y_pred)))
    return _back(slope, y_true, y_pred, ref_labels, ref_embeddings, remove_diagonal, gamma, margin)


def _back(slope: Array, y_true: Any, y_pred: Any, ref_labels: Any, ref_embeddings: Any, *options: Any) -> Array:
    """d(Σ_i slope_i L_i)/dy_pred."""
    y = floating("circle, y_pred", y_pred)
    pull, push, dd = _terms(y_true, y, ref_labels, ref_embeddings, *options)
    g = -(slope.astype(y.dtype) * sigmoid(pull + push))[:, None] * dd  # dL/d(y_i · y_j), since d = 1 - y_i · y_j
    if ref_embeddings is not None:
        return np.asarray(g @ floating("circle, ref_embeddings", ref_embeddings))
    return np.asarray((g + g.T) @ y)


def _terms(
    y_true: Any, y_pred: Any, ref_labels: Any, ref_embeddings: Any, remove_diagonal: bool, gamma: float, m: float
) -> tuple[Array, Array, Array]:
    """(log Σ_P (B,), log Σ_N (B,), what both together change by with d (B, R))."""
    y = floating("circle, y_pred", y_pred)
    k = labels("circle", y_true, y)
    r = y if ref_embeddings is None else floating("circle, ref_embeddings", ref_embeddings)
    wanted = (len(r) if ref_labels is not None else len(y), y.shape[1])
    if r.shape != wanted:
        raise ShapeError("circle, ref_embeddings", f"shape {wanted}", r.shape, "Pass ref_labels, one for each of them.")
    same = k[:, None] == (k if ref_labels is None else labels("circle", ref_labels, r, "ref_labels"))
    other = ~same
    if remove_diagonal:
        same = same & (np.eye(*same.shape) == 0)
    distance = 1 - y @ r.T
    d = np.maximum(distance, 0)
    near = np.maximum(1 + m - d, 0)
    pull, in_pull = _log_sum(gamma * (d * d - m * m), same)
    push, in_push = _log_sum(gamma * near * (1 - m - d), other)
    dpush = np.where(near > 0, -2 * gamma * (1 - d), 0)
    kink = np.heaviside(distance, 0.5)  # two embeddings at one place are pushed apart by half the slope
    dd = kink * (in_pull * (2 * gamma * d) + in_push * dpush)
    return pull, push, dd.astype(y.dtype)


def _log_sum(x: Array, chosen: Array) -> tuple[Array, Array]:
    """(log Σ_j exp x_ij over the chosen j (B,), -inf where none is; each one's share of the sum (B, R))."""
    top = x.max(axis=1, where=chosen, initial=-np.inf)
    some = np.isfinite(top)
    e = np.exp(np.where(chosen, x - np.where(some, top, 0)[:, None], -np.inf))
    total = np.where(some, e.sum(axis=1), 1)
    return np.where(some, top + np.log(total), -np.inf).astype(x.dtype), e / total[:, None]


def labels(name: str, y_true: Any, y_pred: Array, side: str = "y_true") -> Array:
    """The classes (B,) of embeddings (B, E), any whole numbers."""
    if y_pred.ndim != 2:
        raise ShapeError(f"{name}, y_pred", "one embedding per sample, shape (B, E)", y_pred.shape)
    k = numeric(f"{name}, {side}", y_true)
    if k.shape not in ((len(y_pred),), (len(y_pred), 1)):
        raise ShapeError(
            f"{name}, {side}", f"one class number per sample, shape ({len(y_pred)},)", k.shape,
            "One-hot rows: pass y_true.argmax(axis=-1)." if k.shape == y_pred.shape else "",
        )  # fmt: skip
    return whole(f"{name}, {side}", k.reshape(-1))


@losses.add()
class Circle(StandardLoss):
    """Circle, which learns embeddings: the outputs of a Dense layer without activation, then UnitNormalization.

    gamma: how sharply the worst pairs count most. margin: m, how far apart classes should be. y_true holds class
    numbers; samples without a mate in the batch, or without a stranger, do not count. Each sample's value depends on
    the whole batch, so that batches should hold several samples of each of several classes.

    >>> round(float(Circle(gamma=1.0)([0, 0, 1], [[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])), 4)
    1.4704
    """

    by_rows = False
    formula = "softplus(log Σₚ exp γ(d² − m²) + log Σₙ exp γ·max(1 + m − d, 0)·(1 − m − d)), d = 1 − yᵢ·yⱼ"

    def __init__(
        self,
        gamma: float = 80.0,
        margin: float = 0.4,
        remove_diagonal: bool = True,
        **options: Unpack[LossOptions],
    ) -> None:
        super().__init__(**options)
        self.gamma = checks.number(self.where("gamma"), gamma, above=0)
        self.margin = checks.number(self.where("margin"), margin)
        self.remove_diagonal = bool(remove_diagonal)

    def check(self, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
        """The class numbers (B,) as integers, and y_pred (B, E)."""
        y_pred = floating(f"{self.name}, y_pred", y_pred)
        return labels(self.name, y_true, y_pred), y_pred

    def counted(self, y_true: Array) -> Array | None:
        """The samples that have both a mate and a stranger."""
        of_class = (y_true[:, None] == y_true).sum(axis=1)
        return np.asarray((of_class > int(self.remove_diagonal)) & (of_class < len(y_true)))

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return circle(y_true, y_pred, None, None, self.remove_diagonal, self.gamma, self.margin)

    def gradient(self, y_true: Array, y_pred: Array) -> Array:
        return circle_grad(y_true, y_pred, None, None, self.remove_diagonal, self.gamma, self.margin)

    def _weighted_gradient(self, slope: Array, y_true: Array, y_pred: Array) -> Array:
        return _back(slope, y_true, y_pred, None, None, self.remove_diagonal, self.gamma, self.margin)
