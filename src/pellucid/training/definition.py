"""One training step, written out: forward, loss, backward, update.

This is the engine that defines what training means. It is plain NumPy, and it is what `run_eagerly=True` runs.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ..arrays import Array, Arrays, Parts, parts_of
from ..errors import NonFinite, Told
from ..layers.penalties import penalty, penalty_gradients
from ..rng import Key
from .base import TrainableModel
from .objective import Judged


class Step(NamedTuple):
    """What one forward and backward pass found."""

    loss: float  # with the regularizers' penalties
    y_pred: Any  # (B, ...), of several outputs all in `Parts`
    gradients: dict[str, Array]  # dL/dp by parameter name
    dx: Any  # dL/dx
    cache: Any
    each: list[float]  # the loss of each output, without its weight


def loss_and_gradients(
    model: TrainableModel, p: Arrays, x: Any, y: Any, sample_weight: Any, *, rng: Key, training: bool = True
) -> Step:
    """L and dL/dp for one batch x (B, ...), y (B, ...), by the chain rule from the loss back to the input. Of several
    inputs, outputs, targets or weights, all are in `Parts`."""
    judged, y_pred, cache = judge(model, p, x, y, sample_weight, rng=rng, training=training)
    dx, gradients = model.backward_fused(p, cache, judged.back, judged.fused)
    for name, penalty_gradient in penalty_gradients(model, p).items():
        gradients[name] = gradients.get(name, 0) + penalty_gradient
    return Step(judged.total + penalty(model, p, cache), y_pred, gradients, dx, cache, judged.each)


def judge(
    model: TrainableModel, p: Arrays, x: Any, y: Any, sample_weight: Any, *, rng: Key, training: bool
) -> tuple[Judged, Any, Any]:
    """(what the losses find, the outputs, the cache of the forward pass) for one batch."""
    outputs, cache = model.forward(p, *parts_of(x), training=training, rng=rng)
    y_pred = _together(outputs)
    ys = parts_of(y_pred)
    weights = parts_of(sample_weight, len(ys))
    return model.objective.judge(parts_of(y), ys, model.all_logits(cache), weights, cache.masks), y_pred, cache


def loss_alone(model: TrainableModel, p: Arrays, x: Any, y: Any, sample_weight: Any, *, rng: Key) -> float:
    """The L of `loss_and_gradients`, without the way back."""
    judged, _, cache = judge(model, p, x, y, sample_weight, rng=rng, training=True)
    return judged.total + penalty(model, p, cache)


def _together(outputs: Any) -> Any:
    return Parts(outputs) if isinstance(outputs, tuple) else outputs


def train_step(model: TrainableModel, x: Any, y: Any, sample_weight: Any) -> float:
    """Forward, loss, backward, update; counts the batch in the model's meters. Returns the batch's loss.

    A loss or gradient that is not finite raises NonFinite before the update: the parameters stay as they were.
    """
    rng = model.key.noise(model.optimizer.steps_taken)
    with np.errstate(all="ignore"):  # what is not finite is looked for and reported below
        step = loss_and_gradients(model, model.p, x, y, sample_weight, rng=rng)
        model.gradient.update(step.gradients)
        healthy = math.isfinite(step.loss) and _all_finite(model.gradient.data)
    if not healthy:
        raise trace(model, x, y, sample_weight, step, rng)
    model.remember(step.cache)
    for name, value in model.state_after(model.p, step.cache).items():
        model.p[name][...] = value
    if model.optimizer.loss_scale_factor is not None:  # which `step` takes back
        model.gradient.data[:] = model.optimizer.scale_loss(model.gradient.data)
    model.optimizer.step(model.theta, model.gradient, model.trained_names(), model.constraints())
    model.meters.count(step.loss, y, step.y_pred, sample_weight, model.objective.losses, step.each, step.cache.masks)
    return step.loss


def _all_finite(g: Array) -> bool:
    """Whether every entry is finite: a finite square sum says so in a tenth of the time of looking at each."""
    return math.isfinite(g @ g) or bool(np.isfinite(g).all())


def test_step(model: TrainableModel, x: Any, y: Any, sample_weight: Any) -> float:
    """Forward and loss, without noise and with moving averages; counts the batch in the model's meters."""
    with np.errstate(all="ignore"):  # an infinite loss speaks for itself
        judged, y_pred, cache = judge(model, model.p, x, y, sample_weight, rng=test_key(model), training=False)
        loss = judged.total + penalty(model, model.p, cache)
    model.remember(cache)
    model.meters.count(loss, y, y_pred, sample_weight, model.objective.losses, judged.each, cache.masks)
    return loss


def predict_step(model: TrainableModel, x: Any, *, looks: bool = False) -> Any:
    """y (B, ...) for x (B, ...). looks: nothing is to go on from this batch."""
    with np.errstate(under="ignore"):  # whoever has NumPy raise errors does not mean what is 0 in the last digits
        outputs, cache = model.forward(model.p, *parts_of(x), training=False, rng=model.look_key())
    if not looks:
        model.remember(cache)
    return _together(outputs)


def test_key(model: TrainableModel) -> Key:
    """Where a model that draws in prediction, too, draws in evaluation: other numbers for each batch, and the same when
    it is evaluated again before the next step."""
    return model.key.fold("test", model.meters.samples).noise(model.optimizer.steps_taken)


def trace(model: TrainableModel, x: Any, y: Any, sample_weight: Any, step: Step, rng: Key) -> NonFinite:
    """The error that tells which layer's output or gradient was the first that was not finite, and the likely cause."""
    number = model.optimizer.steps_taken + 1
    where = f"training, step {number}"
    for name, values in model.p.items():
        if not np.isfinite(values).all():
            return NonFinite(
                where, "finite parameters", Told(f"{_kinds(values)} in {name!r}"),
                "The step before broke them, most likely by too high a learning rate "
                f"({model.optimizer.told_rate()}), or they were loaded so: reload weights that work.",
            )  # fmt: skip
    with np.errstate(all="ignore"):
        for layer, values in model.walk(model.p, *parts_of(x), training=True, rng=rng):
            if not np.isfinite(values).all():
                return NonFinite(
                    where, "finite outputs", Told(f"{_kinds(values)} in the output of layer {layer!r}"),
                    _output_cause(model, x),
                )  # fmt: skip
    for name, values in reversed(list(step.gradients.items())):
        if not np.isfinite(values).all():
            return NonFinite(
                where, "finite gradients", Told(f"{_kinds(values)} in the gradient of {name!r}"), _gradient_cause(step)
            )
    return NonFinite(
        where, "a finite loss", Told(f"loss {step.loss}"),
        "Every layer's output is finite, so the loss itself overflowed: scale the targets (mean 0, deviation 1), "
        "lower the learning rate, or check the sample weights.",
    )  # fmt: skip


def _kinds(values: Array) -> str:
    nans, infinities = int(np.isnan(values).sum()), int(np.isinf(values).sum())
    return " and ".join(f"{n} {kind}" for n, kind in ((nans, "NaN"), (infinities, "infinity")) if n)


def _output_cause(model: TrainableModel, x: Any) -> str:
    numbers = [part for part in parts_of(x) if part.dtype.kind != "O"]
    largest = max((float(np.abs(part).max(initial=0.0)) for part in numbers), default=0.0)
    rate = model.optimizer.told_rate()
    if largest > 1e3:
        return f"Inputs reach {largest:.3g}: scale them to about -1..1 (layers.Normalization or Rescaling)."
    return f"Most likely the learning rate ({rate}) is too high: try a tenth of it, or clipnorm=1."


def _gradient_cause(step: Step) -> str:
    if not math.isfinite(step.loss):
        return "The loss overflowed: lower the learning rate, or use a loss that takes logits (from_logits=True)."
    return "The outputs are finite, so a derivative overflowed: lower the learning rate, or set clipnorm=1."
