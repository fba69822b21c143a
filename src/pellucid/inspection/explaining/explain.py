"""`explain`: one training step, or one forward pass, taken on a copy of the model and laid open.

The numbers are those that the engine computed for this step, read from its own memory; nothing is computed anew to be
shown, but the penalties' gradients and the products that `why` lists.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ... import checks
from ...errors import InvalidArgument, Told
from ..base import Inspected
from . import by_definition, by_engine
from .asking import Wondering
from .explanation import Explanation
from .records import StepRecord
from .steps import steps_of

ENGINES = ("auto", "compiled", "definition")


def checked_engine(engine: Any) -> str:
    """One of ENGINES."""
    return str(checks.one_of("explain, argument engine", engine, ENGINES))


def explain(model: Inspected, x: Any, y: Any = None, weights: Any = None, *, engine: str = "auto") -> Explanation:
    """Take one step on x (B, ...), y (B, ...), and say what was computed; without y, the forward pass of prediction.

    The model is trained by that step: pass a copy. It is compiled and built, and the arrays are as its step takes them.
    """
    if engine == "compiled":
        model.run_eagerly = False
    if y is None:
        record = _taken(engine, by_engine.take_pass, by_definition.take_pass, model, x)
        return _explanation(model, record)
    model.optimizer.one_rate("explain")
    step, rate = model.optimizer.steps_taken + 1, float(model.optimizer.learning_rate)
    decays = model.optimizer.decays(model.theta, model.trained_names())
    record = _taken(engine, by_engine.take_step, by_definition.take_step, model, x, y, weights)
    record.step, record.learning_rate, record.decays = step, rate, decays
    return _explanation(model, record)


def _taken(
    engine: str, compiled: Callable[..., StepRecord | str], definition: Callable[..., StepRecord], *given: Any
) -> StepRecord:
    """By the engine that is asked for; "auto" is the one that training would take."""
    if engine != "definition":
        found = compiled(*given)
        if isinstance(found, StepRecord):
            return found
        if engine == "compiled":
            raise InvalidArgument(
                "explain, argument engine", "'auto' or 'definition'", Told(f"'compiled' for {found}"),
                "The compiled engine does not run that.",
            )  # fmt: skip
    return definition(*given)


def _explanation(model: Inspected, record: StepRecord) -> Explanation:
    steps = tuple(steps_of(model, record))
    judged = bool(record.judged)
    return Explanation(
        model=model.name,
        engine=record.engine,
        samples=len(record.x),
        loss=record.total if judged else None,
        step=record.step or None,
        learning_rate=record.learning_rate if judged else None,
        steps=steps,
        notes=(f"There is no update: {record.failure}",) if record.failure else (),
        wondering=Wondering(model, record, steps),
    )
