"""The steps that stand beside a cell's where `RNN` lays them out one after another: with which states it begins and
ends, which samples a step counts for, and all outputs as one sequence."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np

from ..arrays import Array, Arrays, Shape
from ..errors import ShapeError
from ..program import Buffer, CannotLower, Program
from ..rng import Key
from .base import Layer, LayerOptions
from .concatenate import Concatenate
from .merging import Joining
from .operands import mapped, sends_back, spread
from .remembering import Remembering


class Counted(Joining):
    """y = x₁ in the samples whose step counts, x₂ in the others; x₃ (B, T) says which."""

    formula, formula_back = "y = x1 where x3[t], else x2", "dx1 = dy where x3[t], else 0; dx2 the reverse"
    is_layer = supports_masking = False
    takes_whole = True

    def __init__(self, step: int, steps: int, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.step, self.steps = step, steps

    def output_shape_for(self, *shapes: Shape) -> Shape:
        return shapes[0]

    def forward(self, p: Arrays, *xs: Array, training: bool, rng: Key) -> tuple[Array, Any]:
        new, old, counts = xs
        if counts.shape[1:] != (self.steps,):
            raise ShapeError(f"layer {self.name!r}, mask", f"shape {(None, self.steps)}", counts.shape)
        counts = counts[:, self.step].astype(bool).reshape(-1, *[1] * (new.ndim - 1))
        return np.where(counts, new, old), counts

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Any, dict[str, Array]]:
        nothing = dy.dtype.type(0)
        return (np.where(cache, dy, nothing), np.where(cache, nothing, dy), None), {}

    def lower(self, code: Program, *xs: Buffer) -> Buffer:
        new, old, mask = (x.plain for x in xs)
        if mask.shape != (self.steps,):
            raise CannotLower(f"layer {self.name!r} with a mask of another shape")
        counts = code.buffer((1,) * len(new.shape))
        code.emit("merge.block", mask, counts, 1, 1, mask.size, self.step, 1, 0)

        def chosen(a: Any, b: Any) -> Buffer:
            return mapped(code, "op.where", counts, a, b)

        sends_back(code, xs, [lambda dy: chosen(dy, 0.0), lambda dy: chosen(0.0, dy), lambda dy: None])
        return chosen(new, old)


class Stacked(Joining):
    """y (B, T, ...), from T of (B, ...)."""

    formula, formula_back = "y[t] = xₜ", "dxₜ = dy[t]"
    is_layer = supports_masking = False

    def output_shape_for(self, *shapes: Shape) -> Shape:
        return (len(shapes), *shapes[0])

    def forward(self, p: Arrays, *xs: Array, training: bool, rng: Key) -> tuple[Array, Any]:
        return np.stack(xs, axis=1), None

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Any, dict[str, Array]]:
        return tuple(np.moveaxis(dy, 1, 0)), {}

    def lower(self, code: Program, *xs: Buffer) -> Buffer:
        code.back(lambda dxs, wanted: tuple(dx.shaped(x.shape) for dx, x in zip(dxs, xs, strict=True)))
        return Concatenate(axis=1).lower(code, *(x.shaped((1, *x.shape)) for x in xs))


class Zeros(Layer):
    """Zeros (B, *shape), for as many samples as it reads."""

    formula, formula_back = "y = 0", "dx = 0"
    is_layer = False

    def __init__(self, shape: Shape, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.of_sample = shape

    @property
    def likeness(self) -> Any:
        return type(self).__name__, self.of_sample

    def output_shape_for(self, shape: Shape) -> Shape:
        return self.of_sample

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        return np.zeros((len(x), *self.of_sample), x.dtype), None

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Any, dict[str, Array]]:
        return None, {}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        code.stops()
        return spread(code, code.constant(np.zeros(1)), self.of_sample)


class Begun(Zeros):
    """The i-th of the states that a layer remembers, for as many samples as it reads; zeros where there are none."""

    formula = "y = the state after the batch before"

    def __init__(self, shape: Shape, of: Remembering, i: int, **options: Unpack[LayerOptions]) -> None:
        super().__init__(shape, **options)
        self.of, self.i = of, i

    @property
    def likeness(self) -> Any:
        return type(self).__name__, id(self.of), self.i

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        states = self.of.remembered(len(x))
        return (states[self.i], None) if states else super().forward(p, x, training=training, rng=rng)

    @property
    def memory(self) -> Remembering:
        return self.of

    def lower(self, code: Program, x: Buffer) -> Buffer:
        code.stops()
        return code.memory(self.of, self.i, self.of_sample)


class Ended(Joining):
    """The last states, x₁, x₂, ..., which a layer then remembers."""

    formula, formula_back = "y = x1", "nothing"
    is_layer = supports_masking = False

    def __init__(self, of: Remembering, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.of = of

    @property
    def likeness(self) -> Any:
        return type(self).__name__, id(self.of)

    def output_shape_for(self, *shapes: Shape) -> Shape:
        return shapes[0]

    def forward(self, p: Arrays, *xs: Array, training: bool, rng: Key) -> tuple[Array, Any]:
        return xs[0], xs

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Any, dict[str, Array]]:
        return tuple(None for _ in cache), {}

    def lower(self, code: Program, *xs: Buffer) -> Buffer:
        code.stops()
        code.remember([code.memory(self.of, i, x.shape) for i, x in enumerate(xs)], xs)
        return xs[0]

    @property
    def memory(self) -> Remembering:
        return self.of

    def remember(self, cache: Any) -> None:
        self.of.keep_states(cache)
