"""Layers that join several inputs, number by number.     x₁, x₂, ... (B, ...)   y (B, ...)"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np

from ..arrays import Array, Arrays, Shape, sum_to
from ..errors import ShapeError
from ..program import Buffer, CannotLower, Program
from ..rng import Key
from .base import Layer, layers
from .holding import Parameter
from .operands import mapped, shrunk


class Joining(Layer):
    """A layer that is called on a list, and has no parameters."""

    takes_many = True
    supports_masking = True

    def parameters(self, *shapes: Shape) -> Sequence[Parameter]:
        return ()

    def masks_output(self, masked: Sequence[bool]) -> bool:
        return self.supports_masking and all(masked)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Where every input has a mask, what counts in any of them, as in Keras; else None."""
        masks = [None] * len(inputs) if previous_mask is None else previous_mask
        return None if any(mask is None for mask in masks) else reduce(np.logical_or, masks)

    def lower_mask(self, code: Program, xs: Sequence[Buffer], masks: Sequence[Buffer]) -> Buffer:
        """Emit the mask."""
        if len({len(mask.shape) for mask in masks}) > 1:
            raise CannotLower(f"layer {self.name!r} with masks of different axes")
        first, *others = masks
        for mask in others:
            first = mapped(code, "op.logical_or", first, mask)
        return first


class Merging(Joining):
    """A layer that joins its inputs number by number. Inputs of fewer axes, or with axes of length 1, are stretched to
    fit the others; what was stretched gets back the sum of the gradients of its copies."""

    formula_back = "dxᵢ = dy·∂y/∂xᵢ"
    fewest, most = 1, 0  # inputs; 0: any number

    def output_shape_for(self, *shapes: Shape) -> Shape:
        if len(shapes) < self.fewest or (self.most and len(shapes) > self.most):
            wanted = f"{self.fewest} inputs" if self.fewest == self.most else f"at least {self.fewest} input"
            raise ShapeError(f"layer {self.name!r}, input", wanted, [(None, *s) for s in shapes])
        try:
            return np.broadcast_shapes(*shapes)
        except ValueError:
            raise ShapeError(
                f"layer {self.name!r}, input", "shapes that fit one another", [(None, *s) for s in shapes],
                "Each axis is as long in all of them, or 1.",
            ) from None  # fmt: skip

    @abstractmethod
    def merge(self, xs: Sequence[Array]) -> Array:
        """y, from inputs that broadcast."""

    @abstractmethod
    def unmerge(self, xs: Sequence[Array], dy: Array) -> Sequence[Array]:
        """dL/dx of each input, of the shape of dy."""

    def forward(self, p: Arrays, *xs: Array, training: bool, rng: Key) -> tuple[Array, Any]:
        self.output_shape_for(*(x.shape[1:] for x in xs))  # open lengths may turn out not to fit
        axes = max(x.ndim for x in xs)
        fitted = [x.reshape(len(x), *[1] * (axes - x.ndim), *x.shape[1:]) for x in xs]
        return self.merge(fitted), (fitted, [x.shape for x in xs])

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[tuple[Array, ...], dict[str, Array]]:
        fitted, shapes = cache
        found = self.unmerge(fitted, dy)
        return tuple(sum_to(dx, x.shape).reshape(s) for dx, x, s in zip(found, fitted, shapes, strict=True)), {}

    def lower(self, code: Program, *xs: Buffer) -> Buffer:
        if len(xs) == 1:
            return self._lower_alone(code, xs[0])
        self.output_shape_for(*(x.shape for x in xs))
        return self.lower_merge(code, xs)

    def _lower_alone(self, code: Program, x: Buffer) -> Buffer:
        code.back(lambda dy, wanted: dy)
        return x

    @abstractmethod
    def lower_merge(self, code: Program, xs: Sequence[Buffer]) -> Buffer:
        """Emit y, and the way back."""


def joined(code: Program, kernel: str, a: Buffer, b: Buffer) -> Buffer:
    """Emit y = f(a, b), either of them stretched to fit the other."""
    if a.shape != b.shape:
        return mapped(code, f"op.{kernel}", a, b)
    y = code.buffer(a.shape)
    code.emit(f"merge.{kernel}", a, b, y, y.size, 1)
    return y


def scaled(code: Program, x: Buffer, factor: float) -> Buffer:
    """Emit y = x·factor."""
    y = code.buffer(x.shape)
    code.emit("rescaling", x, y, x.size, factor, 0.0, 0.0)
    return y


def gathered(code: Program, dx: Buffer, x: Buffer) -> Buffer:
    """What flows back to x, which may have been stretched to the shape of dx."""
    return dx if dx.shape == x.shape else shrunk(code, dx, x)


def to_each(code: Program, dy: Buffer, xs: Sequence[Buffer]) -> tuple[Buffer, ...]:
    """The same numbers for all readers; whoever finds its own buffer may overwrite it, and these are nobody's."""
    return tuple(gathered(code, dy.shaped(dy.shape), x) for x in xs)


@layers.add()
class Add(Merging):
    """y = x₁ + x₂ + ...     dxᵢ = dy

    >>> Add()([[[1.0, 2.0]], [[10.0, 20.0]]])
    array([[11., 22.]], dtype=float32)
    """

    formula, formula_back = "y = Σ xᵢ", "dxᵢ = dy"

    def merge(self, xs: Sequence[Array]) -> Array:
        return reduce(np.add, xs)

    def unmerge(self, xs: Sequence[Array], dy: Array) -> Sequence[Array]:
        return [dy] * len(xs)

    def lower_merge(self, code: Program, xs: Sequence[Buffer]) -> Buffer:
        code.back(lambda dy, wanted: to_each(code, dy, xs))
        return reduce(lambda a, b: joined(code, "add", a, b), xs)


@layers.add()
class Average(Merging):
    """y = (x₁ + x₂ + ...) / n     dxᵢ = dy / n

    >>> Average()([[[1.0, 2.0]], [[3.0, 6.0]]])
    array([[2., 4.]], dtype=float32)
    """

    formula, formula_back = "y = Σ xᵢ / n", "dxᵢ = dy / n"

    def merge(self, xs: Sequence[Array]) -> Array:
        return np.asarray(reduce(np.add, xs) / xs[0].dtype.type(len(xs)))

    def unmerge(self, xs: Sequence[Array], dy: Array) -> Sequence[Array]:
        return [dy / dy.dtype.type(len(xs))] * len(xs)

    def lower_merge(self, code: Program, xs: Sequence[Buffer]) -> Buffer:
        n = len(xs)
        code.back(lambda dy, wanted: to_each(code, scaled(code, dy, 1 / n), xs))
        return scaled(code, reduce(lambda a, b: joined(code, "add", a, b), xs), 1 / n)


@layers.add()
class Subtract(Merging):
    """y = x₁ − x₂     dx₁ = dy, dx₂ = −dy

    >>> Subtract()([[[5.0, 2.0]], [[1.0, 6.0]]])
    array([[ 4., -4.]], dtype=float32)
    """

    formula, formula_back = "y = x1 − x2", "dx1 = dy, dx2 = −dy"
    fewest, most = 2, 2

    def merge(self, xs: Sequence[Array]) -> Array:
        return np.asarray(xs[0] - xs[1])

    def unmerge(self, xs: Sequence[Array], dy: Array) -> Sequence[Array]:
        return [dy, -dy]

    def lower_merge(self, code: Program, xs: Sequence[Buffer]) -> Buffer:
        code.back(lambda dy, wanted: (*to_each(code, dy, xs[:1]), gathered(code, scaled(code, dy, -1.0), xs[1])))
        return joined(code, "subtract", *xs)


class Folding(Merging):
    """A layer that joins the first two inputs, then the result and the third, and so on."""

    kernel: str

    @abstractmethod
    def both(self, a: Array, b: Array) -> Array:
        """y, from two."""

    @abstractmethod
    def both_grad(self, dy: Array, a: Array, b: Array) -> tuple[Array, Array]:
        """(da, db), from dy."""

    def merge(self, xs: Sequence[Array]) -> Array:
        return reduce(self.both, xs)

    def unmerge(self, xs: Sequence[Array], dy: Array) -> Sequence[Array]:
        results = [xs[0]]
        for x in xs[1:]:
            results.append(self.both(results[-1], x))
        found: list[Array] = []
        for x, before in zip(reversed(xs[1:]), reversed(results[:-1]), strict=True):
            dy, dx = self.both_grad(dy, before, x)
            dy, dx = sum_to(dy, before.shape), sum_to(dx, x.shape)
            found.insert(0, dx)
        return [dy, *found]

    def lower_merge(self, code: Program, xs: Sequence[Buffer]) -> Buffer:
        results = [xs[0]]
        for x in xs[1:]:
            results.append(joined(code, self.kernel, results[-1], x))

        def undo(dy: Buffer, wanted: Any) -> tuple[Buffer, ...]:
            found: list[Buffer] = []
            for x, before in zip(reversed(xs[1:]), reversed(results[:-1]), strict=True):
                dy, dx = self.lower_both_grad(code, dy, before, x)
                found.insert(0, gathered(code, dx, x))
                dy = gathered(code, dy, before)
            return (dy, *found)

        code.back(undo)
        return results[-1]

    @abstractmethod
    def lower_both_grad(self, code: Program, dy: Buffer, a: Buffer, b: Buffer) -> tuple[Buffer, Buffer]:
        """Emit (da, db)."""


@layers.add()
class Multiply(Folding):
    """y = x₁ · x₂ · ...     dxᵢ = dy · Π xⱼ, j ≠ i

    >>> Multiply()([[[1.0, 2.0]], [[3.0, 4.0]]])
    array([[3., 8.]], dtype=float32)
    """

    formula, formula_back, kernel = "y = Π xᵢ", "dxᵢ = dy·Π xⱼ, j ≠ i", "multiply"

    def both(self, a: Array, b: Array) -> Array:
        return a * b

    def both_grad(self, dy: Array, a: Array, b: Array) -> tuple[Array, Array]:
        return dy * b, dy * a

    def lower_both_grad(self, code: Program, dy: Buffer, a: Buffer, b: Buffer) -> tuple[Buffer, Buffer]:
        return joined(code, "multiply", dy, b), joined(code, "multiply", dy, a)


def chosen(dy: Array, a: Array, b: Array) -> Array:
    """The share of dy that goes to a, where the larger of a and b was chosen; half, where they are equal."""
    return np.asarray(dy * ((a > b) + 0.5 * (a == b)).astype(dy.dtype))


def lower_chosen(code: Program, dy: Buffer, a: Buffer, b: Buffer) -> Buffer:
    """Emit the share of dy that goes to a, where the larger was chosen, in the shape of dy."""
    if a.shape != b.shape:
        return mapped(code, "op.chosen", dy, a, b)
    da = code.buffer(a.shape)
    code.emit("merge.chosen", dy, a, b, da, da.size)
    return da


@layers.add()
class Maximum(Folding):
    """y = max(x₁, x₂, ...). The gradient goes to the largest; two that are equal share it, as in PyTorch and JAX.

    >>> Maximum()([[[1.0, 5.0]], [[3.0, 4.0]]])
    array([[3., 5.]], dtype=float32)
    """

    formula, formula_back, kernel = "y = max xᵢ", "dxᵢ = dy where xᵢ is the largest", "maximum"

    def both(self, a: Array, b: Array) -> Array:
        return np.maximum(a, b)

    def both_grad(self, dy: Array, a: Array, b: Array) -> tuple[Array, Array]:
        return chosen(dy, a, b), chosen(dy, b, a)

    def lower_both_grad(self, code: Program, dy: Buffer, a: Buffer, b: Buffer) -> tuple[Buffer, Buffer]:
        return lower_chosen(code, dy, a, b), lower_chosen(code, dy, b, a)


@layers.add()
class Minimum(Folding):
    """y = min(x₁, x₂, ...). The gradient goes to the smallest; two that are equal share it, as in PyTorch and JAX.

    >>> Minimum()([[[1.0, 5.0]], [[3.0, 4.0]]])
    array([[1., 4.]], dtype=float32)
    """

    formula, formula_back, kernel = "y = min xᵢ", "dxᵢ = dy where xᵢ is the smallest", "minimum"

    def both(self, a: Array, b: Array) -> Array:
        return np.minimum(a, b)

    def both_grad(self, dy: Array, a: Array, b: Array) -> tuple[Array, Array]:
        return chosen(dy, b, a), chosen(dy, a, b)

    def lower_both_grad(self, code: Program, dy: Buffer, a: Buffer, b: Buffer) -> tuple[Buffer, Buffer]:
        return lower_chosen(code, dy, b, a), lower_chosen(code, dy, a, b)
