"""How layers that bring pictures to a size read in C: what is cut off or laid around, then sums along each axis, by
weights that are known. What is random in training is not there: these networks predict."""

from __future__ import annotations

import numpy as np

from ... import layers as L
from ...arrays import Array
from ...layers.borders import cut
from ...layers.channels import LAST
from ..fitting import is_identity, means, met
from .loops import moved, reduced
from .pictures import summed
from .writer import At, Value, writes


@writes(L.CenterCrop, L.RandomCrop, L.Resizing)
def fitted(at: At) -> Value:
    layer = at.layer
    fit = layer.fit(layer.split(at.x.shape[1:])[0])

    def brought(x: Array) -> Array:
        return layer.as_given(np.pad(cut(layer.last(x), fit.cutting), [(0, 0), *fit.padding, (0, 0)]))  # type: ignore[no-any-return]

    x = moved(at, [at.x], brought, fit.fill)
    return x if all(map(is_identity, fit.matrices)) else summed(at, x, fit.matrices)


@writes(L.AdaptiveAveragePooling1D, L.AdaptiveAveragePooling2D, L.AdaptiveAveragePooling3D)
def adaptive_average(at: At) -> Value:
    size, _ = at.layer.split(at.x.shape[1:])
    return summed(at, at.x, [means(n, m) for n, m in zip(size, at.layer.output_size, strict=True)])


@writes(L.AdaptiveMaxPooling1D, L.AdaptiveMaxPooling2D, L.AdaptiveMaxPooling3D)
def adaptive_max(at: At) -> Value:
    size, _ = at.layer.split(at.x.shape[1:])
    x, first = at.x, 1 if at.layer.data_format == LAST else 2
    for axis, (n, m) in enumerate(zip(size, at.layer.output_size, strict=True), start=first):
        shape = (*x.shape[:axis], m, *x.shape[axis + 1 :])
        x = moved(at, [x], lambda x, axis=axis, n=n, m=m: np.take(x, met(n, m), axis=axis))
        x = reduced(at, x, [axis + 1], "largest", shape)
    return x
