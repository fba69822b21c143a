"""Regularizers: a penalty added to the loss for each parameter (or activity), and its gradient beside it."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from . import checks
from .arrays import Array
from .errors import ShapeError
from .registry import Family, Part

regularizers: Family[Regularizer] = Family("regularizer", "keras.regularizers")


class Regularizer(Part):
    """A penalty R(w), a number, and dR/dw, an array of w's shape. A regularizer of your own writes both:

    >>> class Quartic(Regularizer):
    ...     def __call__(self, w):
    ...         return float((w**4).sum())
    ...     def grad(self, w):
    ...         return 4 * w**3
    >>> Quartic()(np.array([1.0, 2.0]))
    17.0
    """

    family = regularizers

    @abstractmethod
    def __call__(self, w: Array) -> float:
        """The penalty, summed in float64."""

    @abstractmethod
    def grad(self, w: Array) -> Array:
        """dR/dw, of w's shape and dtype."""

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items())
        return f"<{type(self).__name__}({arguments})>"


def absolute(w: Array) -> float:
    """Σ |w|, in float64."""
    return float(np.abs(w).sum(dtype=np.float64))


def squares(w: Array) -> float:
    """Σ w², in float64."""
    return float(np.square(w, dtype=np.float64).sum())


@regularizers.add()
class L1(Regularizer):
    """R = l1 · Σ |w|: drives weights to exactly zero.     dR/dw = l1 · sign(w), and 0 where w is 0

    >>> w = np.array([-1.0, 2.0])
    >>> L1(0.5)(w), L1(0.5).grad(w)
    (1.5, array([-0.5,  0.5]))

    Source: Tibshirani, "Regression shrinkage and selection via the lasso" (1996).
    """

    def __init__(self, l1: float | None = 0.01) -> None:
        self.l1 = checks.number(self.where("l1"), 0.01 if l1 is None else l1, minimum=0)

    def __call__(self, w: Array) -> float:
        return self.l1 * absolute(w)

    def grad(self, w: Array) -> Array:
        return self.l1 * np.sign(w)


@regularizers.add()
class L2(Regularizer):
    """R = l2 · Σ w²: draws weights towards zero.     dR/dw = 2 · l2 · w

    >>> w = np.array([-1.0, 2.0])
    >>> L2(0.5)(w), L2(0.5).grad(w)
    (2.5, array([-1.,  2.]))

    Source: Hoerl & Kennard, "Ridge regression" (1970). There is no half in front, as in Keras: PyTorch's
    weight_decay=λ is L2(λ/2).
    """

    def __init__(self, l2: float | None = 0.01) -> None:
        self.l2 = checks.number(self.where("l2"), 0.01 if l2 is None else l2, minimum=0)

    def __call__(self, w: Array) -> float:
        return self.l2 * squares(w)

    def grad(self, w: Array) -> Array:
        return 2 * self.l2 * w


@regularizers.add()
class L1L2(Regularizer):
    """R = l1 · Σ |w| + l2 · Σ w².     dR/dw = l1 · sign(w) + 2 · l2 · w

    >>> w = np.array([-1.0, 2.0])
    >>> L1L2(l1=0.5, l2=0.5)(w), L1L2(l1=0.5, l2=0.5).grad(w)
    (4.0, array([-1.5,  2.5]))

    Both are 0 by default, as in Keras. The name "l1_l2" stands for 0.01 each, as Keras's documentation says, though
    Keras 3.15 itself refuses that name.

    Source: Zou & Hastie, "Regularization and variable selection via the elastic net" (2005).
    """

    def __init__(self, l1: float | None = 0.0, l2: float | None = 0.0) -> None:
        self.l1 = checks.number(self.where("l1"), 0.0 if l1 is None else l1, minimum=0)
        self.l2 = checks.number(self.where("l2"), 0.0 if l2 is None else l2, minimum=0)

    def __call__(self, w: Array) -> float:
        return self.l1 * absolute(w) + self.l2 * squares(w)

    def grad(self, w: Array) -> Array:
        return self.l1 * np.sign(w) + 2 * self.l2 * w


regularizers.names["l1_l2"] = lambda: L1L2(l1=0.01, l2=0.01)


@regularizers.add()
class OrthogonalRegularizer(Regularizer):
    """R = factor · mean |uᵢ · uⱼ| over the pairs i < j, where uᵢ is the matrix's row (or column) i at length 1.

    dR/dwᵢ = (gᵢ - (gᵢ · uᵢ) uᵢ) / ‖wᵢ‖, with gᵢ = factor / pairs · Σⱼ sign(uᵢ · uⱼ) uⱼ.

    >>> OrthogonalRegularizer(factor=0.5)(np.array([[2.0, 0.0], [1.0, 1.0]])) * 2
    0.7071067811865475

    A row of zeros counts as orthogonal to all; a single row has no penalty, where Keras gives NaN.

    Source: Brock, Lim, Ritchie & Weston, "Neural photo editing with introspective adversarial networks", ICLR 2017,
    with the mean in place of the sum, as in Keras.
    """

    def __init__(self, factor: float = 0.01, mode: str = "rows") -> None:
        self.factor = checks.number(self.where("factor"), factor, minimum=0)
        self.mode = checks.one_of(self.where("mode"), mode, ("rows", "columns"))

    def __call__(self, w: Array) -> float:
        u, _ = self._units(w)
        return self._per_pair(len(u)) * absolute(_products(u)) / 2

    def grad(self, w: Array) -> Array:
        u, length = self._units(w)
        g = self._per_pair(len(u)) * (np.sign(_products(u)) @ u)
        dw: Array = (g - (g * u).sum(axis=1, keepdims=True) * u) / length
        return dw if self.mode == "rows" else dw.T

    def _per_pair(self, n: int) -> float:
        return self.factor / max(1, n * (n - 1) // 2)

    def _units(self, w: Array) -> tuple[Array, Array]:
        """The rows (or columns) at length 1, as rows, and the lengths that they had; 1 for a row of zeros."""
        if w.ndim != 2:
            raise ShapeError("OrthogonalRegularizer", "a matrix", w.shape)
        rows = w if self.mode == "rows" else w.T
        length = np.sqrt(np.square(rows).sum(axis=1, keepdims=True))
        length = np.where(length == 0, 1, length)
        return rows / length, length


def _products(u: Array) -> Array:
    """uᵢ · uⱼ for all pairs, with 0 for a row and itself."""
    products: Array = u @ u.T
    np.fill_diagonal(products, 0)
    return products


get, serialize, deserialize = regularizers.optional, regularizers.serialize, regularizers.deserialize

# Keras's other spellings
l1, l2, l1_l2, orthogonal_regularizer = L1, L2, L1L2, OrthogonalRegularizer
