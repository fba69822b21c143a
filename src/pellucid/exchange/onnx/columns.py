"""The columns of a table as the inputs of a graph, each encoded as `TableEncoder` does, and its targets' own units.

A number is a double, NaN where it is missing. A word, or a yes or no, is a text, empty where it is missing; blanks
around it are not taken off. What training would have refused (an infinite number, a word that is neither yes nor no)
makes the outputs of its row NaN.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np

from ...errors import InvalidArgument, Told
from ...tables.attaching import Attached
from ...tables.cells import BLANKS, FALSE, MISSING, TRUE
from ...tables.encodings import Category, Encoding, Number, Truth
from .writer import FORM, At, Writing


class Cells(At):
    """A column being written: all its numbers are doubles."""

    def number(self, value: Any) -> str:
        return self.writing.array(value, f"{self.label}/constant", np.float64)

    def among(self, words: Collection[str]) -> str:
        """Whether each cell is one of these words, (N, 1)."""
        same = self.cast(self.op("Equal", self.x, self.texts(sorted(words))), "bool", "int32")
        return self.cast(self.op("ReduceMax", same, self.whole(1)), "int32", "bool")

    def texts(self, words: Sequence[str]) -> str:
        return self.writing.array(np.array([words], object), f"{self.label}/words", object)

    def double(self, truth: str) -> str:
        return self.cast(truth, "bool", "float64")


def columns_of(attached: Attached) -> list[tuple[str, str, tuple[int, ...]]]:
    """The inputs of a graph for the rows of this table; a column that ONNX cannot encode is refused by its name."""
    for column in attached.encoder.columns:
        if type(column) not in WRITTEN or (isinstance(column, Category) and column.buckets > 1):
            hashed = "words of many kinds, the rare ones told apart by a hash"
            why = hashed if isinstance(column, Category) else f"a column of the kind {column.kind}"
            raise InvalidArgument(
                f"{FORM.where}, column {column.name!r}", "numbers, yes and no, or words of few kinds", Told(why),
                "Train without it (--drop), or save the model as a .keras file.",
            )  # fmt: skip
    return [(c.name, "float64" if isinstance(c, Number) else "object", (1,)) for c in attached.encoder.columns]


def write_columns(writing: Writing, attached: Attached) -> str:
    """The name of the matrix (N, width) that the columns become, in the model's precision."""
    encoded = []
    for column in attached.encoder.columns:
        at = Cells(writing, None, "", f"columns/{column.name}", [column.name], ((1,),), [], "")
        values, missing = WRITTEN[type(column)](at, column)
        encoded += [values, *([at.double(missing)] if column.missing else [])]
    joined = writing.node("columns", "Concat", encoded, axis=1)
    single = writing.node("columns", "Cast", joined, to="float32")  # as the encoder gives them
    return (single if writing.dtype == "float32" else writing.node("columns", "Cast", single, to=writing.dtype))[0]


def write_targets(writing: Writing, attached: Attached, y: str) -> str:
    """The name of the outputs in the columns' own units."""
    at = Cells(writing, None, "", "targets", [y], ((1,),), [], "")
    double = at.cast(at.op("Flatten", y), writing.dtype, "float64")
    scaled = at.op("Mul", double, at.number([attached.targets.scale]))
    return at.op("Add", scaled, at.number([attached.targets.mean]))


# The values of a column, and which of its cells hold nothing ------------------------------------------------------


def number(at: Cells, column: Number) -> tuple[str, str]:
    missing = at.op("IsNaN", at.x)
    z = by_quantiles(at, column) if column.knots else squashed(at, column)
    known = at.op("Where", at.op("IsInf", at.x), at.number(math.nan), z)
    return at.op("Where", missing, at.number(0.0), known), missing


def squashed(at: Cells, column: Number) -> str:
    """z / √(1 + (z/3)²) of z = (x − center) / scale."""
    z = at.op("Div", at.op("Sub", at.x, at.number(column.center)), at.number(column.scale))
    z = at.op("Clip", z, at.number(-1e6), at.number(1e6))
    third = at.op("Div", z, at.number(3.0))
    root = at.op("Sqrt", at.op("Add", at.op("Mul", third, third), at.number(1.0)))
    return at.op("Div", z, root)


def by_quantiles(at: Cells, column: Number) -> str:
    """The straight line between the two quantiles around x."""
    knots, scores = np.array(column.knots), np.array(column.scores)
    slopes = np.diff(scores) / np.diff(knots) if len(knots) > 1 else np.zeros(1)
    passed = at.cast(at.op("GreaterOrEqual", at.x, at.number(knots[None])), "bool", "int32")
    place = at.op("Sub", at.op("ReduceSum", passed, at.whole(1)), at.writing.array(1, f"{at.label}/one", np.int32))
    bounds = [at.writing.array(n, f"{at.label}/place", np.int32) for n in (0, len(slopes) - 1)]
    place = at.op("Clip", place, *bounds)
    knot, score, slope = (at.op("Gather", at.number(w), place, axis=0) for w in (knots, scores, slopes))
    x = at.op("Clip", at.x, at.number(knots[0]), at.number(knots[-1]))
    return at.op("Add", score, at.op("Mul", at.op("Sub", x, knot), slope))


def truth(at: Cells, column: Truth) -> tuple[str, str]:
    missing = at.among(spelled(MISSING | BLANKS))
    no = at.op("Where", at.among(spelled(FALSE)), at.number(-1.0), at.number(math.nan))
    known = at.op("Where", at.among(spelled(TRUE)), at.number(1.0), no)
    return at.op("Where", missing, at.number(0.0), known), missing


def category(at: Cells, column: Category) -> tuple[str, str]:
    missing = at.among(spelled(MISSING))
    if not column.levels:
        return at.double(at.op("Not", missing)), missing
    levels = at.double(at.op("Equal", at.x, at.texts(column.levels)))
    if not column.buckets:
        return levels, missing
    rest = at.op("Not", at.op("Or", missing, at.among(column.levels)))
    return at.op("Concat", levels, at.double(rest), axis=1), missing


def spelled(words: Collection[str]) -> set[str]:
    """Words as they are usually written: na, Na, NA; nan as NaN, too."""
    forms = {form for word in words for form in (word, word.upper(), word.capitalize())}
    return forms | {"NaN"} if "nan" in words else forms


WRITTEN: dict[type[Encoding], Callable[..., tuple[str, str]]] = {Category: category, Number: number, Truth: truth}
