"""The law of the two engines: what the compiled one computes is what the definition says, to float32's precision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import pellucid
from pellucid.training.engine import engine_of

TOLERANCE = 2e-5  # of the largest number in an array


def close(what: str, got: Any, wanted: Any, tolerance: float = TOLERANCE) -> None:
    got, wanted = np.asarray(got, "float64"), np.asarray(wanted, "float64")
    assert got.shape == wanted.shape, what
    scale = max(float(np.abs(wanted).max(initial=0.0)), 1e-3)
    np.testing.assert_allclose(got, wanted, rtol=0, atol=tolerance * scale, err_msg=what)


def both_engines(
    make: Callable[[], pellucid.Sequential],
    x: Any,
    y: Any,
    sample_weight: Any = None,
    *,
    steps: int = 3,
    tolerance: float = TOLERANCE,
    compiled_update: bool = True,
) -> None:
    """Train the model that `make` makes (compiled, seeded) on both engines, and compare all that they leave.

    Step by step: the loss and metrics, the gradient, the parameters, the moving averages, the optimizer's memory; then
    what `evaluate` and `predict` say. Fails if the network does not run on the compiled engine at all.
    """
    machine, definition = make(), make()
    definition.run_eagerly = True
    for step in range(steps):
        got = machine.train_on_batch(x, y, sample_weight, return_dict=True)
        wanted = definition.train_on_batch(x, y, sample_weight, return_dict=True)
        assert not engine_of(machine).refusal, engine_of(machine).refusal
        for name, value in wanted.items():
            close(f"step {step}, {name}", got[name], value, tolerance)
        trained = machine.trained_names()
        for name in trained:
            close(f"step {step}, gradient of {name}", machine.gradient[name], definition.gradient[name], tolerance)
        for name in machine.theta:
            close(f"step {step}, {name}", machine.theta[name], definition.theta[name], tolerance)
        for name in machine.state:
            close(f"step {step}, {name}", machine.state[name], definition.state[name], tolerance)
        for name, vector in definition.optimizer.memory.vectors().items():
            close(f"step {step}, {name}", machine.optimizer.memory.vectors()[name], vector, tolerance)
        assert machine.optimizer.steps_taken == definition.optimizer.steps_taken
    (step_program,) = (s for s in engine_of(machine).step_programs.values() if s.training)
    assert step_program.lowered.updates == compiled_update
    got = machine.evaluate(x, y, sample_weight=sample_weight, verbose=0, return_dict=True)
    for name, value in definition.evaluate(x, y, sample_weight=sample_weight, verbose=0, return_dict=True).items():
        close(f"evaluate, {name}", got[name], value, tolerance)
    for got, wanted in zip(_outputs(machine, x), _outputs(definition, x), strict=True):
        close("predict", got, wanted, tolerance)


def _outputs(model: Any, x: Any) -> list[Any]:
    found = model.predict(x, verbose=0)
    return list(found) if isinstance(found, list | tuple) else [found]
