"""How layers that number categories read in C: places in a vocabulary, and vectors made of them.

What a layer would refuse (a number beyond its table) makes its vector NaN. Text is for those before the network.
"""

from __future__ import annotations

import math

import numpy as np

from ... import layers as L
from ..encoding import amounts_of, table_of
from .loops import elementwise, reduced
from .writer import FORM, At, Value, reshaped, writes


@writes(L.IntegerLookup)
def lookup(at: At) -> Value:
    table, default, rest = table_of(FORM, at.layer)
    most = 1 << np.finfo(at.writing.dtype).nmant + 1
    if max(map(abs, [*table, *table.values(), default])) > most:
        raise FORM.refused(at.path, f"tokens up to {most:,}, which are exact in {at.writing.dtype}", "larger ones")
    y = found(at, table, default)
    if rest is not None:
        other = f"{at.number(rest[0])} + modulo({{1}}, {at.number(rest[1])})"
        y = elementwise(at, [y, at.x], f"{{0}} < -1.0f ? {other} : {{0}}")
    return y if at.layer.invert else in_mode(at, y)


def found(at: At, table: dict[int, int], default: int) -> Value:
    """The entry of each number in a table."""
    pairs, y = [*sorted(table.items()), (0, 0)], at.new(at.x.shape)  # C has no array of nothing
    keys, values = (at.constant([pair[i] for pair in pairs], name) for i, name in enumerate(("tokens", "places")))
    given = at.named(at.x), y.memory.name, y.size, keys, values, len(table), at.number(default)
    return at.step([f"look_up({', '.join(map(str, given))});"], [at.x], y, in_place=True)


def in_mode(at: At, places: Value, weights: Value | None = None) -> Value:
    """Places in the form that `output_mode` says."""
    layer, mode = at.layer, at.layer.output_mode
    if mode == "int":
        return places
    if mode == "one_hot":
        return reshaped(hot(at, places), at.shape)
    each = hot(at, places)
    if weights is not None:
        each = elementwise(at, [each, reshaped(weights, (*weights.shape, 1))], "{0} * {1}")
    axis = len(each.shape) - 2
    y = reduced(at, each, [axis], "largest" if mode == "multi_hot" else "total", at.shape)
    if mode != "tf_idf":
        return y
    return elementwise(at, [y, at.known(amounts_of(layer), "idf")], "{0} * {1}")


def hot(at: At, places: Value) -> Value:
    """1 at each place, 0 at others, NaN at all of a NaN."""
    column, every = reshaped(places, (*places.shape, 1)), at.known(np.arange(at.layer.depth), "every")
    return elementwise(at, [column, every], "isnan({0}) ? {0} : {0} == {1} ? 1.0f : 0.0f")


@writes(L.CategoryEncoding)
def category_encoding(at: At) -> Value:
    x, n = at.xs[0], at.number(at.layer.num_tokens)
    within = elementwise(at, [x], f"{{0}} >= 0.0f && {{0}} < {n} ? {{0}} : {at.number(math.nan)}")
    return in_mode(at, within, at.xs[1] if len(at.xs) > 1 else None)


@writes(L.Discretization)
def discretization(at: At) -> Value:
    bounds = at.known(at.layer.bin_boundaries or [math.inf], "boundaries")
    passed = elementwise(at, [reshaped(at.x, (*at.x.shape, 1)), bounds], "{0} < {1} ? 0.0f : 1.0f")
    return in_mode(at, reduced(at, passed, [len(at.x.shape)], "total", at.x.shape))
