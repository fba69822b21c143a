"""Convolutions and pools that are ops: they read as their layers do, their weights being operands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...ops import windows
from ...ops.base import Operation
from .operations import operands
from .writer import EMITTERS, FORM, At, Back, writes


@dataclass
class OfOp(At):
    """An op as the emitter of its layer sees it."""

    weights: dict[str, str] = field(default_factory=dict)  # as text
    asked: set[str] = field(default_factory=set)  # those whose gradients are wanted
    found: dict[str, str] = field(default_factory=dict)  # their gradients, as text

    def p(self, name: str) -> str:
        return self.weights.get(name) or super().p(name)

    def trains(self, name: str) -> bool:
        return name in self.asked

    def gradient(self, name: str, text: str) -> None:
        self.found[name] = text


def as_layer(at: At) -> tuple[str, Back]:
    op, operation = at.layer, at.layer.operation
    if 0 in op.held or operation.shell is None:
        raise FORM.refused(at.path, "pictures that flow", "pictures that are known")
    flowing = [name for i, name in enumerate(operation.weights, 1) if i not in op.held]
    shapes = iter(at.shapes[1:])
    kernels = [np.shape(op.held[i]) if i in op.held else tuple(next(shapes)) for i in range(1, op.places)]
    layer = operation.shell((1, *at.shape), *kernels, **op.options)
    layer.dtype = op.dtype
    texts = dict(zip(operation.weights, operands(at)[1:], strict=True))
    inner = OfOp(at.script, layer, at.path, at.number, at.key, at.xs[:1], at.shapes[:1], weights=texts)
    out, back = EMITTERS[type(layer).__bases__[0]](inner)

    def sent_back(dy: str, wanted: Any) -> Any:
        asked = wanted if isinstance(wanted, tuple) else (wanted,)
        inner.asked = {name for name, wish in zip(flowing, asked[1:], strict=True) if wish}
        dx = back(dy, asked[0])
        return (dx, *(inner.found.get(name) for name in flowing)) if flowing else dx

    return out, sent_back


for _operation in vars(windows).values():
    if isinstance(_operation, Operation) and _operation.shell is not None:
        writes(_operation.made)(as_layer)
