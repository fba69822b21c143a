"""How what stands between layers is written for PyTorch: steps taken apart and put together, turned around, or left as
a mask says; and masks themselves."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from typing import Any

from ... import layers as L
from ...layers.bidirectional import Together, Turned
from ...layers.masking import MaskOf, WithMask
from ...layers.rnn import Counted, Stacked, Zeros
from ...layers.time_distributed import Apart, InSteps
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
    maker = FORM.maker_of(at.layer)
    if maker is L.Masking:
        return at.op("torch.any", at.op("operator.ne", at.x, at.layer.layer.mask_value), dim=-1)
    if maker is L.Embedding:
        return at.op("operator.ne", at.x, 0)
    masks = list(zip(at.xs, at.kinds, strict=True))[len(at.layer.masked) :]
    return reduce(lambda a, b: at.op("torch.logical_or", a, b), (at.cast(mask, kind, "bool") for mask, kind in masks))
