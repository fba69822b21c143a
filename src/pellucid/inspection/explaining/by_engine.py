"""A step taken by the compiled engine, and what its own memory holds afterwards.

The program is the one that training runs, but that no part of it overwrites a result or leaves one out that somebody
might want to see (`Program.keeps`); its numbers are bit for bit those of training.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...arrays import Array, parts_of
from ...layers.activation_layer import ActivationLayer
from ...layers.walking import memories
from ...machine.executable import Executable
from ...program import Buffer, Op, Program, lettered
from ...rng import Key
from ...training.engine import Engine
from ...training.lowering import lower_prediction
from ..base import Inspected
from .by_definition import rule_watched
from .records import Judged, LayerRecord, Parameters, StepRecord, in_order, part_of

# Operations that make the gradient into what the rule gets, and which of their operands is the result.
PREPARING = {"gradient.unscaled": 2, "gradient.accumulated": 4, "clip.value": 3, "clip.norm": 3}


class KeepingResults:
    """The model, lowered so that every result is kept."""

    def __init__(self, model: Inspected) -> None:
        self.model = model

    def lower_checked(self, code: Program, *xs: Buffer) -> Any:
        code.keeps = True
        return self.model.lower_checked(code, *xs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)


def take_step(model: Inspected, x: Any, y: Any, weights: Any) -> StepRecord | str:
    """Train the model by one step; what the engine computed on the way, or why it cannot."""
    kept: Any = KeepingResults(model)
    engine = Engine(kept)
    step_program = engine.step_program(len(x), x, y, weights, training=True)
    if step_program is None or engine.reading is not None:
        return _refusal(model, engine)
    record = StepRecord("compiled", x, y, weights, Parameters.of(model))
    key = model.key.noise(model.optimizer.steps_taken)
    model.meters.reset()
    with rule_watched(model) as given:  # where the optimizer has no compiled form
        if not step_program.run(None, 0, 1):
            return "the step, in which some number is not finite"
    look = _Look(step_program.machine, len(x))
    _look_at_layers(model, record, look, key)
    record.judged = list(_judged(model, step_program.lowered.code, record, look))
    record.total = model.meters.loss_sum / max(model.meters.samples, 1)
    record.after = Parameters.of(model)
    record.gradients = {name: model.gradient[name].copy() for name in model.trained_names()}
    stepped = given or _prepared(step_program.lowered.code, look)
    updates = model.optimizer.steps_taken % (model.optimizer.gradient_accumulation_steps or 1) == 0
    if updates:
        record.stepped = in_order(np.concatenate(stepped), model) if stepped else dict(record.gradients)
    return record


def take_pass(model: Inspected, x: Any) -> StepRecord | str:
    """The forward pass of prediction, or why the engine cannot."""
    if model.wiring.draws:
        return "random numbers in a prediction"
    if memories(model.wiring):
        return "a prediction that goes on from the batch before, which a look is not to move on"
    kept: Any = KeepingResults(model)
    engine = Engine(kept)
    if engine.predict(x) is None or engine.reading is not None:
        return _refusal(model, engine)
    n, lowered = len(x), lower_prediction(kept, len(x), [part.shape[1:] for part in parts_of(x)])
    machine = Executable(lowered.code, {"theta": model.theta.data, "state": model.state.data})
    for name, part in lettered("x", parts_of(x)).items():
        machine.bind_rows(name, part)
    for name, y in lettered("out", lowered.ys).items():
        machine.bind(name, np.empty((n, *y.shape), "float32"))
    machine.set(samples=n, batch=n)
    machine.run(1)
    record = StepRecord("compiled", x, None, None, Parameters.of(model))
    _look_at_layers(model, record, _Look(machine, n), model.key)
    return record


def _refusal(model: Inspected, engine: Engine) -> str:
    if engine.refusal:
        return f"the {engine.refusal}, which has no compiled form"
    if model.dtype != "float32":
        return f"a model of dtype {model.dtype}"
    if engine.reading is not None:
        return "categories, which are read before the engine begins"
    return "inputs that are not finite" if engine.predictors else "anything while PELLUCID_ENGINE is 'definition'"


class _Look:
    """Copies out of a program's memory."""

    def __init__(self, machine: Executable, rows: int) -> None:
        self.machine, self.rows = machine, rows

    def at(self, places: dict[str, Buffer]) -> dict[str, Array]:
        """The arrays at these places; what lies elsewhere (a moving average) is told by the parameters."""
        return {letter: self(b) for letter, b in places.items() if b.space == "work"}

    def __call__(self, buffer: Buffer) -> Array:
        return self.machine.view(buffer, self.rows).copy()


def _look_at_layers(model: Inspected, record: StepRecord, look: _Look, key: Key) -> None:
    taps = look.machine.program.taps
    p = {**record.before.theta, **record.before.state}
    for step in model.wiring.steps:
        layer_record = LayerRecord(step, step.layer, key.fold(*step.numbers), part_of(p, step.path))
        found = look.at(taps[step.label])
        going = (*layer_record.letters_out("dy"), "dz", *layer_record.letters("dx"))
        layer_record.back = {letter: found.pop(letter) for letter in list(found) if letter in going}
        if "m" in found:
            found["m"] = (found["m"] != 0).astype("float32")  # the kernel's mask holds the factor of what is kept
        ways = [*layer_record.letters("x"), *layer_record.letters_out("y")]
        found |= {letter: _parameter(look, taps[step.label][letter], p) for letter in ways if letter not in found}
        ys, xs = ({letter: found.pop(letter) for letter in letters}
                  for letters in (layer_record.letters_out("y"), layer_record.letters("x")))  # fmt: skip
        layer_record.arrays = {**xs, **found, **ys}
        record.layers[step.label] = layer_record


def _parameter(look: _Look, place: Buffer, p: dict[str, Array]) -> Array:
    """The weights at this place, as they were before the step."""
    program = look.machine.program
    slices = (program.theta if place.space == "theta" else program.state).slices
    return p[next(name for name, where in slices.items() if where.start == place.offset)]


def _judged(model: Inspected, code: Program, record: StepRecord, look: _Look) -> Iterator[Judged]:
    """The loss of each output that has one, in their order."""
    objective = model.objective
    totals = (op for op in code.sections["backward"] if op.kernel == "loss.total")
    for place, loss in enumerate(objective.losses):
        if loss is None:
            continue
        values, slope, d, looked_at = _loss_places(code, next(totals))
        each, wire = look(values), model.wiring.outputs[place]
        value = float((each * look(slope)).sum(dtype=np.float64)) / objective.weights[place]
        end = code.logits.get(wire)
        fused = end is not None and looked_at.offset == end[1].offset
        seen, dy = look(looked_at), look(d)
        if fused and end is not None:
            loss = loss.from_logits_of(end[0]) or loss
            _taken_off(record, wire, dy)
        yield Judged(loss, fused, seen, each, value, dy.reshape(seen.shape), place)


def _taken_off(record: StepRecord, wire: int, dz: Array) -> None:
    """What came back to the layer before a loss that looked behind its activation."""
    layer_record = next(layer_record for layer_record in record.layers.values() if wire in layer_record.step.outputs)
    back = layer_record.back
    back["dz"] = dz.reshape(layer_record.arrays["y"].shape)
    back.pop("dy", None)
    if isinstance(layer_record.layer, ActivationLayer):  # z is x: what was taken in one go is its dx
        back["dx"] = back["dz"]


def _loss_places(code: Program, total: Op) -> tuple[Buffer, Buffer, Buffer, Buffer]:
    """(values, slope, dL/d(what the loss looks at), that)."""
    values, slope = total.operands[:2]
    ops = code.sections["backward"]
    loss = next(op for op in ops if op is not total and len(op.operands) > 4 and op.operands[3] == values)
    looked_at, d = loss.operands[1], loss.operands[4]
    places = (values, slope, d, looked_at)
    assert all(isinstance(place, Buffer) for place in places)
    return places  # type: ignore[return-value]


def _prepared(code: Program, look: _Look) -> list[Array]:
    """What the rule got in the gradient's place, flat and in the order of the parameters; nothing if it got that."""
    ops: list[Op] = [op for op in code.sections["update"] if op.kernel in PREPARING]
    last = [op for op in ops if op.kernel == ops[-1].kernel]
    return [look(op.operands[PREPARING[op.kernel]]).reshape(-1) for op in last]  # type: ignore[arg-type]
