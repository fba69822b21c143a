"""A model as it is served: what goes in by name, what comes out by name, and the way between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ..actions.judging import probabilities
from ..actions.serve import Trained, opened
from ..arrays import Array
from ..data.checking import as_features
from ..errors import DataError, Told
from ..tables.encodings import Category, Encoding

BATCH = 1024  # rows that are predicted at a time
LABEL, PROBABILITIES = "label", "probabilities"
DATATYPES = {"number": "FP64", "boolean": "BOOL"}  # of a table's columns, in the protocol's words; others are BYTES
FLOATS = {"float16": "FP16", "float32": "FP32", "float64": "FP64"}


@dataclass(frozen=True)
class Field:
    """An input or an output. shape: of one row, None for an open size."""

    name: str
    datatype: str  # in the protocol's words
    shape: tuple[int | None, ...] = ()
    kind: str = "array"  # or the kind of a table's column
    choices: tuple[str, ...] = ()  # the levels of a category


@dataclass(frozen=True)
class Served:
    """A model under a name and a version. Nothing in it changes; a file that changed is served by another one."""

    name: str
    version: str
    trained: Trained

    @classmethod
    def opened(cls, name: str, version: str, path: Path) -> Served:
        """The model of a run's folder or a .keras file; it has predicted once, and so is quick from its first request
        on."""
        served = cls(name, version, opened(path))
        served.predict(served.sample)
        return served

    @cached_property
    def inputs(self) -> list[Field]:
        """What goes in: a table's columns, or the model's own inputs."""
        model, table = self.trained.model, self.trained.table
        if table is not None:
            return [_column(one) for one in table.encoder.columns]
        floats = FLOATS.get(model.dtype, "FP32")
        shapes = zip(model.input_names, model.sample_shapes, strict=True)
        return [Field(name, floats, tuple(shape)) for name, shape in shapes]

    @cached_property
    def outputs(self) -> list[Field]:
        """What comes out: a label and its probabilities, a table's targets, or the model's own outputs."""
        model, (_, classes, table, _) = self.trained.model, self.trained
        floats = FLOATS.get(model.dtype, "FP32")
        if classes:
            return [Field(LABEL, "BYTES"), Field(PROBABILITIES, floats, (len(classes),))]
        if table is not None:
            return [Field(name, "FP64") for name in table.targets.names]
        shapes = model.output_shape if len(model.output_names) > 1 else [model.output_shape]
        each = shapes.values() if isinstance(shapes, Mapping) else shapes
        return [Field(name, floats, tuple(s[1:])) for name, s in zip(model.output_names, each, strict=True)]

    @property
    def sample(self) -> list[Array]:
        """The model's inputs of its example."""
        _, _, table, example = self.trained
        return self.checked([[one] for one in example]) if table is None else [table.encoder.transform([example])]

    def checked(self, arrays: Sequence[Any]) -> list[Array]:
        """The model's own inputs: finite numbers, of the shapes that it takes, as many rows in each."""
        fields = self.inputs
        where = ["request" if len(fields) == 1 else f"request, input {field.name!r}" for field in fields]
        xs = [as_features(at, x, field.shape) for at, field, x in zip(where, fields, arrays, strict=True)]
        if len({len(x) for x in xs}) > 1:
            told = Told(" and ".join(str(len(x)) for x in xs))
            raise DataError("request", "as many rows in each input", told)
        return xs

    def predict(self, xs: list[Array]) -> dict[str, Array]:
        """The outputs by name; of a classifier the probabilities alone, from which `labels` follow."""
        model, (_, classes, table, _) = self.trained.model, self.trained
        with np.errstate(all="ignore"):
            y = model.predict(xs if model.takes_many else xs[0], batch_size=BATCH, verbose=0)
            ys = list(y.values()) if isinstance(y, Mapping) else list(y) if isinstance(y, list | tuple) else [y]
            if classes:
                found = {PROBABILITIES: probabilities(model, ys[0], len(classes))}
            elif table is not None:
                found = dict(zip(table.targets.names, table.targets.restored(ys[0]).T, strict=True))
            else:
                found = dict(zip(model.output_names, ys, strict=True))
        for y in found.values():
            bad = ~np.isfinite(y.reshape(len(y), -1)).all(axis=1)
            if bad.any():
                fix = "Are its numbers far from those that the model was trained on?"
                raise DataError(f"request, row {int(bad.argmax())}", "numbers that the model can compute with",
                                Told("outputs that are not finite"), fix)  # fmt: skip
        return found

    def labels(self, probabilities: Array) -> list[Any]:
        """The likeliest class of each row."""
        return [self.trained.classes[i] for i in probabilities.argmax(axis=1).tolist()]


def _column(column: Encoding) -> Field:
    choices = tuple(column.levels) if isinstance(column, Category) else ()
    return Field(column.name, DATATYPES.get(column.kind, "BYTES"), (), column.kind, choices)
