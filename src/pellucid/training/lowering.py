"""From a compiled model to a program: the batch gathered, forward, the loss, backward, the update, the counting.

What has no compiled form of its own does not stop the rest: an optimizer then steps in NumPy on the gradient that the
engine leaves, a metric counts the outputs it leaves. A layer or loss without one raises CannotLower.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from ..arrays import TEXT, Parts, Shape, is_whole, parts_of
from ..layers.operands import lower_held
from ..layers.penalties import lower_penalties
from ..losses import Loss
from ..losses.lowering import Places, lower_slope, weights_per_sample
from ..machine.passes.fuse import fuse
from ..metrics.mean import MeanOverSamples
from ..optimizers.memory import runs
from ..program import Buffer, CannotLower, Program, lettered
from .base import TrainableModel
from .meters import Meter
from .targets import End, gathered, lower_targets

NOISE_KEY = "noise"  # the word, bound before a run, from which a prediction or evaluation draws


@dataclass
class LoweredModel:
    """A program, and where it leaves what Python must know."""

    code: Program
    ys: tuple[Buffer, ...]
    native: list[tuple[Meter, int]] = field(default_factory=list)  # metrics and their places among the counters
    foreign: list[Meter] = field(default_factory=list)  # metrics that count in Python
    updates: bool = False  # whether the optimizer's step is part of it
    counters: int = 2  # the loss and the samples come first, then the losses of several outputs


def lower_network(
    model: TrainableModel,
    batch: int,
    shapes: Sequence[Shape],
    *,
    training: bool,
    judged: bool,
    rank: int = 0,
    ranks: int = 1,
) -> tuple[Program, tuple[Buffer, ...]]:
    """The forward pass from rows of `x`, or of `x1`, `x2`, ..., and where each output is. judged: a loss follows."""
    trained = frozenset(model.trained_names()) if training else frozenset()
    drawing = model.key.fold("noise").seed if training else Buffer(NOISE_KEY, 0, (), False)
    code = Program(
        batch, model.theta, model.state, training, trained, noise_key=drawing, judged=judged, rank=rank, ranks=ranks
    )
    if TEXT in model.input_dtypes:
        raise CannotLower("layer that text reaches behind those that read it")
    entering = zip(lettered("x", shapes).items(), model.input_dtypes, strict=True)
    given = [
        replace(gathered(code, name, shape, serial=False), whole=dtype if is_whole(dtype) else "")
        for (name, shape), dtype in entering
    ]
    for wire, x in zip(model.wiring.inputs, given, strict=True):
        if x.whole and any(wire in step.inputs and step.layer.takes_whole for step in model.wiring.steps):
            lower_held(code, x, x.whole)
    outputs = model.lower_checked(code, *given)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    if any(y.whole for y in outputs):
        raise CannotLower("network in which whole numbers leave the ops")
    return code, outputs


def lower_prediction(model: TrainableModel, batch: int, shapes: Sequence[Shape]) -> LoweredModel:
    """Forward, and the outputs written to `out`, or to `out1`, `out2`, ...; inputs that are not finite are found on the
    way."""
    code, ys = lower_network(model, batch, shapes, training=False, judged=False)
    gathers = list(code.sections["gather"])
    with code.within("gather"):
        for gather, shape in zip(gathers, shapes, strict=True):
            code.emit("finite.rows", gather.operands[3], math.prod(shape), decides=gather is gathers[-1])
    for name, y in lettered("out", ys).items():
        _written(code, y, name)
    fuse(code)
    return LoweredModel(code, ys)


def lower_step(
    model: TrainableModel, batch: int, x: Any, y: Any, weights: Any, *, training: bool, fused: bool = False,
    rank: int = 0, ranks: int = 1,
) -> LoweredModel:  # fmt: skip
    """A whole step on batches of such arrays. `fused`: nobody will look at the gradient, so it need not be written.
    Of several processes that share each batch, the one of this rank has so many rows at most, and what it finds is
    summed over all before it is looked at."""
    shapes = [part.shape[1:] for part in parts_of(x)]
    code, ys = lower_network(model, batch, shapes, training=training, judged=True, rank=rank, ranks=ranks)
    made, objective = LoweredModel(code, ys), model.objective
    targets = parts_of(y)
    objective.settle(targets, [(batch, *out.shape) for out in ys])
    ends = lower_targets(code, objective, targets, parts_of(weights, len(ys)))
    with code.within("backward"):
        totals = [_lower_loss(model, code, i, out, end) for i, (out, end) in enumerate(zip(ys, ends, strict=True))]
        for emit in code.after_loss:
            emit()
        if training:
            back = zip(model.wiring.outputs, totals, strict=True)
            code.backpropagate([(wire, found.dy) for wire, found in back if found is not None])
        if rank == 0:  # which are to be in the sum once
            lower_penalties(model, code)
    if ranks > 1:
        with code.within("backward"):
            _lower_counting(model, made, y, ends, totals)
            code.emit("ranks.step", Buffer("gradient", 0, (model.gradient.data.size,), False))
    if training:
        _lower_update(model, made, fused and ranks == 1)
    if ranks == 1:
        with code.within("count"):
            _lower_counting(model, made, y, ends, totals)
    fuse(code, seen=training and not fused)
    return made


def _lower_counting(
    model: TrainableModel, made: LoweredModel, y: Any, ends: Sequence[End | None], totals: Sequence[_Total | None]
) -> None:
    """Emit the counting of the loss and the metrics."""
    code, objective = made.code, model.objective
    code.emit("count.loss", 0)
    if objective.names:
        _count_each(made, totals)
    for meter in model.meters.resolved(y, Parts(map(_like, made.ys)), objective.losses):
        _lower_metric(made, meter, ends[meter.output])
    if made.foreign:
        for name, out in lettered("out", made.ys).items():
            _written(code, out, name)


def _written(code: Program, y: Buffer, name: str) -> None:
    code.emit("scatter", y, y.size, Buffer(name, 0, ()))


class _Total(NamedTuple):
    """Where the values of an output's loss are, by how much each counts, and dL/dy, or dL/dz with the way back through
    the output activation taken off the tape."""

    values: Buffer
    slope: Buffer
    dy: Buffer


def _lower_loss(model: TrainableModel, code: Program, place: int, y: Buffer, end: End | None) -> _Total | None:
    """Emit the loss of one output."""
    if end is None:
        if any(step.layer.activity_regularizer is not None and step.layer.is_layer for step in model.wiring.steps):
            raise CannotLower("activity regularizer beside an output without a loss")
        return None
    scale = model.objective.weights[place]
    if scale == 0:
        raise CannotLower(f"loss {end.loss.name!r} of weight 0")  # its own value would be lost
    loss, outputs = _fused(model, end.loss, code, place, y)
    if not loss.can_lower() or loss.dtype not in (None, "float32") or not outputs.shape:
        raise CannotLower(f"loss {loss.name!r} as it is given")
    y_true, y_pred = end.given.of(loss, outputs)
    per_value = y_pred.shape[:-1]
    dy = code.buffer(y_pred.shape)
    slope, values = code.buffer(per_value), code.buffer(per_value)
    lower_slope(code, slope, end.weights, loss.reduction, y_true, loss.ignore_class, scale, code.masks[place])
    loss.lower(code, Places(y_true, y_pred, slope, values, dy if code.training else None))
    first = not any(op.kernel == "loss.total" for op in code.sections["backward"])
    code.emit("loss.total", values, slope, values.size, 0 if first else 1)
    return _Total(values, slope, dy.shaped(outputs.shape))


def _fused(model: TrainableModel, loss: Loss, code: Program, place: int, y: Buffer) -> tuple[Loss, Buffer]:
    """The loss in its from-logits form, and the logits, where the output activation and the loss allow it."""
    wire = model.wiring.outputs[place]
    if wire not in code.logits or model.wiring.last(wire) is None:
        return loss, y
    activation, z = code.logits[wire]
    fused = loss.from_logits_of(activation)
    if fused is None:
        return loss, y
    if code.training:
        code.use_of(wire).undos.pop()
    return fused, z


def _count_each(made: LoweredModel, totals: Sequence[_Total | None]) -> None:
    """Count the loss of each of several outputs by itself."""
    for place, total in enumerate(totals, made.counters):
        if total is not None:
            made.code.emit("count.part", total.values, total.slope, total.values.size, place)
    made.counters += len(totals)


def _lower_update(model: TrainableModel, made: LoweredModel, fused: bool) -> None:
    code, names = made.code, model.trained_names()
    apart = _of_products(model, code) if fused else ()
    with code.within("update"):
        try:
            with code.wholly():
                model.optimizer.lower(code, names, model.constraints(), apart)
            made.updates = True
        except CannotLower:
            model.optimizer.lower_scale(code, names)
    with code.within("backward"):
        together = runs(code.theta, [name for name in names if name not in apart])
        for run in [*together, *(code.theta.slices[name] for name in apart)]:
            n = run.stop - run.start
            code.emit("loss.finite", Buffer("gradient", run.start, (n,), False), n)
        code.emit("loss.finite", None, 0, decides=True)


def _of_products(model: TrainableModel, code: Program) -> list[str]:
    """The kernels of which nothing but one product of matrices makes the gradient: an update of their own may be joined
    with that."""
    homes = [op.operands[2] for op in code.sections["backward"] if op.kernel == "dense.weights"]
    written = {home.offset for home in homes if isinstance(home, Buffer) and home.space == "gradient"}
    spoken_for = {s.name for s in model.specs if s.regularizer is not None or s.constraint is not None}
    names = (name for name in model.trained_names() if code.theta[name].size and name not in spoken_for)
    return [name for name in names if code.theta.slices[name].start in written]


def _lower_metric(made: LoweredModel, meter: Meter, end: End | None) -> None:
    code, metric = made.code, meter.metric
    try:
        if not metric.can_lower() or end is None:
            raise CannotLower(f"metric {metric.name!r}")
        with code.wholly():
            weights = _masked(code, meter, end.weights if meter.weighted else None)
            metric.lower(code, end.given, made.ys[meter.output], weights, made.counters)
        made.native.append((meter, made.counters))
        made.counters += 2
    except CannotLower:
        if code.masks[meter.output] is not None and isinstance(metric, MeanOverSamples):
            raise  # Python would not know what counts
        made.foreign.append(meter)


def _masked(code: Program, meter: Meter, weights: Buffer | None) -> Buffer | None:
    """The weights that a metric sees, 0 where the output's mask says that nothing counts."""
    mask = code.masks[meter.output]
    if mask is None or not isinstance(meter.metric, MeanOverSamples):
        return weights
    if weights is None:
        return mask
    product = code.buffer(mask.shape)
    each = weights_per_sample(weights, mask.shape)
    code.emit("masking.weights", mask, weights, product, mask.size, each)
    return product


def _like(y: Buffer) -> Any:
    return np.empty((1, *y.shape), "float32")
