"""A batch for a model: one step of the library's, or of the user's own class."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ..arrays import Parts
from ..errors import NonFinite, Told, WrongType
from . import engine
from .base import TrainableModel, is_own


def train_one(model: TrainableModel, x: Any, y: Any, weights: Any) -> None:
    """Train on one batch."""
    if is_own(model, "train_step"):
        _own(model, "train_step", x, y, weights)
    else:
        engine.train(model, x, y, weights)


def test_one(model: TrainableModel, x: Any, y: Any, weights: Any) -> None:
    """Count one batch, without training on it."""
    if is_own(model, "test_step"):
        _own(model, "test_step", x, y, weights)
    else:
        engine.test(model, x, y, weights)


def begin_counting(model: TrainableModel) -> None:
    """Forget what was counted; where a step is the user's own, in all that are its `metrics`."""
    model.meters.reset()
    if is_own(model, "train_step") or is_own(model, "test_step"):
        model.reset_metrics()


def _own(model: TrainableModel, step: str, *batch: Any) -> None:
    """Take a step of the user's; what it returns are the numbers so far."""
    x, y, weights = model.as_called(batch[0]), *(_in_lists(part) for part in batch[1:])
    where = f"{type(model).__name__}.{step}"
    shapes = model.output_shapes_for(*model.sample_shapes)
    like = Parts(np.broadcast_to(0.0, (len(batch[0]), *shape)) for shape in shapes)
    model.meters.resolved(batch[1], like, model.objective.losses)
    found = getattr(model, step)((x, y) if weights is None else (x, y, weights))
    if not isinstance(found, Mapping):
        raise WrongType(where, "a dict of numbers returned, such as {'loss': 0.1}", found)
    told = dict(_numbers(where, found))
    if not told:
        raise WrongType(
            where, "a dict of numbers returned, such as {'loss': 0.1}", Told("an empty one"),
            "Return {m.name: m.result() for m in self.metrics}.",
        )  # fmt: skip
    model.meters.told = told
    if step == "train_step" and not math.isfinite(told.get("loss", 0.0)):
        raise NonFinite(where, "a finite loss", Told(f"loss {told['loss']}"), "Lower the learning rate.")


def _in_lists(part: Any) -> Any:
    return list(part.arrays) if isinstance(part, Parts) else part


def _numbers(where: str, found: Mapping[Any, Any]) -> Iterator[tuple[str, float]]:
    """What was returned by name; a metric whose result is a mapping adds its entries."""
    for name, value in found.items():
        if isinstance(value, Mapping):
            yield from _numbers(where, value)
        else:
            yield str(name), _number(f"{where}, {name!r}", value)


def _number(where: str, value: Any) -> float:
    """One number of any kind, which need not be finite."""
    try:
        return float(value)
    except (TypeError, ValueError):
        raise WrongType(where, "a number", value) from None
