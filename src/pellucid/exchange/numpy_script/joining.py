"""How the layers that join several inputs read in a script, and the steps that stand in a graph beside its layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import layers as L
from ...arrays import Shape, Whole
from ...layers.dot import TINY
from ...layers.lending import Assigned
from ...layers.merging import chosen
from ...layers.own_weights import Given, Weights
from ...layers.shapes import axes_of
from ...layers.tracing import ByPhase
from .writer import At, Back, batch, said, writes


def summed_to(text: str, given: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    """An array of one shape, summed over the axes along which one of another was stretched to be like it. Sizes that
    are the batch's are the same in both."""
    extra = len(given) - len(wanted)
    stretched = tuple(i + extra for i, n in enumerate(wanted) if n == 1 and given[i + extra] != 1)
    if not extra and not stretched:
        return text
    axes = (*range(extra), *stretched)
    shown = axes[0] if len(axes) == 1 else axes
    text = text if text.isidentifier() or text.endswith("]") else f"({text})"
    if not stretched:
        return f"{text}.sum(axis={shown})"
    return f"{text}.sum(axis={shown}, keepdims=True)" + (f"[{', '.join('0' * extra)}]" if extra else "")


def whole(shape: Shape) -> tuple[int, ...]:
    """All axes of an array of this shape, −1 for the batch."""
    return tuple(shape) if isinstance(shape, Whole) else (-1, *shape)


def fitted(at: At) -> list[str]:
    """The inputs of a layer that joins number by number, as they broadcast: axes that some lack stand behind the
    batch."""
    most = max(map(len, at.shapes))
    texts = []
    for x, shape in zip(at.xs, at.shapes, strict=True):
        more = most - len(shape)
        texts.append(f"{x}.reshape(len({x}), {', '.join(map(str, (*[1] * more, *shape)))})" if more else x)
    return texts


def fitted_back(at: At, d: str, i: int, given: Shape) -> str:
    """dL/dx of the ith input, from that of its stretched form."""
    shape = at.shapes[i]
    more = max(map(len, at.shapes)) - len(shape)
    d = summed_to(d, whole(given), (-1, *[1] * more, *shape))
    return f"({d}).reshape({at.xs[i]}.shape)" if more else d


SIGNS = {L.Add: "+", L.Average: "+", L.Subtract: "-"}


@writes(L.Add, L.Average, L.Subtract)
def linear(at: At) -> tuple[str, Back]:
    out, n, sign = at.name("h"), len(at.xs), next(s for kind, s in SIGNS.items() if isinstance(at.layer, kind))
    average = isinstance(at.layer, L.Average)
    total = f" {sign} ".join(fitted(at))
    at.forward(f"{out} = {f'({total}) / {n}' if average else total}", batch(at.out_shape))

    def back(dy: str, wanted: tuple[bool, ...]) -> tuple[str, ...]:
        shares = [f"{dy} / {n}" if average else dy] * n
        if sign == "-":
            shares[1] = f"-{dy}"
        return tuple(fitted_back(at, share, i, at.out_shape) for i, share in enumerate(shares))

    return out, back


BOTH = {L.Multiply: "{} * {}", L.Maximum: "np.maximum({}, {})", L.Minimum: "np.minimum({}, {})"}


@writes(L.Multiply, L.Maximum, L.Minimum)
def folding(at: At) -> tuple[str, Back]:
    both = next(text for kind, text in BOTH.items() if isinstance(at.layer, kind))
    xs, results, shapes = fitted(at), list[str](), list[Shape]()
    most = max(map(len, at.shapes))
    sizes = [(*[1] * (most - len(s)), *s) for s in at.shapes]
    results.append(xs[0])
    shapes.append(sizes[0])
    for i, (x, size) in enumerate(zip(xs[1:], sizes[1:], strict=True), start=1):
        name = at.name("h") if i == len(xs) - 1 else at.name(f"{'abcdefghijkl'[i % 12]}{i}_")
        shapes.append(np.broadcast_shapes(shapes[-1], size))
        at.forward(f"{name} = {both.format(results[-1], x)}", batch(shapes[-1]))
        results.append(name)

    def back(dy: str, wanted: tuple[bool, ...]) -> tuple[str, ...]:
        found: list[str] = []
        for i in reversed(range(1, len(xs))):
            a, b, given = results[i - 1], xs[i], shapes[i]
            da, db = slopes(at, dy, a, b)
            found.insert(0, fitted_back(at, db, i, given))
            if i > 1:
                at.backward(f"d{a} = {summed_to(da, whole(given), whole(shapes[i - 1]))}")
                dy = f"d{a}"
            else:
                found.insert(0, fitted_back(at, da, 0, given))
        return tuple(found or [dy])

    return results[-1], back


def slopes(at: At, dy: str, a: str, b: str) -> tuple[str, str]:
    """(da, db) of y = f(a, b)."""
    if isinstance(at.layer, L.Multiply):
        return f"{dy} * {b}", f"{dy} * {a}"
    first, second = (at.call(chosen, {"dy": dy, "a": one, "b": other}) for one, other in ((a, b), (b, a)))
    return (first, second) if isinstance(at.layer, L.Maximum) else (second, first)


def parts(dy: str, sizes: Sequence[int], axis: int) -> tuple[str, ...]:
    """The parts of an array along an axis, one behind the other."""
    ends = np.cumsum(sizes)
    before = ":, " * axis
    return tuple(f"{dy}[{before}{end - n}:{end}]" for n, end in zip(sizes, ends, strict=True))


@writes(L.Concatenate)
def concatenate(at: At) -> tuple[str, Back]:
    out = at.name("h")
    (axis,) = axes_of(at.layer.name, at.layer.axis, at.shapes[0])
    at.forward(f"{out} = np.concatenate([{', '.join(at.xs)}], axis={axis})", batch(at.out_shape))
    return out, lambda dy, wanted: parts(dy, [shape[axis - 1] for shape in at.shapes], axis)


@writes(L.Dot)
def dot(at: At) -> tuple[str, Back]:
    """Sums of products: the letters of both inputs' axes, of which k is the one that is summed."""
    out, (a, b) = at.name("h"), at.layer.axes_for(*at.shapes)
    first = "b" + "".join("k" if i == a else "ijlm"[i - 1] for i in range(1, len(at.shapes[0]) + 1))
    second = "b" + "".join("k" if i == b else "pqrs"[i - 1] for i in range(1, len(at.shapes[1]) + 1))
    left = (first + second[1:]).replace("k", "")
    us, lengths = list(at.xs), [at.name("length_a"), at.name("length_b")]
    if at.layer.normalize:
        us = [at.name("u"), at.name("v")]
        for u, x, length, axis in zip(us, at.xs, lengths, (a, b), strict=True):
            at.forward(f"{length} = np.sqrt(np.maximum(({x} * {x}).sum(axis={axis}, keepdims=True), {TINY!r}))")
            at.forward(f"{u} = {x} / {length}")
    product = f'np.einsum("{first},{second}->{left}", {us[0]}, {us[1]})'
    alone = left == "b"
    at.forward(f"{out} = {product}{'[:, None]' if alone else ''}", batch(at.out_shape))

    def back(dy: str, wanted: tuple[bool, ...]) -> tuple[str | None, ...]:
        found: list[str | None] = []
        dy = f"{dy}[:, 0]" if alone else dy
        for mine, other, u, others, length, axis, asked in zip(
            (first, second), (second, first), us, us[::-1], lengths, (a, b), wanted, strict=True
        ):
            d = f'np.einsum("{left},{other}->{mine}", {dy}, {others})'
            if at.layer.normalize and asked:
                at.backward(f"d{u} = {d}")
                d = f"(d{u} - {u} * (d{u} * {u}).sum(axis={axis}, keepdims=True)) / {length}"
            found.append(d if asked else None)
        return tuple(found)

    return out, back


# Beside the layers ------------------------------------------------------------------------------------------------


@writes(Given)
@writes(Weights)
def weights(at: At) -> tuple[tuple[str, ...], Back]:
    """The weights that a class of one's own asked for, under shorter names."""
    asked = at.layer.asked
    outs = tuple(at.name("w") if len(asked) == 1 else f"{at.name('w')}_{i}" for i, _ in enumerate(asked, 1))
    for out, spec in zip(outs, asked, strict=True):
        at.forward(f"{out} = {at.p(spec.name)}", str(tuple(spec.shape)))

    def back(dys: Any, wanted: Any) -> tuple[()]:
        for dy, spec in zip(dys if isinstance(dys, tuple) else (dys,), asked, strict=True):
            if at.trains(spec.name):
                at.gradient(spec.name, dy or f"np.zeros_like({at.p(spec.name)})")
        return ()

    return outs, back


@writes(Assigned)
def assigned(at: At) -> tuple[str, Back]:
    """What is assigned to a weight, which is that after the step."""
    if at.layer.only is not False:
        at.script.averages.append(said(f"{at.p(at.layer.weight.name)} = {at.x}"))
    return at.x, lambda dy, wanted: dy


@writes(ByPhase)
def by_phase(at: At) -> tuple[str, Back]:
    out, (a, b) = at.name("h"), at.xs
    at.forward(f"{out} = {a} if training else {b}", batch(at.out_shape))
    return out, lambda dy, wanted: (dy, None)
