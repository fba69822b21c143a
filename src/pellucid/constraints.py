"""Constraints: where a parameter is put back to after each step.

A norm here is the length of w along `axis`: for a matrix (I, O) axis 0 means one norm for each output, of the I
weights that enter it; for a kernel (..., I, O) that is axis (0, 1, 2). Vectors are divided by norm + 1e-7, as in
Keras, so that a vector of zeros stays one; what comes out is that little shorter than asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import checks
from .arrays import Array, Shape
from .errors import InvalidArgument, ShapeError
from .program import Buffer, CannotLower, Program
from .registry import OpenFamily, Part, registered_name

EPSILON = 1e-7

Axis = int | tuple[int, ...]

constraints: OpenFamily[Constraint] = OpenFamily("constraint", "keras.constraints")


class Constraint(Part):
    """A projection: the nearest allowed w, of w's shape and dtype; this one itself allows every w.

    A constraint of your own writes `__call__`:

    >>> class AtMostOne(Constraint):
    ...     def __call__(self, w):
    ...         return np.minimum(w, 1)
    >>> AtMostOne()(np.array([0.5, 3.0]))
    array([0.5, 1. ])

    A plain function will do, too: `Dense(3, kernel_constraint=lambda w: w.clip(-1, 1))`.
    """

    family = constraints

    def __call__(self, w: Array) -> Array:
        """The nearest allowed w."""
        return w

    def lower(self, code: Program, w: Buffer) -> None:
        """Emit the projection for the compiled engine, in place."""
        if type(self).__call__ is not Constraint.__call__:
            raise CannotLower(f"constraint {type(self).__name__}")

    def __init_subclass__(cls, **keywords: Any) -> None:
        """A class with a projection of its own does not inherit the compiled form of another's."""
        super().__init_subclass__(**keywords)
        if "__call__" in vars(cls) and "lower" not in vars(cls):
            cls.lower = Constraint.lower  # type: ignore[method-assign]

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items())
        return f"<{type(self).__name__}({arguments})>"


class FromFunction(Constraint):
    """A user's function w -> w as a constraint.

    >>> constraints.get(lambda w: w.clip(-1, 1))(np.array([0.5, 3.0]))
    array([0.5, 1. ])
    """

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function

    def __call__(self, w: Array) -> Array:
        found = np.asarray(self.function(w), w.dtype)
        if found.shape != w.shape:
            raise ShapeError(
                f"constraint {registered_name(self.function)!r}", f"an array of shape {w.shape}", found.shape
            )
        return found


constraints.from_function = FromFunction
constraints.names |= {"Constraint": Constraint, "constraint": Constraint}


def checked_axis(where: str, axis: int | Sequence[int]) -> Axis:
    """One axis, or several as a tuple."""
    if isinstance(axis, Sequence) and not isinstance(axis, str):
        if not axis:
            raise InvalidArgument(where, "at least one axis", axis)
        return tuple(checks.integer(where, a) for a in axis)
    return checks.integer(where, axis)


def norms(where: str, w: Array, axis: Axis) -> Array:
    """The lengths of w along the axis, which stays with size 1.

    >>> norms("MaxNorm", np.array([[3.0, 0.0], [4.0, 1.0]]), 0)
    array([[5., 1.]])
    """
    axes = axis if isinstance(axis, tuple) else (axis,)
    if any(not -w.ndim <= a < w.ndim for a in axes):
        raise ShapeError(f"{where}, argument axis {axis}", "a parameter that has this axis", w.shape)
    length: Array = np.sqrt(np.square(w).sum(axis=axes, keepdims=True))
    return length


def folded(shape: Shape, axis: Axis) -> tuple[int, int, int, int, int]:
    """The shape as (A, R, B, S, C), the norm being taken over R and S: neighbouring axes that are alike, as one.

    >>> folded((5, 3), 0), folded((2, 3, 4, 5), (0, 1, 2)), folded((2, 3, 4), (0, 2))
    ((1, 1, 1, 5, 3), (1, 1, 1, 24, 5), (1, 2, 3, 4, 1))
    """
    axes = axis if isinstance(axis, tuple) else (axis,)
    if any(not -len(shape) <= a < len(shape) for a in axes):
        raise CannotLower(f"a norm along axis {axis} of a parameter of shape {shape}")
    summed = {a % len(shape) for a in axes}
    sizes = [1]  # kept and summed over by turns
    for i, n in enumerate(shape):
        if (i in summed) == (len(sizes) % 2 == 0):
            sizes[-1] *= n
        else:
            sizes.append(n)
    sizes += [1] * (len(sizes) % 2 == 0)
    if len(sizes) > 5:
        raise CannotLower(f"a norm along axis {axis} of a parameter of shape {shape}")
    A, R, B, S, C = [sizes[0], *[1] * (5 - len(sizes)), *sizes[1:]]
    return A, R, B, S, C


def lower_norm(code: Program, w: Buffer, axis: Axis, low: float, high: float, rate: float = 1.0) -> None:
    """Emit w · n / ‖w‖ with n = rate · clip(‖w‖, low, high) + (1 - rate) · ‖w‖."""
    A, R, B, S, C = folded(w.shape, axis)
    factors = code.block((C,))
    code.emit("constraint.norm", w, factors, A, R, B, S, C, float(low), float(high), float(rate))


@constraints.add()
class MaxNorm(Constraint):
    """w · min(‖w‖, max_value) / ‖w‖: no vector is longer than max_value.

    >>> MaxNorm(max_value=2.0)(np.array([[3.0, 0.0], [4.0, 1.0]])).round(3)
    array([[1.2, 0. ],
           [1.6, 1. ]])

    Source: Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov, "Dropout", JMLR 15 (2014), section 5.1.
    """

    def __init__(self, max_value: float = 2, axis: int | Sequence[int] = 0) -> None:
        self.max_value = checks.number(self.where("max_value"), max_value, minimum=0)
        self.axis = checked_axis(self.where("axis"), axis)

    def __call__(self, w: Array) -> Array:
        norm = norms("MaxNorm", w, self.axis)
        projected: Array = w * (np.minimum(norm, self.max_value) / (norm + EPSILON))
        return projected

    def lower(self, code: Program, w: Buffer) -> None:
        lower_norm(code, w, self.axis, 0.0, self.max_value)


@constraints.add()
class NonNeg(Constraint):
    """max(w, 0): no weight is negative.

    >>> NonNeg()(np.array([-1.0, 2.0]))
    array([0., 2.])

    Source: Lee & Seung, "Learning the parts of objects by non-negative matrix factorization", Nature 401 (1999).
    """

    def __call__(self, w: Array) -> Array:
        return np.maximum(w, 0)

    def lower(self, code: Program, w: Buffer) -> None:
        code.emit("constraint.non_neg", w.size, w)


@constraints.add()
class UnitNorm(Constraint):
    """w / ‖w‖: every vector has length 1.

    >>> UnitNorm()(np.array([[3.0], [4.0]])).round(3)
    array([[0.6],
           [0.8]])

    Source: Salimans & Kingma, "Weight normalization", NeurIPS 2016, for what a fixed length does.
    """

    def __init__(self, axis: int | Sequence[int] = 0) -> None:
        self.axis = checked_axis(self.where("axis"), axis)

    def __call__(self, w: Array) -> Array:
        projected: Array = w / (norms("UnitNorm", w, self.axis) + EPSILON)
        return projected

    def lower(self, code: Program, w: Buffer) -> None:
        lower_norm(code, w, self.axis, 1.0, 1.0)


@constraints.add()
class MinMaxNorm(Constraint):
    """w · n / ‖w‖ with n = rate · clip(‖w‖, min_value, max_value) + (1 - rate) · ‖w‖.

    With a rate of 1 every vector's length comes to lie between the bounds; with less it goes that part of the way.

    >>> MinMaxNorm(min_value=1.0, max_value=2.0)(np.array([[3.0, 0.0], [4.0, 0.5]])).round(3)
    array([[1.2, 0. ],
           [1.6, 1. ]])

    Source: Keras's own.
    """

    def __init__(
        self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: int | Sequence[int] = 0
    ) -> None:
        self.min_value = checks.number(self.where("min_value"), min_value, minimum=0)
        self.max_value = checks.number(self.where("max_value"), max_value, minimum=self.min_value)
        self.rate = checks.number(self.where("rate"), rate, minimum=0, maximum=1)
        self.axis = checked_axis(self.where("axis"), axis)

    def __call__(self, w: Array) -> Array:
        norm = norms("MinMaxNorm", w, self.axis)
        desired = self.rate * np.clip(norm, self.min_value, self.max_value) + (1 - self.rate) * norm
        projected: Array = w * (desired / (norm + EPSILON))
        return projected

    def lower(self, code: Program, w: Buffer) -> None:
        lower_norm(code, w, self.axis, self.min_value, self.max_value, self.rate)


get, serialize, deserialize = constraints.optional, constraints.serialize, constraints.deserialize

# Keras's other spellings
max_norm, non_neg, unit_norm, min_max_norm = MaxNorm, NonNeg, UnitNorm, MinMaxNorm
