"""Look for a learning rate: a spec in, a range test out. Nothing is written."""

from __future__ import annotations

from ..inspection.range_test import RangeTest
from .building import build
from .data import prepare
from .prepared import in_memory
from .spec import TrainSpec
from .train import planned_epochs

STEPS = 400  # rates tried, unless another number is given


def find_learning_rate(
    spec: TrainSpec, *, lowest: float = 1e-7, highest: float = 10.0, steps: int = STEPS
) -> RangeTest:
    """The range test of the network that the spec describes, on the rows that it would be trained on.

    >>> found = find_learning_rate(TrainSpec(data="digits", layers=[32]))
    >>> 1e-3 < found.suggestion < 0.1
    True
    """
    data = in_memory(prepare(spec))
    model = build(spec, data, planned_epochs(spec, data))
    return model.find_learning_rate(
        data.x_train,
        data.y_train,
        batch_size=spec.batch_size,
        lowest=lowest,
        highest=highest,
        steps=steps,
        class_weight=data.class_weights(spec.class_weight),
    )
