"""From what was written down to the steps of an explanation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...arrays import Array, parts_of
from ..base import Inspected
from .formulas import (
    LAYER_SIGNS,
    LOSS_SIGNS,
    RULE_SIGNS,
    activation_of,
    backward_formula,
    constants,
    forward_formula,
    letter,
    loss_formula,
    loss_gradient_formula,
    meaning,
    update_formula,
)
from .records import Judged, LayerRecord, Parameters, StepRecord
from .step import Step


def steps_of(model: Inspected, record: StepRecord) -> Iterator[Step]:
    """Forward, loss, backward, update; each layer by layer."""
    for layer_record in record.layers.values():
        yield _forward(layer_record)
    if not record.judged:
        return
    for judged in record.judged:
        yield _loss(model, record, judged)
    for layer_record in reversed(record.layers.values()):
        if layer_record.back:
            yield _backward(model, record, layer_record)
    if record.after is not None:
        for name in model.trained_names():
            yield _update(model, record, record.after, name)
        yield from _averages(record, record.after)


def _forward(layer_record: LayerRecord) -> Step:
    arrays = dict(layer_record.arrays)
    inputs = {x: arrays.pop(x) for x in layer_record.letters("x")}
    inputs |= {letter(layer_record, name): p for name, p in layer_record.p.items()}
    if layer_record.layer.gives_weights:
        arrays = {}  # the weights again
    formula = forward_formula(layer_record)
    notes = [meaning(activation_of(layer_record.layer)), constants(layer_record.layer, formula, LAYER_SIGNS)]
    if layer_record.by_averages:
        notes.append("μ = moving_mean, σ² = moving_variance: not the batch's, outside training or in a frozen layer")
    if "σ²" in arrays and not arrays["σ²"].any():
        notes.append("σ² is 0, so that y is β whatever x is: take a batch of several samples, as training does")
    return _step("forward", layer_record, formula, inputs, arrays, notes)


def _step(
    phase: str,
    layer_record: LayerRecord,
    formula: str,
    inputs: dict[str, Array],
    outputs: dict[str, Array],
    notes: list[str],
) -> Step:
    kind = type(layer_record.layer).__name__
    return Step(phase, layer_record.label, kind, formula, inputs, outputs, tuple(filter(None, notes)))


def _loss(model: Inspected, record: StepRecord, judged: Judged) -> Step:
    """The loss of one output; the penalties are told with that of the first."""
    place, (_, scales, names) = judged.place, model.objective
    t, w = parts_of(record.y)[place], parts_of(record.weights, place + 1)[place]
    sums = sum(scales[one.place] * one.value for one in record.judged)
    penalty, total = record.total - sums, judged.value if names else record.total
    penalized = abs(penalty) > 1e-9 + 1e-6 * abs(record.total) and not names
    z, size = judged.letter, judged.seen.shape[-1]
    inputs = {z: judged.seen, "t": np.asarray(t), **({"w": w} if w is not None else {})}
    outputs = {"ℓ": judged.values, "L": np.array(total), f"d{z}": judged.d.reshape(judged.seen.shape)}
    formula = f"{loss_formula(judged, w is not None, penalized)}, {loss_gradient_formula(judged, w is not None)}"
    formula += f" · {scales[place]:g}" if scales[place] != 1 else ""
    notes = [f"N = {judged.values.size}, the values of ℓ"] if " / N" in formula else []
    if given := constants(judged.loss, formula, LOSS_SIGNS):
        notes.append(given)
    if penalized:
        notes.append(f"R = {penalty:.6g}, the regularizers' penalties; L without them is {judged.value:.6g}")
    if names:
        notes.append(
            f"of output {names[place]!r}, which counts {scales[place]:g} times; the step's loss is "
            f"{record.total:.6g}, the penalties' {penalty:.6g} among it"
        )
    if z == "z" and not judged.fused:
        notes.append("z is the y of the last layer, as the loss takes logits: from_logits=True")
    if "/O" in formula:
        notes.append(f"O = {size}, the outputs of a sample")
    if judged.fused:
        last = giver(model, record, place)
        notes.append(f"dz is taken in one go through the {_name(last)} and the loss; dy is never computed")
    if smoothing := getattr(judged.loss, "label_smoothing", 0):
        notes.append(f"t was drawn towards equal parts by label_smoothing = {smoothing:g} first")
    name = f"{names[place]}_loss" if names else judged.loss.name
    return Step("loss", name, type(judged.loss).__name__, formula, inputs, outputs, tuple(notes))


def giver(model: Inspected, record: StepRecord, place: int) -> LayerRecord:
    """What gives this output."""
    wire = model.wiring.outputs[place]
    return next(layer_record for layer_record in record.layers.values() if wire in layer_record.step.outputs)


def _name(layer_record: LayerRecord) -> str:
    activation = activation_of(layer_record.layer)
    return activation.name if activation is not None else type(layer_record.layer).__name__


def _backward(model: Inspected, record: StepRecord, layer_record: LayerRecord) -> Step:
    back, notes = layer_record.back, []
    fused = "dz" in back and "dy" not in back
    inputs = {"dz": back["dz"]} if fused else {dy: back[dy] for dy in layer_record.letters_out("dy") if dy in back}
    outputs = {"dz": back["dz"]} if "dz" in back and not fused else {}
    regularizers = {s.name: s.regularizer for s in model.specs if s.regularizer is not None}
    for name, p in layer_record.p.items():
        path = f"{layer_record.path}/{name}"
        if path in record.gradients:
            outputs[f"d{letter(layer_record, name)}"] = record.gradients[path]
            if path in regularizers:
                sign = letter(layer_record, name)
                outputs[f"dR/d{sign}"] = regularizers[path].grad(p)
                notes.append(f"d{sign} includes dR/d{sign}, of the regularizer {regularizers[path]!r}")
    outputs |= {letter: back[letter] for letter in layer_record.letters_back()}
    if (uses := [other.label for other in record.layers.values() if other.path == layer_record.path])[
        1:
    ] and layer_record.p:
        notes.append(f"the gradients of its parameters are the sums over {', '.join(uses)}")
    notes += [f"{dx} is the sum over the axes along which its x was stretched" for dx in _stretched(layer_record)]
    if layer_record.layer.activity_regularizer is not None and not fused:
        notes.append(
            f"dy includes the gradient of the activity regularizer {layer_record.layer.activity_regularizer!r}"
        )
    return _step("backward", layer_record, backward_formula(layer_record, set(outputs)), inputs, outputs, notes)


def _stretched(layer_record: LayerRecord) -> list[str]:
    """The gradients of inputs that the layer stretched to fit the others, number by number."""
    shapes, y = [x.shape for x in layer_record.xs], layer_record.arrays.get(layer_record.letters_out("y")[0])
    try:
        fit = y is not None and len(shapes) > 1 and np.broadcast_shapes(*shapes) == y.shape
    except ValueError:  # they are not joined number by number
        fit = False
    back = [
        dx for dx, shape in zip(layer_record.letters("dx"), shapes, strict=True) if y is not None and shape != y.shape
    ]
    return [dx for dx in back if dx in layer_record.back] if fit else []


def _update(model: Inspected, record: StepRecord, after: Parameters, name: str) -> Step:
    optimizer, before = model.optimizer, record.before
    decay = record.decays.get(name, 0.0)
    constraint = model.constraints().get(name)
    inputs = {"w": before.theta[name], "g": record.gradients[name]}
    stepped = record.stepped.get(name)
    if stepped is not None and not np.array_equal(stepped, inputs["g"], equal_nan=True):
        inputs["g used"] = stepped
    inputs |= before.memory[name]
    outputs = {"w": after.theta[name], **after.memory[name]}
    t = (record.step - 1) // (optimizer.gradient_accumulation_steps or 1) + 1
    still = ": the schedule lets no weight move" if record.learning_rate == 0 else ""
    notes = [f"lr = {record.learning_rate:.6g}, t = {t}{still}", *_preparations(optimizer, stepped is None)]
    if decay:
        notes.append(f"decay = {decay:g}")
    formula = update_formula(optimizer, decay, constraint)
    if given := constants(optimizer, formula, RULE_SIGNS):
        notes.append(given)
    return Step("update", name, type(optimizer).__name__, formula, inputs, outputs, tuple(notes))


def _preparations(optimizer: Any, waits: bool) -> Iterator[str]:
    """What else an optimizer was told to do."""
    if optimizer.loss_scale_factor is not None:
        yield f"g is first divided by loss_scale_factor = {optimizer.loss_scale_factor:g}"
    if (n := optimizer.gradient_accumulation_steps) is not None:
        yield f"g is averaged over {n} steps" + (f"; this is one of the first {n - 1}: no update yet" if waits else "")
    for limit in ("clipvalue", "clipnorm", "global_clipnorm"):
        if (value := getattr(optimizer, limit)) is not None:
            yield f"g is clipped by {limit} = {value:g}"
    if optimizer.use_ema:
        yield f"average ← {optimizer.ema_momentum:g}·average + {1 - optimizer.ema_momentum:.3g}·w"


def _averages(record: StepRecord, after: Parameters) -> Iterator[Step]:
    """The parameters that move without being trained."""
    for name, old in record.before.state.items():
        if not np.array_equal(old, after.state[name], equal_nan=True):
            path = name.rpartition("/")[0]
            layer = record.layers[path].layer
            momentum = getattr(layer, "momentum", None)
            formula = "moving ← momentum·moving + (1 − momentum)·new" if momentum is not None else "by state_after"
            notes = (f"momentum = {momentum:g}",) if momentum is not None else ()
            yield Step("update", name, type(layer).__name__, formula, {"w": old}, {"w": after.state[name]}, notes)
