"""Texts and categories are read before the engine: the first steps of a network, which make numbers of them, have no
parameters, no gradient and no compiled form. The engine gets what they give, and computes the rest."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from ..arrays import TEXT, Array, Parts, Shape, as_dtypes, is_open, parts_of
from ..layers.composite import lowered
from ..layers.walking import given_to
from ..program import Buffer, Program
from ..wiring import Step, Wiring
from .base import TrainableModel

MOST_BYTES = 1 << 30  # of what all rows give, to be kept for every epoch


class Behind:
    """A model without its first steps, which begins with what those give; all else of it is the model's."""

    def __init__(self, model: TrainableModel, wiring: Wiring, shapes: Sequence[Shape], dtypes: Sequence[str]) -> None:
        self.model, self.wiring = model, wiring
        self.sample_shapes, self.input_dtypes = tuple(shapes), tuple(dtypes)
        self.takes_many = len(shapes) > 1

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)

    def lower_checked(self, code: Program, *xs: Buffer) -> Any:
        cast(Any, self.model).check_lowers()
        return lowered(self.wiring, code, xs)


@dataclass(frozen=True)
class Reading:
    """The first steps of a network, and the model behind them."""

    model: TrainableModel
    steps: tuple[Step, ...]
    behind: TrainableModel

    def read(self, x: Any) -> Any:
        """What the model behind begins with, of rows of the inputs."""
        values = self._entering(x)
        for _ in self._walk(values):
            pass
        found = [values[wire] for wire in self.behind.wiring.inputs]
        return Parts(found) if self.behind.takes_many else found[0]

    def read_whole(self, x: Any) -> Any:
        """The same of all rows there are, to be kept; None where that depends on which rows are read together, or would
        take too much memory."""
        shapes = self.behind.sample_shapes
        if any(map(is_open, shapes)) or 8 * len(x) * sum(map(math.prod, shapes)) > MOST_BYTES:
            return None
        return self.read(x)

    def outputs(self, x: Any) -> dict[str, Array]:
        """What each of the steps gives, by its label, as numbers of the engine's."""
        return {label: y.astype("float32") for label, y in self._walk(self._entering(x))}

    def _entering(self, x: Any) -> dict[int, Array]:
        return dict(zip(self.model.wiring.inputs, parts_of(x), strict=True))

    def _walk(self, values: dict[int, Array]) -> Iterator[tuple[str, Array]]:
        dtypes = dict(zip(self.model.wiring.inputs, self.model.input_dtypes, strict=True))
        for step in self.steps:
            entering = {wire: as_dtypes(values[wire], (dtypes.get(wire, TEXT),)) for wire in step.inputs}
            y, _ = step.layer.forward({}, *given_to(step, entering), training=False, rng=self.model.key)
            (wire,) = step.outputs
            values[wire] = y
            yield step.label, y


def reading_of(model: TrainableModel) -> Reading | None:
    """The steps that read text or categories before anything else does; None where a network has none, or gives what
    is read as it is. What they do not read of the texts, the model behind has no compiled form for."""
    wiring, shapes = model.wiring, dict(zip(model.wiring.inputs, model.sample_shapes, strict=True))
    dtypes = dict(zip(wiring.inputs, model.input_dtypes, strict=True))
    steps, rest = list[Step](), list[Step]()
    for step in wiring.steps:
        known = all(wire in shapes for wire in step.inputs)
        if not (known and step.layer.reads_ahead and step.layer.activity_regularizer is None):
            rest.append(step)
            continue
        given = [shapes[wire] for wire in step.inputs]
        shapes |= zip(step.outputs, step.layer.output_shapes_for(*given), strict=True)
        dtypes |= dict.fromkeys(step.outputs, step.layer.gives_dtype)
        steps.append(step)
    read = {wire for step in rest for wire in (*step.inputs, *step.masks)}
    inputs = tuple(wire for wire in shapes if wire in read)
    asked = steps or TEXT in model.input_dtypes
    if not (asked and inputs) or set(wiring.outputs) & shapes.keys():
        return None
    behind = Behind(
        model, replace(wiring, inputs=inputs, steps=tuple(rest)), [shapes[wire] for wire in inputs],
        [dtypes[wire] for wire in inputs],
    )  # fmt: skip
    return Reading(model, tuple(steps), cast(TrainableModel, behind))
