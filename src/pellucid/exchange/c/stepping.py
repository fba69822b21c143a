"""How what stands between layers reads in C: steps taken apart and put together, turned around, or left as a mask says;
and masks themselves, which are numbers, 0 for what does not count."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from typing import Any

import numpy as np

from ... import layers as L
from ...layers.bidirectional import Together, Turned
from ...layers.masking import MaskOf
from ...layers.time_distributed import Apart, InSteps
from ...layers.unrolling import Counted, Stacked, Zeros
from .layers import counting
from .loops import elementwise, moved
from .writer import EMITTERS, FORM, At, Value, reshaped, writes


@writes(Zeros)
def zeros(at: At) -> Value:
    return at.known(np.zeros(at.shape), "zeros")


@writes(Stacked)
def stacked(at: At) -> Value:
    return moved(at, at.xs, lambda *places: np.stack(places, axis=1))


@writes(Counted)
def counted(at: At) -> Value:
    new, old, mask = at.xs
    step = moved(at, [mask], lambda places: places[:, at.layer.step])
    step = reshaped(step, (*step.shape, *[1] * (len(new.shape) - 1)))
    return elementwise(at, [new, old, step], "{2} != 0.0f ? {0} : {1}")


@writes(Turned)
def turned(at: At) -> Value:
    return moved(at, [at.x], lambda places: places[:, ::-1])


@writes(Together)
def together(at: At) -> Any:
    merging = at.layer.merging
    return EMITTERS[type(merging)](replace(at, layer=merging))


@writes(Apart, InSteps)
def as_they_lie(at: At) -> Value:
    return reshaped(at.x, at.shape)


@writes(MaskOf)
def mask_of(at: At) -> Value:
    layer = at.layer.layer
    if isinstance(layer, L.Masking):
        return counting(at, layer.mask_value)
    if isinstance(layer, L.Embedding):
        return elementwise(at, [at.x], "{0} != 0.0f ? 1.0f : 0.0f")
    axis, places = FORM.joined(at.layer, [x.shape[1:] for x in at.xs])
    masks = [at.known(np.ones(x.shape[:-1]), "ones") if place is None else at.xs[place]
             for x, place in zip(at.xs, places, strict=False)]  # fmt: skip
    if axis:
        return moved(at, masks, lambda *places: np.concatenate(places, axis))
    return reduce(lambda a, b: elementwise(at, [a, b], "{0} != 0.0f || {1} != 0.0f ? 1.0f : 0.0f"), masks)
