"""What the emitters of layers write into: the lines of forward and backward, with the names of arrays numbered."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...activations import Activation
from ...arrays import Array, Shape, Whole
from ..emitters import Emitters
from ..form import Form
from . import fold
from .listing import WIDTH, tidy, wrapped
from .specialize import Library, Written

FORM = Form("to_numpy", "in scripts", "Write the script without it, and put your own NumPy in its place.")

# (the name of dL/dy, whether dL/dx is wanted) -> dL/dx, as an expression. Of several outputs the names of all dL/dy,
# None for those that nothing comes back to; of several inputs a tuple, None for those that get nothing.
Back = Callable[[Any, Any], Any]


@dataclass
class Script:
    """All that is being written."""

    library: Library
    trained: frozenset[str]
    trains: bool = False  # whether it has a step of training
    forward: list[str] = field(default_factory=list)
    backward: list[str] = field(default_factory=list)
    averages: list[str] = field(default_factory=list)  # what moves after a step, though it is not trained
    penalties: list[str] = field(default_factory=list)  # terms that activities add to the loss
    constants: dict[str, Array] = field(default_factory=dict)  # arrays that belong to no parameter, kept beside them
    dtypes: dict[str, str] = field(default_factory=dict)  # of arrays that are not of the model's
    arrived: set[str] = field(default_factory=set)  # the gradients of arrays that backward has by now
    given: set[str] = field(default_factory=set)  # the parameters whose gradients it has
    seeded: bool = False  # whether a layer draws noise from a seed of its own
    noise: set[str] = field(default_factory=set)  # "uniform", "normal": the random numbers that it draws

    @property
    def learns(self) -> bool:
        """Whether forward does something else in training."""
        return any(re.search(r"\btraining\b", line) for line in self.forward)

    def call(self, function: Callable[..., Any], given: Mapping[str, str], **settled: Any) -> str:
        """A call of a function of the definition; its arguments are given as text, or settled."""
        written = self.library.write(function, **settled)
        return called(written, list(inspect.signature(function).parameters), given)

    def formula(self, method: Callable[..., Any], name: str, w: str) -> str:
        """What a regularizer or a constraint says of w: its formula, where it is one, else a call by this name."""
        written = self.library.write(method, name)
        value = fold.in_place(written.body, {"w": ast.parse(w, mode="eval").body})
        if value is not None:
            self.library.forget(written)
            return ast.unparse(value)
        return called(written, ["w"], {"w": w})

    def activation(self, activation: Activation, x: str) -> str:
        """y = f(x), as text."""
        return self.call(activation.forward, {"x": x}, **_options(activation, activation.forward))

    def slope(self, activation: Activation, dy: str, x: str, y: str) -> str:
        """dL/dx through an activation, as text."""
        assert activation.backward is not None
        given = {"dy": dy, "x": x, "y": y}
        return self.call(activation.backward, given, **_options(activation, activation.backward))


def called(written: Written, places: Sequence[str], given: Mapping[str, str]) -> str:
    """The text of a call."""
    written.called = True
    arguments = [given[places[k]] if isinstance(k, int) else f"{k}={given[k]}" for k in written.kept]
    return f"{written.name}({', '.join(arguments)})"


def _options(activation: Activation, function: Callable[..., Any]) -> dict[str, Any]:
    parameters = inspect.signature(function).parameters.values()
    defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
    return {**defaults, **activation.options}


@dataclass
class At:
    """One layer being written: where it stands, what enters it, and under which names."""

    script: Script
    layer: Any
    path: str
    number: int | str  # by which its names are told from those of others
    key: str  # how its key for noise is reached from that of the step
    xs: tuple[str, ...]  # the names of its inputs
    shapes: tuple[Shape, ...]  # of a sample of each
    fused: bool = False  # whether the loss takes what enters its last activation
    predicts: bool = False  # whether it behaves as in prediction, whatever the network does
    mask: str = ""  # the name of which steps of its input count, where it goes by that
    again: dict[str, str] = field(default_factory=dict)  # gradients of an earlier use, and what this one adds to each

    @property
    def x(self) -> str:
        """The name of its one input."""
        return self.xs[0]

    @property
    def shape(self) -> Shape:
        """Of a sample of its one input."""
        return self.shapes[0]

    @property
    def out_shape(self) -> Shape:
        return self.layer.output_shape_for(*self.shapes)  # type: ignore[no-any-return]

    def name(self, letter: str) -> str:
        """A name of this layer's own: z2."""
        return f"{letter}{self.number}"

    def p(self, name: str) -> str:
        """A parameter, as text."""
        return f'p["{self.path}/{name}"]'

    def gradient(self, name: str, text: str) -> None:
        """Write a parameter's gradient; to what an earlier use of the layer gave, it is added."""
        place = f'g["{self.path}/{name}"]'
        self.backward(f"{place} = {place} + {text}" if place in self.script.given else f"{place} = {text}")

    def g(self, name: str) -> str:
        """Where a parameter's gradient goes, among others that a call returns."""
        place = f'g["{self.path}/{name}"]'
        if place in self.script.given:
            return self.again.setdefault(place, f"g{self.number}_{len(self.again) + 1}")
        return place

    def dx(self, wanted: bool) -> str:
        """Where the gradient of the input goes, among others that a call returns: beside what has come from others."""
        if not wanted:
            return "_"
        return f"d{self.x}_{self.number}" if f"d{self.x}" in self.script.arrived else f"d{self.x}"

    def trains(self, name: str) -> bool:
        """Whether training changes the parameter."""
        return f"{self.path}/{name}" in self.script.trained

    def differs(self) -> bool:
        """Whether there is a training in which it behaves otherwise."""
        return self.script.trains and not self.predicts

    def forward(self, line: str, comment: str = "") -> None:
        self.script.forward.append(said(line, comment))

    def backward(self, line: str, comment: str = "") -> None:
        self.script.backward.append(said(line, comment))

    def constant(self, name: str, value: Array) -> str:
        """An array of the layer's settings, kept beside the parameters."""
        self.script.constants[f"{self.path}/{name}"] = value
        return self.p(name)

    def call(self, function: Callable[..., Any], given: Mapping[str, str], **settled: Any) -> str:
        return self.script.call(function, given, **settled)

    def along(self, text: str, axes: Sequence[int]) -> str:
        """An array with an entry for each place on these axes (the batch is axis 0), as it broadcasts against x."""
        n = len(self.shape) + 1
        if tuple(axes) == tuple(range(n - len(axes), n)):
            return text
        shape = [self.shape[a - 1] if a in axes else 1 for a in range(n)]
        return f"{text}.reshape({', '.join(map(str, shape))})"


def said(line: str, comment: str = "") -> str:
    """A line of a function, its comment beside it, if there is room."""
    text = tidy(line)
    if comment and len(text) + len(comment) + 8 <= WIDTH:
        return f"    {text}  # {comment}"
    return wrapped(f"    {text}")


def batch(shape: Shape) -> str:
    """A shape with the batch in front: (B, 28, 28); but that of a weight, which has none."""
    if isinstance(shape, Whole):
        return str(tuple(shape))
    return f"({', '.join(['B', *map(str, shape)])})" if shape else "(B,)"


EMITTERS: Emitters[Callable[[At], tuple[Any, Back]]] = Emitters()  # (the name of the output, or of each; the way back)
writes = EMITTERS.writes
