"""A step taken by the compiled engine, and what its own memory holds afterwards.

The program is the one that training runs, but that no part of it overwrites a result or leaves one out that somebody
might want to see (`Program.keeps`); its numbers are bit for bit those of training.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...arrays import Array
from ...layers.activation_layer import ActivationLayer
from ...machine.executable import Executable
from ...program import Buffer, Op, Program
from ...rng import Key
from ...training.engine import Engine, Stepper
from ...training.lowering import lower_prediction
from ..base import Inspected
from .by_definition import rule_watched
from .taken import Judged, Parameters, Passed, Taken, in_order, part_of

# Operations that make the gradient into what the rule gets, and which of their operands is the result.
PREPARING = {"gradient.unscaled": 2, "gradient.accumulated": 4, "clip.value": 3, "clip.norm": 3}


class Kept:
    """The model, lowered so that every result is kept."""

    def __init__(self, model: Inspected) -> None:
        self.model = model

    def lowered(self, code: Program, x: Buffer) -> Any:
        code.keeps = True
        return self.model.lowered(code, x)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)


def take_step(model: Inspected, x: Array, y: Array, weights: Array | None) -> Taken | str:
    """Train the model by one step; what the engine computed on the way, or why it cannot."""
    kept: Any = Kept(model)
    engine = Engine(kept)
    stepper = engine.stepper(len(x), x, y, weights, training=True)
    if stepper is None:
        return _refusal(model, engine)
    taken = Taken("compiled", x, y, weights, Parameters.of(model))
    key = model.key.noise(model.optimizer.steps_taken)
    model.meters.reset()
    with rule_watched(model) as given:  # where the optimizer has no compiled form
        if not stepper.run(None, 0, 1):
            return "the step, in which some number is not finite"
    look = _Look(stepper.machine, len(x))
    _look_at_layers(model, taken, look, key)
    taken.judged = _judged(model, stepper, taken, look)
    taken.after = Parameters.of(model)
    taken.gradients = {name: model.gradient[name].copy() for name in model.trained_names()}
    stepped = given or _prepared(stepper.lowered.code, look)
    updates = model.optimizer.steps_taken % (model.optimizer.gradient_accumulation_steps or 1) == 0
    if updates:
        taken.stepped = in_order(np.concatenate(stepped), model) if stepped else dict(taken.gradients)
    return taken


def take_pass(model: Inspected, x: Array) -> Taken | str:
    """The forward pass of prediction, or why the engine cannot."""
    kept: Any = Kept(model)
    engine = Engine(kept)
    if engine.predict(x) is None:
        return _refusal(model, engine)
    n, lowered = len(x), lower_prediction(kept, len(x), [x.shape[1:]])
    machine = Executable(lowered.code, {"theta": model.theta.data, "state": model.state.data})
    machine.bind_rows("x", x)
    machine.bind("out", np.empty((n, *lowered.ys[0].shape), "float32"))
    machine.set(samples=n, batch=n)
    machine.run(1)
    taken = Taken("compiled", x, None, None, Parameters.of(model))
    _look_at_layers(model, taken, _Look(machine, n), model.key)
    return taken


def _refusal(model: Inspected, engine: Engine) -> str:
    if engine.refusal:
        return f"the {engine.refusal}, which has no compiled form"
    if model.dtype != "float32":
        return f"a model of dtype {model.dtype}"
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


def _look_at_layers(model: Inspected, taken: Taken, look: _Look, key: Key) -> None:
    taps = look.machine.program.taps
    p = {**taken.before.theta, **taken.before.state}
    for step in model.wiring.steps:
        passed = Passed(step, step.layer, key.fold(*step.numbers), part_of(p, step.path))
        found = look.at(taps[step.label])
        going = ("dy", "dz", *passed.letters("dx"))
        passed.back = {letter: found.pop(letter) for letter in list(found) if letter in going}
        if "m" in found:
            found["m"] = (found["m"] != 0).astype("float32")  # the kernel's mask holds the factor of what is kept
        y, xs = found.pop("y"), {letter: found.pop(letter) for letter in passed.letters("x")}
        passed.arrays = {**xs, **found, "y": y}
        taken.layers[step.label] = passed


def _judged(model: Inspected, stepper: Stepper, taken: Taken, look: _Look) -> Judged:
    code = stepper.lowered.code
    values, slope, d, looked_at = _loss_places(code)
    last = list(taken.layers)[-1]
    y = code.taps[last]["y"]
    fused = looked_at.offset != y.offset
    loss = model.loss
    if fused and (end := code.logits.get(model.wiring.outputs[0])) is not None:
        loss = model.loss.from_logits_of(end[0]) or loss
        back = taken.layers[last].back
        back["dz"] = look(d).reshape(taken.layers[last].arrays["y"].shape)
        back.pop("dy", None)
        if isinstance(taken.layers[last].layer, ActivationLayer):  # z is x: what was taken in one go is its dx
            back["dx"] = back["dz"]
    each = look(values)
    total = model.meters.loss_sum / max(model.meters.samples, 1)
    data_loss = float((each * look(slope)).sum(dtype=np.float64))
    return Judged(loss, fused, each, data_loss, total, look(code.taps[""]["dL"]))


def _loss_places(code: Program) -> tuple[Buffer, Buffer, Buffer, Buffer]:
    """(values, slope, dL/d(what the loss looks at), that)."""
    ops = code.sections["backward"]
    total = next(op for op in ops if op.kernel == "loss.total")
    values, slope = total.operands[:2]
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
