"""RNN: any cell, one step of a sequence after another.     x (B, T, ...)   y (B, T, ...) or the last (B, ...)

A cell says what one step computes: `call(x, states)` gives (y, states). The steps are laid out one after another when
the layer learns how many there are, so that whatever the cell does has its gradient, and its place in the graph.
Source: Goodfellow, Bengio & Courville, Deep Learning (2016), section 10.1, "Unfolding computational graphs".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np

from ..arrays import Array, Arrays, Shape
from ..errors import InvalidArgument, ShapeError, Told, WrongType
from ..program import Buffer, CannotLower, Program
from ..rng import Key
from .base import Layer, LayerOptions, layers
from .cells import StackedRNNCells
from .concatenate import Concatenate
from .merging import Joining
from .operands import mapped, sends_back, spread
from .recurrent import keep_going
from .traced import Traced


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


@layers.add()
class RNN(Traced):
    """Go through a sequence by a cell of one's own: y, states = cell(x[:, t], states), step after step.

    cell: a layer whose `call(x, states)` returns (y, states), with an attribute `state_size`, a number for one state
    or a list of them; or a list of cells, each of which reads what the one before gives. All else is as in `LSTM`; but
    the steps are in the graph one by one, so that the number of them must be known.

    >>> class Sum(Layer):
    ...     '''y is the sum of all x so far.'''
    ...     state_size = 1
    ...     def call(self, x, states):
    ...         y = states[0] + x
    ...         return y, [y]
    >>> RNN(Sum(), return_sequences=True)([[[1.0], [2.0], [3.0]]]).ravel()
    array([1., 3., 6.], dtype=float32)
    """

    supports_masking = consumes_mask = masks_first_only = True
    formula, formula_back = "y, states = cell(x[t], states)", "as its cell goes back, step by step"
    return_sequences: bool
    return_state: bool
    go_backwards: bool
    zero_output_for_mask: bool

    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        several = isinstance(cell, list | tuple)
        self.cell: Any = StackedRNNCells(cell) if several else layers.get(cell, self.where("cell"))
        if not isinstance(self.cell, Layer) or not hasattr(self.cell, "state_size"):
            raise WrongType(self.where("cell"), "a layer with call(x, states) and state_size, or a list of such", cell)
        if hasattr(self.cell, "get_initial_state"):
            raise InvalidArgument(
                self.where("cell"), "a cell whose states begin at 0", Told("one with get_initial_state"),
                "Call the layer with initial_state.",
            )  # fmt: skip
        keep_going(self, return_sequences, return_state, go_backwards, stateful, unroll, zero_output_for_mask)

    def call(self, sequences: Any, initial_state: Any = None, mask: Any = None) -> Any:
        """The outputs; with return_state, a list of them and the last states."""
        T = sequences.shape[1] if len(sequences.shape) > 2 else None
        if T is None:
            raise ShapeError(
                f"layer {self.name!r}, input", "shape (batch, steps, features), with a known number of steps",
                sequences.shape,
            )  # fmt: skip
        if mask is not None and mask.shape[1:] != (T,):
            raise ShapeError(f"layer {self.name!r}, mask", f"shape {(None, T)}", mask.shape)
        states = zeros(self.cell.state_size, sequences, self.dtype) if initial_state is None else initial_state
        states = list(states) if isinstance(states, list | tuple) else [states]
        sizes = self.cell.state_size
        if not fit(states, sizes if isinstance(sizes, list | tuple) else [sizes]):
            raise InvalidArgument(
                f"layer {self.name!r}, initial_state", f"states in a list as its cell's state_size is, {sizes}",
                Told("another list"),
            )  # fmt: skip
        y, ys = None, []
        for t in range(T)[::-1] if self.go_backwards else range(T):
            out, new = self.cell(sequences[:, t], states)
            new = list(new) if isinstance(new, list | tuple) else [new]
            if mask is not None:
                first = y is None or self.zero_output_for_mask
                before = Zeros(tuple(out.shape[1:]), dtype=self.dtype)(out) if first else y
                out = self._counted(t, T, out, before, mask)
                new = [self._counted(t, T, one, old, mask) for one, old in zip(new, states, strict=True)]
            y, states = out, new
            ys.append(y)
        last = Stacked(dtype=self.dtype)(ys) if self.return_sequences else y
        return [last, *states] if self.return_state else last

    def _counted(self, t: int, T: int, new: Any, old: Any, mask: Any) -> Any:
        """What a step gives, or a list of it, where the step counts; else what was there."""
        if isinstance(new, list | tuple):
            return [self._counted(t, T, one, before, mask) for one, before in zip(new, old, strict=True)]
        return Counted(t, T, dtype=self.dtype)([new, old, mask])

    def masks_output(self, masked: Sequence[bool]) -> bool:
        return self.return_sequences and any(masked[:1])


def fit(states: Any, sizes: Any) -> bool:
    """Whether states are in lists as their sizes are; a single one may stand in a list, or alone."""
    if not isinstance(sizes, list | tuple):
        return not isinstance(states, list | tuple) or len(states) == 1
    found = isinstance(states, list | tuple) and len(states) == len(sizes)
    return found and all(map(fit, states, sizes))


def zeros(sizes: Any, like: Any, dtype: str) -> Any:
    """States of zeros, of these sizes, for as many samples as a tensor has."""
    if isinstance(sizes, list | tuple):
        return [zeros(size, like, dtype) for size in sizes]
    return Zeros((int(sizes),), dtype=dtype)(like)
