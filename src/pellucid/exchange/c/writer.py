"""What the emitters of layers write into: the steps of a function of C, the buffers between them, and constants."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ...arrays import Array, Arrays
from ..emitters import Emitters
from ..form import Form
from ..naming import apart
from ..step import StepAt
from . import spelling
from .kernels import KERNELS

FORM = Form("to_c", "in C", "Take it out of the model, or write it as ONNX.")
LETTERS = ("i", "j", "k", "l", "m", "n", "i2", "j2", "k2", "l2", "m2", "n2")
WORDS = {"uint8": "uint8_t", "uint16": "uint16_t", "uint32": "uint32_t", "int8": "int8_t", "int32": "int32_t"}


@dataclass(eq=False)
class Buffer:
    """Memory that a value lies in while it is needed. `outside`: whether the caller brings it."""

    name: str
    size: int
    type: str
    outside: bool = False


@dataclass(frozen=True, eq=False)
class Value:
    """An array that flows, or one that is known. All shapes begin with a batch of one, but for those of weights.

    bounds: the smallest and the largest number that it held on the data given; (0, 0) where none were. name: in the
    file, of an array that is known.
    """

    shape: tuple[int, ...]
    buffer: Buffer | None = None
    array: Array | None = None
    bounds: tuple[float, float] = (0.0, 0.0)
    name: str = "constant"

    @property
    def size(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def memory(self) -> Buffer:
        """Where it lies, of one that flows."""
        assert self.buffer is not None
        return self.buffer


@dataclass
class Step:
    """Lines of C, the buffers that they read, and the one that they fill.

    in_place: whether what is read first may lie where this is written, if it is as large. within: buffers that hold
    something while the lines run.
    """

    lines: list[str]
    reads: list[Buffer]
    fills: Buffer
    in_place: bool = False
    title: str = ""
    within: list[Buffer] = field(default_factory=list)


@dataclass
class Writing:
    """A file being written."""

    p: Arrays  # the model's parameters by path
    dtype: str
    prefix: str
    int8: bool = False
    steps: list[Step] = field(default_factory=list)
    arrays: dict[str, str] = field(default_factory=dict)  # definitions of constants
    flash: int = 0  # bytes of them
    _known: dict[tuple[str, bytes], str] = field(default_factory=dict)
    _names: set[str] = field(default_factory=lambda: {*KERNELS, *LETTERS, "x", "y"})

    @property
    def type(self) -> str:
        """The word of C for the model's numbers."""
        return "float" if self.dtype == "float32" else "double"

    def name(self, wanted: str) -> str:
        """A name of C that nothing else bears."""
        found = apart(spelling.identifier(wanted), self._names, first=2)
        self._names.add(found)
        return found

    def constant(self, values: npt.ArrayLike, wanted: str, dtype: npt.DTypeLike | None = None) -> str:
        """The name of a constant array; equal ones are kept once, under the first name."""
        array = np.asarray(values, dtype or self.dtype, order="C").reshape(-1)
        key = array.dtype.str, array.tobytes()
        if key not in self._known:
            name = self._known[key] = self.name(wanted)
            kind = array.dtype.name
            words = [spelling.number(v, kind) for v in array] if array.dtype.kind == "f" else map(str, array.tolist())
            type_ = {"float32": "float", "float64": "double"}.get(kind) or WORDS[kind]
            self.arrays[name] = spelling.array(type_, name, array, words)
            self.flash += array.nbytes
        return self._known[key]

    def buffer(self, wanted: str, size: int, type_: str = "") -> Buffer:
        return Buffer(self.name(wanted), size, type_ or self.type)


@dataclass
class At(StepAt[Writing, Value]):
    """One step of the network being written."""

    shape: tuple[int, ...]  # of what it gives
    dtype: str  # likewise
    title: str = ""
    mask: Value | None = None  # which steps of what it reads count: numbers other than 0

    def p(self, name: str) -> Array:
        """A parameter."""
        return self.writing.p[f"{self.path}/{name}"]

    def known(self, value: npt.ArrayLike, name: str = "constant") -> Value:
        """A constant, in the model's precision."""
        array = np.asarray(value).astype(self.writing.dtype)
        return Value(array.shape, array=array, name=name)

    def number(self, value: float) -> str:
        return spelling.number(value, self.writing.dtype)

    def constant(self, values: npt.ArrayLike, name: str, dtype: npt.DTypeLike | None = None) -> str:
        return self.writing.constant(values, f"{self.label}_{name}", dtype)

    def new(self, shape: Sequence[int], name: str = "out") -> Value:
        """A value that is about to be computed."""
        size = int(np.prod(shape, dtype=np.int64))
        if size == 0:
            raise FORM.refused(self.path, "an output with numbers in it", str(tuple(shape)))
        return Value(tuple(shape), self.writing.buffer(f"{self.label}_{name}", size))

    def step(self, lines: Sequence[str], reads: Sequence[Value], y: Value, in_place: bool = False) -> Value:
        """Append lines that compute y; returns it."""
        buffers = [one.memory for one in reads if one.buffer is not None]
        self.writing.steps.append(Step(list(lines), buffers, y.memory, in_place, self.title))
        self.title = ""
        return y

    def named(self, value: Value) -> str:
        """The name by which C knows a value as an array."""
        return value.memory.name if value.array is None else self.constant(value.array, value.name)

    def rows(self, kernel: str, x: Value, shape: Sequence[int], n: int, *more: str) -> Value:
        """A function of rows of length n."""
        y = self.new(shape)
        arguments = [self.named(x), y.memory.name, str(x.size // n), str(n), *more]
        return self.step([f"{kernel}({', '.join(arguments)});"], [x], y, in_place=kernel != "order_of")


def reshaped(x: Value, shape: Sequence[int]) -> Value:
    """The numbers where they are, in another shape."""
    array = None if x.array is None else x.array.reshape(shape)
    return replace(x, shape=tuple(shape), array=array)


def liveness(steps: Sequence[Step], outputs: Collection[Buffer]) -> Mapping[Buffer, tuple[int, int]]:
    """The first and the last step at which each buffer is needed."""
    found: dict[Buffer, tuple[int, int]] = {}
    for i, step in enumerate(steps):
        for buffer in (step.fills, *step.within, *step.reads):
            found[buffer] = found.get(buffer, (i, i))[0], i
    return found | {buffer: (found[buffer][0], len(steps)) for buffer in outputs if buffer in found}


EMITTERS: Emitters[Callable[[At], Any]] = Emitters()  # which return the output, those of several, or None
writes = EMITTERS.writes
