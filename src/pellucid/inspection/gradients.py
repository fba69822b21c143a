"""check_gradients: are the gradients of a whole model right? Run it on whatever has a part of your own in it.

dL/dp, as either engine computes it, is compared with central differences of the loss in float64,
(L(p + h) − L(p − h)) / 2h, which differ from the derivative by h²·L'''/6 and by rounding of about 1e-16·L/h.
Source: Nocedal & Wright, Numerical Optimization (2006), section 8.1. A kink (relu at 0) has no derivative: there, the
slope on either side is right, and so is any between.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .. import checks
from ..arrays import TEXT, Array, Arrays, Shape, as_dtypes, is_whole, parts_of
from ..errors import PellucidError, Told
from ..layers import numerical_gradient
from ..layers.penalties import penalty
from ..rng import Key
from ..training.batches import checked_arrays
from ..training.definition import judge, loss_and_gradients
from ..training.engine import Engine
from ..training.loop import ready
from ..training.threads import threads_for
from .base import Inspected, copied

WHERE = "check_gradients"
TOLERANCE = {"definition": 1e-6, "compiled": 1e-3}  # of the largest gradient in the array; in float64, in float32
FLOOR = {"definition": 1e-4, "compiled": 1e-2}  # of the loss: where all gradients are smaller, errors are measured so
STEPS = (1e-5, 1e-6, 1e-7)  # h; the smaller ones where the first disagrees, which may have reached across a kink
DIRECTION = " along a random direction"


class GradientFault(PellucidError, AssertionError):
    """A gradient that is not the slope of the loss, found by `check_gradients`; `report` tells of all the others."""

    report: GradientReport | None = None


@dataclass(frozen=True)
class GradientCheck:
    """One parameter's gradient by one engine: the largest relative error, and where."""

    name: str
    engine: str  # "definition", in float64, or "compiled", in float32
    shape: Shape
    checked: int  # entries, and a random direction
    kinks: int  # how many of these are at a kink, or so near to one that a smaller h was needed
    worst_error: float
    where: str  # "[3, 5]" or " along a random direction"
    gradient: float  # there, as the engine has it
    slope: float  # there, by central differences

    @property
    def right(self) -> bool:
        """Whether rounding explains the error."""
        return self.worst_error < TOLERANCE[self.engine]


@dataclass(frozen=True)
class GradientReport:
    """What `check_gradients` looked at: a GradientCheck for each parameter and engine."""

    loss: float  # in float64
    checks: list[GradientCheck] = field(default_factory=list)

    @property
    def worst_error(self) -> float:
        """The largest relative error of the definition's gradients."""
        return max((c.worst_error for c in self.checks if c.engine == "definition"), default=0.0)

    def __str__(self) -> str:
        rows = [("parameter", "engine", "checked", "kinks", "worst error", "at")]
        for c in self.checks:
            rows.append((c.name, c.engine, str(c.checked), str(c.kinks), f"{c.worst_error:.1e}", c.where.strip()))
        widths = [max(len(row[i]) for row in rows) for i in range(5)]
        return "\n".join("  ".join([*map(str.ljust, row[:5], widths), row[5]]) for row in rows)


def check_gradients(
    model: Any, x: Any, y: Any, sample_weight: Any = None, *, entries: int = 50, seed: int = 0
) -> GradientReport:
    """Compare the gradients of a compiled model with measured slopes of its loss: a report, or a GradientFault.

    x (B, ...), y (B, ...): a few samples to measure on. entries: how many entries of each trained parameter are
    measured, all where it has no more; of larger ones those that `seed` draws, and a random direction, in which all
    take part. Noise is drawn once and kept. Regularizers count, clipping and weight decay do not.

    The definition's gradient is computed in float64 from the same weights, so that of a float32 model can be held to
    1e-6 of the largest; the compiled engine's, if the model runs on it, to 1e-3. The model itself does not change.

    >>> import pellucid
    >>> from pellucid.layers import Dense
    >>> model = pellucid.Sequential([Dense(4, "relu", input_shape=(3,)), Dense(2)], seed=1)
    >>> model.compile("adam", "mse")
    >>> report = check_gradients(model, [[0.5, -1.0, 2.0], [1.0, 0.3, -0.2]], [[1.0, 0.0], [0.0, 1.0]])
    >>> report.worst_error < 1e-6
    True
    >>> [(c.name, c.engine) for c in report.checks][:2]
    [('dense/kernel', 'definition'), ('dense/kernel', 'compiled')]

    Keras and PyTorch derive gradients themselves; torch.autograd.gradcheck is their check for functions of one's own,
    to be given float64 and points without kinks by its user.
    """
    entries = checks.integer(f"{WHERE}, argument entries", entries, minimum=1)
    model.needs_compile(WHERE)
    twin: Inspected = copied(model, WHERE)
    x, y, weights = ready(twin, *_arrays(twin, x, y, sample_weight), WHERE)
    key = Key(checks.integer(f"{WHERE}, argument seed", seed))
    with threads_for(len(x), twin.theta.data.size):
        wide = [kind if kind == TEXT or is_whole(kind) else "float64" for kind in twin.input_dtypes]
        measured = _Measured(_in_float64(twin), as_dtypes(x, wide), y, weights)
        gradients = {"definition": measured.gradients(), "compiled": _by_engine(twin, x, y, weights)}
        report = GradientReport(measured.loss(measured.p))
        for name in twin.trained_names():
            points = list(measured.points(name, entries, key))
            for engine, g in gradients.items():
                if g is not None:
                    report.checks.append(_compared(name, engine, g[name], points, report.loss))
    if wrong := [c for c in report.checks if not c.right]:
        raise _fault(report, next(c for c in wrong if c.name == wrong[-1].name))
    return report


def _arrays(twin: Inspected, x: Any, y: Any, weights: Any) -> tuple[Array, Any, Any]:
    """As the model's step takes them; the model built for them."""
    x, y, weights = checked_arrays(twin, x, y, weights, WHERE)
    twin.build((None, *parts_of(x)[0].shape[1:]))  # a model with several inputs is built from the start
    twin.gather()
    twin.optimizer.loss_scale_factor = None
    twin.optimizer.build(twin.theta)
    return x, y, weights


def _in_float64(model: Inspected) -> Inspected:
    """A copy with the same numbers, which computes in float64."""
    twin = copied(model, WHERE)
    for _, leaf in twin.leaves():
        leaf.dtype = "float64"
    twin.gather()
    for loss in twin.objective.losses:
        if loss is not None:
            loss.dtype = None
    return twin


def _by_engine(model: Inspected, x: Array, y: Array, weights: Array | None) -> Arrays | None:
    """The gradients of the compiled engine; None where the model does not run on it."""
    step_program = Engine(model).step_program(len(x), x, y, weights, training=True)
    if step_program is None or not step_program.run(None, 0, 1):
        return None
    return {name: model.gradient[name].astype("float64") for name in model.trained_names()}


@dataclass(frozen=True)
class _Point:
    """An entry of a parameter, or a direction in which all entries move."""

    where: str
    u: Array  # of the parameter's shape: 1 at the entry, or the direction
    f: Callable[[float], float]  # t ↦ L(p + t·u)

    @functools.cached_property
    def slopes(self) -> dict[float, float]:
        """Central differences, by h, as they were needed."""
        return {}

    def slope(self, h: float) -> float:
        if h not in self.slopes:
            self.slopes[h] = float(numerical_gradient(lambda t: self.f(float(t)), 0.0, h))
        return self.slopes[h]

    def estimates(self) -> Iterator[float]:
        """The slope, as well as it can be told: by the first h; without what is proportional to h, where the curvature
        jumps; by smaller h."""
        h = STEPS[0]
        yield self.slope(h)
        yield 2 * self.slope(h / 2) - self.slope(h)
        yield from map(self.slope, STEPS[1:])

    @functools.cached_property
    def kink(self) -> tuple[float, float] | None:
        """The slopes beside a kink; None where there is none: they then approach each other with h."""
        here = self.f(0.0)
        sides = [((here - self.f(-h)) / h, (self.f(h) - here) / h) for h in STEPS[:2]]
        far, near = (abs(right - left) for left, right in sides)
        return (min(sides[1]), max(sides[1])) if near > far / 2 else None


class _Measured:
    """The loss of a batch as a function of the parameters, in float64."""

    def __init__(self, model: Inspected, x: Array, y: Array, weights: Array | None) -> None:
        self.model, self.batch = model, (x, y, weights)
        self.rng = model.key.noise(model.optimizer.steps_taken)
        self.p: dict[str, Array] = {**model.theta, **model.state}
        self._stays_exact()

    def gradients(self) -> Arrays:
        """The definition's."""
        with np.errstate(all="ignore"):
            return loss_and_gradients(self.model, self.p, *self.batch, rng=self.rng).gradients

    def loss(self, p: Arrays) -> float:
        """With the penalties, and with the same noise every time."""
        x, y, weights = self.batch
        with np.errstate(all="ignore"):
            judged, _, cache = judge(self.model, p, x, y, weights, rng=self.rng, training=True)
            return judged.total + penalty(self.model, p, cache)

    def points(self, name: str, entries: int, key: Key) -> Iterator[_Point]:
        """Where to measure."""
        w = self.p[name]
        chosen = np.arange(w.size) if w.size <= entries else np.sort(key.fold(name).permutation(w.size)[:entries])
        for i in chosen:
            u = np.zeros(w.size)
            u[i] = 1.0
            index = [int(n) for n in np.unravel_index(int(i), w.shape)]
            yield self._point(name, str(index), u.reshape(w.shape))
        u = key.fold(name, "direction").normal(w.shape, "float64")
        yield self._point(name, DIRECTION, u / max(float(np.sqrt((u * u).sum())), 1e-30))

    def _point(self, name: str, where: str, u: Array) -> _Point:
        return _Point(where, u, lambda t: self.loss({**self.p, name: self.p[name] + t * u}))

    def _stays_exact(self) -> None:
        """Refuse what cannot be measured: a loss that is not finite or not repeatable, a layer that leaves float64."""
        with np.errstate(all="ignore"):
            for path, y in self.model.walk(self.p, *parts_of(self.batch[0]), training=True, rng=self.rng):
                if y.dtype.kind == "f" and y.dtype != np.float64:
                    raise GradientFault(
                        f"{WHERE}, layer {path!r}, forward", "float64 from float64 inputs", Told(y.dtype.name),
                        "Compute in the dtype of x.",
                    )  # fmt: skip
        first, again = self.loss(self.p), self.loss(self.p)
        if not math.isfinite(first):
            raise GradientFault(f"{WHERE}, the loss", "a finite number", first, "Scale the inputs, or new weights.")
        if first != again:
            raise GradientFault(
                f"{WHERE}, the loss", "the same number twice, from the same key", Told(f"{first}, then {again}"),
                "Draw all chance from the rng that forward is given.",
            )  # fmt: skip


def _compared(name: str, engine: str, gradient: Array, points: list[_Point], loss: float) -> GradientCheck:
    """The worst of the points."""
    floor = FLOOR[engine]
    scale = max(float(np.abs(gradient).max(initial=0.0)), floor * max(abs(loss), floor))
    scale = max(scale, *(abs(point.slope(STEPS[0])) for point in points if point.where != DIRECTION))
    worst, kinks = (-1.0, "", 0.0, 0.0), 0
    for point in points:
        g = float((gradient * point.u).sum())
        error, slope, at_kink = _error(g, point, scale, TOLERANCE[engine])
        kinks += at_kink
        worst = max(worst, (error, point.where, g, slope))
    return GradientCheck(name, engine, gradient.shape, len(points), kinks, *worst)


def _error(g: float, point: _Point, scale: float, tolerance: float) -> tuple[float, float, bool]:
    """(relative error, slope, whether a kink was near)."""
    best = math.inf
    for slope in point.estimates():
        error = abs(g - slope) / max(scale, abs(slope))
        if error < tolerance:
            return error, slope, slope != point.slope(STEPS[0])
        best = min(best, error if math.isfinite(error) else math.inf)
    if point.kink is not None:
        low, high = point.kink
        beside = max(low - g, g - high, 0.0) / max(scale, abs(low), abs(high))
        if beside < max(tolerance, 1e-5):  # one-sided differences are less exact
            return min(beside, tolerance / 2), g, True
    return best, point.slope(STEPS[0]), False


def _fault(report: GradientReport, wrong: GradientCheck) -> GradientFault:
    """The error for the wrong gradient that is nearest to the loss: those before it may be wrong because of it."""
    path = wrong.name.rpartition("/")[0]
    others = [(c, c.name.rpartition("/")[0]) for c in report.checks if c.engine == wrong.engine and c.right]
    beside = next((c.name for c, layer in others if layer == path), None)
    behind = [layer for c, layer in others if layer != path and report.checks.index(c) > report.checks.index(wrong)]
    if beside is not None:
        where = f": what reaches it is right, as the gradient of {beside!r} is"
    elif behind:
        where = f", or of a layer between it and {behind[0]!r}, whose gradients are right"
    else:
        where = ", of the layers behind it, or of the loss"
    problem = GradientFault(
        f"{WHERE}, the {wrong.engine}'s gradient of {wrong.name!r}{wrong.where}",
        f"{wrong.slope:.9g} (central difference)", wrong.gradient,
        f"Look at the backward of layer {path!r}{where}; check_layer looks at one layer alone.",
    )  # fmt: skip
    problem.report = report
    return problem
