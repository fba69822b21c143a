"""Sequential: one layer after another.     x → layer 1 → layer 2 → ... → y, and backwards dy → ... → dx."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .. import checks
from ..arrays import Shape, fits
from ..errors import InvalidArgument, ShapeError, WrongType, of_others
from ..layers import InputLayer, Layer
from ..layers import layers as layer_family
from ..layers.composite import Composite
from ..layers.naming import name_apart
from ..layers.way import ONE
from ..layers.ways import Ways
from ..wiring import Graph, Tensor
from .model import Model
from .turns import alone
from .vectors import not_built


@layer_family.add()
class Sequential(Model):
    """A stack of layers, each fed by the one before.

    >>> from pellucid.layers import Dense
    >>> model = Sequential([Dense(3, activation="relu", input_shape=(2,)), Dense(1)], seed=0)
    >>> model.predict([[1.0, 2.0]], verbose=0).shape
    (1, 1)

    seed: where the initial weights, the shuffling and the dropout come from. Without it, every model differs (unless
    `set_random_seed` was called); with it, the same seed gives the same bits. Keras has no such argument.
    """

    keras_module = "keras"

    def __init__(
        self,
        layers: Sequence[Layer] | None = None,
        trainable: bool = True,
        name: str | None = None,
        seed: int | None = None,
    ) -> None:
        self._stack: list[Layer] = []
        self._graph = Graph.chain([])
        super().__init__(name=name, trainable=trainable, seed=seed)
        self._input: InputLayer | None = None
        for layer in layers if isinstance(layers, list | tuple) else [] if layers is None else [layers]:
            self._push(layer)
        self._settle()

    @property
    def graph(self) -> Graph:
        return self._graph

    @alone
    def add(self, layer: Layer, rebuild: bool = True) -> None:
        """Put a layer on top; the layers below keep their weights."""
        self._push(layer)
        self._settle()

    @alone
    def pop(self, rebuild: bool = True) -> Layer:
        """Take the last layer off and return it."""
        if not self._stack:
            raise InvalidArgument(f"model {self.name!r}, pop", "at least one layer", 0)
        layer = self._stack.pop()
        self._settle()
        return layer

    def _push(self, layer: Any) -> None:
        if isinstance(layer, Tensor) and isinstance(layer.node.layer, InputLayer):
            layer = layer.node.layer
        if not isinstance(layer, Layer):
            raise WrongType(f"model {self.name!r}, add", "a layer such as Dense(10)", layer, of_others(layer))
        if isinstance(layer, InputLayer):
            if self._stack:
                raise InvalidArgument(f"model {self.name!r}, add", "Input before all other layers", layer)
            self._input = layer
            return
        if layer is self or (isinstance(layer, Composite) and layer.contains(self)):
            raise InvalidArgument(f"model {self.name!r}, add", "a layer that is not the model itself", layer)
        if isinstance(layer, Ways):
            layer._become(ONE)
        if layer.takes_many or layer.gives_many:
            raise InvalidArgument(
                f"model {self.name!r}, add",
                "layers with one input and one output",
                layer,
                "Use Model(inputs, outputs).",
            )
        if any(layer is other for other in self._stack):
            raise InvalidArgument(
                f"model {self.name!r}, add", "each layer once", layer,
                "Make a second layer, or call this one twice in a Model(inputs, outputs).",
            )  # fmt: skip
        name_apart(self, layer, {other.name for other in self._stack}, "add")
        self._stack.append(layer)

    # Building ----------------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Build where the input's shape is known; after a change, build anew and keep the weights there are."""
        shape = self._known_shape()
        self._graph, self._wiring, self._ends = Graph.chain(self._stack), None, None
        self.shape, self.owner, self.p = None, None, {}
        if shape is not None and self._stack:
            self.build((None, *shape))

    @property
    def input_dtypes(self) -> tuple[str, ...]:
        if self._input is not None:
            return (self._input.enters_in(self.dtype),)
        return (self._stack[0].first_dtype if self._stack else self.dtype,)

    @property
    def first_dtype(self) -> str:
        return self.input_dtypes[0]

    def dtype_of(self, i: int, data: Any) -> str:
        return self.input_dtypes[0]

    def told_inputs(self) -> Sequence[InputLayer]:
        return [] if self._input is None else [self._input]

    def _known_shape(self) -> Shape | None:
        if self._input is not None:
            return self._input.declared_shape
        if not self._stack:
            return None
        return self._stack[0].known_input_shape()

    def _entries(self) -> list[Tensor]:
        return super()._entries() if self._input is None else [self._input.tensor()]

    def known_input_shape(self) -> Shape | None:
        return self._known_shape()

    def build(self, input_shape: Sequence[int | None] | None = None) -> None:
        """Make the parameters for inputs (None, ...)."""
        if self.built:
            return
        shape = self._known_shape()
        if input_shape is not None:
            given = checks.batch_shape(f"model {self.name!r}, build, argument input_shape", input_shape)
            if shape is not None and not fits(given, shape):
                raise ShapeError(f"model {self.name!r}, build", f"shape {(None, *shape)}", (None, *given))
            shape = shape or given
        if shape is None:
            raise not_built(self.name, "build")
        if self._stack:
            self._stack[0].meet_dtypes(self.input_dtypes)
        self.output_shapes_for(shape)
        self.shape = shape
        self.gather()
        self.ends()  # so that each layer knows its tensors

    def output_shapes_for(self, *shapes: Shape) -> tuple[Shape, ...]:
        if not self._stack:
            raise InvalidArgument(f"model {self.name!r}, build", "at least one layer", 0, "Call add(Dense(...)).")
        return super().output_shapes_for(*shapes)

    # Config ------------------------------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """Keras's form: the input, then each layer with its own config."""
        saved = [layer_family.serialize(layer) for layer in self._stack]
        shape = self._known_shape() or self.shape
        if shape is not None:
            saved.insert(0, layer_family.serialize(self._input or InputLayer(shape, dtype=self.input_dtypes[0])))
        config: dict[str, Any] = {"name": self.name, "trainable": self.trainable, "dtype": self.dtype, "layers": saved}
        return config if shape is None else {**config, "build_input_shape": [None, *shape]}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Sequential:
        """The model that a config describes, with fresh weights."""
        stack = [layer_family.deserialize(saved, custom_objects) for saved in config.get("layers", ())]
        model = cls(stack, trainable=config.get("trainable", True), name=config.get("name"))
        if config.get("build_input_shape") and not model.built:
            model.build(config["build_input_shape"])
        return model
