"""What a model of a table's rows takes along: the encoder of its inputs, and what its outputs mean."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..errors import FileError, PellucidError, Told
from ..registry import plain
from .cells import decimal_of
from .encoder import TableEncoder, encoders
from .encodings import Number
from .targets import Targets, targets


class Attached(NamedTuple):
    """How rows become inputs, and what outputs mean."""

    encoder: TableEncoder
    targets: Targets

    @property
    def decimal(self) -> str:
        """The decimal mark with which the table's numbers are written."""
        forms = [column.form for column in self.encoder.columns if isinstance(column, Number)]
        return decimal_of([*forms, *self.targets.forms])


def attach_targets(model: Any, found: Targets) -> None:
    """Have a model that takes arrays keep what its outputs mean, likewise."""
    model.__dict__["_targets"] = plain(found)


def attached_targets(model: Any) -> Targets | None:
    """What `attach_targets` had the model keep, checked."""
    saved = model.__dict__.get("_targets")
    if saved is None:
        return None
    where = "the model's targets"
    try:
        found: Targets = targets.deserialize(saved, where=where)
    except (PellucidError, KeyError, TypeError) as problem:
        told, fix = Told(str(problem)), "Save the model again."
        raise FileError(where, "targets as `attach_targets` has them", told, fix) from problem
    if found.categorical or model.output_shape != (None, len(found.names)):
        told = Told(f"{len(found.names)} for outputs of the shape {model.output_shape}")
        raise FileError(where, "a column of numbers for each output", told, "Save the model again.")
    return found


def attach(model: Any, encoder: TableEncoder, found: Targets) -> None:
    """Have a model keep these, in its `.keras` file too, as plain data."""
    model.__dict__["_table"] = {"encoder": plain(encoder), "targets": plain(found)}


def attached(model: Any) -> Attached | None:
    """What `attach` had the model keep, checked: nothing in a file is believed, or executed."""
    saved = model.__dict__.get("_table")
    if saved is None:
        return None
    where = "the model's table"
    try:
        encoder = encoders.deserialize(saved["encoder"], where=where)
        found = targets.deserialize(saved["targets"], where=where)
    except (PellucidError, KeyError, TypeError) as problem:
        raise FileError(where, "columns as `attach` has them", Told(str(problem)), "Save the model again.") from problem
    if model.shape is not None and (encoder.width,) != tuple(model.shape):
        raise FileError(where, f"columns that make the model's inputs {tuple(model.shape)}", Told(str(encoder.width)))
    return Attached(encoder, found)
