"""Gradients of plain functions: what a function does to tensors, step by step back.

Losses and activations of one's own that come without a gradient get it here; they stand below the layers, and find it
in the table of what is done to tensors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..arrays import Array, Whole
from ..errors import InvalidArgument, PellucidError, Told, WrongType
from ..rng import Key
from ..wiring import FROM_ABOVE, Node, Tensor, nodes_between
from .base import Layer
from .connecting import missing
from .input_layer import InputLayer


class Derived:
    """The gradient of y = f(x₁, x₂, ...), a function of arrays.

    >>> squares, t, y = Derived(lambda t, y: (y - t) ** 2, "squares"), np.zeros((1, 2)), np.full((1, 2), 3.0)
    >>> squares.gradients(np.ones((1, 2)), (y - t) ** 2, t, y)[1]
    array([[6., 6.]])
    """

    def __init__(self, f: Callable[..., Any], where: str) -> None:
        self.f, self.where = f, where
        self.traced: dict[Any, tuple[list[Tensor], Tensor, list[Node]]] = {}  # by the shapes and kinds of the arrays

    def gradients(self, dy: Array, y: Array, *xs: Array) -> tuple[Array, ...]:
        """dL/dx of each x, from dL/dy and the y that f has just given.

        What f does may hang on more than its arguments, such as a number that has been set anew: where the trace gives
        another y, f is traced again, so that the gradient is always that of this very y."""
        entries, end, nodes = self._trace(xs)
        values, caches = _run(entries, nodes, xs)
        if not _agree(values[end], y):
            self.traced.clear()
            entries, end, nodes = self._trace(xs)
            values, caches = _run(entries, nodes, xs)
        if not _agree(values[end], y):
            raise InvalidArgument(
                self.where, "the same numbers for the same arguments, be they arrays or tensors", Told("others"),
                "Chance has no gradient: let the function draw no numbers.",
            )  # fmt: skip
        arrived: dict[Tensor, Array] = {end: dy}
        for node, cache in zip(reversed(nodes), reversed(caches), strict=True):
            if node.outputs[0] in arrived:
                found, _ = node.layer.backward({}, cache, arrived.pop(node.outputs[0]))
                for tensor, dx in zip(node.inputs, found if isinstance(found, tuple) else (found,), strict=True):
                    if dx is not None:
                        arrived[tensor] = dx if tensor not in arrived else arrived[tensor] + dx
        return tuple(arrived.get(entry, np.zeros_like(x)) for entry, x in zip(entries, xs, strict=True))

    def check(self, *xs: Array) -> None:
        """Run f on tensors, which say what it may not do."""
        self._trace(xs)

    def _trace(self, xs: Sequence[Array]) -> tuple[list[Tensor], Tensor, list[Node]]:
        """(the tensors that f is given, the one that it gives, what it does between them)."""
        key = tuple((x.shape, x.dtype.name) for x in xs)
        if key not in self.traced:
            nodes = [Node(InputLayer((1,), dtype=x.dtype.name), (), [Whole(x.shape)], x.dtype.name) for x in xs]
            entries = [node.outputs[0] for node in nodes]
            try:
                end = self.f(*entries)
                if not isinstance(end, Tensor):
                    raise WrongType("what it returns", "a tensor, made of its arguments", end)
                between = nodes_between(self.where, entries, [end])
                for node in between:
                    if type(node.layer).parameters is not Layer.parameters and node.layer.is_layer:
                        raise InvalidArgument("what it does", "ops, and layers without weights", node.layer.name)
            except PellucidError as problem:
                problem.where = f"{self.where}, {problem.where}"
                raise
            except AttributeError as problem:
                raise missing(self.where, problem) from problem
            self.traced[key] = entries, end, between
        return self.traced[key]


Values = dict[Tensor, Any]


def _run(entries: Sequence[Tensor], nodes: Sequence[Node], xs: Sequence[Array]) -> tuple[Values, list[Any]]:
    """(the numbers of every tensor, what each step keeps for the way back)."""
    values: Values = dict(zip(entries, xs, strict=True))
    caches = []
    for node in nodes:
        given = [values[tensor] for tensor in node.inputs]
        values[node.outputs[0]], cache = node.layer.forward({}, *given, training=True, rng=Key(0))
        caches.append(cache)
    return values, caches


def _agree(traced: Array, y: Array) -> bool:
    return traced.shape == y.shape and bool(np.allclose(traced, y, rtol=1e-4, atol=1e-6, equal_nan=True))


FROM_ABOVE["derived"] = Derived
