"""What a model is given: arrays, streams and batches, checked and put in order before it computes."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from .. import checks
from ..arrays import Array, Parts, is_open, parts_of
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
from .compiling import Compiled

DEFAULT_BATCH = 32


class Fed(Compiled):
    """A compiled network that takes data."""

    def _source(
        self, where: str, x: Any, y: Any, weights: Any, batch_size: Any, steps: int | None, shuffle: Any,
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
            x = self._build_from_stream(x)
            self._prepare()
            check = (lambda where, x, y: None) if where == "predict" else self._fits_loss
            return StreamBatches(x, steps, shuffle, where, self, check)
        x, y, weights = checked_arrays(self, self._expected(x), y, weights, where)
        if not self.built:
            self.build((None, *x.shape[1:]))
        self._prepare()
        size = DEFAULT_BATCH if batch_size is None else batch_size
        size = checks.integer(f"{where}, argument batch_size", size, minimum=1)
        return ArrayBatches(x, y, weights, size, shuffle, steps)

    def has_known_lengths(self, where: str) -> None:
        """Raise where an input leaves a length open."""
        if any(map(is_open, self.sample_shapes)):
            raise ShapeError(
                f"model {self.name!r}, {where}", "inputs of known lengths", self.input_shape,
                "Build it for one length, and give it these weights: set_weights(model.get_weights()).",
            )  # fmt: skip

    def _class_weights(self, where: str, given: Any) -> Any:
        """Weights of classes, checked; for several outputs one mapping (or None) of each, by name or in a list."""
        if given is None:
            return None
        shapes: Any = self.output_shape
        if not self.gives_many:
            checked_class_weight(where, given, shapes[-1] or 1)
            return given
        argument = f"{where}, argument class_weight"
        each = by_name(argument, given, self.output_names, all_of_them=False)
        if not isinstance(each, list | tuple) or len(each) != len(shapes):
            raise InvalidArgument(argument, f"one mapping for each of {len(shapes)} outputs", given)
        for name, shape, one in zip(self.output_names, shapes, each, strict=True):
            checked_class_weight(f"{where}, output {name!r}", one, shape[-1] or 1)
        return tuple(each)

    @property
    def as_trainee(self) -> Any:
        """The model with what `Model` adds."""
        return self

    def _threads(self, batches: Batches) -> AbstractContextManager[None]:
        return threads_for(getattr(batches, "batch_size", DEFAULT_BATCH), self.count_params())

    def _build_from_stream(self, source: Any) -> Any:
        """Build for what the first batch looks like; returns the source with that batch put back in front."""
        if self.built:
            return source
        if hasattr(source, "__getitem__"):
            first = source[0]
        else:
            batches = iter(source)
            first = next(batches, None)
            if first is None:
                raise DataError(f"model {self.name!r}, x", "at least one batch", Told("none"))
            if batches is source:
                source = itertools.chain([first], batches)
        first = self._expected(first[0] if isinstance(first, tuple | list) else first)
        if not self.built:
            self.build((None, *np.shape(first)[1:]))
        return source

    def as_called(self, x: Any) -> Any:
        """A batch of inputs in the form in which the model is called on them."""
        return list(x.arrays) if isinstance(x, Parts) else x

    def _expected(self, x: Any) -> Any:
        """The inputs in the form that the model knows."""
        return x

    def _prepare(self) -> None:
        """Own the parameters; give the optimizer its slots."""
        self.gather()
        if self.compiled:
            self.optimizer.build(self.theta)

    def _one_batch(
        self, where: str, x: Any, y: Any, weights: Any, class_weight: Mapping[int, float] | None = None
    ) -> tuple[Array, Array, Array | None]:
        x, y, weights = checked_arrays(self, self._expected(x), y, weights, where)
        if not self.built:
            self.build((None, *x.shape[1:]))
        self._prepare()
        self._fits_loss(where, x, y)
        class_weight = self._class_weights(where, class_weight)
        return loop.ready(self.as_trainee, x, y, weights, where, class_weight)

    def _check_targets(self, where: str, batches: Batches) -> None:
        """Whether all targets suit the loss, told before the first step; a stream's are looked at as they come."""
        if isinstance(batches, ArrayBatches):
            self._fits_loss(where, batches.x, batches.y)

    def _fits_loss(self, where: str, x: Array, y: Array | None) -> None:
        """Whether the targets suit the loss and the output."""
        if y is None:
            raise NotReady(f"{where}, y", "targets", None, "Pass y, or batches of (x, y).")
        shapes = self.output_shapes_for(*(part.shape[1:] for part in parts_of(x)))
        for loss, target, shape, name in zip(
            self.objective.losses, parts_of(y), shapes, self.output_names, strict=True
        ):  # fmt: skip
            place = f"{where}, y, output {name!r}" if self.gives_many else f"{where}, y"
            if loss is not None and target is None:
                raise NotReady(place, "targets", None, "Pass y for every output that has a loss.")
            try:
                if loss is not None:
                    loss.check(target, np.broadcast_to(np.zeros((), self.dtype), (len(x), *shape)))
            except (ShapeError, DataError) as problem:
                problem.where = f"{place}, {problem.where}"
                raise

    def _validation(self, data: Any, batch_size: int | None, steps: int | None) -> Batches | None:
        if data is None:
            return None
        if is_stream(data):
            batches = self._source("fit, validation_data", data, None, None, None, steps, False, "validation_steps")
        else:
            if not isinstance(data, tuple | list) or not 2 <= len(data) <= 3:
                raise InvalidArgument(
                    "fit, argument validation_data", "(x, y), (x, y, sample_weight) or a PyDataset",
                    Told(type(data).__name__),
                )  # fmt: skip
            x, y, weights = (*data, None)[:3]
            batches = self._source("fit, validation_data", x, y, weights, batch_size, steps, False, "validation_steps")
        self._check_targets("fit, validation_data", batches)
        return batches
