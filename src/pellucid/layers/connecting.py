"""Layers called on tensors: how a graph comes about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .. import checks
from ..arrays import TEXT, Array, Shape, known
from ..errors import DataError, InvalidArgument, NotReady, ShapeError, Told, WrongType, of_others
from ..wiring import OF_LAYERS, OPERATORS, OPS, Node, Tensor


def checked_tensors(name: str, tensors: Sequence[Any], *, takes_many: bool, takes_text: bool = True) -> list[Shape]:
    """The shapes of the tensors that a layer of this name is called on: one, unless it takes many."""
    for tensor in tensors:
        if not isinstance(tensor, Tensor):
            raise WrongType(f"layer {name!r}, input", "tensors alone", tensor, "Make it an Input of the model.")
        if tensor.dtype == TEXT and not takes_text:
            raise text_refused(name)
    if len(tensors) != 1 and not takes_many:
        raise ShapeError(f"layer {name!r}, input", "one tensor", Told(str(len(tensors))), "Concatenate()([a, b]).")
    return [tensor.sample for tensor in tensors]


def over_the_batch(data: Sequence[Any]) -> list[Any]:
    """Tensors beside arrays as tensors alone: an array whose first axis has length 1 stands for every sample."""
    first = next(one for one in data if isinstance(one, Tensor))
    return [one if isinstance(one, Tensor) or np.shape(one)[:1] != (1,) else _stretched(one, first) for one in data]


def _stretched(x: Any, along: Tensor) -> Any:
    """x (1, ...) as a tensor (B, ...), with the batch of another tensor."""
    x = np.asarray(x)
    number = OPERATORS["get_item"](along, (slice(None), *(0,) * (len(along.shape) - 1)))
    none = OF_LAYERS["expand_dims"](OPERATORS["less"](number, number), tuple(range(1, x.ndim)))  # false, (B, 1, ...)
    if x.dtype.kind == "b":
        return OPERATORS["logical_or"](none, x)
    return OPERATORS["add"](OF_LAYERS["cast"](none, x.dtype.name), x)


def only(name: str, what: str, nodes: Sequence[Node]) -> Node:
    """The one call of a layer that stands at one place of a graph."""
    if len(nodes) != 1:
        raise NotReady(
            f"layer {name!r}, {what}", "a layer that stands at one place of a graph",
            Told(f"one called on {len(nodes)} tensors"), "Keep the tensor that the call gives.",
        )  # fmt: skip
    return nodes[0]


def by_name(where: str, given: Any, names: Sequence[str], *, all_of_them: bool = True) -> Any:
    """What is given by name as a list in the order of the names, None for what may be missing; all else as it is."""
    if not isinstance(given, Mapping):
        return given
    missing = [name for name in names if name not in given] if all_of_them else []
    if missing or any(name not in names for name in given):
        raise InvalidArgument(
            where, "a dict with the keys " + ", ".join(repr(name) for name in names),
            Told("the keys " + ", ".join(repr(name) for name in given)),
        )  # fmt: skip
    return [given.get(name) for name in names]


def as_numbers(name: str, data: Any, dtype: str) -> Array:
    """The data that a layer of this name is called on as an array of its dtype, with a batch axis."""
    where = f"layer {name!r}, input"
    if dtype == TEXT:
        return checks.texts(where, data)
    try:
        given = known(data)
        x: Array = np.asarray(given, dtype=dtype) if given.dtype.kind in "biufO" else np.empty(0)
    except (TypeError, ValueError, OverflowError):
        raise DataError(where, "numbers", Told(kind_of(data)), of_others(data)) from None
    if data is None or given.dtype.kind not in "biufO":
        raise DataError(where, "numbers", Told(kind_of(data)))
    if x.ndim == 0:
        raise ShapeError(where, "an array with a batch axis", x.shape)
    checks.whole(where, given, dtype)
    return x


def text_refused(name: str) -> WrongType:
    """The error of text that comes to a layer which computes."""
    fix = "Put TextVectorization, StringLookup or Hashing before it."
    return WrongType(f"layer {name!r}, input", "numbers", Told("text"), fix)


def constant_for_ever(name: str) -> InvalidArgument:
    """The error of calling a layer with parameters on numbers while the `call` of another runs."""
    return InvalidArgument(
        f"layer {name!r}, input", "tensors, within the call of another layer", Told("numbers"),
        "Begin with a tensor, such as ops.zeros_like(x[:, :1]) + 1.0.",
    )  # fmt: skip


def borrowed(name: str, weight: str) -> InvalidArgument:
    """The error of looking at a layer's weight while the `call` of another runs."""
    return InvalidArgument(
        f"layer {name!r}, {weight}", "to be called, within the call of another layer",
        Told("a look at its weights, which would be numbers ever after"),
        "Make a weight that two computations share one of the layer whose call has both: add_weight.",
    )  # fmt: skip


def missing(where: str, problem: AttributeError) -> InvalidArgument:
    """The error of an attribute that a tensor lacks, or anything else within a `call` or a function of tensors."""
    asked = problem.name if isinstance(problem.obj, Tensor) else None
    fix = f"Write ops.{asked}(x)." if asked in OPS else "Write it with pellucid.ops." if asked else ""
    return InvalidArgument(where, "attributes that there are", Told(str(problem)), fix)


def kind_of(data: Any) -> str:
    """What data that are no array of numbers are, in words."""
    try:
        return f"an array of {np.asarray(data).dtype}"
    except ValueError:
        return repr(data) if of_others(data) else "rows of different lengths"
