"""How `call` becomes a graph: it is run on tensors, once as in training and once as in prediction, and what it did both
times is one graph. Where it did different things, the graph has both, and the step `ByPhase` takes one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from ..arrays import Array, Arrays, Shape, Whole
from ..errors import InvalidArgument, Told, WrongType
from ..program import Buffer, Program
from ..rng import Key
from ..wiring import Call, Graph, Node, Tensor, nodes_between
from .added_loss import AddedLoss
from .base import Layer
from .drawing import Scene, Seeds, scene
from .form import Form, Place, taken_apart
from .lending import Assigned, Lent
from .merging import Joining
from .own_weights import Weights


@dataclass
class Trace:
    """What `call` did to tensors: its calls in the order in which they were made, and with what it ended."""

    entries: list[Tensor]
    exits: list[Tensor]
    form: Form  # of what it gave
    nodes: list[Node]


def trace(where: str, entries: list[Tensor], call: Callable[[], Any], seeds: Seeds, own: Weights) -> Trace:
    """Run `call`, and see what it did to these tensors.

    seeds: those that its layer has taken from generators. own: what gives its layer's own weights."""
    with scene(Scene(entries, seeds, own)) as running:
        form, exits = taken_apart(call(), lambda one: isinstance(one, Tensor))
    plain = _leaf_that_is_no_tensor(form)
    if plain or not exits:
        raise WrongType(f"{where}, call", "tensors alone as what it returns", *plain or [None])
    for tensor in exits:
        if isinstance(tensor.sample, Whole):
            raise InvalidArgument(
                f"{where}, call", "to return tensors whose first axis is the batch", Told(f"shape {tensor.shape}"),
                "Leave axis 0 alone: reduce over axis=1 and the following.",
            )  # fmt: skip
    nodes = sorted(nodes_between(where, entries, [*exits, *running.ends]), key=lambda node: node.number)
    for node in nodes:
        if node in node.layer._nodes:
            node.layer._nodes.remove(node)  # what a layer does within another is not where it stands in a graph
    return Trace(entries, exits, form, nodes)


def _leaf_that_is_no_tensor(form: Form) -> list[Any]:
    """The first thing in what `call` returned that is neither a tensor nor made of them."""
    if isinstance(form, Place):
        return []
    if isinstance(form, Mapping | list | tuple):
        inside = form.values() if isinstance(form, Mapping) else form
        return next((found for one in inside if (found := _leaf_that_is_no_tensor(one))), [])
    return [form]


def joined_graph(where: str, trained: Trace, predicted: Trace, kept: Iterable[Layer], own: Weights) -> Graph:
    """One graph of both. kept: the layers that are attributes, or in lists and dicts that are."""
    if trained.form != predicted.form:
        raise InvalidArgument(f"{where}, call", "what it returns to have one form", Told("two"))
    found = {id(node.layer) for node in trained.nodes} & {id(node.layer) for node in predicted.nodes}
    merging = _Merging(where, found | {id(layer) for layer in kept}, len(trained.entries), own)
    for trace in (trained, predicted):
        merging.wires |= zip(trace.entries, range(len(trace.entries)), strict=True)
    for a, b in _aligned(trained.nodes, predicted.nodes, merging.likeness):
        merging.add(a, b)
    exits = [merging.meeting(a, b) for a, b in zip(trained.exits, predicted.exits, strict=True)]
    return Graph(tuple(range(len(trained.entries))), tuple(merging.calls), tuple(exits))


def same_graph(a: Graph, b: Graph) -> bool:
    """Whether two graphs do the same, to inputs of different shapes."""
    return (a.inputs, a.outputs, len(a.calls)) == (b.inputs, b.outputs, len(b.calls)) and all(
        (one.inputs, one.outputs, one.training) == (other.inputs, other.outputs, other.training)
        and (one.way is other.way or one.way.likeness == other.way.likeness)
        for one, other in zip(a.calls, b.calls, strict=True)
    )


def _aligned(
    a: Sequence[Node], b: Sequence[Node], likeness: Callable[[Node], Any]
) -> Iterator[tuple[Node | None, Node | None]]:
    """Each call of both, and the two together that do the same."""
    keys_a, keys_b = ([likeness(node) for node in nodes] for nodes in (a, b))
    if keys_a == keys_b:
        yield from zip(a, b, strict=True)
        return
    from difflib import SequenceMatcher  # here, so that importing the library stays quick

    for tag, i, k, j, m in SequenceMatcher(None, keys_a, keys_b, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from zip(a[i:k], b[j:m], strict=True)
        else:
            yield from ((node, None) for node in a[i:k])
            yield from ((None, node) for node in b[j:m])


class _Merging:
    """What is known while the calls of training and of prediction become one graph."""

    def __init__(self, where: str, found: set[int], inputs: int, own: Weights) -> None:
        self.own = own  # what gives the weights of the layer whose `call` it is
        self.where, self.found, self.next = where, found, inputs  # found: the layers that `call` does not make itself
        self.calls: list[Call] = []
        self.wires: dict[Tensor, int] = {}

    def likeness(self, node: Node) -> Any:
        """What makes two calls the same: the layer, or for one that `call` makes anew, what it is."""
        layer = node.layer
        if id(layer) in self.found:
            return id(node.way)
        if layer.is_layer and node.way.specs_for(*(tensor.sample for tensor in node.inputs)):
            raise InvalidArgument(
                f"{self.where}, call", "layers with parameters that are made in __init__ or build",
                Told(f"{layer.name!r}, which call made"), "Keep it as an attribute: self.dense = Dense(3).",
            )  # fmt: skip
        return layer.likeness, None if node.another is None else node.another.likeness

    def add(self, trained: Node | None, predicted: Node | None) -> None:
        """A call that both make, or one of them."""
        node = trained or predicted
        assert node is not None
        inputs = [self.meeting(a, b) for a, b in zip_longest((trained or node).inputs, (predicted or node).inputs)]
        # moving averages do not move where only prediction goes
        training = self.told(trained, predicted) if trained and predicted else None if trained else False
        if isinstance(node.layer, AddedLoss | Assigned):
            training, node.layer.only = None, None if trained and predicted else trained is not None
        layer: Layer = node.layer
        if isinstance(layer, Weights) and layer is not self.own:
            layer, inputs = Lent(layer, layer.asked), [0]
        outputs = self.fresh(len(node.outputs))
        self.calls.append(Call(layer, tuple(inputs), outputs, node.number, training, node.another))
        for one in (trained, predicted):
            if one is not None:
                self.wires |= zip(one.outputs, outputs, strict=True)
        if isinstance(layer, Assigned) and layer.weight in self.wires:
            self.overwrite(layer, outputs[0])

    def overwrite(self, layer: Assigned, wire: int) -> None:
        """From now on whoever reads the weight reads what was assigned, in the phase in which it was."""
        before = self.wires[layer.weight]
        if layer.only is not None:
            both = (wire, before) if layer.only else (before, wire)
            (wire,) = self.fresh(1)
            self.calls.append(Call(ByPhase(), both, (wire,)))
        self.wires[layer.weight] = wire

    def told(self, trained: Node, predicted: Node) -> bool | None:
        """Whether a layer was told `training`; None where it was passed on, or nothing was said."""
        a, b = trained.training, predicted.training
        if a is False and b is True:
            raise InvalidArgument(
                f"{self.where}, call", f"layer {node_name(trained)!r} to train where the model trains",
                Told("the reverse"),
            )  # fmt: skip
        return a if a == b else None

    def meeting(self, trained: Tensor, predicted: Tensor) -> int:
        """The wire of a tensor; of two, that of the one that the phase chooses."""
        a, b = self.wires[trained], self.wires[predicted]
        if a == b:
            return a
        outputs = self.fresh(1)
        self.calls.append(Call(ByPhase(), (a, b), outputs))
        return outputs[0]

    def fresh(self, count: int) -> tuple[int, ...]:
        self.next += count
        return tuple(range(self.next - count, self.next))


def node_name(node: Node) -> str:
    """The name of the layer that was called."""
    return str(node.layer.name)


class ByPhase(Joining):
    """y = x₁ in training, x₂ in prediction: where the two ways of a `call` that asks for `training` meet."""

    formula = "y = x1 in training, x2 in prediction"
    formula_back = "dx1 = dy in training, dx2 = dy in prediction"
    is_layer = False
    takes_whole = True

    def output_shape_for(self, *shapes: Shape) -> Shape:
        if shapes[0] != shapes[1]:
            raise InvalidArgument(
                f"layer {self.name!r}", "one shape in training and in prediction", Told(f"{shapes[0]} and {shapes[1]}")
            )
        return shapes[0]

    def forward(self, p: Arrays, *xs: Array, training: bool, rng: Key) -> tuple[Array, Any]:
        return xs[0 if training else 1], training

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Any, dict[str, Array]]:
        return ((dy, None) if cache else (None, dy)), {}

    def lower(self, code: Program, *xs: Buffer) -> Buffer:
        trains = code.trains
        code.back(lambda dy, wanted: (dy, None) if trains else (None, dy))
        return xs[0 if trains else 1]


def layers_in(held: Any, met: set[int] | None = None) -> Iterator[Layer]:
    """The layers among attributes, and in lists, tuples and dicts of them."""
    met = set() if met is None else met
    if isinstance(held, Layer):
        if held.is_layer:
            yield held
    elif isinstance(held, Mapping | list | tuple | set) and id(held) not in met:
        met.add(id(held))
        for one in held.values() if isinstance(held, Mapping) else held:
            yield from layers_in(one, met)
