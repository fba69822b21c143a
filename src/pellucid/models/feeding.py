"""What a model is given: arrays, streams and batches, checked and put in order before it computes."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import numpy as np

from .. import checks
from ..arrays import Array, is_open, parts_of
from ..errors import DataError, InvalidArgument, NotReady, ShapeError, Told
from ..layers.connecting import by_name
from ..training import loop
from ..training.batches import (
    ArrayBatches,
    Batches,
    StreamBatches,
    checked_arrays,
    checked_class_weight,
    is_stream,
)
from ..training.threads import threads_for

DEFAULT_BATCH = 32


def source(
    model: Any, where: str, x: Any, y: Any, weights: Any, batch_size: Any, steps: int | None, shuffle: Any,
    steps_name: str = "steps",
) -> Batches:  # fmt: skip
    """Batches from whatever the user passed, checked; builds the model if its input was unknown."""
    if steps is not None:
        steps = checks.integer(f"{where}, argument {steps_name}", steps, minimum=1)
    if x is None:
        raise DataError(f"{where}, x", "data", None, "Pass x.")
    if is_stream(x):
        for name, given in (("y", y), ("sample_weight", weights), ("batch_size", batch_size)):
            if given is not None:
                raise InvalidArgument(
                    f"{where}, argument {name}", "None, as x makes its own batches of (x, y, sample_weight)",
                    Told("something else"),
                )  # fmt: skip
        x = _build_from_stream(model, x)
        prepare(model)
        check = (lambda where, x, y: None) if where == "predict" else partial(_fits_loss, model)
        return StreamBatches(x, steps, shuffle, where, model, check)
    x, y, weights = checked_arrays(model, model.inputs_of(x), y, weights, where)
    if not model.built:
        model.build((None, *x.shape[1:]))
    prepare(model)
    size = DEFAULT_BATCH if batch_size is None else batch_size
    size = checks.integer(f"{where}, argument batch_size", size, minimum=1)
    return ArrayBatches(x, y, weights, size, shuffle, steps)


def threads(model: Any, batches: Batches) -> AbstractContextManager[None]:
    """NumPy's threads, held back where batches and model are small."""
    return threads_for(getattr(batches, "batch_size", DEFAULT_BATCH), model.count_params())


def _build_from_stream(model: Any, source: Any) -> Any:
    """Build for what the first batch looks like; returns the source with that batch put back in front."""
    if model.built:
        return source
    if hasattr(source, "__getitem__"):
        first = source[0]
    else:
        batches = iter(source)
        first = next(batches, None)
        if first is None:
            raise DataError(f"model {model.name!r}, x", "at least one batch", Told("none"))
        if batches is source:
            source = itertools.chain([first], batches)
    first = model.inputs_of(first[0] if isinstance(first, tuple | list) else first)
    if not model.built:
        model.build((None, *np.shape(first)[1:]))
    return source


def prepare(model: Any) -> None:
    """Own the parameters; give the optimizer its slots."""
    model.gather()
    if model.compiled:
        model.optimizer.build(model.theta)


def one_batch(
    model: Any, where: str, x: Any, y: Any, weights: Any, class_weight: Mapping[int, float] | None = None
) -> tuple[Array, Array, Array | None]:
    """The x, y and weights of a single batch, checked; builds the model if its input was unknown."""
    x, y, weights = checked_arrays(model, model.inputs_of(x), y, weights, where)
    if not model.built:
        model.build((None, *x.shape[1:]))
    prepare(model)
    _fits_loss(model, where, x, y)
    class_weight = class_weights(model, where, class_weight)
    return loop.ready(model, x, y, weights, where, class_weight)


def validation(model: Any, data: Any, batch_size: int | None, steps: int | None) -> Batches | None:
    """The batches that `fit` watches."""
    if data is None:
        return None
    if is_stream(data):
        batches = source(model, "fit, validation_data", data, None, None, None, steps, False, "validation_steps")
    else:
        if not isinstance(data, tuple | list) or not 2 <= len(data) <= 3:
            raise InvalidArgument(
                "fit, argument validation_data", "(x, y), (x, y, sample_weight) or a PyDataset",
                Told(type(data).__name__),
            )  # fmt: skip
        x, y, weights = (*data, None)[:3]
        batches = source(model, "fit, validation_data", x, y, weights, batch_size, steps, False, "validation_steps")
    check_targets(model, "fit, validation_data", batches)
    return batches


def class_weights(model: Any, where: str, given: Any) -> Any:
    """Weights of classes, checked; for several outputs one mapping (or None) of each, by name or in a list."""
    if given is None:
        return None
    shapes: Any = model.output_shape
    if not model.gives_many:
        checked_class_weight(where, given, shapes[-1] or 1)
        return given
    argument = f"{where}, argument class_weight"
    each = by_name(argument, given, model.output_names, all_of_them=False)
    if not isinstance(each, list | tuple) or len(each) != len(shapes):
        raise InvalidArgument(argument, f"one mapping for each of {len(shapes)} outputs", given)
    for name, shape, one in zip(model.output_names, shapes, each, strict=True):
        checked_class_weight(f"{where}, output {name!r}", one, shape[-1] or 1)
    return tuple(each)


def check_targets(model: Any, where: str, batches: Batches) -> None:
    """Whether all targets suit the loss, told before the first step; a stream's are looked at as they come."""
    if isinstance(batches, ArrayBatches):
        _fits_loss(model, where, batches.x, batches.y)


def _fits_loss(model: Any, where: str, x: Array, y: Array | None) -> None:
    """Whether the targets suit the loss and the output."""
    if y is None:
        raise NotReady(f"{where}, y", "targets", None, "Pass y, or batches of (x, y).")
    shapes = model.output_shapes_for(*(part.shape[1:] for part in parts_of(x)))
    for loss, target, shape, name in zip(model.objective.losses, parts_of(y), shapes, model.output_names, strict=True):
        place = f"{where}, y, output {name!r}" if model.gives_many else f"{where}, y"
        if loss is not None and target is None:
            raise NotReady(place, "targets", None, "Pass y for every output that has a loss.")
        try:
            if loss is not None and not is_open(shape):
                loss.check(target, np.broadcast_to(np.zeros((), model.dtype), (len(x), *shape)))
        except (ShapeError, DataError) as problem:
            problem.where = f"{place}, {problem.where}"
            raise
