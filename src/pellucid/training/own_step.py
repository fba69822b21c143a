"""A batch for a model: one step of the library's, or of the user's own class."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..arrays import Parts
from ..errors import NonFinite, Told, WrongType
from ..metrics import Metric
from . import engine
from .base import Trainee, is_own


def train_one(model: Trainee, x: Any, y: Any, weights: Any) -> None:
    """Train on one batch."""
    if is_own(model, "train_step"):
        _own(model, "train_step", x, y, weights)
    else:
        engine.train(model, x, y, weights)


def test_one(model: Trainee, x: Any, y: Any, weights: Any) -> None:
    """Count one batch, without training on it."""
    if is_own(model, "test_step"):
        _own(model, "test_step", x, y, weights)
    else:
        engine.test(model, x, y, weights)


def begin_counting(model: Trainee) -> None:
    """Forget what was counted, in metrics that are attributes of the model, too."""
    model.meters.reset()
    if not (is_own(model, "train_step") or is_own(model, "test_step")):
        return
    for value in vars(model).values():
        if isinstance(value, Metric):
            value.reset_state()


def _own(model: Trainee, step: str, *batch: Any) -> None:
    """Take a step of the user's; what it returns are the numbers so far."""
    x, y, weights = model.as_called(batch[0]), *(_in_lists(part) for part in batch[1:])
    where = f"{type(model).__name__}.{step}"
    found = getattr(model, step)((x, y) if weights is None else (x, y, weights))
    if not isinstance(found, Mapping):
        raise WrongType(where, "a dict of numbers returned, such as {'loss': 0.1}", found)
    if not found:
        raise WrongType(
            where, "a dict of numbers returned, such as {'loss': 0.1}", Told("an empty one"),
            "The metrics of compile are counted by super().train_step(data); one of your own is an attribute.",
        )  # fmt: skip
    told = {str(name): _number(f"{where}, {name!r}", value) for name, value in found.items()}
    model.meters.told = told
    if step == "train_step" and not math.isfinite(told.get("loss", 0.0)):
        raise NonFinite(where, "a finite loss", Told(f"loss {told['loss']}"), "Lower the learning rate.")


def _in_lists(part: Any) -> Any:
    return list(part.arrays) if isinstance(part, Parts) else part


def _number(where: str, value: Any) -> float:
    """One number of any kind, which need not be finite."""
    try:
        return float(value)
    except (TypeError, ValueError):
        raise WrongType(where, "a number", value) from None
