"""What looks into a model's steps: `Model.explain` and `Model.find_learning_rate`. The rooms that do it are loaded when
they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..arrays import TEXT, as_dtypes
from ..errors import Told, WrongType
from ..training.batches import checked_arrays
from .feeding import check_targets, class_weights, one_batch, prepare, source, threads
from .steps import needs_library_step

if TYPE_CHECKING:
    from ..inspection.explaining import Explanation
    from ..inspection.range_test import RangeTest


def explained(model: Any, x: Any, y: Any, sample_weight: Any, engine: str) -> Explanation:
    """`Model.explain`."""
    from ..inspection.base import copied
    from ..inspection.explaining import checked_engine, explain

    engine = checked_engine(engine)
    twin = copied(model, "explain")
    if y is None or not model.compiled:
        x, _, _ = checked_arrays(twin, twin.inputs_of(x), None, None, "explain")
        if not twin.built:
            twin.build((None, *x.shape[1:]))
        prepare(twin)
        _refuse_text(twin)
        return explain(twin, as_dtypes(x, twin.input_dtypes), engine=engine)
    needs_library_step(model, "explain")
    batch = one_batch(twin, "explain", x, y, sample_weight)
    _refuse_text(twin)
    return explain(twin, *batch, engine=engine)


def _refuse_text(model: Any) -> None:
    """Raise where an input is text: an explanation shows numbers."""
    if TEXT in model.input_dtypes:
        raise WrongType(
            f"model {model.name!r}, explain", "a network that begins with numbers", Told("one that begins with text"),
            "Explain a model of the layers behind it, on what it gives.",
        )  # fmt: skip


def rates_tried(
    model: Any, x: Any, y: Any, batch_size: int, lowest: float, highest: float, steps: int, repeats: int,
    sample_weight: Any, class_weight: Any,
) -> RangeTest:  # fmt: skip
    """`Model.find_learning_rate`."""
    from ..inspection.base import copied
    from ..inspection.range_test import range_test, whole

    where = "find_learning_rate"
    model.needs_compile(where)
    needs_library_step(model, where)
    trial = copied(model, where)
    batches = source(trial, where, whole(x), y, sample_weight, batch_size, steps, shuffle=True)
    check_targets(trial, where, batches)
    class_weight = class_weights(trial, where, class_weight)
    with threads(trial, batches):
        return range_test(trial, batches, lowest=lowest, highest=highest, repeats=repeats, class_weight=class_weight)
