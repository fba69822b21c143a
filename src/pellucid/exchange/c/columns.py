"""The columns of a table as a struct of C, its cells encoded as `TableEncoder` does, and its targets' own units.

A number is a double, NAN where it is missing; so is a yes or no, as 1 or 0. A word is a text in UTF-8, NULL where it is
missing. Where a cell is what training would have refused (an infinite number, a truth that is neither 1 nor 0), the
function returns the column's number, counted from 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...errors import InvalidArgument, Told
from ...tables.attaching import Attached
from ...tables.encodings import Category, Encoding, Number, Truth
from . import spelling
from .writer import FORM, Writing


@dataclass
class Field:
    """A column, and its name in C."""

    column: Encoding
    name: str

    @property
    def declared(self) -> str:
        """Its line in the struct."""
        kinds = {Number: "a number", Truth: "1 for yes, 0 for no", Category: "a word"}
        type_ = "const char *" if isinstance(self.column, Category) else "double "
        return f"    {type_}{self.name}; /* {spelling.comment(self.column.name)}: {kinds[type(self.column)]} */"


def fields_of(rows: Attached) -> list[Field]:
    """The columns of this table; one that C cannot encode is refused by its name."""
    taken: set[str] = set()
    found = []
    for column in rows.encoder.columns:
        if type(column) not in WRITTEN:
            raise InvalidArgument(
                f"{FORM.where}, column {column.name!r}", "numbers, yes and no, or words",
                Told(f"a column of the kind {column.kind}"),
                "Train without it (--drop), or save the model as a .keras file.",
            )  # fmt: skip
        name = spelling.identifier(column.name)
        while name in taken:
            name += "_"
        taken.add(name)
        found.append(Field(column, name))
    return found


def encoder_text(writing: Writing, fields: list[Field]) -> str:
    """The function that encodes a row."""
    lines, place = [], 0
    for number, field in enumerate(fields, 1):
        lines.append(f"    /* {spelling.comment(field.column.name)} */")
        lines += [f"    {line}" for line in WRITTEN[type(field.column)](writing, field, place, number)]
        place += field.column.width
    prefix = writing.prefix
    return "\n".join(
        [
            f"int {prefix}_encode(const {prefix}_row *row, {writing.type} *x)",
            "{",
            "    if (!row || !x)",
            "        return -1;",
            *lines,
            "    return 0;",
            "}",
        ]
    )


def number(writing: Writing, field: Field, place: int, nth: int) -> list[str]:
    column, cell = field.column, f"row->{field.name}"
    assert isinstance(column, Number)
    if column.knots:
        knots, scores = (
            writing.constant(values, f"{field.name}_{name}", "float64")
            for name, values in (("knots", column.knots), ("scores", column.scores))
        )
        value = f"interpolated({cell}, {knots}, {scores}, {len(column.knots)})"
    else:
        center, scale = (spelling.number(v, "float64") for v in (column.center, column.scale))
        value = f"squashed({cell}, {center}, {scale})"
    return [
        f"if (isinf({cell}))",
        f"    return {nth};",
        f"x[{place}] = isnan({cell}) ? 0.0f : (float){value};",
        *flag(f"isnan({cell})", column, place + 1),
    ]


def truth(writing: Writing, field: Field, place: int, nth: int) -> list[str]:
    cell = f"row->{field.name}"
    return [
        f"if (!isnan({cell}) && {cell} != 0.0 && {cell} != 1.0)",
        f"    return {nth};",
        f"x[{place}] = isnan({cell}) ? 0.0f : {cell} == 1.0 ? 1.0f : -1.0f;",
        *flag(f"isnan({cell})", field.column, place + 1),
    ]


def category(writing: Writing, field: Field, place: int, nth: int) -> list[str]:
    column, cell = field.column, f"row->{field.name}"
    assert isinstance(column, Category)
    levels = "NULL"
    if column.levels:
        levels = writing.name(f"{field.name}_levels")
        words = [spelling.string(level) for level in column.levels]
        writing.arrays[levels] = spelling.array("char *const", levels, words, words)
        writing.flash += sum(len(level.encode()) + 1 for level in column.levels)
    width = column.own_width
    call = [f"category(x + {place}, {cell}, {levels}, {len(column.levels)}, {column.buckets});"] if width else []
    return [*call, *flag(f"is_missing({cell})", column, place + width)]


def flag(missing: str, column: Encoding, place: int) -> list[str]:
    """The number that tells whether a cell is missing, where training saw such cells."""
    return [f"x[{place}] = {missing} ? 1.0f : 0.0f;"] if column.missing else []


def targets_text(writing: Writing, rows: Attached, outputs: int) -> str:
    """The function that predicts of a row, in the target's own units."""
    prefix, targets = writing.prefix, rows.targets
    lines = []
    if not targets.classes:
        mean, scale = (
            writing.constant(values, f"target_{name}", "float64")
            for name, values in (("mean", targets.mean), ("scale", targets.scale))
        )
        lines = [
            f"    for (size_t i = 0; i < {outputs}; i++)",
            f"        y[i] = (float)(y[i] * {scale}[i] + {mean}[i]);",
        ]
    size = rows.encoder.width
    return "\n".join(
        [
            f"int {prefix}_predict_row(const {prefix}_row *row, {writing.type} *y)",
            "{",
            f"    static {writing.type} x[{size}];",
            f"    int bad = {prefix}_encode(row, x);",
            f"    bad = bad ? bad : {prefix}_predict(x, y);",
            "    if (bad)",
            "        return bad;",
            *lines,
            "    return 0;",
            "}",
        ]
    )


WRITTEN: dict[type[Encoding], Callable[[Writing, Field, int, int], list[str]]] = {
    Category: category,
    Number: number,
    Truth: truth,
}
