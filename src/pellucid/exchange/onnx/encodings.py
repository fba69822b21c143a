"""How layers that number categories read in ONNX: places in a vocabulary, and vectors made of them.

What a layer would refuse (a number beyond its table) makes its vector NaN. Text is hashed by no operator.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ... import layers as L
from ...arrays import TEXT
from ..encoding import amounts_of, table_of
from .writer import FORM, At, writes

LOOK_UP = "ai.onnx.ml.LabelEncoder"


@writes(L.IntegerLookup, L.StringLookup)
def lookup(at: At) -> str:
    table, default, rest = table_of(FORM, at.layer)
    x = at.x if at.layer.reads == TEXT else at.cast(at.x, at.kinds[0], "int64")
    y = found(at, x, table, default)
    if rest is not None:
        other = at.op("Add", at.op("Mod", x, at.whole(rest[1])), at.whole(rest[0]))
        y = at.op("Where", at.op("Less", y, at.whole(-1)), other, y)
    return y if at.layer.invert else in_mode(at, y)


def found(at: At, x: str, table: dict[Any, Any], default: Any) -> str:
    """The entry of each number or text in a table."""
    words = {str: "string", int: "int64"}
    keys, values = (words[type(next(iter(side), default))] for side in (table, table.values()))
    told = {f"keys_{keys}s": list(table), f"values_{values}s": list(table.values()), f"default_{values}": default}
    return at.op(LOOK_UP, x, **told)


def in_mode(at: At, places: str, weights: str | None = None, kind: str = "int64") -> str:
    """Places in the form that `output_mode` says."""
    layer, mode, shape = at.layer, at.layer.output_mode, at.shape
    if mode == "int":
        return at.cast(places, "int64", at.kind)
    if mode == "one_hot":
        return hot(at, at.reshaped(places, shape[:-1]) if shape[-1:] == (1,) else places, kind)
    each = hot(at, places, kind)
    each = each if weights is None else at.op("Mul", each, at.op("Unsqueeze", weights, at.whole(-1)))
    y = at.op("ReduceMax" if mode == "multi_hot" else "ReduceSum", each, at.whole(-2), keepdims=0)
    if mode != "tf_idf":
        return y
    return at.op("Mul", y, at.number(amounts_of(layer)))


def hot(at: At, places: str, kind: str) -> str:
    """1 at each place, 0 at others."""
    column, every = at.op("Unsqueeze", places, at.whole(-1)), np.arange(at.layer.depth)
    same = at.op("Equal", column, at.writing.array(every, f"{at.label}/every", kind))
    return at.cast(same, "bool", at.writing.dtype)


@writes(L.CategoryEncoding)
def category_encoding(at: At) -> str:
    kind = at.kinds[0] if at.kinds[0] in ("int32", "float32", "float64") else "int64"
    x = at.cast(at.x, at.kinds[0], kind)
    first, end = (at.writing.array(n, f"{at.label}/end", kind) for n in (0, at.layer.num_tokens))
    beyond = at.op("Or", at.op("Less", x, first), at.op("GreaterOrEqual", x, end))
    weights = None if len(at.xs) == 1 else at.cast(at.xs[1], at.kinds[1], at.writing.dtype)
    y = in_mode(at, x, weights, kind)
    if at.layer.output_mode != "one_hot":
        some = at.op("ReduceMax", at.cast(beyond, "bool", "int32"), at.whole(-1))
        beyond = at.cast(some, "int32", "bool")
    elif at.shape[-1:] != (1,):
        beyond = at.op("Unsqueeze", beyond, at.whole(-1))
    return at.op("Where", beyond, at.number(math.nan), y)


@writes(L.Discretization)
def discretization(at: At) -> str:
    x = at.op("Unsqueeze", at.cast(at.x, at.kinds[0], at.writing.dtype), at.whole(-1))
    passed = at.op("Not", at.op("Less", x, at.number(np.array(at.layer.bin_boundaries))))  # NaN passes them all
    return in_mode(at, at.op("ReduceSum", at.cast(passed, "bool", "int64"), at.whole(-1), keepdims=0))
