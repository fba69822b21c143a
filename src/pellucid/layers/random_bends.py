"""Pictures blurred, seen from the side or bent at random in training.     x (B, height, width, C)   y as x
Source: Simard, Steinkraus & Platt, "Best practices for convolutional neural networks applied to visual document
analysis", ICDAR (2003); Hartley & Zisserman, Multiple View Geometry (2004), section 2.3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np

from .. import checks
from ..arrays import Array, Shape
from ..errors import InvalidArgument
from ..rng import Key
from .augmenting import Augmenting, Factor, Warping, chosen, drawn, kept_within
from .base import LayerOptions, layers
from .blurring import bell, mixed_with_neighbours
from .warping import Corners, corners_at, warped

TINY = 1e-6


@layers.add()
class RandomGaussianBlur(Augmenting):
    """In training, blur pictures: y = x, or x * G, kept within value_range; G falls off as a normal density does, its
    sum 1, zeros beyond the borders.

    factor: the chance, uniform between two numbers for each picture; one number, f, is (0, f). kernel_size: how far G
    reaches, an odd number, or two, across and down. sigma: how wide it is, two numbers uniform between two from 0 to 1,
    across and down, for the whole batch; one number, s, is (0, s). value_range: (low, high). data_format: where the
    channels stand. seed: as in `Dropout`. In training, networks with it run on the definition.

    >>> blur = RandomGaussianBlur((1, 1), sigma=(1, 1))
    >>> blur([[[[0.0], [1.0], [0.0]]]], training=True).ravel().round(3)
    array([0.124, 0.204, 0.124], dtype=float32)
    """

    formula, formula_back = "y = x * G, within low and high", "g = dy where y is within, dx = g * G"
    sigma: tuple[float, float]

    def __init__(
        self,
        factor: Factor = 1.0,
        kernel_size: int | Sequence[int] = 3,
        sigma: Factor = 1.0,
        value_range: Sequence[float] = (0, 255),
        data_format: str | None = None,
        seed: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(data_format=data_format, seed=seed, **options)
        self.keep(factor=factor, sigma=sigma, value_range=value_range)
        both = kernel_size if isinstance(kernel_size, Sequence) else (kernel_size, kernel_size)
        odd = [checks.integer(self.where("kernel_size"), n, minimum=1) for n in both]
        if len(odd) != 2 or not all(n % 2 for n in odd):
            raise InvalidArgument(self.where("kernel_size"), "an odd number, or two", kernel_size)
        self.kernel_size: Shape = odd[0], odd[1]

    def changed(self, x: Array, key: Key) -> tuple[Array, Any]:
        across, down = (
            bell(n, sigma) for n, sigma in zip(self.kernel_size, TINY + drawn(key, "sigma", 2, self.sigma), strict=True)
        )
        G, blurs = np.outer(down, across), chosen(key, len(x), self.factor)
        y, within = kept_within(np.where(blurs, mixed_with_neighbours(self.name, x, G), x), self.value_range)
        return y, (G, blurs, within)

    def changed_grad(self, dy: Array, cache: Any) -> Array:
        G, blurs, within = cache
        g = np.where(within, dy, 0)
        return np.where(blurs, mixed_with_neighbours(self.name, g, G), g)


@layers.add()
class RandomPerspective(Warping):
    """In training, see pictures from the side: y[i, j] = x[i′, j′], i′ and j′ fractions linear in i and j, such that
    the corners come from others.

    factor: the chance, uniform between two numbers for each picture; one number, f, is (0, f). scale: how far the
    corners move, each by a share of its distance from the left and upper edge that is uniform between ∓scale/2, from 0
    to 1; the upper left corner so stays. interpolation: "bilinear" or "nearest". fill_value: what stands beyond the
    edges. seed: as in `Dropout`. data_format: where the channels stand. In training, networks with it run on the
    definition.

    >>> RandomPerspective()([[[[1.0], [2.0]]]], training=False).ravel()
    array([1., 2.], dtype=float32)
    """

    formula = "y[i, j] = x[i′, j′], i′ = (a₃j + a₄i + a₅) / n, j′ = (a₀j + a₁i + a₂) / n, n = a₆j + a₇i + 1"
    fill_mode = "constant"

    def __init__(
        self,
        factor: Factor = 1.0,
        scale: float = 1.0,
        interpolation: str = "bilinear",
        fill_value: float = 0.0,
        seed: Any = None,
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(data_format=data_format, seed=seed, **options)
        self.keep(factor=factor, interpolation=interpolation, fill_value=fill_value)
        self.scale = checks.number(self.where("scale"), scale, minimum=0, maximum=1)

    def met(self, key: Key, batch: int, height: int, width: int) -> Corners:
        share = key.fold("corners").uniform((batch, 4, 2), "float64", -self.scale / 2, self.scale / 2)
        return seen(share * chosen(key, batch, self.factor)[..., 0], height, width, self.interpolation)


def seen(share: Array, height: int, width: int, interpolation: str) -> Corners:
    """Where the pixels come from when each corner (j, i) has moved by these shares of itself, (B, 4, 2)."""
    i, j = (axis.ravel() for axis in np.indices((height, width)))
    if min(height, width) == 1:  # a line is seen as it is
        row, column = (np.tile(at, (len(share), 1)) for at in (i, j))
        return corners_at((height, width), row, column, interpolation, "constant")
    edges = np.array([[0, 0], [1, 0], [0, 1], [1, 1]]) * (width - 1.0, height - 1.0)
    a0, a1, a2, a3, a4, a5, a6, a7 = projection(edges * (1 + share), edges).T[..., None]
    with np.errstate(divide="ignore", invalid="ignore"):
        row, column = ((p * j + q * i + r) / (a6 * j + a7 * i + 1) for p, q, r in ((a3, a4, a5), (a0, a1, a2)))
    row, column = (np.clip(np.nan_to_num(at, nan=-2), -2, n + 1) for at, n in ((row, height), (column, width)))
    return corners_at((height, width), row, column, interpolation, "constant")


def projection(points: Array, onto: Array) -> Array:
    """a₀ to a₇ (B, 8) that take points (B, 4, 2), each (j, i), onto others (4, 2).

    >>> square = np.array([[0.0, 0], [1, 0], [0, 1], [1, 1]])
    >>> projection(square[None] * 2, square).round(6) + 0.0
    array([[0.5, 0. , 0. , 0. , 0.5, 0. , 0. , 0. ]])
    """
    j, i = points[..., 0], points[..., 1]
    one, none = np.ones_like(j), np.zeros_like(j)
    across = np.stack([j, i, one, none, none, none, -onto[:, 0] * j, -onto[:, 0] * i], axis=-1)
    down = np.stack([none, none, none, j, i, one, -onto[:, 1] * j, -onto[:, 1] * i], axis=-1)
    wanted = np.broadcast_to(onto.T.reshape(8, 1), (len(points), 8, 1))
    found: Array = np.linalg.solve(np.concatenate([across, down], axis=1), wanted)[..., 0]
    return found


@layers.add()
class RandomElasticTransform(Warping):
    """In training, bend pictures as if they were rubber: y[i, j] = x[i + α·u, j + α·v], u and v normal numbers for each
    pixel that are blurred, so that neighbours move alike; kept within value_range.

    factor: the chance, uniform between two numbers for each picture; one number, f, is (0, f). scale: s, uniform
    between two numbers from 0 to 1, for the whole batch, or one, f, for (0, f): α = s/10 of the longer side, and the
    blur has σ = s/20 of the shorter one, by which the normal numbers are multiplied, too. fill_mode, interpolation,
    fill_value: as in `RandomRotation`. value_range: (low, high). seed: as in `Dropout`. data_format: where the channels
    stand. In training, networks with it run on the definition.

    >>> RandomElasticTransform()([[[[1.0], [2.0]]]], training=False).ravel()
    array([1., 2.], dtype=float32)
    """

    formula = "y[i, j] = x[i + α·u, j + α·v], within low and high"
    scale: tuple[float, float]

    def __init__(
        self,
        factor: Factor = 1.0,
        scale: Factor = 1.0,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
        value_range: Sequence[float] = (0, 255),
        seed: Any = None,
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(data_format=data_format, seed=seed, **options)
        self.keep(factor=factor, scale=scale, value_range=value_range)
        self.keep(fill_mode=fill_mode, interpolation=interpolation, fill_value=fill_value)

    def met(self, key: Key, batch: int, height: int, width: int) -> Corners:
        s = float(drawn(key, "scale", 1, self.scale)[0])
        alpha, sigma = max(height, width) * s / 10, min(height, width) * s / 20
        g = bell(int(6 * sigma) | 1, sigma + TINY)
        bends = chosen(key, batch, self.factor)
        at = []
        for name, place in zip(("down", "right"), np.indices((height, width)), strict=True):
            z = sigma * key.fold(name).normal((batch, height, width, 1), "float64")
            moved = np.where(bends, alpha * mixed_with_neighbours(self.name, z, np.outer(g, g)), 0)
            at.append((place + moved[..., 0]).reshape(batch, -1))
        return corners_at((height, width), at[0], at[1], self.interpolation, self.fill_mode)

    def changed(self, x: Array, key: Key) -> tuple[Array, Any]:
        met = self.met(key, *x.shape[:-1])
        y, within = kept_within(warped(x, met, self.fill_value), self.value_range)
        return y, (met, within)

    def changed_grad(self, dy: Array, cache: Any) -> Array:
        met, within = cache
        return super().changed_grad(np.where(within, dy, 0), met)
