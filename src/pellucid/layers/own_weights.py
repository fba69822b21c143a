"""The weights that a layer of one's own asks for with `add_weight`: tensors while its `call` is traced, and numbers
that can be read and assigned at any other time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..arrays import Array, Arrays, Shape, Whole
from ..errors import NotReady, Told
from ..program import Buffer, Program
from ..rng import Key
from ..wiring import TRACING, Node, Tensor
from .base import Layer
from .holding import Parameter
from .lending import assigned
from .variable import Variable


@contextmanager
def traced() -> Iterator[None]:
    """Within the block, weights are tensors."""
    token = TRACING.set(True)
    try:
        yield
    finally:
        TRACING.reset(token)


class Weight(Tensor):
    """A weight of a layer of one's own: what `add_weight` gives."""

    def __init__(self, source: Weights, spec: Parameter, node: Node) -> None:
        super().__init__(Whole(spec.shape), source.dtype, node)
        self.source, self.spec = source, spec

    @property
    def symbolic(self) -> bool:  # type: ignore[override]
        return TRACING.get()

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def trainable(self) -> bool:
        """Whether training changes it."""
        return self.spec.trainable and self.source.trainable

    @property
    def variable(self) -> Variable:
        """The parameter itself."""
        if self.name not in self.source.p:
            raise NotReady(
                f"weight {self.name!r}", "a layer that is built", Told("one that has not seen its input"),
                "Call the layer on data or on a tensor first.",
            )  # fmt: skip
        return next(v for v in self.source.weights if v.name == self.name)

    @property
    def value(self) -> Array:
        """A copy of the present numbers."""
        return self.variable.value

    def numpy(self) -> Array:
        """A copy of the present numbers."""
        return self.variable.value

    def assign(self, value: Any) -> Any:
        """Overwrite the numbers. Within `call`, which is for weights with trainable=False: whoever reads the weight
        later in `call` reads this value, and it is that after each training step and each call by hand."""
        return assigned(self, value) if self.symbolic else self.variable.assign(value)

    def assign_add(self, value: Any) -> Any:
        """Add to the numbers."""
        return assigned(self, self + value) if self.symbolic else self.variable.assign_add(value)

    def assign_sub(self, value: Any) -> Any:
        """Subtract from the numbers."""
        return assigned(self, self - value) if self.symbolic else self.variable.assign_sub(value)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return super().__array__() if self.symbolic else np.asarray(self.variable.value, dtype)

    def __repr__(self) -> str:
        return f"<Weight name={self.name}, shape={self.shape}>"


class Weights(Layer):
    """A step that reads nothing and gives the weights of one layer, as they are."""

    formula, formula_back = "the weights", "d of each = what its readers send back"
    takes_many = gives_many = gives_weights = True
    is_layer = False
    passing = Layer.passing | {"node"}

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.asked: list[Parameter] = []
        self.node = Node(self, (), (), self.dtype)

    def add(self, spec: Parameter) -> Weight:
        """One more weight."""
        self.asked.append(spec)
        made = Weight(self, spec, self.node)
        self.node.outputs = (*self.node.outputs, made)
        return made

    def __bool__(self) -> bool:
        return bool(self.asked)

    def output_shape_for(self, *shapes: Shape) -> Any:
        return tuple(Whole(spec.shape) for spec in self.asked)

    def parameters(self, *shapes: Shape) -> Sequence[Parameter]:
        return self.asked

    def called_on(self, tensors: Sequence[Tensor], training: bool | None = None) -> tuple[Tensor, ...]:
        return self.node.outputs

    def forward(self, p: Arrays, *xs: Array, training: bool, rng: Key) -> tuple[Any, Any]:
        return tuple(p[spec.name] for spec in self.asked), None

    def backward(self, p: Arrays, cache: Any, *dy: Array | None) -> tuple[Any, dict[str, Array]]:
        given = {spec.name: p[spec.name] * 0 if d is None else d for spec, d in zip(self.asked, dy, strict=True)}
        return (), {spec.name: given[spec.name] for spec in self.asked if spec.trainable}

    def lower(self, code: Program, *xs: Buffer) -> Any:
        homes = [code.gradient(spec.name) for spec in self.asked]

        def undo(dys: Any, wanted: Any) -> tuple[()]:
            for dy, home in zip(dys if isinstance(dys, tuple) else (dys,), homes, strict=True):
                if home is not None:
                    given = code.constant(np.zeros(1)) if dy is None else dy
                    code.emit("strided", given, home, 0, home.size, 1, home.size, int(dy is not None))
            return ()

        code.back(undo)
        return self.one_or_all(tuple(code.parameter(spec.name) for spec in self.asked))


class Given(Weights):
    """The way of a layer that a `call` calls on numbers alone: it reads no tensor, and gives its parameters."""

    def __init__(self, layer: Layer) -> None:
        super().__init__(dtype=layer.dtype)
        self.belongs_to = layer

    @property
    def asked(self) -> Sequence[Parameter]:  # type: ignore[override]
        """The layer's own."""
        return self.belongs_to.specs_for(())  # type: ignore[union-attr]

    @asked.setter
    def asked(self, value: Any) -> None: ...

    @property
    def built(self) -> bool:
        return self.belongs_to.built  # type: ignore[union-attr]

    def make(self, *shapes: Shape) -> None:
        self.belongs_to.make(())  # type: ignore[union-attr]

    def bind(self, shape: Any, p: Any, owner: object) -> None:
        layer = self.belongs_to
        assert layer is not None
        layer.bind(layer.shape or (), p, owner)


def parameters_given(layer: Layer) -> tuple[Tensor, ...]:
    """The tensors of a layer's parameters, within a `call` that may call it on no tensor at all."""
    given = layer.__dict__.setdefault("_given_in_call", Given(layer))  # one, by which both runs of a `call` know it
    node = Node(layer, (), given.output_shapes_for(), layer.dtype, another=given)
    layer._nodes.append(node)
    return node.outputs
