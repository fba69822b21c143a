"""Functional: a model that is a graph, from input tensors to output tensors."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from functools import partial
from typing import Any

from ..arrays import Shape, Whole, with_batch
from ..errors import FileError, InvalidArgument, PellucidError, ShapeError, Told, WrongType
from ..layers import InputLayer, Layer
from ..layers import layers as layer_family
from ..layers.connecting import by_name
from ..layers.naming import name_all
from ..layers.traced import Traced
from ..ops.saving import is_saved_op, saved_op_called
from ..wiring import Graph, Tensor, tensors_in
from .model import Model

WHERE = "Model"


@layer_family.add()
class Functional(Model):
    """The model between tensors: `Model(inputs, outputs)` makes one.

    inputs: a tensor, or a list, tuple or dict of them; those that `Input` gives, or any in the middle of a graph, which
    then begins there. outputs: likewise; the model gives its outputs in that form. Layers are shared with every other
    model that has them: training one trains the other.

    Several inputs, targets, losses, metrics and weights are given in a list, or in a dict by the names of the inputs
    and outputs, or by their keys where the model was made with a dict. An output's name is that of its layer.

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
        entries, exits = _tensors("inputs", inputs), _tensors("outputs", outputs)
        for argument, tensors in (("inputs", entries), ("outputs", exits)):
            if (whole := next((t for t in tensors if isinstance(t.sample, Whole)), None)) is not None:
                raise ShapeError(
                    f"{WHERE}, argument {argument}", "tensors with a batch axis in front", whole.shape,
                    f"{whole.name!r} is one for all samples: name the axes without axis 0.",
                )  # fmt: skip
        if len(set(entries)) != len(entries):
            raise InvalidArgument(f"{WHERE}, argument inputs", "each input once", [t.name for t in entries])
        self._graph = Graph.between(WHERE, entries, exits)
        self._keys = _keys(inputs), _keys(outputs)
        self._tuple = isinstance(outputs, tuple)
        self._inputs = [_input_of(tensor) for tensor in entries]
        super().__init__(name=name, seed=seed)
        self.takes_many = len(entries) > 1 or self._keys[0] is not None
        self.gives_many = len(exits) > 1 or self._keys[1] is not None
        self._ends = entries, exits
        name_all(self, [self._graph], self._inputs)
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
    def members(self) -> list[Layer]:
        """The inputs, layers and ops, in Keras's order: the farther from the output, the earlier."""
        return self._graph.by_depth(self._inputs)

    @property
    def input_dtypes(self) -> tuple[str, ...]:
        return tuple(layer.enters_in(self.dtype) for layer in self._inputs)

    def dtype_of(self, i: int, data: Any) -> str:
        return self.input_dtypes[i]

    @property
    def input_names(self) -> list[str]:
        return self._keys[0] or [layer.name for layer in self._inputs]

    @property
    def output_names(self) -> list[str]:
        return super().output_names if self._keys[1] is None else self._keys[1]

    def in_form(self, outputs: Sequence[Any]) -> Any:
        """Outputs as the model was made with them: one, or a list, tuple or dict."""
        if self._keys[1] is not None:
            return dict(zip(self._keys[1], outputs, strict=True))
        return tuple(outputs) if self.gives_many and self._tuple else super().in_form(outputs)

    def __call__(self, x: Any, training: bool | None = None, mask: Any = None) -> Any:
        return super().__call__(self._put_in_order(x), training, mask)

    def _put_in_order(self, x: Any) -> Any:
        """What the model is called on, in the order of its inputs; what stands alone in a list or a dict by itself."""
        where, names = f"model {self.name!r}, input", self.input_names
        given = by_name(where, x, names)
        if not isinstance(given, list | tuple):
            return given
        if self.takes_many and len(given) != len(names):
            wanted = f"{len(names)} arrays, in a list or by name: {', '.join(names)}"
            raise InvalidArgument(where, wanted, Told(f"a list of {len(given)}"))
        alone = len(given) == 1 and not self.takes_many
        whole = alone and len(getattr(given[0], "shape", ())) == len(self.shape or ()) + 1  # one row has an axis less
        return given[0] if whole else given

    def _entries(self) -> list[Tensor]:
        return [layer.tensor() for layer in self._inputs]

    def build(self, input_shape: Any = None) -> None:
        """Nothing: a graph is built when it is made."""

    # Config ------------------------------------------------------------------------------------------------------

    def told_inputs(self) -> Sequence[InputLayer]:
        return self._inputs

    def get_config(self) -> dict[str, Any]:
        """Keras's form: each layer with its config and the tensors it is called on."""
        places = {wire: [layer.name, 0, 0] for wire, layer in zip(self._graph.inputs, self._inputs, strict=True)}
        tensors = dict(zip(self._graph.inputs, self.sample_shapes, strict=True))
        nodes: dict[int, list[Any]] = {}
        masks: dict[int, Any] = {}  # of the wires that have a mask which a call named
        for call in self._graph.calls:
            if call.layer.attaches_mask:
                x, mask = call.inputs
                tensors[call.outputs[0]], places[call.outputs[0]] = tensors[x], places[x]
                masks[call.outputs[0]] = _saved_tensor(tensors[mask], "bool", places[mask])
                continue
            mine = nodes.setdefault(id(call.layer), [])
            given = [_saved_tensor(tensors[wire], self.dtype, places[wire]) for wire in call.inputs]
            node = call.way.saved_call(given)
            if call.training is not None:
                node["kwargs"]["training"] = call.training
            if any(wire in masks for wire in call.inputs):
                node["kwargs"]["mask"] = call.way.saved_mask([masks.get(wire) for wire in call.inputs])
            shapes = call.way.output_shapes_for(*(tensors[wire] for wire in call.inputs))
            tensors |= zip(call.outputs, shapes, strict=True)
            places |= {wire: [call.layer.name, len(mine), i] for i, wire in enumerate(call.outputs)}
            mine.append(node)
        saved = [
            {**layer.family.serialize(layer), "name": layer.name, "inbound_nodes": nodes.get(id(layer), [])}
            for layer in self.members
            if not layer.attaches_mask
        ]
        models = {layer.name for layer in self.members if isinstance(layer, Functional)}
        entries, exits = (
            [_end(places[wire], models, 1) for wire in wires] for wires in (self._graph.inputs, self._graph.outputs)
        )
        inputs, outputs = (self._keys[0] or self.takes_many), (self._keys[1] or self.gives_many)
        return {
            "name": self.name, "trainable": self.trainable, "layers": saved,
            "input_layers": _in_form(entries, inputs), "output_layers": _in_form(exits, outputs),
        }  # fmt: skip

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Functional:
        """The model that a config describes, with fresh weights."""
        try:
            tensors = _rebuilt(config["layers"], custom_objects)
            inputs, outputs = (_found(config[f"{end}_layers"], tensors) for end in ("input", "output"))
        except (KeyError, TypeError, IndexError, ValueError) as problem:
            if isinstance(problem, PellucidError):
                raise
            raise FileError(
                "Functional.from_config", "layers, each called on the outputs of others", Told(repr(problem))
            ) from problem
        made = cls.__new__(cls)  # a class of one's own has a constructor of its own
        Functional.__init__(made, inputs, outputs, name=config.get("name"), trainable=config.get("trainable", True))
        return made


Model.functional = Functional


def _tensors(argument: str, given: Any) -> list[Tensor]:
    """The tensors with which a model begins, or ends."""
    tensors = tensors_in(list(given.values()) if isinstance(given, Mapping) else given) or []
    if not tensors or not all(isinstance(tensor, Tensor) for tensor in tensors):
        raise WrongType(
            f"{WHERE}, argument {argument}",
            "a tensor, or a list, tuple or dict of them, as Input and layers called on it give", given,
            "A class of your own that is no graph writes call(self, x)." if given is None else "",
        )  # fmt: skip
    return tensors


def _keys(given: Any) -> list[str] | None:
    """The names under which inputs or outputs are given in a dict."""
    return [str(key) for key in given] if isinstance(given, Mapping) else None


def _input_of(tensor: Tensor) -> InputLayer:
    """The layer with which a graph begins at this tensor."""
    layer = tensor.node.layer
    return layer if isinstance(layer, InputLayer) else InputLayer(tensor.sample, dtype=tensor.dtype)


# Keras's saved form: a tensor is the output of the nth call of a layer of that name.

Place = tuple[str, int, int]


def _saved_tensor(shape: Shape, dtype: str, place: Sequence[Any]) -> dict[str, Any]:
    config = {"shape": list(with_batch(shape)), "dtype": dtype, "keras_history": list(place)}
    return {"class_name": "__keras_tensor__", "config": config}


def _place(saved: Sequence[Any]) -> Place:
    name, node, output = saved
    return str(name), int(node), int(output)


def _end(saved: Sequence[Any], models: Container[str], more: int) -> list[Any]:
    """A place where a graph begins or ends. There Keras counts the calls of a model that is a graph from 1 on, for in
    its memory the first is the model itself; everywhere else from 0 on."""
    name, node, output = _place(saved)
    return [name, node + more if name in models else node, output]


def _in_form(places: Sequence[Any], form: Any) -> Any:
    """Places as a config has them: one, a list, or by the keys that there are."""
    return dict(zip(form, places, strict=True)) if isinstance(form, list) else list(places) if form else places[0]


def _found(saved: Any, tensors: Mapping[Place, Tensor]) -> Any:
    """The tensors at one end of the graph, at each of a list of ends, or at each of a mapping."""
    models = {place[0] for place, tensor in tensors.items() if isinstance(tensor.node.layer, Functional)}

    def at(place: Sequence[Any]) -> Tensor:
        return tensors[_place(_end(place, models, -1))]

    if isinstance(saved, Mapping):
        return {key: at(place) for key, place in saved.items()}
    return at(saved) if isinstance(saved[0], str) else [at(place) for place in saved]


Made = Callable[[Mapping[Place, Tensor]], Sequence[Tensor]]  # a call's outputs, once what it reads is there
Call = tuple[str, int, list[Place], Made]


def _sources(args: Any) -> list[Place]:
    """The places of the tensors in the saved arguments of a call."""
    if isinstance(args, Mapping):
        if args.get("class_name") == "__keras_tensor__":
            return [_place(args["config"]["keras_history"])]
        args = list(args.values())
    return [place for one in args for place in _sources(one)] if isinstance(args, list | tuple) else []


def _calls(
    entry: Mapping[str, Any], custom_objects: Mapping[str, Any] | None, tensors: dict[Place, Tensor]
) -> list[Call]:
    """The calls of a saved layer, or of an op, that are still to be made."""
    is_op = is_saved_op(entry)
    layer = None if is_op else layer_family.deserialize(entry, custom_objects)
    if isinstance(layer, InputLayer):
        tensors[layer.name, 0, 0] = layer.tensor()
    calls: list[Call] = []
    for n, node in enumerate(entry["inbound_nodes"]):
        args, kwargs = node.get("args", ()), node.get("kwargs") or {}
        named = kwargs if layer is None or isinstance(layer, Traced) else _named(layer, kwargs)
        places = _sources([args, named])
        call = partial(_op_called, entry, n) if is_op else partial(_layer_called, layer, args, kwargs, places)
        calls.append((entry["name"], n, places, call))
    return calls


def _named(layer: Any, kwargs: Mapping[str, Any]) -> list[Any]:
    """The saved arguments that tensors may be given by: further inputs, and the mask."""
    told = [kwargs.get("mask")] if layer.takes_mask else []
    return [*(kwargs.get(name) for name in layer.tensor_arguments), *told]


def _layer_called(
    layer: Any, args: Any, kwargs: Mapping[str, Any], places: Sequence[Place], tensors: Mapping[Place, Tensor]
) -> Sequence[Tensor]:
    training = kwargs.get("training") if isinstance(kwargs.get("training"), bool) else None
    if isinstance(layer, Traced):
        rest = {key: value for key, value in kwargs.items() if key != "training"}
        return layer.called_with(_filled(list(args), tensors), _filled(rest, tensors), training)
    further = [kwargs.get(name) for name in layer.tensor_arguments]
    tensors_given = [tensors[place] for place in _sources([args, further])]
    mask = _filled(kwargs.get("mask"), tensors) if layer.takes_mask else None
    given = tensors_given if mask is None else layer.attached(tensors_given, mask)
    return list(layer.called_on(given, training))


def _filled(args: Any, tensors: Mapping[Place, Tensor]) -> Any:
    """Saved arguments with the tensors in their places."""
    if isinstance(args, Mapping):
        if args.get("class_name") == "__keras_tensor__":
            return tensors[_place(args["config"]["keras_history"])]
        return {key: _filled(value, tensors) for key, value in args.items()}
    return [_filled(one, tensors) for one in args] if isinstance(args, list) else args


def _op_called(entry: Mapping[str, Any], n: int, tensors: Mapping[Place, Tensor]) -> Sequence[Tensor]:
    return saved_op_called(entry, n, lambda saved: tensors[_place(saved)])


def _rebuilt(saved: Sequence[Mapping[str, Any]], custom_objects: Mapping[str, Any] | None) -> dict[Place, Tensor]:
    """All tensors of a saved graph, by the layers called: each call once its inputs are there."""
    tensors: dict[Place, Tensor] = {}
    waiting = [call for entry in saved for call in _calls(entry, custom_objects, tensors)]
    while waiting:
        ready = [call for call in waiting if all(place in tensors for place in call[2])]
        if not ready:
            name, n, places, _ = waiting[0]
            raise InvalidArgument(f"layer {name!r}, call {n}", "inputs that the graph gives", Told(str(places)))
        for name, n, _, call in ready:
            tensors |= {(name, n, i): tensor for i, tensor in enumerate(call(tensors))}
        waiting = [call for call in waiting if call not in ready]
    return tensors
