"""Gradients of plain functions: what a function does to tensors, step by step back.

Losses and activations of one's own that come without a gradient get it here; they stand below the layers, and find it
in the table of what is done to tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import PellucidError
from ..rng import Key
from ..wiring import OPERATORS
from .lambda_layer import Lambda


class Derived:
    """The gradient of y = f(x₁, x₂, ...), a function of arrays whose first axis is the batch.

    >>> squares, t, y = Derived(lambda t, y: (y - t) ** 2, "squares"), np.zeros((1, 2)), np.full((1, 2), 3.0)
    >>> squares.gradients(np.ones((1, 2)), t, y)[1]
    array([[6., 6.]])
    """

    def __init__(self, f: Callable[..., Any], where: str) -> None:
        self.f, self.where = f, where
        self.traced: dict[Any, Lambda] = {}  # by the shapes and kinds of the arrays: f may ask for them

    def gradients(self, dy: Array, *xs: Array) -> tuple[Array, ...]:
        """dL/dx of each x, from dL/dy."""
        key = tuple((x.shape[1:], x.dtype.name) for x in xs)
        layer = self.traced.get(key)
        try:
            if layer is None:
                layer = self.traced[key] = Lambda(lambda given: self.f(*given))
                layer.build([(None, *x.shape[1:]) for x in xs])
            _, cache = layer.forward(layer.p, *xs, training=True, rng=Key(0))
        except PellucidError as problem:
            self.traced.pop(key, None)
            problem.where = f"{self.where}, {problem.where}"
            raise
        found, _ = layer.backward(layer.p, cache, dy)
        return tuple(np.zeros_like(x) if dx is None else dx for dx, x in zip(found, xs, strict=True))


OPERATORS["derived"] = Derived
