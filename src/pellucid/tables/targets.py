"""What is predicted: the classes of one column, or the numbers of one or more."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from .. import checks
from ..arrays import Array
from ..data.labels import Names, numbered, read_targets
from ..errors import DataError, InvalidArgument, Told, count
from ..registry import Family, Part
from .cells import cell_of, lacking, numbers, without_blanks
from .columns import check_target, understood
from .many_labels import among, labels_in, say_yes_or_no, separator_of, truths
from .table import OTHER_SIGN, Table

FINENESS = float(np.finfo(np.float32).eps) / 2  # of standardised numbers
MOST_DIGITS = 300  # behind the point that can be rounded to

targets: Family[Targets] = Family("table target", "pellucid.tables")

ANYWHERE = ("target", "label", "y", "outcome", "response")  # names that tell what a column is, wherever it stands
AT_AN_END = (
    "class", "survived", "species", "churn", "price", "quality", "diagnosis", "income", "default", "score", "failed",
)  # fmt: skip


@targets.add()
class Targets(Part):
    """The columns to predict. Classes are numbered in their sorted order; numbers are brought to mean 0 and deviation 1
    by what the rows to train on have, and `restored` brings predictions back.

    names: of the columns. forms: how their numbers are written. classes: their names; none where numbers are predicted.
    labels: whether each output is the probability that a row has a label, which a column of its own says, or which
    stands in the one `column` with a separator between them; `names` are then the labels.

    >>> found = Targets.learned(Table.of({"fare": [10.0, 30.0]}), ["fare"], "regression")
    >>> found.encode(Table.of({"fare": [20.0, 30.0]})), found.restored(np.array([[1.0]]))
    (array([[0.],
           [1.]], dtype=float32), array([[30.]]))
    """

    family = targets

    def __init__(
        self, names: Sequence[str] = (), forms: Sequence[str] = (), classes: Sequence[Any] = (),
        mean: Sequence[float] = (), scale: Sequence[float] = (), labels: bool = False, column: str = "",
        separator: str = "",
    ) -> None:  # fmt: skip
        self.names, self.forms, self.classes = list(names), list(forms), list(classes)
        if not names or len(names) != len(forms) or not all(isinstance(n, str) for n in [*self.names, *self.forms]):
            raise InvalidArgument(self.where("names"), "columns' names, with a form for each", names)
        if not all(isinstance(name, str | int) for name in self.classes):
            raise InvalidArgument(self.where("classes"), "names of classes", classes)
        self.mean = [checks.number(self.where("mean"), m) for m in mean]
        self.scale = [checks.number(self.where("scale"), s, above=0) for s in scale]
        if not self.classes and not len(self.mean) == len(self.scale) == len(self.names):
            raise InvalidArgument(self.where("mean"), "a mean and a scale for each column", mean)
        self.labels, self.column, self.separator = bool(labels), str(column), str(separator)

    @classmethod
    def as_they_are(cls, names: Sequence[str], **labels: Any) -> Self:
        """What outputs mean that are in their own units: numbers, or labels."""
        return cls(names, [""] * len(names), (), [0.0] * len(names), [1.0] * len(names), **labels)

    @property
    def columns(self) -> list[str]:
        """The columns that are predicted, by the names that the table has."""
        return [self.column] if self.column else self.names

    @property
    def categorical(self) -> bool:
        """Whether there is nothing to learn from the rows to train on alone."""
        return bool(self.classes) or self.labels

    @classmethod
    def learned(cls, table: Table, names: Sequence[str], task: str = "auto") -> Self:
        """Which classes occur in these rows, or what the numbers' mean and deviation are; `task` as in a spec."""
        if task != "regression" and (found := cls._labelled(table, names)):
            return found
        columns = [understood(table, name) for name in names]
        for column in columns:
            check_target(table, column)
        forms = [column.form for column in columns]
        values = [raw(table, column.name, column.form, column.kind) for column in columns]
        where = f"{table.source}, target {', '.join(names)}"
        classes: Names = read_targets(where, task, values) if len(names) == 1 else ()
        if not classes and any(value.dtype.kind == "U" for value in values):
            raise DataError(where, "one column of classes, or columns of numbers", Told("several with words in one"))
        if not classes and task == "classification":
            raise DataError(where, "a column of classes", Told("numbers"), "Leave --task classification out.")
        if classes and not len(classes) < 0.5 * len(table):
            told = Told(f"{len(classes):,} different labels in {count(len(table), 'row')}")
            raise DataError(where, "classes that occur in several rows", told, "Choose another --target.")
        if len(classes) == 1 or not all(column.different > 1 for column in columns):
            raise DataError(where, "targets that differ", Told("one and the same in every row"))
        if classes:
            return cls(names, forms, classes)
        y = np.stack(values, axis=1)
        with np.errstate(over="ignore", invalid="ignore"):
            mean, scale = y.mean(axis=0), y.std(axis=0)
        if not np.isfinite([mean, scale]).all():
            told = Told(f"{np.abs(y).max():.3g}")
            raise DataError(where, "numbers whose deviation a float can hold", told, "Divide the column first.")
        return cls(names, forms, (), mean.tolist(), np.where(scale > 0, scale, 1.0).tolist())

    @classmethod
    def _labelled(cls, table: Table, names: Sequence[str]) -> Self | None:
        """Any number of labels for each row, where that is what these columns hold."""
        column = separator = ""
        labels = list(names)
        if len(names) == 1:
            (column,) = names
            separator = separator_of(table[column]) if table[column].dtype.kind == "O" else ""
            labels = labels_in(table[column], separator) if separator else []
        elif not say_yes_or_no(table, names):
            return None
        if not labels:
            return None
        found = cls.as_they_are(labels, labels=True, column=column, separator=separator)
        share = found.encode(table).mean(axis=0)
        for label, alike in zip(labels, share, strict=True):
            if alike in (0, 1) and not separator:
                raise DataError(
                    f"{table.source}, target {label}", "targets that differ", Told(f"{alike:.0f} everywhere")
                )
        return found

    @property
    def _kind(self) -> str:
        return "category" if any(isinstance(name, str) for name in self.classes) else "number"

    def absent(self, table: Table) -> Array:
        """Which rows (N,) lack a target."""
        kind = "category" if self.labels else self._kind
        return without_target(table, self.columns, [kind] * len(self.columns))

    def encode(self, table: Table) -> Array:
        """The classes' numbers (N,), the standardised numbers (N, targets) float32, or 1 for each label that a row
        has and 0 for the others."""
        if self.separator:
            return among(table, self.column, self.names, self.separator)
        if self.labels:
            return np.stack([truths(table, name) for name in self.names], axis=1)
        values = [raw(table, name, form, self._kind) for name, form in zip(self.names, self.forms, strict=True)]
        if self.classes:
            return numbered(f"{table.source}, target {self.names[0]}", values[0], tuple(self.classes))
        return ((np.stack(values, axis=1) - self.mean) / self.scale).astype(np.float32)

    def restored(self, y: Array) -> Array:
        """Standardised numbers (N, targets) in the columns' own units, with as many digits as float32 tells apart;
        outputs of classes and labels as they are.

        >>> Targets(["fare"], [""], mean=[20.0], scale=[3.0]).restored(np.array([[0.1]], np.float32))
        array([[20.3]])
        """
        if self.categorical:
            return y
        found = y.reshape(len(y), -1).astype(np.float64) * self.scale + self.mean
        for column, scale in zip(found.T, self.scale, strict=True):
            digits = -math.floor(math.log10(scale) + math.log10(FINENESS))
            if abs(digits) <= MOST_DIGITS:
                np.round(column, digits, out=column)
        return found


def without_target(table: Table, names: Sequence[str], kinds: Sequence[str]) -> Array:
    """Which rows (N,) lack one of these targets, of these kinds."""
    cells = [target_cells(table, name, kind) for name, kind in zip(names, kinds, strict=True)]
    empty: Array = np.logical_or.reduce([lacking(one) for one in cells])
    return empty


def said_of_empty(n: int) -> str:
    """What there is to say of so many rows without a target.

    >>> said_of_empty(1)
    '1 row has no target and is left out.'
    """
    return f"{count(n, 'row')} {'has' if n == 1 else 'have'} no target and {'is' if n == 1 else 'are'} left out."


def target_cells(table: Table, name: str, kind: str) -> Array:
    """A target's cells, None for those that hold none: among classes "none" is one."""
    return without_blanks(table[name]) if kind == "number" else table[name]


def raw(table: Table, name: str, form: str, kind: str) -> Array:
    """A target's numbers (N,) float64, or its words."""
    cells = target_cells(table, name, kind)
    empty = lacking(cells)
    if empty.any():
        row = int(empty.argmax())
        raise DataError(table.place(row, name), "a target", Told("an empty cell"), "Leave the row out.")
    if kind != "number":
        return np.array([str(cell) for cell in cells.tolist()])
    values, bad = numbers(cells, form)
    bad = bad | ~np.isfinite(values)
    if bad.any():
        row = int(bad.argmax())
        raise DataError(table.place(row, name), "a finite number", cell_of(cells, row))
    return values


def asked_for(table: Table, target: str | Sequence[str], remarks: list[str]) -> list[str]:
    """The columns to predict; where none is named, the one that is plainly it, which is remarked."""
    names = table.named(target)
    if not names:
        names = [plainly(table)]
        remarks.append(f"{names[0]} is taken for the target, by its name.")
    return names


def plainly(table: Table) -> str:
    """The column that is plainly the target, by its name; DataError where none is, or several.

    >>> plainly(Table.of({"survived": [0, 1], "class": [1, 2], "age": [22, 38]}))
    'survived'
    """
    if not len(table):
        raise DataError(table.source, "rows to learn from", Told("none below the names of the columns"))
    if len(table.names) < 2:
        expected = "a column to predict, and one at least to predict it from"
        raise DataError(table.source, expected, Told("one column"), OTHER_SIGN)
    ends = {table.names[0], table.names[-1]}
    lower = {name.lower() for name in table.names}
    place = {"y"} if {"x", "z"} <= lower else set()  # which a coordinate has, beside two others
    found = [name for name in table.names if name.lower() in {*ANYWHERE} - place]
    found = found or [name for name in table.names if name.lower() in AT_AN_END and name in ends]
    if len(found) == 1:
        return found[0]
    names = ", ".join(table.names[:12]) + (", ..." if len(table.names) > 12 else "")
    fix = f"Name one of the columns {names}: --target COLUMN."
    told = Told("none, or several")
    raise DataError(f"{table.source}, its target", "a column that is plainly the one to predict", told, fix)
