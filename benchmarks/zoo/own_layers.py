"""Layers of somebody's own that are wrong: what user code gets wrong most often."""

from __future__ import annotations

from typing import Any

import numpy as np

from pellucid.layers import Layer

from .data import Array


class Own(Layer):
    """Passes its input on; each below does something wrong on the way."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        return x, x

    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy, {}


class WrongSign(Own):
    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return -dy, {}


class LostGradient(Own):
    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return np.zeros_like(dy), {}


class MixedRows(Own):
    """Hands each sample's output to its neighbour: an axis mistaken."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        return np.roll(x, 1, axis=0), x

    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return np.roll(dy, -1, axis=0), {}


class BatchMean(Own):
    """The mean over the samples where one over the features was meant."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        return np.broadcast_to(x.mean(axis=0), x.shape).astype(x.dtype), x

    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return np.broadcast_to(dy.mean(axis=0), dy.shape).astype(dy.dtype), {}


class Sorted(Own):
    """Sorts each unit over the samples: another axis mistaken."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        order = x.argsort(axis=0, kind="stable")
        return np.take_along_axis(x, order, axis=0), order

    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        dx = np.empty_like(dy)
        np.put_along_axis(dx, cache, dy, axis=0)
        return dx, {}


class NoMask(Own):
    """max(x, 0), whose backward lets everything through."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        return np.maximum(x, 0), x


class Signs(Own):
    """Signs only, whose derivative is 0: nothing below it learns."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        return np.sign(x), x

    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return np.zeros_like(dy), {}


class Root(Own):
    """√|x|, whose derivative is infinite at 0: and ReLU gives zeros."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        return np.sqrt(np.abs(x)), x

    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy * np.sign(cache) / (2 * np.sqrt(np.abs(cache))), {}


class Logarithm(Own):
    """log x, of numbers that may be 0 or less."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        return np.log(x), x

    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy / cache, {}


class NoEpsilon(Own):
    """x / σ, the deviation over the batch, which may be 0."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        return x / x.std(axis=0), x

    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        x, sigma = cache, cache.std(axis=0)
        return dy / sigma - (x - x.mean(axis=0)) * (dy * x).sum(axis=0) / (len(x) * sigma**3), {}
