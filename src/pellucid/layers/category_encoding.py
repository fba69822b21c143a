"""CategoryEncoding: whole numbers from 0 to num_tokens − 1 as vectors.     x (B, ..., n)   y (B, ..., num_tokens)"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Unpack

import numpy as np

from .. import checks
from ..arrays import Array, Arrays, Shape
from ..errors import DataError, InvalidArgument, ShapeError, Told
from ..rng import Key
from ..wiring import Tensor
from .base import LayerOptions, layers
from .encoding import Encoding, encoded


@layers.add()
class CategoryEncoding(Encoding):
    """Vectors of num_tokens entries from numbers of categories.

    output_mode: "multi_hot", 1 for each number that a sample has; "count", how often it has it, or the sum of its
    `count_weights`; "one_hot", a vector for each number by itself. A number beyond the table is refused. Of more than
    two axes Keras takes the second for that of a sample, this layer the last, as the documentation of both says.

    Shapes: x (B, ..., n), y (B, ..., num_tokens); of "one_hot" x (B, ...), y (B, ..., num_tokens).

    >>> CategoryEncoding(num_tokens=4)([[0, 1], [0, 0], [3, 1]])
    array([[1., 1., 0., 0.],
           [1., 0., 0., 0.],
           [0., 1., 0., 1.]], dtype=float32)
    >>> CategoryEncoding(num_tokens=3, output_mode="count")([[0, 1], [2, 2]], count_weights=[[0.5, 2], [1, 1]])
    array([[0.5, 2. , 0. ],
           [0. , 0. , 2. ]], dtype=float32)
    """

    modes = ("one_hot", "multi_hot", "count")
    reads = "int64"
    tensor_arguments: ClassVar = ("count_weights",)

    def __init__(
        self,
        num_tokens: int,
        output_mode: str = "multi_hot",
        sparse: bool = False,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.num_tokens = checks.integer(self.where("num_tokens"), num_tokens, minimum=1)
        self.keep_mode(output_mode, sparse)

    @property
    def depth(self) -> int:
        return self.num_tokens

    def parameters(self, *shapes: Shape) -> Any:
        return ()

    def places(self, x: Array) -> Array:
        beyond = (x < 0) | (x >= self.num_tokens)
        if beyond.any():
            wanted = f"whole numbers from 0 to {self.num_tokens - 1}, as num_tokens={self.num_tokens} says"
            raise DataError(f"layer {self.name!r}, input", wanted, x[beyond].flat[0].item())
        return x

    def output_shape_for(self, *shapes: Shape) -> Shape:
        if len(set(shapes)) > 1:
            wanted = "a weight for each number"
            raise ShapeError(f"layer {self.name!r}, input", wanted, [(None, *shape) for shape in shapes])
        return self.shape_encoded(shapes[0])

    def forward(self, p: Arrays, *xs: Array, training: bool, rng: Key) -> tuple[Array, Any]:
        places = self.places(self.read(f"layer {self.name!r}, input", xs[0]))
        if len(xs) == 1:
            return self.in_mode(places), None
        return encoded(places, "count", self.depth, self.dtype, xs[1]), (xs[1], places)

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Any, dict[str, Array]]:
        if cache is None:
            return None, {}
        weights, places = cache
        dw = np.take_along_axis(dy, places, axis=-1)
        return (None, dw.astype(dy.dtype).reshape(weights.shape)), {}

    # Calls, with weights or without ------------------------------------------------------------------------------

    def __call__(  # type: ignore[override]
        self, inputs: Any, count_weights: Any = None, training: bool | None = None, mask: Any = None
    ) -> Any:
        """y for a batch of categories (B, ..., n); count_weights, of the same shape: what each counts."""
        self._meet(count_weights is not None)
        return super().__call__(inputs if count_weights is None else [inputs, count_weights], training, mask)

    def called_on(self, tensors: Sequence[Tensor], training: bool | None = None) -> tuple[Tensor, ...]:
        self._meet(len(tensors) > 1)
        return super().called_on(tensors, training)

    def as_inputs(self, data: Any) -> tuple[Array, ...]:
        if not self.takes_many:
            return super().as_inputs(data)
        x = self.as_input(data[0], self.dtype)
        where = f"layer {self.name!r}, argument count_weights"
        weights = checks.arrays(where, [data[1]])[0].astype(self.dtype)
        if weights.shape != x.shape:
            raise ShapeError(where, f"shape {x.shape}", weights.shape)
        return x, weights

    def _meet(self, weighted: bool) -> None:
        """A layer is called with weights, or without, as in its first call."""
        if weighted and self.output_mode != "count":
            where = f"layer {self.name!r}, argument count_weights"
            raise InvalidArgument(where, "None, unless output_mode is 'count'", Told("weights"))
        if weighted != self.takes_many and (self._nodes or self.built):
            where = f"layer {self.name!r}, argument count_weights"
            raise InvalidArgument(
                where, "weights in every call of a layer, or in none", Told("weights" if weighted else "none")
            )
        self.takes_many = weighted

    def saved_call(self, tensors: list[Any]) -> dict[str, Any]:
        return {"args": tensors[:1], "kwargs": {"count_weights": tensors[1]} if len(tensors) > 1 else {}}

    def build_config(self) -> dict[str, Any]:
        return {"input_shape": [None, *self.sample_shapes[0]]}
