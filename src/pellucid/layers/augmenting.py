"""What layers have in common that change pictures at random, in training alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, Unpack

import numpy as np

from .. import checks
from ..arrays import Array, Arrays, Shape
from ..errors import InvalidArgument, Told
from ..program import Buffer, Program
from ..rng import Key, own_seed
from ..wiring import tensors_in
from .base import Layer, LayerOptions
from .channels import Channels
from .noise import lower_uniform, noise_key
from .warping import FILL_MODES, Corners, corners, warped, warped_grad

TURN, MOVE, STRETCH = range(3)  # ways, as machine/kernels/warping.py counts; fill modes are counted in their order
NEAREST_PIXEL = 8
Factor = float | Sequence[float]


def factor_pair(where: str, value: Any, signed: bool) -> tuple[float, float]:
    """(least, most) from two numbers, or from one, f: (0, f), or (−f, f) where they may be below 0."""
    low = -1 if signed else 0
    if isinstance(value, Sequence) and not isinstance(value, str):
        if len(value) != 2:
            raise InvalidArgument(where, "a number, or two of them", value)
        least, most = sorted(checks.number(where, n, minimum=low, maximum=1) for n in value)
        return least, most
    most = abs(checks.number(where, value, minimum=low, maximum=1))
    return low * most, most


def range_pair(where: str, value: Any) -> tuple[float, float]:
    """value_range as (low, high).

    >>> range_pair("layer 'flip', argument value_range", [255, 0])
    (0.0, 255.0)
    """
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
        raise InvalidArgument(where, "two numbers, such as (0, 255)", value)
    low, high = sorted(checks.number(where, n) for n in value)
    return low, high


CHECKS: Mapping[str, Callable[[str, Any], Any]] = {  # of arguments that mean the same in all layers
    "value_range": range_pair,
    "fill_mode": partial(checks.one_of, options=FILL_MODES),
    "interpolation": partial(checks.one_of, options=("bilinear", "nearest")),
    "fill_value": checks.number,
}


class PictureOptions(LayerOptions, total=False):
    """Arguments that every layer takes, and where the channels stand."""

    data_format: str | None


class Augmenting(Channels, Layer):
    """A layer for pictures that passes them through in prediction. Its numbers come from `rng.Key`: of the same law as
    Keras's, and others."""

    axes = 2
    augments = True
    seed: int | None
    factor: Any  # (least, most); of RandomGrayscale one number
    value_range: tuple[float, float]
    signed: ClassVar[tuple[str, ...]] = ()  # factors from −1 to 1, of which one number, f, is (−f, f)

    def __init__(self, *, data_format: str | None = None, seed: Any = None, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.seed = own_seed(self.where("seed"), seed)
        self.keep_data_format(data_format)

    def keep(self, **given: Any) -> None:
        """Keep arguments of the constructor, each checked by its name; what no table tells is a factor: two numbers
        from 0 to 1, or one, f, for (0, f), unless it is `signed`."""
        for name, value in given.items():
            where, signed = self.where(name), name in self.signed
            found = CHECKS[name](where, value) if name in CHECKS else factor_pair(where, value, signed)
            setattr(self, name, found)

    def __call__(self, x: Any, training: bool | None = None, mask: Any = None) -> Any:
        """y for a batch; of pictures with their labels, {"images": ..., "labels": ...}, the same with changed pictures,
        unless training is False."""
        if not isinstance(x, Mapping):
            return super().__call__(x, training, mask)
        if "images" not in x or set(x) - {"images", "labels"} or tensors_in(x["images"]) is not None:
            expected, fix = "arrays {'images': ..., 'labels': ...}", "In a network, call it on the images alone."
            raise InvalidArgument(f"layer {self.name!r}, input", expected, Told(f"{', '.join(map(str, x))}"), fix)
        return self.on_labelled(x, self.augments if training is None else bool(training))

    def on_labelled(self, data: Mapping[str, Any], training: bool) -> dict[str, Any]:
        """What a call gives of pictures with their labels."""
        return {**data, "images": self(data["images"], training)}

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
        if not training or not len(x):
            return x, None
        y, cache = self.changed(self.last(x), noise_key(rng, self.seed))
        return self.as_given(y), (cache,)

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy if cache is None else self.as_given(self.changed_grad(self.last(dy), cache[0])), {}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        if not code.trains:
            return x
        owner = {name: cls for cls in reversed(type(self).__mro__) for name in vars(cls)}
        for name in {"changed", "changed_grad", "graded", "met", "transforms"} & owner.keys():
            emitter = "lower_transforms" if name in ("met", "transforms") else "lower_changed"
            if not issubclass(owner[emitter], owner[name]):  # a derived class computes something else
                raise self.cannot_lower(" in training")
        return self.lower_as_given(code, self.lower_changed(code, self.lower_last(code, x)))

    def lower_changed(self, code: Program, x: Buffer) -> Buffer:
        """Emit y from x with its channels last, and the way back."""
        raise self.cannot_lower(" in training")

    def lower_drawn(self, code: Program, bounds: tuple[float, float], *under: str) -> Buffer:
        """Emit a number for each picture, uniform between the bounds: as `drawn` under a name."""
        return lower_uniform(code, self.name, (1,), *bounds, self.seed, *under)


class Graded(Augmenting):
    """A layer that changes colours as much as one factor says, drawn for each picture."""

    def __init__(
        self,
        factor: Factor,
        value_range: Sequence[float] = (0, 255),
        data_format: str | None = None,
        seed: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(data_format=data_format, seed=seed, **options)
        self.keep(factor=factor, value_range=value_range)

    @property
    def between(self) -> tuple[float, float]:
        """What is drawn lies between these."""
        found: tuple[float, float] = self.factor
        return found

    def changed(self, x: Array, key: Key) -> tuple[Array, Any]:
        return self.graded(x, of_each(drawn(key, "factor", len(x), self.between)))

    def graded(self, x: Array, f: Array) -> tuple[Array, Any]:
        """(y, cache), f (B, 1, 1, 1) in float64."""
        raise NotImplementedError


class Warping(Augmenting):
    """A layer that turns, moves or stretches pictures, each in a way of its own."""

    formula = "y[i, j] = x[i′, j′], i′ and j′ linear in i and j"
    formula_back = "dx[i′, j′] = Σ dy[i, j]"

    fill_mode: str
    interpolation: str
    fill_value: float

    def transforms(self, key: Key, batch: int, height: int, width: int) -> Array:
        """a₀ a₁ a₂ b₀ b₁ b₂ for each picture, (B, 6)."""
        raise NotImplementedError

    def met(self, key: Key, batch: int, height: int, width: int) -> Corners:
        """Where the pixels of each picture come from."""
        transforms = self.transforms(key, batch, height, width)
        return corners((height, width), transforms, self.interpolation, self.fill_mode)

    def changed(self, x: Array, key: Key) -> tuple[Array, Any]:
        met = self.met(key, *x.shape[:-1])
        return warped(x, met, self.fill_value), met

    def changed_grad(self, dy: Array, cache: Any) -> Array:
        return warped_grad(dy, cache)

    def lower_transforms(self, code: Program) -> tuple[int, Buffer, Buffer]:
        """Emit what the transforms are made of: which way, and two numbers for each picture."""
        raise self.cannot_lower(" in training")

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


def of_each(numbers: Array) -> Array:
    """Numbers (B,) for the pixels of each picture: (B, 1, 1, 1)."""
    return numbers[:, None, None, None]


def chosen(key: Key, batch: int, bounds: tuple[float, float]) -> Array:
    """Which pictures are changed: each with a chance that is uniform between two, (B, 1, 1, 1)."""
    return of_each(drawn(key, "coin", batch, (0.0, 1.0)) < drawn(key, "chance", batch, bounds))


def rectangles(key: Key, shape: Shape, heights: Array, widths: Array) -> Array:
    """Which pixels (B, height, width, 1) are in a rectangle that lies anywhere, its sides these shares of those of its
    picture."""
    inside: Array = np.ones((1, 1, 1, 1), bool)
    for axis, name, share in ((1, "height", heights), (2, "width", widths)):
        n = shape[axis]
        start = drawn(key, f"{name} from", shape[0], (0.0, 1.0)) * (n - n * share)
        places = np.arange(n).reshape([-1 if i == axis else 1 for i in range(4)])
        inside = inside & (places >= of_each(start)) & (places < of_each(start + n * share))
    return inside


def kept_within(y: Array, bounds: tuple[float, float]) -> tuple[Array, Array]:
    """(y, cut off below and above the bounds; where it was within)."""
    low, high = bounds
    return np.clip(y, low, high), (y >= low) & (y <= high)


def affine(a0: Any, a1: Any, b0: Any, b1: Any, height: int, width: int) -> Array:
    """The transforms (B, 6) that leave the middle where it is."""
    x, y = (width - 1) / 2, (height - 1) / 2
    a0, a1, b0, b1 = np.broadcast_arrays(a0, a1, b0, b1)
    return np.stack([a0, a1, x - x * a0 - y * a1, b0, b1, y - x * b0 - y * b1], axis=-1)


def through(members: Sequence[tuple[Augmenting, Key]], x: Array) -> tuple[Array, list[tuple[Augmenting, Any]]]:
    """(y, what `through_grad` needs) of layers one after another, each with its key; channels last."""
    caches = []
    for member, key in members:
        x, cache = member.changed(x, key)
        caches.append((member, cache))
    return x, caches


def through_grad(dy: Array, caches: Sequence[tuple[Augmenting, Any]]) -> Array:
    for member, cache in reversed(caches):
        dy = member.changed_grad(dy, cache)
    return dy
