"""What is known before data flow: operators on constants are computed, and the sizes of data are such constants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...arrays import Array
from .reader import BATCH, Reader, Use

FOLDED: dict[str, Reader] = {
    "Identity": lambda use: use.constant(0),
    "Cast": lambda use: use.constant(0).astype(use.options["to"]),
    "Unsqueeze": lambda use: np.expand_dims(use.constant(0), tuple(use.whole(1, "axes"))),
    "Squeeze": lambda use: np.squeeze(use.constant(0), tuple(use.whole(1, "axes")) or None),
    "Transpose": lambda use: np.transpose(use.constant(0), use.options.get("perm")),
    "Neg": lambda use: -use.constant(0),
    "Shape": lambda use: np.array(use.constant(0).shape, np.int64),
}


def folds(*names: str) -> Callable[[Reader], Reader]:
    """Decorator: this computes these operators, where their inputs are known."""

    def register(reader: Reader) -> Reader:
        FOLDED.update(dict.fromkeys(names, reader))
        return reader

    return register


@folds("Constant")
def constant(use: Use) -> Array:
    (name,) = use.options
    value = use.options[name]
    if name not in ("value", "value_float", "value_floats", "value_int", "value_ints"):
        use.refuse("numbers", name)
    return np.asarray(value, np.float32 if "float" in name else np.int64 if "int" in name else None)


@folds("ConstantOfShape")
def same_all_over(use: Use) -> Array:
    value = np.asarray(use.options.get("value", np.zeros(1, np.float32)))
    return np.full(use.small(begun(use.whole(0, "shape"), value)), value.reshape(-1)[:1])


@folds("Expand")
def stretched(use: Use) -> Array:
    array = use.constant(0)
    sizes = begun(use.whole(1, "shape"), array)
    shape = np.broadcast_shapes(array.shape, use.small([max(n, 1) for n in sizes]))
    if BATCH in sizes:
        use.refuse("sizes that are known", "the number of rows")
    return np.broadcast_to(array, shape)


def begun(sizes: list[int], value: Array) -> list[int]:
    """The sizes of zeros with which recurrence begins, one for all rows; of other arrays as they are."""
    states = len(sizes) == 3 and sizes[1] == BATCH and not value.any()
    return [sizes[0], 1, sizes[2]] if states else sizes


@folds("Concat")
def joined(use: Use) -> Array:
    arrays = [use.constant(i) for i in range(len(use.inputs))]
    use.small([sum(array.size for array in arrays)])
    return np.concatenate(arrays, use.options["axis"])


@folds("Gather")
def gathered(use: Use) -> Array:
    array, places, axis = use.constant(0), use.constant(1), use.options.get("axis", 0)
    use.small([places.size, max(array.size // max(array.shape[axis], 1), 1)])
    return np.take(array, places, axis)


@folds("Slice")
def sliced(use: Use) -> Array:
    array, starts, stops = use.constant(0), use.whole(1, "starts"), use.whole(2, "ends")
    axes = use.whole(3, "axes", list(range(len(starts))))
    key = [slice(None)] * array.ndim
    for axis, *words in zip(axes, starts, stops, use.whole(4, "steps", [1] * len(starts)), strict=True):
        key[axis] = slice(*words)
    return array[tuple(key)]


@folds("Reshape")
def reshaped_constant(use: Use) -> Array:
    return use.constant(0).reshape([n or use.constant(0).shape[i] for i, n in enumerate(use.whole(1, "shape"))])


@folds("Add", "Sub", "Mul", "Div")
def computed(use: Use) -> Array:
    a, b = use.constant(0), use.constant(1)
    use.small(np.broadcast_shapes(a.shape, b.shape))
    if BATCH in (a if a.dtype.kind == "i" else ()) or BATCH in (b if b.dtype.kind == "i" else ()):
        use.refuse("sizes that are known", "arithmetic with the number of rows")
    with np.errstate(all="ignore"):
        found: dict[str, Callable[[], Any]] = {
            "Add": lambda: a + b, "Sub": lambda: a - b, "Mul": lambda: a * b,
            "Div": lambda: a / b if a.dtype.kind == "f" else a // b,
        }  # fmt: skip
        return np.asarray(found[use.op]())


def shape_of(use: Use) -> Array:
    """The sizes of an array that flows, BATCH for its rows."""
    sizes = np.array([BATCH, *use.tensor().sample], np.int64)
    return sizes[use.options.get("start", 0) : use.options.get("end", len(sizes))]
