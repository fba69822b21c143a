"""How the ops that move numbers about are written for PyTorch: shapes, parts, places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .ops import OPS, first, listed, operand, operands, sized, writes
from .writer import At, Value


def in_shape_of_output(at: At, x: Any) -> Value:
    """The numbers where they are, in another shape."""
    return at.op(".reshape", x, *at.sizes)


for same in ("reshape", "expand_dims", "squeeze", "ravel"):
    OPS[same] = lambda at, **options: in_shape_of_output(at, at.x)
OPS["swapaxes"] = lambda at, axis1, axis2: at.op(".transpose", at.x, axis1, axis2)
OPS["moveaxis"] = lambda at, source, destination: at.op(".movedim", at.x, source, destination)
OPS["flip"] = lambda at, axis=None: at.op("torch.flip", at.x, listed(at, axis))
OPS["repeat"] = lambda at, repeats, axis=None: at.op("torch.repeat_interleave", at.x, repeats, dim=axis)
OPS["concatenate"] = lambda at, axis=0: at.op("torch.cat", operands(at), dim=axis)
OPS["stack"] = lambda at, axis=0: at.op("torch.stack", operands(at), dim=axis)
OPS["tril"] = lambda at, k=0: at.op("torch.tril", at.x, k)
OPS["triu"] = lambda at, k=0: at.op("torch.triu", at.x, k)
OPS["diag"] = lambda at, k=0: at.op("torch.diag", first(at), k)


@writes
def transpose(at: At, axes: Sequence[int] | None = None) -> Value:
    return at.op(".permute", at.x, *(range(at.ndim)[::-1] if axes is None else axes))


@writes
def tile(at: At, repeats: Any) -> Value:
    return at.op("torch.tile", at.x, [repeats] if isinstance(repeats, int) else list(repeats))


@writes
def broadcast_to(at: At, shape: Sequence[int]) -> Value:
    return at.op(".expand", at.x, *at.sizes)


@writes
def diagonal(at: At, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Value:
    return at.op("torch.diagonal", at.x, offset, axis1, axis2)


@writes
def trace(at: At, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Value:
    return at.op("torch.sum", at.op("torch.diagonal", first(at), offset, axis1, axis2), dim=-1)


@writes
def roll(at: At, shift: Any, axis: Any = None) -> Value:
    return at.op("torch.roll", at.x, shift, *([] if axis is None else [axis]))


@writes
def pad(at: At, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> Value | None:
    if mode != "constant":
        return None
    widths = np.broadcast_to(np.asarray(pad_width), (at.ndim, 2))[::-1]  # PyTorch begins at the last axis
    value = 0.0 if constant_values is None else float(constant_values)
    return at.op("torch.nn.functional.pad", at.x, widths.reshape(-1).tolist(), value=value)


@writes
def get_item(at: At) -> Any:
    """A part of x. PyTorch has no steps back: where there are some, the axis is turned around first."""
    key = at.layer.held[1]
    keys = list(key) if isinstance(key, tuple) else [key]
    named = [k for k in keys if k is not None and k is not Ellipsis]
    if Ellipsis not in keys:
        keys.append(Ellipsis)
    place = keys.index(Ellipsis)
    keys[place : place + 1] = [slice(None)] * (at.ndim - len(named))
    axis, x, sizes = 0, at.x, sized(at)
    for i, one in enumerate(keys):
        if isinstance(one, slice) and one.step is not None and one.step < 0:
            size = sizes[axis]
            if size is None and (one.start, one.stop, one.step) != (None, None, -1):
                return None
            x = at.op("torch.flip", x, [axis])
            places = range(size or 0)[one]
            keys[i] = slice(size - 1 - places[0], size - places[-1], -one.step) if size and places else slice(0, 0)
            keys[i] = keys[i] if size is not None else slice(None)
        axis += one is not None
    return at.op("operator.getitem", x, tuple(keys))


def window(at: At, sizes: Sequence[int | None]) -> tuple[slice, ...] | None:
    """The part that begins at the second operand and has these sizes, None or -1 for all; None where it cannot be told,
    or would cut through the batch."""
    if 1 not in at.layer.held:
        return None
    starts = np.ravel(at.layer.held[1]).tolist()
    parts = [slice(i, None if n in (None, -1) else i + n) for i, n in zip(starts, sizes, strict=True)]
    return tuple(parts) if at.shapes and parts[0] == slice(0, None) else None


OPS["slice"] = lambda at, shape: (part := window(at, shape)) and at.op("operator.getitem", operand(at, 0), part)


@writes
def slice_update(at: At) -> Value | None:
    """Along one axis after the other; what lies around comes from x."""
    x, y = operand(at, 0), operand(at, 2)
    held = at.layer.held
    part = window(at, held[2].shape if 2 in held else sized(at, 0 if 0 in held else 1))
    for axis, one in reversed(list(enumerate(part or ()))[1:]):
        within = at.op("operator.getitem", x, (slice(None), *(part or ())[1:axis])) if axis > 1 else x
        y = at.op("torch.slice_scatter", within, y, axis, one.start, one.stop)
    return y if part else None


@writes
def take(at: At, axis: int | None = None) -> Value:
    x = at.op(".flatten", operand(at, 0)) if axis is None else operand(at, 0)
    places = operand(at, 1, "int64")
    front = (slice(None),) * (0 if axis is None else axis % at.ndim)
    return at.op("operator.getitem", x, (*front, places))


@writes
def take_along_axis(at: At, axis: int | None = None) -> Value:
    return at.op("torch.take_along_dim", operand(at, 0), operand(at, 1, "int64"), dim=axis)


@writes
def one_hot(at: At, num_classes: int, axis: int = -1, dtype: str | None = None) -> Any:
    places = at.constant(np.arange(num_classes), "int64")
    column = at.op(".unsqueeze", at.cast(at.x, at.kinds[0], "int64"), -1)
    hot = at.cast(at.op("operator.eq", column, places), "bool", at.kind)
    return hot if axis in (-1, at.ndim) else at.op(".movedim", hot, -1, axis)
