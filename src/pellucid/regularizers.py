"""Regularizers: a penalty added to the loss for each parameter (or activity), and its gradient beside it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np

from . import checks
from .arrays import Array
from .errors import ShapeError
from .program import Buffer, CannotLower, Program
from .registry import OpenFamily, Part, registered_name
from .wiring import FROM_ABOVE

BLOCK = 4096  # numbers whose penalty one thread of the compiled engine sums up

regularizers: OpenFamily[Regularizer] = OpenFamily("regularizer", "keras.regularizers")


class Regularizer(Part):
    """A penalty R(w), a number, and dR/dw, an array of w's shape; this one itself is R = 0.

    A regularizer of your own writes `__call__`, with Python's operators and `pellucid.ops`, whose gradients make its:

    >>> class Quartic(Regularizer):
    ...     def __call__(self, w):
    ...         return ops.sum(w**4)
    >>> from pellucid import ops
    >>> float(Quartic()(np.array([1.0, 2.0]))), Quartic().grad(np.array([1.0, 2.0]))
    (17.0, array([ 4., 32.]))

    or `grad` as well, and NumPy in both. A plain function will do, too:
    `Dense(3, kernel_regularizer=lambda w: 0.1 * ops.sum(w**4))`.
    """

    family = regularizers

    @property
    def label(self) -> str:
        """What messages call it."""
        return type(self).__name__

    def __call__(self, w: Array) -> float:
        """The penalty, summed in float64."""
        return 0.0

    def grad(self, w: Array) -> Array:
        """dR/dw, of w's shape and dtype."""
        return np.zeros_like(w)

    def lower(self, code: Program, w: Buffer, g: Buffer | None) -> Buffer:
        """Emit dR/dw, added to g if there is one, for the compiled engine. Returns where the numbers are that add up to
        R once all that is emitted is done: float64, of two floats each.
        """
        if type(self) is Regularizer:
            return lower_lengths(code, w, None, 0.0, 0.0)
        raise CannotLower(f"regularizer {self.label}")

    def __init_subclass__(cls, **keywords: Any) -> None:
        """The gradient of a penalty follows from what it does, where a class writes none; nor does it inherit another's
        compiled form."""
        super().__init_subclass__(**keywords)
        if "__call__" in vars(cls) and "grad" not in vars(cls):
            cls.grad = _derived  # type: ignore[method-assign]
        if "grad" in vars(cls) and cls.__call__ is Regularizer.__call__:
            cls.__call__ = _unwritten  # type: ignore[method-assign]
        if {"__call__", "grad"} & vars(cls).keys() and "lower" not in vars(cls):
            cls.lower = Regularizer.lower  # type: ignore[method-assign]

    def lower_activity(self, code: Program, y: Buffer) -> None:
        """Emit R(y) / B as a part of the loss, and its gradient on the way back, for a layer's output y (B, ...)."""
        if type(self) not in (Regularizer, L1, L2, L1L2) or isinstance(y, tuple):  # several outputs
            raise CannotLower(f"activity regularizer {self.label}")
        l1, l2 = float(getattr(self, "l1", 0.0)), float(getattr(self, "l2", 0.0))
        code.after_loss.append(lambda: code.emit("activity.penalty", y, y.size, l1, l2))
        code.back(lambda dy, wanted: code.through("activity.grad", dy, y, y, y.size, l1, l2))

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items())
        return f"<{type(self).__name__}({arguments})>"


def _derived(self: Regularizer, w: Array) -> Array:
    """dR/dw, from what the penalty does to tensors."""
    if "_gradient" not in self.__dict__:
        self.__dict__["_gradient"] = FROM_ABOVE["derived"](self.__call__, f"regularizer {self.label}")
    penalty = np.asarray(self(w), w.dtype)
    if penalty.shape:
        raise ShapeError(f"regularizer {self.label}", "one number", penalty.shape, "Sum it up: ops.sum.")
    found: Array = self.__dict__["_gradient"].gradients(np.ones_like(penalty), penalty, w)[0]
    return found


def _lacking(self: Regularizer, w: Array) -> Any:
    """The penalty of a gradient: what is 0 in the base class would be wrong beside it."""


_unwritten: Any = abstractmethod(_lacking)
regularizers.names |= {"Regularizer": Regularizer, "regularizer": Regularizer}


class FromFunction(Regularizer):
    """A user's function of a parameter, which gives a number, as a regularizer."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function

    def __call__(self, w: Any) -> Any:
        return self.function(w)

    @property
    def label(self) -> str:
        return repr(registered_name(self.function))


regularizers.from_function = FromFunction


def absolute(w: Array) -> float:
    """Σ |w|, in float64."""
    return float(np.abs(w).sum(dtype=np.float64))


def squares(w: Array) -> float:
    """Σ w², in float64."""
    return float(np.square(w, dtype=np.float64).sum())


def lower_lengths(code: Program, w: Buffer, g: Buffer | None, l1: float, l2: float) -> Buffer:
    """Emit l1 · Σ |w| + l2 · Σ w² and its gradient."""
    sums = code.block((2 * -(-w.size // BLOCK),))
    code.emit("penalty.sums", w.size, w, sums, BLOCK, float(l1), float(l2))
    if g is not None:
        code.emit("penalty.grad", w.size, w, g, float(l1), float(l2))
    return sums


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

    def lower(self, code: Program, w: Buffer, g: Buffer | None) -> Buffer:
        return lower_lengths(code, w, g, self.l1, 0.0)


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

    def lower(self, code: Program, w: Buffer, g: Buffer | None) -> Buffer:
        return lower_lengths(code, w, g, 0.0, self.l2)


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

    def lower(self, code: Program, w: Buffer, g: Buffer | None) -> Buffer:
        return lower_lengths(code, w, g, self.l1, self.l2)


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

    def lower(self, code: Program, w: Buffer, g: Buffer | None) -> Buffer:
        if len(w.shape) != 2:
            raise CannotLower(f"OrthogonalRegularizer of a parameter of shape {w.shape}")
        R, C = w.shape
        n, K, apart, following = (R, C, C, 1) if self.mode == "rows" else (C, R, 1, C)
        u, columns, products, length = (code.block(shape) for shape in ((n, K), (K, n), (n, n), (n,)))
        sums, factor = code.block((2 * n,)), float(self._per_pair(n))
        code.emit("orthogonal.units", w, u, columns, length, n, K, apart, following)
        code.emit("product", 1, u, K, 1, columns, products, n, n, K)
        code.emit("orthogonal.signs", products, sums, n, factor)
        if g is not None:
            h = code.block((n, K))
            code.emit("product", 1, products, n, 1, u, h, n, K, n)
            code.emit("orthogonal.grad", h, u, length, g, n, K, apart, following, factor)
        return sums

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
