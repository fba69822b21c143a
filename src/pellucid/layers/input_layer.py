"""Input: says what shape the data have, and computes nothing.     x (B, ...)   y (B, ...)"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import checks
from ..arrays import TEXT, Array, Arrays, is_whole
from ..errors import InvalidArgument, WrongType
from ..program import Buffer, Program
from ..rng import Key
from ..settings import floatx
from ..wiring import Node, Tensor
from .base import Layer, layers


@layers.add()
class InputLayer(Layer):
    """The place where data enter a model.

    shape leaves the batch out: (784,); batch_shape has it in front: (None, 784). None within it leaves a length open,
    which each batch may have another of. dtype is what the data come in: whole numbers, such as "int32", reach ops and
    layers of one's own as they are; other layers compute in their own dtype. "string" is text, for TextVectorization,
    StringLookup and Hashing. Sparse and ragged data are not supported.

    >>> InputLayer((784,)).batch_shape
    (None, 784)
    """

    formula = "y = x"
    formula_back = "dx = dy"

    def __init__(
        self,
        shape: Sequence[int] | None = None,
        batch_size: int | None = None,
        dtype: Any = None,
        sparse: bool | None = None,
        ragged: bool | None = None,
        batch_shape: Sequence[int | None] | None = None,
        optional: bool = False,
        name: str | None = None,
    ) -> None:
        if (shape is None) == (batch_shape is None):
            raise InvalidArgument("Input", "either shape or batch_shape", {"shape": shape, "batch_shape": batch_shape})
        if sparse or ragged:
            raise InvalidArgument("Input, argument sparse or ragged", "dense arrays", True)
        if batch_shape is not None:
            if batch_size is not None or len(batch_shape) == 0:
                raise InvalidArgument("Input, argument batch_shape", "(batch or None, ...) alone", batch_shape)
            batch_size, *shape = batch_shape  # type: ignore[assignment]
        super().__init__(name=name, input_shape=checks.shape("Input, argument shape", shape, may_be_open=True))
        if batch_size is not None:
            batch_size = checks.integer("Input, argument batch_size", batch_size, minimum=1)
        self.batch_shape: tuple[int | None, ...] = (batch_size, *(self.declared_shape or ()))
        self.dtype = _numeric("Input, argument dtype", floatx() if dtype is None else dtype)
        self.optional = bool(optional)

    def enters_in(self, dtype: str) -> str:
        """What data come in to a model of this dtype: in that, or in whole numbers or text where it says so."""
        return self.dtype if self.dtype == TEXT or is_whole(self.dtype) else dtype

    def tensor(self) -> Tensor:
        """The data that enter here."""
        if not self._nodes:
            self._nodes.append(Node(self, (), [self.declared_shape or ()], self.dtype))
        return self._nodes[0].outputs[0]

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        return x, None

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy, {}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        return x

    def get_config(self) -> dict[str, Any]:
        """As Keras writes it: the shape with its batch, and no `trainable`."""
        return {
            "batch_shape": list(self.batch_shape), "dtype": self.dtype, "sparse": False, "ragged": False,
            "name": self.name, "optional": self.optional,
        }  # fmt: skip


def _numeric(where: str, value: Any) -> str:
    if value is str or (isinstance(value, str) and value == TEXT):
        return TEXT
    try:
        found = np.dtype(value)
    except TypeError:
        raise WrongType(where, "a dtype of numbers, or 'string'", value) from None
    if found.kind not in "fiub":
        raise WrongType(where, "a dtype of numbers, or 'string'", value)
    return str(found)


@checks.by_name
def Input(
    shape: Sequence[int] | None = None,
    batch_size: int | None = None,
    dtype: Any = None,
    sparse: bool | None = None,
    ragged: bool | None = None,
    batch_shape: Sequence[int | None] | None = None,
    name: str | None = None,
    optional: bool = False,
) -> Tensor:
    """A tensor of samples of this shape, with which a graph begins; or the first entry of a `Sequential`.

    >>> Input(shape=(28, 28)).shape
    (None, 28, 28)
    """
    return InputLayer(shape, batch_size, dtype, sparse, ragged, batch_shape, optional, name).tensor()
