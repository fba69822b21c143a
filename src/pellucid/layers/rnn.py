"""RNN: any cell, one step of a sequence after another.     x (B, T, ...)   y (B, T, ...) or the last (B, ...)

A cell says what one step computes: `call(x, states)` gives (y, states). The steps are laid out one after another when
the layer learns how many there are, so that whatever the cell does has its gradient, and its place in the graph.
Source: Goodfellow, Bengio & Courville, Deep Learning (2016), section 10.1, "Unfolding computational graphs".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from ..errors import InvalidArgument, ShapeError, Told, WrongType
from .base import Layer, LayerOptions, layers
from .cells import StackedRNNCells
from .drawing import CALL
from .form import put_together, taken_apart
from .recurrent import keep_going
from .remembering import Remembering
from .traced import Traced
from .unrolling import Begun, Counted, Ended, Stacked, Zeros


@layers.add()
class RNN(Remembering, Traced):
    """Go through a sequence by a cell of your own: y, states = cell(x[:, t], states), step after step.

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

    passing = Remembering.passing | Traced.passing
    supports_masking = consumes_mask = True
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
        states = self._begun(sequences) if initial_state is None else initial_state
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
        if self.stateful:
            self._end(states)
        last = Stacked(dtype=self.dtype)(ys) if self.return_sequences else y
        return [last, *states] if self.return_state else last

    def _begun(self, sequences: Any) -> Any:
        """The states with which it begins: zeros, or those that it remembers."""
        states = zeros(self.cell.state_size, sequences, self.dtype)
        if not self.stateful:
            return states
        form, plain = taken_apart(states)
        kept = [Begun(one.sample, self, i, dtype=self.dtype)(sequences) for i, one in enumerate(plain)]
        return put_together(form, kept)

    def _end(self, states: Any) -> None:
        """Take the step that remembers them, though nobody reads it."""
        scene = CALL.get()
        assert scene is not None
        scene.ends += Ended(self, dtype=self.dtype).called_on(taken_apart(states)[1])

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
