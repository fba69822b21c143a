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
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from .arrays import Array, Flat, Shape

SECTIONS = ("gather", "forward", "backward", "update", "count")
T = TypeVar("T")
LINE = 16  # floats in a cache line; every buffer begins on one


class CannotLower(Exception):
    """A part without a compiled form."""


@dataclass(frozen=True)
class Buffer:
    """A place for float32 numbers: `shape` for each sample of the batch, or once (`each` 0). Where the steps of a
    sequence are taken for samples of their own, `each` is how many there are of them.

    `space` is "work" (the program's own memory), "theta", "gradient", "state", or a name that the engine binds to an
    array at every run, such as "x". `truth`: they are 1 for true and 0 for false, which ops alone read.
    `whole`: they are whole numbers of this kind, which ops alone ask; small enough to be exact.
    """

    space: str
    offset: int  # in floats
    shape: Shape
    each: int = 1
    truth: bool = False
    whole: str = ""

    @cached_property
    def size(self) -> int:
        """Numbers, of one sample or of the whole."""
        return math.prod(self.shape)

    def floats(self, batch: int) -> int:
        """Numbers of a whole batch."""
        return self.size * (batch * self.each if self.each else 1)

    @property
    def plain(self) -> Buffer:
        """The same numbers, whatever they come of."""
        return replace(self, truth=False, whole="") if self.truth or self.whole else self

    def apart(self) -> Buffer:
        """The same numbers, what lies along the first axis being samples of their own."""
        return replace(self, shape=self.shape[1:], each=self.each * self.shape[0])

    def joined(self, n: int) -> Buffer:
        """The same numbers, n samples being one: `apart` back."""
        return replace(self, shape=(n, *self.shape), each=self.each // n)

    def shaped(self, shape: Shape) -> Buffer:
        """The same numbers under another shape."""
        return replace(self, shape=shape)


Operand = Buffer | int | float | None  # None is the address 0


@dataclass(frozen=True)
class Op:
    """One call of a kernel. `serial`: by the first thread alone, where there is too little to share out.

    `decides`: it may find the step not to be finite, in which case nothing after it runs.
    """

    kernel: str
    operands: tuple[Operand, ...]
    serial: bool = False
    decides: bool = False

    @property
    def times(self) -> int:
        """How many samples each of the batch is for it."""
        return max((o.each for o in self.operands if isinstance(o, Buffer)), default=1)


# (dy, what is wanted of dx) -> dx; of several inputs, a tuple of either; of several outputs, a tuple of dy, each a
# buffer or, where nothing comes back, None
Undo = Callable[[Any, Any], Any]


@dataclass
class Use:
    """One use of a layer: which wires it reads and writes, and how to go back through what it emitted."""

    label: str  # where to look for its arrays
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    wanted: tuple[bool, ...]  # of each input, whether anything before it trains
    needed: bool  # whether anything in it or before it trains
    times: int = 1  # how many samples each of the batch is for it
    undos: list[Undo] = field(default_factory=list)  # in the order of the forward pass
    gradients: list[Buffer] = field(default_factory=list)  # of its parameters: where the way back leaves them


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
    blocks: list[tuple[int, int]] = field(default_factory=list)  # of it, one after another: (where it begins, floats)
    constants: list[tuple[Buffer, Array]] = field(default_factory=list)
    memories: list[tuple[Any, int, Buffer]] = field(default_factory=list)  # (a layer, which of its states, where)
    uses: list[Use] = field(default_factory=list)  # in the order of the forward pass
    rank: int = 0  # which of the processes that share a batch this is
    ranks: int = 1  # and how many they are
    masks: tuple[Buffer | None, ...] = ()  # of each output, 1 where a number of it counts, 0 where not
    logits: dict[int, tuple[str, Buffer]] = field(default_factory=dict)  # by wire of y: (f, z) where y = f(z) ends it
    noise: tuple[int, ...] = ()  # the path of the present layer's random numbers, from the step's key
    noise_key: Operand = 0  # the seed of the key that each step's is folded from; or a word that is bound before a run
    judged: bool = True  # whether a loss follows: else what `call` adds to it or assigns is left out
    together: bool = False  # whether a sample's outputs depend on the others in its batch, or on its place there
    after_loss: list[Callable[[], None]] = field(default_factory=list)  # emits the penalties
    added: list[tuple[int, Buffer]] = field(default_factory=list)  # (wire, dL/dy) of what is itself a part of the loss
    keeps: bool = False  # whether all results stay where they are, as somebody wants to look at them
    taps: dict[str, dict[str, Buffer]] = field(default_factory=dict)  # where to look: by use of a layer, then by letter
    shared: list[tuple[Buffer, Buffer]] = field(default_factory=list)  # (gradient of a further use, the parameter's)
    times: int = 1  # how many samples each of the batch is for the present layer
    trains: bool = field(init=False)  # whether the present layer behaves as in training
    _path: str = ""  # whose parameters are meant
    _label: str = ""  # whose arrays
    _trains: set[int] = field(default_factory=set)  # the wires before which something trains
    _first: dict[str, int] = field(default_factory=dict)  # which use of a layer writes a parameter's gradient itself

    def __post_init__(self) -> None:
        self.trains = self.training

    @contextmanager
    def over(self, n: int) -> Iterator[None]:
        """Within the block, fresh memory is for n samples to each that there was."""
        before, self.times = self.times, self.times * n
        try:
            yield
        finally:
            self.times = before

    # Memory ------------------------------------------------------------------------------------------------------

    def buffer(self, shape: Shape) -> Buffer:
        """Fresh memory, `shape` for each sample."""
        return self._fresh(shape, self.times)

    def block(self, shape: Shape) -> Buffer:
        """Fresh memory, once."""
        return self._fresh(shape, 0)

    def constant(self, values: Array) -> Buffer:
        """Memory that holds these numbers from the start."""
        buffer = self.block(np.shape(values))
        self.constants.append((buffer, np.asarray(values, "float32")))
        return buffer

    def memory(self, layer: Any, i: int, shape: Shape) -> Buffer:
        """Where a stateful layer has its i-th state, which stays from one batch to the next."""
        if self.ranks > 1:
            raise CannotLower(f"layer {layer.name!r} with stateful=True in several processes")
        found = next((place for of, j, place in self.memories if of is layer and j == i), None)
        if found is None:
            found = Buffer(f"memory{len(self.memories)}", 0, shape)
            self.memories.append((layer, i, found))
            self.together = True
        return found

    def remember(self, memory: Sequence[Buffer], states: Sequence[Buffer]) -> None:
        """Emit that the next batch begins with these states."""
        with self.within("update"):
            for kept, state in zip(memory, states, strict=True):
                self.emit("merge.block", state.plain, kept, 1, state.size, state.size, 0, state.size, 0)

    def _fresh(self, shape: Shape, each: int) -> Buffer:
        made = Buffer("work", self.size, tuple(shape), each)
        whole = -(-max(made.floats(self.batch), 1) // LINE) * LINE
        self.blocks.append((self.size, whole))
        self.size += whole
        return made

    def widths(self) -> Iterator[int]:
        """Numbers per sample of each buffer that an operation uses."""
        for ops in self.sections.values():
            for op in ops:
                yield from (
                    operand.floats(1) for operand in op.operands if isinstance(operand, Buffer) and operand.each
                )

    # Parameters --------------------------------------------------------------------------------------------------

    def parameter(self, name: str) -> Buffer:
        """A parameter of the present layer."""
        path = self._path + name
        if self.uses and self._path:
            self.uses[-1].needed |= path in self.trained
        flat, space = (self.theta, "theta") if path in self.theta else (self.state, "state")
        return Buffer(space, flat.slices[path].start, flat.shapes[path], 0)

    def gradient(self, name: str) -> Buffer | None:
        """Where the gradient of a parameter of the present layer goes; None if nothing trains it.

        A layer that is used twice writes one gradient into the gradient vector, and each further one into memory of its
        own, which is added in the end.
        """
        path = self._path + name
        if path not in self.trained:
            return None
        home = Buffer("gradient", self.theta.slices[path].start, self.theta.shapes[path], 0)
        if not self._path:
            return home
        found = home
        if self._first.setdefault(path, len(self.uses)) != len(self.uses):
            found = self.block(home.shape)
            self.shared.append((found, home))
        self.uses[-1].gradients.append(found)
        return found

    # Operations --------------------------------------------------------------------------------------------------

    def emit(self, kernel: str, *operands: Operand, serial: bool = False, decides: bool = False) -> None:
        """Add an operation to the present section."""
        if any(isinstance(one, Buffer) and one.truth for one in operands):
            raise CannotLower("network in which true and false leave the ops")
        if len({one.each for one in operands if isinstance(one, Buffer)} - {0}) > 1:
            raise CannotLower("network in which steps that are samples meet whole sequences")
        self.sections[self.section].append(Op(kernel, operands, serial, decides))

    @contextmanager
    def within(self, section: str) -> Iterator[None]:
        """Emit into another section."""
        before, self.section = self.section, section
        try:
            yield
        finally:
            self.section = before

    @contextmanager
    def wholly(self) -> Iterator[None]:
        """Within the block, a part is emitted into the present section: the whole of it, or nothing if it cannot be."""
        already = len(self.sections[self.section])
        try:
            yield
        except CannotLower:
            del self.sections[self.section][already:]
            raise

    @contextmanager
    def use(
        self,
        path: str,
        label: str,
        numbers: tuple[int, ...],
        inputs: tuple[int, ...],
        outputs: tuple[int, ...],
        training: bool | None = None,
        times: int = 1,
    ) -> Iterator[None]:
        """Within the block, a layer is used: from wires to wires, with the parameters of `path` and random numbers of
        its own, as in training or as in prediction where it is told so; where its inputs have so many samples for each
        of the batch."""
        self.together |= bool(training) and not self.training
        wanted = tuple(wire in self._trains for wire in inputs)
        self.uses.append(Use(label, inputs, outputs, wanted, any(wanted), times))
        self.times = times
        self._path, self._label, self.noise = f"{path}/", label, numbers
        self.trains = self.training if training is None else training
        try:
            yield
        finally:
            self._path, self._label, self.noise, self.trains, self.times = "", "", (), self.training, 1
            if self.uses[-1].needed:
                self._trains |= set(outputs)

    def through(self, kernel: str, dy: Buffer, *operands: Operand) -> Buffer:
        """Emit a kernel that makes dx (after its first three operands, dy, x and y) of the size of dy."""
        dx = self.buffer(dy.shape)
        self.emit(kernel, dy, *operands[:2], dx, *operands[2:])
        return dx

    # Backwards ---------------------------------------------------------------------------------------------------

    def back(self, undo: Undo) -> None:
        """How to go back through what was just emitted: undo(dy, wanted) emits it and returns dx, if that is wanted."""
        if self.training:
            self.uses[-1].undos.append(undo)

    def stops(self) -> None:
        """No gradient flows back through the present layer, which has no parameters."""
        self.uses[-1].needed = False

    def ends_in(self, activation: str, z: Buffer) -> None:
        """What the present layer gives was emitted last, as activation(z)."""
        self.logits[self.uses[-1].outputs[0]] = activation, z

    def adds(self, dy: Buffer) -> None:
        """What the present layer gives is a part of the loss: dL/dy."""
        self.added.append((self.uses[-1].outputs[0], dy))

    def use_of(self, wire: int) -> Use:
        """The use that gives what is on a wire."""
        return next(use for use in self.uses if wire in use.outputs)

    def backpropagate(self, dys: Sequence[tuple[int, Buffer]]) -> None:
        """Emit the way back from dL/dy at the ends, on these wires, as far as there is anything to train. What the
        readers of a wire send back is added, and so is what the uses of a parameter give."""
        self.tap(**lettered("dL", [dy for _, dy in dys]))
        arrived: dict[int, list[Buffer]] = {}
        for wire, dy in [*dys, *self.added]:
            arrived.setdefault(wire, []).append(dy)
        for use in reversed(self.uses):
            if use.needed and any(wire in arrived for wire in use.outputs):
                back = [self.summed(arrived.pop(wire)) if wire in arrived else None for wire in use.outputs]
                found = self._undone(use, tuple(back) if len(back) > 1 else back[0])
                for source, wanted, dx in zip(use.inputs, use.wanted, found, strict=True):
                    if wanted and dx is not None:
                        arrived.setdefault(source, []).append(dx)
            else:
                for gradient in use.gradients:  # nothing flows back to it
                    self.emit("strided", self.constant(np.zeros(1)), gradient, 0, 1, 1, gradient.size, 0)
        self.uses.clear()
        for apart, home in self.shared:
            self.emit("merge.add", home, apart, home, home.size, 0)

    def _undone(self, use: Use, dy: Any) -> tuple[Buffer | None, ...]:
        """Go back through one use of a layer, telling where its dy and dx will be."""
        at = self.taps.setdefault(use.label, {})
        # a layer may go back in several strides: dy is before the first, dx after the last
        given = dy if isinstance(dy, tuple) else (dy,)
        at |= {letter: d for letter, d in lettered("dy", given).items() if d is not None}
        self._label, self.times, d = use.label, use.times, dy
        for undo in reversed(use.undos):
            d = undo(d, use.wanted[0] if len(use.inputs) == 1 else use.wanted)
        self._label, self.times = "", 1
        found = d if isinstance(d, tuple) else (d,)
        at |= {letter: dx for letter, dx in lettered("dx", found).items() if dx is not None}
        return found

    def summed(self, parts: Sequence[Buffer]) -> Buffer:
        """Emit the sum of buffers alike."""
        total = parts[0]
        for part in parts[1:]:
            total, before = self._fresh(total.shape, total.each), total
            self.emit("merge.add", before, part, total, total.size, int(total.each > 0))
        return total

    # Looking -----------------------------------------------------------------------------------------------------

    def tap(self, **places: Buffer) -> None:
        """Tell where arrays of the present layer will be, by their letters: tap(x=x, y=y)."""
        self.taps.setdefault(self._label, {}).update(places)

    def seen(self, dy: Buffer) -> Buffer:
        """On the way back, dy as a layer gets it: behind what its activity regularizer added."""
        self.tap(dy=dy)
        return dy


def lettered(letter: str, found: Sequence[T]) -> dict[str, T]:
    """What there is by letter: x alone, or x1, x2, ...

    >>> lettered("x", ["a", "b"])
    {'x1': 'a', 'x2': 'b'}
    """
    return {letter: found[0]} if len(found) == 1 else {f"{letter}{i}": one for i, one in enumerate(found, 1)}
