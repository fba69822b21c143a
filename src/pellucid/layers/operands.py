"""What an operand is, and how operands fit one another, for the compiled engine.

An operand is a number, an array that the op holds, or a buffer: of each sample of the batch, or one for all (`each`
False), such as a weight. Numbers and arrays are buffers for all, too, once they are placed. Operands are stretched to
fit one another as NumPy does it; what was stretched gets back the sum of the gradients of its copies, over the batch,
too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..activations.axes import reordered, strides, to_the_end
from ..arrays import Shape
from ..program import Buffer, CannotLower, Program

ONCE, EACH, FLAT = 0, 1, 2  # as in machine/kernels/mapped.py
EXACT = 1 << 24  # up to which float32 holds every whole number
MOST = 5  # axes that the kernel there takes
Slope = Callable[[Buffer], Buffer | None]  # dy -> dx


def like(code: Program, x: Buffer, shape: Shape | None = None) -> Buffer:
    """Fresh memory of a shape, for each sample or once, as x is."""
    shape = x.shape if shape is None else shape
    return code.buffer(shape) if x.each else code.block(shape)


def spread(code: Program, x: Buffer, shape: Shape, each: int = 1) -> Buffer:
    """Emit the one number of x, as often as it takes."""
    y = code.buffer(shape) if each else code.block(shape)
    code.emit("strided", x, y, each, 0, 1, y.size, 0)
    return y


def lower_held(code: Program, x: Buffer, dtype: str) -> None:
    """Emit the question whether all of x is whole numbers of this kind, which floats hold exactly. A step with others
    is left to the definition."""
    least, most = (0, 1) if dtype == "bool" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    bounds = float(max(least, 1 - EXACT)), float(min(most, EXACT - 1))
    code.emit("op.within", x, x.size, int(x.each), *bounds, decides=not code.training)


def placed(code: Program, x: Any) -> Buffer:
    """The buffer of an operand."""
    return x if isinstance(x, Buffer) else code.constant(np.asarray(x, "float32"))


def sends_back(code: Program, operands: Sequence[Any], slopes: Sequence[Slope]) -> None:
    """The way back: slopes[i](dy) emits dx of operand i, and is asked where the operand flows and trains."""
    flowing = [(x, slope) for x, slope in zip(operands, slopes, strict=True) if isinstance(x, Buffer)]

    def undo(dy: Buffer, wanted: Any) -> Any:
        asked = wanted if len(flowing) > 1 else (wanted,)
        found = tuple(slope(dy) if w else None for (_, slope), w in zip(flowing, asked, strict=True))
        return found if len(found) > 1 else found[0]

    code.back(undo)


def fitted(xs: Sequence[Buffer]) -> tuple[Shape, list[Shape]]:
    """(the shape of what comes of operands, the shape of each with as many axes), for each sample or once."""
    axes = max((len(x.shape) for x in xs if x.each), default=max(len(x.shape) for x in xs))
    shapes = [(1,) * (axes - len(x.shape)) + x.shape[max(len(x.shape) - axes, 0) :] for x in xs]
    return np.broadcast_shapes(*shapes), shapes


def mapped(code: Program, kernel: str, *operands: Any) -> Buffer:
    """Emit y = f(operands), number by number, of one to three operands."""
    places = [placed(code, x) for x in operands]
    places += places[-1:] * (3 - len(places))  # the kernel reads three
    each = any(x.each for x in places)
    shape, shapes = fitted(places)
    y = code.buffer(shape) if each else code.block(shape)
    apart = [x.size if x.each else 0 for x in places]
    axes = merged(shape, [strides(one) for one in shapes]) or [(1, *apart)]
    if len(axes) > MOST:
        raise CannotLower(f"op on operands stretched along {len(axes)} axes")
    n, *last = axes[-1]
    flat = each and len(axes) == 1 and apart == [n * step for step in last]
    how = FLAT if flat else EACH if each else ONCE
    code.emit(kernel, *places, y, *apart, how, len(axes), *(word for axis in axes for word in axis))
    return y


def merged(shape: Shape, steps: Sequence[Shape]) -> list[tuple[int, ...]]:
    """(size, the step of each operand) of as few axes as do: neighbours become one where no operand jumps between them.

    >>> merged((2, 3, 4), [(12, 4, 1), (0, 0, 1)])
    [(6, 4, 0), (4, 1, 1)]
    """
    axes: list[tuple[int, ...]] = []
    for n, *step in zip(shape, *steps, strict=True):
        if n == 1:
            continue
        if axes and list(axes[-1][1:]) == [n * s for s in step]:
            axes[-1] = (axes[-1][0] * n, *step)
        else:
            axes.append((n, *step))
    return axes


def rowed(code: Program, kernel: str, x: Buffer, rows: Buffer, axes: Sequence[int]) -> Buffer:
    """Emit y = f(x) along some of a sample's axes, counted from 1, which go away; they come last in the rows."""
    kept = tuple(n for i, n in enumerate(x.shape, 1) if i not in axes)
    y = like(code, x, kept)
    code.emit(kernel, rows, y, y.size, x.size // max(y.size, 1), int(x.each))
    return y


def shrunk(code: Program, dx: Buffer, x: Any) -> Buffer:
    """What flows back to an operand that was stretched to the shape of dx."""
    shape = (1,) * (len(dx.shape) - len(x.shape)) + x.shape[max(len(x.shape) - len(dx.shape), 0) :]
    stretched = [i + 1 for i, (n, m) in enumerate(zip(dx.shape, shape, strict=True)) if m == 1 and n != 1]
    alike = dx.each and not x.each  # one for all samples, which gets the sum over the batch, too
    leading = alike and stretched == list(range(1, len(stretched) + 1))  # as with a bias: both sums are one
    if stretched and not leading:
        rows = reordered(code, dx, to_the_end(dx.shape, stretched))
        dx = rowed(code, "op.sum", dx, rows, stretched)
    if alike:
        total = code.block(x.shape)
        code.emit("dense.bias", dx, total, x.size, dx.size // max(x.size, 1))
        dx = total
    return dx.shaped(x.shape)
