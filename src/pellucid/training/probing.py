"""What a look into a network in training records: for each layer, what it gave; for each parameter, its gradient, its
value, and how far the step moved it."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from ..arrays import Array
from ..errors import FileError, Told
from ..layers import Layer
from ..machine.layout import BINS

# Where an activation's slope has fallen to a hundredth of its steepest.
ENDS: dict[str, tuple[float, float]] = {
    "sigmoid": (0.002506, 0.997494), "tanh": (-0.994987, 0.994987), "softsign": (-0.9, 0.9),
    "hard_sigmoid": (0.0, 1.0), "hard_tanh": (-1.0, 1.0), "relu6": (-math.inf, 6.0),
}  # fmt: skip
NAN = math.nan
COLUMNS = (
    "step", "epoch", "loss", "kind", "name", "size", "mean", "std", "low", "high", "norm", "zeros", "saturated",
    "dead", "ratio", "counts",
)  # fmt: skip


class Summary(NamedTuple):
    """What an array holds, in a few numbers. Shares are of all entries, of all units for `dead`, from 0 to 1; NaN where
    the question makes no sense."""

    size: int  # entries
    mean: float
    std: float
    low: float  # the smallest
    high: float  # the largest
    norm: float  # the square root of the sum of squares
    zeros: float  # share of exact zeros
    saturated: float = NAN  # share so near the ends of its activation that hardly any gradient passes
    dead: float = NAN  # share of units that gave 0 for every sample of the batch
    counts: tuple[int, ...] = ()  # a histogram from `low` to `high`, in BINS bins of one width

    @classmethod
    def of(cls, size: int, numbers: Sequence[float], counts: Iterable[int]) -> Self:
        """From the numbers `mean` to `dead`."""
        mean, std, low, high, norm, zeros, saturated, dead = numbers
        return cls(size, mean, std, low, high, norm, zeros, saturated, dead, tuple(counts))

    @property
    def root_mean_square(self) -> float:
        """norm / √size: comparable between arrays of different sizes."""
        return self.norm / math.sqrt(self.size) if self.size else NAN


@dataclass(frozen=True)
class Look:
    """One step, looked at: before it, `step` updates had been made."""

    step: int
    epoch: int
    loss: float  # of this batch
    outputs: Mapping[str, Summary] = field(default_factory=dict)  # by layer's path: y (B, ...), noise included
    gradients: Mapping[str, Summary] = field(default_factory=dict)  # by parameter's name: dL/dp, regularizers included
    weights: Mapping[str, Summary] = field(default_factory=dict)  # by parameter's name: p before the step
    ratios: Mapping[str, float] = field(default_factory=dict)  # by parameter's name: ‖Δp‖ / ‖p‖ of this step


def ends_of(layer: Layer) -> tuple[float, float] | None:
    """The ends at which a layer's outputs are saturated, if its activation has any."""
    function = getattr(layer, "activation", None) or getattr(layer, "function", None)
    return ENDS.get(getattr(function, "name", ""))


def summary(values: Array, ends: tuple[float, float] | None = None, *, units: bool = False) -> Summary:
    """What an array holds. `ends`: outputs at or beyond them count as saturated; `units`: the first axis is the batch.

    >>> found = summary(np.array([[0.0, 1.0], [0.0, 3.0]]), ends=(-2.0, 2.0), units=True)
    >>> found.mean, found.zeros, found.saturated, found.dead
    (1.0, 0.5, 0.25, 0.5)
    """
    x = np.asarray(values, "float64").reshape(-1)
    if not x.size:
        return Summary(0, NAN, NAN, NAN, NAN, 0.0, NAN, counts=(0,) * BINS)
    low, high = float(x.min()), float(x.max())
    place = np.minimum((x - low) * (BINS / (high - low)), BINS - 1).astype(int) if high > low else np.zeros(x.size, int)
    return Summary(
        x.size, float(x.mean()), float(x.std()), low, high, float(np.sqrt((x * x).sum())), float((x == 0).mean()),
        float(((x <= ends[0]) | (x >= ends[1])).mean()) if ends else NAN,
        float((values.reshape(len(values), -1) == 0).all(axis=0).mean()) if units else NAN,
        tuple(np.bincount(place, minlength=BINS).tolist()),
    )  # fmt: skip


# The table in which looks are kept on disk: a row for each layer's output and for each parameter's gradient, value and
# step, in COLUMNS. Numbers are written with all their digits.


def rows_of(look: Look) -> list[list[str]]:
    """A look as rows of the table."""
    named = [("output", look.outputs), ("gradient", look.gradients), ("weight", look.weights)]
    rows = []
    for kind, summaries in named:
        for name, s in summaries.items():
            ratio = look.ratios.get(name, NAN) if kind == "weight" else NAN
            cells = [look.step, look.epoch, look.loss, kind, name, *s[:-1], ratio, " ".join(map(str, s.counts))]
            rows.append([_cell(cell) for cell in cells])
    return rows


def _cell(value: object) -> str:
    return "" if isinstance(value, float) and math.isnan(value) else str(value)


def text_of(rows: Iterable[list[str]]) -> str:
    """Rows as CSV."""
    import csv  # here, so that importing the library stays quick

    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(rows)
    return file.getvalue()


def read_looks(path: str | Path) -> list[Look]:
    """The looks that a file of `Probes` holds."""
    where = f"probes {path}"
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise FileError(where, "a readable table", Told(str(problem))) from problem
    return looks_in(text, where)


def looks_in(text: str, where: str) -> list[Look]:
    """The looks that a table holds, as CSV."""
    import csv

    lines = list(csv.reader(io.StringIO(text)))
    if not lines or tuple(lines[0]) != COLUMNS:
        raise FileError(where, f"a table with the columns {', '.join(COLUMNS)}", Told("another one"))
    looks: dict[int, Look] = {}
    for number, line in enumerate(lines[1:], 2):
        try:
            _add(looks, dict(zip(COLUMNS, line, strict=True)))
        except (ValueError, KeyError, TypeError) as problem:
            raise FileError(f"{where}, row {number}", "a row of Probes", Told(str(problem))) from problem
    return list(looks.values())


def _add(looks: dict[int, Look], row: dict[str, str]) -> None:
    step = int(row["step"])
    look = looks.setdefault(step, Look(step, int(row["epoch"]), _number(row["loss"]), {}, {}, {}, {}))
    numbers = [_number(row[name]) for name in COLUMNS[6:14]]
    counts = map(int, row["counts"].split())
    kinds: dict[str, Any] = {"output": look.outputs, "gradient": look.gradients, "weight": look.weights}
    kinds[row["kind"]][row["name"]] = Summary.of(int(row["size"]), numbers, counts)
    if row["kind"] == "weight":
        look.ratios[row["name"]] = _number(row["ratio"])  # type: ignore[index]


def _number(cell: str) -> float:
    return float(cell) if cell else NAN
