"""The compiled engine in training: which program a model's batches need, kept and run for many steps at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import numpy as np

from ..arrays import TEXT, Parts, Shape, as_dtypes, at_length, fits, parts_of
from ..machine import asked
from ..machine.layout import KINDS
from ..machine.threads import Crew
from ..program import CannotLower
from ..registry import Revision
from . import definition
from .base import TrainableModel, is_own
from .batches import ArrayBatches, Batches, with_class_weight
from .distribution import largest_share, sharing
from .predicting import Predictors
from .programs import kept, say_once
from .reading import Reading, reading_of
from .step_program import StepProgram

T = TypeVar("T")
READABLE = frozenset(map(np.dtype, KINDS))  # what can be gathered as it is


class Engine:
    """The programs of one model, kept until some part is changed."""

    def __init__(self, model: TrainableModel) -> None:
        self.model = model
        self.step_programs: dict[Any, StepProgram] = {}
        self.revision, self.edits = Revision(), -1
        self.refusal = ""
        self.not_finite = -1  # the last step that was not, of those that several processes shared
        self.predictors: Predictors | None = None  # those used last
        self.of_length: dict[Any, Predictors] = {}  # more than one where the model leaves a length open
        self.crews: dict[Any, Crew] = {}  # what was learnt of threads outlives a change of a part
        self.reading: Reading | None = None  # of texts or categories, with which the model begins

    def predict(self, x: Any, apart: bool = False) -> Any:
        """The outputs for rows x (N, ...) of the shape the model was built for; None where only the definition can, or
        where an input is not finite. apart: x is no batch, so that rows which depend on each other have none."""
        found, revision = self.predictors, self.revision
        if revision.noticing:
            revision.look()
        stale = self.edits != revision.edits or found is None
        if stale and not self._renewed():
            return None
        if self.reading is not None:
            if apart:
                return None  # which nobody has looked through
            x = self.reading.read(x)
        if stale or found is None or (found.open and found.shapes != _each_shape(x)):
            found = self._predictors(_each_shape(x))
        return None if found is None or (apart and found.together) else found(x)

    def _predictors(self, shapes: list[Shape]) -> Predictors | None:
        """Those for rows of these shapes."""
        model = self.reading.behind if self.reading else self.model
        try:
            self.model.gather()  # another model may have taken its layers over
            self.predictors = self._kept(self.of_length, tuple(shapes), lambda: Predictors(model, shapes))
        except CannotLower as part:
            self._refuse(part)
            return None
        return self.predictors

    def step_program(
        self, batch: int, x: Any, y: Any, weights: Any, *, training: bool, fused: bool = False, read: Any = None
    ) -> StepProgram | None:
        """A program for batches of such arrays, bound to them; None where only the definition can. read: what is
        made of texts or categories x, where that is known."""
        if not self._renewed():
            return None
        if read is None:
            read = x if self.reading is None else self.reading.read(x)
        shared = sharing()
        capacity = 1 << max((largest_share(batch, shared.size) if shared else batch) - 1, 0).bit_length()
        key = (training, fused, capacity, shared, *map(_shapes, (read, y, weights)))
        make = partial(StepProgram, self, capacity, read, y, weights, training=training, fused=fused, shared=shared)
        try:
            found = self._kept(self.step_programs, key, make)
            found.crew = self.crews.setdefault(key, found.crew)
        except CannotLower as part:
            self._refuse(part)
            return None
        if not found.memories.suit(batch, len(x)):
            return None
        found.bind(batch, x, y, weights, read)
        return found

    def read_whole(self, batches: ArrayBatches) -> tuple[bool, Any]:
        """(whether the texts of all batches may be read at once, what is made of them, once for all epochs)."""
        if not self._renewed() or self.reading is None:
            return True, None
        if batches.read is None or batches.read[0] != self.revision.edits:
            batches.read = self.revision.edits, self.reading.read_whole(batches.x)
        read = batches.read[1]
        return read is not None, read

    def _renewed(self) -> bool:
        """Forget what was compiled before a part was changed; whether there is any point in compiling."""
        model = self.model
        self.revision.look()
        if self.edits != self.revision.edits:
            self.step_programs.clear()
            self.of_length.clear()
            self.predictors, self.refusal = None, ""
            self.reading = reading_of(model)
        plain = asked.definition() or getattr(model, "run_eagerly", False)
        unread = TEXT in model.input_dtypes and self.reading is None  # what is read is given as it is
        return not (plain or self.refusal or unread or model.dtype != "float32")

    def _kept(self, programs: dict[Any, T], key: Any, make: Callable[[], T]) -> T:
        """The program for this key. Where it is made, every change from then on is known to what it was compiled from:
        the model's parts, and the parts in those."""
        if key in programs:
            return programs[key]
        try:
            return kept(programs, key, make)
        finally:
            self.revision.follow(self.model)  # type: ignore[arg-type]
            self.edits = self.revision.edits

    def _refuse(self, part: CannotLower) -> None:
        self.refusal = str(part)
        say_once(self.refusal, sharing())


def engine_of(model: TrainableModel) -> Engine:
    """The engine of a model, made when it is first asked for."""
    engine: Engine = model.engine or Engine(model)
    model.engine = engine
    return engine


def step_program_for(
    model: TrainableModel, batches: Batches, class_weight: Any = None, *, training: bool, fused: bool = False
) -> StepProgram | None:
    """A program bound to the arrays that batches are cut from; None for other batches, or where only the definition
    can. `fused`: nobody looks at the gradient from one batch to the next."""
    if not isinstance(batches, ArrayBatches) or batches.y is None:
        return None
    if is_own(model, "train_step" if training else "test_step"):
        return None
    weights = with_class_weight(batches.y, batches.sample_weight, class_weight)
    size, engine = min(batches.batch_size, len(batches.x)), engine_of(model)
    at_once, read = engine.read_whole(batches)
    if not at_once:
        return None  # each batch by itself
    return engine.step_program(size, batches.x, batches.y, weights, training=training, fused=fused, read=read)


def _each_shape(x: Any) -> list[Shape]:
    return [part.shape[1:] for part in parts_of(x)]


def _shapes(given: Any) -> Any:
    """Of the samples of an array, or of each of the `Parts`."""
    return (
        given.shape[1:]
        if type(given) is np.ndarray
        else tuple(None if part is None else part.shape[1:] for part in parts_of(given))
    )


def train(model: TrainableModel, x: Any, y: Any, weights: Any) -> None:
    """One training step on a batch, compiled where that is possible; NonFinite is raised by the definition alone."""
    step_program = engine_of(model).step_program(len(x), x, y, weights, training=True)
    if step_program is None or not step_program.run(None, 0, 1):
        definition.train_step(model, x, y, weights)


def test(model: TrainableModel, x: Any, y: Any, weights: Any) -> None:
    """Count one batch in the model's meters, without training on it."""
    step_program = engine_of(model).step_program(len(x), x, y, weights, training=False)
    if step_program is None or not step_program.run(None, 0, 1):
        definition.test_step(model, x, y, weights)


def predict(model: TrainableModel, x: Any) -> Any:
    """The outputs (B, ...) of a batch, compiled where that is possible; several in `Parts`."""
    parts = parts_of(x)
    shapes = tuple(part.shape[1:] for part in parts)
    if not len(x):
        return no_rows(model, shapes)
    rows = [
        part if kind == TEXT else np.ascontiguousarray(part, None if part.dtype in READABLE else model.dtype)
        for part, kind in zip(parts, model.input_dtypes, strict=True)
    ]
    found = None
    if all(map(fits, shapes, model.sample_shapes)):
        found = engine_of(model).predict(Parts(rows) if isinstance(x, Parts) else rows[0])
    return definition.predict_step(model, as_dtypes(x, model.input_dtypes)) if found is None else found


def no_rows(model: TrainableModel, shapes: Sequence[Shape]) -> Any:
    """The outputs (0, ...) for no rows (0, ...) of inputs of these shapes."""
    outputs = [
        np.empty((0, *at_length(shape, 1)), model.dtype)
        for shape in model.output_shapes_for(*(at_length(shape, 1) for shape in shapes))
    ]
    return Parts(outputs) if model.gives_many else outputs[0]
