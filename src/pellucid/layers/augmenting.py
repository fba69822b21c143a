"""What layers have in common that change pictures at random, in training alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import checks
from ..arrays import Array, Arrays, Shape
from ..errors import InvalidArgument
from ..program import Buffer, CannotLower, Program
from ..rng import Key, own_seed
from .base import Layer
from .channels import Channels
from .noise import lower_uniform, noise_key
from .warping import FILL_MODES, corners, warped, warped_grad

TURN, MOVE, STRETCH = range(3)  # ways, as machine/kernels/warping.py counts; fill modes are counted in their order
NEAREST_PIXEL = 8
Factor = float | Sequence[float]


def factor_pair(where: str, value: Any, low: float, high: float, lowest: float | None = None) -> tuple[float, float]:
    """(least, most) from two numbers, or from one, f: (−f, f), but no less than `lowest`."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        if len(value) != 2:
            raise InvalidArgument(where, "a number, or two of them", value)
        least, most = sorted(checks.number(where, n, minimum=low, maximum=high) for n in value)
        return least, most
    most = abs(checks.number(where, value, minimum=low, maximum=high))
    return (-most if lowest is None else max(-most, lowest)), most


def range_pair(where: str, value: Any) -> tuple[float, float]:
    """value_range as (low, high).

    >>> range_pair("layer 'flip', argument value_range", [255, 0])
    (0.0, 255.0)
    """
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
        raise InvalidArgument(where, "two numbers, such as (0, 255)", value)
    low, high = sorted(checks.number(where, n) for n in value)
    return low, high


class Augmenting(Channels, Layer):
    """A layer for pictures that passes them through in prediction. Its numbers come from `rng.Key`: of the same law as
    Keras's, and others."""

    axes = 2
    seed: int | None

    def keep_seed(self, seed: Any, data_format: str | None) -> None:
        """Keep the constructor's arguments."""
        self.seed = own_seed(self.where("seed"), seed)
        self.keep_data_format(data_format)

    def output_shape_for(self, shape: Shape) -> Shape:
        self.split(shape)
        return shape

    def changed(self, x: Array, key: Key) -> tuple[Array, Any]:
        """(y, cache) of x with its channels last."""
        raise NotImplementedError

    def changed_grad(self, dy: Array, cache: Any) -> Array:
        """dx, channels last."""
        raise NotImplementedError

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        if not training:
            return x, None
        y, cache = self.changed(self.last(x), noise_key(rng, self.seed))
        return self.as_given(y), (cache,)

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy if cache is None else self.as_given(self.changed_grad(self.last(dy), cache[0])), {}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        if not code.trains:
            return x
        owner = {name: cls for cls in reversed(type(self).__mro__) for name in vars(cls)}
        for name in {"changed", "changed_grad", "transforms"} & owner.keys():
            emitter = "lower_transforms" if name == "transforms" else "lower_changed"
            if not issubclass(owner[emitter], owner[name]):  # a derived class computes something else
                raise CannotLower(f"layer {self.name!r} ({type(self).__name__}) in training")
        return self.lower_as_given(code, self.lower_changed(code, self.lower_last(code, x)))

    def lower_changed(self, code: Program, x: Buffer) -> Buffer:
        """Emit y from x with its channels last, and the way back."""
        raise CannotLower(f"layer {self.name!r} ({type(self).__name__}) in training")

    def lower_drawn(self, code: Program, bounds: tuple[float, float], *under: str) -> Buffer:
        """Emit a number for each picture, uniform between the bounds: as `drawn` under a name."""
        return lower_uniform(code, self.name, (1,), *bounds, self.seed, *under)


class Warping(Augmenting):
    """A layer that turns, moves or stretches pictures, each in a way of its own."""

    formula = "y[i, j] = x[i′, j′], i′ and j′ linear in i and j"
    formula_back = "dx[i′, j′] = Σ dy[i, j]"

    def keep_warping(self, fill_mode: str, interpolation: str, fill_value: float) -> None:
        """Keep the constructor's arguments."""
        self.fill_mode = checks.one_of(self.where("fill_mode"), fill_mode, FILL_MODES)
        self.interpolation = checks.one_of(self.where("interpolation"), interpolation, ("bilinear", "nearest"))
        self.fill_value = checks.number(self.where("fill_value"), fill_value)

    def transforms(self, key: Key, batch: int, height: int, width: int) -> Array:
        """a₀ a₁ a₂ b₀ b₁ b₂ for each picture, (B, 6)."""
        raise NotImplementedError

    def changed(self, x: Array, key: Key) -> tuple[Array, Any]:
        height, width = x.shape[1:-1]
        transforms = self.transforms(key, len(x), height, width)
        met = corners((height, width), transforms, self.interpolation, self.fill_mode)
        return warped(x, met, self.fill_value), met

    def changed_grad(self, dy: Array, cache: Any) -> Array:
        return warped_grad(dy, cache)

    def lower_transforms(self, code: Program) -> tuple[int, Buffer, Buffer]:
        """Emit what the transforms are made of: which way, and two numbers for each picture."""
        raise CannotLower(f"layer {self.name!r} ({type(self).__name__}) in training")

    def lower_changed(self, code: Program, x: Buffer) -> Buffer:
        way, *given = self.lower_transforms(code)
        edges = FILL_MODES.index(self.fill_mode) + NEAREST_PIXEL * (self.interpolation == "nearest")

        def emitted(kernel: str, x: Buffer) -> Buffer:
            y = code.buffer(x.shape)
            code.emit(kernel, x, *given, y, *x.shape, way, edges, self.fill_value)
            return y

        code.back(lambda dy, wanted: emitted("warp.grad", dy) if wanted else None)
        return emitted("warp", x)


def drawn(key: Key, name: str, batch: int, bounds: tuple[float, float]) -> Array:
    """A number for each picture, uniform between the bounds."""
    return key.fold(name).uniform((batch,), "float32", *bounds).astype("float64")


def affine(a0: Any, a1: Any, b0: Any, b1: Any, height: int, width: int) -> Array:
    """The transforms (B, 6) that leave the middle where it is."""
    x, y = (width - 1) / 2, (height - 1) / 2
    a0, a1, b0, b1 = np.broadcast_arrays(a0, a1, b0, b1)
    return np.stack([a0, a1, x - x * a0 - y * a1, b0, b1, y - x * b0 - y * b1], axis=-1)
