"""How layers that number categories are written for PyTorch: places in a vocabulary, and vectors made of them.

What a layer would refuse (a number beyond its table) makes its vector NaN. Text is for those before the network.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ... import layers as L
from ..encoding import amounts_of, table_of
from .writer import FORM, At, Value, writes


@writes(L.IntegerLookup)
def lookup(at: At) -> Any:
    table, default, rest = table_of(FORM, at.layer)
    x = at.cast(at.x, at.kinds[0], "int64")
    y = found(at, x, table, default)
    if rest is not None:
        other = at.op("operator.add", at.op("operator.mod", x, rest[1]), rest[0])
        y = at.op("torch.where", at.op("operator.lt", y, -1), other, y)
    return y if at.layer.invert else in_mode(at, y)


def found(at: At, x: Any, table: dict[int, int], default: int) -> Value:
    """The entry of each number in a table."""
    keys, values = (np.array(side) for side in zip(*sorted(table.items()), strict=True))
    known = at.constant(keys, "int64")
    nearest = at.op("torch.clamp", at.op("torch.searchsorted", known, x), max=len(keys) - 1)
    there = at.op("operator.eq", at.op("operator.getitem", known, nearest), x)
    entry = at.op("operator.getitem", at.constant(values, "int64"), nearest)
    return at.op("torch.where", there, entry, at.constant(default, "int64"))


def in_mode(at: At, places: Any, weights: Any = None) -> Any:
    """Places, whole numbers, in the form that `output_mode` says."""
    layer, mode, shape = at.layer, at.layer.output_mode, at.shape
    if mode == "int":
        return at.cast(places, "int64", at.kind)
    if mode == "one_hot":
        return hot(at, at.op(".squeeze", places, -1) if shape[-1:] == (1,) else places)
    each = hot(at, places)
    each = each if weights is None else at.op("operator.mul", each, at.op(".unsqueeze", weights, -1))
    y = at.op("torch.amax", each, [-2]) if mode == "multi_hot" else at.op("torch.sum", each, [-2])
    if mode != "tf_idf":
        return y
    return at.op("operator.mul", y, at.constant(amounts_of(layer)))


def hot(at: At, places: Any) -> Any:
    """1 at each place, 0 at others."""
    every = at.constant(np.arange(at.layer.depth), "int64")
    return at.cast(at.op("operator.eq", at.op(".unsqueeze", places, -1), every), "bool", at.writing.dtype)


@writes(L.CategoryEncoding)
def category_encoding(at: At) -> Any:
    x = at.cast(at.xs[0], at.kinds[0], "int64")
    beyond = at.op("torch.logical_or", at.op("operator.lt", x, 0), at.op("operator.ge", x, at.layer.num_tokens))
    y = in_mode(at, x, at.cast(at.xs[1], at.kinds[1], at.writing.dtype) if len(at.xs) > 1 else None)
    if at.layer.output_mode != "one_hot":
        beyond = at.op("torch.any", beyond, dim=-1, keepdim=True)
    elif at.shape[-1:] != (1,):
        beyond = at.op(".unsqueeze", beyond, -1)
    return at.op("torch.where", beyond, at.constant(math.nan), y)


@writes(L.Discretization)
def discretization(at: At) -> Any:
    x = at.cast(at.x, at.kinds[0], at.writing.dtype)
    return in_mode(at, at.op("torch.bucketize", x, at.constant(at.layer.bin_boundaries), right=True))
