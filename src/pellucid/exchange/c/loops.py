"""Loops of C over arrays: number by number with stretching, numbers that move, and sums of products.

What only moves numbers (a transposition, a slice, a tile) is asked once where each number comes from, by running it on
the numbers' own places; from the answer come loops with constant strides, or a table where there are no such.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ...arrays import Array
from .writer import FORM, LETTERS, At, Value, reshaped


@dataclass
class View:
    """How a loop finds an operand's numbers: name[offset + i·strides[0] + ...], or where a table says at that place;
    without strides, the name is all."""

    name: str
    offset: int = 0
    strides: tuple[int, ...] | None = None
    table: str = ""

    def text(self, strides: Sequence[int]) -> str:
        """One number, in loops that step so through it."""
        if self.strides is None:
            return self.name
        place = element(self.table or self.name, self.offset, strides, LETTERS[: len(strides)])
        return f"{self.name}[{place}]" if self.table else place


def steps_of(places: Array) -> tuple[int, tuple[int, ...]] | None:
    """(offset, strides) of places that rise evenly along each axis; None where they do not.

    >>> steps_of(np.arange(6).reshape(2, 3).T), steps_of(np.array([0, 1, 3]))
    ((0, (1, 3)), None)
    """
    first = places[(0,) * places.ndim]
    strides = tuple(int(places.take(1, axis).flat[0] - first) if n > 1 else 0 for axis, n in enumerate(places.shape))
    even = np.full(places.shape, first)
    for axis, step in enumerate(strides):
        even += np.arange(places.shape[axis]).reshape([-1 if a == axis else 1 for a in range(places.ndim)]) * step
    return (int(first), strides) if np.array_equal(even, places) else None


def merged(shape: Sequence[int], views: Sequence[View]) -> tuple[list[int], list[list[int]]]:
    """(sizes, strides of each view) with as few loops as will do."""
    strided = [view.strides for view in views if view.strides is not None]
    sizes: list[int] = []
    found: list[list[int]] = [[] for _ in strided]
    for axis, n in enumerate(shape):
        if n == 1:
            continue
        here = [strides[axis] for strides in strided]
        if sizes and all(last[-1] == step * n for last, step in zip(found, here, strict=True)):
            sizes[-1] *= n
            for last, step in zip(found, here, strict=True):
                last[-1] = step
        else:
            sizes.append(n)
            for last, step in zip(found, here, strict=True):
                last.append(step)
    return sizes, found


def term(letter: str, step: int) -> str:
    return letter if step == 1 else f"{letter} * {step}"


def element(name: str, offset: int, strides: Sequence[int], letters: Sequence[str]) -> str:
    """The text of one number: x[2 + i * 3 + j]. What is subtracted stands last, so that nothing falls below 0."""
    pairs = sorted(zip(letters, strides, strict=True), key=lambda pair: pair[1] < 0)
    text = str(offset) if offset or not any(step > 0 for _, step in pairs) else ""
    for letter, step in pairs:
        if step:
            sign = " - " if step < 0 else " + " if text else ""
            text += sign + term(letter, abs(step))
    return f"{name}[{text}]"


def block(head: str, lines: Sequence[str]) -> list[str]:
    """Lines under a head, in braces where there are several; or without a head, in braces of their own."""
    inner = [f"    {line}" for line in lines]
    return [head, *inner] if head and len(lines) == 1 else [f"{head} {{".lstrip(), *inner, "}"]


def loops(at: At, sizes: Sequence[int], body: Sequence[str], first: int = 0) -> list[str]:
    """These lines, in a loop for each size."""
    if first + len(sizes) > len(LETTERS):
        raise FORM.refused(at.path, f"at most {len(LETTERS)} axes", f"{first + len(sizes)}")
    heads = [f"for (size_t {i} = 0; {i} < {n}; {i}++)" for i, n in zip(LETTERS[first:], sizes, strict=False)]
    if not heads:
        return list(body)
    *outer, inner = heads
    lines = block(inner, body)
    for head in reversed(outer):
        lines = [head, *(f"    {line}" for line in lines)]
    return lines


def nest(at: At, shape: Sequence[int], views: Sequence[View], write: Callable[..., str]) -> list[str]:
    """Loops over a shape; `write` makes the line within from the text of each view's number."""
    sizes, strides = merged(shape, views)
    rest = iter(strides)
    return loops(at, sizes, [write(*(view.text([] if view.strides is None else next(rest)) for view in views))])


def stretched(at: At, value: Value, shape: Sequence[int]) -> View:
    """A value as loops over a larger shape read it."""
    if value.array is not None and value.size == 1:
        return View(at.number(value.array.item()))
    strides = np.broadcast_to(np.empty(value.shape, np.int8), shape).strides
    return View(at.named(value), 0, tuple(0 if n == 1 else s for n, s in zip(shape, strides, strict=True)))


def elementwise(at: At, values: Sequence[Value], formula: str) -> Value:
    """y = formula, {0}, {1}, ... being the operands' numbers."""
    shape = np.broadcast_shapes(*(value.shape for value in values))
    y = at.new(shape)
    views = [stretched(at, y, shape), *(stretched(at, value, shape) for value in values)]
    lines = nest(at, shape, views, lambda to, *texts: f"{to} = {formula.format(*texts)};")
    return at.step(lines, values, y, in_place=True)


def moved(at: At, xs: Sequence[Value], forward: Callable[..., Array], fill: float = 0.0) -> Value:
    """y = forward(*xs), which moves numbers and computes none; where it puts a 0 of its own, `fill` stands."""
    starts = np.cumsum([1, *(x.size for x in xs)])
    marked = [np.arange(a, a + x.size).reshape(x.shape) for x, a in zip(xs, starts, strict=False)]
    places = np.asarray(forward(*marked))
    if len(xs) == 1 and places.size == xs[0].size and np.array_equal(places.reshape(-1), marked[0].reshape(-1)):
        return reshaped(xs[0], places.shape)
    y = at.new(places.shape)
    lines = []
    if (places == 0).any():
        lines += nest(at, (y.size,), [View(y.memory.name, 0, (1,))], lambda to: f"{to} = {at.number(fill)};")
    for x, start in zip(xs, starts, strict=False):
        lines += copied(at, x, y, places, int(start))
    return at.step(lines, xs, y)


def copied(at: At, x: Value, y: Value, places: Array, start: int) -> list[str]:
    """Lines that copy what of x goes into y; places: x's number i is start + i."""
    here = (places >= start) & (places < start + x.size)
    if not here.any():
        return []
    if here.all() and (steps := steps_of(places - start)):
        views = [stretched(at, y, y.shape), View(at.named(x), *steps)]
        return nest(at, y.shape, views, "{} = {};".format)
    to = np.flatnonzero(here)
    source = places.reshape(-1)[to] - start
    if len(to) == x.size and (source[order := np.argsort(source)] == np.arange(x.size)).all():
        steps = steps_of(to[order].reshape(x.shape))
        if steps:
            return nest(at, x.shape, [View(y.memory.name, *steps), stretched(at, x, x.shape)], "{} = {};".format)
    return nest(at, to.shape, [listed(at, y, to, "to"), listed(at, x, source, "from")], "{} = {};".format)


def listed(at: At, value: Value, places: Array, name: str) -> View:
    """Numbers at places that rise evenly, or else stand in a table."""
    if steps := steps_of(places):
        return View(at.named(value), *steps)
    kind = "uint8" if value.size <= 1 << 8 else "uint16" if value.size <= 1 << 16 else "uint32"
    table = at.constant(places, name, kind)
    return View(at.named(value), 0, (1,), table)


def along_last(at: At, x: Value, axes: Sequence[int], write: Callable[[Value, int], Value]) -> Value:
    """What `write` makes of x with these axes at the end, and of how many numbers they hold, put back in place."""
    order = [*(i for i in range(len(x.shape)) if i not in axes), *sorted(axes)]
    n = math.prod(x.shape[a] for a in axes)
    there = moved(at, [x], lambda places: places.transpose(order))
    return moved(at, [write(there, n)], lambda places: places.transpose(np.argsort(order)))


def reduced(at: At, x: Value, axes: Sequence[int], kernel: str, shape: Sequence[int]) -> Value:
    """One number for all that lies along these axes."""
    order = [*(i for i in range(len(x.shape)) if i not in axes), *sorted(axes)]
    n = math.prod(x.shape[a] for a in axes)
    return at.rows(kernel, moved(at, [x], lambda places: places.transpose(order)), shape, n)


def contracted(at: At, values: Sequence[Value], inputs: Sequence[str], output: str) -> Value:
    """y[output] = Σ Π x[inputs] over the letters that the output lacks, as einsum has it."""
    sizes: dict[str, int] = {}
    for value, letters in zip(values, inputs, strict=True):
        for letter, n in zip(letters, value.shape, strict=True):
            sizes[letter] = max(n, sizes.get(letter, 1))
    summed = [letter for letter in sizes if letter not in output]
    y = at.new([sizes[letter] for letter in output])
    order = [letter for letter in [*output, *summed] if sizes[letter] > 1]
    names = dict(zip(order, LETTERS, strict=False))

    def text(value: Value, letters: str) -> str:
        steps = dict.fromkeys(order, 0)
        strides = np.empty(value.shape, np.int8).strides
        for letter, n, step in zip(letters, value.shape, strides, strict=True):
            if n > 1:
                steps[letter] += step
        return element(at.named(value), 0, list(steps.values()), list(names.values()))

    factors = " * ".join(text(value, letters) for value, letters in zip(values, inputs, strict=True))
    outer = sum(letter in output for letter in order)
    inner = loops(at, [sizes[letter] for letter in order[outer:]], [f"sum += {factors};"], outer)
    body = [f"{at.writing.type} sum = {at.number(0)};", *inner, f"{text(y, output)} = sum;"]
    lines = loops(at, [sizes[letter] for letter in order[:outer]], body)
    return at.step(lines if outer else block("", body), values, y)
