"""How layers that bring pictures to a size read in ONNX: what is cut off or laid around, then sums along each axis, by
weights that are known, so that no operator's own idea of where pixels lie comes in. What is random in training is not
there: these networks predict."""

from __future__ import annotations

import numpy as np

from ... import layers as L
from ...layers.resizing import NONE
from ..fitting import is_identity, means, met
from .ops import sliced
from .pictures import axes_of_size, summed
from .writer import At, writes


@writes(L.CenterCrop, L.RandomCrop, L.Resizing)
def fitted(at: At) -> str:
    axes, x = axes_of_size(at), at.x
    size, _ = at.layer.split(at.shape)
    fit = at.layer.fit(size)
    if fit.cutting != NONE:
        ends = zip(axes, fit.cutting, size, strict=True)
        x = sliced(at, x, {axis: slice(before, n - after) for axis, (before, after), n in ends})
    if fit.padding != NONE:
        before, after = zip(*fit.padding, strict=True)
        x = at.op("Pad", x, at.whole(*before, *after), at.number(fit.fill), at.whole(*axes))
    return x if all(is_identity(A) for A in fit.matrices) else summed(at, x, fit.matrices)


@writes(L.AdaptiveAveragePooling1D, L.AdaptiveAveragePooling2D, L.AdaptiveAveragePooling3D)
def adaptive_average(at: At) -> str:
    size, _ = at.layer.split(at.shape)
    return summed(at, at.x, [means(n, m) for n, m in zip(size, at.layer.output_size, strict=True)])


@writes(L.AdaptiveMaxPooling1D, L.AdaptiveMaxPooling2D, L.AdaptiveMaxPooling3D)
def adaptive_max(at: At) -> str:
    size, _ = at.layer.split(at.shape)
    x = at.x
    for axis, n, m in zip(axes_of_size(at), size, at.layer.output_size, strict=True):
        x = at.op("Gather", x, at.writing.array(met(n, m), f"{at.label}/places", np.int64), axis=axis)
        x = at.op("ReduceMax", x, at.whole(axis + 1), keepdims=0)
    return x
