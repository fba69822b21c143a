"""What a network is: a layer made of layers, which owns all their parameters, and is a piece of a graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import checks
from ..arrays import Flat, Parts, is_open
from ..errors import InvalidArgument, ShapeError
from ..layers import InputLayer, Layer, Variable
from ..layers.composite import Composite
from ..layers.walking import memories
from ..rng import Key, fresh_key
from ..wiring import Node, Tensor
from .ends import Ends, called, output_names
from .turns import alone
from .vectors import gathered, not_built


class Network(Composite):
    """Its parameters lie in two vectors, `theta`, which is trained, and `state`, which is not.

    A subclass says what its layers are and how data flow through them.
    """

    _kind = "model"
    passing = Composite.passing | {"_ends", "_called", "looks"}
    seed: int | None
    key: Key
    theta: Flat
    state: Flat
    gradient: Flat  # dL/dtheta of the last step, laid out like theta
    looks = 0  # predictions that drew random numbers
    _ends: Ends | None = None
    _called: Sequence[Node] = ()  # the calls that led from the ones to the others

    def __init__(self, *, name: str | None = None, trainable: bool = True, seed: int | None = None) -> None:
        super().__init__(name=name, trainable=trainable)
        where = self.where("seed")
        self.seed = seed if seed is None else checks.integer(where, seed, minimum=0)
        self.key = fresh_key() if self.seed is None else Key(self.seed)

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_ends": None, "_called": ()}

    # A piece of a graph ------------------------------------------------------------------------------------------

    def ends(self) -> Ends:
        """(input tensors, output tensors)."""
        if self._ends is None:
            self._ends, self._called = called(self, self._entries(), self._called)
        return self._ends

    @property
    def inputs(self) -> list[Tensor]:
        """The tensors with which it begins."""
        return self.ends()[0]

    @property
    def outputs(self) -> list[Tensor]:
        """The tensors with which it ends."""
        return self.ends()[1]

    @property
    def input(self) -> Any:
        """The tensor with which it begins; several as a list."""
        return self.inputs if self.takes_many else self.inputs[0]

    @property
    def output(self) -> Any:
        """The tensor with which it ends; several as the model gives them."""
        return self.in_form(self.outputs)

    @property
    def input_names(self) -> list[str]:
        """The name of each input."""
        return [tensor.name for tensor in self.inputs]

    @property
    def output_names(self) -> list[str]:
        """The name of each output, by which losses and metrics are told apart."""
        return output_names(self)

    def _entries(self) -> list[Tensor]:
        """New tensors to begin with."""
        given = zip(self.sample_shapes, self.input_dtypes, strict=True)
        return [InputLayer(shape, dtype=dtype).tensor() for shape, dtype in given]

    def inputs_of(self, x: Any) -> Any:
        """The inputs in the form that the model knows."""
        return x

    def as_called(self, x: Any) -> Any:
        """A batch of inputs in the form in which the model is called on them."""
        return list(x.arrays) if isinstance(x, Parts) else x

    @property
    def batch_told(self) -> int:
        """How many samples every batch has, where an input says so; 0 where it is open."""
        return next((n for n in (one.batch_shape[0] for one in self.told_inputs()) if n), 0)

    def told_inputs(self) -> Sequence[InputLayer]:
        """The inputs with which it was made."""
        return ()

    def reset_states(self) -> None:
        """Have all stateful layers forget their states. Keras 3 leaves this to a loop over the layers."""
        for memory in memories(self.wiring).values():
            memory.reset_states()

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """A layer by its name or its place."""
        if index is not None:
            return self.layers[checks.integer("get_layer, index", index, -len(self.layers), len(self.layers) - 1)]
        for layer in self.members:
            if layer.name == name:
                return layer
        raise InvalidArgument("get_layer", "one of " + ", ".join(la.name for la in self.members), name)

    # Parameters --------------------------------------------------------------------------------------------------

    def gather(self) -> None:
        """Bring the parameters of all layers into this model's vectors, and point the layers at them; a layer that
        another model has taken over is taken back."""
        mine = getattr(self, "theta", None)
        if mine is None or self.owner is not mine or any(leaf.owner is not mine for _, leaf in self.leaves()):
            self.theta, self.state, self.gradient = gathered(self, self.key)
            self.bind(self._built_shape("parameters"), {**self.theta, **self.state}, self.theta)
            if self.batch_told:
                for memory in memories(self.wiring).values():
                    memory.expect(self.batch_told)

    def needs_parameters(self, what: str) -> None:
        """Raise unless the parameters exist; own them."""
        if not self.built:
            raise not_built(self.name, what)
        self.gather()

    def needs_known_lengths(self, where: str) -> None:
        """Raise where an input leaves a length open."""
        if any(map(is_open, self.sample_shapes)):
            raise ShapeError(
                f"model {self.name!r}, {where}", "inputs of known lengths", self.input_shape,
                "Build it for one length, and give it these weights: set_weights(model.get_weights()).",
            )  # fmt: skip

    def trained_names(self) -> list[str]:
        """The parameters that training changes: those of layers that are not frozen."""
        return [name for name in self.theta if self.trains(name)]

    def constraints(self) -> dict[str, Any]:
        """The constraint of each parameter that has one."""
        return {s.name: s.constraint for s in self.specs if s.constraint is not None}

    def look_key(self) -> Key:
        """Where a prediction draws its random numbers, if it does: other ones each time."""
        if not self.wiring.draws:
            return self.key
        self.looks += 1
        return self.key.fold("look").noise(self.looks)

    @property
    def weights(self) -> list[Variable]:
        """Every parameter, layer by layer; each `path` is its name in `theta` or `state`. None before it is built.

        In Keras a path begins with the name of the model.
        """
        if self.built:
            self.gather()
        return super().weights

    @alone
    def set_weights(self, weights: Sequence[Any]) -> None:
        """Overwrite all parameters, in the order of `get_weights`; nothing changes unless every shape fits."""
        super().set_weights(weights)
