"""What the emitters of layers write into: the modules of a PyTorch network, and the statements of its `forward`.

Nothing here needs PyTorch: `module.py` makes a torch.nn.Module of it, `source.py` its source.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ...arrays import Array, Shape, with_batch
from ..emitters import Emitters
from ..form import Form
from ..naming import apart
from ..safetensors.names import clean
from ..step import StepAt

FORM = Form("to_torch", "for PyTorch", "Take it out of the model, or save the model as a .keras file.")
EACH = slice(None)  # all along an axis
SPOKEN_FOR = ("self", "torch", "nn", "operator", "torch_")  # names that the source has for other things


@dataclass(frozen=True)
class Value:
    """What flows: an input, or the result of a statement."""

    name: str


@dataclass(frozen=True)
class Attribute:
    """A parameter or a constant of the module."""

    path: str


@dataclass(frozen=True)
class Named:
    """Something that PyTorch has a name for: torch.float32."""

    name: str


@dataclass(frozen=True)
class Call:
    """kind(*args, **options): a module to make, or a statement. Of a statement, kind is "self.dense" for a call of a
    module, ".reshape" for a method of the first argument, else the name of a function."""

    kind: str
    args: tuple[Any, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def module(self) -> str | None:
        """The module that it calls, if it does."""
        return self.kind.removeprefix("self.") if self.kind.startswith("self.") else None


@dataclass
class Writing:
    """A network being written."""

    name: str
    dtype: str
    modules: dict[str, str]  # what the module of each path is called
    names: dict[str, str]  # what the parameter of each path is called
    pieces: dict[str, Call] = field(default_factory=dict)  # the modules
    parameters: dict[str, tuple[Shape, bool]] = field(default_factory=dict)  # of layers of one's own; whether trained
    constants: dict[str, Array] = field(default_factory=dict)
    frozen: list[str] = field(default_factory=list)  # modules that are not trained
    inputs: list[str] = field(default_factory=list)
    statements: dict[str, Call] = field(default_factory=dict)  # by the name of what they give
    output: Any = None  # a Value, or lists and dicts of them

    def value(self, wanted: str) -> Value:
        """A new value, named after what gives it."""
        name = clean(re.sub(r"\W", "_", wanted))
        name = f"x_{name}" if name[0].isdigit() else name
        return Value(apart(name, [*self.inputs, *self.statements, *SPOKEN_FOR]))

    def call(self, label: str, kind: str, *args: Any, **options: Any) -> Value:
        """Write a statement."""
        value = self.value(label)
        self.statements[value.name] = Call(kind, args, options)
        return value

    def constant(self, value: npt.ArrayLike, kind: str) -> Attribute:
        """An array that the network holds; equal ones are kept once."""
        array = np.asarray(value, kind)
        for name, other in self.constants.items():
            if (other.dtype, other.shape, other.tobytes()) == (array.dtype, array.shape, array.tobytes()):
                return Attribute(name)
        name = apart("constant", [*self.constants, *self.modules.values(), *self.pieces])
        self.constants[name] = array
        return Attribute(name)

    def turned_back(self, x: Any, order: tuple[int, ...]) -> Any:
        """What x was before its axes were moved, if this order moves them back; else None."""
        before = self.statements.get(x.name) if isinstance(x, Value) else None
        piece = self.pieces[before.module] if before is not None and before.module else None
        if before is None or piece is None or piece.kind != "Permute":
            return None
        return before.args[0] if [piece.args[i] for i in order] == list(range(len(order))) else None

    def forget_unread(self) -> None:
        """Leave out what moves axes and nothing reads."""
        read = {value.name for value in _values([self.output, *(s.args for s in self.statements.values())])}
        idle = [
            name
            for name, statement in self.statements.items()
            if name not in read and statement.module and self.pieces[statement.module].kind == "Permute"
        ]
        for name in idle:
            del self.statements[name]
        called = {statement.module for statement in self.statements.values()}
        self.pieces = {name: piece for name, piece in self.pieces.items() if name in called or piece.kind != "Permute"}

    @property
    def is_chain(self) -> bool:
        """Whether it is one module after another, each called once."""
        before = self.inputs[0]
        for name, statement in self.statements.items():
            if statement.module is None or statement.args != (Value(before),) or "." in statement.module:
                return False
            before = name
        calls = [statement.kind for statement in self.statements.values()]
        once = len(self.inputs) == 1 and len(set(calls)) == len(calls) == len(self.pieces)
        return once and self.output == Value(before)


def _values(given: Any) -> Iterator[Value]:
    """All values in arguments."""
    if isinstance(given, Value):
        yield given
    elif isinstance(given, dict | list | tuple):
        for one in given.values() if isinstance(given, dict) else given:
            yield from _values(one)


@dataclass
class At(StepAt[Writing, Any]):
    """One step being written."""

    shapes: tuple[Shape, ...]
    kinds: list[str]  # the dtypes of what it reads
    kind: str  # that of what it gives
    training: bool | None  # whether the call fixes that
    mask: Any = None  # which steps of what it reads count, as truths

    @property
    def shape(self) -> Shape:
        """Of a sample that enters."""
        return self.shapes[0]

    @property
    def ndim(self) -> int:
        """How many axes enter, the batch's among them."""
        return len(with_batch(self.shape))

    @property
    def sizes(self) -> list[int]:
        """The output's shape, -1 for the batch."""
        return [-1 if n is None else n for n in with_batch(self.layer.output_shape_for(*self.shapes))]

    @property
    def fixed(self) -> bool:
        """Whether the layer behaves as in prediction, while the network trains."""
        return self.training is False or not self.layer.trainable

    def module(self, kind: str, *args: Any, xs: tuple[Any, ...] = (), suffix: str = "", **options: Any) -> Value:
        """Call a module, made in this way: that of the layer, or with a suffix one beside it."""
        name = self.writing.modules[self.path] + suffix
        made = Call(kind, args, options)
        if self.writing.pieces.setdefault(name, made) != made:
            got = "two: one of its calls says training=False"
            raise FORM.refused(self.path, "one behaviour in all its uses", got, "Use two layers.")
        return self.writing.call(self.label + suffix, f"self.{name}", *(xs or self.xs))

    def turned(self, x: Any, order: tuple[int, ...], suffix: str) -> Any:
        """x with its axes in another order; if they have just been brought out of that, what they were in."""
        before = self.writing.turned_back(x, order)
        return self.module("Permute", *order, xs=(x,), suffix=suffix) if before is None else before

    def op(self, kind: str, *args: Any, **options: Any) -> Value:
        """Call a function."""
        return self.writing.call(self.label, kind, *args, **options)

    def cast(self, x: Any, kind: str, to: str) -> Any:
        """A value of one dtype in another."""
        return x if kind == to else self.op(".to", x, Named(f"torch.{to}"))

    def constant(self, value: npt.ArrayLike, kind: str = "") -> Attribute:
        """An array that the layer holds, in its own precision unless said otherwise."""
        return self.writing.constant(value, kind or self.writing.dtype)


EMITTERS: Emitters[Callable[[At], Any]] = Emitters()  # which return the output, or a tuple of several
writes = EMITTERS.writes
