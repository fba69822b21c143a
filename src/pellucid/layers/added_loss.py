"""`add_loss` within a `call`: L ← L + Σ x, for a tensor x.     x of any shape, the batch's axis among those summed"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays import Array, Arrays, Shape, Whole
from ..errors import WrongType
from ..program import Buffer, CannotLower, Program
from ..regularizers import Regularizer
from ..rng import Key
from ..wiring import Tensor
from .base import Layer
from .drawing import Scene
from .form import taken_apart
from .operands import spread


class Itself(Regularizer):
    """R(y) = Σ y: what was added up is the penalty."""

    def __call__(self, y: Array) -> float:
        return float(y.sum())

    def grad(self, y: Array) -> Array:
        return np.ones_like(y)

    def lower_activity(self, code: Program, y: Buffer) -> None:
        code.after_loss.append(lambda: code.emit("added_loss.total", y))


class AddedLoss(Layer):
    """A step whose output nobody reads; it is a part of the loss, in training and in evaluation, or in one of them."""

    formula, formula_back = "y = Σ x, which is added to the loss", "dx = 1"
    is_layer = False

    def __init__(self) -> None:
        super().__init__()
        self.activity_regularizer = Itself()
        self.only: bool | None = None  # in training, or in prediction, where only that adds it

    def output_shape_for(self, shape: Shape) -> Shape:
        return Whole((1,))

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        counts = self.only is None or self.only == training
        return x.sum().reshape(1) if counts else x.reshape(-1)[:0], x.shape if counts else None

    def backward(self, p: Arrays, cache: Shape | None, dy: Array) -> tuple[Any, dict[str, Array]]:
        return None if cache is None else np.broadcast_to(dy[0], cache), {}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        if self.only not in (None, code.trains):
            return code.constant(np.zeros(1))
        if code.ranks > 1 and not x.each:
            raise CannotLower("loss that is added within call, and is none of samples, over several processes,")
        y = code.block((1,))
        code.emit("added_loss", x, y, x.size, int(x.each))
        code.adds(code.constant(np.ones(1)))
        code.back(lambda dy, wanted: spread(code, dy, x.shape, x.each) if wanted else None)
        return y

    @property
    def likeness(self) -> Any:
        return type(self).__name__


def added(where: str, loss: Any, call: Scene) -> None:
    """Have the `call` that runs add this tensor to the loss, or each in a list of them."""
    form, tensors = taken_apart(loss, lambda one: isinstance(one, Tensor))
    if taken_apart(form, lambda one: isinstance(one, int | float | np.ndarray))[1] or not tensors:
        raise WrongType(f"{where}, argument loss", "a tensor, made with pellucid.ops of what call is given", loss)
    for tensor in tensors:
        call.ends += AddedLoss().called_on([tensor])
