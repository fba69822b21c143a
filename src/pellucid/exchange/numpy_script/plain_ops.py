"""Ops that read better in a script than their functions do: signs, shapes, keys in brackets, sums of products."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ... import ops
from ...arrays import Whole
from ...ops import attending
from ...ops.linear import _letters
from .joining import parts
from .operations import Writer, assigned, kind, sent_back
from .writer import FORM, At, Back, batch, writes


def plainly(
    forward: Callable[[Writer], str], slopes: Callable[[Writer, str], Sequence[str | None]]
) -> Callable[[At], tuple[str, Back]]:
    """The emitter of an op that reads better than its function does."""

    def emitter(at: At) -> tuple[str, Back]:
        writer = Writer(at)
        assigned(at, writer, forward(writer))
        return writer.out, sent_back(at, writer, lambda dy: slopes(writer, dy))

    return emitter


def _subtracted(writer: Writer) -> str:
    if writer.trial.raw.dtype.kind != "f" and all(np.asarray(x).dtype.kind == "b" for x in writer.trial.operands):
        raise FORM.refused(writer.at.path, "a difference of numbers", "one of true and false")
    return "{} - {}".format(*map(_bracketed, writer.texts))


def _bracketed(text: str) -> str:
    return f"({text})" if text.startswith("-") else text


writes(ops.subtract.made)(plainly(_subtracted, lambda writer, dy: [dy, f"-{dy}"]))
writes(ops.stop_gradient.made)(plainly(lambda writer: writer.texts[0], lambda writer, dy: [None]))
writes(ops.cast.made)(
    plainly(lambda writer: f"{writer.texts[0]}.astype({kind(writer.trial.raw.dtype)})", lambda writer, dy: [dy])
)
writes(ops.reshape.made, ops.squeeze.made, ops.expand_dims.made, ops.ravel.made)(
    plainly(lambda writer: _reshaped(writer), lambda writer, dy: [f"{dy}.reshape({writer.texts[0]}.shape)"])
)


def _reshaped(writer: Writer) -> str:
    y, x = writer.at.out_shape, writer.texts[0]
    sizes = list(map(str, y)) if isinstance(y, Whole) else [f"len({x})", *map(str, y)]
    if not isinstance(y, Whole) and isinstance(writer.at.shape, Whole):
        raise FORM.refused(writer.at.path, "a batch out of a batch", "one out of an array without")
    return f"{x}.reshape({', '.join(sizes) or '()'})"


def _product(writer: Writer) -> str:
    return " @ ".join(writer.texts)


def _product_back(writer: Writer, dy: str) -> Sequence[str | None]:
    (a, b), (x1, x2) = writer.texts, writer.trial.operands
    if np.ndim(x1) == np.ndim(x2) == 2:
        return f"{dy} @ {b}.T", f"{a}.T @ {dy}"
    return writer.slopes(dy)


writes(ops.matmul.made)(plainly(_product, _product_back))


@writes(ops.concatenate.made, ops.stack.made)
def side_by_side(at: At) -> tuple[str, Back]:
    writer = Writer(at)
    stacked, axis = writer.operation.name == "stack", at.layer.options.get("axis", 0) % writer.trial.y.ndim
    assigned(at, writer, f"np.{writer.operation.name}([{', '.join(writer.texts)}], axis={axis})")

    def slopes(dy: str) -> Sequence[str]:
        if stacked:
            return [f"{dy}[{':, ' * axis}{i}]" for i in range(len(writer.texts))]
        return parts(dy, [x.shape[axis] for x in writer.trial.operands], axis)

    return writer.out, sent_back(at, writer, slopes)


@writes(ops.operations.parts["Einsum"])
def products(at: At) -> tuple[str, Back]:
    writer = Writer(at)
    given, texts = at.layer.options["subscripts"], writer.texts
    assigned(at, writer, f'np.einsum("{given}", {", ".join(texts)})')
    ins, out = _letters(given, writer.trial.operands)

    def slopes(dy: str) -> Sequence[str]:
        found = []
        for i, mine in enumerate(ins):
            others = [j for j in range(len(ins)) if j != i]
            there = "".join([out, *(ins[j] for j in others)])
            kept = "".join(letter for letter in mine if letter in there)
            letters = ",".join([out, *(ins[j] for j in others)])
            text = f'np.einsum("{letters}->{kept}", {", ".join([dy, *(texts[j] for j in others)])})'
            if kept != mine:
                alone = "".join(", None" if letter not in kept else ", :" for letter in mine)[2:]
                text = f"np.broadcast_to({text}[{alone}], {texts[i]}.shape)"
            found.append(text)
        return found

    return writer.out, sent_back(at, writer, slopes)


@writes(attending.attended.made)
def attention(at: At) -> tuple[str, Back]:
    """Its functions, called with what is known of it settled."""
    writer, options = Writer(at), at.layer.options
    query, key, *_ = (np.shape(one) for one in writer.trial.operands)
    how = attending.settled(query, key, options.get("scale"), options.get("is_causal", False))
    given = dict(zip(("query", "key", "value", "mask"), writer.texts, strict=False))
    how |= {} if "mask" in given else {"mask": None}
    assigned(at, writer, at.call(attending.attention, given, **how))

    def slopes(dy: str) -> Sequence[str | None]:
        found = [at.name(f"d{letter}") for letter in "qkv"]
        at.backward(f"{', '.join(found)} = {at.call(attending.attention_grad, {'dy': dy, **given}, **how)}")
        return [*found, *(None for _ in writer.texts[3:])]

    return writer.out, sent_back(at, writer, slopes)


def part(at: At, writer: Writer, key: str) -> tuple[str, Back]:
    """y = x[key], of which every entry is taken once."""
    x, placed = writer.texts[0], at.name("placed")
    assigned(at, writer, f"{x}[{key}]")

    def slopes(dy: str) -> Sequence[str | None]:
        at.backward(f"{placed} = np.zeros_like({x})")
        at.backward(f"{placed}[{key}] = {dy}")
        return [placed, None]

    return writer.out, sent_back(at, writer, slopes)


@writes(ops.get_item.made)
def get_item(at: At) -> tuple[str, Back]:
    writer = Writer(at)
    return part(at, writer, writer.texts[1])


def window(at: At, sizes: Sequence[int], whole: Sequence[int]) -> str:
    """The place in an array that begins somewhere and is so large, −1 standing for all that follows."""
    if 1 not in at.layer.held:
        raise FORM.refused(at.path, "a place that is known", "one that is data")
    starts = [int(i) for i in np.ravel(np.asarray(at.layer.held[1]))]
    ends = [n if size == -1 else i + size for i, size, n in zip(starts, sizes, whole, strict=True)]
    return ", ".join(":" if (i, end) == (0, n) else f"{i}:{end}" for i, end, n in zip(starts, ends, whole, strict=True))


@writes(ops.slice.made)
def sliced(at: At) -> tuple[str, Back]:
    writer = Writer(at)
    return part(at, writer, window(at, at.layer.options["shape"], np.shape(writer.trial.operands[0])))


@writes(ops.slice_update.made)
def updated(at: At) -> tuple[str, Back]:
    writer = Writer(at)
    x, _, new = writer.texts
    whole, more = np.shape(writer.trial.operands[0]), np.shape(writer.trial.operands[2])
    key, rest = window(at, more, whole), at.name("rest")
    at.forward(f"{writer.out} = {x}.copy()", batch(at.out_shape))
    at.forward(f"{writer.out}[{key}] = {new}")

    def slopes(dy: str) -> Sequence[str | None]:
        at.backward(f"{rest} = {dy}.copy()")
        at.backward(f"{rest}[{key}] = 0")
        return [rest, None, f"{dy}[{key}]"]

    return writer.out, sent_back(at, writer, slopes)
