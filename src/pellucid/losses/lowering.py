"""How losses are written for the compiled engine: one kernel each, which all have their first operands in common."""

from __future__ import annotations

from typing import NamedTuple

from ..arrays import Shape
from ..program import Buffer, CannotLower, Operand, Program

REDUCTIONS = {"sum": 1, "mean_with_sample_weight": 2}  # all others, 0, divide by the number of values that count


class Places(NamedTuple):
    """Where a loss's kernel reads and writes, in the order of its operands."""

    y_true: Buffer  # of y_pred's shape, or the number of a class for each of its rows
    y_pred: Buffer  # (..., O)
    slope: Buffer | None  # (...), by how much each value counts
    values: Buffer  # (...)
    dy: Buffer | None  # slope · dvalue/dy, of y_pred's shape; None if nobody wants it


def lower_rows(kernel: str, code: Program, at: Places, *options: Operand) -> None:
    """Emit the kernel of a loss that looks at whole rows of outputs."""
    O = at.y_pred.shape[-1]
    code.emit(f"loss.{kernel}", *at, at.y_pred.size // O, O, *options)


def lower_terms(kernel: str, code: Program, at: Places, *options: float, summed: bool = False) -> None:
    """Emit the kernel of a loss that is the mean over the outputs (or the sum) of a term for each."""
    n = 1 if summed else at.y_pred.shape[-1]
    words = [float(x) for x in [*options, 0, 0, 0, 0][:4]]
    lower_rows(kernel, code, at, n, *words)


def lower_signs(code: Program, at: Places) -> Places:
    """Emit the reading of labels 0 and 1 as -1 and 1."""
    if code.ranks > 1:
        raise CannotLower("loss that reads its labels by those of the whole batch, over several processes,")
    t = code.buffer(at.y_true.shape)
    code.emit("loss.signs", at.y_true, t, t.size)
    return at._replace(y_true=t)


def lower_slope(
    code: Program, slope: Buffer, weights: Buffer | None, reduction: str | None, k: Buffer, ignore_class: int | None,
    scale: float = 1.0, mask: Buffer | None = None,
) -> None:  # fmt: skip
    """Emit how much each value counts: its weight over what the reduction divides by, times the scale, and 0 where k is
    the class to be ignored, or the mask says that it does not count."""
    each, division = weights_per_sample(weights, slope.shape), REDUCTIONS.get(reduction or "", 0)
    ignored = (None, 0) if ignore_class is None else (k, ignore_class)
    given = weights, slope, slope.size, each, division, *ignored, scale
    counted = mask is not None or ignore_class is not None or (division == 2 and weights is not None)
    number = code.block((2,)) if counted and division != 1 and code.ranks > 1 else None  # of 64 bits
    of_mask = (mask, 1 if mask is None else weights_per_sample(mask, slope.shape))
    # a mask comes of the forward pass; weights and class numbers are read in the gather, by the same thread: none waits
    with code.within(code.section if mask is not None else "gather"):
        code.emit("loss.slope", *given, *of_mask, number)
        if number is not None:
            code.emit("ranks.number", number)
            code.emit("loss.divide", slope, slope.size, number, scale)


def weights_per_sample(weights: Buffer | None, shape: Shape) -> int:
    """How many weights a sample has, each for as many of its values (*shape), which follow each other.

    What `spread` stretches in another way, or refuses, is left to the definition.
    """
    if weights is None:
        return 1
    given = weights.shape
    while given and given[-1] == 1 and given != shape[: len(given)]:
        given = given[:-1]
    if given != shape[: len(given)] or len(weights.shape) > len(shape) + 1:
        raise CannotLower(f"part with weights of shape {(None, *weights.shape)} for values {(None, *shape)}")
    return weights.size
