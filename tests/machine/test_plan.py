"""Work memory is used again once nobody needs what it holds; nothing else changes by that."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pellucid
from machine.test_barriers import PROGRAMS, RESIDUAL, classifier, residual
from pellucid import layers as L
from pellucid.layers import Dense
from pellucid.machine.executable import Executable, address
from pellucid.machine.passes.barriers import meetings, races
from pellucid.machine.passes.plan import Plan
from pellucid.rng import Key
from pellucid.training.engine import engine_of
from pellucid.training.lowering import lower_prediction


def test_a_prediction_needs_room_for_two_layers() -> None:
    """256 floats in and 256 out of each of twelve layers: not the 6,400 that all of them together are."""
    model = pellucid.Sequential([L.Input((256,)), *(Dense(256, activation="tanh") for _ in range(12))])
    model.predict(np.zeros((1, 256), "float32"), verbose=0)
    (predictor,) = engine_of(model).predictors.free_rows
    machine = predictor.predictor.machine
    assert (machine.program.size, len(machine.work)) == (25 * 256, 2 * 256)
    code = lower_prediction(model, 64, [(256,)]).code
    several = Executable(code, {"theta": model.theta.data}, reuse=True)  # threads may begin the next step meanwhile
    assert (code.size, len(several.work)) == (64 * 25 * 256, 64 * 3 * 256)


def test_a_step_keeps_what_the_way_back_needs_and_no_more() -> None:
    model = classifier([64, *[128] * 6, 10], hidden="tanh")
    model.fit(Key(1).normal((64, 64)), np.arange(64) % 10, batch_size=32, epochs=1, verbose=0)
    (step_program,) = engine_of(model).step_programs.values()
    machine = step_program.machine
    forward = 32 * (64 + 6 * 2 * 128)  # x, and each layer's z and y
    assert machine.program.size > 1.9 * forward
    assert len(machine.work) < 1.3 * forward


@pytest.mark.parametrize("name", PROGRAMS)
def test_no_thread_waits_for_memory(name: str) -> None:
    code, ops = PROGRAMS[name]
    meets = meetings(ops, code.batch)
    plan = Plan(code, ops, meets)
    moved = [plan.moved(op) for op in ops]
    assert plan.size < 0.9 * code.size
    assert list(races(moved, code.batch, meets)) == []
    assert meetings(moved, code.batch) == meets


def trained(make: Any, x: Any, y: Any, threads: int, crew: list[int], reuse: bool) -> list[np.ndarray]:
    """What three epochs leave, from work memory full of rubbish."""
    crew[:] = threads, 5
    model = make()
    model.fit(x, y, batch_size=3, epochs=1, verbose=0)  # the last batch is smaller
    for step_program in engine_of(model).step_programs.values():
        machine = step_program.machine
        step_program.machine = Executable(machine.program, machine.vectors, reuse=reuse)
        assert (step_program.machine.plan is not None) == reuse
        held = [step_program.machine.view(constant, 1).copy() for constant, _ in machine.program.constants]
        step_program.machine.work[:] = np.nan
        for (constant, _), values in zip(machine.program.constants, held, strict=True):
            step_program.machine.view(constant, 1)[...] = values
        step_program.machine.set(counters_address=address(step_program.counters), counters=len(step_program.counters))
    history = model.fit(x, y, batch_size=3, epochs=3, verbose=0).history
    outputs = model.predict(x, verbose=0)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    return [model.theta.data, model.state.data, *model.optimizer.memory.vectors().values(), *outputs, *history.values()]


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("name", ["residual", "plain"])
def test_the_same_bits_with_and_without(name: str, threads: int, crew: list[int]) -> None:
    x: Any = Key(1).normal((8, 7))
    y: Any = np.arange(8) % 3
    make: Any = lambda: classifier([7, 33, 9, 3], dropout=0.3, metrics=["accuracy"])  # noqa: E731
    if name == "residual":
        (x, y), make = RESIDUAL, residual
    wanted = trained(make, x, y, 1, crew, False)
    for a, b in zip(trained(make, x, y, threads, crew, True), wanted, strict=True):
        np.testing.assert_array_equal(a, b)
