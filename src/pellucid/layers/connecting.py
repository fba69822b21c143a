"""Layers called on tensors: how a graph comes about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..arrays import Shape
from ..errors import InvalidArgument, NotReady, ShapeError, Told, WrongType
from ..wiring import Node, Tensor


def checked_tensors(name: str, tensors: Sequence[Any], *, takes_many: bool) -> list[Shape]:
    """The shapes of the tensors that a layer of this name is called on: one, unless it takes many."""
    for tensor in tensors:
        if not isinstance(tensor, Tensor):
            raise WrongType(f"layer {name!r}, input", "tensors alone", tensor, "Make it an Input of the model.")
    if len(tensors) != 1 and not takes_many:
        raise ShapeError(f"layer {name!r}, input", "one tensor", Told(str(len(tensors))), "Concatenate()([a, b]).")
    return [tensor.sample for tensor in tensors]


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


def kind_of(data: Any) -> str:
    """What data that are no array of numbers are, in words."""
    try:
        return f"an array of {np.asarray(data).dtype}"
    except ValueError:
        return "rows of different lengths"
