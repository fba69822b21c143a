"""How what stands between layers is written for PyTorch: steps taken apart and put together, turned around, or left as
a mask says; and masks themselves."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from typing import Any

from ... import layers as L
from ...layers.bidirectional import Together, Turned
from ...layers.masking import MaskOf, WithMask
from ...layers.time_distributed import Apart, InSteps
from ...layers.unrolling import Counted, Stacked, Zeros
from .writer import EACH, EMITTERS, FORM, At, writes


@writes(Zeros)
def zeros(at: At) -> Any:
    return at.module("Zeros", *at.layer.of_sample)


@writes(Stacked)
def stacked(at: At) -> Any:
    return at.op("torch.stack", at.xs, dim=1)


@writes(Counted)
def counted(at: At) -> Any:
    new, old, mask = at.xs
    step = at.op("operator.getitem", at.cast(mask, at.kinds[2], "bool"), (EACH, at.layer.step))
    return at.op("torch.where", at.op(".reshape", step, -1, *[1] * len(at.shape)), new, old)


@writes(Turned)
def turned(at: At) -> Any:
    return at.op("torch.flip", at.x, [1])


@writes(Together)
def together(at: At) -> Any:
    merging = at.layer.merging
    return EMITTERS[type(merging)](replace(at, layer=merging))


@writes(Apart)
def apart(at: At) -> Any:
    return at.op(".flatten", at.x, 0, 1)


@writes(InSteps)
def in_steps(at: At) -> Any:
    return at.op(".unflatten", at.x, 0, (-1, at.layer.steps))


@writes(WithMask)
def with_mask(at: At) -> Any:
    return at.x


@writes(MaskOf)
def mask_of(at: At) -> Any:
    layer = at.layer.layer
    if isinstance(layer, L.Masking):
        return at.op("torch.any", at.op("operator.ne", at.x, layer.mask_value), dim=-1)
    if isinstance(layer, L.Embedding):
        return at.op("operator.ne", at.x, 0)
    axis, places = FORM.joined(at.layer, at.shapes)
    masks = [counts_whole(at, i) if place is None else at.cast(at.xs[place], at.kinds[place], "bool")
             for i, place in enumerate(places)]  # fmt: skip
    return at.op("torch.cat", masks, dim=axis) if axis else reduce(lambda a, b: at.op("torch.logical_or", a, b), masks)


def counts_whole(at: At, i: int) -> Any:
    """The mask of an input that has none."""
    ones = at.op("torch.ones_like", at.op("operator.getitem", at.xs[i], (Ellipsis, 0)))
    return at.cast(ones, at.kinds[i], "bool")
