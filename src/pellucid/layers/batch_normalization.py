"""BatchNormalization: x̂ = (x − μ) / sqrt(σ² + ε), y = γ·x̂ + β, with μ and σ² of each channel over the batch.
x (B, ..., C)   γ, β, μ, σ² (C,)   y (B, ..., C)
Source: Ioffe & Szegedy, "Batch normalization", ICML 2015."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, Unpack

import numpy as np
import numpy.typing as npt

from .. import checks
from ..arrays import Array, Arrays, Shape
from ..errors import InvalidArgument, ShapeError, UnknownName
from ..initializers import Initializer, initializers
from ..program import Buffer, CannotLower, Program
from ..rng import Key
from . import batch_renorm, batch_rows
from .base import Layer, LayerOptions, layers
from .holding import Parameter
from .shapes import along, axes_of
from .variable import Variable

UNCLIPPED = {"rmin": 0.0, "rmax": math.inf, "dmax": math.inf}
RENORM_FORMULA = "r = σ / σ_run, d = (μ − μ_run) / σ_run, x̂ = (x − μ) / σ, σ = √(σ² + ε), y = γ·(x̂·r + d) + β"
RENORM_FORMULA_BACK = "g = dy·γ·r, dx = (g − mean(g) − x̂·mean(g·x̂)) / σ, dγ = Σ dy·(x̂·r + d), dβ = Σ dy"


def batch_norm(
    x: Array, mean: Array, variance: Array, gamma: Array | float, beta: Array | float, epsilon: float
) -> tuple[Array, Array, Array]:
    """(y, x̂, r): the output, the standardized input, and r = 1/sqrt(σ² + ε)."""
    r = 1 / np.sqrt(variance + epsilon)
    xhat = (x - mean) * r
    return gamma * xhat + beta, xhat, r


def batch_norm_grad(
    dy: Array,
    xhat: Array,
    r: Array,
    gamma: Array | float,
    over: tuple[int, ...],
    *,
    moving: bool,
    shares: Array | None = None,
) -> tuple[Array, Array, Array]:
    """(dx, dγ, dβ), with g = dL/dx̂ = dL/dy·γ. `over` are the axes that μ and σ² are taken over.

    μ and σ² move with x: dμ/dx = 1/N and dσ²/dx = 2(x − μ)/N. Carried through x̂ = (x − μ)·r, the first takes from g
    its mean, the second its component along x̂: dL/dx = r · (g − mean(g) − x̂·mean(g·x̂)).
    Moving statistics don't depend on x, and leave dL/dx = r·g. shares: by how much each x counts in μ and σ², where a
    mask says so; 1/N otherwise.
    """
    dgamma = (dy * xhat).sum(axis=over)
    dbeta = dy.sum(axis=over)
    g = dy * gamma
    if shares is not None:
        g = g - shares * (g.sum(axis=over, keepdims=True) + xhat * (g * xhat).sum(axis=over, keepdims=True))
    elif not moving:
        g = g - g.mean(axis=over, keepdims=True) - xhat * (g * xhat).mean(axis=over, keepdims=True)
    return g * r, dgamma, dbeta


class SquareRoot(Initializer):
    """The square root of what another initializer draws: a standard deviation where that draws variances."""

    def __init__(self, of: Initializer) -> None:
        self.of = of

    def draw(self, shape: Shape, dtype: npt.DTypeLike, key: Key) -> Array:
        drawn: Array = np.sqrt(self.of(shape, dtype, key))
        return drawn


class BatchNormCache(NamedTuple):
    """What backward and the moving averages need; mean and variance (C,) are None where the moving ones served."""

    xhat: Array
    r: Array
    mean: Array | None
    variance: Array | None
    shares: Array | None = None  # by how much each x counts, where a mask says so
    corrections: tuple[Array, Array] | None = None  # r and d of renorm, shaped to go along with x


@layers.add()
class BatchNormalization(Layer):
    """Standardize each channel over the batch, then scale and shift it: y = γ·(x − μ)/sqrt(σ² + ε) + β.

    In training μ and σ² are the batch's, and the moving averages follow: moving ← momentum·moving + (1 − momentum)·new.
    In inference, and in a layer with trainable=False, the moving averages take their place.

    Shapes: γ, β, moving_mean, moving_variance (C,), C the size of `axis`.

    >>> layer = BatchNormalization(epsilon=1e-12)
    >>> layer([[1.0], [3.0]], training=True)
    array([[-1.],
           [ 1.]], dtype=float32)
    >>> layer.moving_mean
    <Variable path=batch_normalization/moving_mean, shape=(1,), dtype=float32, value=[0.02]>

    The moving variance takes the batch's σ² over N, as Keras does; PyTorch there takes it over N − 1, counts
    momentum the other way round (its 0.1 is 0.9 here) and has ε = 1e-5.

    renorm: batch renormalization (Ioffe, "Batch renormalization", NeurIPS 2017). Training then computes with running
    statistics too: y = γ·(x̂·r + d) + β with r = σ/σ_run, d = (μ − μ_run)/σ_run, both taken as constants on the way
    back, and σ = sqrt(σ² + ε). renorm_clipping: {"rmin": 0, "rmax": inf, "dmax": inf} keeps r in rmin .. rmax and d in
    ±dmax. renorm_momentum: that of the running statistics renorm_mean and renorm_stddev (C,). The moving variance then
    follows moving_stddev (C,): its square − ε. `check_layer`, whose differences let r and d move with x, does not
    agree with its gradient. With a mask it trains on the definition.

    synchronized is taken for Keras's sake: of a batch that several processes share, μ and σ² are always those of all of
    it; Keras, without it, takes each process's own.
    """

    supports_masking = takes_mask = learns_by_mask = True
    formula = "r = 1 / √(σ² + ε), x̂ = (x − μ)·r, y = γ·x̂ + β"
    formula_back = "g = dy·γ, dx = r·(g − mean(g) − x̂·mean(g·x̂)), dγ = Σ dy·x̂, dβ = Σ dy"
    letters: ClassVar = {"gamma": "γ", "beta": "β"}
    switches: ClassVar = {"gamma": "scale", "beta": "center"}
    cached = ("x̂", "r", "μ", "σ²")

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        renorm_clipping: Any = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = False,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.axis = checks.integer(self.where("axis"), axis)
        self.momentum = checks.number(self.where("momentum"), momentum, 0, 1)
        self.epsilon = checks.number(self.where("epsilon"), epsilon, above=0)
        self.center, self.scale = bool(center), bool(scale)
        self.keep_options("gamma", gamma_initializer, gamma_regularizer, gamma_constraint)
        self.keep_options("beta", beta_initializer, beta_regularizer, beta_constraint)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer, self.where("moving_mean_initializer"))
        self.moving_variance_initializer = initializers.get(
            moving_variance_initializer, self.where("moving_variance_initializer")
        )
        self.renorm, self.synchronized = bool(renorm), bool(synchronized)
        self.renorm_clipping = _limits(self.where("renorm_clipping"), renorm_clipping)
        self.renorm_momentum = checks.number(self.where("renorm_momentum"), renorm_momentum, 0, 1)
        if self.renorm:
            self.formula, self.formula_back = RENORM_FORMULA, RENORM_FORMULA_BACK

    def __getattr__(self, name: str) -> Variable | None:
        """None for a parameter before there is one, as in Keras."""
        if name in ("gamma", "beta", "moving_mean", "moving_variance") and not self.__dict__.get("p"):
            return None
        return super().__getattr__(name)

    def output_shape_for(self, shape: Shape) -> Shape:
        axes_of(self.name, self.axis, shape)
        return shape

    def parameters(self, shape: Shape) -> Sequence[Parameter]:
        (axis,) = axes_of(self.name, self.axis, shape)
        C = shape[axis - 1]
        gamma, beta = self.described("gamma", (C,)), self.described("beta", (C,))
        moving_mean = Parameter("moving_mean", (C,), self.moving_mean_initializer, trainable=False)
        moving_variance = Parameter("moving_variance", (C,), self.moving_variance_initializer, trainable=False)
        running = self._running((C,)) if self.renorm else []
        return [*[gamma] * self.scale, *[beta] * self.center, moving_mean, moving_variance, *running]

    def _running(self, shape: Shape) -> list[Parameter]:
        mean, stddev = self.moving_mean_initializer, SquareRoot(self.moving_variance_initializer)
        starts = {"moving_stddev": stddev, "renorm_mean": mean, "renorm_stddev": stddev}
        return [Parameter(name, shape, start, trainable=False) for name, start in starts.items()]

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key, mask: Array | None = None) -> tuple[Array, Any]:
        axes, over = self._axes(x)
        of_batch = training and self.trainable
        shares = self._shares(x, mask, over) if of_batch and mask is not None else None
        if shares is not None:
            mean = (shares * x).sum(axis=over)
            variance = (shares * np.square(x - along(mean, axes, x.ndim))).sum(axis=over)
        else:
            mean = x.mean(axis=over) if of_batch else p["moving_mean"]
            variance = x.var(axis=over) if of_batch else p["moving_variance"]
        gamma, beta = self._affine(p, axes, x.ndim)
        if of_batch and self.renorm:
            return self._renormed(p, x, along(mean, axes, x.ndim), along(variance, axes, x.ndim), gamma, beta, shares)
        y, xhat, r = batch_norm(x, along(mean, axes, x.ndim), along(variance, axes, x.ndim), gamma, beta, self.epsilon)
        return y, BatchNormCache(xhat, r, mean, variance, shares) if of_batch else BatchNormCache(xhat, r, None, None)

    def _renormed(
        self,
        p: Arrays,
        x: Array,
        mean: Array,
        variance: Array,
        gamma: Array | float,
        beta: Array | float,
        shares: Array | None,
    ) -> tuple[Array, BatchNormCache]:
        """`forward` with batch renormalization; mean and variance are shaped to go along with x."""
        sigma = np.sqrt(variance + self.epsilon)
        running = np.maximum(p["renorm_stddev"], math.sqrt(self.epsilon)).reshape(sigma.shape)
        rmin, rmax, dmax = self._bounds()
        r = np.clip(sigma / running, rmin, rmax)
        d = np.clip((mean - p["renorm_mean"].reshape(sigma.shape)) / running, -dmax, dmax)
        xhat = (x - mean) / sigma
        y = gamma * (xhat * r + d) + beta
        return y, BatchNormCache(xhat, 1 / sigma, mean.reshape(-1), variance.reshape(-1), shares, (r, d))

    def _bounds(self) -> tuple[float, float, float]:
        """rmin, rmax and dmax."""
        rmin, rmax, dmax = ((self.renorm_clipping or {}).get(*bound) for bound in UNCLIPPED.items())
        return rmin, rmax, dmax

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        axes, over = self._axes(dy)
        gamma, _ = self._affine(p, axes, dy.ndim)
        if cache.corrections is not None:  # y = (γ·r)·x̂ + (γ·d + β)
            r, d = cache.corrections
            dx, dscale, dbeta = batch_norm_grad(
                dy, cache.xhat, cache.r, gamma * r, over, moving=False, shares=cache.shares
            )
            found = {"gamma": dscale * r.reshape(-1) + dbeta * d.reshape(-1), "beta": dbeta}
            return dx, {name: g for name, g in found.items() if name in p}
        dx, dgamma, dbeta = batch_norm_grad(
            dy, cache.xhat, cache.r, gamma, over, moving=cache.mean is None, shares=cache.shares
        )
        found = {"gamma": dgamma, "beta": dbeta}
        return dx, {name: g for name, g in found.items() if name in p}

    def state_after(self, p: Arrays, cache: Any) -> dict[str, Array]:
        if cache.mean is None:
            return {}
        m = self.momentum
        mean = p["moving_mean"] * m + cache.mean * (1 - m)
        if cache.corrections is None:
            return {"moving_mean": mean, "moving_variance": p["moving_variance"] * m + cache.variance * (1 - m)}
        sigma, n = np.sqrt(cache.variance + self.epsilon), self.renorm_momentum
        moving_stddev = p["moving_stddev"] * m + sigma * (1 - m)
        return {
            "moving_mean": mean,
            "moving_variance": np.maximum(moving_stddev * moving_stddev - self.epsilon, 0),
            "moving_stddev": moving_stddev,
            "renorm_mean": p["renorm_mean"] * n + cache.mean * (1 - n),
            "renorm_stddev": p["renorm_stddev"] * n + sigma * (1 - n),
        }

    def lower(self, code: Program, x: Buffer, mask: Buffer | None = None) -> Buffer:
        (axis,) = axes_of(self.name, self.axis, x.shape)
        C = x.shape[axis - 1]
        layout = math.prod(x.shape[: axis - 1]), C, math.prod(x.shape[axis:])
        gamma = code.parameter("gamma") if self.scale else code.constant(np.ones(C))
        beta = code.parameter("beta") if self.center else code.constant(np.zeros(C))
        moving = code.parameter("moving_mean"), code.parameter("moving_variance")
        of_batch = code.trains and self.trainable
        renormed = of_batch and self.renorm
        self._check_lowered(code, of_batch, mask)
        mean, variance = (code.block((C,)), code.block((C,))) if of_batch else moving
        r, factor = code.block((C,)), code.block((C,))
        y, stats = code.buffer(x.shape), (mean, variance, r, factor)
        counts = None if mask is None or not of_batch else self._counted(code, mask, x)
        shared = of_batch and code.ranks > 1
        apart = shared or renormed  # whether the statistics come before what is made of them
        many = code.batch * x.size >= batch_rows.LONG
        by_rows = of_batch and many and not apart and counts is None and layout[2] == 1
        rows = batch_rows.Rows(code, x, (gamma, beta), (mean, variance, r, factor)) if by_rows else None
        if apart:
            code.emit("batch_norm", x, gamma, beta, *stats, y, *layout, self.epsilon, 2)
        if shared:  # those of all that share the batch
            code.emit("ranks.moments", mean, variance, C)
        to_renorm = code, C, (mean, variance), (gamma, beta), self.epsilon, self._bounds()
        if (running := batch_renorm.Renormed(*to_renorm) if renormed else None) is not None:
            gamma, beta = running.forward()
        if rows is not None:
            rows.forward(y, self.epsilon)
        elif counts is None:
            code.emit("batch_norm", x, gamma, beta, *stats, y, *layout, self.epsilon, int(of_batch and not apart))
        else:
            code.emit("batch_norm.masked", x, gamma, beta, *counts, *stats, y, *layout, x.shape[-1], self.epsilon)
        if not of_batch:
            code.back(lambda dy, wanted: _lower_frozen_grad(code, dy, factor, layout))
            return y
        code.tap(r=r, **{"μ": mean, "σ²": variance})
        self._follow(code, running, moving, (mean, variance), C)
        dgamma, dbeta = (code.gradient(name) or code.block((C,)) for name in ("gamma", "beta"))

        def undo(dy: Buffer, wanted: bool) -> Buffer | None:
            dx = code.buffer(x.shape) if wanted else None
            if counts is not None:
                to = mean, r, factor, dgamma, dbeta, dx
                code.emit("batch_norm.masked.grad", dy, x, *counts, *to, *layout, x.shape[-1])
                return dx
            level, slope = code.block((C,)), code.block((C,))
            if rows is not None:
                rows.backward(dy, (dgamma, dbeta, level, slope), dx)
                return dx
            sums = dy, x, mean, r, factor, running.dscaled if running else dgamma, dbeta, level, slope
            code.emit("batch_norm.grad", *sums, None if code.ranks > 1 else dx, *layout)
            if running is not None:
                running.backward(dgamma, dbeta)
            if code.ranks > 1 and dx is not None:
                code.emit("ranks.sums", level, slope, C)
                code.emit("batch_norm.inputs", dy, x, mean, factor, level, slope, dx, *layout)
            return dx

        code.back(undo)
        return y

    def _check_lowered(self, code: Program, of_batch: bool, mask: Buffer | None) -> None:
        if of_batch and self.renorm and mask is not None:
            raise CannotLower(f"layer {self.name!r} (BatchNormalization with renorm and a mask)")
        if not of_batch and any(code.gradient(name) for name in ("gamma", "beta")):
            raise CannotLower(f"layer {self.name!r} (BatchNormalization that trains on statistics that stand still)")

    def _follow(self, code: Program, running: Any, moving: Sequence[Buffer], new: Sequence[Buffer], C: int) -> None:
        """After a step, the moving averages."""
        if not code.training:
            return
        with code.within("update"):
            if running is not None:
                running.follow(self.momentum, self.renorm_momentum)
                return
            for kept, one in zip(moving, new, strict=True):
                code.emit("batch_norm.average", kept, one, C, self.momentum)

    def _counted(self, code: Program, mask: Buffer, x: Buffer) -> tuple[Buffer, Buffer]:
        """The mask, and where it is kept how many numbers of each channel count."""
        if mask.shape != x.shape[:-1]:
            raise self.cannot_lower(" with a mask of another shape")
        if code.ranks > 1:
            raise self.cannot_lower(" with a mask, over several processes,")
        return mask, code.block((x.shape[axes_of(self.name, self.axis, x.shape)[0] - 1],))

    def _shares(self, x: Array, mask: Array, over: tuple[int, ...]) -> Array:
        """By how much each number of x counts in the means: mask / Σ mask. Keras adds 1e-7 to the sum."""
        if mask.shape != x.shape[:-1]:
            wanted = f"of one axis less than the input {x.shape}"
            raise ShapeError(f"layer {self.name!r}, mask", wanted, mask.shape)
        counts = np.broadcast_to(mask[..., None], x.shape).astype(x.dtype)
        found: Array = counts / np.maximum(counts.sum(axis=over, keepdims=True), 1)
        return found

    def _axes(self, x: Array) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """(the channels' axis, all the others)."""
        axes = axes_of(self.name, self.axis, x.shape[1:])
        return axes, tuple(i for i in range(x.ndim) if i not in axes)

    def _affine(self, p: Arrays, axes: tuple[int, ...], ndim: int) -> tuple[Array | float, Array | float]:
        gamma = along(p["gamma"], axes, ndim) if self.scale else 1.0
        beta = along(p["beta"], axes, ndim) if self.center else 0.0
        return gamma, beta


def _limits(where: str, clipping: Any) -> dict[str, float] | None:
    """The bounds of renorm's corrections, those that were given."""
    if clipping is None:
        return None
    if not isinstance(clipping, Mapping):
        raise InvalidArgument(where, "a mapping such as {'rmin': 0.5, 'rmax': 2.0, 'dmax': 1.0}", clipping)
    for name in clipping:
        if name not in UNCLIPPED:
            raise UnknownName(where, name, UNCLIPPED)
    given = {name: value for name, value in clipping.items() if value is not None}
    limits = {name: checks.number(f"{where}, {name}", value, minimum=0) for name, value in given.items()}
    if limits.get("rmin", 0.0) > limits.get("rmax", math.inf):
        raise InvalidArgument(where, "an rmax of at least rmin", dict(clipping))
    return limits


def _lower_frozen_grad(code: Program, dy: Buffer, factor: Buffer, layout: tuple[int, int, int]) -> Buffer:
    dx = code.buffer(dy.shape)
    code.emit("batch_norm.frozen.grad", dy, factor, dx, *layout)
    return dx
