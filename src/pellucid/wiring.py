"""How data flow through a network, as plain data that knows no layer.

A *tensor* stands for data that are not there yet: what a layer gives when it is called on another tensor. From tensors
a model reads its *graph*: which layer is called on what, in order. Models in a model unfold, which leaves the *wiring*:
steps from wire to wire, flat. Every walk through a network (forward, backward, summary, explain, export) goes along
these steps.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, TypeVar

from .arrays import Shape
from .errors import InvalidArgument, Told

_calls = itertools.count()


class Tensor:
    """Data that a layer will give: their `shape` with the batch left open, and their `dtype`. There are no numbers yet.

    Keras calls it KerasTensor.
    """

    def __init__(self, shape: Shape, dtype: str, node: Node) -> None:
        self.sample, self.dtype, self.node = shape, dtype, node

    @property
    def shape(self) -> tuple[int | None, ...]:
        """(None, ...), as Keras writes it."""
        return (None, *self.sample)

    @property
    def ndim(self) -> int:
        """How many axes there are, the batch's among them."""
        return len(self.sample) + 1

    @property
    def name(self) -> str:
        """The name of the layer that gives it."""
        return str(self.node.layer.name)

    def __repr__(self) -> str:
        return f"<Tensor shape={self.shape}, dtype={self.dtype}, name={self.name}>"

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise InvalidArgument(
            f"tensor {self.name!r}", "a layer that takes it", Told("a function that wants numbers"),
            "A tensor has none before data flow: use layers, such as layers.Add()([a, b]), or predict with the model.",
        )  # fmt: skip

    def _no_numbers(self, *_: Any) -> Any:
        raise InvalidArgument(
            f"tensor {self.name!r}", "a layer that takes it", Told("an operation of Python's"),
            "A tensor has no numbers before data flow: use layers, such as layers.Add()([a, b]) for a + b.",
        )  # fmt: skip

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _no_numbers
    __matmul__ = __rmatmul__ = __pow__ = __rpow__ = __mod__ = __floordiv__ = __neg__ = __abs__ = _no_numbers
    __lt__ = __le__ = __gt__ = __ge__ = __float__ = __int__ = __bool__ = _no_numbers
    __getitem__ = __len__ = __iter__ = _no_numbers


class Node:
    """One call of a layer on tensors: `inputs`, and the `output` that came of it. `number` says which came first."""

    def __init__(self, layer: Any, inputs: Sequence[Tensor], shape: Shape, dtype: str) -> None:
        self.layer, self.inputs, self.number = layer, tuple(inputs), next(_calls)
        self.output = Tensor(shape, dtype, self)


def tensors_in(given: Any) -> list[Tensor] | None:
    """The tensors of a tensor, or of a list or tuple of them; None where there are none.

    >>> tensors_in([1.0, 2.0]) is None
    True
    """
    if isinstance(given, Tensor):
        return [given]
    if isinstance(given, list | tuple) and any(isinstance(one, Tensor) for one in given):
        return list(given)
    return None


@dataclass(frozen=True)
class Call:
    """A layer called on wires: what is on `inputs` goes in, what comes out is on `output`."""

    layer: Any
    inputs: tuple[int, ...]
    output: int
    written: int = 0  # when the call was made: earlier calls have smaller numbers


@dataclass(frozen=True)
class Graph:
    """The calls of one model in the order in which they run, a model within it being one call."""

    inputs: tuple[int, ...]
    calls: tuple[Call, ...]
    output: int

    @classmethod
    def chain(cls, layers: Sequence[Any]) -> Graph:
        """One layer after another."""
        return cls((0,), tuple(Call(layer, (i,), i + 1) for i, layer in enumerate(layers)), len(layers))

    @classmethod
    def between(cls, where: str, inputs: Sequence[Tensor], output: Tensor) -> Graph:
        """All that lies between these tensors: the longer the way to the output, the earlier. The order depends on the
        graph alone, not on when it was written, so that a model loaded from a file draws the same random numbers."""
        met = _met(where, inputs, output)
        wires = {tensor: wire for wire, tensor in enumerate([*inputs, *met])}
        calls = [Call(t.node.layer, tuple(wires[i] for i in t.node.inputs), wires[t], t.node.number) for t in met]
        return cls(tuple(range(len(inputs))), tuple(calls), wires[output])

    @property
    def is_chain(self) -> bool:
        """Whether each layer reads what the one before it gave, and nothing else."""
        wires = [*self.inputs, *(call.output for call in self.calls)]
        return len(self.inputs) == 1 and all(c.inputs == (w,) for c, w in zip(self.calls, wires, strict=False))

    def layers(self) -> list[Any]:
        """Each layer once, in the order of its first call."""
        return list({id(call.layer): call.layer for call in self.calls}.values())

    def by_depth(self, entries: Sequence[Any]) -> list[Any]:
        """The entries and the layers as Keras orders them, and names the arrays of a file: by the longest way to the
        output, and within that as they are met from the output back."""
        calls = {call.output: call for call in self.calls}
        layers = dict(zip(self.inputs, entries, strict=True)) | {wire: call.layer for wire, call in calls.items()}
        order = _from_the_end(self.output, lambda wire: calls[wire].inputs if wire in calls else ())
        met = {id(layers[wire]): layers[wire] for wire in order.met}
        depths: dict[int, int] = {}
        for wire in order.back:  # a layer that is used twice is as deep as its deeper use, and so is what that reads
            layer = id(layers[wire])
            depth = depths[layer] = max(order.depths[wire], depths.get(layer, 0))
            for source in calls[wire].inputs if wire in calls else ():
                order.depths[source] = max(order.depths[source], depth + 1)
        unread = [entry for entry in entries if id(entry) not in met]
        return [*sorted(met.values(), key=lambda layer: -depths[id(layer)]), *unread]


T = TypeVar("T", bound=Hashable)


@dataclass
class _Order(Generic[T]):
    """What a walk from the end of a graph finds: `met`, in the order of first meeting; `back`, each before all that it
    reads; and the length of the longest way from each to the end."""

    met: list[T]
    back: list[T]
    depths: dict[T, int]


def _from_the_end(end: T, sources: Callable[[T], Sequence[T]]) -> _Order[T]:
    """The order of everything that the end is made from."""
    met, done, finished = [end], list[T](), {end}
    ways = [(end, iter(sources(end)))]
    while ways:
        here, rest = ways[-1]
        source = next((s for s in rest if s not in finished), None)
        if source is None:
            done.append(here)
            ways.pop()
        else:
            finished.add(source)
            met.append(source)
            ways.append((source, iter(sources(source))))
    depths = dict.fromkeys(done, 0)
    for here in reversed(done):
        for source in sources(here):
            depths[source] = max(depths[source], depths[here] + 1)
    return _Order(met, done[::-1], depths)


def _met(where: str, inputs: Sequence[Tensor], output: Tensor) -> list[Tensor]:
    """The tensors between these, in the order in which they are computed."""
    known = set(inputs)
    order = _from_the_end(output, lambda tensor: () if tensor in known else tensor.node.inputs)
    for tensor in order.met:
        if tensor not in known and not tensor.node.inputs:
            raise InvalidArgument(
                f"{where}, argument inputs", f"every input that the output needs, {tensor.name!r} among them",
                Told(", ".join(repr(t.name) for t in inputs) or "none"),
            )  # fmt: skip
    return sorted((t for t in order.met if t not in known), key=lambda tensor: -order.depths[tensor])


@dataclass(frozen=True, eq=False)
class Step:
    """One use of a layer that is no model.

    path: whose parameters, "inner/dense"; a layer that is used twice has one. label: this very use, "inner/dense", then
    "inner/dense#2". numbers: whose random numbers, the places of the call in each model on the way; every use draws
    its own.
    """

    layer: Any
    path: str
    label: str
    numbers: tuple[int, ...]
    inputs: tuple[int, ...]
    output: int


@dataclass(frozen=True)
class Wiring:
    """The steps of a network, models within it unfolded, in the order in which they run."""

    inputs: tuple[int, ...]
    steps: tuple[Step, ...]
    output: int

    @cached_property
    def owners(self) -> dict[str, Any]:
        """The layer of each path."""
        return {step.path: step.layer for step in self.steps}

    @cached_property
    def is_chain(self) -> bool:
        """Whether data take one way only: every step reads what the one before it gave, and no layer is used twice."""
        wires = [*self.inputs, *(step.output for step in self.steps)]
        ways = zip(self.steps, wires, strict=False)
        once = len(self.owners) == len(self.steps)
        return once and len(self.inputs) == 1 and all(step.inputs == (wire,) for step, wire in ways)

    def before(self, step: Step) -> list[Step]:
        """The steps that give what this one reads."""
        return [other for other in self.steps if other.output in step.inputs]


@dataclass
class _Unfolding:
    """What is known while a graph unfolds."""

    steps: list[Step] = field(default_factory=list)
    paths: dict[int, str] = field(default_factory=dict)  # of each layer, by its identity
    uses: dict[str, int] = field(default_factory=dict)
    wires: Iterator[int] = field(default_factory=itertools.count)

    def unfold(self, graph: Graph, inputs: Sequence[int], prefix: str, numbers: tuple[int, ...]) -> int:
        """Append the steps of a graph that reads these wires; returns the wire of its output."""
        wires = dict(zip(graph.inputs, inputs, strict=True))
        for i, call in enumerate(graph.calls):
            given = tuple(wires[wire] for wire in call.inputs)
            path, place = f"{prefix}{call.layer.name}", (*numbers, i)
            if isinstance(inner := getattr(call.layer, "graph", None), Graph):
                wires[call.output] = self.unfold(inner, given, f"{path}/", place)
            else:
                wires[call.output] = self._step(call.layer, path, place, given)
        return wires[graph.output]

    def _step(self, layer: Any, path: str, numbers: tuple[int, ...], inputs: tuple[int, ...]) -> int:
        path = self.paths.setdefault(id(layer), path)
        use = self.uses[path] = self.uses.get(path, 0) + 1
        label, output = path if use == 1 else f"{path}#{use}", next(self.wires)
        self.steps.append(Step(layer, path, label, numbers, inputs, output))
        return output


def unfolded(graph: Graph) -> Wiring:
    """The wiring of a graph."""
    unfolding = _Unfolding()
    inputs = tuple(next(unfolding.wires) for _ in graph.inputs)
    output = unfolding.unfold(graph, inputs, "", ())
    return Wiring(inputs, tuple(unfolding.steps), output)
