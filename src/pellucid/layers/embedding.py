"""Embedding: y = W[x], a row of a table for each whole number.     x (B, ...)   W (N, D)   y (B, ..., D)
Source: Bengio, Ducharme, Vincent & Jauvin, "A neural probabilistic language model", JMLR 3 (2003)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Unpack

import numpy as np

from .. import checks
from ..arrays import Array, Arrays, Shape
from ..errors import DataError, ShapeError
from ..program import Buffer, Program
from ..rng import Key
from ..wiring import OF_LAYERS
from .base import Layer, LayerOptions, layers
from .holding import Parameter
from .operands import EXACT
from .own_weights import parameters_given


def embedding_grad(dy: Array, places: Array, W: Array) -> Array:
    dW = np.zeros_like(W)
    np.add.at(dW, places, dy)  # a row may have been taken several times
    return dW


@layers.add()
class Embedding(Layer):
    """A row of a table, learnt, for each whole number from 0 to input_dim − 1: words, products, days.

    Shapes: x (B, ...), embeddings W (input_dim, output_dim), y (B, ..., output_dim).

    mask_zero: 0 stands for no step at all, and what follows does not count it. A number beyond the table is refused;
    TensorFlow refuses it too, JAX takes another row in silence. `input_length`, Keras 2's word for the input's shape,
    is understood.

    >>> layer = Embedding(3, 2, embeddings_initializer="identity")
    >>> layer([[2, 0, 1]])
    array([[[0., 0.],
            [1., 0.],
            [0., 1.]]], dtype=float32)

    All rows take part in an optimizer's step, those too that no sample named, as in Keras: Adam moves them on.
    """

    formula, formula_back = "y = W[x]", "dW[i] = Σ dy where x = i"
    letters: ClassVar = {"embeddings": "W"}
    cached = ("x",)
    not_in_config = Layer.not_in_config - {"input_dim"} | {"weights", "input_length"}

    def __init__(  # type: ignore[misc]  # input_dim is the table's here, not the input's
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        weights: Any = None,
        input_length: int | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        if input_length is not None:
            options.setdefault("input_shape", (input_length,))
        super().__init__(**options)
        self.input_dim = checks.integer(self.where("input_dim"), input_dim, minimum=1, maximum=EXACT)
        self.output_dim = checks.integer(self.where("output_dim"), output_dim, minimum=1)
        self.keep_options("embeddings", embeddings_initializer, embeddings_regularizer, embeddings_constraint)
        self.mask_zero = bool(mask_zero)
        self._given = None if weights is None else self._table(weights)

    def _table(self, weights: Any) -> Array:
        """The rows to begin with, as given: an array, or as in Keras a list that holds it."""
        where, size = self.where("weights"), (self.input_dim, self.output_dim)
        (table,) = checks.arrays(where, [weights[0] if isinstance(weights, list) and len(weights) == 1 else weights])
        if table.shape != size:
            raise ShapeError(where, f"an array of shape {size}", table.shape)
        return np.asarray(table)

    def values_held(self) -> dict[str, Array]:
        return {} if self._given is None else {"embeddings": self._given}

    @property
    def names(self) -> int:  # type: ignore[override]
        """How many whole numbers its input may hold, from 0 on."""
        return self.input_dim

    def output_shape_for(self, shape: Shape) -> Shape:
        return (*shape, self.output_dim)

    def parameters(self, shape: Shape) -> Sequence[Parameter]:
        return [self.described("embeddings", (self.input_dim, self.output_dim))]

    def masks_output(self, masked: Sequence[bool]) -> bool:
        return self.mask_zero

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """The mask (B, ...): true where the number is not 0; None without mask_zero."""
        return inputs != 0 if self.mask_zero else None

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        places = self.places(x)
        return p["embeddings"][places], places

    def places(self, x: Array) -> Array:
        """The rows that these numbers name."""
        within = (x >= 0) & (x < self.input_dim) & (np.floor(x) == x)
        if not within.all():
            wanted = f"whole numbers from 0 to {self.input_dim - 1}, as input_dim={self.input_dim} says"
            fix = "Number what there is from 0 on, or make input_dim larger."
            raise DataError(f"layer {self.name!r}, input", wanted, x[~within].flat[0].item(), fix)
        return x.astype("int64")

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Any, dict[str, Array]]:
        return None, {"embeddings": embedding_grad(dy, cache, p["embeddings"])}

    def on_numbers(self, x: Any) -> Any:
        if self.mask_zero:
            return super().on_numbers(x)  # a mask goes along with a tensor
        return OF_LAYERS["take"](*parameters_given(self), self.places(np.asarray(x)), axis=0)

    def lower_mask(self, code: Program, xs: Sequence[Buffer], masks: Sequence[Buffer | None]) -> Buffer:
        mask = code.buffer(xs[0].shape)
        code.emit("masking", xs[0], None, mask, mask.size, 1, 0.0)  # each number a step of its own
        return mask

    def lower(self, code: Program, x: Buffer) -> Buffer:
        W, dW = code.parameter("embeddings"), code.gradient("embeddings")
        code.emit("op.within", x, x.size, 1, 0.0, float(self.input_dim - 1), decides=not code.training)
        y = code.buffer((*x.shape, self.output_dim))
        where = x.size, self.input_dim, self.output_dim, 1
        code.emit("op.take", W, x, y, *where)

        def undo(dy: Buffer, wanted: bool) -> None:
            if dW is not None:
                code.emit("op.take.grad", dy, x, dW, *where)

        code.back(undo)
        return y
