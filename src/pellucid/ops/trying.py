"""An op is tried on a batch before it becomes a step: its output for a sample is that sample's alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..arrays import Array, Shape, Whole, at_length
from ..errors import ShapeError, Told
from ..layers.shapes import STAND_INS
from ..wiring import Tensor

AXIS_0 = "Axis 0 of a tensor is the batch: name the axes that are meant."


def foretold(op: Any, shapes: Sequence[Shape]) -> Shape | None:
    """The shape of a sample's y from those of what flows into an op, where its operation tells without being tried."""
    operation = op.operation
    samples = shapes[:1] if operation.weights else shapes  # weights have no batch, and need none
    if operation.foretold is None or (0 in op.held and operation.weights) or any(isinstance(s, Whole) for s in samples):
        return None
    flowing = iter(shapes)
    operands = [np.shape(op.held[i]) if i in op.held else _with_one(next(flowing)) for i in range(op.places)]
    found: Shape | None = operation.foretold(*operands, **op.options)
    return found


def _with_one(shape: Shape) -> Shape:
    """The shape of one sample; that of what has no batch."""
    return tuple(shape) if isinstance(shape, Whole) else (1, *at_length(shape, STAND_INS[0]))


def leaves_rows_apart(name: str, tensors: Sequence[Tensor], compute: Callable[[Sequence[Array]], Array]) -> None:
    """Refuse an op whose output for a sample depends on the other samples of its batch: tried on two."""
    batched = [not isinstance(t.sample, Whole) for t in tensors]
    sizes = [at_length(t.sample, STAND_INS[0]) for t in tensors]
    both = [_varied((2, *size) if b else size, t.dtype) for t, size, b in zip(tensors, sizes, batched, strict=True)]
    y = compute(both)
    for i in (0, 1):
        alone = compute([x[i : i + 1] if b else x for x, b in zip(both, batched, strict=True)])
        if not np.allclose(y[i : i + 1], alone, rtol=1e-3, atol=1e-5, equal_nan=True):
            raise ShapeError(
                f"ops.{name}", "an output for each sample of a batch by itself",
                Told("one that depends on the samples beside it"), AXIS_0,
            )  # fmt: skip


def _varied(shape: Shape, dtype: str) -> Array:
    """Numbers of which no two are alike, where they have decimals; else zeros, which are places on any axis."""
    if np.dtype(dtype).kind != "f":
        return np.zeros(shape, dtype)
    varied: Array = np.sin(np.arange(math.prod(shape)) + 1.0).reshape(shape) * 0.9
    return varied.astype(dtype)


def shape_without_batch(op: str, found: Sequence[Shape]) -> Shape:
    """That of an output which has these shapes for batches of one, two and three."""
    if found[0] == found[1] == found[2]:
        return Whole(found[0])
    if any(shape != (n, *found[0][1:]) for n, shape in enumerate(found, 1)):
        raise ShapeError(
            f"ops.{op}", "an output whose first axis is the batch, as it is of the input",
            Told(f"one of shape {found[0]} for one sample, {found[1]} for two and {found[2]} for three"), AXIS_0,
        )  # fmt: skip
    return found[0][1:]
