"""Functional: a model that is a graph, from input tensors to an output tensor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import FileError, InvalidArgument, PellucidError, Told, WrongType
from ..layers import InputLayer, Layer
from ..layers import layers as layer_family
from ..wiring import Graph, Tensor, tensors_in
from .model import Model

WHERE = "Model"


@layer_family.add()
class Functional(Model):
    """The model between tensors: `Model(inputs, outputs)` makes one.

    inputs: a tensor, or a list of them; those that `Input` gives, or any in the middle of a graph, which then begins
    there. outputs: a tensor. Layers are shared with every other model that has them: training one trains the other.

    >>> from pellucid.layers import Add, Dense, Input
    >>> x = Input((4,))
    >>> h = Dense(4, activation="relu")(x)
    >>> model = Model(x, Dense(1)(Add()([x, h])), seed=0)
    >>> model.predict([[1.0, 2.0, 3.0, 4.0]], verbose=0).shape
    (1, 1)
    """

    keras_module = "keras.src.models.functional"

    def __init__(
        self,
        inputs: Any = None,
        outputs: Any = None,
        name: str | None = None,
        trainable: bool = True,
        seed: int | None = None,
    ) -> None:
        entries, output = _ends(inputs, outputs)
        self._graph = Graph.between(WHERE, entries, output)
        self._inputs = [_input_of(tensor) for tensor in entries]
        super().__init__(name=name, seed=seed)
        self.takes_many = len(entries) > 1
        self._tensors = entries, output
        self._name_all()
        shapes: Any = tuple(tensor.sample for tensor in entries)
        self.shape = shapes if self.takes_many else shapes[0]
        for layer, tensor in zip(self._inputs, entries, strict=True):
            layer.shape = tensor.sample
        self.gather()
        if not trainable:
            self.trainable = False

    @property
    def graph(self) -> Graph:
        return self._graph

    @property
    def layers(self) -> list[Layer]:
        """The inputs and layers, in Keras's order: the farther from the output, the earlier."""
        return self._graph.by_depth(self._inputs)

    def _name_all(self) -> None:
        """Layers that their user did not name are numbered in the order in which they were called."""
        taken: set[str] = set()
        layers = [*self._inputs, *(call.layer for call in sorted(self._graph.calls, key=lambda call: call.written))]
        for layer in sorted({id(la): la for la in layers}.values(), key=lambda layer: not layer.named):
            self._name_apart(layer, taken, "layers")
            taken.add(layer.name)

    def build(self, input_shape: Any = None) -> None:
        """Nothing: a graph is built when it is made."""

    # Config ------------------------------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """Keras's form: each layer with its config and the tensors it is called on."""
        places = {wire: [layer.name, 0, 0] for wire, layer in zip(self._graph.inputs, self._inputs, strict=True)}
        tensors = dict(zip(self._graph.inputs, self.sample_shapes, strict=True))
        nodes: dict[int, list[Any]] = {}
        for call in self._graph.calls:
            mine = nodes.setdefault(id(call.layer), [])
            given = [_saved_tensor(tensors[wire], self.dtype, places[wire]) for wire in call.inputs]
            tensors[call.output] = call.layer.output_shape_for(*(tensors[wire] for wire in call.inputs))
            places[call.output] = [call.layer.name, len(mine), 0]
            mine.append({"args": [given] if call.layer.takes_many else given, "kwargs": {}})
        saved = [
            {**layer_family.serialize(layer), "name": layer.name, "inbound_nodes": nodes.get(id(layer), [])}
            for layer in self.layers
        ]
        entries = [places[wire] for wire in self._graph.inputs]
        return {
            "name": self.name, "trainable": self.trainable, "layers": saved,
            "input_layers": entries if self.takes_many else entries[0], "output_layers": places[self._graph.output],
        }  # fmt: skip

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Functional:
        """The model that a config describes, with fresh weights."""
        try:
            tensors = _rebuilt(config["layers"], custom_objects)
            inputs = [tensors[_place(place)] for place in _places(config["input_layers"])]
            outputs = [tensors[_place(place)] for place in _places(config["output_layers"])]
        except (KeyError, TypeError, IndexError, ValueError) as problem:
            if isinstance(problem, PellucidError):
                raise
            raise FileError(
                "Functional.from_config", "layers, each called on the outputs of others", Told(repr(problem))
            ) from problem
        return cls(inputs, outputs, name=config.get("name"), trainable=config.get("trainable", True))


Model.functional = Functional


def _ends(inputs: Any, outputs: Any) -> tuple[list[Tensor], Tensor]:
    """The tensors with which a model begins, and the one with which it ends."""
    found = []
    for argument, given in (("inputs", inputs), ("outputs", outputs)):
        given = list(given.values()) if isinstance(given, Mapping) else given
        tensors = tensors_in(given) or []
        if not tensors or not all(isinstance(tensor, Tensor) for tensor in tensors):
            raise WrongType(f"{WHERE}, argument {argument}", "a tensor, as Input and layers called on it give", given)
        found.append(tensors)
    entries, exits = found
    if len(set(entries)) != len(entries):
        raise InvalidArgument(f"{WHERE}, argument inputs", "each input once", [t.name for t in entries])
    if len(exits) != 1:
        raise InvalidArgument(
            f"{WHERE}, argument outputs", "one tensor, as models with several outputs are not there yet",
            Told(str(len(exits))), "Lay them side by side: Concatenate()([a, b]).",
        )  # fmt: skip
    return entries, exits[0]


def _input_of(tensor: Tensor) -> InputLayer:
    """The layer with which a graph begins at this tensor."""
    layer = tensor.node.layer
    return layer if isinstance(layer, InputLayer) else InputLayer(tensor.sample, dtype=tensor.dtype)


# Keras's saved form: a tensor is the output of the nth call of a layer of that name.

Place = tuple[str, int]


def _saved_tensor(shape: Sequence[int], dtype: str, place: Sequence[Any]) -> dict[str, Any]:
    config = {"shape": [None, *shape], "dtype": dtype, "keras_history": list(place)}
    return {"class_name": "__keras_tensor__", "config": config}


def _place(saved: Sequence[Any]) -> Place:
    name, node, output = saved
    if output != 0:
        raise InvalidArgument(f"layer {name!r}", "one output", Told(f"output {output}"))
    return str(name), int(node)


def _places(saved: Any) -> list[Any]:
    """One place, a list of them, or a mapping, as a list."""
    saved = list(saved.values()) if isinstance(saved, Mapping) else saved
    return [saved] if isinstance(saved[0], str) else list(saved)


def _sources(args: Any) -> list[Place]:
    """The places of the tensors in the saved arguments of a call."""
    if isinstance(args, Mapping):
        if args.get("class_name") == "__keras_tensor__":
            return [_place(args["config"]["keras_history"])]
        args = list(args.values())
    return [place for one in args for place in _sources(one)] if isinstance(args, list | tuple) else []


def _rebuilt(saved: Sequence[Mapping[str, Any]], custom_objects: Mapping[str, Any] | None) -> dict[Place, Tensor]:
    """All tensors of a saved graph, by the layers called: each call once its inputs are there."""
    made: list[tuple[str, Layer, list[list[Place]]]] = []
    tensors: dict[Place, Tensor] = {}
    for entry in saved:
        layer = layer_family.deserialize(entry, custom_objects)
        if isinstance(layer, InputLayer):
            tensors[layer.name, 0] = layer.tensor()
        made.append((entry["name"], layer, [_sources(node.get("args", ())) for node in entry["inbound_nodes"]]))
    waiting = [(name, layer, n, places) for name, layer, calls in made for n, places in enumerate(calls)]
    while waiting:
        ready = [call for call in waiting if all(place in tensors for place in call[3])]
        if not ready:
            name, _, n, places = waiting[0]
            raise InvalidArgument(f"layer {name!r}, call {n}", "inputs that the graph gives", Told(str(places)))
        for name, layer, n, places in ready:
            tensors[name, n] = layer.called_on([tensors[place] for place in places])
        waiting = [call for call in waiting if call not in ready]
    return tensors
