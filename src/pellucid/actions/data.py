"""From a data set's name or a file to arrays ready to train on: split, checked, the kind of task known."""

from __future__ import annotations

from ..data.labels import read_targets
from ..errors import InvalidArgument, Told
from .kinds import KINDS, kind_of
from .kinds.rows import TableRows
from .kinds.text import Text
from .prepared import Fold, Prepared, Reader
from .spec import TrainSpec


def prepare(spec: TrainSpec, read: Reader = read_targets, fold: Fold | None = None) -> Prepared:
    """The data of a spec, checked: finite, of fitting lengths, labels as the numbers of their classes.

    `read` tells which classes there are; a run goes on with those that it has (`Run.classes`). fold: one of several, in
    place of the spec's validation_split.
    """
    kind = kind_of(spec.data, spec.window)
    for name in dict.fromkeys(name for other in reversed(KINDS) for name in other.takes):
        if getattr(spec, name) and name not in kind.takes:
            raise _foreign(name, kind, spec.data)
    return kind.prepare(spec, read, fold)


def _foreign(name: str, kind: type[Prepared], data: str) -> InvalidArgument:
    """The error for a setting that says nothing of such data."""
    if issubclass(kind, TableRows):
        fix = "Pass --window, too, or leave it out."
        return InvalidArgument(f"spec, {name}", "windows of rows", Told("rows by themselves"), fix)
    expected = "a table or a text as data" if name in Text.takes else "a table as data"
    return InvalidArgument(f"spec, {name}", expected, Told(data), "Leave it out.")
