"""How layers that bring pictures to a size are written for PyTorch. Those that change pictures at random in training
are left out: a module of them would not throw the same dice, and torchvision has transforms."""

from __future__ import annotations

from typing import Any

from ... import layers as L
from ...layers.channels import LAST
from ...layers.resizing import NONE
from ..fitting import is_identity
from ..ours import RANDOM
from .layers import unchanged
from .pictures import adaptively, summed
from .sliding import left, plain
from .writer import At, writes

writes(*RANDOM)(unchanged)


@writes(L.AutoContrast)
def auto_contrast(at: At) -> Any:
    low, high = at.layer.value_range
    axes = [1, 2] if at.layer.data_format == LAST else [2, 3]
    least, most = (at.op(f"torch.{end}", at.x, dim=axes, keepdim=True) for end in ("amin", "amax"))
    span = at.op("operator.sub", most, least)
    uneven = at.op("operator.gt", span, 0.0)
    share = at.op("operator.truediv", at.op("operator.sub", at.x, least), at.op("torch.where", uneven, span, 1.0))
    y = at.op("operator.add", at.op("operator.mul", share, high - low), low)
    return at.op("torch.where", uneven, y, at.x)


@writes(L.CenterCrop, L.RandomCrop, L.Resizing)
def fitted(at: At) -> Any:
    size, _ = at.layer.split(at.shape)
    fit, last, x = at.layer.fit(size), at.layer.data_format == LAST, at.x
    if fit.cutting != NONE:
        parts = [slice(b, n - a) for (b, a), n in zip(fit.cutting, size, strict=True)]
        x = at.op("operator.getitem", x, (slice(None), *([] if last else [slice(None)]), *parts))
    if fit.padding != NONE:
        widths = [n for pair in fit.padding[::-1] for n in pair]  # PyTorch begins at the last axis
        x = at.op("torch.nn.functional.pad", x, [*([0, 0] if last else []), *widths], value=fit.fill)
    return x if all(map(is_identity, fit.matrices)) else summed(at, x, fit.matrices)


@writes(L.AdaptiveAveragePooling1D, L.AdaptiveAveragePooling2D, L.AdaptiveAveragePooling3D)
def adaptive_average(at: At) -> Any:
    return left(at, adaptively(at, "Avg", plain(at.layer.output_size)))


@writes(L.AdaptiveMaxPooling1D, L.AdaptiveMaxPooling2D, L.AdaptiveMaxPooling3D)
def adaptive_max(at: At) -> Any:
    return left(at, adaptively(at, "Max", plain(at.layer.output_size)))
