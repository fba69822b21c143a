"""What a network is: a layer made of layers, which owns all their parameters."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from .. import checks
from ..arrays import Array, Arrays, Flat
from ..errors import FileError, InvalidArgument, NotReady, Told
from ..layers import InputLayer, Layer, Parameter, Variable
from ..layers.composite import Composite
from ..program import Program
from ..regularizers import Regularizer
from ..rng import Key, fresh_key
from ..wiring import Node, Tensor
from .turns import alone


class Network(Composite):
    """Its parameters lie in two vectors: `theta`, which is trained, and `state`, which is not.

    A subclass says what its layers are and how data flow through them; everything about the parameters is here.
    The layers hold views of the vectors. A layer that is part of two models is truly shared: each model, before it
    computes, takes up the values that the layers hold now.
    """

    _kind = "model"
    theta: Flat
    state: Flat
    seed: int | None
    key: Key
    gradient: Flat
    gathered = False
    looks = 0  # predictions that drew random numbers
    passing = Composite.passing | {"_tensors", "_traced", "looks"}
    _traced: Sequence[Node] = ()  # the calls that gave them
    _tensors: tuple[list[Tensor], list[Tensor]] | None = None

    def __init__(self, *, name: str | None = None, trainable: bool = True, seed: int | None = None) -> None:
        super().__init__(name=name, trainable=trainable)
        where = self.where("seed")
        self.seed = seed if seed is None else checks.integer(where, seed, minimum=0)
        self.key = fresh_key() if self.seed is None else Key(self.seed)

    def look_key(self) -> Key:
        """Where a prediction draws its random numbers, if it does: other ones each time."""
        if not self.wiring.draws:
            return self.key
        self.looks += 1
        return self.key.fold("look").noise(self.looks)

    # The model as a piece of a graph -----------------------------------------------------------------------------

    @property
    def inputs(self) -> list[Tensor]:
        """The tensors with which it begins."""
        return self._ends()[0]

    @property
    def outputs(self) -> list[Tensor]:
        """The tensors with which it ends."""
        return self._ends()[1]

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
        givers = {wire: call.layer.name for call in self.graph.calls for wire in call.outputs}
        for wire in set(self.graph.outputs) - set(givers):
            givers[wire] = self.inputs[self.graph.inputs.index(wire)].name
        names: list[str] = []
        for name in (givers[wire] for wire in self.graph.outputs):
            numbered = (f"{name}_{n}" for n in itertools.count(1))  # a layer may give two outputs, or one twice
            names.append(next(one for one in itertools.chain([name], numbered) if one not in names))
        return names

    def _ends(self) -> tuple[list[Tensor], list[Tensor]]:
        """(input tensors, output tensors), as they come of calling one layer after another on tensors."""
        if self._tensors is None:
            entries = self._entries()
            tensors = dict(zip(self.graph.inputs, entries, strict=True))
            for node in self._traced:
                node.layer._nodes.remove(node)
            for call in self.graph.calls:
                given = call.layer.called_on([tensors[wire] for wire in call.inputs], call.training)
                tensors |= zip(call.outputs, given, strict=True)
            self._tensors = entries, [tensors[wire] for wire in self.graph.outputs]
            self._traced = [tensors[call.outputs[0]].node for call in self.graph.calls]
        return self._tensors

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_tensors": None, "_traced": ()}

    def _entries(self) -> list[Tensor]:
        """New tensors to begin with."""
        given = zip(self.sample_shapes, self.input_dtypes, strict=True)
        return [InputLayer(shape, dtype=dtype).tensor() for shape, dtype in given]

    # Parameters --------------------------------------------------------------------------------------------------

    def gather(self) -> None:
        """Bring the parameters of all layers into this model's vectors, and point the layers at them.

        Values that layers have are kept; parameters that do not exist yet are drawn from the model's key.
        """
        leaves = list(self.leaves())
        if self.gathered and all(leaf.owner is self.theta for _, leaf in leaves):
            return
        held = self.values_held()
        specs = self.parameters(*self.sample_shapes)
        _refuse_more(self.name, specs)
        self.dtype = _one_dtype(self.name, leaves)
        theta = Flat({s.name: s.shape for s in specs if s.trainable}, self.dtype)
        state = Flat({s.name: s.shape for s in specs if not s.trainable}, self.dtype)
        for i, spec in enumerate(specs):
            value = held.get(spec.name)
            if value is None or value.shape != spec.shape:
                value = spec.initializer(spec.shape, self.dtype, self.key.fold("init", i))
            (theta if spec.trainable else state)[spec.name] = value
        self.theta, self.state, self.gradient = theta, state, theta.like()
        self.gathered = True
        self.bind(self._built_shape("parameters"), {**theta, **state}, theta)

    def needs_parameters(self, what: str) -> None:
        """Raise unless the parameters exist; own them."""
        if not self.built:
            raise not_built(self.name, what)
        self.gather()

    def trained_names(self) -> list[str]:
        """The parameters that training changes: those of layers that are not frozen."""
        return [name for name in self.theta if self.trains(name)]

    def constraints(self) -> dict[str, Any]:
        """The constraint of each parameter that has one."""
        return {s.name: s.constraint for s in self.specs if s.constraint is not None}

    def penalised(self) -> list[tuple[str, Regularizer]]:
        """(name, regularizer) of the parameters that have one, and are trained: what is frozen adds nothing to the
        loss, as in Keras."""
        having = ((s.name, s.regularizer) for s in self.specs if s.trainable)
        return [(name, regularizer) for name, regularizer in having if regularizer is not None and self.trains(name)]

    def penalty(self, p: Arrays, cache: Any) -> float:
        """The regularizers' sum, over parameters and activities."""
        return sum((regularizer(p[name]) for name, regularizer in self.penalised()), start=cache.penalty)

    def penalty_gradients(self, p: Arrays) -> dict[str, Array]:
        """The gradient of the parameters' penalties."""
        return {name: regularizer.grad(p[name]) for name, regularizer in self.penalised()}

    def lower_penalties(self, code: Program) -> None:
        """Emit the parameters' penalties, added to the loss, and their gradients, added to those of what is trained."""
        sums = [r.lower(code, code.parameter(name), code.gradient(name)) for name, r in self.penalised()]
        for found in sums:
            code.emit("penalty.total", found, found.size // 2)

    # Keras's view of the parameters ------------------------------------------------------------------------------

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

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """A layer by its name or its place."""
        if index is not None:
            return self.layers[checks.integer("get_layer, index", index, -len(self.layers), len(self.layers) - 1)]
        for layer in self.members:
            if layer.name == name:
                return layer
        raise InvalidArgument("get_layer", "one of " + ", ".join(la.name for la in self.members), name)


_most: ContextVar[int | None] = ContextVar("most", default=None)


@contextmanager
def at_most(parameters: int) -> Iterator[None]:
    """Within the block, a network of more parameters is refused before memory is asked for: those that come with a
    file cannot be more than the file holds, whatever its config claims."""
    before = _most.set(parameters)
    try:
        yield
    finally:
        _most.reset(before)


def _refuse_more(name: str, specs: Sequence[Parameter]) -> None:
    most, wanted = _most.get(), sum(math.prod(s.shape) for s in specs)
    if most is not None and wanted > most:
        raise FileError(
            f"model {name!r}", f"a config of {most:,} parameters at most, as many as the file can hold",
            Told(f"one of {wanted:,}"), "It was cut short or altered: save again.",
        )  # fmt: skip


def _one_dtype(name: str, leaves: Sequence[tuple[str, Layer]]) -> str:
    dtypes = {leaf.dtype for _, leaf in leaves}
    if len(dtypes) > 1:
        raise InvalidArgument(
            f"model {name!r}", "layers of one dtype", Told(", ".join(f"{n}: {la.dtype}" for n, la in leaves))
        )
    return dtypes.pop() if dtypes else "float32"


def not_built(name: str, what: str) -> NotReady:
    """The error of using a model whose input is still unknown."""
    return NotReady(
        f"model {name!r}, {what}", "a model that is built", Told("one whose input shape is unknown"),
        "Give the first layer input_shape=(...), call build((None, ...)), or fit it to data.",
    )  # fmt: skip
