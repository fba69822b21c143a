"""How data flow through a network, as plain data that knows no layer.

A *tensor* stands for data that are not there yet: what a layer gives when it is called on another tensor. From tensors
a model reads its *graph*: which layer is called on what, in order. Models in a model unfold, which leaves the *wiring*:
steps from wire to wire, flat. Every walk through a network (forward, backward, summary, explain, export) goes along
these steps.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from .arrays import Shape, with_batch
from .errors import InvalidArgument, Told
from .late import FromAbove, listen

_calls = itertools.count()
TRACING: ContextVar[bool] = ContextVar("tracing", default=False)  # whether a `call` runs, on tensors alone

OPS: set[str] = set()  # the names of pellucid.ops, which fills it
FROM_ABOVE = FromAbove[Any]()  # what seeds ask of the layers that stand above them, which fill it
OPERATORS: dict[str, Callable[..., Any]] = {}  # what operators and layers do to tensors: pellucid.ops fills it
OF_LAYERS: dict[str, Callable[..., Any]] = {}  # other ops that layers are made of; it fills this, too


def _operator(name: str) -> tuple[Any, Any]:
    """An operator of Python's on tensors, and the same with the tensor on the right."""

    def left(self: Any, other: Any) -> Any:
        return OPERATORS[name](self, other)

    def right(self: Any, other: Any) -> Any:
        return OPERATORS[name](other, self)

    return left, right


class Tensor:
    """Data that a layer will give: their `shape` with the batch left open, and their `dtype`. There are no numbers yet.

    Keras calls it KerasTensor.
    """

    symbolic = True  # whether an op on it is a step of a graph; a parameter's is, where a graph is being made

    def __init__(self, shape: Shape, dtype: str, node: Node) -> None:
        listen()  # what can be done to it
        self.sample, self.dtype, self.node = shape, dtype, node

    @property
    def shape(self) -> tuple[int | None, ...]:
        """(None, ...), as Keras writes it."""
        return with_batch(self.sample)

    @property
    def ndim(self) -> int:
        """How many axes there are, the batch's among them."""
        return len(self.shape)

    @property
    def name(self) -> str:
        """The name of the layer that gives it."""
        return str(self.node.layer.name)

    def __repr__(self) -> str:
        return f"<Tensor shape={self.shape}, dtype={self.dtype}, name={self.name}>"

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise InvalidArgument(
            f"tensor {self.name!r}", "a layer or one of pellucid.ops", Told("a function that wants numbers"),
            "A tensor has none before data flow: use ops.exp(x) for np.exp(x), or predict with the model.",
        )  # fmt: skip

    __tf_tensor__ = __array__  # by which other libraries ask for them
    __jax_array__ = property(__array__)

    @classmethod
    def __torch_function__(cls, function: Any, *_: Any, **__: Any) -> Any:
        told = Told(f"PyTorch's {getattr(function, '__name__', function)}")
        raise InvalidArgument("a tensor", "a layer or one of pellucid.ops", told, "Write it with pellucid.ops.")

    def _no_numbers(self, *_: Any) -> Any:
        raise InvalidArgument(
            f"tensor {self.name!r}", "control flow that does not depend on the data", Told("a question about numbers"),
            "A tensor has no numbers before data flow: choose with ops.where, and repeat over a range of its shape.",
        )  # fmt: skip

    __float__ = __int__ = __index__ = __bool__ = __len__ = __iter__ = _no_numbers

    def __array_ufunc__(self, ufunc: Any, method: str, *operands: Any, **options: Any) -> Any:
        """An array leaves its operators to the tensor; any other function of NumPy's wants numbers."""
        name = {"remainder": "mod"}.get(ufunc.__name__, ufunc.__name__)
        return OPERATORS[name](*operands) if name in OPERATORS and method == "__call__" else self.__array__()

    __add__, __radd__ = _operator("add")
    __sub__, __rsub__ = _operator("subtract")
    __mul__, __rmul__ = _operator("multiply")
    __truediv__, __rtruediv__ = _operator("divide")
    __floordiv__, __rfloordiv__ = _operator("floor_divide")
    __mod__, __rmod__ = _operator("mod")
    __pow__, __rpow__ = _operator("power")
    __matmul__, __rmatmul__ = _operator("matmul")
    __lt__, _ = _operator("less")
    __le__, _ = _operator("less_equal")
    __gt__, _ = _operator("greater")
    __ge__, _ = _operator("greater_equal")
    __and__, __rand__ = _operator("logical_and")
    __or__, __ror__ = _operator("logical_or")
    __getitem__, _ = _operator("get_item")

    def __neg__(self) -> Any:
        return OPERATORS["negative"](self)

    def __abs__(self) -> Any:
        return OPERATORS["abs"](self)

    def __invert__(self) -> Any:
        return OPERATORS["logical_not"](self)


class Node:
    """One call of a layer on tensors: `inputs`, and the `outputs` that came of it. `number` says which came first.

    training: whether the layer was told to behave as in training, or as in prediction, whatever the model does.
    another: of a layer of one's own that is called in several ways, a way other than the first.
    """

    def __init__(
        self,
        layer: Any,
        inputs: Sequence[Tensor],
        shapes: Sequence[Shape],
        dtype: str,
        training: bool | None = None,
        another: Any = None,
    ) -> None:
        self.layer, self.inputs, self.number, self.training = layer, tuple(inputs), next(_calls), training
        self.outputs = tuple(Tensor(shape, dtype, self) for shape in shapes)
        self.another = another

    @property
    def way(self) -> Any:
        """What the data take their way through: the layer, as it is called here."""
        return self.layer if self.another is None else self.another


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
    """A layer called on wires: what is on `inputs` goes in, what comes out is on `outputs`."""

    layer: Any
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    written: int = 0  # when the call was made: earlier calls have smaller numbers
    training: bool | None = None  # as in training, as in prediction, or as the model
    another: Any = None  # as of a node

    @property
    def way(self) -> Any:
        """As of a node."""
        return self.layer if self.another is None else self.another


@dataclass(frozen=True)
class Graph:
    """The calls of one model in the order in which they run, a model within it being one call."""

    inputs: tuple[int, ...]
    calls: tuple[Call, ...]
    outputs: tuple[int, ...]

    @classmethod
    def chain(cls, layers: Sequence[Any]) -> Graph:
        """One layer after another."""
        return cls((0,), tuple(Call(layer, (i,), (i + 1,)) for i, layer in enumerate(layers)), (len(layers),))

    @classmethod
    def between(cls, where: str, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> Graph:
        """All that lies between these tensors: the longer the way to an output, the earlier. The order depends on the
        graph alone, not on when it was written, so that a model loaded from a file draws the same random numbers."""
        nodes = nodes_between(where, inputs, outputs)
        made = [tensor for node in nodes for tensor in node.outputs if tensor not in inputs]
        wires = {tensor: wire for wire, tensor in enumerate([*inputs, *made])}
        unread = itertools.count(len(wires))  # a model may begin at one of the outputs of a layer that it calls, too
        calls = []
        for node in nodes:
            ends = tuple(next(unread) if tensor in inputs else wires[tensor] for tensor in node.outputs)
            begins = tuple(wires[tensor] for tensor in node.inputs)
            calls.append(Call(node.layer, begins, ends, node.number, node.training, node.another))
        return cls(tuple(range(len(inputs))), tuple(calls), tuple(wires[tensor] for tensor in outputs))

    @property
    def is_chain(self) -> bool:
        """Whether each layer reads what the one before it gave, and nothing else."""
        ends = [self.inputs, *(call.outputs for call in self.calls)]
        in_line = all(call.inputs == end for call, end in zip(self.calls, ends, strict=False))
        return in_line and self.outputs == ends[-1] and all(len(end) == 1 for end in ends)

    def layers(self) -> list[Any]:
        """Each layer once, in the order of its first call."""
        return list({id(call.layer): call.layer for call in self.calls}.values())

    def by_depth(self, entries: Sequence[Any]) -> list[Any]:
        """The entries and the layers as Keras orders them, and names the arrays of a file: by the longest way to an
        output, and within that as they are met from the outputs back."""
        calls = {wire: call for call in self.calls for wire in call.outputs}
        layers = dict(zip(self.inputs, entries, strict=True)) | {wire: call.layer for wire, call in calls.items()}
        order = _from_the_ends(self.outputs, lambda wire: calls[wire].inputs if wire in calls else ())
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
    """What a walk from the ends of a graph finds: `met`, in the order of first meeting; `back`, each before all that it
    reads; and the length of the longest way from each to an end."""

    met: list[T]
    back: list[T]
    depths: dict[T, int]


def _from_the_ends(ends: Sequence[T], sources: Callable[[T], Sequence[T]]) -> _Order[T]:
    """The order of everything that the ends are made from."""
    met, done, finished = list[T](), list[T](), set[T]()
    for end in ends:
        ways = [] if end in finished else [(end, iter(sources(end)))]
        met += [end] if ways else []
        finished.add(end)
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


def nodes_between(where: str, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> list[Node]:
    """The calls between these tensors, in the order in which they are computed."""
    known = set(inputs)
    order = _from_the_ends(outputs, lambda tensor: () if tensor in known else tensor.node.inputs)
    for tensor in order.met:
        if tensor not in known and not tensor.node.inputs and not tensor.node.way.gives_weights:
            told = [f"another {t.name!r}" if t.name == tensor.name else repr(t.name) for t in inputs]
            raise InvalidArgument(
                f"{where}, argument inputs", f"every input that the output needs, {tensor.name!r} among them",
                Told(", ".join(told) or "none"),
            )  # fmt: skip
    depths: dict[Node, int] = {}
    for tensor in order.met:
        if tensor not in known:
            depths[tensor.node] = max(order.depths[tensor], depths.get(tensor.node, 0))
    return sorted(depths, key=lambda node: -depths[node])


@dataclass(frozen=True, eq=False)
class Step:
    """One use of a layer that is no model.

    path: whose parameters, "inner/dense"; a layer that is used twice has one. label: this very use, "inner/dense", then
    "inner/dense#2". numbers: whose random numbers, the places of the call in each model on the way; every use draws
    its own. training: as of a call, the outermost that says so. masks: for a layer that asks which numbers of its
    inputs count, the wires that say so, None where all do.
    """

    layer: Any
    path: str
    label: str
    numbers: tuple[int, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    training: bool | None = None
    masks: tuple[int | None, ...] = ()

    def trains(self, training: bool) -> bool:
        """Whether the layer behaves as in training, where the model does or does not."""
        return training if self.training is None else self.training


@dataclass(frozen=True)
class Wiring:
    """The steps of a network, models within it unfolded, in the order in which they run."""

    inputs: tuple[int, ...]
    steps: tuple[Step, ...]
    outputs: tuple[int, ...]
    masks: tuple[int | None, ...] = ()  # of each output, the wire that says which of its numbers count

    @property
    def masked(self) -> bool:
        """Whether some output has a mask."""
        return any(mask is not None for mask in self.masks)

    @cached_property
    def predicting(self) -> tuple[Step, ...]:
        """The steps of a prediction: without those that compute a mask which only losses and metrics ask for."""
        return tuple(needed(self.steps, (), lambda step: not step.layer.learns_by_mask))

    @cached_property
    def answering(self) -> tuple[Step, ...]:
        """The steps that the outputs of a prediction need: without masks that only losses ask for, and without the
        losses and assignments of a `call`; and what is remembered for the next batch."""
        wanted, found = set[int | None](self.outputs), list[Step]()
        for step in reversed(self.steps):
            if wanted & set(step.outputs) or step.layer.memory is not None:
                asks = step.trains(False) or not step.layer.learns_by_mask
                wanted |= {*step.inputs, *(step.masks if asks else ())}
                found.append(step)
        return tuple(found[::-1])

    @cached_property
    def owners(self) -> dict[str, Any]:
        """The layer of each path."""
        layers = ((step.path, step.layer) for step in self.steps)
        return {path: layer if layer.belongs_to is None else layer.belongs_to for path, layer in layers}

    @cached_property
    def is_chain(self) -> bool:
        """Whether data take one way only: every step reads what the one before it gave, and no layer is used twice."""
        ends = [self.inputs, *(step.outputs for step in self.steps)]
        in_line = all(step.inputs == end for step, end in zip(self.steps, ends, strict=False))
        once = len(self.owners) == len(self.steps) and all(len(end) == 1 for end in ends)
        return once and in_line and self.outputs == ends[-1]

    @cached_property
    def draws(self) -> bool:
        """Whether there are random numbers in a prediction, too."""
        return any(step.training or step.layer.draws for step in self.steps)

    @cached_property
    def read(self) -> frozenset[int]:
        """The wires that some step reads."""
        return frozenset(wire for step in self.steps for wire in step.inputs if not step.layer.is_mask)

    def last(self, wire: int) -> Step | None:
        """The step that gives an output which nothing else of the network looks at; None where something does."""
        if wire in self.read or self.outputs.count(wire) > 1:
            return None
        return next((step for step in self.steps if step.outputs == (wire,)), None)

    def before(self, step: Step) -> list[Step]:
        """The steps that give what this one reads."""
        return [other for other in self.steps if set(other.outputs) & set(step.inputs)]


def any_of(masks: Iterable[int | None]) -> bool:
    """Whether there is one among them."""
    return any(mask is not None for mask in masks)


def needed(
    steps: Sequence[Step], masks: Iterable[int | None], asks: Callable[[Step], bool] = lambda step: True
) -> list[Step]:
    """The steps without those that compute a mask which nobody asks for; asks: whether a step that is told one does."""
    wanted, found = set(masks), list[Step]()
    for step in reversed(steps):
        if step.layer.is_mask and not wanted & set(step.outputs):
            continue
        wanted |= {*step.inputs, *(step.masks if asks(step) else ())}
        found.append(step)
    return found[::-1]
