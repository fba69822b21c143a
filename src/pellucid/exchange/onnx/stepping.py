"""How what stands between layers reads in ONNX: steps taken apart and put together, turned around, or left as a mask
says; and masks themselves."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

from ... import layers as L
from ...arrays import Shape
from ...layers.bidirectional import Together, Turned
from ...layers.masking import MaskOf
from ...layers.time_distributed import Apart, InSteps
from ...layers.unrolling import Counted, Stacked, Zeros
from .layers import left_out
from .writer import EMITTERS, FORM, At, writes


@writes(Zeros)
def zeros(at: At) -> str:
    return filled(at, at.x, at.number(0.0), at.layer.of_sample)


def filled(at: At, x: str, value: str, shape: Shape) -> str:
    """Samples of this shape with one number everywhere, as many as there are of x."""
    rows = at.op("Shape", x, start=0, end=1)
    return at.op("Expand", value, at.op("Concat", rows, at.whole(*shape), axis=0))


@writes(Stacked)
def stacked(at: At) -> str:
    return at.op("Concat", *(at.op("Unsqueeze", x, at.whole(1)) for x in at.xs), axis=1)


@writes(Counted)
def counted(at: At) -> str:
    new, old, mask = at.xs
    step = at.op("Gather", at.cast(mask, at.kinds[2], "bool"), at.whole(at.layer.step), axis=1)
    return at.op("Where", at.reshaped(step, [1] * len(at.shape)), new, old)


@writes(Turned)
def turned(at: At) -> str:
    return at.backwards(at.x)


@writes(Together)
def together(at: At) -> str:
    merging = at.layer.merging
    return str(EMITTERS[type(merging)](replace(at, layer=merging)))


@writes(Apart, InSteps)
def as_they_lie(at: At) -> str:
    return at.op("Reshape", at.x, at.whole(-1, *at.out_shape))


# Masks -----------------------------------------------------------------------------------------------------------


@writes(MaskOf)
def mask_of(at: At) -> str:
    layer = at.layer.layer
    if isinstance(layer, L.Masking):
        x = at.cast(at.x, at.kinds[0], at.writing.dtype)
        return at.op("Not", left_out(at, x, layer.mask_value, keepdims=0))
    if isinstance(layer, L.Embedding):
        return at.op("Not", at.op("Equal", at.x, at.writing.array(0, f"{at.label}/none", at.kinds[0])))
    axis, places = FORM.joined(at.layer, at.shapes)
    masks = [counts_whole(at, i) if place is None else at.cast(at.xs[place], at.kinds[place], "bool")
             for i, place in enumerate(places)]  # fmt: skip
    return at.op("Concat", *masks, axis=axis) if axis else reduce(lambda a, b: at.op("Or", a, b), masks)


def counts_whole(at: At, i: int) -> str:
    """The mask of an input that has none."""
    return filled(at, at.xs[i], at.writing.array(True, f"{at.label}/all", "bool"), at.shapes[i][:-1])
