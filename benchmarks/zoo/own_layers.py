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


class NoScaleBack(Own):
    """3 x, whose backward forgets the 3."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        return 3 * x, x


class OtherSlope(Own):
    """tanh x, with the derivative y (1 - y) of a sigmoid."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        y = np.tanh(x)
        return y, y

    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy * cache * (1 - cache), {}


class BatchMaximum(Own):
    """The largest over the samples where one over the features was meant."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        return np.broadcast_to(x.max(axis=0), x.shape).astype(x.dtype), x

    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        dx = np.zeros_like(dy)
        np.put_along_axis(dx, cache.argmax(axis=0)[None], dy.sum(axis=0, keepdims=True), axis=0)
        return dx, {}


class Nothing(Own):
    """A product with 0: a mask that is never set."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        return np.zeros_like(x), None

    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return np.zeros_like(dy), {}


class Rounded(Own):
    """Whole numbers, whose derivative is 0: nothing below it learns."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        return np.round(x), None

    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return np.zeros_like(dy), {}


class UnitRows(Own):
    """x / ‖x‖ row by row, 0 / 0 where a row is 0."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        n = np.linalg.norm(x, axis=1, keepdims=True)
        return x / n, (x / n, n)

    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        y, n = cache
        return (dy - y * (dy * y).sum(axis=1, keepdims=True)) / n, {}


class NoShift(Own):
    """exp(100 x) / Σ exp(100 x), the largest not taken away first: too large for a float."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        e = np.exp(100 * x)
        y = e / e.sum(axis=1, keepdims=True)
        return y, y

    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return 100 * cache * (dy - (dy * cache).sum(axis=1, keepdims=True)), {}


class Reciprocal(Own):
    """1 / x, of numbers that may be 0."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        return 1 / x, x

    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return -dy / cache**2, {}


class Steps(Own):
    """1 above 0 and 0 below, whose derivative is 0: nothing below it learns."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        return (x > 0).astype(x.dtype), None

    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return np.zeros_like(dy), {}


class FirstRow(Own):
    """x[0] where x[:, 0] was meant: each sample gets what the batch's first one gives."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        return np.repeat(x[:1], len(x), axis=0), None

    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        dx = np.zeros_like(dy)
        dx[0] = dy.sum(axis=0)
        return dx, {}


class Power(Own):
    """x to the 1.5th, of numbers that may be below 0."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        return x**1.5, x

    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return (1.5 * dy * np.sqrt(cache)).astype(dy.dtype), {}


class Reversed(Own):
    """The features in the reverse order, which the backward forgets."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        return x[:, ::-1].copy(), None


class Absolute(Own):
    """|x|, whose backward forgets the sign."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        return np.abs(x), None


class Squared(Own):
    """x², whose backward forgets the x of 2 x."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        return x * x, None

    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return 2 * dy, {}


class Largest(Own):
    """1 for the largest feature and 0 for the others: a choice, whose derivative is 0."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        return (x == x.max(axis=1, keepdims=True)).astype(x.dtype), None

    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return np.zeros_like(dy), {}


class RowShares(Own):
    """x / Σ x row by row, 0 / 0 where a row is 0."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        s = x.sum(axis=1, keepdims=True)
        return x / s, (x / s, s)

    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        y, s = cache
        return (dy - (dy * y).sum(axis=1, keepdims=True)) / s, {}
