"""A network as data: the program that the compiled engine runs, and that layers, losses and optimizers write.

A program is a list of operations, each the name of a kernel and its operands: buffers, whole numbers, floats. It is
written in sections, which run one after another at every step:

    gather     the batch: its rows, targets, weights
    forward    one layer after another
    backward   the loss, then the layers' gradients from the last to the first
    update     once the step is known to be finite: moving averages, then the optimizer
    count      the epoch's loss and metrics

Every part of a network *lowers* itself: `lower(code, ...)` emits its operations and returns the buffer that holds its
output. A part that has no compiled form raises CannotLower, and the network runs on the definition.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np

from .arrays import Array, Flat, Shape

SECTIONS = ("gather", "forward", "backward", "update", "count")
LINE = 16  # floats in a cache line; every buffer begins on one


class CannotLower(Exception):
    """A part without a compiled form."""


@dataclass(frozen=True)
class Buffer:
    """A place for float32 numbers: `shape` for each sample of the batch, or once (`each` False).

    `space` is "work" (the program's own memory), "theta", "gradient", "state", or a name that the engine binds to an
    array at every run, such as "x".
    """

    space: str
    offset: int  # in floats
    shape: Shape
    each: bool = True

    @property
    def size(self) -> int:
        """Numbers, of one sample or of the whole."""
        return math.prod(self.shape)

    def shaped(self, shape: Shape) -> Buffer:
        """The same numbers under another shape."""
        return Buffer(self.space, self.offset, shape, self.each)


Operand = Buffer | int | float | None  # None is the address 0


@dataclass(frozen=True)
class Op:
    """One call of a kernel. `serial`: by one thread alone, where there is too little to share out.

    `decides`: it may find the step not to be finite, in which case nothing after it runs. `meets`: the threads wait for
    each other after it; not needed where the next operation reads nothing that this one writes.
    """

    kernel: str
    operands: tuple[Operand, ...]
    serial: bool = False
    decides: bool = False
    meets: bool = True


Undo = Callable[[Buffer, bool], Buffer | None]  # (dy, whether dx is wanted) -> dx


@dataclass
class Program:
    """What is being written. `batch` is the largest number of samples in a step; `trained` names the parameters that
    training changes, so that no gradient is computed for the others."""

    batch: int
    theta: Flat
    state: Flat
    training: bool = True
    trained: frozenset[str] = frozenset()
    sections: dict[str, list[Op]] = field(default_factory=lambda: {name: [] for name in SECTIONS})
    section: str = "forward"
    size: int = 0  # floats of the work memory
    constants: list[tuple[Buffer, Array]] = field(default_factory=list)
    tape: list[tuple[Undo, bool, bool]] = field(default_factory=list)
    logits: tuple[Buffer, str, Buffer] | None = None  # (y, activation, z) where y = activation(z) was emitted last
    noise: tuple[int, ...] = ()  # the path of the present layer's random numbers, from the step's key
    noise_key: int = 0  # the seed of the key that each step's is folded from
    after_loss: list[Callable[[], None]] = field(default_factory=list)  # emits the penalties
    keeps: bool = False  # whether no part may overwrite a result, or leave one out, that somebody wants to look at
    taps: dict[str, dict[str, Buffer]] = field(default_factory=dict)  # where to look: by layer, then by letter
    _prefix: str = ""
    _reached: bool = False  # whether a trained parameter has been met
    _below: bool = False  # whether one had been before the present layer

    # Memory ------------------------------------------------------------------------------------------------------

    def buffer(self, shape: Shape) -> Buffer:
        """Fresh memory, `shape` for each sample."""
        return self._fresh(shape, self.batch, True)

    def block(self, shape: Shape) -> Buffer:
        """Fresh memory, once."""
        return self._fresh(shape, 1, False)

    def constant(self, values: Array) -> Buffer:
        """Memory that holds these numbers from the start."""
        buffer = self.block(np.shape(values))
        self.constants.append((buffer, np.asarray(values, "float32")))
        return buffer

    def _fresh(self, shape: Shape, times: int, each: bool) -> Buffer:
        made = Buffer("work", self.size, tuple(shape), each)
        self.size += -(-max(times * made.size, 1) // LINE) * LINE
        return made

    def widths(self) -> Iterator[int]:
        """Numbers per sample of each buffer that an operation uses."""
        for ops in self.sections.values():
            for op in ops:
                yield from (operand.size for operand in op.operands if isinstance(operand, Buffer) and operand.each)

    # Parameters --------------------------------------------------------------------------------------------------

    def parameter(self, name: str) -> Buffer:
        """A parameter of the present layer."""
        path = self._prefix + name
        self._reached |= path in self.trained
        flat, space = (self.theta, "theta") if path in self.theta else (self.state, "state")
        return Buffer(space, flat.slices[path].start, flat.shapes[path], False)

    def gradient(self, name: str) -> Buffer | None:
        """Where the gradient of a parameter of the present layer goes; None if nothing trains it."""
        path = self._prefix + name
        if path not in self.trained:
            return None
        return Buffer("gradient", self.theta.slices[path].start, self.theta.shapes[path], False)

    # Operations --------------------------------------------------------------------------------------------------

    def emit(
        self, kernel: str, *operands: Operand, serial: bool = False, decides: bool = False, meets: bool = True
    ) -> None:
        """Add an operation to the present section."""
        self.sections[self.section].append(Op(kernel, operands, serial, decides, meets))

    @contextmanager
    def within(self, section: str) -> Iterator[None]:
        """Emit into another section."""
        before, self.section = self.section, section
        try:
            yield
        finally:
            self.section = before

    @contextmanager
    def layer(self, name: str, number: int) -> Iterator[None]:
        """Within the block, names and random numbers are those of a layer, the `number`th of its model."""
        before = self._prefix, self.noise
        self._prefix, self.noise = f"{self._prefix}{name}/", (*self.noise, number)
        self._below = self._reached
        try:
            yield
        finally:
            self._prefix, self.noise = before

    def through(self, kernel: str, dy: Buffer, *operands: Operand) -> Buffer:
        """Emit a kernel that makes dx (after its first three operands, dy, x and y) of the size of dy."""
        dx = self.buffer(dy.shape)
        self.emit(kernel, dy, *operands[:2], dx, *operands[2:])
        return dx

    def meet_after(self, section: str, meets: bool) -> None:
        """Whether the threads wait for each other at the end of a section."""
        if ops := self.sections[section]:
            ops[-1] = replace(ops[-1], meets=meets)

    # Backwards ---------------------------------------------------------------------------------------------------

    def back(self, undo: Undo) -> None:
        """How to go back through what was just emitted: undo(dy, wanted) emits it and returns dx, if that is wanted."""
        if self.training:
            self.tape.append((self._tapped(undo, self._prefix), self._below, self._reached))

    def backpropagate(self, dy: Buffer) -> None:
        """Emit the way back, from dL/dy at the end, as far as there is anything to train."""
        d: Buffer | None = dy
        self.tap(dL=dy)
        while self.tape:
            undo, below, needed = self.tape.pop()
            if not needed or d is None:
                break
            d = undo(d, below)
        self.tape.clear()

    # Looking -----------------------------------------------------------------------------------------------------

    def tap(self, **places: Buffer) -> None:
        """Tell where arrays of the present layer will be, by their letters: tap(x=x, y=y)."""
        self.taps.setdefault(self._prefix.rstrip("/"), {}).update(places)

    def _tapped(self, undo: Undo, prefix: str) -> Undo:
        """The same, telling where the layer's dy and dx will be."""

        def told(dy: Buffer, wanted: bool) -> Buffer | None:
            before, self._prefix = self._prefix, prefix
            at = self.taps.setdefault(prefix.rstrip("/"), {})
            at.setdefault("dy", dy)  # a layer may go back in several strides: dy is before the first, dx after the last
            at.pop("dx", None)
            dx = undo(dy, wanted)
            if dx is not None:
                at["dx"] = dx
            self._prefix = before
            return dx

        return told
