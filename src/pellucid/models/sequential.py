"""Sequential: one layer after another.     x → layer 1 → layer 2 → ... → y, and backwards dy → ... → dx."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from .. import checks
from ..arrays import Array, Arrays, Shape
from ..errors import InvalidArgument, ShapeError, WrongType
from ..layers import InputLayer, Layer, Parameter
from ..layers import layers as layer_family
from ..program import Buffer, Program
from ..registry import snake
from ..rng import Key
from .model import Model
from .network import Network, not_built, prefixed
from .turns import alone


class SequentialCache(NamedTuple):
    """Each layer's cache, its output where an activity regularizer needs it, and the penalty those give."""

    caches: list[Any]
    activities: list[Array | None]
    penalty: float


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
        super().__init__(name=name, trainable=trainable, seed=seed)
        self._input: InputLayer | None = None
        for layer in layers if isinstance(layers, list | tuple) else [] if layers is None else [layers]:
            self._push(layer)
        self._settle()

    @property
    def layers(self) -> list[Layer]:
        return list(self._stack)

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
        if not isinstance(layer, Layer):
            raise WrongType(f"model {self.name!r}, add", "a layer such as Dense(10)", layer)
        if isinstance(layer, InputLayer):
            if self._stack:
                raise InvalidArgument(f"model {self.name!r}, add", "Input before all other layers", layer)
            self._input = layer
            return
        if layer is self or (isinstance(layer, Sequential) and layer.contains(self)):
            raise InvalidArgument(f"model {self.name!r}, add", "a layer that is not the model itself", layer)
        self._refuse_parts_of(layer)
        self._name_apart(layer)
        self._stack.append(layer)

    def _refuse_parts_of(self, layer: Layer) -> None:
        """Refuse what shares a layer with a model that stands here already: it would become two sets of parameters."""
        for part in (layer, *(leaf for _, leaf in layer.leaves())) if isinstance(layer, Network) else (layer,):
            if self.contains(part):
                raise InvalidArgument(
                    f"model {self.name!r}, add", "each layer once, in models within it too", part,
                    "Make a second layer.",
                )  # fmt: skip

    def contains(self, layer: Layer) -> bool:
        """Whether the layer is one of this model's, or of a model in it."""
        return any(la is layer or (isinstance(la, Sequential) and la.contains(layer)) for la in self._stack)

    def _name_apart(self, layer: Layer) -> None:
        taken = {other.name for other in self._stack}
        name, n = layer.name, 0
        if name in taken and layer.named:
            raise InvalidArgument(f"model {self.name!r}, add", "layers of different names", name)
        while name in taken:
            n += 1
            name = f"{snake(type(layer).__name__)}_{n}"
        layer.call_it(name)

    # Building ----------------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Build where the input's shape is known; after a change, build anew and keep the weights there are."""
        shape = self._known_shape()
        self.shape, self.owner, self.p, self.gathered = None, None, {}, False
        if shape is not None and self._stack:
            self.build((None, *shape))

    def _known_shape(self) -> Shape | None:
        if self._input is not None:
            return self._input.declared_shape
        if not self._stack:
            return None
        return self._stack[0].known_input_shape()

    def known_input_shape(self) -> Shape | None:
        return self._known_shape()

    def build(self, input_shape: Sequence[int | None] | None = None) -> None:
        """Make the parameters for inputs (None, ...)."""
        if self.built:
            return
        shape = self._known_shape()
        if input_shape is not None:
            given = checks.batch_shape(f"model {self.name!r}, build, argument input_shape", input_shape)
            if shape is not None and given != shape:
                raise ShapeError(f"model {self.name!r}, build", f"shape {(None, *shape)}", (None, *given))
            shape = given
        if shape is None:
            raise not_built(self.name, "build")
        self.output_shape_for(shape)
        self.shape = shape
        self.gather()

    def bind(self, shape: Shape, p: Mapping[str, Array], owner: object) -> None:
        super().bind(shape, p, owner)
        for layer, s in self._with_shapes(shape):
            layer.bind(s, self.part(p, layer), owner)

    def _with_shapes(self, shape: Shape) -> Iterator[tuple[Layer, Shape]]:
        for layer in self._stack:
            yield layer, shape
            shape = layer.output_shape_for(shape)

    def output_shape_for(self, shape: Shape) -> Shape:
        if not self._stack:
            raise InvalidArgument(f"model {self.name!r}, build", "at least one layer", 0, "Call add(Dense(...)).")
        for layer in self._stack:
            shape = layer.output_shape_for(shape)
        return shape

    def parameters(self, shape: Shape) -> Sequence[Parameter]:
        return [spec for layer, s in self._with_shapes(shape) for spec in prefixed(layer, s)]

    # Forward, and backward under it ------------------------------------------------------------------------------

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, SequentialCache]:
        caches, activities, penalty = [], [], 0.0
        for i, layer in enumerate(self._stack):
            x, cache = layer.forward(self.part(p, layer), x, training=training, rng=rng.fold(i))
            caches.append(cache)
            activities.append(x if layer.activity_regularizer is not None else None)
            if layer.activity_regularizer is not None:
                penalty += layer.activity_regularizer(x) / len(x)
            if isinstance(layer, Sequential):
                penalty += cache.penalty
        return x, SequentialCache(caches, activities, penalty)

    def backward(self, p: Arrays, cache: SequentialCache, dy: Array) -> tuple[Array, dict[str, Array]]:
        return self._backward(p, cache, dy, from_logits=False)

    def backward_from_logits(self, p: Arrays, cache: SequentialCache, dz: Array) -> tuple[Array, dict[str, Array]]:
        return self._backward(p, cache, dz, from_logits=True)

    def _backward(
        self, p: Arrays, cache: SequentialCache, dy: Array, *, from_logits: bool
    ) -> tuple[Array, dict[str, Array]]:
        gradients: dict[str, Array] = {}
        last = self._stack[-1]
        for layer, c, y in reversed(list(zip(self._stack, cache.caches, cache.activities, strict=True))):
            if y is not None:
                dy = dy + layer.activity_regularizer.grad(y) / len(y)
            backward = layer.backward_from_logits if from_logits and layer is last else layer.backward
            dy, found = backward(self.part(p, layer), c, dy)
            gradients |= {f"{layer.name}/{name}": g for name, g in found.items()}
        return dy, gradients

    def lower(self, code: Program, x: Buffer) -> Buffer:
        for i, layer in enumerate(self._stack):
            with code.layer(layer.name, i):
                strides = len(code.tape)
                y = layer.lowered(code, x)
                if len(code.tape) == strides:
                    code.back(lambda dy, wanted: dy)  # it passes as it is
                code.tap(x=x, y=y)
            if layer.activity_regularizer is not None:
                layer.activity_regularizer.lower_activity(code, y)
            if y is x or layer.activity_regularizer is not None:
                code.logits = None  # the loss does not look behind this layer
            x = y
        return x

    def logits(self, cache: SequentialCache) -> tuple[str, Array] | None:
        if not self._stack or cache.activities[-1] is not None:
            return None  # an activity regularizer acts behind the activation
        return self._stack[-1].logits(cache.caches[-1])

    def state_after(self, p: Arrays, cache: SequentialCache) -> dict[str, Array]:
        return {
            f"{layer.name}/{name}": value
            for layer, c in zip(self._stack, cache.caches, strict=True)
            for name, value in layer.state_after(self.part(p, layer), c).items()
        }

    def penalty(self, p: Arrays, cache: SequentialCache) -> float:
        return super().penalty(p, cache) + cache.penalty

    def walk(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> Iterator[tuple[str, Array]]:
        """(layer's path, output) one after another, the way `forward` goes."""
        for i, layer in enumerate(self._stack):
            part, key = self.part(p, layer), rng.fold(i)
            if isinstance(layer, Sequential):
                for path, y in layer.walk(part, x, training=training, rng=key):
                    yield f"{layer.name}/{path}", y
                    x = y
            else:
                x, _ = layer.forward(part, x, training=training, rng=key)
                yield layer.name, x

    # Config ------------------------------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """Keras's form: the input, then each layer with its own config."""
        saved = [layer_family.serialize(layer) for layer in self._stack]
        shape = self._known_shape() or self.shape
        if shape is not None:
            saved.insert(0, layer_family.serialize(self._input or InputLayer(shape, dtype=self.dtype)))
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
