"""How the layers of a network are named apart."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from ..errors import InvalidArgument
from ..registry import snake
from ..wiring import Graph
from .base import Layer


def name_all(model: Any, graphs: Sequence[Graph], entries: Sequence[Layer] = ()) -> None:
    """Layers that their user did not name are numbered in the order in which they were called."""
    taken: set[str] = set()
    layers = [*entries]
    for graph in graphs:
        layers += [call.layer for call in sorted(graph.calls, key=lambda call: call.written)]
    for layer in sorted({id(la): la for la in layers}.values(), key=lambda layer: not layer.named):
        name_apart(model, layer, taken, "layers")
        taken.add(layer.name)


def name_apart(model: Any, layer: Layer, taken: Collection[str], where: str) -> None:
    """Have the layer go by a name that none of its neighbours has."""
    name, n = layer.name, 0
    if name in taken and layer.named:
        raise InvalidArgument(f"model {model.name!r}, {where}", "layers of different names", name)
    while name in taken:
        n += 1
        name = f"{snake(type(layer).__name__)}_{n}"
    layer.call_it(name)
