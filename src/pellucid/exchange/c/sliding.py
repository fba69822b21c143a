"""How convolutions and pools read in C: plain loops over places and taps, the sums within.

What enters stands with its channels last and its border around it before the loops begin, so that no loop asks where
it is. In bytes, a convolution is the product of `products.py`, taken at every place.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ... import layers as L
from ...arrays import Array
from ...layers.channels import LAST
from ...layers.pooling import met
from ...layers.sliding import Window
from .activations import write_activation
from .loops import View, block, element, elementwise, loops, merged, moved
from .products import quantized
from .writer import LETTERS, At, Step, Value, writes

Steps = tuple[int, ...]


def strides(*sizes: int) -> Steps:
    """How far apart the numbers of an array of this shape are along each axis."""
    return np.empty(sizes, np.int8).strides


@dataclass
class Slid:
    """A layer whose window slides over its input, being written."""

    at: At
    fill: float = 0.0  # what its border is made of

    def __post_init__(self) -> None:
        layer = self.at.layer
        size, self.channels = layer.split(self.at.x.shape[1:])
        self.window: Window = layer.window(size)
        self.last = layer.data_format == LAST
        self.rows = self.at.x.shape[0]
        self.row, *apart, _ = strides(1, *self.window.bordered, self.channels)
        self.places, self.taps = (
            tuple(step * n for step, n in zip(apart, each, strict=True))
            for each in (self.window.strides, self.window.dilation)
        )  # how far apart they are in what the window meets

    def entered(self) -> Value:
        """What the window meets: (rows, *bordered, channels)."""
        window = self.window
        widths = [(0, 0), *zip(window.before, window.after, strict=True), (0, 0)]
        x = moved(self.at, [self.at.x], lambda x: np.pad(x if self.last else np.moveaxis(x, 1, -1), widths), self.fill)
        return replace(x, bounds=self.at.x.bounds)

    def left(self, y: Value) -> Value:
        """y (rows, *places, C), its channels where the user has them."""
        return y if self.last else moved(self.at, [y], lambda y: np.moveaxis(y, -1, 1))


def nested(
    at: At, outer: Sequence[int], inner: Sequence[int], arrays: Mapping[str, tuple[str, Steps]], lines: Sequence[str]
) -> list[str]:
    """Loops over the outer sizes with these lines within, of which the second stands in loops over the inner sizes.

    arrays: the name of each, and its strides along the outer sizes and the inner. Lines call it by its key: {x}.
    """
    n, several = len(outer), len(outer) + len(inner)
    views = [(name, steps + (0,) * (several - len(steps))) for name, steps in arrays.values()]
    sizes, apart = merged(outer, [View(name, 0, steps[:n]) for name, steps in views])
    taps, within = merged(inner, [View(name, 0, steps[n:]) for name, steps in views])
    numbers = [
        element(name, 0, [*a, *b], LETTERS[: len(a) + len(b)])
        for (name, _), a, b in zip(views, apart, within, strict=True)
    ]
    first, term, *rest = (line.format(**dict(zip(arrays, numbers, strict=True))) for line in lines)
    body = [first, *loops(at, taps, [term], len(sizes)), *rest]
    return loops(at, sizes, body) if sizes else block("", body)


@writes(L.Conv1D, L.Conv2D, L.Conv3D)
def convolution(at: At) -> Value:
    z = convolved(at, at.p("kernel"), at.p("bias") if at.layer.use_bias else None, at.writing.int8)
    return write_activation(at, z, at.layer.activation)


def convolved(at: At, W: Array, b: Array | None, in_bytes: bool) -> Value:
    """z = x * W + b."""
    layer, slid = at.layer, Slid(at)
    groups, filters = layer.groups, layer.filters
    *taps, I, _ = W.shape
    K, O, still = math.prod(taps) * I, filters // groups, (0,) * (1 + len(taps))
    shape = slid.rows, *slid.window.places, filters
    x, y, bias = slid.entered(), at.new(shape), "" if b is None else " + {b}"
    kernel = W.reshape(K, filters)
    arrays = {
        "x": (slid.row, *slid.places, I, 0, *slid.taps, 1),
        "w": (*still, O * K, K, *strides(*taps, I)),
        "y": (*strides(*shape)[:-1], O, 1),
        **dict.fromkeys("bst", (*still, O, 1)),
    }
    names = {"y": y.memory.name} | ({} if b is None else {"b": at.constant(b, "bias")})
    step = Step([], [x.memory], y.memory, title=at.title)
    if in_bytes:
        q, weights, start, scales = quantized(at, x, kernel)
        names |= {"x": q.name, "w": at.constant(weights.T, "kernel", "int8")}
        names |= {"s": at.constant(start, "start", "int32"), "t": at.constant(scales, "scale")}
        lines = ["int32_t sum = {s};", "sum += (int32_t){x} * {w};", f"{{y}} = (float)sum * {{t}}{bias};"]
        step = Step([], [q], y.memory)
    else:
        names |= {"x": at.named(x), "w": at.constant(kernel.T, "kernel")}
        lines = [f"{at.writing.type} sum = {at.number(0)};", "sum += {x} * {w};", f"{{y}} = sum{bias};"]
    given = {key: (name, arrays[key]) for key, name in names.items()}
    step.lines = nested(at, [*shape[:-1], groups, O], [*taps, I], given, lines)
    at.writing.steps.append(step)
    at.title = ""
    return slid.left(y)


def pooled(at: At, slid: Slid, lines: Sequence[str]) -> Value:
    """One number for all that each place of the window meets."""
    shape = slid.rows, *slid.window.places, slid.channels
    x, y = slid.entered(), at.new(shape)
    arrays = {
        "x": (at.named(x), (slid.row, *slid.places, 1, *slid.taps)),
        "y": (y.memory.name, strides(*shape)),
    }
    return at.step(nested(at, shape, slid.window.kernel, arrays, lines), [x], y)


@writes(L.MaxPooling1D, L.MaxPooling2D, L.MaxPooling3D)
def max_pooling(at: At) -> Value:
    slid, least = Slid(at, -math.inf), at.number(-math.inf)
    return slid.left(
        pooled(at, slid, [f"{at.writing.type} most = {least};", "most = larger({x}, most);", "{y} = most;"])
    )


@writes(L.AveragePooling1D, L.AveragePooling2D, L.AveragePooling3D)
def average_pooling(at: At) -> Value:
    slid = Slid(at)
    count = at.number(math.prod(slid.window.kernel))
    within = [f"{at.writing.type} sum = {at.number(0)};", "sum += {x};"]
    if not slid.window.has_border:
        return slid.left(pooled(at, slid, [*within, f"{{y}} = sum / {count};"]))
    y = pooled(at, slid, [*within, "{y} = sum;"])  # the border does not count
    return slid.left(elementwise(at, [y, at.known(met(slid.window, np.zeros(0)), "counts")], "{0} / {1}"))
