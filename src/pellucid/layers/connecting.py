"""Layers called on tensors: how a graph comes about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..arrays import Shape
from ..errors import NotReady, ShapeError, Told, WrongType
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
